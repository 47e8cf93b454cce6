//! How far travel as told from records is from the travel that there was, in the reference country.
//!
//! `cargo test -p erewhon-mobility --test travel -- --nocapture` prints the tables of docs/mobility.md.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

mod truth;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use erewhon_events::{EventSource as _, History};
use erewhon_geo::{H3Resolution, Tessellation};
use erewhon_mobility::{
    Contribution, Corridor, CorridorTrip, Corridors, Definitions, Hub, HubVisit, Hubs, Kernel,
    PopulationTypes, Public, Track, Zoning,
};
use erewhon_types::{CellIx, count};

use truth::{Country, Person};

/// Found things and true ones, how many of each have one of the other, and how many found ones are one more of
/// a true one.
#[derive(Default)]
struct Match {
    found: usize,
    right: usize,
    there: usize,
    met: usize,
    again: usize,
}

impl Match {
    fn precision(&self) -> f64 {
        self.right as f64 / self.found as f64
    }

    fn recall(&self) -> f64 {
        self.met as f64 / self.there as f64
    }

    fn take_in(&mut self, other: &Self) {
        self.found += other.found;
        self.right += other.right;
        self.there += other.there;
        self.met += other.met;
        self.again += other.again;
    }

    /// Counts spans of time that meet, by what they are of.
    fn add<K: PartialEq>(&mut self, found: &[(K, i64, i64)], there: &[(K, i64, i64)]) {
        self.found += found.len();
        self.there += there.len();
        self.right += found
            .iter()
            .filter(|f| there.iter().any(|t| meet(f, t)))
            .count();
        for there in there {
            let of_it = found.iter().filter(|found| meet(found, there)).count();
            self.met += usize::from(of_it > 0);
            self.again += of_it.saturating_sub(1);
        }
    }
}

/// Whether two spans of time are of the same and meet.
fn meet<K: PartialEq>(a: &(K, i64, i64), b: &(K, i64, i64)) -> bool {
    a.0 == b.0 && a.1 < b.2 && b.1 < a.2
}

/// Three roads over several junctions each, 15 to 24 km long.
const CHAINS: [&[&str]; 3] = [
    &["town2", "village12", "hub"],
    &["town5", "village18", "town4"],
    &["district6", "village4", "village16", "town1"],
];

fn corridors(country: &Country) -> Vec<Corridor> {
    let line = |chain: &&[&str]| Corridor {
        name: chain.join("-"),
        line: chain.iter().map(|name| country.junctions[*name]).collect(),
        free_flow_km_h: Some(69.0),
        ..Corridor::default()
    };
    CHAINS.iter().map(line).collect()
}

fn each(country: &Country, definitions: &Definitions, mut f: impl FnMut(&Track<'_>, &Person)) {
    let public = Public {
        cells: &country.cells,
        calendar: &country.calendar,
    };
    let mut visit = |history: History<'_>| {
        // Machines of the country have no trips, and are people to whom nothing happens.
        let person = &country.people[&history.subscriber.bits()];
        f(&Track::by(public, definitions, history), person);
        Ok(())
    };
    country.events.visit(&mut visit).unwrap();
}

/// The direction in which a way goes along a chain, if it does for as long as a trip must be, and how far.
fn along(country: &Country, chain: &[&str], way: &[String]) -> Option<(bool, f64)> {
    let at = |name: &String| chain.iter().position(|other| other == name);
    let (mut forward_m, mut backward_m) = (0.0, 0.0);
    for pair in way.windows(2) {
        let length_m = || country.roads_m[&(pair[0].clone(), pair[1].clone())];
        match (at(&pair[0]), at(&pair[1])) {
            (Some(a), Some(b)) if b == a + 1 => forward_m += length_m(),
            (Some(a), Some(b)) if a == b + 1 => backward_m += length_m(),
            _ => {}
        }
    }
    let far_m = f64::max(forward_m, backward_m);
    (far_m >= Corridor::default().min_m).then_some((forward_m > backward_m, far_m))
}

/// Minutes a kilometre in a rush and outside, of found trips and of true ones.
#[derive(Default)]
struct Pace([(f64, f64); 4]);

impl Pace {
    fn add(&mut self, of: usize, travel_ms: i64, far_m: f64) {
        self.0[of].0 += travel_ms as f64 / 60_000.0;
        self.0[of].1 += far_m / 1_000.0;
    }

    fn min_km(&self, of: usize) -> f64 {
        self.0[of].0 / self.0[of].1
    }
}

fn is_rush(country: &Country, utc_ms: i64) -> bool {
    country.calendar.local(utc_ms).is_some_and(|local| {
        let rush = |from: u16, to: u16| (from..to).contains(&local.minute);
        // The hours about the peaks.
        country.calendar.is_workday(local.day) && (rush(450, 510) || rush(990, 1_080))
    })
}

/// Trips found and true ones; minutes a kilometre of all, and of those that were found and are true.
fn trips(country: &Country) -> (Match, Pace, Pace) {
    let definitions = Definitions {
        corridors: corridors(country),
        ..Definitions::default()
    };
    let corridors = Corridors::new(&definitions.corridors, &country.cells).unwrap();
    let (mut matched, mut pace, mut both) = (Match::default(), Pace::default(), Pace::default());
    each(country, &definitions, |track, person| {
        let time = |event: u32| track.events()[event as usize].time_utc_ms;
        let trips: Vec<(u32, CorridorTrip)> = corridors.trips(track);
        for (_, trip) in &trips {
            let rush = usize::from(is_rush(country, time(trip.depart)));
            pace.add(rush, trip.travel_ms, trip.along_m);
        }
        let span =
            |(line, t): &(u32, CorridorTrip)| ((*line, t.forward), time(t.depart), time(t.arrive));
        let found: Vec<_> = trips.iter().map(span).collect();
        let mut there = Vec::new();
        for trip in &person.trips {
            for (line, chain) in (0..).zip(CHAINS) {
                let Some((forward, _)) = along(country, chain, &trip.way) else {
                    continue;
                };
                let true_trip = ((line, forward), trip.depart_ms, trip.arrive_ms);
                let rush = usize::from(is_rush(country, trip.depart_ms));
                let travel_ms = trip.arrive_ms - trip.depart_ms;
                pace.add(2 + rush, travel_ms, trip.length_m);
                if let Some(place) = found.iter().position(|found| meet(found, &true_trip)) {
                    let (along_m, found_ms) = (trips[place].1.along_m, trips[place].1.travel_ms);
                    both.add(rush, found_ms, along_m);
                    // As much of the true trip as was found.
                    let share = along_m / trip.length_m;
                    both.add(2 + rush, (share * travel_ms as f64) as i64, along_m);
                }
                there.push(true_trip);
            }
        }
        matched.add(&found, &there);
    });
    (matched, pace, both)
}

fn hub(country: &Country) -> Hub {
    Hub {
        name: "hub".into(),
        at: country.junctions["hub"],
        within_m: 1_500.0,
        ..Hub::default()
    }
}

/// Visits that are none of passing, by people who neither live nor work there, all and from abroad.
fn visits(country: &Country) -> [Match; 2] {
    let definitions = Definitions {
        hubs: vec![hub(country)],
        ..Definitions::default()
    };
    let hubs = Hubs::new(&definitions.hubs, &country.cells).unwrap();
    let mut matched = [Match::default(), Match::default()];
    let is_hub = |cell: Option<CellIx>| cell.is_some_and(|cell| hubs.holds(0, cell));
    each(country, &definitions, |track, person| {
        let rule = hubs.get(0).unwrap();
        let time = |event: u32| track.events()[event as usize].time_utc_ms;
        let anchors = track.anchors();
        let anchored = [anchors.home, anchors.work].map(|a| is_hub(a.map(|a| a.cell)));
        let long = |visit: &HubVisit| visit.dwell_ms >= i64::from(rule.visit_s) * 1_000;
        let found = hubs.visits(track);
        let found = found
            .iter()
            .filter(|v| long(&v.1) && anchored == [false; 2]);
        let found: Vec<_> = found
            .map(|(_, v)| ((), time(v.first), time(v.last)))
            .collect();
        let stays = person.trips.windows(2);
        let stays = stays.filter(|pair| is_hub(pair[0].to));
        let stays = stays.map(|pair| ((), pair[0].arrive_ms, pair[1].depart_ms));
        let stays = stays.filter(|s| s.2 - s.1 >= i64::from(rule.visit_s) * 1_000);
        let there: Vec<_> = stays
            .filter(|_| !is_hub(person.home) && !is_hub(person.work))
            .collect();
        matched[0].add(&found, &there);
        let roams = track
            .events()
            .iter()
            .any(|event| event.home_network.is_some());
        assert_eq!(roams, person.abroad);
        if person.abroad {
            matched[1].add(&found, &there);
        }
    });
    matched
}

const TYPES: [&str; 5] = ["resident", "commuter", "regular", "visitor", "passer_by"];

/// Types of people in zones, the true one by row and the found one by column; the last column is of people who were
/// in the zone and never seen there.
fn types(country: &Country) -> [[u32; 6]; 5] {
    let cells = &country.cells;
    let hexagons = Tessellation::h3(cells, H3Resolution::new(6).unwrap()).unwrap();
    let zones = Arc::new(Zoning::tessellation(cells, &hexagons));
    let definitions = Definitions::default();
    let kernel = PopulationTypes {
        zones: Arc::clone(&zones),
    };
    let public = Public {
        cells,
        calendar: &country.calendar,
    };
    let zone = |cell: CellIx| zones.of(cell).0;
    let mut table = [[0; 6]; 5];
    let mut one = Contribution::over(&kernel, &public);
    each(country, &definitions, |track, person| {
        one.clear();
        kernel.contribution(track, &mut one);
        let found = one.entries().iter();
        let found: BTreeMap<u32, usize> = found
            .map(|&(entry, _)| ((entry / 5) as u32, (entry % 5) as usize))
            .collect();
        // The weeks of all stays of half an hour in a zone; somebody is in a zone wherever a trip leads to.
        let mut stays: BTreeMap<u32, BTreeSet<u16>> = BTreeMap::new();
        for pair in person.trips.windows(2) {
            if let (Some(to), Some(local)) = (pair[0].to, country.calendar.local(pair[0].arrive_ms))
            {
                let weeks = stays.entry(zone(to)).or_default();
                if pair[1].depart_ms - pair[0].arrive_ms >= 30 * 60_000 {
                    weeks.insert(local.day / 7);
                }
            }
        }
        let (home, work) = (person.home.map(zone), person.work.map(zone));
        let all = found
            .keys()
            .chain(stays.keys())
            .copied()
            .chain(home)
            .chain(work);
        for at in all.collect::<BTreeSet<u32>>() {
            let weeks = stays.get(&at).map_or(0, BTreeSet::len);
            let truth = match () {
                () if home == Some(at) => 0,
                () if work == Some(at) => 1,
                () if weeks >= 3 => 2,
                () if weeks > 0 => 3,
                () => 4,
            };
            table[truth][found.get(&at).copied().unwrap_or(5)] += 1;
        }
    });
    table
}

/// A row of the docs' tables.
fn row(words: &[String]) -> String {
    format!("| {} |", words.join(" | "))
}

fn share(share: f64) -> String {
    if share.is_nan() {
        return "-".to_owned();
    }
    let text = format!("{share:.2}").replace("0.", ".");
    text.strip_prefix("-.00")
        .map_or(text.clone(), |_| ".00".to_owned())
}

impl Match {
    fn said(&self) -> [String; 5] {
        let [there, found, again] = [self.there, self.found, self.again].map(|n| count(n as u64));
        [
            there,
            found,
            share(self.recall()),
            share(self.precision()),
            again,
        ]
    }
}

/// Of all true and of all found of a type, the share that is of it on the other side too.
fn agreement(table: &[[u32; 6]; 5], kind: usize) -> [f64; 2] {
    let right = f64::from(table[kind][kind]);
    let there: u32 = table[kind].iter().sum();
    let found: u32 = table.iter().map(|row| row[kind]).sum();
    [right / f64::from(there), right / f64::from(found)]
}

const RECORDS: [(&str, Option<u16>); 3] = [
    ("calls and data", None),
    ("every 15 min", Some(15)),
    ("every 5 min", Some(5)),
];

/// The world is the same each time, so that all of it is as the docs say, and is good enough by the floors here.
#[test]
fn travel_is_as_far_from_the_truth_as_the_docs_say() {
    let mut lines = Vec::new();
    let mut of_types: Vec<Vec<String>> =
        TYPES.iter().map(|name| vec![(*name).to_owned()]).collect();
    of_types.push(vec!["all".to_owned()]);
    for (records, every_min) in RECORDS {
        let country = Country::make(every_min, 1);
        let often = every_min == Some(5);
        let (matched, pace, both) = trips(&country);
        let mut say = |what: &str, words: &[String]| {
            let first = [what, records].map(str::to_owned);
            lines.push(row(&[&first, words].concat()));
        };
        say("corridor trips", &matched.said());
        assert!(matched.precision() > 0.95);
        assert!(!often || matched.recall() > 0.75);
        let [found, there] = [
            pace.min_km(1) / pace.min_km(0),
            pace.min_km(3) / pace.min_km(2),
        ];
        let off = [0, 1].map(|rush| both.min_km(rush) / both.min_km(2 + rush) - 1.0);
        say(
            "time a kilometre",
            &[there, found, off[0], off[1]].map(share),
        );
        assert!(!often || (found - there).abs() < 0.12);
        assert!(!often || off[0].abs() < 0.04 && off[1].abs() < 0.08);
        // A hub is one place with its own cells: what holds in one country is chance.
        let mut hubs = visits(&country);
        for seed in 2..5 {
            let other = visits(&Country::make(every_min, seed));
            hubs.iter_mut()
                .zip(other)
                .for_each(|(all, one)| all.take_in(&one));
        }
        for (what, matched) in ["hub visits", "hub visits from abroad"].iter().zip(hubs) {
            say(what, &matched.said());
            let good = matched.precision() > 0.7 && matched.recall() > 0.8;
            assert!(every_min.is_none() || good);
        }

        let table = types(&country);
        for (kind, words) in of_types.iter_mut().enumerate().take(5) {
            words.extend(agreement(&table, kind).map(share));
        }
        let right: u32 = (0..5).map(|kind| table[kind][kind]).sum();
        let right = f64::from(right) / f64::from(table.iter().flatten().sum::<u32>());
        of_types[5].extend([share(right), String::new()]);
        assert!(agreement(&table, 0)[0] > 0.9 && agreement(&table, 1)[0] > 0.75);
        assert!(!often || right > 0.85);
    }
    lines.extend(of_types.iter().map(|words| row(words)));
    println!("{}", lines.join("\n"));
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mobility.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    for line in lines {
        assert!(docs.contains(&line), "docs/mobility.md should have\n{line}");
    }
}
