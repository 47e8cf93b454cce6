use erewhon_dp::{Query, gaussian_scale_units};
use erewhon_fit::PlannedQuery;
use erewhon_types::{Loss, Result};

use crate::{Check, Finding, NoisyVector, Verdict, binomial, normal};

/// Chance of a false alarm of one bound; a query has four.
const ALPHA: f64 = 5e-9;
/// The loss that a group of canaries is to have: at 2 the relative error of the estimate,
/// sqrt(2 exp(loss) / samples) / loss, is least. In rho, by how many standard deviations it is to move an
/// entry, for much the same reason.
const GROUP_LOSS: f64 = 2.0;
/// Entries of the table that is drawn twice.
const TWICE: usize = 1024;

/// What one try of a query tells: hits with a group of subscribers and without it.
struct Event<'a> {
    query: &'a Query,
    loss: Loss,
    group: u32,
}

impl<'a> Event<'a> {
    fn of(query: &'a Query, loss: Loss) -> Self {
        let alone = match loss {
            Loss::Epsilon(epsilon) => epsilon.value(),
            Loss::Rho(rho) => (2.0 * rho.value()).sqrt(),
        };
        let group = (GROUP_LOSS / alone).round().max(1.0) as u32;
        Self { query, loss, group }
    }

    /// How far the group moves an entry.
    fn shift(&self) -> i64 {
        i64::from(self.group) * i64::from(self.query.bound_units())
    }

    /// The loss of one subscriber that follows from the shares of hits with and without the group.
    ///
    /// Pure epsilon: a group of k has k times the loss (Dwork and Roth 2014, theorem 2.2), exactly so for
    /// the Laplace distribution beyond the shift. Rho: the shares are as many standard deviations apart
    /// as the group moves an entry, and rho goes with the square of that (Dong, Roth and Su 2022, on
    /// Gaussian trade-offs); it is held against what discrete noise of the claim would show.
    fn loss(&self, with: f64, without: f64) -> f64 {
        match self.loss {
            Loss::Epsilon(_) => (with / without).ln() / f64::from(self.group),
            Loss::Rho(rho) => {
                let scale = gaussian_scale_units(self.query, rho);
                let apart = (normal::quantile(without) - normal::quantile(with)).max(0.0);
                rho.value() * (apart / normal::apart(scale, self.shift())).powi(2)
            }
        }
    }
}

/// The likelihood-ratio audit of the noise of one query.
///
/// Each entry of a table of `samples` is one try. On one side a group of subscribers adds its bound to
/// each; the event that tells most is an entry of at least what they add. The estimate is at the claim,
/// not merely below it, so both too little and too much noise show.
pub(crate) fn check(
    subject: &dyn NoisyVector,
    planned: &PlannedQuery,
    samples: u32,
) -> Result<[Finding; 2]> {
    let (claimed, loss) = (&planned.query, planned.loss);
    let bound = claimed.bound_units();
    let event = Event::of(claimed, loss);
    let group = event.group;
    let query = resized(claimed, samples as usize)?;
    let mut canaries =
        (0..samples).flat_map(|entry| std::iter::repeat_n(vec![(entry, bound)], group as usize));
    let with = subject.release(&query, loss, &mut canaries)?;
    let without = subject.release(&query, loss, &mut std::iter::empty())?;
    let shift = event.shift();
    let hits = |table: &[i64]| table.iter().filter(|&&x| x >= shift).count() as u32;
    let (hit, missed) = (hits(&with), hits(&without));
    let low = |alpha| {
        let (with, without) = (
            binomial::lower(samples, hit, alpha),
            binomial::upper(samples, missed, alpha),
        );
        event.loss(with, without)
    };
    let high = event.loss(
        binomial::upper(samples, hit, ALPHA),
        binomial::lower(samples, missed, ALPHA),
    );
    let verdict = if low(ALPHA) > loss.value() {
        Verdict::Broken
    } else if high < loss.value() {
        Verdict::OtherNoise
    } else {
        Verdict::Holds
    };
    let share = |hits: u32| (f64::from(hits).max(0.5)) / f64::from(samples);
    let noise = Finding {
        check: Check::Noise,
        of: claimed.name().to_owned(),
        claim: loss.value(),
        seen: event.loss(share(hit), share(missed)),
        bound_95: Some(low(0.025)),
        verdict,
        words: match verdict {
            Verdict::Broken => "more loss than was paid for".to_owned(),
            Verdict::OtherNoise => "more noise than was paid for, or of another kind".to_owned(),
            Verdict::Holds => format!("groups of {group}, {samples} tries each way"),
        },
    };

    let small = resized(claimed, TWICE)?;
    let once = subject.release(&small, loss, &mut std::iter::empty())?;
    let twice = subject.release(&small, loss, &mut std::iter::empty())?;
    let shifted = with.iter().map(|x| x - shift).eq(without.iter().copied());
    let repeats = once == twice || shifted;
    let repeat = Finding {
        check: Check::Repeat,
        of: claimed.name().to_owned(),
        claim: 0.0,
        seen: f64::from(u8::from(repeats)),
        bound_95: None,
        verdict: Verdict::holds_if(!repeats),
        words: if repeats {
            "the same noise came twice".to_owned()
        } else {
            "fresh noise each time".to_owned()
        },
    };
    Ok([noise, repeat])
}

/// The same query over another number of entries.
pub(crate) fn resized(query: &Query, entries: usize) -> Result<Query> {
    let (units, bound) = (query.units_per_person(), query.bound_units());
    let resized = Query::new(query.name(), entries, units, bound)?;
    Ok(resized.bounded_in(query.norm()))
}
