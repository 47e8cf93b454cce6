use std::sync::Arc;

use super::seen::{SeenZone, Zones, days};
use crate::{Axis, Bound, Contribution, FlowBin, Kernel, Public, Track, Zoning};

/// The longest silence over which two events in a row are connected: seven days.
pub(super) const MAX_SILENCE_MS: i64 = 7 * 24 * 3_600_000;

/// Ordered pairs of zones: distinct subscribers seen in the one and later in the other, whatever lay
/// between, on the same local day or within the window. FlowKit's `trips_od_matrix`.
pub struct ZonePairs {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// Whether both ends lie on one day, which is then an axis.
    pub daily: bool,
}

impl Kernel for ZonePairs {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        let by = if self.daily {
            FlowBin::Day
        } else {
            FlowBin::Window
        };
        by.axes(&self.zones)
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            amount: 1,
            ..Bound::every_entry(self, public)
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let (mut zones, mut times) = (Zones::of(track, &self.zones), Vec::new());
        if self.daily {
            for (day, events) in days(track) {
                let seen = zones.within(track, events);
                for (from, to) in pairs(track, seen, &mut times) {
                    out.add([u32::from(day), from, to], 1);
                }
            }
        } else {
            let seen = zones.within(track, 0..track.events().len());
            for (from, to) in pairs(track, seen, &mut times) {
                out.add([from, to], 1);
            }
        }
    }
}

/// Connections of zones: the ordered pairs of a local day ([`ZonePairs`]), and of two events in a row on
/// different days and in different zones, at most seven days apart, the pair on the later day. Distinct
/// subscribers; each pair counts once a day. Indicator 5 of the World Bank's COVID-19 indicators (2020).
pub struct Connections {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for Connections {
    fn name(&self) -> &'static str {
        "connections_daily"
    }

    fn axes(&self) -> Vec<Axis> {
        FlowBin::Day.axes(&self.zones)
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            amount: 1,
            ..Bound::every_entry(self, public)
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let (mut zones, mut times) = (Zones::of(track, &self.zones), Vec::new());
        let mut before: Option<usize> = None;
        for (day, events) in days(track) {
            let (first, last) = (events.start, events.end - 1);
            let day = u32::from(day);
            let arrived = before.replace(last).filter(|&before| {
                let utc_ms = |event: usize| track.events()[event].time_utc_ms;
                utc_ms(first) - utc_ms(before) <= MAX_SILENCE_MS
            });
            let arrived = arrived.map(|before| (zones.at(track, before), zones.at(track, first)));
            let seen = zones.within(track, events);
            let mut is_new = true;
            for pair in pairs(track, seen, &mut times) {
                is_new &= Some(pair) != arrived;
                out.add([day, pair.0, pair.1], 1);
            }
            if let Some((from, to)) = arrived.filter(|(from, to)| is_new && from != to) {
                out.add([day, from, to], 1);
            }
        }
    }
}

/// A zone with the times of the first and of the last event there.
struct Times {
    zone: u32,
    first_ms: i64,
    last_ms: i64,
}

/// The ordered pairs of zones of which the one was seen before the other was seen last.
fn pairs<'p>(
    track: &Track<'_>,
    seen: &[SeenZone],
    times: &'p mut Vec<Times>,
) -> impl Iterator<Item = (u32, u32)> + use<'p> {
    let utc_ms = |event: usize| track.events()[event].time_utc_ms;
    times.clear();
    times.extend(seen.iter().map(|seen| Times {
        zone: seen.zone,
        first_ms: utc_ms(seen.first),
        last_ms: utc_ms(seen.last),
    }));
    let times: &'p [Times] = times;
    times.iter().flat_map(move |from| {
        let later = move |to: &&Times| to.zone != from.zone && from.first_ms < to.last_ms;
        times
            .iter()
            .filter(later)
            .map(move |to| (from.zone, to.zone))
    })
}
