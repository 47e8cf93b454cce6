use crate::{
    Event,
    clean::{
        rules::ImpossibleSpeed,
        run::{Run, square_m},
    },
};

/// What impossible speed finds in a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Strays {
    /// Rows of bad fixes, ascending.
    pub(super) rows: Vec<usize>,
    /// Moves that stay too fast once those rows are gone: no row alone explains them.
    pub(super) unresolved: u64,
}

/// Stays that were reached and left too fast, where the way past them was possible.
///
/// One pass: a stay is judged when the first event after it comes. Taking a stay out never makes
/// another one bad, because the move that replaces it is possible.
pub(super) fn strays(rule: &ImpossibleSpeed, plane_m: &[(f64, f64)], events: &[Event]) -> Strays {
    let too_fast = |from: &Run, to: &Event| {
        let square = square_m(plane_m, from.cell, to.cell);
        // km/h to metres per millisecond.
        let reach_m = rule.over_kmh / 3600.0 * (to.time_utc_ms - from.to_utc_ms) as f64;
        square >= rule.farther_m * rule.farther_m && square > reach_m * reach_m
    };
    let lasting_ms = i64::from(rule.lasting_s) * 1000;
    let mut rows = Vec::new();
    // Each run with whether the move into it was too fast.
    let mut runs: Vec<(Run, bool)> = Vec::new();
    for (row, event) in events.iter().enumerate() {
        if let [.., (before, _), (here, came_too_fast)] = runs.as_slice()
            && *came_too_fast
            && here.cell != event.cell
            && here.to_utc_ms - here.from_utc_ms <= lasting_ms
            && too_fast(here, event)
            && !too_fast(before, event)
        {
            rows.extend(here.first..=here.last);
            runs.pop();
        }
        match runs.last_mut() {
            Some((here, _)) if here.cell == event.cell => here.extend(row, event),
            here => {
                let came_too_fast = here.is_some_and(|(here, _)| too_fast(here, event));
                runs.push((Run::at(row, event), came_too_fast));
            }
        }
    }
    // A stay may have held another one that went before it.
    rows.sort_unstable();
    rows.dedup();
    Strays {
        rows,
        unresolved: runs.iter().filter(|(_, too_fast)| *too_fast).count() as u64,
    }
}
