use erewhon_dp::Norm;
use erewhon_fit::{FitSpec, Measure};
use erewhon_mobility::Public;
use erewhon_types::Result;

use crate::{
    Check, Finding, Subject, Verdict,
    crowd::{Pair, Town},
    recorder::Recorder,
};

/// What leaves of a fit, or the words with which it refuses.
type Left = std::result::Result<std::collections::BTreeMap<String, Vec<u8>>, String>;

/// Brute-force sensitivities and the structural test, both on the same pairs of neighbours.
///
/// One neighbour is fitted with noise, the other gets the same noisy answers once more. Exact tables
/// may then differ by the bound of their query, and everything else not at all.
pub(crate) fn check(
    subject: &dyn Subject,
    town: &Town,
    spec: &FitSpec,
    crowds: u64,
) -> Result<Vec<Finding>> {
    let public = town.public();
    let mut moved: Vec<Moved> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    let pairs = town.pairs(spec, crowds)?;
    for pair in &pairs {
        // What is recorded is the honest way to ask; what leaves is compared under its answers.
        let mut first = Recorder::of(subject.measure(spec)?);
        let without = left(subject, &public, pair, false, spec, &mut first);
        let (mut again, mut other) = (first.again(), first.again());
        let without_again = left(subject, &public, pair, false, spec, &mut again);
        let with = left(subject, &public, pair, true, spec, &mut other);
        if first.asked != other.asked {
            told.push(format!("{}: the questions differ", pair.name));
        }
        told.extend(differing(&without, &without_again, "the same twice"));
        told.extend(differing(&without, &with, &pair.name));
        for (number, (query, _)) in first.asked.iter().enumerate() {
            let tables = first.sums.get(number).zip(other.sums.get(number));
            let units = tables.map_or(0, |(a, b)| distance(query.norm(), a, b));
            Moved::note(
                &mut moved,
                query.name(),
                query.bound_units(),
                units,
                &pair.name,
            );
        }
    }
    let mut findings: Vec<Finding> = moved.into_iter().map(Moved::finding).collect();
    findings.push(Finding {
        check: Check::Support,
        of: format!("{} pairs", pairs.len()),
        claim: 0.0,
        seen: told.len() as f64,
        bound_95: None,
        verdict: Verdict::holds_if(told.is_empty()),
        words: told.into_iter().next().unwrap_or_else(|| {
            "the same answers leave the same files, words and refusals".to_owned()
        }),
    });
    Ok(findings)
}

/// How far two tables are apart, in whole units, rounded up.
fn distance(norm: Norm, a: &[i64], b: &[i64]) -> u64 {
    let each = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    match norm {
        Norm::L1 => each.sum(),
        Norm::L2 => {
            let squares: u128 = each.map(|units| u128::from(units).pow(2)).sum();
            let root = squares.isqrt();
            (root + u128::from(root.pow(2) < squares)) as u64
        }
    }
}

fn left(
    subject: &dyn Subject,
    public: &Public<'_>,
    pair: &Pair,
    with: bool,
    spec: &FitSpec,
    measure: &mut dyn Measure,
) -> Left {
    let source = if with { &pair.with } else { &pair.without };
    subject
        .leave(public, source, spec, measure)
        .map_err(|error| error.to_string())
}

/// What one neighbour tells that the other does not, in a sentence.
fn differing(a: &Left, b: &Left, pair: &str) -> Option<String> {
    match (a, b) {
        (Ok(a), Ok(b)) if a.keys().ne(b.keys()) => Some(format!("{pair}: other files leave")),
        (Ok(a), Ok(b)) => {
            let other = a.iter().find(|(name, bytes)| b.get(*name) != Some(*bytes));
            other.map(|(name, _)| format!("{pair}: `{name}` differs"))
        }
        (Err(a), Err(b)) if a == b => None,
        _ => Some(format!("{pair}: a refusal differs")),
    }
}

/// The most that one subscriber moved a table.
struct Moved {
    query: String,
    bound: u64,
    units: u64,
    pair: String,
}

impl Moved {
    fn note(all: &mut Vec<Self>, query: &str, bound: u32, units: u64, pair: &str) {
        let known = all.iter().position(|moved| moved.query == query);
        let moved = Self {
            query: query.to_owned(),
            bound: u64::from(bound),
            units,
            pair: pair.to_owned(),
        };
        match known.and_then(|at| all.get_mut(at)) {
            Some(most) if most.units < units => *most = moved,
            Some(_) => {}
            None => all.push(moved),
        }
    }

    fn finding(self) -> Finding {
        let bound = self.bound as f64;
        Finding {
            check: Check::Sensitivity,
            of: self.query,
            claim: bound,
            seen: self.units as f64,
            bound_95: None,
            verdict: Verdict::holds_if(self.units <= self.bound),
            words: format!(
                "{:.0} % of the bound at most ({})",
                100.0 * self.units as f64 / bound,
                self.pair
            ),
        }
    }
}
