use std::collections::HashMap;

use super::*;
use crate::{
    diary::Stay,
    places::PlaceIx,
    roads::{slowed_min, travel_min},
};

/// The same world without and with travel.
fn both(spec: &WorldSpec) -> [World; 2] {
    [false, true].map(|travel| {
        World::make(&WorldSpec {
            travel,
            ..spec.clone()
        })
        .unwrap()
    })
}

/// When someone sets out for where, and when they are there.
fn trips(world: &World, ix: usize) -> Vec<(i32, PlaceIx, PlaceIx, i32)> {
    let trip = |two: &[Stay]| (two[0].depart_s, two[0].place, two[1].place, two[1].arrive_s);
    world.diary(ix).0.windows(2).map(trip).collect()
}

/// Minutes at free flow, and with the slow-down of the moment.
fn due_min(world: &World, depart_s: i32, from: PlaceIx, to: PlaceIx) -> (f64, f64) {
    let length_m = world.places.length_m(&world.country, from, to);
    (
        travel_min(length_m),
        slowed_min(length_m, world.slow_at(depart_s)),
    )
}

/// Both worlds are one until a person's first trip in a rush, which takes longer by the factor alone.
#[test]
fn the_first_trip_in_a_rush_is_longer_by_the_factor_of_its_moment() {
    let [plain, travel] = both(&spec(1_500, 4, 21));
    let mut met = 0;
    for ix in 0..plain.people.len() {
        for (free, slow) in trips(&plain, ix).into_iter().zip(trips(&travel, ix)) {
            assert_eq!((free.0, free.1, free.2), (slow.0, slow.1, slow.2));
            let (free_min, slow_min) = due_min(&travel, free.0, free.1, free.2);
            let [free_s, slow_s] = [free, slow].map(|trip| f64::from(trip.3 - trip.0));
            // Either is rounded down to a second.
            assert!((slow_s - free_s * slow_min / free_min).abs() < 2.0);
            if free != slow {
                met += 1;
                break;
            }
        }
    }
    assert!(met > 300, "{met}");
    let peak_s = |day: i32| 24 * 3_600 * day + 8 * 3_600;
    assert!((travel.slow_at(peak_s(1)) - 1.6).abs() < 1e-9);
    assert!((plain.slow_at(peak_s(1)) - 1.0).abs() < 1e-9);
}

/// Paces are log-normal with a deviation of .12 about what is due, so the mean of their logarithms is 0
/// with .12 over the root of the trips: false alarm below 2e-9 at six of these, rounding apart.
#[test]
fn all_long_trips_take_what_is_due_at_their_moment() {
    let [_, travel] = both(&spec(2_000, 9, 22));
    let (mut sum, mut count, mut rushed) = (0.0, 0.0_f64, 0);
    for ix in 0..travel.people.len() {
        for (depart_s, from, to, arrive_s) in trips(&travel, ix) {
            let (free_min, slow_min) = due_min(&travel, depart_s, from, to);
            if free_min < 30.0 {
                continue;
            }
            sum += (f64::from(arrive_s - depart_s) / (60.0 * slow_min)).ln();
            count += 1.0;
            rushed += u32::from(slow_min > 1.1 * free_min);
        }
    }
    assert!(count > 2_000.0 && rushed > 200, "{count} {rushed}");
    let bound = 6.0 * 0.12 / count.sqrt() + 0.001;
    assert!((sum / count).abs() < bound, "{} {bound}", sum / count);
}

/// On a weekend nothing slows down, so but for the home networks the records are the same.
#[test]
fn only_visitors_roam_and_a_weekend_has_no_rush() {
    let weekend = WorldSpec {
        first_day: "2026-03-07".into(),
        ..spec(4_000, 2, 23)
    };
    let [plain, travel] = both(&weekend);
    assert!(plain.people.iter().all(|p| p.home_network.is_none()));
    let mut networks = HashMap::new();
    for (one, twin) in plain.people.iter().zip(&travel.people) {
        assert!(twin.home_network.is_none() || twin.role == Role::Visitor);
        let known = twin
            .numbers
            .iter()
            .map(|number| (*number, twin.home_network));
        networks.extend(known);
        let nameless = crate::Person {
            home_network: None,
            ..twin.clone()
        };
        assert_eq!(*one, nameless);
    }
    let abroad = networks.values().flatten().count();
    // 160 visitors: six standard deviations of a binomial count, a false alarm below 2e-9.
    assert!((71..143).contains(&abroad), "{abroad}");
    let mut roaming = 0;
    let nameless = records(&travel).into_iter().map(|record| {
        assert_eq!(record.home_network, networks[&record.subscriber]);
        roaming += usize::from(record.home_network.is_some());
        Record {
            home_network: None,
            ..record
        }
    });
    let nameless: Vec<Record> = nameless.collect();
    assert_eq!(nameless, records(&plain));
    assert!(roaming > 50, "{roaming}");
}
