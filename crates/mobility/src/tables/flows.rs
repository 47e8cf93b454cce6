use std::sync::Arc;

use erewhon_types::{Local, ZoneIx};

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// By what time flows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowBin {
    /// Each local day.
    Day,
    /// Each hour of the local clock, all days of the window together: that of the arrival, or of
    /// the departure where a trip lies between stays.
    Hour,
    /// The window as a whole.
    Window,
}

impl FlowBin {
    pub(super) fn axes(self, zones: &Arc<Zoning>) -> Vec<Axis> {
        let ends = ["from_zone", "to_zone"].map(|name| Axis::Zone(name, Arc::clone(zones)));
        let time = match self {
            Self::Day => Some(Axis::Day),
            Self::Hour => Some(Axis::Hour),
            Self::Window => None,
        };
        time.into_iter().chain(ends).collect()
    }

    /// Adds one at a local time.
    #[inline]
    pub(super) fn add(self, at: Local, from: ZoneIx, to: ZoneIx, out: &mut Contribution) {
        match self {
            Self::Day => out.add([u32::from(at.day), from.0, to.0], 1),
            Self::Hour => out.add([u32::from(at.hour()), from.0, to.0], 1),
            Self::Window => out.add([from.0, to.0], 1),
        }
    }
}

/// OD flows of consecutive events: an event in another zone than the one before it on the same local
/// day is a jump. Jumps, and distinct subscribers.
///
/// A silent night makes no jump here, and neither does a change over midnight. Ping-pong between cells
/// of two zones counts; [`TripFlows`](crate::TripFlows) do without it.
pub struct EventFlows {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The time bins.
    pub by: FlowBin,
}

impl Kernel for EventFlows {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        self.by.axes(&self.zones)
    }

    fn amount(&self) -> Option<&'static str> {
        Some("jumps")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let mut before = None;
        for (local, event) in track.iter() {
            let zone = self.zones.of(event.cell);
            if let Some((day, from)) = before.replace((local.day, zone))
                && day == local.day
                && from != zone
            {
                self.by.add(local, from, zone, out);
            }
        }
    }
}
