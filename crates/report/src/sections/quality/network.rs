use erewhon_events::{Contents, DoubtfulCell, Hole, NetworkReport};

use super::code;
use crate::{
    html::{list, note, num, p, table, text},
    number::count,
};

/// Holes that are shown; all that are listed are in the JSON.
const SHOWN: usize = 20;

pub(super) fn body(network: &NetworkReport, contents: &Contents) -> String {
    let silent = format!(
        "{} cells of the list have no event.",
        count(network.silent_cells)
    );
    let named: Vec<&str> = network
        .silent_cells_listed
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect();
    let silent = if named.is_empty() {
        p(&silent)
    } else {
        p(&format!("{silent} The first are:")) + &list(&[named.join(", ")])
    };
    silent + &holes(network) + &doubtful(&network.doubtful_cells) + &busiest(contents)
}

fn holes(network: &NetworkReport) -> String {
    let all = network
        .network_holes
        .iter()
        .chain(&network.cell_holes_listed);
    let row = |h: &Hole| {
        [
            text(h.cell.as_deref().unwrap_or("the whole network")),
            text(&format!("{} {:02}:00", h.day, h.hour)),
            num(count(h.hours.into())),
            num(count(h.expected_events)),
        ]
    };
    let rows: Vec<_> = all.take(SHOWN).map(row).collect();
    let found = format!(
        "{} holes of the whole network and {} of single cells: hours on end with next to no events, \
         against the median of the same hour on days of the same type. Nothing was changed for \
         them.",
        count(network.network_holes.len() as u64),
        count(network.cell_holes)
    );
    if rows.is_empty() {
        return p(&found);
    }
    p(&found)
        + &table(
            "Holes, those with most events expected first",
            &["Cell", "From, local time", "Hours#", "Events expected#"],
            rows,
        )
}

fn doubtful(cells: &[DoubtfulCell]) -> String {
    if cells.is_empty() {
        return String::new();
    }
    let row = |c: &DoubtfulCell| [code(&c.cell), num(count(c.strays)), num(count(c.kept))];
    table(
        "Cells whose position may be wrong",
        &["Cell", "Rows that are bad fixes#", "Rows kept#"],
        cells.iter().map(row).collect(),
    ) + &note("Most rows of these cells could not have been reached from the rows around them.")
}

fn busiest(contents: &Contents) -> String {
    let row = |(cell, n): &(String, u64)| [code(cell), num(count(*n))];
    table(
        "Busiest cells",
        &["Cell", "Events#"],
        contents.busiest_cells.iter().map(row).collect(),
    )
}
