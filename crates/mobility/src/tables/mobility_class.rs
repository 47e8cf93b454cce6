use std::sync::Arc;

use super::residents::resident_in;
use crate::{Axis, Bound, Contribution, Kernel, Period, Public, Track, Zoning};

/// Classes of mobility, in the order in which they are looked for.
pub const MOBILITY_CLASSES: &[&str] = &[
    "unlocated",
    "irregular",
    "not_always_locatable",
    "mobile",
    "stable",
];

/// Weeks in a row in one zone that make somebody stable. Public: chosen by a person.
const STABLE_WEEKS: usize = 3;

/// Classes of mobility and residents' zones of the last week: distinct subscribers (FlowKit's
/// `mobility_classification`, and its `labelled_spatial_aggregate`).
///
/// The location of a week is the zone where the subscriber was a [resident](crate::Residents). Who has no
/// event in the window's last week has no class. Otherwise it is the first of: `unlocated`, whose last
/// location is outside all zones; `irregular`, with a week without an event; `not_always_locatable`, with a
/// week outside all zones; `mobile`, in one zone for fewer than three weeks in a row; `stable`. In a window
/// of fewer than three weeks nobody is stable.
pub struct MobilityClasses {
    /// The zones.
    pub zones: Arc<Zoning>,
}

/// [Moves](crate::Moves) by week and the class of mobility ([`MobilityClasses`]) of those who move
/// (FlowKit's `labelled_flows`).
pub struct MovesByClass {
    /// The zones.
    pub zones: Arc<Zoning>,
}

/// The class, and the week and zone of each week with an event; `None` without a class.
fn class_of(track: &Track<'_>, zones: &Zoning) -> Option<(u32, Vec<(u32, u32)>)> {
    let weeks = Period::Week.number(track.public().calendar);
    let found = resident_in(track, zones, Period::Week);
    let outside = zones.outside().map(|zone| zone.0);
    let is_outside = |&(_, zone): &(u32, u32)| Some(zone) == outside;
    let last = found.last().filter(|last| last.0 + 1 == weeks)?;
    let in_a_row = |pair: &(u32, u32), next: &(u32, u32)| pair.1 == next.1 && pair.0 + 1 == next.0;
    let longest = || found.chunk_by(in_a_row).map(<[_]>::len).max();
    let class = match () {
        () if is_outside(last) => 0,
        () if found.len() < weeks as usize => 1,
        () if found.iter().any(is_outside) => 2,
        () if longest() < Some(STABLE_WEEKS) => 3,
        () => 4,
    };
    Some((class, found))
}

impl Kernel for MobilityClasses {
    fn name(&self) -> &'static str {
        "mobility_classes"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Word("mobility_class", MOBILITY_CLASSES),
            Axis::Zone("zone", Arc::clone(&self.zones)),
        ]
    }

    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: 1,
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        if let Some((class, weeks)) = class_of(track, &self.zones)
            && let Some((_, zone)) = weeks.last()
        {
            out.add([class, *zone], 1);
        }
    }
}

impl Kernel for MovesByClass {
    fn name(&self) -> &'static str {
        "moves_weekly_by_class"
    }

    fn axes(&self) -> Vec<Axis> {
        let zone = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![
            Axis::Week,
            Axis::Word("mobility_class", MOBILITY_CLASSES),
            zone("from_zone"),
            zone("to_zone"),
        ]
    }

    /// At most one move into each week but the first.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(Period::Week.number(public.calendar) - 1),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let Some((class, weeks)) = class_of(track, &self.zones) else {
            return;
        };
        for pair in weeks.windows(2) {
            let ((before, from), (week, to)) = (pair[0], pair[1]);
            if before + 1 == week && from != to {
                out.add([week, class, from, to], 1);
            }
        }
    }
}
