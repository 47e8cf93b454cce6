use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use erewhon_events::{EventTable, Key, Load, Mapping, write_events};
use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Result, Subscriber};

/// Writes synthetic events in a layout, subscribers numbered from 1; whole or not at all.
///
/// # Errors
/// Input, when the layout can't express them; resource, when the disk refuses.
pub fn write_synthetic(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    events: &EventTable,
) -> Result<()> {
    let partial = path.with_extension("partial");
    let file = File::create(&partial).map_err(|e| Error::io("write", &partial, &e))?;
    let name_of = |subscriber: Subscriber| subscriber.bits().to_string();
    write_events(mapping, cells, events, BufWriter::with_capacity(1 << 20, file), &name_of)?;
    std::fs::rename(&partial, path).map_err(|e| Error::io("write", path, &e))
}

/// Reads synthetic records back, in any layout; nothing may be wrong with them.
///
/// # Errors
/// Input or data, when the file is not what the layout and the cell table say.
pub fn read_synthetic(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    calendar: &Calendar,
) -> Result<EventTable> {
    let files: [PathBuf; 1] = [path.to_owned()];
    let loaded = erewhon_events::ingest(
        Load {
            files: &files,
            mapping,
            cells,
            cell_issues: &CellIssues::default(),
            calendar,
            // Synthetic ids hide nobody; the key only brings them to 64 bits.
            key: &Key::from_bytes([0; 32]),
            max_quarantined_share: 0.2,
        },
        &mut |_, _| {},
    )?;
    Ok(loaded.events)
}
