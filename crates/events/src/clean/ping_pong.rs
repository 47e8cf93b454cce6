use erewhon_types::CellIx;

use crate::{
    Event,
    clean::{
        rules::PingPong,
        run::{Run, square_m},
    },
};

/// Rows of short excursions to a cell near by, ascending, with the cell around each.
///
/// From left to right: an excursion ends when the first cell is back, and counts as that cell from
/// then on, so that A B A B A is all A, and A B C B A too.
pub(super) fn swings(
    rule: &PingPong,
    plane_m: &[(f64, f64)],
    events: &[Event],
) -> Vec<(usize, CellIx)> {
    let within_ms = i64::from(rule.within_s) * 1000;
    let closer = rule.closer_m * rule.closer_m;
    let mut swung = false;
    let mut runs: Vec<Run> = Vec::new();
    for (row, event) in events.iter().enumerate() {
        if let [.., around, there] = runs.as_slice()
            && around.cell == event.cell
            && event.time_utc_ms - around.to_utc_ms <= within_ms
            && square_m(plane_m, around.cell, there.cell) < closer
        {
            runs.pop();
            swung = true;
        }
        match runs.last_mut() {
            Some(here) if here.cell == event.cell => here.extend(row, event),
            _ => runs.push(Run::at(row, event)),
        }
    }
    if !swung {
        return Vec::new();
    }
    let rows = runs.iter().flat_map(|run| {
        let rows = events.iter().enumerate().skip(run.first);
        rows.take(run.last + 1 - run.first)
            .filter(|(_, event)| event.cell != run.cell)
            .map(|(row, _)| (row, run.cell))
    });
    rows.collect()
}
