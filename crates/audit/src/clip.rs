use erewhon_fit::PlannedQuery;
use erewhon_types::{Epsilon, Loss, Result, Rho};

use crate::{Check, Finding, NoisyVector, Verdict, likelihood::resized};

/// Chance that noise alone lifts one entry over the line.
const ALPHA: f64 = 1e-9;
/// The largest epsilon, so that little noise is in the way, and a rho of hardly less.
const LOUD_MICROS: u64 = 100_000_000;
const LOUD_NANOS: u64 = 45_000_000_000;

/// Whether the sum holds each subscriber to the bound, whatever they add.
///
/// As many subscribers as the bound has units add the same too large vector to an entry: a bound off
/// by one unit lifts it by a whole bound, noise by seven tenths of one at most.
pub(crate) fn check(subject: &dyn NoisyVector, planned: &PlannedQuery) -> Result<Finding> {
    let bound = planned.query.bound_units();
    let too_much = [
        vec![(0, bound.saturating_add(1))],
        vec![(1, bound), (1, 1)],
        vec![(2, bound), (2, bound)],
        vec![(3, u32::MAX), (3, u32::MAX), (9, 1)],
    ];
    let (loss, slack) = match planned.loss {
        Loss::Epsilon(_) => {
            let epsilon = Epsilon::from_micros(LOUD_MICROS)?;
            // P(noise >= t) <= exp(-t epsilon / bound) for discrete Laplace.
            (epsilon.into(), -ALPHA.ln() / epsilon.value())
        }
        Loss::Rho(_) => {
            let rho = Rho::from_nanos(LOUD_NANOS)?;
            // P(noise >= t) <= exp(-t^2 rho / bound^2) for discrete Gaussian.
            (rho.into(), (-ALPHA.ln() / rho.value()).sqrt())
        }
    };
    let slack = f64::from(bound) * slack;
    let query = resized(&planned.query, too_much.len())?;
    let crowd = bound.max(16);
    let mut people = too_much
        .iter()
        .flat_map(|vector| std::iter::repeat_n(vector.clone(), crowd as usize));
    let table = subject.release(&query, loss, &mut people)?;
    let most = table.iter().copied().max().unwrap_or(0) as f64;
    let line = f64::from(crowd) * f64::from(bound) + slack;
    Ok(Finding {
        check: Check::Clip,
        of: planned.query.name().to_owned(),
        claim: f64::from(bound),
        seen: most / f64::from(crowd),
        bound_95: None,
        verdict: Verdict::holds_if(most <= line),
        words: format!(
            "{crowd} subscribers who add too much, four ways; up to {:.4} above the claim is noise",
            slack / f64::from(crowd)
        ),
    })
}
