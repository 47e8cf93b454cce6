use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use erewhon_types::Local;

use super::*;
use crate::cases::{Case, any_case};

const FAR: [(f64, f64); 3] = [(0.0, 0.0), (5_000.0, 0.0), (0.0, 9_000.0)];

fn found(case: &Case) -> Anchors {
    anchors(&case.track(), &AnchorRule::signalling())
}

fn cells(found: &Anchors) -> [Option<u32>; 3] {
    [found.home, found.work, found.other].map(|a| a.map(|a| a.cell.0))
}

#[test]
fn nights_are_home_and_weekday_mornings_are_work() {
    let case = Case::of(
        &FAR,
        7,
        &[
            (0, 2, 0),
            (1, 3, 0),
            (0, 10, 1),
            (1, 15, 1),
            (1, 19, 2),
            (5, 10, 2),
        ],
    );
    let found = found(&case);
    assert_eq!(cells(&found), [Some(0), Some(1), Some(2)]);
    let home = found.home.unwrap();
    assert_eq!((home.days, home.share), (2, 1.0));
    assert_eq!(found.other.unwrap().days, 2);
}

#[test]
fn sparse_records_fall_back_and_say_so() {
    // No night at all: evenings and weekends tell home.
    let evenings = Case::of(
        &FAR,
        7,
        &[(0, 20, 2), (1, 21, 2), (0, 10, 1), (1, 10, 1), (2, 10, 1)],
    );
    let found_there = found(&evenings);
    assert_eq!(cells(&found_there), [Some(2), Some(1), None]);
    assert_eq!(found_there.home.unwrap().days, 0);

    // A single event is still the best guess at home.
    let single = Case::of(&FAR, 7, &[(3, 10, 1)]);
    assert_eq!(cells(&found(&single)), [Some(1), None, None]);
    assert_eq!(found(&Case::of(&FAR, 7, &[])), Anchors::default());
    assert_eq!(found(&Case::of(&FAR, 7, &[(9, 10, 1)])), Anchors::default());
}

#[test]
fn somebody_seen_only_at_home_works_there() {
    let case = Case::of(&FAR, 7, &[(0, 2, 0), (1, 2, 0), (0, 10, 0), (1, 10, 0)]);
    assert_eq!(cells(&found(&case)), [Some(0), Some(0), None]);
}

#[test]
fn near_cells_are_one_place_and_ties_go_to_the_lowest_row() {
    // Cells 1 and 2 stand 400 m apart: together they win over cell 0, which has more days alone.
    let near = [(0.0, 0.0), (5_000.0, 0.0), (5_400.0, 0.0)];
    let nights = [
        (0, 1, 0),
        (1, 1, 0),
        (2, 1, 1),
        (3, 1, 2),
        (4, 1, 2),
        (5, 1, 1),
    ];
    let found_there = found(&Case::of(&near, 7, &nights));
    assert_eq!(cells(&found_there), [Some(1), None, Some(0)]);
    assert_eq!(found_there.home.unwrap().days, 4);

    let tie = Case::of(&FAR, 7, &[(0, 1, 2), (1, 1, 2), (2, 1, 1), (3, 1, 1)]);
    assert_eq!(found(&tie).home.unwrap().cell, CellIx(1));
}

#[test]
fn weekends_are_no_evidence_of_work() {
    let case = Case::of(&FAR, 7, &[(0, 1, 0), (1, 1, 0), (5, 10, 1), (6, 10, 1)]);
    assert_eq!(cells(&found(&case)), [Some(0), None, Some(1)]);
}

#[test]
fn no_evidence_is_never_enough() {
    let rule = AnchorRule {
        min_days: 0,
        ..AnchorRule::signalling()
    };
    let case = Case::of(&FAR, 7, &[(0, 20, 0), (1, 20, 1)]);
    assert_eq!(anchors(&case.track(), &rule).work, None);
}

#[test]
fn presets_cover_the_hours_they_name() {
    let hours = |set: HourSet| {
        (0..24)
            .filter(|h| set.hours >> h & 1 == 1)
            .collect::<Vec<_>>()
    };
    let nights = AnchorRule::nights();
    assert_eq!(
        hours(nights.home),
        [0, 1, 2, 3, 4, 5, 6, 19, 20, 21, 22, 23]
    );
    assert_eq!(hours(nights.work), [13, 14, 15, 16]);
    assert_eq!(
        hours(AnchorRule::signalling().work),
        [9, 10, 11, 14, 15, 16]
    );
}

/// The rule once more with sets of days, for the property test.
fn slow(case: &Case, rule: &AnchorRule) -> [Option<u32>; 3] {
    let in_set = |set: HourSet, local: Local| {
        (0..24).any(|h| set.hours & (1 << h) != 0 && local.minute / 60 == h)
            && !(set.workdays_only && case.calendar.weekday(local.day) >= 5)
    };
    let seen: Vec<(u32, Local)> = case
        .events
        .iter()
        .filter_map(|e| Some((e.cell.0, case.calendar.local(e.time_utc_ms)?)))
        .collect();
    let rank = |cells: &BTreeSet<u32>, lead: u32, keep: &dyn Fn(Local) -> bool| {
        let mine = seen.iter().filter(|(c, l)| cells.contains(c) && keep(*l));
        let days: BTreeSet<u16> = mine.clone().map(|(_, l)| l.day).collect();
        (days.len(), mine.count(), -i64::from(lead))
    };
    let mut order: Vec<u32> = seen.iter().map(|(c, _)| *c).collect();
    order.sort_unstable();
    order.dedup();
    order.sort_by_key(|&c| std::cmp::Reverse(rank(&BTreeSet::from([c]), c, &|_| true)));
    let mut places: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for cell in order {
        let near = |lead: u32| case.cells.distance_m(CellIx(lead), CellIx(cell)) <= rule.radius_m;
        match places.iter_mut().find(|(lead, _)| near(*lead)) {
            Some((_, members)) => drop(members.insert(cell)),
            None => places.push((cell, BTreeSet::from([cell]))),
        }
    }
    let best = |keep: &dyn Fn(Local) -> bool, min: u16, not: &[Option<u32>]| {
        let ranked: BTreeMap<_, u32> = places
            .iter()
            .filter(|(lead, _)| !not.contains(&Some(*lead)))
            .map(|(lead, members)| (rank(members, *lead, keep), *lead))
            .filter(|(r, _)| r.0 >= usize::from(min))
            .collect();
        ranked.into_values().next_back()
    };
    let (at_home, at_work) = (|l| in_set(rule.home, l), |l| in_set(rule.work, l));
    let min = rule.min_days;
    let home = best(&at_home, min, &[])
        .or_else(|| best(&|l| !at_work(l), min, &[]))
        .or_else(|| best(&|_| true, 1, &[]));
    let work = best(&at_work, min, &[home]).or_else(|| best(&at_work, min, &[]));
    [home, work, best(&|_| true, 1, &[home, work])]
}

proptest! {
    #[test]
    fn anchors_agree_with_the_slow_rule(case in any_case()) {
        for rule in [AnchorRule::signalling(), AnchorRule::nights()] {
            let fast = anchors(&case.track(), &rule);
            prop_assert_eq!(cells(&fast), slow(&case, &rule));
            for anchor in [fast.home, fast.work, fast.other].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&anchor.share));
                prop_assert!(anchor.days <= case.calendar.days());
            }
        }
    }
}
