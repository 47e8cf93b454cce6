use erewhon_types::CellIx;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Visits};

/// What a place is to a subscriber, as an axis.
pub(super) const PLACE_TYPES: &[&str] = &["home", "work", "other"];

/// What the cells of a subscriber's [`visits`](Track::visits) are, in their order: home within the
/// anchors' radius of the home cell, else work within that of the work cell, else other. All are other
/// to somebody without anchors.
fn place_types(track: &Track<'_>) -> Vec<u32> {
    let (cells, anchors) = (track.public().cells, track.anchors());
    let radius_m = track.definitions().anchors.radius_m;
    let near = |anchor: Option<crate::Anchor>, cell: CellIx| {
        anchor.is_some_and(|anchor| cells.are_within_m(anchor.cell, cell, radius_m))
    };
    let place_type = |visits: &Visits| match () {
        () if near(anchors.home, visits.cell) => 0,
        () if near(anchors.work, visits.cell) => 1,
        () => 2,
    };
    track.visits().iter().map(place_type).collect()
}

/// Time of the week by place type: events at home, at work and elsewhere in each hour of the local week.
pub struct WeekByPlaceType;

impl Kernel for WeekByPlaceType {
    fn name(&self) -> &'static str {
        "week_by_place_type"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::HourOfWeek, Axis::Word("place_type", PLACE_TYPES)]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("events")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let types = place_types(track);
        let mut events = [[0; PLACE_TYPES.len()]; 168];
        for (&hour, &at) in track.hours_of_week().iter().zip(track.seen_at()) {
            events[usize::from(hour)][types[at as usize] as usize] += 1;
        }
        for (hour, of_hour) in (0..).zip(events) {
            for (place_type, events) in (0..).zip(of_hour) {
                out.add([hour, place_type], events);
            }
        }
    }
}

/// Moves between place types: trips between stays ([`Track::trips`]) by the types of the cells that they
/// leave and lead to.
pub struct PlaceTypeMoves;

impl Kernel for PlaceTypeMoves {
    fn name(&self) -> &'static str {
        "place_type_moves"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Word("from_place_type", PLACE_TYPES),
            Axis::Word("to_place_type", PLACE_TYPES),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("trips")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let (types, visits) = (place_types(track), track.visits());
        let place_type = |cell: CellIx| {
            let row = visits.binary_search_by_key(&cell, |visits| visits.cell);
            row.map_or(2, |row| types[row])
        };
        for trip in track.trips() {
            out.add([place_type(trip.from_cell), place_type(trip.to_cell)], 1);
        }
    }
}
