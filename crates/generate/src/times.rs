use erewhon_model::{ActivityTable, Model};
use erewhon_types::{Calendar, Error, Local, Result};
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
}

const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

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
        Ok(Self {
            calendar,
            activity: &model.activity,
            pairs: Sampler::new(model.activity.share.iter().copied())
                .ok_or_else(|| empty("activity"))?,
            classes: Sampler::new(model.classes.iter().map(|c| c.share))
                .ok_or_else(|| empty("classes"))?,
            hours: hours.collect::<Result<_>>()?,
            bursts: Bursts::new(model),
        })
    }

    /// All moments of one subscriber, ascending, at least one: the model counts only subscribers
    /// with an event.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Vec<Moment> {
        let (mean, dispersion) = self.draw_activity(rng);
        let hours = &self.hours[self.classes.draw(rng)];
        let mut moments = Vec::new();
        for day in 0..self.calendar.days() {
            let mut left = day_count(mean, dispersion, rng);
            while left > 0 {
                let size = (self.bursts.as_ref()).map_or(1, |bursts| bursts.size(left, rng));
                self.burst(day, size, hours, &mut moments, rng);
                left -= size;
            }
        }
        if moments.is_empty() {
            let day = rng.random_range(0..self.calendar.days());
            self.burst(day, 1, hours, &mut moments, rng);
        }
        moments.sort_unstable();
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
        let middle_ms = of_day_ms(hours, rng);
        moments.push(self.moment(day, middle_ms));
        let Some(bursts) = self.bursts.as_ref().filter(|_| size > 1) else {
            return;
        };
        let before = rng.random_range(0..size);
        let (mut earlier, mut later) = (middle_ms, middle_ms);
        for number in 1..size {
            let gap_ms = bursts.gap_ms(rng);
            let at_ms = if number <= before {
                earlier -= gap_ms;
                earlier
            } else {
                later += gap_ms;
                later
            };
            let at_ms = if (0..DAY_MS).contains(&at_ms) {
                at_ms
            } else {
                of_day_ms(hours, rng)
            };
            moments.push(self.moment(day, at_ms));
        }
    }

    fn moment(&self, day: u16, of_day_ms: i64) -> Moment {
        let minute = (of_day_ms / 60_000) as u16;
        let local = Local { day, minute };
        Moment {
            time_utc_ms: self.calendar.utc_ms(local) + of_day_ms % 60_000 / 1000 * 1000,
            day,
            hour: (of_day_ms / HOUR_MS) as u8,
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

/// A time of day in milliseconds, in whole seconds.
fn of_day_ms(hours: &Sampler, rng: &mut impl Rng) -> i64 {
    let second = rng.random_range(0..HOUR_MS as u32 / 1000);
    hours.draw(rng) as i64 * HOUR_MS + i64::from(second) * 1000
}

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
    use super::*;
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
}
