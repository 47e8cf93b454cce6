use std::sync::Arc;

use super::seen::{Zones, days};
use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

const HOW: &[&str] = &["visitor", "at_home", "unmoving", "unmoving_at_home"];

/// Who was seen at home, away from it and nowhere else, by local day and zone: distinct subscribers.
///
/// Home is the zone of the home anchor. In each zone of the day a subscriber is `at_home` or a `visitor`,
/// those without a home visitors everywhere; somebody seen in one zone alone is also `unmoving` there, and
/// `unmoving_at_home` if it is home. These are FlowKit's `active_at_reference_location_counts`,
/// `unique_visitor_counts`, `unmoving_counts` and `unmoving_at_reference_location_counts`.
pub struct AroundHome {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for AroundHome {
    fn name(&self) -> &'static str {
        "around_home"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Day,
            Axis::Zone("zone", Arc::clone(&self.zones)),
            Axis::Word("how", HOW),
        ]
    }

    /// Once in each zone of a day, or three times in the only one.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(public.calendar.days()) * u64::from(self.zones.len().max(3)),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let home = track.anchors().home.map(|home| self.zones.of(home.cell).0);
        let mut zones = Zones::of(track, &self.zones);
        for (day, events) in days(track) {
            let seen = zones.within(track, events);
            let unmoving = seen.len() == 1;
            for seen in seen {
                let at_home = home == Some(seen.zone);
                let mut add = |how| out.add([u32::from(day), seen.zone, how], 1);
                add(u32::from(at_home));
                if unmoving {
                    add(2);
                }
                if unmoving && at_home {
                    add(3);
                }
            }
        }
    }
}
