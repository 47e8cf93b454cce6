use std::ops::Range;

use super::indicators::{INDICATORS, Week};
use crate::{Row, Track};

/// The weeks of a track that have events: which week since Monday of the window's first one, and
/// the places of its events.
pub(super) fn split<'t>(track: &'t Track<'_>) -> impl Iterator<Item = (u32, Range<usize>)> + 't {
    let starts = u16::from(track.public().calendar.weekday(0));
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = &track.locals()[from..];
        let week = (rest.first()?.day + starts) / 7;
        let days = 7 * week..7 * week + 7;
        let of_week = rest
            .iter()
            .take_while(|local| days.contains(&(local.day + starts)));
        let events = from..from + of_week.count();
        from = events.end;
        Some((u32::from(week), events))
    })
}

/// The values of each week.
pub(super) struct Weeks {
    weeks: Vec<Week>,
    /// Weeks with a record; others have recharges alone.
    pub(super) with_records: u32,
}

impl Weeks {
    /// None yet, and room for those of so many days.
    pub(super) fn with_capacity(days: u16) -> Self {
        Self {
            weeks: Vec::with_capacity(usize::from(days / 7 + 2)),
            with_records: 0,
        }
    }

    /// Another week, of which nothing is known yet.
    pub(super) fn push(&mut self) -> &mut Week {
        self.weeks.push([f64::NAN; INDICATORS.len()]);
        let last = self.weeks.len() - 1;
        &mut self.weeks[last]
    }

    /// Mean and standard deviation of each indicator over the weeks that have it.
    pub(super) fn say(&self, out: &mut Row<'_>) {
        let means = self.mean_of(|_, value| value);
        let variances = self.mean_of(|at, value| (value - means[at]).powi(2));
        for (mean, variance) in means.into_iter().zip(variances) {
            let known = !mean.is_nan();
            out.real(Some(mean).filter(|_| known));
            out.real(Some(variance.sqrt()).filter(|_| known));
        }
    }

    /// The mean over weeks of something of each indicator; not a number where no week has it.
    fn mean_of(&self, value: impl Fn(usize, f64) -> f64) -> Week {
        let (mut sums, mut numbers) = ([0.0; INDICATORS.len()], [0.0; INDICATORS.len()]);
        // All indicators side by side.
        for week in &self.weeks {
            for (at, &known) in week.iter().enumerate() {
                let is_known = !known.is_nan();
                sums[at] += if is_known { value(at, known) } else { 0.0 };
                numbers[at] += f64::from(u8::from(is_known));
            }
        }
        std::array::from_fn(|at| sums[at] / numbers[at])
    }
}
