//! What is tried with bytes that nobody meant: by cargo-fuzz without end, by `cargo xtask fuzz` for
//! some minutes on the stable compiler. Whatever the bytes are, the answer is rows or an error.

use std::path::Path;

use erewhon_events::{Batch, Mapping, RowReader};
use erewhon_geo::{Cell, CellIssues, CellTable, Frame};
use erewhon_types::{Calendar, Error, Result, Subscriber, Window};

/// The bytes as a mapping file.
pub(crate) fn mapping(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Mapping::parse(text, "fuzz");
    }
}

/// The bytes as records in a preset that their first byte chooses; `scratch` is written over.
///
/// # Errors
/// What reading says, which is allowed; that it says anything is what is tried.
pub(crate) fn records(bytes: &[u8], scratch: &Path) -> Result<u64> {
    let (first, content) = bytes.split_first().unwrap_or((&0, &[]));
    let presets: Vec<&str> = Mapping::presets().collect();
    read(
        presets[usize::from(*first) % presets.len()],
        content,
        scratch,
    )
}

/// The bytes as a Parquet file of the store's own layout; `scratch` is written over.
///
/// # Errors
/// As [`records`].
pub(crate) fn parquet(bytes: &[u8], scratch: &Path) -> Result<u64> {
    read("segment", bytes, scratch)
}

fn read(preset: &str, content: &[u8], scratch: &Path) -> Result<u64> {
    let failed = |error| Error::io("write", scratch, &error);
    std::fs::write(scratch, content).map_err(failed)?;
    let window = Window::parse("2026-03-02", 28, "Europe/Berlin")?;
    let cell = |id: &str, at: f64| Cell::geographic(id, 50.0 + at, 8.0);
    let cells = vec![cell("a", 0.0), cell("anywhere", 0.1)];
    let cells = CellTable::new(Frame::Geographic, cells)?;
    let mapping = Mapping::load(preset)?;
    let (issues, calendar) = (CellIssues::default(), Calendar::new(&window)?);
    let reader = RowReader::new(&mapping, &cells, &issues, &calendar)?;
    let mut rows = 0;
    let identify = |id: &[u8]| Some(Subscriber::new(id.len() as u64 + 1));
    let mut count = |batch: Batch| {
        rows += batch.rows_read();
        Ok(())
    };
    reader.read(scratch, &identify, &mut |_| {}, &mut count)?;
    let _ = reader.preview(scratch, 3);
    Ok(rows)
}
