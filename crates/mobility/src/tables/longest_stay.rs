use std::sync::Arc;

use super::{
    pairs::MAX_SILENCE_MS,
    seen::{Zones, days},
};
use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

const MEASURES: &[&str] = &["people", "stay_min", "square_min2"];

/// Where people of a home zone spend most of a local day, and for how long: indicator 9 of the World
/// Bank's COVID-19 indicators (2020).
///
/// An event lasts to the next one, or to the window's end, and not at all where that is more than seven
/// days; a night's silence so belongs to the day of its evening. The zone of a day is the one whose events
/// last longest together; ties: the one seen first. Home is the zone of the home anchor; those without one
/// are left out. The amounts are people, minutes in that zone, rounded down, and their squares.
pub struct LongestStay {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for LongestStay {
    fn name(&self) -> &'static str {
        "longest_stay_by_home"
    }

    fn axes(&self) -> Vec<Axis> {
        let zone = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![
            Axis::Day,
            zone("home_zone"),
            zone("zone"),
            Axis::Word("measure", MEASURES),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("amount")
    }

    /// One zone a day, and in it the minutes of a day and of a silence at the most.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(public.calendar.days()) * MEASURES.len() as u64,
            amount: MOST_MIN * MOST_MIN,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let Some(home) = track.anchors().home else {
            return;
        };
        let home = self.zones.of(home.cell).0;
        let mut zones = Zones::of(track, &self.zones);
        let end_ms = track.public().calendar.end_utc_ms();
        let all = track.events();
        let mut spent_ms = Vec::new();
        for (day, events) in days(track) {
            spent_ms.clear();
            for event in events.clone() {
                let until_ms = all.get(event + 1).map_or(end_ms, |next| next.time_utc_ms);
                let lasts_ms = until_ms - all[event].time_utc_ms;
                spent_ms.push(if lasts_ms <= MAX_SILENCE_MS {
                    lasts_ms
                } else {
                    0
                });
            }
            let Some((zone, longest_ms)) = zones.longest(track, events, &spent_ms) else {
                continue;
            };
            let minutes = (longest_ms / 60_000) as u32;
            for (measure, amount) in (0..).zip([1, minutes, minutes.saturating_mul(minutes)]) {
                out.add([u32::from(day), home, zone, measure], amount);
            }
        }
    }
}

/// Minutes of a day of 25 hours and of seven days.
const MOST_MIN: u64 = (25 + 7 * 24) * 60;
