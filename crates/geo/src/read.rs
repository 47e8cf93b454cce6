//! Cell lists of any kind into a [`CellTable`].
//!
//! ```text
//! source ──▶ text | geojson | parquet ──▶ columns (row by row) ──▶ Sheet ──▶ far, twins ──▶ CellTable
//! ```

use std::path::Path;

use erewhon_types::{Error, Result};

use crate::{Cell, CellTable, Frame};

mod columns;
mod far;
mod geojson;
mod issues;
mod parquet;
mod sheet;
mod source;
mod text;
mod twins;

pub use issues::{CellIssues, CellRule, SetAside};

use issues::Rule;
use sheet::{Sheet, Sighting};
use source::Content;

/// Reads a cell list: a file, or a directory of files of one layout, whose names in their order
/// count for nothing.
///
/// What a file is shows in its first bytes: Parquet, a GeoJSON `FeatureCollection`, or delimited
/// text with a header; text and GeoJSON also as gzip or zstd. The delimiter is the most frequent of
/// `,` `;` tab `|` in the header. Columns are found by name, in any case and order; a unit in a name
/// (`range_km`, `power_dbm`) is converted. An id may be given in parts (`mcc`, `net`, `area`,
/// `cell`), as OpenCelliD does, with its header or without. Without positions the table is
/// [`Frame::Schematic`] and the issues carry a note. Other columns are passed over: everything in a
/// cell list is public. Times without an offset are read as UTC.
///
/// Memory grows with the cells kept and not with the file; a row has at most 1 MiB, a list at most
/// 2^24 rows.
///
/// # Errors
/// Input, when a file is missing, empty, damaged or of another kind, has no id column or only half
/// a position, seems to have latitude and longitude swapped, or no usable cell is left.
pub fn read_cells(path: &Path) -> Result<(CellTable, CellIssues)> {
    let mut sheet = Sheet::default();
    for (name, file) in source::files(path)? {
        sheet.begin(name);
        match source::open(&file)? {
            Content::Text(source) => text::read(source, &file, &mut sheet)?,
            Content::Json(source) => geojson::read(source, &file, &mut sheet)?,
            Content::Parquet(bytes) => parquet::read(bytes, &file, &mut sheet)?,
        }
    }
    clean(sheet, path)
}

/// Applies the rules that need the whole list.
fn clean(sheet: Sheet, path: &Path) -> Result<(CellTable, CellIssues)> {
    let (frame, mut rows, mut issues) = sheet.finish();
    if issues.read == 0 {
        let message = format!("the cell list `{}` has no rows", path.display());
        return Err(Error::input(message).with_hint("write one line per cell"));
    }
    if frame == Frame::Geographic {
        refuse_swapped(&rows, path)?;
    }
    if frame != Frame::Schematic {
        let bulk = far::Bulk::of(rows.iter().map(|row| (row.cell.x, row.cell.y)), frame);
        rows.retain(|row| {
            let broken = bulk.judge(row.cell.x, row.cell.y);
            if let Some(rule) = broken {
                issues.set_aside(rule, row.aside());
            }
            broken.is_none()
        });
    }
    let before = rows.len();
    let (mut cells, torn) = twins::resolve(rows);
    issues.merged = before - cells.len() - torn.len();
    for (rule, row) in torn {
        issues.set_aside(rule, row.aside());
    }
    if frame == Frame::Schematic {
        lay_out(&mut cells);
        issues.note = Some(
            "the cell list has no positions: cells are laid out on a 1 km lattice in file order, \
             so distances are lattice steps and maps mean nothing"
                .to_owned(),
        );
    }
    issues.kept = cells.len();
    let table = CellTable::new(frame, cells).map_err(|error| {
        let first = issues.rules.first().map_or_else(
            || "check the cell list".to_owned(),
            |rule| {
                format!(
                    "the first rule met was `{}`: {}; {}",
                    rule.rule, rule.description, rule.hint
                )
            },
        );
        Error::input(format!("`{}`: {}", path.display(), error.message())).with_hint(first)
    })?;
    Ok((table, issues))
}

fn lay_out(cells: &mut [Cell]) {
    let ids = cells.iter().map(|cell| cell.id.clone()).collect();
    if let Ok(lattice) = CellTable::schematic(ids) {
        for (cell, place) in cells.iter_mut().zip(lattice.cells()) {
            (cell.x, cell.y) = (place.x, place.y);
        }
    }
}

/// The most common slip: latitude and longitude the wrong way round in the whole file.
fn refuse_swapped(rows: &[Sighting], path: &Path) -> Result<()> {
    let swapped = (rows.iter().map(|row| &row.cell))
        .filter(|c| c.y.abs() > 90.0 && c.y.abs() <= 180.0 && c.x.abs() <= 90.0)
        .count();
    if swapped * 2 > rows.len() {
        return Err(Error::input(format!(
            "latitude and longitude seem swapped in `{}`: most latitudes are beyond 90 degrees",
            path.display()
        ))
        .with_hint("exchange the two names in the header line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
