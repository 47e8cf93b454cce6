//! Mistakes that real code makes, planted so that the audits can be seen to catch them.

use erewhon_dp::{Accumulator, Private, Query};
use erewhon_types::{Epsilon, Result};

use crate::free_charge;

/// The honest way, for comparison: one vector per subscriber, the charge that was claimed.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest(query: &Query, epsilon: Epsilon, people: &[Vec<(u32, u32)>]) -> Result<Vec<i64>> {
    let mut sums = Accumulator::new(query.clone());
    people.iter().for_each(|vector| sums.add(vector));
    sums.finish()
        .release(free_charge(query, epsilon))
        .map(Private::into_value)
}

/// The bound is off: every event is added as if it were a subscriber of its own, so that nothing
/// clips a heavy caller.
///
/// # Errors
/// What the mechanism fails with.
pub fn bound_is_off(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Vec<i64>> {
    let mut sums = Accumulator::new(query.clone());
    for &pair in people.iter().flatten() {
        sums.add(&[pair]);
    }
    sums.finish()
        .release(free_charge(query, epsilon))
        .map(Private::into_value)
}

/// The sensitivity is wrong: noise is drawn as if one subscriber could add only half of what the
/// accumulator lets through.
///
/// # Errors
/// What the mechanism fails with.
pub fn wrong_sensitivity(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Vec<i64>> {
    let doubled = Epsilon::from_micros(epsilon.micros() * 2)?;
    honest(query, doubled, people)
}

/// One entry goes out without noise.
///
/// # Errors
/// What the mechanism fails with.
pub fn first_entry_bare(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Vec<i64>> {
    let mut noisy = honest(query, epsilon, people)?;
    let bare = people.iter().flatten().filter(|(entry, _)| *entry == 0);
    noisy[0] = bare.map(|&(_, units)| i64::from(units)).sum();
    Ok(noisy)
}
