use erewhon_dp::epsilon_of;
use erewhon_fit::PlannedQuery;
use erewhon_types::{Delta, Epsilon, Error, Loss, Result};

use crate::{Check, Finding, NoisyVector, Verdict, binomial, crowd::Dice, likelihood::resized};

/// Canaries, each in an entry of its own in every table.
const CANARIES: u32 = 1000;
/// Guesses: half of them "in", half of them "out", where the tables tell most.
const GUESSES: u32 = 200;
/// Chance of a false alarm.
const ALPHA: f64 = 1e-7;
/// The delta at which a claim in rho is taken for an epsilon: with all canaries it takes a fifth of [`ALPHA`].
const DELTA_FEMTOS: u64 = 10_000;

/// The audit in one run of Steinke, Nasr and Jagielski (2023), as a smoke test.
///
/// A coin decides for each canary whether it is in; all tables are released once and the coins are
/// guessed. Under pure epsilon the right guesses are at most binomial with exp(eps) / (1 + exp(eps)). Where
/// there is a delta, so many have a chance that is larger by 2 delta a canary at most (theorem 5.2 there).
pub(crate) fn check(subject: &dyn NoisyVector, plan: &[PlannedQuery]) -> Result<Finding> {
    let mut dice = Dice(0);
    let coins: Vec<bool> = (0..CANARIES).map(|_| dice.below(2) == 1).collect();
    let mut scores = vec![0.0; CANARIES as usize];
    for planned in plan {
        let bound = planned.query.bound_units();
        let query = resized(&planned.query, CANARIES as usize)?;
        let inside = (0..CANARIES).zip(&coins).filter(|(_, coin)| **coin);
        let mut people = inside.map(|(canary, _)| vec![(canary, bound)]);
        let table = subject.release(&query, planned.loss, &mut people)?;
        for (score, units) in scores.iter_mut().zip(table) {
            let half = (units as f64 / f64::from(bound)).clamp(0.0, 1.0) - 0.5;
            *score += planned.loss.value() * half;
        }
    }
    let mut ranked: Vec<(f64, bool)> = scores.into_iter().zip(coins).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let half = GUESSES as usize / 2;
    let first = ranked.iter().take(half).filter(|(_, coin)| *coin).count();
    let last = ranked
        .iter()
        .rev()
        .take(half)
        .filter(|(_, coin)| !coin)
        .count();
    let right = (first + last) as u32;
    let (claim, delta) = claim(plan)?;
    let claim = claim.value();
    let beyond = delta.map_or(0.0, |delta| 2.0 * f64::from(CANARIES) * delta.value());
    let least = |alpha: f64| {
        let p = binomial::lower(GUESSES, right, alpha - beyond);
        (p / (1.0 - p)).ln().max(0.0)
    };
    let at_delta = delta.map_or_else(String::new, |delta| format!("; epsilon at delta {delta}"));
    let share = f64::from(right).min(f64::from(GUESSES) - 0.5) / f64::from(GUESSES);
    Ok(Finding {
        check: Check::Canaries,
        of: format!("{} tables", plan.len()),
        claim,
        seen: (share / (1.0 - share)).ln(),
        bound_95: Some(least(0.05)),
        verdict: Verdict::holds_if(least(ALPHA) <= claim),
        words: format!(
            "{right} of {GUESSES} coins guessed right; sees gross faults alone{at_delta}"
        ),
    })
}

/// What the whole plan claims in epsilon, and at which delta.
fn claim(plan: &[PlannedQuery]) -> Result<(Epsilon, Option<Delta>)> {
    let nothing = || Error::internal("a plan without a query");
    let units = plan.iter().map(|planned| planned.loss.units()).sum();
    match plan.first().ok_or_else(nothing)?.loss.of_units(units)? {
        Loss::Epsilon(epsilon) => Ok((epsilon, None)),
        Loss::Rho(rho) => {
            let delta = Delta::from_femtos(DELTA_FEMTOS)?;
            Ok((epsilon_of(rho, delta)?, Some(delta)))
        }
    }
}
