use std::sync::Arc;

use super::seen::days;
use crate::{Axis, Bound, Contribution, Kernel, Period, Public, Track, Zoning};

/// Residents: distinct subscribers by period and the zone that was the last one of most of its local days
/// with an event; ties: the latest of these days. Residents of the World Bank's COVID-19 indicators
/// (2020), 6 by week and 11 by month.
pub struct Residents {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The periods.
    pub by: Period,
}

/// Moves: distinct subscribers by period, the zone whose [residents](Residents) they were in the period
/// before, and the other zone whose residents they are. By [`Period::Day`] that is the last zone of
/// yesterday and of today. Who has no event in one of the two has not moved.
///
/// These are FlowKit's `flows` between the modal locations of two periods, of daily locations `last`;
/// its `inflows` and `outflows` are the sums by the one zone and by the other.
pub struct Moves {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The periods.
    pub by: Period,
}

/// The column of a period.
pub(super) fn axis(by: Period) -> Option<Axis> {
    match by {
        Period::Day => Some(Axis::Day),
        Period::Week => Some(Axis::Week),
        Period::Month => Some(Axis::Month),
        Period::Window => None,
    }
}

/// For each period with an event, ascending, the zone where the subscriber is a resident.
pub(super) fn resident_in(track: &Track<'_>, zones: &Zoning, by: Period) -> Vec<(u32, u32)> {
    let calendar = track.public().calendar;
    let last_of = days(track).map(|(day, events)| {
        let zone = zones.of(track.events()[events.end - 1].cell).0;
        (by.of(calendar, day), zone, day)
    });
    let last_of: Vec<(u32, u32, u16)> = last_of.collect();
    let mut found = Vec::new();
    for of_period in last_of.chunk_by(|a, b| a.0 == b.0) {
        let mut lasts: Vec<(u32, u16)> = of_period.iter().map(|of| (of.1, of.2)).collect();
        lasts.sort_unstable();
        let votes = lasts.chunk_by(|a, b| a.0 == b.0);
        let best = votes.max_by_key(|of_zone| (of_zone.len(), of_zone.last().map(|of| of.1)));
        found.extend(best.map(|of_zone| (of_period[0].0, of_zone[0].0)));
    }
    found
}

impl Kernel for Residents {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        let zone = Axis::Zone("zone", Arc::clone(&self.zones));
        axis(self.by).into_iter().chain([zone]).collect()
    }

    /// One zone a period.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(self.by.number(public.calendar)),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (period, zone) in resident_in(track, &self.zones, self.by) {
            if self.by == Period::Window {
                out.add([zone], 1);
            } else {
                out.add([period, zone], 1);
            }
        }
    }
}

impl Kernel for Moves {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        let ends = ["from_zone", "to_zone"].map(|name| Axis::Zone(name, Arc::clone(&self.zones)));
        axis(self.by).into_iter().chain(ends).collect()
    }

    /// At most one move into each period but the first.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(self.by.number(public.calendar) - 1),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for pair in resident_in(track, &self.zones, self.by).windows(2) {
            let ((before, from), (period, to)) = (pair[0], pair[1]);
            if before + 1 == period && from != to {
                out.add([period, from, to], 1);
            }
        }
    }
}
