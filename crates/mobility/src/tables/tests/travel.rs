//! Travel along a line, at a hub and by types of people, against slow and obvious words.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{
    CorridorTrips, HubVisits, PopulationTypes,
    cases::{dense_case, ground, travel},
};

proptest! {
    /// A trip is counted once at its departure, with seconds of its own and of free flow at 36 km/h, 10 m a second.
    #[test]
    fn corridor_trips(case in dense_case()) {
        let ground = ground(&case.cells);
        let corridors = ground.corridors();
        let track = case.track();
        for weekly in [false, true] {
            let mut slow = BTreeMap::new();
            for (corridor, trip) in corridors.trips(&track) {
                let local = track.locals()[trip.depart as usize];
                let weekday = u32::from(case.calendar.weekday(local.day));
                let when = match weekly {
                    true => 24 * weekday + u32::from(local.minute / 60),
                    false => u32::from(local.day),
                };
                let direction = if trip.forward { 0 } else { 1 };
                let free_s = (trip.along_m / 10.0) as u32;
                for (measure, amount) in [1, (trip.travel_ms / 1_000) as u32, free_s].into_iter().enumerate() {
                    *slow.entry(vec![when, corridor, direction, measure as u32]).or_default() += amount;
                }
            }
            slow.retain(|_, amount: &mut u32| *amount > 0);
            let kernel = CorridorTrips { name: "trips", corridors: Arc::clone(corridors), weekly };
            prop_assert_eq!(said(&kernel, &case), slow);
        }
    }

    /// A visit is counted once at its arrival, by the first network that its events name and by how long it is.
    #[test]
    fn hub_visits(case in dense_case(), networks in prop::collection::vec(0..3usize, 80)) {
        let names = [None, Some("262-01"), Some("208-10")];
        let mut case = case;
        for (event, network) in case.events.iter_mut().zip(networks) {
            event.home_network = names[network].map(|name| name.parse().unwrap());
        }
        let rules = travel(&case.cells);
        let ground = ground(&case.cells);
        let hubs = ground.hubs();
        let track = case.track_by(&rules);
        let anchors = track.anchors();
        let at_home = [anchors.home, anchors.work].into_iter().flatten().any(|a| hubs.holds(0, a.cell));
        for hourly in [false, true] {
            let mut slow = BTreeMap::new();
            for (hub, visit) in hubs.visits(&track) {
                let local = track.locals()[visit.first as usize];
                let when = if hourly { local.minute / 60 } else { local.day };
                let of_visit = track.events().iter().skip(visit.first as usize);
                let of_visit = of_visit.take((visit.last - visit.first + 1) as usize);
                let first = of_visit.filter_map(|event| event.home_network).next();
                let network = match first.map(|network| network.to_string()).as_deref() {
                    None => 0,
                    Some("262-01") => 1,
                    Some(_) => 2,
                };
                let kind = match visit.dwell_ms / 1_000 {
                    _ if at_home => 3,
                    0..900 => 0,
                    900..14_400 => 1,
                    _ => 2,
                };
                *slow.entry(vec![u32::from(when), hub, network, kind]).or_default() += 1;
            }
            let kernel = HubVisits { name: "visits", hubs: Arc::clone(hubs), hourly };
            prop_assert_eq!(said_by(&kernel, &case, &track), slow);
        }
    }

    #[test]
    fn population_types(case in any_case()) {
        let zones = halves(&case);
        let track = case.track();
        let zone = |cell: CellIx| zones.of(cell).0;
        let (home, work) = (track.anchors().home, track.anchors().work);
        let mut weeks = BTreeMap::<u32, BTreeSet<u16>>::new();
        for stay in track.stays() {
            let day = |utc_ms: i64| case.calendar.local(utc_ms).unwrap().day;
            for day in day(stay.arrive_utc_ms)..=day(stay.leave_utc_ms) {
                // The window begins on a Tuesday.
                weeks.entry(zone(stay.cell)).or_default().insert((day + 1) / 7);
            }
        }
        let seen: BTreeSet<u32> = track.events().iter().map(|event| zone(event.cell)).collect();
        let kind = |at: u32| match () {
            () if home.is_some_and(|home| zone(home.cell) == at) => 0,
            () if work.is_some_and(|work| zone(work.cell) == at) => 1,
            () if weeks.get(&at).is_some_and(|weeks| weeks.len() > 2) => 2,
            () if weeks.contains_key(&at) => 3,
            () => 4,
        };
        let slow = seen.iter().map(|&at| (vec![at, kind(at)], 1)).collect();
        prop_assert_eq!(said(&PopulationTypes { zones: Arc::clone(&zones) }, &case), slow);
    }
}

/// Three Mondays from nine to ten in a zone make a regular of who lives in the other, two a visitor.
#[test]
fn a_regular_comes_back_in_three_weeks() {
    for (mondays, kind) in [(vec![0, 7, 14], 2), (vec![0, 1, 14], 3)] {
        let nights = (0..21).flat_map(|day| [(day, 1, 0), (day, 23, 0)]);
        let visits = mondays.iter().flat_map(|&day| [(day, 7, 1), (day, 8, 1)]);
        let days = (0..21).map(|day| (day, 12, 0));
        let events: Vec<(u16, u16, u32)> = nights.chain(visits).chain(days).collect();
        let case = Case::of(&[(0.0, 0.0), (9_000.0, 0.0)], 21, &events);
        let zones = halves(&case);
        let found = said(&PopulationTypes { zones }, &case);
        assert_eq!(found, BTreeMap::from([(vec![0, 0], 1), (vec![1, kind], 1)]));
    }
}
