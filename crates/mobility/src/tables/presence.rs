use std::sync::Arc;

use erewhon_types::Local;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// By what time presence is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBin {
    /// Each hour of the local clock of each day. The hour that a clock change repeats is one bin; the
    /// one that it skips is empty.
    DayHour,
    /// Each local day.
    Day,
    /// Each hour of the local week, all weeks of the window together.
    HourOfWeek,
    /// The window as a whole.
    Window,
}

/// Presence: who was seen where and when, as events and as distinct subscribers.
///
/// A subscriber with any number of events in a zone and a time bin is one of its distinct subscribers;
/// someone seen in two zones within a bin is one in each. Nobody is placed where there is no event.
/// Footfall is presence by [`TimeBin::Day`].
pub struct Presence {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The time bins.
    pub by: TimeBin,
}

impl Kernel for Presence {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        let mut axes = match self.by {
            TimeBin::DayHour => vec![Axis::Day, Axis::Hour],
            TimeBin::Day => vec![Axis::Day],
            TimeBin::HourOfWeek => vec![Axis::HourOfWeek],
            TimeBin::Window => Vec::new(),
        };
        axes.push(Axis::Zone("zone", Arc::clone(&self.zones)));
        axes
    }

    fn amount(&self) -> Option<&'static str> {
        Some("events")
    }

    /// As many bins as there are, in each of them every zone.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let zone = |cell| self.zones.of(cell).0;
        let day = |local: Local| u32::from(local.day);
        match self.by {
            TimeBin::DayHour => {
                for (local, event) in track.iter() {
                    let hour = u32::from(local.hour());
                    out.add([day(local), hour, zone(event.cell)], 1);
                }
            }
            TimeBin::Day => {
                for (local, event) in track.iter() {
                    out.add([day(local), zone(event.cell)], 1);
                }
            }
            TimeBin::HourOfWeek => {
                for (&hour, event) in track.hours_of_week().iter().zip(track.events()) {
                    out.add([u32::from(hour), zone(event.cell)], 1);
                }
            }
            TimeBin::Window => {
                for visits in track.visits() {
                    out.add([zone(visits.cell)], visits.events);
                }
            }
        }
    }
}
