use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use erewhon_events::{Event, EventKind};
use erewhon_types::{Calendar, Local, Window};

use super::*;
use crate::cases::{Case, any_case, dense_case};

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

#[test]
fn stable_points_are_where_the_hours_are_spent() {
    let mut events = Vec::new();
    for day in 0..7 {
        events.extend([(day, 0, 0), (day, 5, 0), (day, 19, 1), (day, 22, 1)]);
        events.extend([(day, 10, 2), (day, 15, 2)]);
    }
    let case = Case::of(&FAR, 7, &events);
    let found = anchors(&case.track(), &AnchorRule::stable_points());
    assert_eq!(cells(&found), [Some(0), Some(2), Some(1)]);
    assert_eq!(
        found.home.map(|home| (home.days, home.share)),
        Some((7, 1.0))
    );
    assert_eq!(found.work.map(|work| work.days), Some(5));

    // Four days are too few, and nothing stands in for them.
    let few: Vec<_> = events.into_iter().filter(|event| event.0 < 4).collect();
    let found = anchors(
        &Case::of(&FAR, 7, &few).track(),
        &AnchorRule::stable_points(),
    );
    assert_eq!((found.home, found.work), (None, None));
    assert!(found.other.is_some());
}

#[test]
fn the_last_cells_of_days_vote_and_ties_go_to_the_latest() {
    // Last of the day: 0, 1, 0, 1. Most of the day: 2, 1, 0, 2.
    let case = Case::of(
        &FAR,
        7,
        &[
            (0, 9, 2),
            (0, 10, 2),
            (0, 20, 0),
            (1, 20, 1),
            (2, 20, 0),
            (3, 9, 2),
            (3, 10, 2),
            (3, 20, 1),
        ],
    );
    let home = |rule: AnchorRule| {
        anchors(&case.track(), &rule)
            .home
            .map(|a| (a.cell.0, a.days, a.share))
    };
    assert_eq!(home(AnchorRule::last_of_day()), Some((1, 2, 0.5)));
    assert_eq!(home(AnchorRule::modal_location()), Some((2, 2, 0.5)));
    assert_eq!(home(AnchorRule::majority_location()), None);
    assert_eq!(
        anchors(&case.track(), &AnchorRule::last_of_day()).work,
        None
    );
}

#[test]
fn night_events_count_and_any_hour_stands_in() {
    let home = |events: &[(u16, u16, u32)]| {
        let case = Case::of(&FAR, 7, events);
        anchors(&case.track(), &AnchorRule::night_events())
            .home
            .map(|a| a.cell.0)
    };
    let night = [
        (0, 22, 1),
        (0, 23, 1),
        (0, 6, 1),
        (1, 6, 0),
        (2, 6, 0),
        (3, 7, 2),
    ];
    assert_eq!(home(&night), Some(1));
    assert_eq!(home(&[(0, 7, 2), (0, 21, 2), (1, 12, 0)]), Some(2));
}

#[test]
fn further_places_follow_in_their_order() {
    let places = [(0.0, 0.0), (5e3, 0.0), (9e3, 0.0), (14e3, 0.0), (19e3, 0.0)];
    let case = Case::of(
        &places,
        7,
        &[
            (0, 1, 0),
            (1, 1, 0),
            (0, 20, 1),
            (1, 20, 1),
            (2, 20, 1),
            (0, 19, 2),
            (1, 19, 2),
            (0, 18, 3),
            (1, 18, 3),
            (2, 18, 3),
            (3, 18, 3),
            (0, 17, 4),
        ],
    );
    let found = anchors(&case.track(), &AnchorRule::signalling());
    assert_eq!(cells(&found), [Some(0), None, Some(3)]);
    let further: Vec<u32> = found.further.iter().map(|a| a.cell.0).collect();
    // Cell 4 was seen on one day only.
    assert_eq!(further, [1, 2]);
}

/// Dwell at cells 0 and 1 from `start` to `end` o'clock on two days in Berlin, told by 2 to 3 o'clock.
fn small_hours(first_day: &str, hours: [(u16, u16); 2]) -> Anchors {
    let mut case = Case::of(&FAR, 1, &[]);
    let window = Window::parse(first_day, 2, "Europe/Berlin").unwrap();
    case.calendar = Calendar::new(&window).unwrap();
    for (day, (start, end)) in (0..).zip(hours) {
        for hour in [start, end] {
            let local = Local {
                day,
                minute: 60 * hour,
            };
            let utc_ms = case.calendar.utc_ms(local);
            let event = Event::at(utc_ms, CellIx(u32::from(day)), EventKind::Data);
            case.events.push(event);
        }
    }
    let rule = AnchorRule {
        home: HourSet::of(&[(2, 3)], false),
        min_days: 1,
        ..AnchorRule::stable_points()
    };
    anchors(&case.track(), &rule)
}

#[test]
fn an_hour_that_comes_twice_counts_twice_and_one_that_does_not_come_never() {
    let autumn = small_hours("2026-10-25", [(1, 4), (1, 4)]).home.unwrap();
    assert_eq!((autumn.cell.0, autumn.share), (0, 2.0 / 3.0));
    let spring = small_hours("2026-03-29", [(1, 4), (1, 4)]).home.unwrap();
    assert_eq!((spring.cell.0, spring.share), (1, 1.0));
}

/// Evidence once more, for the moments that a filter keeps: (cell, day, weight).
fn evidence(case: &Case, rule: &AnchorRule, keep: &dyn Fn(Local) -> bool) -> Vec<(u32, u16, u64)> {
    let calendar = &case.calendar;
    let seen: Vec<(u32, Local)> = case
        .events
        .iter()
        .filter_map(|e| Some((e.cell.0, calendar.local(e.time_utc_ms)?)))
        .filter(|&(_, local)| keep(local))
        .collect();
    let one = |&(cell, local): &(u32, Local)| (cell, local.day, 1);
    match rule.evidence {
        Evidence::Days | Evidence::Events => seen.iter().map(one).collect(),
        // Minute by minute: the events of a case are at whole minutes.
        Evidence::Dwell => {
            let track = case.track();
            let minutes = track.stays().iter().flat_map(|stay| {
                (stay.arrive_utc_ms..stay.leave_utc_ms)
                    .step_by(60_000)
                    .map(move |utc_ms| (stay.cell.0, calendar.local(utc_ms).unwrap()))
            });
            let kept = minutes.filter(|&(_, local)| keep(local));
            kept.map(|(cell, local)| (cell, local.day, 60_000))
                .collect()
        }
        Evidence::FirstOfDay | Evidence::LastOfDay | Evidence::MostOfDay => (0..calendar.days())
            .filter_map(|day| {
                let today: Vec<u32> = seen
                    .iter()
                    .filter(|s| s.1.day == day)
                    .map(|s| s.0)
                    .collect();
                let last = *today.last()?;
                let count = |cell: u32| today.iter().filter(|&&c| c == cell).count();
                let most = today.iter().map(|&cell| count(cell)).max()?;
                let latest = today
                    .iter()
                    .rev()
                    .copied()
                    .find(|&cell| count(cell) == most)?;
                let vote = match rule.evidence {
                    Evidence::FirstOfDay => today[0],
                    Evidence::LastOfDay => last,
                    _ => latest,
                };
                Some((vote, day, 1))
            })
            .collect(),
    }
}

/// The rule once more with sets of days.
fn slow(case: &Case, rule: &AnchorRule) -> [Option<(u32, f32)>; 3] {
    let in_set = |set: HourSet, local: Local| {
        (0..24).any(|h| set.hours & (1 << h) != 0 && local.minute / 60 == h)
            && !(set.workdays_only && case.calendar.weekday(local.day) >= 5)
    };
    let any: &dyn Fn(Local) -> bool = &|_| true;
    let rank = |cells: &BTreeSet<u32>, lead: u32, keep: &dyn Fn(Local) -> bool| {
        let seen = evidence(case, rule, keep);
        let mine = seen.iter().filter(|(cell, ..)| cells.contains(cell));
        let days: BTreeSet<u16> = mine.clone().map(|(_, day, _)| *day).collect();
        let weight: u64 = mine.map(|(.., weight)| weight).sum();
        let (n, latest) = (
            days.len() as u64,
            days.last().map_or(0, |&day| u64::from(day) + 1),
        );
        let better = match rule.evidence {
            Evidence::Days | Evidence::Dwell => (n, weight),
            Evidence::Events => (weight, n),
            Evidence::FirstOfDay | Evidence::LastOfDay | Evidence::MostOfDay => (n, latest),
        };
        let total: u64 = seen.iter().map(|(.., weight)| weight).sum();
        let share = weight as f64 / total.max(1) as f64;
        ((better, -i64::from(lead)), n, share)
    };
    let mut order: Vec<u32> = evidence(case, rule, any).iter().map(|of| of.0).collect();
    order.sort_unstable();
    order.dedup();
    order.sort_by_key(|&c| std::cmp::Reverse(rank(&BTreeSet::from([c]), c, any).0));
    let mut places: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for cell in order {
        let near = |lead: u32| case.cells.distance_m(CellIx(lead), CellIx(cell)) <= rule.radius_m;
        match places.iter_mut().find(|(lead, _)| near(*lead)) {
            Some((_, members)) => drop(members.insert(cell)),
            None => places.push((cell, BTreeSet::from([cell]))),
        }
    }
    let best = |keep: &dyn Fn(Local) -> bool, min: u16, over: f64, not: &[Option<u32>]| {
        let ranked: BTreeMap<_, u32> = places
            .iter()
            .filter(|(lead, _)| !not.contains(&Some(*lead)))
            .map(|(lead, members)| (rank(members, *lead, keep), *lead))
            .filter(|((_, days, share), _)| *days >= u64::from(min) && *share > over)
            .map(|((rank, ..), lead)| (rank, lead))
            .collect();
        ranked.into_values().next_back()
    };
    let (at_home, at_work) = (|l| in_set(rule.home, l), |l| in_set(rule.work, l));
    let (min, over) = (rule.min_days, rule.more_than_share);
    let mut home = best(&at_home, min, over, &[]);
    if rule.falls_back {
        home = home
            .or_else(|| best(&|l| !at_work(l), min, 0.0, &[]))
            .or_else(|| best(any, 1, 0.0, &[]));
    }
    let work = best(&at_work, min, over, &[home]).or_else(|| best(&at_work, min, over, &[]));
    let found = [home, work, best(any, 1, 0.0, &[home, work])];
    let hours: [&dyn Fn(Local) -> bool; 3] = [&at_home, &at_work, any];
    let mut hours = hours.into_iter();
    found.map(|lead| {
        let keep = hours.next().unwrap();
        let lead = lead?;
        let (_, members) = places.iter().find(|place| place.0 == lead).unwrap();
        Some((lead, rank(members, lead, keep).2 as f32))
    })
}

proptest! {
    #[test]
    fn anchors_agree_with_the_slow_rule(
        case in prop_oneof![any_case().boxed(), dense_case().boxed()],
    ) {
        let few = AnchorRule { min_days: 1, ..AnchorRule::stable_points() };
        for (name, rule) in AnchorRule::PRESETS.into_iter().chain([("few", few)]) {
            let fast = anchors(&case.track(), &rule);
            let found = [fast.home, fast.work, fast.other].map(|a| a.map(|a| (a.cell.0, a.share)));
            prop_assert_eq!(found, slow(&case, &rule), "{}", name);
            for anchor in [fast.home, fast.work, fast.other].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&anchor.share));
                prop_assert!(anchor.days <= case.calendar.days());
            }
        }
    }
}
