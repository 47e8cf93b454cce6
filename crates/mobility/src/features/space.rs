use crate::{Column, Feature, Row, Track, radius_of_gyration_m};

/// How far a subscriber moves about.
pub struct Space;

impl Feature for Space {
    fn name(&self) -> &'static str {
        "space"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("radius_of_gyration_m"),
            Column::Count("distinct_cells"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        out.real(radius_of_gyration_m(track));
        out.count(track.visits().len() as u32);
    }
}
