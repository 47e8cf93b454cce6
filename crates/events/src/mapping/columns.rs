use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{DeviceClass, EventKind};

/// Where the cell comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a column, `{ parts = [columns] }`, `{ row = column }` or `{ constant = id }`"
)]
pub enum CellColumns {
    /// The column of the cell id.
    Id(String),
    /// Columns whose values, joined by `-`, are the cell id: MCC, MNC, LAC, CI.
    Parts {
        /// The columns, in order.
        parts: Vec<String>,
    },
    /// The column of the cell's row in the cell table, from 0.
    Row {
        /// The column.
        row: String,
    },
    /// One cell for all rows, where the layout has no place.
    Constant {
        /// Its id in the cell list.
        constant: String,
    },
}

impl CellColumns {
    /// The columns that are read.
    pub(crate) fn columns(&self) -> &[String] {
        match self {
            Self::Id(column) | Self::Row { row: column } => std::slice::from_ref(column),
            Self::Parts { parts } => parts,
            Self::Constant { .. } => &[],
        }
    }
}

/// Latitude and longitude columns, snapped to the nearest cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionColumns {
    /// The column of the latitude in degrees.
    pub lat: String,
    /// The column of the longitude in degrees.
    pub lon: String,
    /// Farther than this from every cell, a row is set aside; 5,000 m unless told.
    #[serde(default = "five_km")]
    pub snap_max_m: f64,
    /// What stands between whole degrees and their fraction, `.` or `,`; `.` unless told.
    #[serde(default = "point", skip_serializing_if = "is_point")]
    pub decimal: char,
}

const fn five_km() -> f64 {
    5000.0
}

const fn point() -> char {
    '.'
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde calls"
)]
const fn is_point(mark: &char) -> bool {
    *mark == '.'
}

/// One kind for all rows, or columns whose values name it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindColumns {
    /// The kind of every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<EventKind>,
    /// The columns whose values, joined by a space, name the kind.
    #[serde(default)]
    pub columns: Vec<String>,
    /// What those values mean; the kinds' own names when absent. A word `*` stands for any value of
    /// its column, and nothing for an empty one; the value with the fewest `*` counts.
    ///
    /// When several values mean one kind, the alphabetically first is written, rather one without
    /// empty words.
    #[serde(default)]
    pub values: BTreeMap<String, EventKind>,
    /// What all other values mean; without it such rows are set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<EventKind>,
}

impl KindColumns {
    /// The values that can be written, with their kinds.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, EventKind)> {
        let columns = self.columns.len();
        let words = move |value: &str, word: &str| value.splitn(columns, ' ').any(|w| w == word);
        let plain = move |full: bool| {
            let values = self.values.iter();
            values.filter_map(move |(value, kind)| {
                let fits = !words(value, "*") && words(value, "") != full;
                fits.then_some((value.as_str(), *kind))
            })
        };
        plain(true).chain(plain(false))
    }
}

impl KindColumns {
    /// Whether some row is read as of this kind.
    pub(crate) fn may_be(&self, kind: EventKind) -> bool {
        let by_name = self.constant.is_none() && self.values.is_empty();
        let mut told = self
            .values
            .values()
            .chain(&self.constant)
            .chain(&self.default);
        by_name || told.any(|told| *told == kind)
    }
}

/// A column of a duration, a volume or an amount: its name, or its name and unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a column, or `{ column = name, unit = unit }`; units are `s`, `ms`, `min` of durations, `B`, \
                 `kB`, `KiB`, `MB` of volumes, `minor`, `hundred`, `thousand` of amounts"
)]
pub enum Quantity<U> {
    /// Whole numbers in the unit of the key.
    Plain(String),
    /// Numbers in another unit, rounded down to whole ones of the key's.
    In {
        /// The column.
        column: String,
        /// Its unit.
        unit: U,
    },
}

impl<U> Quantity<U> {
    /// The column.
    pub fn column(&self) -> &str {
        match self {
            Self::Plain(column) | Self::In { column, .. } => column,
        }
    }
}

/// A unit as a ratio to the key's own: so many of those are so many of these.
pub(crate) trait Unit: Copy {
    /// Units of the key (seconds, bytes) and of this, as a fraction.
    fn ratio(self) -> (u64, u64);
}

/// Units of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DurationUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Minutes.
    #[serde(rename = "min")]
    Minutes,
}

impl Unit for DurationUnit {
    fn ratio(self) -> (u64, u64) {
        match self {
            Self::Seconds => (1, 1),
            Self::Milliseconds => (1, 1_000),
            Self::Minutes => (60, 1),
        }
    }
}

/// Units of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeUnit {
    /// Bytes.
    B,
    /// 1,000 bytes.
    #[serde(rename = "kB")]
    Kilo,
    /// 1,024 bytes.
    #[serde(rename = "KiB")]
    Kibi,
    /// 1,000,000 bytes.
    #[serde(rename = "MB")]
    Mega,
}

impl Unit for VolumeUnit {
    fn ratio(self) -> (u64, u64) {
        match self {
            Self::B => (1, 1),
            Self::Kilo => (1_000, 1),
            Self::Kibi => (1_024, 1),
            Self::Mega => (1_000_000, 1),
        }
    }
}

/// Units of money (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountUnit {
    /// Minor units: cents, or the currency itself where it has no smaller unit.
    Minor,
    /// Units of 100 minor ones, as most currencies have: dollars, rupees.
    Hundred,
    /// Units of 1,000 minor ones: dinars.
    Thousand,
}

impl Unit for AmountUnit {
    fn ratio(self) -> (u64, u64) {
        match self {
            Self::Minor => (1, 1),
            Self::Hundred => (100, 1),
            Self::Thousand => (1_000, 1),
        }
    }
}

/// Where the subscriber's home network comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a column of MCC-MNC, `{ mcc = column, mnc = column }`, `{ imsi = column }`, \
                 `{ code = column }` or `{ constant = \"MCC-MNC\" }`"
)]
pub enum HomeColumns {
    /// A column of `MCC-MNC`, with or without the dash.
    Network(String),
    /// Two columns.
    Codes {
        /// The mobile country code.
        mcc: String,
        /// The mobile network code, with its leading zeros.
        mnc: String,
    },
    /// The column of an IMSI, whose first five or six digits say it.
    Imsi {
        /// The column; it may be the subscriber's.
        imsi: String,
    },
    /// A column of the codes of Erewhon's own Parquet.
    Code {
        /// The column.
        code: String,
    },
    /// One network for all rows.
    Constant {
        /// Its codes, `MCC-MNC`.
        constant: String,
    },
}

impl HomeColumns {
    /// The columns that are read.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &String> {
        let columns = match self {
            Self::Network(column) | Self::Imsi { imsi: column } | Self::Code { code: column } => {
                [Some(column), None]
            }
            Self::Codes { mcc, mnc } => [Some(mcc), Some(mnc)],
            Self::Constant { .. } => [None, None],
        };
        columns.into_iter().flatten()
    }
}

/// Where the kind of machine comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a column of class names, `{ tac = column, list = file }` or \
                 `{ constant = class }`"
)]
pub enum DeviceColumns {
    /// A column of class names, or of their codes in Erewhon's own Parquet.
    Class(String),
    /// A column of TACs or IMEIs, whose first eight digits are one.
    Tac {
        /// The column.
        tac: String,
        /// A file of lines `TAC,class`, beside the mapping file unless its path says otherwise.
        list: PathBuf,
    },
    /// One class for all rows.
    Constant {
        /// The class.
        constant: DeviceClass,
    },
}

impl DeviceColumns {
    /// The column that is read.
    pub(crate) const fn column(&self) -> Option<&String> {
        match self {
            Self::Class(column) | Self::Tac { tac: column, .. } => Some(column),
            Self::Constant { .. } => None,
        }
    }
}

/// The rows that are wanted; the others are passed over and counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedRows {
    /// The column that tells.
    pub column: String,
    /// Its values in wanted rows.
    pub values: Vec<String>,
}
