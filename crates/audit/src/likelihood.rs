use erewhon_dp::Query;
use erewhon_fit::PlannedQuery;
use erewhon_types::{Epsilon, Result};

use crate::{Check, Finding, NoisyVector, Verdict, binomial};

/// Chance of a false alarm of one bound; a query has four.
const ALPHA: f64 = 1e-8;
/// The loss that a group of canaries is to have: at 2 the relative error of the estimate,
/// sqrt(2 exp(loss) / samples) / loss, is least.
const GROUP_LOSS: f64 = 2.0;
/// Entries of the table that is drawn twice.
const TWICE: usize = 1024;

/// How a loss follows from what an attacker sees. Noise of another kind is another implementation.
pub(crate) trait Guarantee {
    /// The loss of one subscriber that is claimed.
    fn claim(&self) -> f64;
    /// The loss of one subscriber that hits in a share `with` and `without` a group show.
    fn loss(&self, with: f64, without: f64, group: u32) -> f64;
}

/// Pure epsilon: a group of k has k times the loss (Dwork and Roth 2014, theorem 2.2), exactly so for
/// the Laplace distribution beyond the shift.
impl Guarantee for Epsilon {
    fn claim(&self) -> f64 {
        self.value()
    }

    fn loss(&self, with: f64, without: f64, group: u32) -> f64 {
        (with / without).ln() / f64::from(group)
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
    let (claimed, epsilon) = (&planned.query, planned.epsilon);
    let bound = claimed.bound_units();
    let group = (GROUP_LOSS / epsilon.claim()).round().max(1.0) as u32;
    let query = resized(claimed, samples as usize)?;
    let mut canaries =
        (0..samples).flat_map(|entry| std::iter::repeat_n(vec![(entry, bound)], group as usize));
    let with = subject.release(&query, epsilon, &mut canaries)?;
    let without = subject.release(&query, epsilon, &mut std::iter::empty())?;
    let shift = i64::from(group) * i64::from(bound);
    let hits = |table: &[i64]| table.iter().filter(|&&x| x >= shift).count() as u32;
    let (hit, missed) = (hits(&with), hits(&without));
    let low = |alpha| {
        let (with, without) = (
            binomial::lower(samples, hit, alpha),
            binomial::upper(samples, missed, alpha),
        );
        epsilon.loss(with, without, group)
    };
    let high = epsilon.loss(
        binomial::upper(samples, hit, ALPHA),
        binomial::lower(samples, missed, ALPHA),
        group,
    );
    let verdict = if low(ALPHA) > epsilon.claim() {
        Verdict::Broken
    } else if high < epsilon.claim() {
        Verdict::OtherNoise
    } else {
        Verdict::Holds
    };
    let share = |hits: u32| (f64::from(hits).max(0.5)) / f64::from(samples);
    let noise = Finding {
        check: Check::Noise,
        of: claimed.name().to_owned(),
        claim: epsilon.claim(),
        seen: epsilon.loss(share(hit), share(missed), group),
        bound_95: Some(low(0.025)),
        verdict,
        words: match verdict {
            Verdict::Broken => "more loss than was paid for".to_owned(),
            Verdict::OtherNoise => "more noise than was paid for, or of another kind".to_owned(),
            Verdict::Holds => format!("groups of {group}, {samples} tries each way"),
        },
    };

    let small = resized(claimed, TWICE)?;
    let once = subject.release(&small, epsilon, &mut std::iter::empty())?;
    let twice = subject.release(&small, epsilon, &mut std::iter::empty())?;
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
    Query::new(
        query.name(),
        entries,
        query.units_per_person(),
        query.bound_units(),
    )
}
