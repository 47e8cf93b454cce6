//! A key that one subscriber has is shown no more often than delta allows, and each planted fault
//! is seen to show one more often.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use erewhon_dp::{KeyAccumulator, KeyQuery, key_threshold};
use erewhon_testkit::{faults, free_key_charge};
use erewhon_types::{Approximate, Result};

const SUBSCRIBERS: u64 = 400_000;
const KEYS: u64 = 6;

type Release = fn(&KeyQuery, Approximate, &[Vec<u64>]) -> Result<BTreeMap<u64, i64>>;

fn query() -> KeyQuery {
    KeyQuery::new("countries", 2).unwrap()
}

/// At this delta a threshold in whole subscribers leaves hardly any slack: 2 keys at scale 1 are shown
/// with chance 2 exp(-8) / (1 + exp(-1)) = 4.9e-4.
fn loss() -> Approximate {
    Approximate {
        epsilon: "2".parse().unwrap(),
        delta: "5e-4".parse().unwrap(),
    }
}

/// Subscribers of whom some key is shown, where each has six keys that nobody else has.
fn shown(release: Release) -> f64 {
    let own = |subscriber| (0..KEYS).map(move |key| subscriber * KEYS + key).collect();
    let people: Vec<Vec<u64>> = (0..SUBSCRIBERS).map(own).collect();
    let keys = release(&query(), loss(), &people).unwrap();
    let found: BTreeSet<u64> = keys.into_keys().map(|key| key / KEYS).collect();
    found.len() as f64
}

fn allowed() -> f64 {
    SUBSCRIBERS as f64 * loss().delta.value()
}

/// 5.2 standard deviations of a count with the allowed mean: chance below 1e-6 that a mechanism just
/// within delta exceeds it.
fn slack() -> f64 {
    5.2 * allowed().sqrt()
}

#[test]
fn a_key_of_one_subscriber_is_shown_as_rarely_as_delta_says() {
    let shown = shown(faults::honest_keys);
    assert!(shown <= allowed() + slack(), "{shown} of {}", allowed());
    assert!(
        shown >= allowed() * 0.95 - slack(),
        "{shown} of {}",
        allowed()
    );
}

#[test]
fn a_threshold_that_is_one_too_low_is_seen() {
    let shown = shown(faults::threshold_one_too_low);
    assert!(shown > allowed() + slack(), "{shown} of {}", allowed());
}

/// Six keys at a chance of 2.45e-4 each show some 588 subscribers where 274 are enough: 13 standard
/// deviations, so the fault goes unseen with chance below exp(-84) (Chernoff).
#[test]
fn keys_without_bound_are_seen() {
    let shown = shown(faults::keys_without_bound);
    assert!(shown > allowed() + slack(), "{shown} of {}", allowed());
}

#[test]
fn keys_of_many_are_shown_with_their_counts() {
    let people = vec![vec![1, 2]; 1000];
    let counts = faults::honest_keys(&query(), loss(), &people).unwrap();
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1, 2]);
    // Scale 1: noise of 40 has a chance of exp(-40).
    assert!(counts.values().all(|count| count.abs_diff(1000) < 40));
    assert!(key_threshold(&query(), loss()) < 20);
}

#[test]
fn a_charge_pays_for_its_own_keys_only() {
    let more = KeyQuery::new("countries", 3).unwrap();
    let counts = KeyAccumulator::new(query()).finish();
    assert!(counts.release(free_key_charge(&more, loss())).is_err());
    let nobody = KeyAccumulator::new(query()).finish();
    let shown = nobody.release(free_key_charge(&query(), loss())).unwrap();
    assert!(shown.value().is_empty());
}
