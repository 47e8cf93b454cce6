//! Who moves where: residents, moves, pairs, journeys, distances, classes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Period;

const WEEK_MS: i64 = 7 * 86_400_000;

/// Day, zone and time of every event inside the window.
fn events(case: &Case, zones: &Zoning) -> Vec<(u32, u32, i64)> {
    let inside = case.events.iter().filter_map(|event| {
        let day = case.calendar.local(event.time_utc_ms)?.day;
        Some((u32::from(day), zones.of(event.cell).0, event.time_utc_ms))
    });
    inside.collect()
}

/// Borders of periods up to a day, from the second day on.
fn period(case: &Case, by: Period, day: u32) -> u32 {
    let first = case.calendar.window().first_day;
    let begins = |day: &u32| {
        let date = first.checked_add(jiff::Span::new().days(*day)).unwrap();
        match by {
            Period::Day => true,
            Period::Week => date.weekday() == jiff::civil::Weekday::Monday,
            Period::Month => date.day() == 1,
            Period::Window => false,
        }
    };
    (1..=day).filter(begins).count() as u32
}

/// For each period the zone that is the last of most days, the latest on a tie.
fn residents(case: &Case, zones: &Zoning, by: Period) -> BTreeMap<u32, u32> {
    let lasts: BTreeMap<u32, u32> = events(case, zones)
        .into_iter()
        .map(|e| (e.0, e.1))
        .collect();
    let mut of_periods = BTreeMap::<u32, Vec<(u32, u32)>>::new();
    for (day, zone) in lasts {
        of_periods
            .entry(period(case, by, day))
            .or_default()
            .push((day, zone));
    }
    let most = |days: Vec<(u32, u32)>| {
        let votes = |zone: u32| days.iter().filter(|day| day.1 == zone).count();
        days.iter()
            .map(|&(day, zone)| (votes(zone), day, zone))
            .max()
            .unwrap()
            .2
    };
    of_periods
        .into_iter()
        .map(|(period, days)| (period, most(days)))
        .collect()
}

fn moved(residents: &BTreeMap<u32, u32>) -> Vec<[u32; 3]> {
    let into = |(&period, &to): (&u32, &u32)| {
        let from = *residents.get(&period.checked_sub(1)?)?;
        (from != to).then_some([period, from, to])
    };
    residents.iter().filter_map(into).collect()
}

/// Windows that begin on any day of the year, a few months long.
fn long_case() -> impl Strategy<Value = Case> {
    (
        any_case(),
        0u32..365,
        prop::collection::vec((0i64..80, 0i64..1440, 0u32..6), 0..60),
    )
        .prop_map(|(mut case, day, events)| {
            let first: jiff::civil::Date = "2026-01-01".parse().unwrap();
            let first = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let window = Window::parse(&first.to_string(), 70, "Europe/Berlin").unwrap();
            case.calendar = Calendar::new(&window).unwrap();
            let cells = case.cells.len() as u32;
            let at = |(day, minute, cell): (i64, i64, u32)| {
                let utc_ms = case.calendar.start_utc_ms() + (day * 1440 + minute) * 60_000;
                Event::at(utc_ms, CellIx(cell % cells), EventKind::Data)
            };
            case.events = events.into_iter().map(at).collect();
            case.events.sort_by_key(|event| event.time_utc_ms);
            case
        })
}

proptest! {
    #[test]
    fn residents_and_moves(case in prop_oneof![any_case().boxed(), long_case().boxed()]) {
        let zones = halves(&case);
        for by in [Period::Day, Period::Week, Period::Month, Period::Window] {
            let slow = residents(&case, &zones, by);
            let at = |(&period, &zone): (&u32, &u32)| {
                let axes = [period, zone];
                (axes[usize::from(by == Period::Window)..].to_vec(), 1)
            };
            let kernel = Residents { name: "residents", zones: Arc::clone(&zones), by };
            prop_assert_eq!(said(&kernel, &case), slow.iter().map(at).collect());
            if by != Period::Window {
                let kernel = Moves { name: "moves", zones: Arc::clone(&zones), by };
                let slow = moved(&slow).into_iter().map(|at| (at.to_vec(), 1)).collect();
                prop_assert_eq!(said(&kernel, &case), slow);
            }
        }
    }

    #[test]
    fn classes_of_mobility(case in prop_oneof![any_case().boxed(), long_case().boxed()]) {
        let zones = halves(&case);
        let slow = residents(&case, &zones, Period::Week);
        let weeks = period(&case, Period::Week, u32::from(case.calendar.days()) - 1) + 1;
        let stable = |week: &u32| {
            let three = [0, 1, 2].map(|on| slow.get(&(week + on)));
            three[0].is_some() && three.iter().all(|zone| *zone == three[0])
        };
        let class = match slow.len() as u32 {
            n if n < weeks => 1,
            _ if (0..weeks).any(|week| stable(&week)) => 4,
            _ => 3,
        };
        let last = slow.get(&(weeks - 1));
        let at = last.map(|zone| (vec![class, *zone], 1)).into_iter().collect();
        prop_assert_eq!(said(&MobilityClasses { zones: Arc::clone(&zones) }, &case), at);
        let moves = moved(&slow).into_iter().filter(|_| last.is_some());
        let at = moves.map(|[week, from, to]| (vec![week, class, from, to], 1)).collect();
        prop_assert_eq!(said(&MovesByClass { zones }, &case), at);
    }

    #[test]
    fn pairs_and_connections(case in any_case()) {
        let zones = Arc::new(Zoning::cells(&case.cells));
        let seen = events(&case, &zones);
        let (mut daily, mut all) = (BTreeMap::new(), BTreeMap::new());
        for from in &seen {
            for to in seen.iter().filter(|to| from.2 < to.2 && from.1 != to.1) {
                all.insert(vec![from.1, to.1], 1);
                if from.0 == to.0 {
                    daily.insert(vec![to.0, from.1, to.1], 1);
                }
            }
        }
        let pairs = |daily| ZonePairs { name: "pairs", zones: Arc::clone(&zones), daily };
        prop_assert_eq!(said(&pairs(true), &case), daily.clone());
        prop_assert_eq!(said(&pairs(false), &case), all);
        for pair in seen.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            if from.0 < to.0 && from.1 != to.1 && to.2 - from.2 <= WEEK_MS {
                daily.insert(vec![to.0, from.1, to.1], 1);
            }
        }
        prop_assert_eq!(said(&Connections { zones }, &case), daily);
    }

    #[test]
    fn journeys_know_the_time_at_both_ends(case in prop_oneof![any_case().boxed(), long_case().boxed()]) {
        let zones = halves(&case);
        let seen = events(&case, &zones);
        let end_ms = case.calendar.end_utc_ms();
        // Minutes from an event on until the next zone, piece by piece.
        let minutes = |first: usize| {
            let next = (first..seen.len()).find(|&at| seen[at].1 != seen[first].1);
            let until = next.unwrap_or(seen.len());
            let left_ms = seen.get(until).map_or(end_ms, |next| next.2);
            let pieces = [seen[until - 1].2 - seen[first].2, left_ms - seen[until - 1].2];
            let known: i64 = pieces.into_iter().filter(|ms| *ms <= WEEK_MS).sum();
            (known / 60_000) as u32
        };
        let mut slow = BTreeMap::new();
        let mut from = 0;
        for at in 1..seen.len() {
            if seen[at].1 != seen[at - 1].1 {
                let ends = [minutes(from), minutes(at)];
                from = at;
                let amounts = [1, ends[0], ends[0].pow(2), ends[1], ends[1].pow(2)];
                for (measure, amount) in (0..).zip(amounts).filter(|of| of.1 > 0) {
                    let entry = vec![seen[at].0, seen[at - 1].1, seen[at].1, measure];
                    *slow.entry(entry).or_insert(0) += amount;
                }
            }
        }
        prop_assert_eq!(said(&Journeys { zones }, &case), slow);
    }

    #[test]
    fn distances_by_home(case in prop_oneof![any_case().boxed(), long_case().boxed()]) {
        let (track, zones) = (case.track(), halves(&case));
        for by in [Period::Day, Period::Week] {
            let mut sums_m = BTreeMap::<u32, f64>::new();
            for (event, local) in track.events().iter().zip(track.locals()) {
                let at = track
                    .events()
                    .iter()
                    .position(|other| std::ptr::eq(other, event));
                let before = at.unwrap().checked_sub(1).map(|before| track.events()[before]);
                let near = before.filter(|b| event.time_utc_ms - b.time_utc_ms <= WEEK_MS);
                let metres = near.map_or(0.0, |b| case.cells.distance_m(b.cell, event.cell));
                *sums_m.entry(period(&case, by, local.day.into())).or_default() += metres;
            }
            let mut slow = BTreeMap::new();
            for (period, sum_m) in sums_m {
                if let Some(home) = track.anchors().home {
                    let amounts = [1, sum_m as u32, (sum_m.powi(2) / 1e4).round() as u32];
                    for (measure, amount) in (0..).zip(amounts).filter(|of| of.1 > 0) {
                        slow.insert(vec![period, zones.of(home.cell).0, measure], amount);
                    }
                }
            }
            let kernel = DistanceByHome { name: "distance", zones: Arc::clone(&zones), by };
            prop_assert_eq!(said(&kernel, &case), slow);
        }
    }
}
