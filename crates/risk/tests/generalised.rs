//! Attacks on records that an anonymisation made coarser: who knows cells and hours says them as the release
//! does before he compares.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeSet;

use erewhon_events::{Disclosed, EventTable, Sample};
use erewhon_risk::{Attack, AttackRow, Release, RiskSpec, Scene, games, run};
use erewhon_types::{CellIx, Subscriber};
use population::Town;

mod population;

const COMPARING: [&str; 9] = [
    "top_places",
    "home_work",
    "home_rule",
    "copula",
    "singling_out",
    "linkability",
    "inference",
    "background",
    "portrait",
];

fn play(town: &Town, members: &EventTable, control: &EventTable, of: Disclosed) -> Vec<Attack> {
    let spec = RiskSpec {
        targets: 300,
        draws_per_target: 3,
        seed: 1,
    };
    let public = town.public();
    let scene = Scene::read(public, members, control, spec).unwrap();
    let release = Release::disclosed("coarse", of, &public).unwrap();
    run(&scene, &[release], &games(&COMPARING).unwrap(), &mut |_| {})
        .unwrap()
        .attacks
}

fn row<'a>(attacks: &'a [Attack], id: &str, label: &str) -> &'a AttackRow {
    let attack = attacks.iter().find(|attack| attack.id == id).unwrap();
    let found = attack.rows.iter().find(|row| row.label.starts_with(label));
    found.unwrap_or_else(|| panic!("{label} in {attack:?}"))
}

/// Squares of two by two cells and spans of so many hours, each said once a row.
fn coarse(town: &Town, of: &EventTable, hours: i64) -> Disclosed {
    let side = (town.cells.len() as f64).sqrt() as u32;
    let block = |cell: u32| cell / side / 2 * (side / 2) + cell % side / 2;
    let places = (0..side * side / 4).map(|place| {
        let cells = (0..side * side).filter(|&cell| block(cell) == place);
        cells.map(CellIx).collect()
    });
    let start = town.calendar.start_utc_ms();
    let rows = of.histories().map(|history| {
        let samples = history.events.iter().map(|event| {
            let from_s = ((event.time_utc_ms - start) / (3_600_000 * hours) * 3600 * hours) as u32;
            Sample {
                from_s,
                until_s: from_s + 3600 * hours as u32,
                place: block(event.cell.0),
            }
        });
        let samples: BTreeSet<Sample> = samples.collect();
        (history.subscriber, samples.into_iter().collect())
    });
    Disclosed::new(places.collect(), rows.collect()).unwrap()
}

/// Four cells and six hours hide little from who knows what they are.
#[test]
fn coarser_rows_are_compared_in_their_own_words() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(200, 6, 1), town.people(200, 6, 2));
    let found = play(&town, &members, &control, coarse(&town, &members, 6));
    for (id, label, least) in [
        ("top_places", "top 3, cell,", 0.5),
        ("home_work", "cell,", 0.4),
        ("home_rule", "home, within 3 km", 0.9),
        ("home_rule", "work, within 3 km", 0.8),
        ("copula", "one of", 0.3),
        ("singling_out", "4 attributes", 0.5),
        ("linkability", "1 nearest row", 0.4),
        ("inference", "home zone", 0.7),
        ("background", "4 visits and their hours", 0.7),
        ("background", "4 places and their counts", 0.5),
        ("background", "two most visited places", 0.3),
    ] {
        let row = row(&found, id, label);
        assert!(row.members.share() > least, "{id}: {row:?}");
    }
    // Who is not there is seldom taken for somebody.
    for (id, label) in [
        ("home_work", "cell,"),
        ("background", "4 visits and their hours"),
    ] {
        let row = row(&found, id, label);
        assert!(row.control.unwrap().share() < 0.35, "{id}: {row:?}");
    }
}

/// A whole day has its middle at noon, when nobody sleeps: then the most visited place is the home.
#[test]
fn days_as_spans_do_not_hide_homes() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(100, 6, 1), town.people(100, 6, 2));
    let found = play(&town, &members, &control, coarse(&town, &members, 24));
    let home = row(&found, "home_rule", "home, within 3 km");
    assert!(home.members.share() > 0.5, "{home:?}");
    let pairs = found
        .iter()
        .find(|attack| attack.id == "home_work")
        .unwrap();
    let why = pairs.not_applicable.as_ref().unwrap();
    assert!(why.contains("nights and working hours"), "{why}");
}

/// Groups of five neighbours with equal rows, each with places of its own, that overlap those of others.
fn grouped(of: &EventTable) -> Disclosed {
    let mut lives: Vec<_> = of
        .histories()
        .map(|h| (h.subscriber, h.events.to_vec()))
        .collect();
    let first = |events: &[erewhon_events::Event]| {
        let mut cells: Vec<u32> = events.iter().map(|e| e.cell.0).collect();
        cells.sort_unstable();
        cells[cells.len() / 2]
    };
    lives.sort_by_key(|(who, events)| (first(events), *who));
    let start = of
        .histories()
        .flat_map(|h| h.events)
        .map(|e| e.time_utc_ms)
        .min()
        .unwrap();
    let start = start / 86_400_000 * 86_400_000;
    let mut places: Vec<Vec<CellIx>> = Vec::new();
    let mut rows: Vec<(Subscriber, Vec<Sample>)> = Vec::new();
    for group in lives.chunks(5) {
        let mut samples = Vec::new();
        for span in 0..14 * 4 {
            let at = start + span * 21_600_000;
            let events = group.iter().flat_map(|(_, events)| events);
            let there = events.filter(|e| (at..at + 21_600_000).contains(&e.time_utc_ms));
            let cells: BTreeSet<CellIx> = there.map(|event| event.cell).collect();
            if !cells.is_empty() {
                samples.push(Sample {
                    from_s: span as u32 * 21_600,
                    until_s: (span as u32 + 1) * 21_600,
                    place: places.len() as u32,
                });
                places.push(cells.into_iter().collect());
            }
        }
        rows.extend(group.iter().map(|(who, _)| (*who, samples.clone())));
    }
    Disclosed::new(places, rows).unwrap()
}

/// Nobody is alone in a group of five, but the group is found, and what it has in common is told.
#[test]
fn groups_of_equal_rows_are_read_by_the_one_that_fits() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(200, 6, 1), town.people(200, 6, 2));
    let found = play(&town, &members, &control, grouped(&members));
    for (id, label) in [("top_places", "top 2, cell,"), ("home_work", "cell,")] {
        let row = row(&found, id, label);
        assert_eq!(row.members.hits, 0, "{id}: {row:?}");
        let set = row.label.rsplit(' ').next().unwrap();
        assert!(set.parse::<u32>().unwrap() >= 5, "{id}: {row:?}");
    }
    let linked = row(&found, "linkability", "10 nearest rows");
    assert!(linked.members.low > linked.random_guess + 0.2, "{linked:?}");
}
