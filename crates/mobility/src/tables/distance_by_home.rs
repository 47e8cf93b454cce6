use std::sync::Arc;

use super::{pairs::MAX_SILENCE_MS, residents::axis, seen::days};
use crate::{Axis, Bound, Contribution, Kernel, Period, Public, Track, Zoning};

const MEASURES: &[&str] = &["people", "distance_m", "square_hm2"];

/// Distance travelled by period and home zone: indicators 7 and 8 of the World Bank's COVID-19 indicators
/// (2020).
///
/// The distance of a period is the sum of those from each of its events to the event before it, unless
/// that is more than seven days earlier, rounded down to metres; home is the zone of the home anchor, and
/// those without one are left out. The amounts are people with an event in the period, metres, and squares
/// in square hectometres, rounded: `mean = distance_m / people`, `sd² = 10^4 square_hm2 / people - mean²`.
pub struct DistanceByHome {
    /// The name of the table.
    pub name: &'static str,
    /// The zones.
    pub zones: Arc<Zoning>,
    /// The periods.
    pub by: Period,
}

impl Kernel for DistanceByHome {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        let rest = [
            Axis::Zone("home_zone", Arc::clone(&self.zones)),
            Axis::Word("measure", MEASURES),
        ];
        axis(self.by).into_iter().chain(rest).collect()
    }

    fn amount(&self) -> Option<&'static str> {
        Some("amount")
    }

    /// One home zone; nobody knows the longest distance.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(self.by.number(public.calendar)) * MEASURES.len() as u64,
            amount: u64::from(u32::MAX),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let Some(home) = track.anchors().home else {
            return;
        };
        let (home, calendar) = (self.zones.of(home.cell).0, track.public().calendar);
        let (starts, jumps_m) = (track.stretches(), track.jumps_m());
        let mut sums_m: Vec<(u32, f64)> = Vec::new();
        let mut stretch = 0;
        for (day, events) in days(track) {
            let period = self.by.of(calendar, day);
            if sums_m.last().is_none_or(|last| last.0 != period) {
                sums_m.push((period, 0.0));
            }
            while let Some(&first) = starts.get(stretch)
                && (first as usize) < events.end
            {
                let utc_ms = |event: usize| track.events()[event].time_utc_ms;
                let first = first as usize;
                // The first stretch of all has no jump before it.
                if let (Some(jump), Some((_, sum))) = (stretch.checked_sub(1), sums_m.last_mut())
                    && utc_ms(first) - utc_ms(first - 1) <= MAX_SILENCE_MS
                {
                    *sum += jumps_m[jump];
                }
                stretch += 1;
            }
        }
        for (period, sum_m) in sums_m {
            let amounts = [1, sum_m as u32, (sum_m * sum_m / 1e4).round() as u32];
            for (measure, amount) in (0..).zip(amounts) {
                out.add([period, home, measure], amount);
            }
        }
    }
}
