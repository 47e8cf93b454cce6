//! Discrete Gaussian noise passes its audits, and each planted fault fails one.
//!
//! False alarms are below 1e-6 a test (see `erewhon_testkit::audit`).

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_dp::{Accumulator, Norm, Private, Query, gaussian_scale_units};
use erewhon_testkit::{
    audit::{self, Audit},
    faults, free_charge,
};
use erewhon_types::{Epsilon, Result, Rho};

const TRIES: u32 = 20_000;

type Release = fn(&Query, Rho, &[Vec<(u32, u32)>]) -> Result<Private<Vec<i64>, Rho>>;

fn in_l2(entries: usize, bound: u32) -> Query {
    let query = Query::new("places", entries, 1, bound).unwrap();
    query.bounded_in(Norm::L2)
}

fn rho() -> Rho {
    "0.5".parse().unwrap()
}

/// The canary names one place twice: each pair is within the bound, their sum is not.
fn audit_of(release: Release) -> Audit {
    let query = in_l2(1, 3);
    let canary = [vec![(0, 3), (0, 3)]];
    audit::mean_shift(TRIES, |present| {
        let people: &[_] = if present { &canary } else { &[] };
        release(&query, rho(), people).unwrap().into_value()[0]
    })
}

#[test]
fn noise_fits_the_discrete_gaussian() {
    for (samples, bound, rho) in [(40_000, 1, "0.5"), (40_000, 8, "0.1"), (100_000, 1000, "2")] {
        let query = in_l2(samples, bound);
        let rho: Rho = rho.parse().unwrap();
        let noisy = faults::honest_gaussian(&query, rho, &[]).unwrap();
        let samples = noisy.into_value();
        let scale = gaussian_scale_units(&query, rho);
        let z = audit::gaussian_fit_z(&samples, scale);
        assert!(z.abs() < 5.0, "bound {bound}: z = {z}");
        let wrong = audit::gaussian_fit_z(&samples, scale * 1.1);
        assert!(wrong > 5.0, "a scale 10 % off goes unnoticed: z = {wrong}");
    }
}

#[test]
fn the_concentrated_audit_agrees_with_the_claim() {
    let seen = audit_of(faults::honest_gaussian);
    let claimed = rho().value();
    assert!(!seen.breaks(claimed) && !seen.wastes(claimed), "{seen:?}");
}

#[test]
fn the_concentrated_audit_finds_pairs_that_are_not_merged() {
    let seen = audit_of(faults::pairs_not_merged);
    assert!(seen.breaks(rho().value()), "{seen:?}");
}

#[test]
fn the_concentrated_audit_finds_a_wrong_sensitivity() {
    let seen = audit_of(faults::half_the_length);
    assert!(seen.breaks(rho().value()), "{seen:?}");
}

#[test]
fn a_charge_in_rho_pays_for_its_own_query_and_norm_only() {
    let sums = || Accumulator::new(in_l2(4, 1)).finish();
    let in_l1 = Query::new("places", 4, 1, 1).unwrap();
    let wrong = free_charge(&in_l1, rho());
    assert!(sums().release_gaussian(wrong).is_err());
    // What is bounded in L2 alone gets no Laplace noise, whoever pays.
    let epsilon: Epsilon = "1".parse().unwrap();
    assert!(sums().release(free_charge(&in_l2(4, 1), epsilon)).is_err());
    assert!(
        sums()
            .release_gaussian(free_charge(&in_l2(4, 1), rho()))
            .is_ok()
    );
}
