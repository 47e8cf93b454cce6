//! A world's records with and without travel, as written and as read again.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

use erewhon_events::{EventSource as _, History, Key, Load, Loaded, Mapping, Rules, ingest};
use erewhon_geo::read_cells;
use erewhon_types::Calendar;
use erewhon_world::{World, WorldSpec};

fn spec(travel: bool) -> WorldSpec {
    WorldSpec {
        subscribers: 300,
        travel,
        ..WorldSpec::default()
    }
}

fn key() -> Key {
    Key::from_bytes([5; 32])
}

fn write_and_read(spec: &WorldSpec, dir: &Path) -> Loaded {
    let world = World::make(spec).unwrap();
    world.write(dir, &mut |_, _| {}).unwrap();
    let (cells, issues) = read_cells(&dir.join("cells.csv")).unwrap();
    let load = Load {
        files: &[dir.join("cdr.csv")],
        mapping: &Mapping::load(spec.format()).unwrap(),
        cells: &cells,
        cell_issues: &issues,
        calendar: &Calendar::new(&spec.window().unwrap()).unwrap(),
        key: &key(),
        subjects: None,
        withdrawn: &[],
        max_quarantined_share: 0.2,
        rules: &Rules::off(),
    };
    ingest(load, None, &mut |_, _| {}).unwrap()
}

/// Fowler, Noll and Vo's 1a: enough to tell that a file is no longer what it was.
fn digest(path: &Path) -> u64 {
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    fs::read(path)
        .unwrap()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, fold)
}

/// The records of a world without options are what they were before there were any.
#[test]
fn records_without_travel_stay_what_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = write_and_read(&spec(false), dir.path());
    let files = ["cdr.csv", "cells.csv"].map(|name| digest(&dir.path().join(name)));
    assert_eq!(
        files,
        [0x292f_ea05_88e3_9f4c, 0x1a42_01b7_88fa_24d1],
        "{files:#x?}"
    );
    let homes = loaded.quality.contents.homes;
    assert!(homes.countries.is_empty() && homes.events_without == loaded.quality.rows_kept);
}

#[test]
fn home_networks_arrive_as_the_truth_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = write_and_read(&spec(true), dir.path());
    let mut people = csv::Reader::from_path(dir.path().join("truth/people.csv")).unwrap();
    let columns = people.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    assert_eq!(at("home_network") + 1, columns.len());
    let mut truth = HashMap::new();
    for row in people.records().map(Result::unwrap) {
        let network = row[at("home_network")].to_owned();
        assert!(network.is_empty() || &row[at("role")] == "visitor");
        let number = row[at("subscriber")].as_bytes();
        truth.insert(key().pseudonym(number).bits(), network);
    }
    let (mut roaming, mut met) = (0, BTreeSet::new());
    let mut check = |history: History<'_>| {
        let due = &truth[&history.subscriber.bits()];
        for event in history.events {
            let network = event.home_network.map(|network| network.to_string());
            assert_eq!(network.unwrap_or_default(), *due);
            roaming += u64::from(!due.is_empty());
        }
        if !due.is_empty() {
            met.insert(due.clone());
        }
        Ok(())
    };
    loaded.events.visit(&mut check).unwrap();
    let homes = loaded.quality.contents.homes;
    assert!(roaming > 50 && met.len() > 2, "{roaming} {met:?}");
    assert!(homes.countries.len() > 2 && homes.events_without > 10 * roaming);
}
