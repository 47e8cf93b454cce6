use erewhon_types::CellIx;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track};

/// What a place is to a subscriber, as an axis.
pub(super) const PLACE_TYPES: &[&str] = &["home", "work", "other"];

/// What the cells are to one subscriber: home within the anchors' radius of the home cell, else work
/// within that of the work cell, else other. All are other to somebody without anchors.
pub(super) struct PlaceTypes(Vec<(CellIx, u32)>);

impl PlaceTypes {
    pub(super) fn of(track: &Track<'_>) -> Self {
        let (cells, anchors) = (track.public().cells, track.anchors());
        let radius_m = track.definitions().anchors.radius_m;
        let near = |anchor: Option<crate::Anchor>, cell: CellIx| {
            anchor.is_some_and(|anchor| cells.are_within_m(anchor.cell, cell, radius_m))
        };
        let place_type = |cell: CellIx| match () {
            () if near(anchors.home, cell) => 0,
            () if near(anchors.work, cell) => 1,
            () => 2,
        };
        let visits = track.visits().iter();
        Self(visits.map(|v| (v.cell, place_type(v.cell))).collect())
    }

    /// The type of a cell that the subscriber was seen at.
    pub(super) fn at(&self, cell: CellIx) -> u32 {
        let row = self.0.binary_search_by_key(&cell, |of| of.0);
        row.map_or(2, |row| self.0[row].1)
    }
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
        let (types, calendar) = (PlaceTypes::of(track), track.public().calendar);
        for (local, event) in track.iter() {
            let weekday = u32::from(calendar.weekday(local.day));
            out.add(
                [24 * weekday + u32::from(local.hour()), types.at(event.cell)],
                1,
            );
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
        let types = PlaceTypes::of(track);
        for trip in track.trips() {
            out.add([types.at(trip.from_cell), types.at(trip.to_cell)], 1);
        }
    }
}
