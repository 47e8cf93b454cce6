use std::{fmt::Write as _, path::Path};

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{EventKind, time::TimeColumn};

mod check;
mod columns;
pub(crate) mod near;
pub(crate) mod presets;

pub(crate) use columns::Unit;
pub use columns::{
    AmountUnit, CellColumns, DeviceColumns, DurationUnit, HomeColumns, KindColumns,
    PositionColumns, Quantity, VolumeUnit, WantedRows,
};

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
    /// Where the cell comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellColumns>,
    /// The columns of a position, where rows have no cell id, or an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<PositionColumns>,
    /// Where the kind of event comes from.
    pub kind: KindColumns,
    /// The column of the duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<Quantity<DurationUnit>>,
    /// The column of the money of a top-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<Quantity<AmountUnit>>,
    /// The column of the bytes sent by the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_up: Option<Quantity<VolumeUnit>>,
    /// The column of the bytes received by the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_down: Option<Quantity<VolumeUnit>>,
    /// The column of the other party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Where the subscriber's home network comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_network: Option<HomeColumns>,
    /// Where the kind of machine comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceColumns>,
    /// The rows that are wanted; all unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<WantedRows>,
    /// Columns known and not wanted, which a file may lack; left empty when written.
    #[serde(default)]
    pub ignore: Vec<String>,
}

const fn comma() -> char {
    ','
}

const fn yes() -> bool {
    true
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
            let mut mapping = Self::parse(&text, name_or_path)?;
            // A list is named as seen from the mapping file.
            if let (Some(DeviceColumns::Tac { list, .. }), Some(dir)) =
                (&mut mapping.device, path.parent())
            {
                *list = dir.join(&*list);
            }
            Ok(mapping)
        } else {
            Self::parse(presets::find(name_or_path)?, name_or_path)
        }
    }

    /// What a record file is called: by its path, or by its number in the load, from 1, where files
    /// are named after their subscribers.
    pub fn name_of(&self, path: &Path, number: usize) -> String {
        match self.subscriber_from_file_name {
            true => format!("record file {number}"),
            false => path.display().to_string(),
        }
    }

    /// The same error, in which no file is called by the name of a subscriber.
    #[must_use]
    pub fn nameless(&self, error: Error, path: &Path, number: usize) -> Error {
        if !self.subscriber_from_file_name {
            return error;
        }
        let path = format!("`{}`", path.display());
        let name = format!("record file {number}");
        let said = Error::new(error.kind(), error.message().replace(&path, &name));
        match error.hint() {
            Some(hint) => said.with_hint(hint.replace(&path, &name)),
            None => said,
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
            let hint = near::key(error.message())
                .unwrap_or_else(|| "compare it with a preset, for example `cdr`".to_owned());
            let said = near::toml_message(text, &error);
            Error::input(format!("the mapping `{name}` is not valid: {said}")).with_hint(hint)
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

    /// The zone that the mapping itself gives to times that carry none.
    pub fn zone(&self) -> Option<&str> {
        self.time.zone.as_deref().filter(|zone| *zone != "window")
    }

    /// Whether records name cells by their number in the cell list, not by their ids.
    pub(crate) const fn numbers_cells(&self) -> bool {
        matches!(self.cell, Some(CellColumns::Row { .. }))
    }

    /// Whether records name cells by their ids and by nothing else, neither numbers nor positions.
    pub const fn names_cells(&self) -> bool {
        self.cell.is_some() && !self.numbers_cells() && self.position.is_none()
    }

    /// The same mapping for records of one window: `zone = "window"` becomes its zone.
    #[must_use]
    pub fn in_zone(mut self, zone: &str) -> Self {
        self.time = self.time.in_zone(zone);
        self
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
        let quantity = [
            self.duration_s.as_ref().map(Quantity::column),
            self.amount_minor.as_ref().map(Quantity::column),
            self.bytes_up.as_ref().map(Quantity::column),
            self.bytes_down.as_ref().map(Quantity::column),
        ];
        let single = [&self.subscriber, &self.peer, &self.time.end];
        let single = single.into_iter().flatten();
        let position = self.position.iter().flat_map(|p| [&p.lat, &p.lon]);
        let device = self.device.iter().filter_map(DeviceColumns::column);
        single
            .chain(self.cell.iter().flat_map(CellColumns::columns))
            .chain(position)
            .chain(&self.kind.columns)
            .chain(self.home_network.iter().flat_map(HomeColumns::columns))
            .chain(device)
            .chain(self.only.iter().map(|only| &only.column))
            .chain([&self.time.column])
            .map(String::as_str)
            .chain(quantity.into_iter().flatten())
    }

    /// The value of the kind columns that stands for a kind; `None` when the layout has none.
    pub(crate) fn value_of(&self, kind: EventKind) -> Option<&str> {
        if self.kind.values.is_empty() {
            return Some(kind.name());
        }
        let mut values = self.kind.written();
        values.find(|(_, k)| *k == kind).map(|(value, _)| value)
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
