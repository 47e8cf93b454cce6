//! Who is where, by home and by what they do.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// For each day the zones seen on it.
fn days(case: &Case, zones: &Zoning) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut days = BTreeMap::<u32, BTreeSet<u32>>::new();
    for (day, _, _, zone) in seen(case, zones) {
        days.entry(day).or_default().insert(zone);
    }
    days
}

fn home(case: &Case, zones: &Zoning) -> Option<u32> {
    let home = case.track().anchors().home;
    home.map(|home| zones.of(home.cell).0)
}

proptest! {
    #[test]
    fn around_home(case in any_case()) {
        let zones = halves(&case);
        let (days, home) = (days(&case, &zones), home(&case, &zones));
        let mut slow = BTreeMap::new();
        for (&day, there) in &days {
            for &zone in there {
                let (is_home, alone) = (home == Some(zone), there.len() == 1);
                let hows = [!is_home, is_home, alone, alone && is_home];
                for how in (0..4).filter(|how| hows[*how as usize]) {
                    slow.insert(vec![day, zone, how], 1);
                }
            }
        }
        prop_assert_eq!(said(&AroundHome { zones: Arc::clone(&zones) }, &case), slow);

        let homes = home.map(|home| (vec![home], 1)).into_iter().collect();
        prop_assert_eq!(said(&Homes { zones: Arc::clone(&zones) }, &case), homes);
        let active = days.iter().filter_map(|(&day, there)| {
            Some((vec![day, home?], there.len() as u32))
        });
        let active = active.collect();
        prop_assert_eq!(said(&ActiveByHome { zones: Arc::clone(&zones) }, &case), active);
    }

    #[test]
    fn patterns_of_active_days(case in any_case()) {
        let zones = halves(&case);
        let mut weeks = BTreeMap::<u32, u32>::new();
        for (day, _, weekday, _) in seen(&case, &zones) {
            // The window begins on a Tuesday.
            *weeks.entry((day + 1) / 7).or_default() |= 1 << weekday;
        }
        let home = home(&case, &zones);
        let local = weeks.iter().filter_map(|(&week, &days)| Some((vec![week, home?, days], 1)));
        let kernel = CalendarActivity { by_home: Some(Arc::clone(&zones)) };
        prop_assert_eq!(said(&kernel, &case), local.collect());
        let all = weeks.iter().map(|(&week, &days)| (vec![week, days], 1)).collect();
        prop_assert_eq!(said(&CalendarActivity { by_home: None }, &case), all);
    }

    #[test]
    fn events_by_kind_and_the_first_of_all(mut case in any_case()) {
        for (at, event) in case.events.iter_mut().enumerate() {
            event.kind = EventKind::ALL[at % EventKind::ALL.len()];
        }
        let zones = halves(&case);
        let (mut slow, mut first) = (BTreeMap::new(), BTreeMap::new());
        for event in &case.events {
            let Some(local) = case.calendar.local(event.time_utc_ms) else { continue };
            let (day, zone) = (u32::from(local.day), zones.of(event.cell).0);
            *slow.entry(vec![day, zone, u32::from(event.kind.code())]).or_default() += 1;
            if first.is_empty() {
                first.insert(vec![day, zone], 1);
            }
        }
        prop_assert_eq!(said(&EventsByKind { zones: Arc::clone(&zones) }, &case), slow);
        prop_assert_eq!(said(&FirstSeen { zones }, &case), first);
    }

    #[test]
    fn meaningful_places_share_a_subscriber(case in any_case()) {
        let (track, zones) = (case.track(), Arc::new(Zoning::cells(&case.cells)));
        let found = track.anchors();
        let cells = |anchors: &[Anchor]| anchors.iter().map(|a| a.cell).collect::<Vec<_>>();
        let others: Vec<Anchor> = found.other.into_iter().chain(found.further.clone()).collect();
        let one = |anchor: Option<Anchor>| anchor.as_slice().to_vec();
        let places = [cells(&one(found.home)), cells(&one(found.work)), cells(&others)];
        let (mut slow, mut pairs) = (BTreeMap::new(), BTreeMap::new());
        for (kind, of_kind) in (0..).zip(&places) {
            for cell in of_kind {
                let zone = zones.of(*cell).0;
                *slow.entry(vec![kind, zone]).or_insert(0) += 1_000_000 / of_kind.len() as u32;
                for (to_kind, to) in (0..).zip(&places).filter(|to| to.0 != kind) {
                    for other in to {
                        let at = vec![kind, to_kind, zone, zones.of(*other).0];
                        let share = 1_000_000 / (of_kind.len() * to.len()) as u32;
                        *pairs.entry(at).or_insert(0) += share;
                    }
                }
            }
        }
        prop_assert_eq!(said(&MeaningfulLocations { zones: Arc::clone(&zones) }, &case), slow);
        prop_assert_eq!(said(&MeaningfulPairs { zones }, &case), pairs);
    }

    #[test]
    fn most_of_a_day_is_where_events_last(case in any_case()) {
        let zones = halves(&case);
        let inside = case.events.iter().filter(|e| case.calendar.local(e.time_utc_ms).is_some());
        let times: Vec<i64> = inside.map(|event| event.time_utc_ms).collect();
        let mut spent = BTreeMap::<u32, Vec<(u32, i64)>>::new();
        for (at, (day, _, _, zone)) in seen(&case, &zones).into_iter().enumerate() {
            let until = times.get(at + 1).copied().unwrap_or(case.calendar.end_utc_ms());
            let lasts = until - times[at];
            let lasts = if lasts > 7 * 86_400_000 { 0 } else { lasts };
            spent.entry(day).or_default().push((zone, lasts));
        }
        let mut slow = BTreeMap::new();
        for (day, spent) in spent {
            let of = |zone: u32| -> i64 {
                spent.iter().filter(|s| s.0 == zone).map(|s| s.1).sum()
            };
            let most = spent.iter().map(|s| of(s.0)).max().unwrap();
            let zone = spent.iter().find(|s| of(s.0) == most).unwrap().0;
            let minutes = (most / 60_000) as u32;
            for (measure, amount) in (0..).zip([1, minutes, minutes.pow(2)]) {
                if let (Some(home), true) = (home(&case, &zones), amount > 0) {
                    slow.insert(vec![day, home, zone, measure], amount);
                }
            }
        }
        prop_assert_eq!(said(&LongestStay { zones }, &case), slow);
    }

    #[test]
    fn entropy_and_displacement(case in any_case()) {
        let zones = halves(&case);
        let mut counts = BTreeMap::<Vec<u32>, f64>::new();
        for (_, _, _, zone) in seen(&case, &zones) {
            *counts.entry(vec![zone]).or_default() += 1.0;
        }
        let bits = counts.into_iter().map(|(at, n)| (at, (n * n.log2() * 1e3).round() as u32));
        let bits = bits.filter(|of| of.1 > 0).collect();
        prop_assert_eq!(said(&LocationEntropy { zones }, &case), bits);

        let track = case.track();
        let mut slow = BTreeMap::new();
        if let Some(first) = track.events().first() {
            for day in 1..u32::from(case.calendar.days()) {
                let until = first.time_utc_ms + i64::from(day) * 86_400_000;
                let there = track.events().iter().rfind(|e| e.time_utc_ms <= until).unwrap();
                let metres = case.cells.distance_m(first.cell, there.cell);
                if until < case.calendar.end_utc_ms() {
                    slow.insert(vec![day, 0], 1);
                    slow.insert(vec![day, 1], (metres.powi(2) / 1e4).round() as u32);
                }
            }
        }
        slow.retain(|_, amount| *amount > 0);
        prop_assert_eq!(said(&SquareDisplacement, &case), slow);
    }
}
