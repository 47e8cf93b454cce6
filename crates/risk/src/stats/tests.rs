use super::*;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn close(rate: Rate, low: f64, high: f64) {
    assert!((rate.low - low).abs() < 5e-4, "{rate:?}");
    assert!((rate.high - high).abs() < 5e-4, "{rate:?}");
}

#[test]
fn wilson_meets_published_values() {
    // Newcombe 1998 (Stat Med 17:857), table I, method 3; and 8 of 10 by hand.
    close(Rate::of(81, 263).unwrap(), 0.2553, 0.3662);
    close(Rate::of(15, 148).unwrap(), 0.0624, 0.1605);
    close(Rate::of(0, 20).unwrap(), 0.0, 0.1611);
    close(Rate::of(1, 29).unwrap(), 0.0061, 0.1718);
    close(Rate::of(8, 10).unwrap(), 0.4902, 0.9433);
    close(Rate::of(10, 10).unwrap(), 0.7225, 1.0);
}

#[test]
fn nothing_tried_is_no_rate() {
    assert_eq!(Rate::of(0, 0), None);
    assert_eq!(Rate::of(2, 1), None);
    assert_eq!(Rate::of_targets(0, 5, 0), None);
}

#[test]
fn several_draws_of_a_person_do_not_narrow_the_interval() {
    let once = Rate::of(80, 100).unwrap();
    let tenfold = Rate::of_targets(800, 1000, 100).unwrap();
    assert_eq!((once.low, once.high), (tenfold.low, tenfold.high));
}

#[test]
fn excess_is_the_share_of_the_way_from_control_to_certainty() {
    let excess = |a, b| Excess::between(&Rate::of(a, 1000).unwrap(), &Rate::of(b, 1000).unwrap());
    let half = excess(600, 200).unwrap();
    assert!((half.value - 0.5).abs() < 1e-12);
    assert!(half.low > 0.43 && half.high < 0.57, "{half:?}");
    assert!(excess(1000, 0).unwrap().low > 0.99);
    assert_eq!(excess(1000, 1000), None);
    assert_eq!(excess(10, 1000), None);
    let none = excess(0, 0).unwrap();
    assert!(none.value == 0.0 && none.low < 0.0 && none.high > 0.0);
}

proptest! {
    #[test]
    fn intervals_hold_their_estimate_and_are_finite(
        (n, a) in (1u64..3000).prop_flat_map(|n| (Just(n), 0..=n)),
        (m, b) in (1u64..3000).prop_flat_map(|m| (Just(m), 0..=m)),
    ) {
        let (members, control) = (Rate::of(a, n).unwrap(), Rate::of(b, m).unwrap());
        prop_assert!(0.0 <= members.low && members.low <= members.share());
        prop_assert!(members.share() <= members.high && members.high <= 1.0);
        match Excess::between(&members, &control) {
            None => prop_assert!(m - b < m.div_ceil(10), "{b} of {m}"),
            Some(e) => {
                prop_assert!(e.low.is_finite() && e.high.is_finite());
                prop_assert!(e.low <= e.value + 1e-12 && e.value <= e.high + 1e-12, "{:?}", e);
                prop_assert!(e.high <= 1.0);
            }
        }
    }
}

/// Share of simulated studies whose interval covers the truth.
fn coverage(members: f64, control: f64, n: u64, m: u64) -> f64 {
    const STUDIES: u32 = 2000;
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let truth = (members - control) / (1.0 - control);
    let mut hits = |p: f64, tries: u64| (0..tries).filter(|_| rng.random_bool(p)).count() as u64;
    let covered = (0..STUDIES).filter(|_| {
        let a = Rate::of(hits(members, n), n).unwrap();
        let c = Rate::of(hits(control, m), m).unwrap();
        Excess::between(&a, &c).is_some_and(|e| e.low <= truth && truth <= e.high)
    });
    covered.count() as f64 / f64::from(STUDIES)
}

/// With 2,000 studies the standard error of a coverage of .95 is .005. Allowed: .935 and more, so a
/// right interval fails with odds of about 1 in 1,000 per line if the seed were redrawn.
#[test]
fn the_excess_interval_covers_the_truth() {
    for (members, control, n, m) in [
        (0.02, 0.02, 400, 100),
        (0.50, 0.50, 400, 100),
        (0.85, 0.75, 400, 100),
        (0.60, 0.10, 100, 100),
        (0.99, 0.30, 300, 60),
    ] {
        let seen = coverage(members, control, n, m);
        assert!(seen > 0.935, "{members} {control}: {seen}");
    }
}

/// A hit rate that differs from person to person makes draws dependent: counted per draw the
/// interval would cover far too rarely, counted per person it must not.
#[test]
fn intervals_over_dependent_draws_still_cover() {
    const STUDIES: u64 = 1000;
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let (mut by_person, mut by_draw) = (0, 0);
    for _ in 0..STUDIES {
        // Half of the people are always hit, the others never: ten draws of each say nothing new.
        let hits: u64 = (0..60).map(|_| 10 * u64::from(rng.random_bool(0.5))).sum();
        let covers = |rate: Rate| u32::from(rate.low <= 0.5 && 0.5 <= rate.high);
        by_person += covers(Rate::of_targets(hits, 600, 60).unwrap());
        by_draw += covers(Rate::of(hits, 600).unwrap());
    }
    assert!(by_person > 930, "{by_person} of {STUDIES}");
    assert!(by_draw < 600, "{by_draw} of {STUDIES}");
}

proptest! {
    #[test]
    fn auc_agrees_with_comparing_all_pairs(
        first in prop::collection::vec(0u8..5, 1..20),
        second in prop::collection::vec(0u8..5, 1..20),
    ) {
        let [first, second] = [first, second].map(|v| v.into_iter().map(f64::from).collect::<Vec<_>>());
        let won = |a: f64, b: f64| if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
        let all: f64 = first.iter().flat_map(|&a| second.iter().map(move |&b| won(a, b))).sum();
        let slow = all / (first.len() * second.len()) as f64;
        prop_assert!((auc(&first, &second) - slow).abs() < 1e-12);
        let labelled = first.iter().map(|&s| (s, true)).chain(second.iter().map(|&s| (s, false)));
        prop_assert!((auc_of(labelled) - slow).abs() < 1e-12);
    }
}

/// Against sums of the binomial distribution, one term after the other.
#[test]
fn ends_that_are_exact_leave_out_what_they_say() {
    let odds_of = |from: u64, n: u64, p: f64| {
        let ways = |k: u64| {
            (1..=k)
                .map(|i| (n - k + i) as f64 / i as f64)
                .product::<f64>()
        };
        let term = |k: u64| ways(k) * p.powi(k as i32) * (1.0 - p).powi((n - k) as i32);
        (from..=n).map(term).sum::<f64>()
    };
    for n in [1, 7, 40] {
        for hits in 0..=n {
            let rate = Rate::of(hits, n).unwrap();
            for odds in [0.025, 1e-4] {
                let (low, high) = (rate.at_least(odds), rate.at_most(odds));
                assert!(low <= rate.share() && rate.share() <= high, "{hits} of {n}");
                if hits > 0 {
                    assert!((odds_of(hits, n, low) / odds - 1.0).abs() < 1e-6);
                } else {
                    assert_eq!(low, 0.0);
                }
                if hits < n {
                    let at_most_hits = 1.0 - odds_of(hits + 1, n, high);
                    assert!((at_most_hits / odds - 1.0).abs() < 1e-4);
                } else {
                    assert_eq!(high, 1.0);
                }
            }
        }
    }
    // Five tries each at ten people are ten, rounded down and up.
    let five = Rate::of_targets(14, 50, 10).unwrap();
    assert_eq!(five.at_least(0.01), Rate::of(2, 10).unwrap().at_least(0.01));
    assert_eq!(five.at_most(0.01), Rate::of(3, 10).unwrap().at_most(0.01));
    let many = Rate::of(1500, 2000).unwrap();
    assert!(many.at_least(1e-4) > 0.7 && many.at_most(1e-4) < 0.8);
}
