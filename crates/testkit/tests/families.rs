//! One subscriber moves a number of a family by what its noise is drawn for, and each planted fault is seen
//! to move it further.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_dp::{Query, noise_scale_units};
use erewhon_mobility::Cap;
use erewhon_testkit::{
    audit,
    faults::{self, ENTRIES_A_DAY, Person},
};
use erewhon_types::{Epsilon, Result, Subscriber};

type Release = fn(&Query, Epsilon, &Cap, &[Person]) -> Result<Vec<i64>>;

const DAYS: u64 = 7;
const ENTRIES: u64 = DAYS * ENTRIES_A_DAY;

fn cap() -> Cap {
    Cap::new(4, vec![3]).unwrap()
}

/// 4 entries of 3.
const BOUND: u32 = 12;

fn query() -> Query {
    Query::new("footfall.events", ENTRIES as usize, 1, BOUND).unwrap()
}

/// Somebody who is in every entry, much.
fn everywhere() -> Person {
    (
        Subscriber::new(9),
        (0..ENTRIES).map(|entry| (entry, 50)).collect(),
    )
}

/// How far they move the table, in L1: at epsilon 100 and scale 0.12 some entry of two tables has noise with
/// chance 0.034, so the middle of eleven draws has it with chance below 10^-6.
fn moved(release: Release) -> u64 {
    let epsilon = "100".parse().unwrap();
    let table = |people: &[Person]| release(&query(), epsilon, &cap(), people).unwrap();
    let mut seen: Vec<u64> = (0..11)
        .map(|_| {
            let (with, without) = (table(&[everywhere()]), table(&[]));
            with.iter().zip(&without).map(|(a, b)| a.abs_diff(*b)).sum()
        })
        .collect();
    seen.sort_unstable();
    seen[seen.len() / 2]
}

#[test]
fn a_subscriber_who_is_everywhere_moves_a_family_by_its_bound() {
    assert_eq!(moved(faults::honest_capped), u64::from(BOUND));
}

#[test]
fn a_cap_that_is_forgotten_is_seen() {
    assert!(moved(faults::cap_is_forgotten) > 10 * u64::from(BOUND));
}

#[test]
fn a_cap_for_each_day_is_seen() {
    assert_eq!(moved(faults::capped_by_day), DAYS * u64::from(BOUND));
}

#[test]
fn noise_of_a_capped_number_fits_its_bound() {
    let query = Query::new("footfall.events", 40_000, 1, BOUND).unwrap();
    let epsilon: Epsilon = "4".parse().unwrap();
    let noise = faults::honest_capped(&query, epsilon, &cap(), &[]).unwrap();
    let scale = noise_scale_units(&query, epsilon);
    let z = audit::laplace_fit_z(&noise, scale);
    assert!(z.abs() < 5.0, "z = {z}");
    assert!(audit::laplace_fit_z(&noise, scale * 1.1) > 5.0);
}
