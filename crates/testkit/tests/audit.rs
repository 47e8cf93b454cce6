//! The mechanisms of `dp` pass their audits, and each planted fault fails one.
//!
//! False alarms are below 1e-6 a test (see `erewhon_testkit::audit`).

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_dp::{Private, Query, noise_scale_units};
use erewhon_testkit::{audit, faults};
use erewhon_types::{Epsilon, Result};

const TRIES: u32 = 20_000;

type Release = fn(&Query, Epsilon, &[Vec<(u32, u32)>]) -> Result<Private<Vec<i64>>>;

fn audit_of(release: Release) -> audit::Audit {
    audit_by(|query, epsilon, people| release(query, epsilon, people).map(Private::into_value))
}

/// The canary is a heavy subscriber: four units in one place, where the bound lets two count.
fn audit_by(
    release: impl Fn(&Query, Epsilon, &[Vec<(u32, u32)>]) -> Result<Vec<i64>>,
) -> audit::Audit {
    let query = Query::new("places", 1, 1, 2).unwrap();
    let canary = [vec![(0, 2), (0, 2)]];
    audit::likelihood_ratio(TRIES, 2, |present| {
        let people: &[_] = if present { &canary } else { &[] };
        release(&query, epsilon(), people).unwrap()[0]
    })
}

fn epsilon() -> Epsilon {
    "1".parse().unwrap()
}

#[test]
fn noise_fits_the_discrete_laplace() {
    // Wider noise has more bins and wants more samples for the same power.
    for (samples, bound, epsilon) in [(40_000, 1, "1"), (40_000, 8, "0.5"), (100_000, 1000, "2")] {
        let query = Query::new("noise", samples, 1, bound).unwrap();
        let epsilon: Epsilon = epsilon.parse().unwrap();
        let samples = faults::honest(&query, epsilon, &[]).unwrap().into_value();
        let scale = noise_scale_units(&query, epsilon);
        let z = audit::laplace_fit_z(&samples, scale);
        assert!(z.abs() < 5.0, "bound {bound}: z = {z}");
        let wrong = audit::laplace_fit_z(&samples, scale * 1.1);
        assert!(wrong > 5.0, "a scale 10 % off goes unnoticed: z = {wrong}");
    }
}

#[test]
fn the_audit_agrees_with_the_claim() {
    let seen = audit_of(faults::honest);
    assert!(!seen.breaks(1.0) && !seen.wastes(1.0), "{seen:?}");
}

#[test]
fn the_audit_finds_a_bound_that_is_off() {
    let seen = audit_of(faults::bound_is_off);
    assert!(seen.breaks(1.0), "{seen:?}");
}

#[test]
fn the_audit_finds_a_wrong_sensitivity() {
    let seen = audit_of(faults::wrong_sensitivity);
    assert!(seen.breaks(1.0), "{seen:?}");
}

#[test]
fn the_audit_finds_an_entry_without_noise() {
    let seen = audit_by(faults::first_entry_bare);
    assert!(seen.breaks(1.0), "{seen:?}");
}

#[test]
fn a_charge_pays_for_its_own_query_only() {
    let query = Query::new("home", 4, 1, 1).unwrap();
    let other = Query::new("home", 4, 1, 2).unwrap();
    let sums = erewhon_dp::Accumulator::new(query).finish();
    assert!(
        sums.release(erewhon_testkit::free_charge(&other, epsilon()))
            .is_err()
    );
}
