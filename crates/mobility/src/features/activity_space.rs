use crate::{Column, Feature, Row, Track};

/// Where a subscriber's time goes: number of stays, trips and places of the
/// [activity space](Track::activity_space), hours of dwell, and of the place with the longest dwell the
/// cell and the share of the time; ties: the place found first. The last two are missing without a
/// stay.
pub struct ActivitySpace;

impl Feature for ActivitySpace {
    fn name(&self) -> &'static str {
        "activity_space"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Count("stays"),
            Column::Count("trips"),
            Column::Count("places"),
            Column::Real("dwell_h"),
            Column::Cell("longest_cell"),
            Column::Real("longest_share"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let space = track.activity_space();
        let longest = space.all().iter().rev().max_by_key(|place| place.dwell_ms);
        let dwell_ms: u64 = space.all().iter().map(|place| place.dwell_ms).sum();
        out.count(track.stays().len() as u32);
        out.count(track.trips().len() as u32);
        out.count(space.all().len() as u32);
        out.real(dwell_ms as f64 / 3_600_000.0);
        out.cell(longest.map(|place| place.cell));
        out.real(longest.and_then(|place| space.share_of_time(place)));
    }
}
