use std::path::Path;

use erewhon_events::record_files;
use erewhon_ledger::Digest;
use erewhon_official::{Day, Inputs, Network, Origin, multimno::read_grid};
use erewhon_types::{Error, Result};

use crate::Session;

/// What the official products of a store are computed from: its window, and the network by tile.
///
/// # Errors
/// Usage, when a day of the window lies outside the calendar's range.
pub fn official_inputs(session: &Session, network: Network) -> Result<Inputs> {
    let calendar = session.calendar();
    let days = (0..calendar.days()).map(|day| Day::of(calendar, day));
    Inputs::multimno(network, days.collect::<Result<_>>()?)
}

/// How many tiles a grid of multimno's has, and what they are counted from.
///
/// # Errors
/// Input, when the table can't be read or is no grid.
pub fn grid_of(table: &Path) -> Result<(usize, Origin)> {
    read_grid(table).map(|(tiles, origin)| (tiles.len(), origin))
}

/// What a table of multimno's is, as TOML: where it lies, and the SHA-256 of its files, one after another by name.
///
/// # Errors
/// As reading a file fails.
pub fn table_to_toml(name: &str, table: &Path) -> Result<String> {
    let mut digests = String::new();
    for file in record_files(&[table.to_owned()])? {
        let bytes = std::fs::read(&file).map_err(|error| Error::io("read", &file, &error))?;
        digests.push_str(&Digest::of(&bytes).to_string());
    }
    let mut lines = toml::Table::new();
    lines.insert(name.to_owned(), table.display().to_string().into());
    let digest = Digest::of(digests.as_bytes()).to_string();
    lines.insert(format!("{name}_sha256"), digest.into());
    toml::to_string(&lines).map_err(|_| Error::internal("a table can't be named in TOML"))
}
