use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    EventKind,
    time::{TimeCodec, TimeColumn},
};

pub(crate) mod near;
mod presets;

/// How a row of an operator's file becomes an [`crate::Event`], and back.
///
/// Written in TOML; unknown keys are refused. `columns` is the whole layout in order, as it will be
/// written; a file with a header may hold the columns in any order. Every column is either used or
/// listed in `ignore`: none is dropped silently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the layout is, one sentence.
    pub description: String,
    /// The character between fields, ASCII; `,` unless told.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// Whether the first line names the columns; without it `columns` names them by position.
    #[serde(default = "yes")]
    pub header: bool,
    /// All columns in order.
    pub columns: Vec<String>,
    /// The column of the served subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriber: Option<String>,
    /// Whether a file holds one subscriber and is named after them.
    #[serde(default)]
    pub subscriber_from_file_name: bool,
    /// The column of the time and its format.
    pub time: TimeColumn,
    /// The column of the cell id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// The columns of a position, where rows have no cell id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<PositionColumns>,
    /// Where the kind of event comes from.
    pub kind: KindColumns,
    /// The column of the duration in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<String>,
    /// The column of the bytes sent by the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_up: Option<String>,
    /// The column of the bytes received by the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_down: Option<String>,
    /// The column of the other party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Columns known and not wanted; left empty when written.
    #[serde(default)]
    pub ignore: Vec<String>,
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
    /// What those values mean; the kinds' own names when absent.
    ///
    /// When several values mean one kind, the alphabetically first is written.
    #[serde(default)]
    pub values: BTreeMap<String, EventKind>,
}

const fn comma() -> char {
    ','
}

const fn yes() -> bool {
    true
}

const fn five_km() -> f64 {
    5000.0
}

impl Mapping {
    /// Loads a preset by name, or a mapping file by a path that ends in `.toml`.
    ///
    /// # Errors
    /// Usage for an unknown preset; input for a file that is missing or no valid mapping.
    pub fn load(name_or_path: &str) -> Result<Self> {
        let path = Path::new(name_or_path);
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Error::io("read the mapping", path, &error))?;
            Self::parse(&text, name_or_path)
        } else {
            Self::parse(presets::find(name_or_path)?, name_or_path)
        }
    }

    /// The names of the presets.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        presets::ALL.iter().map(|(name, _)| *name)
    }

    /// Reads a mapping from TOML; `name` is for messages.
    ///
    /// # Errors
    /// Input, when the text is no TOML, has unknown keys or contradicts itself.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let mapping: Self = toml::from_str(text).map_err(|error| {
            Error::input(format!(
                "the mapping `{name}` is not valid: {}",
                error.message()
            ))
            .with_hint("compare it with a preset, for example `cdr`")
        })?;
        mapping.check().map_err(|error| {
            let said = Error::input(format!("the mapping `{name}` is not valid: {error}"));
            match error.hint() {
                Some(hint) => said.with_hint(hint),
                None => said,
            }
        })?;
        Ok(mapping)
    }

    /// The kinds that this layout can express, in the order of their codes.
    ///
    /// They follow from the mapping alone, so they are public.
    pub fn kinds(&self) -> Vec<EventKind> {
        let expressed = |kind: &EventKind| match self.kind.constant {
            Some(only) => *kind == only,
            None => self.value_of(*kind).is_some(),
        };
        EventKind::ALL.into_iter().filter(expressed).collect()
    }

    /// SHA-256 of the mapping's meaning (not of its file), hexadecimal: of its compact JSON, keys in
    /// the order of the fields above, values of kinds in alphabetical order.
    ///
    /// # Errors
    /// Internal, when the mapping can't be written as JSON.
    pub fn sha256(&self) -> Result<String> {
        let json = serde_json::to_vec(self)
            .map_err(|_| Error::internal("the mapping can't be written as JSON"))?;
        Ok(hex(&Sha256::digest(json)))
    }

    /// The columns that carry something, in no order.
    pub(crate) fn used_columns(&self) -> impl Iterator<Item = &str> {
        let position = self.position.iter().flat_map(|p| [&p.lat, &p.lon]);
        let single = [
            &self.subscriber,
            &self.cell,
            &self.duration_s,
            &self.bytes_up,
            &self.bytes_down,
            &self.peer,
        ];
        single
            .into_iter()
            .flatten()
            .chain(position)
            .chain(&self.kind.columns)
            .chain([&self.time.column])
            .map(String::as_str)
    }

    /// The kind that a value of the kind columns stands for.
    pub(crate) fn kind_of(&self, value: &str) -> Option<EventKind> {
        if self.kind.values.is_empty() {
            value.parse().ok()
        } else {
            self.kind.values.get(value).copied()
        }
    }

    /// The value of the kind columns that stands for a kind; `None` when the layout has none.
    pub(crate) fn value_of(&self, kind: EventKind) -> Option<&str> {
        if self.kind.values.is_empty() {
            return Some(kind.name());
        }
        let mut values = self.kind.values.iter();
        values.find(|(_, k)| **k == kind).map(|(v, _)| v.as_str())
    }

    fn check(&self) -> Result<()> {
        let refuse = |what: String, hint: &str| Err(Error::input(what).with_hint(hint));
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\n' | '\r') {
            return refuse(
                format!(
                    "`{}` can't separate fields",
                    self.delimiter.escape_default()
                ),
                "use one ASCII character, for example `,`, `;`, `|` or a tab",
            );
        }
        if self.subscriber.is_some() == self.subscriber_from_file_name {
            return refuse(
                "the subscriber must come from one place".to_owned(),
                "set either `subscriber` to a column or `subscriber_from_file_name = true`",
            );
        }
        if self.cell.is_some() == self.position.is_some() {
            return refuse(
                "the place must come from one place".to_owned(),
                "set either `cell` to a column or `position = { lat = .., lon = .. }`",
            );
        }
        if let Some(position) = &self.position
            && !(1.0..=1e6).contains(&position.snap_max_m)
        {
            return refuse(
                format!(
                    "`snap_max_m = {}` is outside 1 to 1000000",
                    position.snap_max_m
                ),
                "5000 is the default",
            );
        }
        if self.kind.constant.is_some() != self.kind.columns.is_empty() {
            return refuse(
                "the kind must come from one place".to_owned(),
                "set either `kind.constant` to a kind or `kind.columns` to columns",
            );
        }
        let parts = self.kind.columns.len();
        if let Some(value) = (self.kind.values.keys()).find(|v| v.split(' ').count() < parts) {
            return refuse(
                format!("the kind value `{value}` has fewer words than there are kind columns"),
                "join the values of the columns by one space",
            );
        }
        self.check_columns()?;
        TimeCodec::new(&self.time).map(|_| ())
    }

    fn check_columns(&self) -> Result<()> {
        for (i, column) in self.columns.iter().enumerate() {
            if self.columns[..i].contains(column) {
                return Err(Error::input(format!("the column `{column}` appears twice"))
                    .with_hint("every column needs a name of its own"));
            }
            let ignored = self.ignore.contains(column);
            if self.used_columns().any(|used| used == column) == ignored {
                return Err(Error::input(format!(
                    "the column `{column}` must be either used or ignored"
                ))
                .with_hint("map it, or list it in `ignore` to say that it is not wanted"));
            }
        }
        let known = |name: &&str| !self.columns.iter().any(|column| column == name);
        let ignored = self.ignore.iter().map(String::as_str);
        match self.used_columns().chain(ignored).find(known) {
            Some(name) => Err(Error::input(format!("`columns` has no column `{name}`"))
                .with_hint("list all columns of the layout in `columns`, in order")),
            None => Ok(()),
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
