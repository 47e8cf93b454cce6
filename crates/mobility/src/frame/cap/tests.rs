//! What counts of one subscriber, for every family, against its own words.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    Contribution,
    cases::{Case, any_case, dense_case},
    families,
};

/// Every kernel of a table, over the cells of a case.
fn kernels(case: &Case) -> Vec<Box<dyn Kernel>> {
    let ground = case.ground();
    let kernels = families().iter().filter_map(|f| f.kernel(&ground));
    kernels.collect()
}

/// The usual caps of a kernel, and some that are smaller.
fn caps(kernel: &dyn Kernel, public: &Public<'_>, entries: u32, amount: u32) -> Vec<Cap> {
    let subscribers = Cap::of_subscribers(kernel, public);
    let amounts = Cap::of_amounts(kernel, public);
    let mut caps = vec![Cap::new(entries, vec![1]).unwrap(), subscribers];
    if let Some(amounts) = amounts {
        let fewer = amounts.amounts().iter().map(|&most| most.min(amount));
        caps.push(Cap::new(entries, fewer.collect()).unwrap());
        caps.push(amounts);
    }
    caps
}

/// How far a subscriber moves a table of units: entries, the largest of them, and the L1 and squared L2 norms.
fn moved(units: &[(u64, u32)]) -> (usize, u32, u128, u128) {
    let mut sums = BTreeMap::<u64, u32>::new();
    for &(entry, units) in units {
        *sums.entry(entry).or_default() += units;
    }
    let values = || sums.values().map(|&units| u128::from(units));
    (
        sums.len(),
        sums.values().copied().max().unwrap_or(0),
        values().sum(),
        values().map(|units| units * units).sum(),
    )
}

fn check(case: &Case, entries: u32, amount: u32) -> std::result::Result<(), TestCaseError> {
    let public = case.public();
    let track = case.track();
    for kernel in kernels(case) {
        let mut one = Contribution::over(&kernel, &public);
        kernel.contribution(&track, &mut one);
        let exact = one.entries().to_vec();
        for cap in caps(&kernel, &public, entries, amount) {
            let units = cap.units(track.subscriber(), &exact);
            let (k, c) = (u128::from(cap.entries()), u128::from(cap.most_units()));
            let (changed, largest, l1, squares) = moved(&units);
            let name = kernel.name();
            prop_assert!(changed as u128 <= k, "{name}: {changed} entries of {k}");
            prop_assert!(u128::from(largest) <= c, "{name}: {largest} of {c}");
            prop_assert!(l1 <= k * c, "{name}: L1 {l1}");
            prop_assert!(squares <= k * c * c, "{name}: L2 squared {squares}");
            // No more is left out than has to be.
            prop_assert_eq!(changed, exact.len().min(cap.entries() as usize), "{}", name);
            let exact: BTreeMap<u64, u32> = exact.iter().copied().collect();
            for (entry, units) in units {
                let most = cap.amounts()[entry as usize % cap.amounts().len()];
                let whole = exact[&entry].min(most) * cap.units_of_one(entry);
                prop_assert_eq!(units, whole, "{}", name);
            }
        }
    }
    Ok(())
}

proptest! {
    /// A table without a subscriber is zero where nobody else is: what they add is what they change.
    #[test]
    fn one_subscriber_changes_few_entries_by_little_in_every_family(
        case in any_case(), entries in 1u32..6, amount in 1u32..4,
    ) {
        check(&case, entries, amount)?;
    }

    #[test]
    fn so_does_one_who_is_seen_all_the_time(
        case in dense_case(), entries in 1u32..4, amount in 1u32..4,
    ) {
        check(&case, entries, amount)?;
    }
}

#[test]
fn the_entries_that_count_are_no_earlier_ones_than_others() {
    let cap = Cap::new(10, vec![1]).unwrap();
    let all: Vec<(u64, u32)> = (0..40).map(|entry| (entry, 3)).collect();
    let mut counted = [0_u32; 40];
    for subscriber in 0..4_000 {
        // Pseudonyms are pseudorandom; these are consecutive, which is worse.
        for (entry, units) in cap.units(Subscriber::new(subscriber), &all) {
            assert_eq!(units, 1);
            counted[entry as usize] += 1;
        }
    }
    // 1,000 expected each, of standard deviation 27: 5.5 of them, a false alarm in 10^6 over forty.
    assert!(
        counted.iter().all(|&n| n.abs_diff(1_000) < 150),
        "{counted:?}"
    );
    let again = cap.units(Subscriber::new(7), &all);
    assert_eq!(again, cap.units(Subscriber::new(7), &all));
}

#[test]
fn a_cap_of_nothing_is_refused() {
    for (entries, amounts) in [(0, vec![1]), (1, vec![0]), (1, vec![]), (2, vec![5, 0])] {
        let refused = Cap::new(entries, amounts).unwrap_err();
        assert_eq!(refused.kind().exit_code(), 2);
        assert!(refused.message().contains("`0`"), "{refused}");
    }
}

#[test]
fn measures_bear_noise_in_proportion_to_what_counts_of_each() {
    let cap = Cap::new(3, vec![1, 50_000, 250_000]).unwrap();
    assert_eq!(cap.most_units(), 250_000);
    let units = cap.units(Subscriber::new(1), &[(3, 1), (4, 70_000), (5, 300_000)]);
    assert_eq!(units, [(3, 250_000), (4, 250_000), (5, 250_000)]);
    assert_eq!(cap.units_of_one(4), 5);
}

/// The usual caps of all families in a window of 28 days from a Monday and a thousand zones, as in the docs.
#[test]
fn the_usual_caps_are_those_of_the_docs() {
    let places: Vec<(f64, f64)> = (0..1_000).map(|i| (f64::from(i) * 900.0, 0.0)).collect();
    let case = Case::of(&places, 28, &[]);
    let public = case.public();
    let mut entries = BTreeMap::<u32, Vec<String>>::new();
    let mut amounts = BTreeMap::<String, BTreeMap<Span, u32>>::new();
    for kernel in kernels(&case) {
        let of = entries
            .entry(Cap::of_subscribers(&kernel, &public).entries())
            .or_default();
        of.push(format!("`{}`", kernel.name()));
        let Some(cap) = Cap::of_amounts(&kernel, &public) else {
            continue;
        };
        let axes = kernel.axes();
        let entry = Span::of(&axes, &public);
        let amount = [kernel.amount().unwrap()];
        let words = measures(&axes).unwrap_or(&amount);
        for (word, most) in words.iter().zip(cap.amounts()) {
            let before = amounts
                .entry((*word).to_owned())
                .or_default()
                .insert(entry, *most);
            assert!(before.is_none_or(|before| before == *most), "{word}");
        }
    }
    let mut text = "| entries of one | families |\n|---|---|\n".to_owned();
    for (entries, names) in entries {
        text += &format!("| {entries} | {} |\n", names.join(", "));
    }
    text += "\n| amount or measure | in an entry by day | by hour of the week | in another |\n|---|---|---|---|\n";
    let said = |most: Option<&u32>| most.map_or_else(|| "-".to_owned(), u32::to_string);
    for (word, most) in amounts {
        // The window has four weeks.
        let of = [Span::Day, Span::Hours(4), Span::Window].map(|span| said(most.get(&span)));
        text += &format!("| `{word}` | {} |\n", of.join(" | "));
    }
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mobility.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    assert!(docs.contains(&text), "docs/mobility.md should have\n{text}");
}
