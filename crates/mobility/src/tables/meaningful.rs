use std::sync::Arc;

use super::place_type::PLACE_TYPES;
use crate::{Anchor, Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// A whole subscriber, in millionths.
const WHOLE_PPM: u32 = 1_000_000;

/// Meaningful locations: subscribers by zone and by what the place is to them. Somebody with `n` places of
/// a type counts as `1/n` in the zone of each, in millionths, rounded down (FlowKit's
/// `meaningful_locations_aggregate`, by our anchors instead of its scores of hours).
///
/// Home and work are the anchors, and others those that come after them; one that is both counts as both.
pub struct MeaningfulLocations {
    /// The zones.
    pub zones: Arc<Zoning>,
}

/// Pairs of [meaningful locations](MeaningfulLocations) of one subscriber, of different types: with `n` and
/// `m` places of the two types each pair counts `1/nm`, in millionths, rounded down (FlowKit's
/// `meaningful_locations_between_label_od_matrix`).
pub struct MeaningfulPairs {
    /// The zones.
    pub zones: Arc<Zoning>,
}

/// For each place type its places.
fn places(track: &Track<'_>) -> [Vec<Anchor>; PLACE_TYPES.len()] {
    let found = track.anchors();
    let one = |anchor: Option<Anchor>| anchor.into_iter().collect();
    let mut others: Vec<Anchor> = one(found.other);
    others.extend(&found.further);
    [one(found.home), one(found.work), others]
}

impl Kernel for MeaningfulLocations {
    fn name(&self) -> &'static str {
        "meaningful_locations"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Word("place_type", PLACE_TYPES),
            Axis::Zone("zone", Arc::clone(&self.zones)),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("subscribers_ppm")
    }

    /// Every zone; a whole subscriber in each place type.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            amount: u64::from(WHOLE_PPM),
            ..Bound::every_entry(self, public)
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (place_type, places) in (0..).zip(places(track)) {
            for place in &places {
                let share_ppm = WHOLE_PPM / places.len() as u32;
                out.add([place_type, self.zones.of(place.cell).0], share_ppm);
            }
        }
    }
}

impl Kernel for MeaningfulPairs {
    fn name(&self) -> &'static str {
        "meaningful_pairs"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Word("from_place_type", PLACE_TYPES),
            Axis::Word("to_place_type", PLACE_TYPES),
            Axis::Zone("from_zone", Arc::clone(&self.zones)),
            Axis::Zone("to_zone", Arc::clone(&self.zones)),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("subscribers_ppm")
    }

    /// Every pair; a whole subscriber in each pair of types.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            amount: u64::from(WHOLE_PPM),
            ..Bound::every_entry(self, public)
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let places = places(track);
        let zone = |place: &Anchor| self.zones.of(place.cell).0;
        for (from_type, from) in (0..).zip(&places) {
            for (to_type, to) in (0..).zip(&places).filter(|to| to.0 != from_type) {
                for (one, other) in from.iter().flat_map(|a| to.iter().map(move |b| (a, b))) {
                    let share_ppm = WHOLE_PPM / (from.len() * to.len()) as u32;
                    let at = [from_type, to_type, zone(one), zone(other)];
                    out.add(at, share_ppm);
                }
            }
        }
    }
}
