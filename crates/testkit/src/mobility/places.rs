use std::collections::{BTreeMap, BTreeSet};

use erewhon_geo::{Frame, great_circle_m};
use erewhon_mobility::Track;
use erewhon_types::CellIx;

use super::{Values, max, mean, median, ratio};

fn cells(track: &Track<'_>) -> Vec<CellIx> {
    track.events().iter().map(|event| event.cell).collect()
}

/// Cells by most events, then by first appearance.
pub(super) fn ranked(track: &Track<'_>) -> Vec<(CellIx, f64)> {
    let cells = cells(track);
    let mut ranked: Vec<(CellIx, f64)> = Vec::new();
    for &cell in &cells {
        if ranked.iter().all(|known| known.0 != cell) {
            let count = cells.iter().filter(|other| **other == cell).count();
            ranked.push((cell, count as f64));
        }
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

/// About the centre of events one by one; of cells on the plane or between -90 and 90 degrees east.
pub(super) fn radius_m(track: &Track<'_>, at: &[CellIx]) -> f64 {
    let table = track.public().cells;
    let all: Vec<(f64, f64)> = cells(track)
        .into_iter()
        .filter(|cell| at.contains(cell))
        .map(|cell| (table.cell(cell).x, table.cell(cell).y))
        .collect();
    let n = all.len() as f64;
    let centre = (
        all.iter().map(|p| p.0).sum::<f64>() / n,
        all.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let square = |p: &(f64, f64)| match table.frame() {
        Frame::Geographic => great_circle_m(*p, centre).powi(2),
        _ => (p.0 - centre.0).hypot(p.1 - centre.1).powi(2),
    };
    (all.iter().map(square).sum::<f64>() / n).sqrt()
}

/// Twin of [`erewhon_mobility::Space`].
pub fn space(track: &Track<'_>, k: usize) -> Values {
    let ranked: Vec<CellIx> = ranked(track).into_iter().map(|(cell, _)| cell).collect();
    let top = &ranked[..k.min(ranked.len())];
    vec![
        ("radius_of_gyration_m", Some(radius_m(track, &ranked))),
        ("distinct_cells", Some(ranked.len() as f64)),
        (
            "k_radius_of_gyration_m",
            (k > 0).then(|| radius_m(track, top)),
        ),
    ]
}

fn largest_m(track: &Track<'_>, cells: &[CellIx]) -> f64 {
    let pairs = cells
        .iter()
        .flat_map(|&a| cells.iter().map(move |&b| (a, b)));
    let lengths = pairs.map(|(a, b)| track.public().cells.distance_m(a, b));
    lengths.fold(0.0, f64::max)
}

/// Twin of [`erewhon_mobility::Distances`].
pub fn distances(track: &Track<'_>) -> Values {
    let mut days: BTreeMap<u16, Vec<CellIx>> = BTreeMap::new();
    for (local, event) in track.iter() {
        days.entry(local.day).or_default().push(event.cell);
    }
    let ranges_m: Vec<f64> = days.values().map(|day| largest_m(track, day)).collect();
    let lengths_m = |cells: &[CellIx]| -> Vec<f64> {
        let pairs = cells.windows(2).filter(|pair| pair[0] != pair[1]);
        pairs
            .map(|pair| track.public().cells.distance_m(pair[0], pair[1]))
            .collect()
    };
    let jumps_m = lengths_m(&cells(track));
    let day_jumps_m: Vec<f64> = days.values().flat_map(|day| lengths_m(day)).collect();
    vec![
        ("maximum_distance_m", Some(largest_m(track, &cells(track)))),
        ("daily_range_mean_m", mean(&ranges_m)),
        ("daily_range_median_m", median(&ranges_m)),
        ("daily_range_max_m", max(&ranges_m)),
        ("distance_travelled_m", Some(jumps_m.iter().sum())),
        ("jumps", Some(jumps_m.len() as f64)),
        ("jump_mean_m", mean(&jumps_m)),
        ("jump_median_m", median(&jumps_m)),
        ("jump_max_m", max(&jumps_m)),
        ("day_jumps", Some(day_jumps_m.len() as f64)),
        ("day_jump_mean_m", mean(&day_jumps_m)),
        ("day_jump_median_m", median(&day_jumps_m)),
    ]
}

/// Visits, and those of them that are neither the first nor at a cell seen before.
pub(super) fn explorations(track: &Track<'_>) -> (f64, f64) {
    let mut visits = cells(track);
    visits.dedup();
    let new = |i: &usize| *i > 0 && !visits[..*i].contains(&visits[*i]);
    (
        visits.len() as f64,
        (0..visits.len()).filter(new).count() as f64,
    )
}

/// Twin of [`erewhon_mobility::VisitRates`].
pub fn visits(track: &Track<'_>) -> Values {
    let events = track.events().len() as f64;
    let ranked = ranked(track);
    let distinct = ranked.len() as f64;
    let days: BTreeSet<u16> = track.locals().iter().map(|local| local.day).collect();
    let (visits, new) = explorations(track);
    let half = f64::from(track.public().calendar.days()) / 2.0;
    let early: BTreeSet<CellIx> = track
        .iter()
        .filter(|(local, _)| f64::from(local.day) < half)
        .map(|(_, event)| event.cell)
        .collect();
    let rank = |i: usize| ranked.get(i).map(|cell| cell.1 / events);
    let top_3 = ranked.iter().take(3).map(|cell| cell.1).sum::<f64>();
    vec![
        ("events", Some(events)),
        ("visits", Some(visits)),
        ("distinct_cells", Some(distinct)),
        ("active_days", Some(days.len() as f64)),
        ("exploration_share", ratio(new, visits - 1.0)),
        ("return_share", ratio(visits - 1.0 - new, visits - 1.0)),
        (
            "new_cells_per_active_day",
            Some(distinct / days.len() as f64),
        ),
        (
            "late_cells_share",
            Some(1.0 - early.len() as f64 / distinct),
        ),
        ("rank_1_share", rank(0)),
        ("rank_2_share", rank(1)),
        ("rank_3_share", rank(2)),
        ("rank_4_share", rank(3)),
        ("rank_5_share", rank(4)),
        ("top_3_share", Some(top_3 / events)),
    ]
}
