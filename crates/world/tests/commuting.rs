//! A world made from a commuting table keeps to its numbers and to its zones' land.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
};

use erewhon_geo::{Area, Areas, read_areas};
use erewhon_world::{CommutingTable, World, WorldSpec, Zone};

fn world(table: &CommutingTable, subscribers: u32, seed: u64) -> World {
    let spec = WorldSpec {
        subscribers,
        days: 1,
        cells: 60,
        seed,
        ..WorldSpec::default()
    };
    World::from_commuting(table, &spec).unwrap()
}

/// Pearson's statistic against its bound, counts pooled to 5 expected and more: Wilson and
/// Hilferty's approximation at five standard deviations, a false alarm below 1e-6.
fn fits(counts: &[f64], expected: &[f64]) {
    let scale = counts.iter().sum::<f64>() / expected.iter().sum::<f64>();
    let (mut sum, mut groups, mut pool) = (0.0, 0.0, (0.0, 0.0));
    for (count, expected) in counts.iter().zip(expected) {
        pool = (pool.0 + count, pool.1 + expected * scale);
        if pool.1 >= 5.0 {
            sum += (pool.0 - pool.1).powi(2) / pool.1;
            groups += 1.0;
            pool = (0.0, 0.0);
        }
    }
    let freedom: f64 = groups - 1.0;
    let cube = 1.0 - 2.0 / (9.0 * freedom) + 5.0 * (2.0 / (9.0 * freedom)).sqrt();
    assert!(
        freedom >= 1.0 && sum < freedom * cube.powi(3),
        "{sum} {freedom}"
    );
}

/// Homes, jobs and pairs of them, of one worker a household, because a household shares a home.
fn agrees(world: &World, table: &CommutingTable) {
    let n = table.zones().len();
    let (homes, works) = table.margins();
    let mut pairs = vec![0.0; n * n];
    for home in 0..n {
        for &(work, jobs) in table.from_home(home) {
            pairs[home * n + work as usize] += jobs;
        }
    }
    let (mut lived, mut worked, mut both) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * n]);
    let mut households = HashSet::new();
    for person in world.people() {
        if person.role.has_job() && households.insert(person.household) {
            let zone =
                |anchor: Option<erewhon_world::Anchor>| anchor.unwrap().zone.unwrap() as usize;
            let (home, work) = (zone(person.home), zone(person.work));
            lived[home] += 1.0;
            worked[work] += 1.0;
            both[home * n + work] += 1.0;
        }
    }
    fits(&lived, &homes);
    fits(&worked, &works);
    fits(&both, &pairs);
    let impossible = both
        .iter()
        .zip(&pairs)
        .any(|(count, jobs)| *count > 0.0 && *jobs == 0.0);
    assert!(!impossible, "a pair that the table does not have");
}

/// The truth as written: each home and work place lies in the polygon of its zone, each mast on land.
fn keeps_to_its_land(world: &World, lands: &[&Areas]) {
    let dir = tempfile::tempdir().unwrap();
    world.write(dir.path(), &mut |_, _| {}).unwrap();
    let mut people = csv::Reader::from_path(dir.path().join("truth/people.csv")).unwrap();
    let columns = people.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let land = |zone: &str| -> &Area {
        let found = lands
            .iter()
            .find_map(|areas| Some(&areas.all()[areas.named(zone)?]));
        found.unwrap()
    };
    let mut points = 0;
    for row in people.records() {
        let row = row.unwrap();
        for place in ["home", "work"] {
            let number = |what: &str| row[at(&format!("{place}_{what}"))].parse::<f64>();
            if let (Ok(lat), Ok(lon)) = (number("lat"), number("lon")) {
                let zone = &row[at(&format!("{place}_zone"))];
                assert!(land(zone).contains(lon, lat), "{place} outside {zone}");
                points += 1;
            }
        }
    }
    assert!(points > 1_000, "{points}");
    for cell in world.cells().cells() {
        let on_land = lands
            .iter()
            .any(|areas| areas.find(cell.x, cell.y).is_some());
        assert!(on_land, "{} stands in water", cell.id);
    }
}

fn zone(id: &str, lat: f64, lon: f64, land: Option<Area>) -> Zone {
    Zone {
        id: id.to_owned(),
        lat,
        lon,
        land,
    }
}

#[test]
fn homes_and_jobs_follow_a_table_without_land() {
    let zones = (0..6).map(|i| zone(&i.to_string(), 10.0 + 0.02 * f64::from(i), 20.0, None));
    let flows = (0..36).map(|i| (i / 6, i % 6, f64::from((i * i) % 17)));
    let table = CommutingTable::new(zones.collect(), flows).unwrap();
    let world = world(&table, 1_500, 9);
    agrees(&world, &table);
    let mut rows = 0;
    world.records(&mut |_| rows += 1);
    assert!(rows > 0);
}

/// An L of three squares of one size, a frame about a lake, and a strip a metre wide whose rims fall
/// between the millionths of a degree that files have.
const LAND: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"L"},"geometry":{"type":"Polygon","coordinates":[[[20,10],[20.04,10],[20.04,10.02],[20.02,10.02],[20.02,10.04],[20,10.04],[20,10]]]}},
{"type":"Feature","properties":{"id":"frame"},"geometry":{"type":"Polygon","coordinates":[[[20.1,10],[20.14,10],[20.14,10.04],[20.1,10.04],[20.1,10]],[[20.11,10.01],[20.13,10.01],[20.13,10.03],[20.11,10.03],[20.11,10.01]]]}},
{"type":"Feature","properties":{"id":"strip"},"geometry":{"type":"Polygon","coordinates":[[[20.2000003,10],[20.2000097,10],[20.2000097,10.01],[20.2000003,10.01],[20.2000003,10]]]}}]}"#;

#[test]
fn places_are_uniform_over_their_land() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("land.geojson");
    fs::write(&path, LAND).unwrap();
    let (areas, _) = read_areas(&path, "id").unwrap();
    let zones = areas.all().iter().map(|area| {
        let (lon, lat) = area.interior();
        zone(area.name(), lat, lon, Some(area.clone()))
    });
    let flows = [(0, 0, 3.0), (0, 1, 1.0), (1, 1, 2.0), (2, 2, 2.0)];
    let table = CommutingTable::new(zones.collect(), flows).unwrap();
    let world = world(&table, 3_000, 11);
    agrees(&world, &table);
    keeps_to_its_land(&world, &[&areas]);
    let (mut households, mut squares) = (HashSet::new(), [0.0; 3]);
    for person in world.people() {
        let Some(home) = person.home.filter(|home| home.zone == Some(0)) else {
            continue;
        };
        if households.insert(person.household) {
            squares[usize::from(home.lon > 20.02) + 2 * usize::from(home.lat > 10.02)] += 1.0;
        }
    }
    fits(&squares, &[1.0; 3]);
}

/// Counties of the shared data, where they are.
fn counties(names: &[&str]) -> Option<Vec<PathBuf>> {
    let shared = env::var_os("EREWHON_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let dirs = names
        .iter()
        .map(|name| shared.join("data/lodes-new-york").join(name));
    let dirs: Vec<PathBuf> = dirs.collect();
    let there = dirs.iter().all(|dir| dir.exists());
    if !there {
        eprintln!("skipped: no commuting tables in the shared data");
    }
    there.then_some(dirs)
}

fn tracts(county: &Path) -> Areas {
    let name = county.file_name().unwrap().to_str().unwrap();
    read_areas(&county.join(format!("{name}.shp")), "GEOID")
        .unwrap()
        .0
}

#[test]
fn manhattan_keeps_to_its_register_and_its_tracts() {
    let Some(dirs) = counties(&["36061"]) else {
        return;
    };
    let table = CommutingTable::read(&dirs).unwrap();
    let tracts = tracts(&dirs[0]);
    assert_eq!((table.zones().len(), tracts.len()), (288, 288));
    let world = world(&table, 12_000, 10);
    agrees(&world, &table);
    keeps_to_its_land(&world, &[&tracts]);
}

#[test]
fn three_counties_stand_side_by_side() {
    let Some(dirs) = counties(&["36061", "36005", "36081"]) else {
        return;
    };
    let table = CommutingTable::read(&dirs).unwrap();
    let lands: Vec<Areas> = dirs.iter().map(|dir| tracts(dir)).collect();
    let world = world(&table, 6_000, 12);
    agrees(&world, &table);
    keeps_to_its_land(&world, &lands.iter().collect::<Vec<_>>());
    let county = |zone: u32| table.zones()[zone as usize].id[..5].to_owned();
    for person in world.people().iter().filter(|person| person.role.has_job()) {
        let (home, work) = (
            person.home.unwrap().zone.unwrap(),
            person.work.unwrap().zone.unwrap(),
        );
        assert_eq!(county(home), county(work));
    }
}

#[test]
fn refuses_a_shapefile_that_the_table_does_not_match() {
    let Some(dirs) = counties(&["36061"]) else {
        return;
    };
    let made = |change: fn(String) -> String, shapes: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        for file in ["od.npy", "36061.dbf", "36061.prj"] {
            fs::copy(dirs[0].join(file), dir.path().join(file)).unwrap();
        }
        for name in shapes {
            fs::copy(dirs[0].join("36061.shp"), dir.path().join(name)).unwrap();
        }
        let order = fs::read_to_string(dirs[0].join("tract_order.csv")).unwrap();
        fs::write(dir.path().join("tract_order.csv"), change(order)).unwrap();
        let table = CommutingTable::read(&[dir.path()]);
        table.map_err(|error| error.message().to_owned())
    };
    let same = |order: String| order;
    let whole = made(same, &["36061.shp"]).unwrap();
    assert!(whole.zones().iter().all(|zone| zone.land.is_some()));
    assert!(
        made(same, &[])
            .unwrap()
            .zones()
            .iter()
            .all(|zone| zone.land.is_none())
    );
    let renamed = |order: String| order.replacen(",36061000100,", ",36061999999,", 1);
    assert!(
        made(renamed, &["36061.shp"])
            .unwrap_err()
            .contains("has no polygon for")
    );
    let swapped = |order: String| {
        let first = order.replacen(",36061000100,", ",x,", 1);
        let second = first.replacen(",36061000201,", ",36061000100,", 1);
        second.replacen(",x,", ",36061000201,", 1)
    };
    assert!(
        made(swapped, &["36061.shp"])
            .unwrap_err()
            .contains("has another place for")
    );
    assert!(
        made(same, &["36061.shp", "b.shp"])
            .unwrap_err()
            .ends_with("has several shapefiles")
    );
}
