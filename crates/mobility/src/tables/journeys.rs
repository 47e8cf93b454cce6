use std::sync::Arc;

use super::pairs::MAX_SILENCE_MS;
use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

const MEASURES: &[&str] = &[
    "journeys",
    "origin_min",
    "origin_square_min2",
    "destination_min",
    "destination_square_min2",
];

/// Journeys: changes of zone from one event to the next, over midnight and any silence, by the local day
/// of the arrival, with the time that was spent at both ends. Indicator 10 of the World Bank's COVID-19
/// indicators (2020).
///
/// Time in a zone runs from the first event there to the first one elsewhere, or to the window's end;
/// what lies before the last event there and what lies after it each count 0 if it is longer than seven
/// days. The amounts of a pair are its journeys, and minutes at origin and destination, rounded down, with
/// their squares: `mean = origin_min / journeys` and `sd² = origin_square_min2 / journeys - mean²`.
pub struct Journeys {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for Journeys {
    fn name(&self) -> &'static str {
        "journeys_daily"
    }

    fn axes(&self) -> Vec<Axis> {
        let zone = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![
            Axis::Day,
            zone("from_zone"),
            zone("to_zone"),
            Axis::Word("measure", MEASURES),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("amount")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let (events, zone) = (track.events(), |event: usize| {
            self.zones.of(track.events()[event].cell).0
        });
        let known_ms = |from_ms: i64, to_ms: i64| {
            let apart_ms = to_ms - from_ms;
            if apart_ms <= MAX_SILENCE_MS {
                apart_ms
            } else {
                0
            }
        };
        // The zone before: which, and minutes there.
        let mut before: Option<(u32, u32)> = None;
        let mut first = 0;
        for of_zone in events.chunk_by(|a, b| self.zones.of(a.cell) == self.zones.of(b.cell)) {
            let next = first + of_zone.len();
            let end_ms = track.public().calendar.end_utc_ms();
            let left_ms = events.get(next).map_or(end_ms, |event| event.time_utc_ms);
            let last_ms = events[next - 1].time_utc_ms;
            let here_ms = known_ms(events[first].time_utc_ms, last_ms) + known_ms(last_ms, left_ms);
            let (here, minutes) = (zone(first), (here_ms / 60_000) as u32);
            if let Some((from, from_min)) = before.replace((here, minutes)) {
                let day = u32::from(track.locals()[first].day);
                let amounts = [
                    1,
                    from_min,
                    from_min.saturating_mul(from_min),
                    minutes,
                    minutes.saturating_mul(minutes),
                ];
                for (measure, amount) in (0..).zip(amounts) {
                    out.add([day, from, here, measure], amount);
                }
            }
            first = next;
        }
    }
}
