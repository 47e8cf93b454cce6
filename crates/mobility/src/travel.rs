//! Travel as far as records of cells carry it: along lines and at hubs that a person declares.

mod corridor;
mod hub;

#[cfg(test)]
mod tests;

pub use corridor::{Corridor, CorridorTrip, Corridors};
pub use hub::{Hub, HubVisit, Hubs};

use erewhon_geo::{CellTable, Frame};
use erewhon_types::{Error, Result};

/// Refuses a number that a corridor or hub can't have.
fn check_range(
    (what, name): (&str, &str),
    key: &str,
    value: f64,
    (least, most): (f64, f64),
) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::input(format!(
        "`{key}` of the {what} `{name}` is `{value}`; allowed is {least} to {most}"
    )))
}

/// Refuses degrees that there are not.
fn check_position(what: (&str, &str), at: (f64, f64), cells: &CellTable) -> Result<()> {
    if cells.frame() != Frame::Geographic {
        return Ok(());
    }
    check_range(what, "longitude", at.0, (-180.0, 180.0))?;
    check_range(what, "latitude", at.1, (-90.0, 90.0))
}

/// Refuses names that are none or there twice, as nobody could tell their rows apart.
pub(crate) fn check_names<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name.trim().is_empty() {
            return Err(Error::input(format!("a {what} has no name"))
                .with_hint("give each a `name` of its own: it is what tables call it"));
        }
        if name.chars().any(char::is_control) {
            return Err(Error::input(format!(
                "the name of the {what} {name:?} has a character that is none of text"
            ))
            .with_hint("write it in letters, digits and spaces"));
        }
        if !seen.insert(name) {
            return Err(
                Error::input(format!("two of the {what}s are named `{name}`"))
                    .with_hint("give each a name of its own"),
            );
        }
    }
    Ok(())
}

/// Refuses a network in which nothing lies anywhere.
fn check_frame(cells: &CellTable) -> Result<()> {
    if cells.frame() == Frame::Schematic {
        return Err(
            Error::usage("corridors and hubs need positions, and these cells have none")
                .with_hint("ingest with a list of cells that has them"),
        );
    }
    Ok(())
}

/// What is near no cell would count nobody, and is most often latitude given for longitude.
fn no_cell(
    (what, name): (&str, &str),
    (within_m, nearest_m): (f64, f64),
    cells: &CellTable,
) -> Error {
    let order = match cells.frame() {
        Frame::Geographic => "positions are longitude, then latitude, in degrees, as in GeoJSON",
        _ => "positions are metres east, then north, in the frame of the cells",
    };
    Error::input(format!(
        "no cell is within {within_m} m of the {what} `{name}`; the nearest is {nearest_m:.0} m away"
    ))
    .with_hint(format!("{order}; a larger `within_m` takes in more cells"))
}
