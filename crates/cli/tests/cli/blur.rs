//! Places that no map should show apart.

use std::fs;

use crate::{Place, world};

/// Some columns of a table without quotes.
fn columns<const N: usize>(text: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = names.map(|name| header.iter().position(|column| *column == name).unwrap());
    lines.map(|line| at.map(|at| line[at].to_owned())).collect()
}

/// Events at all cells, and at which there are any.
fn visits(place: &Place, run: &str) -> (u64, Vec<String>) {
    place
        .run(&format!(
            "mobility compute {run} --families visitors --zones cells --format csv"
        ))
        .done();
    let table = place.path(run).join("internal/mobility/cells/visitors.csv");
    let rows = columns(&fs::read_to_string(table).unwrap(), ["zone", "events"]);
    let all = rows
        .iter()
        .map(|[_, events]| events.parse::<u64>().unwrap())
        .sum();
    (all, rows.into_iter().map(|[zone, _]| zone).collect())
}

#[test]
fn a_listed_place_counts_as_its_neighbour() {
    let place = Place::new();
    place.open_budget();
    let cells = fs::read_to_string(world().cells()).unwrap();
    let cells = columns(&cells, ["cell", "lat", "lon"]);
    let [secret, lat, lon] = &cells[cells.len() / 2];
    place.write(
        "places.csv",
        format!("name,lat,lon,radius_m\nclinic,{lat},{lon},1\n"),
    );
    let load = |more: &str| place.reads("ingest", &world().cdr(), &world().cells(), more);
    load("--out plain").done();
    load("--out out --blur places.csv").done();
    let (all, zones) = visits(&place, "plain");
    let (kept, blurred) = visits(&place, "out");
    assert!(zones.contains(secret) && !blurred.contains(secret));
    assert_eq!(all, kept, "a record of the place was lost");

    // It is so for the life of the store.
    load("--out out").failed(1, "cell");
    place.write("places.csv", "lat,lon\n1,2\n");
    load("--out other --blur places.csv").failed(1, "a column is missing");
    load("--out other --blur nowhere.csv").failed(1, "nowhere.csv");
}
