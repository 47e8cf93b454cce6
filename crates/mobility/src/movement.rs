use std::cmp::Reverse;

use erewhon_geo::{CellTable, Frame, great_circle_m};
use erewhon_types::CellIx;

use crate::{Track, Visits};

/// Radius of gyration in metres: `sqrt(mean d²)`, `d` the distance of an event from the centre.
///
/// Every event inside the window weighs the same (González, Hidalgo and Barabási 2008). The centre is
/// the mean of the positions: of longitudes and latitudes with great-circle distances, as
/// scikit-mobility has it, where cells have them; else of the positions on the plane. 0 for somebody
/// who was only ever seen at one cell; `None` without an event inside the window.
pub fn radius_of_gyration_m(track: &Track<'_>) -> Option<f64> {
    gyration_m(track.public().cells, track.visits())
}

/// Radius of gyration in metres of the events at the `k` cells with most events alone, about their own
/// centre (Pappalardo and others, "Returners and explorers dichotomy in human mobility", 2015).
///
/// Ties: the cell seen first. With `k` cells or fewer it is the radius of gyration; `None` for a `k`
/// of 0.
pub fn k_radius_of_gyration_m(track: &Track<'_>, k: usize) -> Option<f64> {
    if k >= track.visits().len() {
        return radius_of_gyration_m(track);
    }
    let mut visits = track.visits().to_vec();
    visits.select_nth_unstable_by_key(k, |visit| (Reverse(visit.events), visit.first));
    gyration_m(track.public().cells, &visits[..k])
}

/// Radius of gyration in metres of the events at some cells, to a whole micrometre: less is what sums
/// of floating point leave, where all cells stand on one site.
pub(crate) fn gyration_m(cells: &CellTable, visits: &[Visits]) -> Option<f64> {
    let first = visits.first()?;
    if visits.len() == 1 {
        return Some(0.0);
    }
    let position = |cell: CellIx| (cells.cell(cell).x, cells.cell(cell).y);
    let geographic = cells.frame() == Frame::Geographic;
    // Longitudes are taken within half a turn of the first, so that the date line is no border.
    let origin = position(first.cell).0;
    let at = |cell: CellIx| {
        let (x, y) = position(cell);
        let turn = if geographic {
            360.0 * ((x - origin) / 360.0).round()
        } else {
            0.0
        };
        (x - turn, y)
    };
    let (mut n, mut x, mut y) = (0.0, 0.0, 0.0);
    for visit in visits {
        let (weight, here) = (f64::from(visit.events), at(visit.cell));
        n += weight;
        x += weight * here.0;
        y += weight * here.1;
    }
    let centre = (x / n, y / n);
    let square_m2 = |cell: CellIx| {
        let here = at(cell);
        if geographic {
            great_circle_m(here, centre).powi(2)
        } else {
            (here.0 - centre.0).powi(2) + (here.1 - centre.1).powi(2)
        }
    };
    let squares: f64 = visits
        .iter()
        .map(|v| f64::from(v.events) * square_m2(v.cell))
        .sum();
    let metres = (squares / n).sqrt();
    Some((metres * MICRO).round() / MICRO)
}

/// Parts of a metre.
const MICRO: f64 = 1e6;

/// Daily range in metres: the largest distance between any two cells of one local day.
///
/// Appends one value per day with at least one event, days ascending; 0 on a day spent at one cell
/// (Isaacman and others, "Ranges of Human Mobility in Los Angeles and New York", 2011).
pub fn daily_ranges_m(track: &Track<'_>, out: &mut Vec<f64>) {
    let (visits, table) = (track.visits(), track.public().cells);
    // For each cell one more than the day that it was seen on last.
    let mut seen_on = vec![0; visits.len()];
    let mut cells: Vec<CellIx> = Vec::new();
    let mut today = 0;
    for (local, &at) in track.locals().iter().zip(track.seen_at()) {
        let day = local.day + 1;
        if day != today && today > 0 {
            out.push(table.diameter_m(&cells));
            cells.clear();
        }
        today = day;
        if std::mem::replace(&mut seen_on[at as usize], day) != day {
            cells.push(visits[at as usize].cell);
        }
    }
    if today > 0 {
        out.push(table.diameter_m(&cells));
    }
}

/// Jumps within a day, in metres: the distance between two consecutive events of one local day at
/// different cells.
///
/// Appends one value per change of cell, in time order. Changes over midnight are left out, so a
/// silent night makes none. Two cells on one mast make a jump of 0 m.
pub fn day_jumps_m(track: &Track<'_>, out: &mut Vec<f64>) {
    let mut before: Option<(u16, CellIx)> = None;
    for (local, event) in track.iter() {
        if let Some((day, cell)) = before
            && day == local.day
            && cell != event.cell
        {
            out.push(track.public().cells.distance_m(cell, event.cell));
        }
        before = Some((local.day, event.cell));
    }
}

#[cfg(test)]
mod tests;
