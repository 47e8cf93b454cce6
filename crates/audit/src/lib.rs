//! The guarantee of a fit, checked from outside on made-up neighbours.
//!
//! It reads no operator's records and spends nobody's budget. It draws no noise itself and has no
//! switch that changes the product: it is handed a [`Subject`], the fit as it ships or, in tests, one
//! with a planted fault. False alarms of all checks together are below 1e-6 (`docs/audit.md`).
//!
//! ```text
//!            ┌ pairs of neighbours ─▶ sensitivity, support
//!  Subject ──┼ one query at a time ─▶ clip, noise, repeat      ──▶ AuditReport
//!            └ one run, all tables ─▶ canaries
//! ```
//!
//! Start reading at [`audit`] and [`Subject`].

mod binomial;
mod canaries;
mod clip;
mod crowd;
mod likelihood;
mod neighbours;
mod normal;
mod recorder;
mod report;
mod subject;

use std::ops::RangeInclusive;

use erewhon_fit::{FitSpec, PlannedQuery, plan};
use erewhon_geo::ZoneTree;
use erewhon_types::{Error, Result};
use serde::Serialize;

pub use report::{AuditReport, Check, Finding, Verdict};
pub use subject::{NoisyVector, Subject};

/// The epsilons that can be audited: beyond the largest an event that tells is too rare; below the
/// least the groups of canaries grow as it falls, until adding them up takes hours.
pub const EPSILONS: RangeInclusive<f64> = 0.1..=10.0;

/// Says of an epsilon that it is outside [`EPSILONS`].
pub fn out_of_range(epsilon: &str) -> Error {
    Error::usage(format!(
        "epsilon `{epsilon}` can't be audited; allowed is {} to {}",
        EPSILONS.start(),
        EPSILONS.end()
    ))
    .with_hint("the code is the same for every epsilon: audit the nearest that is allowed")
}

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Random crowds for the pairs of neighbours.
    pub crowds: u64,
    /// Tries of each query on each side: at 100,000 the bound lands some 1.5 % below the claim.
    pub samples: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            crowds: 8,
            samples: 100_000,
        }
    }
}

/// Runs every check on the queries of `spec`.
///
/// # Errors
/// Usage, when epsilon is not within 0.1 to 10; what the subject's mechanism fails with.
pub fn audit(subject: &dyn Subject, spec: &FitSpec, effort: Effort) -> Result<AuditReport> {
    if !EPSILONS.contains(&spec.epsilon.value()) {
        return Err(out_of_range(&spec.epsilon.to_string()));
    }
    let town = crowd::Town::new()?;
    let mut findings = neighbours::check(subject, &town, spec, effort.crowds)?;
    let tree = ZoneTree::build(&town.cells);
    // Bounds don't depend on how many people there are; prices are those of the fewest.
    let queries: Vec<PlannedQuery> = plan(&town.public(), &tree, spec, 1)?;
    for planned in &queries {
        findings.push(clip::check(subject, planned)?);
        findings.extend(likelihood::check(subject, planned, effort.samples)?);
    }
    findings.push(canaries::check(subject, &queries)?);
    if spec.delta.is_some() {
        let rows = findings.iter_mut();
        rows.for_each(|finding| finding.of += ", rho");
    }
    findings.sort_by_key(|finding| finding.check as u8);
    Ok(AuditReport {
        program: env!("CARGO_PKG_VERSION"),
        effort,
        epsilon: spec.epsilon.value(),
        delta: spec.delta,
        findings,
    })
}
