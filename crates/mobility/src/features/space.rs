use crate::{Column, Feature, Row, Track, k_radius_of_gyration_m, radius_of_gyration_m};

/// How far about a subscriber is seen, at all cells and at those visited most.
///
/// - `radius_of_gyration_m`: [`radius_of_gyration_m`].
/// - `distinct_cells`: how many.
/// - `k_radius_of_gyration_m`: [`k_radius_of_gyration_m`].
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
        out.real(radius_of_gyration_m(track));
        out.count(track.visits().len() as u32);
        out.real(k_radius_of_gyration_m(track, self.k));
    }
}
