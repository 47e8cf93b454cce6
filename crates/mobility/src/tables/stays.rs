use std::sync::Arc;

use crate::{Axis, Bound, Contribution, FlowBin, Kernel, Public, Track, Zoning};

/// OD flows of trips between stays ([`Track::trips`]), by zone of the cells that they leave and lead to;
/// trips within a zone count. Trips, and distinct subscribers.
///
/// A trip belongs to the local day and hour in which the stay that it leaves was last seen.
pub struct TripFlows {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The time bins.
    pub by: FlowBin,
}

impl Kernel for TripFlows {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        self.by.axes(&self.zones)
    }

    fn amount(&self) -> Option<&'static str> {
        Some("trips")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for trip in track.trips() {
            let (from, to) = (self.zones.of(trip.from_cell), self.zones.of(trip.to_cell));
            let left = track
                .stays()
                .get(trip.from as usize)
                .map(|stay| stay.last as usize);
            if let Some(&local) = left.and_then(|event| track.locals().get(event)) {
                self.by.add(local, from, to, out);
            }
        }
    }
}

/// Dwell: seconds of stays by local day and zone of the stay's cell, and distinct subscribers.
///
/// A stay over midnight is cut there, each piece rounded down to a second; a piece of less is left out.
/// Between stays nobody dwells anywhere.
pub struct Dwell {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for Dwell {
    fn name(&self) -> &'static str {
        "dwell"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Day, Axis::Zone("zone", Arc::clone(&self.zones))]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("dwell_s")
    }

    /// Stays do not overlap, so that in all days and zones together there is no more than the window.
    fn bound(&self, public: &Public<'_>) -> Bound {
        let calendar = public.calendar;
        let ends_utc_ms = (0..calendar.days()).map(|day| calendar.day_end_utc_ms(day));
        let mut before = calendar.start_utc_ms();
        let days_ms = ends_utc_ms.map(|end| end.abs_diff(std::mem::replace(&mut before, end)));
        Bound {
            amount: days_ms.max().unwrap_or_default() / 1000,
            ..Bound::every_entry(self, public)
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let calendar = track.public().calendar;
        for stay in track.stays() {
            let zone = self.zones.of(stay.cell);
            let Some(first) = track.locals().get(stay.first as usize) else {
                continue;
            };
            let (mut day, mut from) = (first.day, stay.arrive_utc_ms);
            while from < stay.leave_utc_ms && day < calendar.days() {
                let until = calendar.day_end_utc_ms(day).min(stay.leave_utc_ms);
                let seconds = until.abs_diff(from) / 1000;
                if seconds > 0 {
                    out.add(
                        [u32::from(day), zone.0],
                        u32::try_from(seconds).unwrap_or(u32::MAX),
                    );
                }
                (day, from) = (day + 1, until);
            }
        }
    }
}
