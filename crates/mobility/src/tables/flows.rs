use std::sync::Arc;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// By what time flows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowBin {
    /// Each local day.
    Day,
    /// Each hour of the local clock, all days of the window together: that of the arrival.
    Hour,
    /// The window as a whole.
    Window,
}

/// OD flows of consecutive events: an event in another zone than the one before it on the same local
/// day is a trip. Trips, and distinct subscribers.
///
/// A silent night makes no trip, and neither does a change over midnight. Ping-pong between cells of two
/// zones counts as trips; flows between stays do without it.
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
        let zones = |name| Axis::Zone(name, Arc::clone(&self.zones));
        let mut axes = match self.by {
            FlowBin::Day => vec![Axis::Day],
            FlowBin::Hour => vec![Axis::Hour],
            FlowBin::Window => Vec::new(),
        };
        axes.extend([zones("from_zone"), zones("to_zone")]);
        axes
    }

    fn amount(&self) -> &'static str {
        "trips"
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
                match self.by {
                    FlowBin::Day => out.add([u32::from(day), from.0, zone.0], 1),
                    FlowBin::Hour => out.add([u32::from(local.hour()), from.0, zone.0], 1),
                    FlowBin::Window => out.add([from.0, zone.0], 1),
                }
            }
        }
    }
}
