//! The truth of roads and trips as written: ways lead over roads, and from where people are.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use csv::StringRecord;
use erewhon_world::{CommutingTable, World, WorldSpec, Zone};

fn rows(path: &Path) -> (Vec<String>, Vec<StringRecord>) {
    let mut file = csv::Reader::from_path(path).unwrap();
    let columns = file.headers().unwrap().iter().map(str::to_owned).collect();
    (columns, file.records().map(Result::unwrap).collect())
}

fn small() -> WorldSpec {
    WorldSpec {
        subscribers: 600,
        days: 7,
        cells: 60,
        seed: 9,
        ..WorldSpec::default()
    }
}

#[test]
fn ways_lead_over_roads_from_where_people_are() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::make(&small()).unwrap();
    world.write(dir.path(), &mut |_, _| {}).unwrap();
    let truth = dir.path().join("truth");

    let (columns, roads) = rows(&truth.join("roads.csv"));
    assert_eq!(
        columns.join(","),
        "from,to,from_lat,from_lon,to_lat,to_lon,length_m"
    );
    let mut joined = HashSet::new();
    let mut road_m = HashMap::new();
    let mut spots: HashMap<&str, (&str, &str)> = HashMap::new();
    for road in &roads {
        for (name, lat, lon) in [(0, 2, 3), (1, 4, 5)] {
            let spot = (&road[lat], &road[lon]);
            assert_eq!(*spots.entry(&road[name]).or_insert(spot), spot);
        }
        assert!(joined.insert((&road[0], &road[1])) && joined.insert((&road[1], &road[0])));
        let degrees = |at: usize| road[at].parse::<f64>().unwrap();
        let north_m = 111_195.0 * (degrees(4) - degrees(2));
        let middle = (0.5 * (degrees(2) + degrees(4))).to_radians();
        let east_m = 111_195.0 * (degrees(5) - degrees(3)) * middle.cos();
        let length_m = degrees(6);
        road_m.insert((&road[0], &road[1]), length_m);
        road_m.insert((&road[1], &road[0]), length_m);
        assert!((north_m.hypot(east_m) / length_m - 1.0).abs() < 0.01);
    }
    let count = |kind: &str| spots.keys().filter(|name| name.starts_with(kind)).count();
    let kinds = [
        "centre", "district", "town", "village", "park", "campus", "hub",
    ];
    assert_eq!(kinds.map(count), [1, 8, 5, 22, 3, 1, 1]);
    assert_eq!(spots.len(), 41);

    let (columns, trips) = rows(&truth.join("trips.csv"));
    assert_eq!(
        columns.join(","),
        "person,depart_utc,arrive_utc,from_cell,to_cell,purpose,way,length_m"
    );
    let mut here: HashMap<&str, &str> = HashMap::new();
    let mut homes: HashMap<&str, &str> = HashMap::new();
    let mut longest = 0;
    for trip in &trips {
        let (person, away) = (&trip[0], trip[3].is_empty() || trip[4].is_empty());
        let way: Vec<&str> = trip[6].split('-').filter(|name| !name.is_empty()).collect();
        assert!(way.windows(2).all(|leg| joined.contains(&(leg[0], leg[1]))));
        assert!(way.len() != 1 && (!away || way.is_empty()));
        longest = longest.max(way.len());
        assert_eq!(trip[7].is_empty(), away);
        if !away {
            // A trip is as long as its roads and the ways to the first junction and from the last.
            let length_m = trip[7].parse::<f64>().unwrap();
            let roads_m: f64 = way.windows(2).map(|leg| road_m[&(leg[0], leg[1])]).sum();
            assert!(
                (roads_m - 1.0..roads_m + 15_000.0).contains(&length_m),
                "{trip:?}"
            );
        }
        if away {
            here.remove(person);
        }
        let (Some(first), Some(last)) = (way.first(), way.last()) else {
            continue;
        };
        assert_eq!(here.get(person).unwrap_or(first), first, "{person}");
        here.insert(person, last);
        if &trip[5] == "home" {
            assert_eq!(homes.entry(person).or_insert(last), last, "{person}");
        }
    }
    assert!(
        longest > 4 && homes.len() > 300,
        "{longest} {}",
        homes.len()
    );
}

/// People of a commuting table move in straight lines.
#[test]
fn a_table_has_no_roads() {
    let zone = |id: &str, lon| Zone {
        id: id.into(),
        lat: 40.0,
        lon,
        land: None,
    };
    let zones = vec![zone("a", -74.0), zone("b", -74.1)];
    let table =
        CommutingTable::new(zones, [(0, 0, 9.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 9.0)]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let world = World::from_commuting(&table, &small()).unwrap();
    world.write(dir.path(), &mut |_, _| {}).unwrap();
    let truth = dir.path().join("truth");
    assert_eq!(rows(&truth.join("roads.csv")).1.len(), 0);
    let trips = rows(&truth.join("trips.csv")).1;
    assert!(trips.len() > 1_000 && trips.iter().all(|trip| trip[6].is_empty()));
}
