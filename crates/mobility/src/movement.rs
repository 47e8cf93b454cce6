use erewhon_events::Event;
use erewhon_types::CellIx;

use crate::Public;

/// Radius of gyration in metres: `sqrt(mean |r_i - r_mean|²)` over the subscriber's events.
///
/// Every event inside the window weighs the same (González, Hidalgo and Barabási 2008). 0 for
/// somebody who was only ever seen at one cell; `None` without an event inside the window.
pub fn radius_of_gyration_m(public: &Public<'_>, events: &[Event]) -> Option<f64> {
    let plane_m = public.cells.plane_m();
    let place = |event: &Event| plane_m[event.cell.index()];
    let (mut n, mut east, mut north) = (0.0, 0.0, 0.0);
    for (_, event) in public.inside(events) {
        let (x, y) = place(event);
        n += 1.0;
        east += x;
        north += y;
    }
    if n == 0.0 {
        return None;
    }
    let (east, north) = (east / n, north / n);
    let squares: f64 = public
        .inside(events)
        .map(|(_, event)| {
            let (x, y) = place(event);
            (x - east).powi(2) + (y - north).powi(2)
        })
        .sum();
    Some((squares / n).sqrt())
}

/// Daily range in metres: the largest distance between any two cells of one local day.
///
/// Appends one value per day with at least one event, days ascending; 0 on a day spent at one cell
/// (Isaacman and others, "Ranges of Human Mobility in Los Angeles and New York", 2011).
pub fn daily_ranges_m(public: &Public<'_>, events: &[Event], out: &mut Vec<f64>) {
    let mut cells: Vec<CellIx> = Vec::new();
    let mut today = None;
    for (local, event) in public.inside(events) {
        if today.is_some_and(|day| day != local.day) {
            out.push(diameter_m(public, &mut cells));
        }
        today = Some(local.day);
        if cells.last() != Some(&event.cell) {
            cells.push(event.cell);
        }
    }
    if today.is_some() {
        out.push(diameter_m(public, &mut cells));
    }
}

/// Largest distance between two of the cells, which are cleared for the next day.
fn diameter_m(public: &Public<'_>, cells: &mut Vec<CellIx>) -> f64 {
    cells.sort_unstable();
    cells.dedup();
    let longest_m = public.cells.diameter_m(cells);
    cells.clear();
    longest_m
}

/// Trip length in metres: the distance between two consecutive events of one local day at
/// different cells.
///
/// Appends one value per change of cell, in time order. Changes over midnight are left out, so a
/// silent night makes no trip. Two cells on one mast make a trip of 0 m.
pub fn trip_lengths_m(public: &Public<'_>, events: &[Event], out: &mut Vec<f64>) {
    let mut before: Option<(u16, CellIx)> = None;
    for (local, event) in public.inside(events) {
        if let Some((day, cell)) = before
            && day == local.day
            && cell != event.cell
        {
            out.push(public.cells.distance_m(cell, event.cell));
        }
        before = Some((local.day, event.cell));
    }
}

#[cfg(test)]
mod tests;
