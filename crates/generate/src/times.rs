use erewhon_model::{ActivityTable, Model};
use erewhon_types::{Calendar, Error, Local, MINUTES_PER_DAY, Result};
use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution, Gamma, Poisson};

use crate::{bursts::Bursts, sampler::Sampler};

/// When synthetic subscribers make events. The same for every [`Variant`](crate::Variant).
pub(crate) struct Times<'a> {
    calendar: &'a Calendar,
    activity: &'a ActivityTable,
    pairs: Sampler,
    classes: Sampler,
    hours: Vec<Sampler>,
    bursts: Option<Bursts>,
    days: Vec<Day>,
    /// Whether one day's moments all come before the next one's.
    in_order: bool,
}

/// A day of the window.
struct Day {
    start_utc_ms: i64,
    /// Whether no clock changes in it: then the clock's time is that since its start.
    is_even: bool,
}

/// Room for so many moments is made before they are drawn, at the most.
const MOST_KNOWN: usize = 1 << 16;

const HOUR_S: u32 = 3_600;
pub(crate) const DAY_S: u32 = 24 * HOUR_S;

/// A moment of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) time_utc_ms: i64,
    pub(crate) day: u16,
    pub(crate) hour: u8,
}

impl<'a> Times<'a> {
    pub(crate) fn new(model: &'a Model, calendar: &'a Calendar) -> Result<Self> {
        let hours = model
            .classes
            .iter()
            .map(|c| Sampler::new(c.hour_share.iter().copied()).ok_or_else(|| empty("classes")));
        let days: Vec<Day> = (0..calendar.days())
            .map(|day| Day::new(calendar, day))
            .collect();
        Ok(Self {
            calendar,
            activity: &model.activity,
            pairs: Sampler::new(model.activity.share.iter().copied())
                .ok_or_else(|| empty("activity"))?,
            classes: Sampler::new(model.classes.iter().map(|c| c.share))
                .ok_or_else(|| empty("classes"))?,
            hours: hours.collect::<Result<_>>()?,
            bursts: Bursts::new(model),
            in_order: days.iter().all(|day| day.is_even),
            days,
        })
    }

    /// Events of one subscriber, about: bins count as their geometric middles.
    pub(crate) fn expected(&self) -> f64 {
        let columns = self.activity.dispersion_edges.len() - 1;
        let shares = self.activity.share.chunks(columns);
        let means = self.activity.mean_edges.windows(2);
        let a_day = means
            .zip(shares)
            .map(|(edges, shares)| (edges[0] * edges[1]).sqrt() * shares.iter().sum::<f64>());
        a_day.sum::<f64>() * self.days.len() as f64
    }

    /// All moments of one subscriber, ascending, at least one: the model counts only subscribers
    /// with an event.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Vec<Moment> {
        let (mean, dispersion) = self.draw_activity(rng);
        let hours = &self.hours[self.classes.draw(rng)];
        let about = (1.2 * mean * self.days.len() as f64) as usize;
        let mut moments = Vec::with_capacity(about.min(MOST_KNOWN));
        for day in 0..self.calendar.days() {
            let before = moments.len();
            let mut left = day_count(mean, dispersion, rng);
            while left > 0 {
                let size = (self.bursts.as_ref()).map_or(1, |bursts| bursts.size(left, rng));
                self.burst(day, size, hours, &mut moments, rng);
                left -= size;
            }
            moments[before..].sort_unstable();
        }
        if !self.in_order {
            moments.sort_unstable();
        }
        if moments.is_empty() {
            let day = rng.random_range(0..self.calendar.days());
            self.burst(day, 1, hours, &mut moments, rng);
        }
        moments
    }

    /// Events of one matter. A time by the hours of the day is that of any of them, so that bursts
    /// move the hours neither forth nor back; what would leave the day gets a time of its own.
    fn burst(
        &self,
        day: u16,
        size: u32,
        hours: &Sampler,
        moments: &mut Vec<Moment>,
        rng: &mut impl Rng,
    ) {
        let middle_s = second_of_day(hours, rng);
        moments.push(self.moment(day, middle_s));
        let Some(bursts) = self.bursts.as_ref().filter(|_| size > 1) else {
            return;
        };
        let before = rng.random_range(0..size);
        let (mut earlier_s, mut later_s) = (Some(middle_s), middle_s);
        for number in 1..size {
            let gap_s = bursts.gap_s(rng);
            let at_s = if number <= before {
                earlier_s = earlier_s.and_then(|second| second.checked_sub(gap_s));
                earlier_s
            } else {
                later_s = later_s.saturating_add(gap_s);
                Some(later_s).filter(|second| *second < DAY_S)
            };
            let at_s = at_s.unwrap_or_else(|| second_of_day(hours, rng));
            moments.push(self.moment(day, at_s));
        }
    }

    fn moment(&self, day: u16, second: u32) -> Moment {
        Moment {
            time_utc_ms: self.days[usize::from(day)].utc_ms(self.calendar, day, second),
            day,
            hour: (second / HOUR_S) as u8,
        }
    }

    /// A (mean, dispersion) pair, log-uniform inside its bins.
    fn draw_activity(&self, rng: &mut impl Rng) -> (f64, f64) {
        let columns = self.activity.dispersion_edges.len() - 1;
        let pair = self.pairs.draw(rng);
        let mut inside = |edges: &[f64], bin: usize| {
            let ratio = edges[bin + 1] / edges[bin];
            edges[bin] * ratio.powf(rng.random::<f64>())
        };
        (
            inside(&self.activity.mean_edges, pair / columns),
            inside(&self.activity.dispersion_edges, pair % columns),
        )
    }
}

/// A second of the day.
fn second_of_day(hours: &Sampler, rng: &mut impl Rng) -> u32 {
    hours.draw(rng) as u32 * HOUR_S + second_of_hour(rng)
}

impl Day {
    fn new(calendar: &Calendar, day: u16) -> Self {
        let utc_ms = |minute| calendar.utc_ms(Local { day, minute });
        let start_utc_ms = utc_ms(0);
        let is_even =
            |minute: u16| utc_ms(minute) - start_utc_ms == i64::from(minute) * MS_PER_MINUTE;
        Self {
            start_utc_ms,
            is_even: (0..MINUTES_PER_DAY).all(is_even),
        }
    }

    #[inline]
    fn utc_ms(&self, calendar: &Calendar, day: u16, second: u32) -> i64 {
        if self.is_even {
            return self.start_utc_ms + i64::from(second) * 1000;
        }
        let minute = (second / 60) as u16;
        calendar.utc_ms(Local { day, minute }) + i64::from(second % 60) * 1000
    }
}

/// Of 2^32 numbers each second has as many as any other, or one more.
#[inline]
fn second_of_hour(rng: &mut impl Rng) -> u32 {
    ((u64::from(rng.next_u32()) * 3600) >> 32) as u32
}

const MS_PER_MINUTE: i64 = 60_000;

pub(crate) fn empty(table: &str) -> Error {
    Error::input(format!("the model's table `{table}` is empty"))
        .with_hint("fit the model again with this program")
}

/// Near 1 a Poisson draw is indistinguishable from its neighbours on either side.
const POISSON_BAND: f64 = 0.02;

/// Events of one day, with the wanted mean and dispersion (variance over mean).
///
/// WHERE draws a normal number, truncated at zero and rounded, which moves the mean of quiet
/// subscribers upwards. Here the moments are met: negative binomial above dispersion 1 (a Poisson
/// whose rate is gamma), Poisson at 1, binomial below.
fn day_count(mean: f64, dispersion: f64, rng: &mut impl Rng) -> u32 {
    let drawn = if dispersion > 1.0 + POISSON_BAND {
        let scale = dispersion - 1.0;
        Gamma::new(mean / scale, scale).map_or(mean, |gamma| gamma.sample(rng))
    } else if dispersion < 1.0 - POISSON_BAND {
        let chance = 1.0 - dispersion;
        let trials = mean / chance;
        // Whole trials, rounded at random so that their mean is kept.
        let trials = trials.floor() as u64 + u64::from(rng.random::<f64>() < trials.fract());
        return Binomial::new(trials, chance).map_or(0, |b| b.sample(rng) as u32);
    } else {
        mean
    };
    if drawn > 0.0 {
        Poisson::new(drawn).map_or(0, |poisson| poisson.sample(rng) as u32)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use erewhon_types::Window;

    use super::*;
    use crate::sampler::tests::{chi_square, one_in_a_million};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn day_counts_have_the_wanted_moments() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (mean, dispersion) in [(0.2, 1.0), (4.0, 0.5), (4.0, 1.0), (6.0, 3.0), (40.0, 9.0)] {
            let n = 60_000;
            let draws: Vec<f64> = (0..n)
                .map(|_| f64::from(day_count(mean, dispersion, &mut rng)))
                .collect();
            let got = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|d| (d - got).powi(2)).sum::<f64>() / f64::from(n);
            // Seven standard errors of the mean; the variance within a tenth.
            let standard_error = (mean * dispersion / f64::from(n)).sqrt();
            assert!((got - mean).abs() < 7.0 * standard_error, "{mean} {got}");
            assert!(
                (variance / mean / dispersion - 1.0).abs() < 0.1,
                "{variance}"
            );
        }
    }

    #[test]
    fn a_day_on_which_the_clock_changes_is_as_the_calendar_says() {
        let window = Window::parse("2026-03-27", 5, "Europe/Berlin").unwrap();
        let calendar = Calendar::new(&window).unwrap();
        let days: Vec<Day> = (0..5).map(|day| Day::new(&calendar, day)).collect();
        let even: Vec<bool> = days.iter().map(|day| day.is_even).collect();
        assert_eq!(even, [true, true, false, true, true]);
        for (day, known) in (0..).zip(&days) {
            for second in (0..86_400).step_by(7) {
                let minute = (second / 60) as u16;
                let wanted = calendar.utc_ms(Local { day, minute }) + i64::from(second % 60) * 1000;
                assert_eq!(known.utc_ms(&calendar, day, second), wanted);
            }
        }
    }

    #[test]
    fn moments_ascend_inside_the_window_wherever_the_clock_jumps() {
        let mut model = crate::generate::tests::model();
        model.activity.mean_edges = vec![40.0, 41.0];
        model.activity.dispersion_edges = vec![1.0, 1.01];
        model.activity.share = vec![1.0];
        for (zone, first, days) in [
            ("Africa/Cairo", "2026-04-20", 14),
            ("Africa/Cairo", "2026-04-20", 5),
            ("Asia/Beirut", "2026-03-23", 7),
            ("America/Santiago", "2026-08-31", 7),
            ("Europe/Berlin", "2026-03-27", 3),
            // Without the 30th.
            ("Pacific/Apia", "2011-12-28", 5),
            ("Pacific/Apia", "2011-12-28", 3),
        ] {
            let calendar = Calendar::new(&Window::parse(first, days, zone).unwrap()).unwrap();
            let times = Times::new(&model, &calendar).unwrap();
            for seed in 0..100 {
                let moments = times.draw(&mut ChaCha8Rng::seed_from_u64(seed));
                assert!(moments.is_sorted_by_key(|m| m.time_utc_ms), "{zone}");
                let inside = |m: &Moment| calendar.local(m.time_utc_ms).is_some();
                assert!(moments.iter().all(inside), "{zone} {days}");
            }
        }
    }

    #[test]
    fn seconds_of_an_hour_are_even() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut counts = vec![0; 3600];
        for _ in 0..7_200_000 {
            counts[second_of_hour(&mut rng) as usize] += 1;
        }
        let (statistic, free) = chi_square(&counts, &vec![1.0; 3600]);
        assert!(statistic < one_in_a_million(free), "{statistic}");
    }
}
