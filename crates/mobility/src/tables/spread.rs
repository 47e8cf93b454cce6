use std::sync::Arc;

use crate::{Axis, Bound, Contribution, Kernel, Public, Track, Zoning};

/// What the entropy of a zone needs: over its visitors, the sum of `n log2 n` of their `n` events there, in
/// thousandths, each rounded.
///
/// With the events `N` and the distinct subscribers of the family `visitors`, scikit-mobility's
/// `uncorrelated_location_entropy` is `log2 N - bits_milli / 1000 N` bits and its `random_location_entropy`
/// `log2 subscribers`. A visitor with one event adds nothing.
pub struct LocationEntropy {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for LocationEntropy {
    fn name(&self) -> &'static str {
        "location_entropy"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Zone("zone", Arc::clone(&self.zones))]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("bits_milli")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let visits = track.visits().iter();
        let mut events: Vec<(u32, u32)> = visits
            .map(|visits| (self.zones.of(visits.cell).0, visits.events))
            .collect();
        events.sort_unstable();
        for of_zone in events.chunk_by(|a, b| a.0 == b.0) {
            let n: f64 = of_zone.iter().map(|&(_, n)| f64::from(n)).sum();
            out.add([of_zone[0].0], (1000.0 * n * n.log2()).round() as u32);
        }
    }
}

const MEASURES: &[&str] = &["people", "square_hm2"];

/// Square displacement: how far subscribers are, so many whole days after their first event, from where
/// that was; squares in square hectometres, rounded, and people. The place is that of the last event up
/// to then. scikit-mobility's `mean_square_displacement` is `square_hm2 / people`, for days up to the
/// window's end.
pub struct SquareDisplacement;

impl Kernel for SquareDisplacement {
    fn name(&self) -> &'static str {
        "square_displacement"
    }

    fn axes(&self) -> Vec<Axis> {
        // Longer windows are not allowed, so that no day is lost.
        vec![
            Axis::Number("days_since_first", MOST_DAYS),
            Axis::Word("measure", MEASURES),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("amount")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: 2 * u64::from(public.calendar.days()),
            amount: u64::from(u32::MAX),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let (events, cells) = (track.events(), track.public().cells);
        let Some(first) = events.first() else {
            return;
        };
        let mut last = 0;
        let days = i64::from(track.public().calendar.days());
        for day in 1..days {
            let until_ms = first.time_utc_ms + day * DAY_MS;
            if until_ms >= track.public().calendar.end_utc_ms() {
                break;
            }
            let later = events[last..].iter();
            last += later
                .take_while(|event| event.time_utc_ms <= until_ms)
                .count()
                - 1;
            let distance_m = cells.distance_m(first.cell, events[last].cell);
            let square_hm2 = (distance_m * distance_m / 1e4).round();
            out.add([day as u32, 0], 1);
            out.add([day as u32, 1], square_hm2 as u32);
        }
    }
}

const DAY_MS: i64 = 86_400_000;
/// One more than the days of the longest window.
const MOST_DAYS: u32 = 401;
