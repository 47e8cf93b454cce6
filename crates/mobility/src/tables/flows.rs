use std::sync::Arc;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// OD flows of consecutive events by day: an event in another zone than the one before it on the same
/// local day is a trip; trips, and distinct subscribers.
pub struct DailyFlows {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for DailyFlows {
    fn name(&self) -> &'static str {
        "flows_daily"
    }

    fn axes(&self) -> Vec<Axis> {
        let zones = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![Axis::Day, zones("from_zone"), zones("to_zone")]
    }

    fn amount(&self) -> &'static str {
        "trips"
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        let zones = u64::from(self.zones.len());
        Bound {
            entries: u64::from(public.calendar.days()) * zones * (zones - 1),
            amount: u64::from(u32::MAX),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let mut before = None;
        for (local, event) in track.iter() {
            let zone = self.zones.of(event.cell);
            if let Some((day, from)) = before.replace((local.day, zone))
                && day == local.day
                && from != zone
            {
                out.add([u32::from(day), from.0, zone.0], 1);
            }
        }
    }
}
