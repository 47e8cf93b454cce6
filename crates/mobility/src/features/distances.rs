use super::numbers::{mean, median};
use crate::{Column, Feature, Row, Track, daily_ranges_m};

/// How far a subscriber moves, from event to event and from day to day.
///
/// Distances are straight lines between cells, in metres
/// ([`CellTable::distance_m`](erewhon_geo::CellTable::distance_m)); what lies between two events is
/// not known, so that lengths are lower bounds.
///
/// - `maximum_distance_m`: the largest distance between any two cells of the window.
/// - `daily_range_mean_m`, `_median_m`, `_max_m`: of the [`daily_ranges_m`] of the days with events.
/// - `distance_travelled_m`: the sum of all jumps.
/// - `jumps`: changes of cell from one event to the next, over midnight too (González, Hidalgo and
///   Barabási 2008); `jump_mean_m`, `_median_m`, `_max_m` of their lengths.
/// - `day_jumps`: the jumps within one local day ([`day_jumps_m`](crate::day_jumps_m));
///   `day_jump_mean_m`, `_median_m` of their lengths.
///
/// A day is a local day, 23 or 25 hours long where the clock changes. Two cells on one mast make a
/// jump of 0 m. One event, or all at one cell: ranges and distance are 0 m, there are no jumps, and
/// what would be said of their lengths is missing. The time grows with the events and the distinct
/// cells of each day ([`CellTable::diameter_m`](erewhon_geo::CellTable::diameter_m)).
pub struct Distances;

impl Feature for Distances {
    fn name(&self) -> &'static str {
        "distances"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("maximum_distance_m"),
            Column::Real("daily_range_mean_m"),
            Column::Real("daily_range_median_m"),
            Column::Real("daily_range_max_m"),
            Column::Real("distance_travelled_m"),
            Column::Count("jumps"),
            Column::Real("jump_mean_m"),
            Column::Real("jump_median_m"),
            Column::Real("jump_max_m"),
            Column::Count("day_jumps"),
            Column::Real("day_jump_mean_m"),
            Column::Real("day_jump_median_m"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let cells: Vec<_> = track.visits().iter().map(|visit| visit.cell).collect();
        out.real(track.public().cells.diameter_m(&cells));

        let mut lengths_m = Vec::new();
        daily_ranges_m(track, &mut lengths_m);
        out.real(mean(&lengths_m));
        out.real(median(&mut lengths_m));
        out.real(lengths_m.iter().copied().max_by(f64::total_cmp));

        let jumps_m = track.jumps_m();
        out.real(jumps_m.iter().sum::<f64>());
        out.count(jumps_m.len() as u32);
        out.real(mean(jumps_m));
        lengths_m.clear();
        lengths_m.extend_from_slice(jumps_m);
        out.real(median(&mut lengths_m));
        out.real(jumps_m.iter().copied().max_by(f64::total_cmp));

        let within_a_day = |first: u32| {
            let locals = track.locals();
            let at = first as usize;
            locals[at - 1].day == locals[at].day
        };
        let starts = track.stretches().iter().skip(1);
        lengths_m.clear();
        lengths_m.extend(
            jumps_m
                .iter()
                .zip(starts)
                .filter(|&(_, &first)| within_a_day(first))
                .map(|(length_m, _)| length_m),
        );
        out.count(lengths_m.len() as u32);
        out.real(mean(&lengths_m));
        out.real(median(&mut lengths_m));
    }
}
