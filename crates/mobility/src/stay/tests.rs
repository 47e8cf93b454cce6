use std::collections::BTreeMap;

use erewhon_events::{Event, EventKind};
use erewhon_types::{CellIx, Local};
use proptest::prelude::*;

use super::*;
use crate::{
    Definitions,
    cases::{Case, any_case, dense_case},
};

const LINE: [(f64, f64); 4] = [(0.0, 0.0), (400.0, 0.0), (800.0, 0.0), (9_000.0, 0.0)];

/// Events of one day at (minute, cell).
fn day(places_m: &[(f64, f64)], events: &[(u16, u32)]) -> Case {
    let mut case = Case::of(places_m, 3, &[]);
    let at = |&(minute, cell): &(u16, u32)| {
        let utc_ms = case.calendar.utc_ms(Local { day: 0, minute });
        Event::at(utc_ms, CellIx(cell), EventKind::Data)
    };
    case.events = events.iter().map(at).collect();
    case
}

/// Cell, first and last minute of each stay.
fn found(case: &Case) -> Vec<(u32, i64, i64)> {
    let minute = |utc_ms: i64| (utc_ms - case.calendar.start_utc_ms()) / 60_000;
    let of = |stay: &Stay| {
        (
            stay.cell.0,
            minute(stay.arrive_utc_ms),
            minute(stay.leave_utc_ms),
        )
    };
    case.track().stays().iter().map(of).collect()
}

#[test]
fn a_stay_needs_its_time() {
    assert_eq!(found(&day(&LINE, &[(0, 0), (29, 0)])), []);
    assert_eq!(found(&day(&LINE, &[(0, 0), (30, 0)])), [(0, 0, 30)]);
    assert_eq!(found(&day(&LINE, &[(0, 0)])), []);
    assert_eq!(found(&day(&LINE, &[])), []);
}

#[test]
fn the_radius_is_about_the_leading_cell_and_the_most_seen_one_names_it() {
    let near = day(&LINE, &[(0, 0), (20, 1), (25, 1), (40, 1)]);
    assert_eq!(found(&near), [(1, 0, 40)]);
    // Cell 2 is near cell 1 and far from cell 0, which leads.
    let creeping = day(&LINE, &[(0, 0), (20, 1), (40, 2), (60, 2)]);
    assert_eq!(found(&creeping), [(2, 20, 60)]);
}

#[test]
fn a_short_excursion_ends_no_stay_and_a_long_one_does() {
    let swings = day(
        &LINE,
        &[(0, 0), (10, 0), (12, 3), (15, 0), (17, 3), (20, 0), (40, 0)],
    );
    assert_eq!(found(&swings), [(0, 0, 40)]);
    assert_eq!(swings.track().stays()[0].events(), 0..7);
    assert!(swings.track().trips().is_empty());
    let leaves = day(&LINE, &[(0, 0), (31, 0), (33, 3), (37, 0), (68, 0)]);
    assert_eq!(found(&leaves), [(0, 0, 31), (0, 37, 68)]);
    assert!(leaves.track().trips().is_empty());
}

#[test]
fn silence_of_half_a_day_belongs_to_the_stay_and_more_does_not() {
    let half = 12 * 60;
    assert_eq!(found(&day(&LINE, &[(0, 0), (half, 0)])), [(0, 0, 720)]);
    assert_eq!(found(&day(&LINE, &[(0, 0), (half + 1, 0)])), []);
}

#[test]
fn a_trip_leads_from_stay_to_stay() {
    let case = day(
        &LINE,
        &[(0, 0), (60, 0), (70, 1), (80, 2), (90, 3), (150, 3)],
    );
    let (track, at) = (case.track(), |minute| {
        case.calendar.utc_ms(Local { day: 0, minute })
    });
    let trip = Trip {
        from: 0,
        from_cell: CellIx(0),
        to_cell: CellIx(3),
        depart_utc_ms: at(70),
        arrive_utc_ms: at(90),
        distance_m: 9_000.0,
    };
    assert_eq!(track.trips(), [trip]);
}

#[test]
fn a_clock_change_moves_no_dwell() {
    // 2026-03-29 in Berlin has 23 hours: from midnight to 6:00 are 5 of them.
    let mut case = Case::of(&LINE, 1, &[]);
    let window = erewhon_types::Window::parse("2026-03-29", 1, "Europe/Berlin").unwrap();
    case.calendar = erewhon_types::Calendar::new(&window).unwrap();
    let at = |minute| {
        let utc_ms = case.calendar.utc_ms(Local { day: 0, minute });
        Event::at(utc_ms, CellIx(0), EventKind::Data)
    };
    case.events = vec![at(0), at(6 * 60)];
    assert_eq!(case.track().stays()[0].dwell_ms(), 5 * 3_600_000);
}

/// A million events in turn at two cells far apart, within the least time of a stay.
#[test]
fn a_flood_between_two_cells_takes_linear_time() {
    let mut case = Case::of(&LINE, 1, &[]);
    let start = case.calendar.start_utc_ms();
    let at = |i: i64| Event::at(start + i, CellIx(3 * (i % 2) as u32), EventKind::Data);
    case.events = (0..1_000_000).map(at).collect();
    assert!(case.track().stays().is_empty());
}

/// The rule once more, event by event.
fn slow(case: &Case, rule: &StayRule) -> Vec<(u32, usize, usize)> {
    let window = case.calendar.start_utc_ms()..case.calendar.end_utc_ms();
    let inside = case
        .events
        .iter()
        .filter(|e| window.contains(&e.time_utc_ms));
    let events: Vec<(i64, CellIx)> = inside.map(|e| (e.time_utc_ms / 1000, e.cell)).collect();
    let (mut stays, mut first) = (Vec::new(), 0);
    while first < events.len() {
        let near = |cell: CellIx| case.cells.distance_m(events[first].1, cell) <= rule.radius_m;
        let mut taken = vec![first];
        loop {
            let last = taken[taken.len() - 1];
            let Some(next) = (last + 1..events.len()).find(|&next| near(events[next].1)) else {
                break;
            };
            let most = if next == last + 1 {
                rule.max_gap_s
            } else {
                rule.max_excursion_s
            };
            if events[next].0 - events[last].0 > i64::from(most) {
                break;
            }
            taken.push(next);
        }
        let last = taken[taken.len() - 1];
        if events[last].0 - events[first].0 < i64::from(rule.min_s) {
            first += 1;
            continue;
        }
        let mut seen = BTreeMap::<u32, usize>::new();
        for &event in &taken {
            *seen.entry(events[event].1.0).or_default() += 1;
        }
        let cell = seen
            .into_iter()
            .rev()
            .max_by_key(|&(_, events)| events)
            .unwrap()
            .0;
        stays.push((cell, first, last));
        first = last + 1;
    }
    stays
}

fn any_rule() -> impl Strategy<Value = StayRule> {
    let radius_m = prop_oneof![Just(0.0), Just(500.0), Just(1_200.0)];
    let seconds = |choices: &'static [u32]| prop::sample::select(choices);
    let (min, gap) = (seconds(&[0, 600, 1_800]), seconds(&[600, 3_600, 43_200]));
    (radius_m, min, gap, seconds(&[0, 300, 3_600])).prop_map(
        |(radius_m, min_s, max_gap_s, max_excursion_s)| StayRule {
            radius_m,
            min_s,
            max_gap_s,
            max_excursion_s,
        },
    )
}

proptest! {
    #[test]
    fn stays_agree_with_the_slow_rule(
        case in prop_oneof![any_case().boxed(), dense_case().boxed()],
        rule in any_rule(),
    ) {
        let definitions = Definitions { stays: rule, ..Definitions::default() };
        let track = case.track_by(&definitions);
        let stays = track.stays();
        let short = |s: &Stay| (s.cell.0, s.first as usize, s.last as usize);
        prop_assert_eq!(stays.iter().map(short).collect::<Vec<_>>(), slow(&case, &rule));
        let mut trips = track.trips().iter();
        for (from, pair) in (0..).zip(stays.windows(2)) {
            prop_assert!(pair[0].leave_utc_ms <= pair[1].arrive_utc_ms);
            let distance_m = case.cells.distance_m(pair[0].cell, pair[1].cell);
            if distance_m > rule.radius_m {
                let trip = trips.next().unwrap();
                prop_assert_eq!((trip.from, trip.distance_m), (from, distance_m));
                prop_assert_eq!(trip.depart_utc_ms, pair[0].leave_utc_ms);
                prop_assert_eq!(trip.arrive_utc_ms, pair[1].arrive_utc_ms);
            }
        }
        prop_assert!(trips.next().is_none());
    }
}
