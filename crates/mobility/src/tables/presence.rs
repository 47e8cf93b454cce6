use std::sync::Arc;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// Presence by day, hour of the local clock and zone: events, and distinct subscribers.
pub struct HourlyPresence {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for HourlyPresence {
    fn name(&self) -> &'static str {
        "presence_hourly"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Day,
            Axis::Hour,
            Axis::Zone("zone", Arc::clone(&self.zones)),
        ]
    }

    fn amount(&self) -> &'static str {
        "events"
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: 24 * u64::from(public.calendar.days()) * u64::from(self.zones.len()),
            amount: u64::from(u32::MAX),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (local, event) in track.iter() {
            let zone = self.zones.of(event.cell);
            out.add([u32::from(local.day), u32::from(local.hour()), zone.0], 1);
        }
    }
}
