use std::cmp::Reverse;

use crate::{Column, Feature, Row, Track, Visits, movement::gyration_m, radius_of_gyration_m};

/// How far about a subscriber is seen, at all cells and at those visited most.
///
/// - `radius_of_gyration_m`: [`radius_of_gyration_m`].
/// - `distinct_cells`: how many.
/// - `k_radius_of_gyration_m`: the same of the events at the `k` cells with most events alone, about
///   their own centre (Pappalardo and others, "Returners and explorers dichotomy in human mobility",
///   2015). Ties: the cell seen first. With `k` cells or fewer it is the radius of gyration.
///
/// Days and clock changes play no part. One event, or all at one cell: 0 m. A `k` of 0: missing.
pub struct Space {
    /// How many of the most visited cells.
    pub k: usize,
}

impl Space {
    /// The two most visited cells, which often are home and work.
    pub const fn two() -> Self {
        Self { k: 2 }
    }
}

impl Feature for Space {
    fn name(&self) -> &'static str {
        "space"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("radius_of_gyration_m"),
            Column::Count("distinct_cells"),
            Column::Real("k_radius_of_gyration_m"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let all_m = radius_of_gyration_m(track);
        out.real(all_m);
        out.count(track.visits().len() as u32);
        if self.k >= track.visits().len() {
            out.real(all_m);
            return;
        }
        let mut visits = track.visits().to_vec();
        let rank = |visit: &Visits| (Reverse(visit.events), visit.first);
        visits.select_nth_unstable_by_key(self.k, rank);
        out.real(gyration_m(track.public().cells, &visits[..self.k]));
    }
}
