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

/// Whether a file below a directory holds a text, gzipped or not at all.
fn holds(dir: &std::path::Path, text: &str) -> bool {
    let needle = text.as_bytes();
    let mut entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries.any(|path| match path.is_dir() {
        true => holds(&path, text),
        false => fs::read(path)
            .unwrap()
            .windows(needle.len())
            .any(|part| part == needle),
    })
}

#[test]
fn a_listed_place_counts_as_its_neighbour() {
    let place = Place::new();
    place.open_budget();
    let cells = fs::read_to_string(world().cells()).unwrap();
    let cells = columns(&cells, ["cell", "lat", "lon"]);
    let [secret, lat, lon] = &cells[cells.len() / 2];
    let at = |more: &str| {
        place.write(
            "places.csv",
            format!("lat,lon,radius_m\n{lat},{lon},1\n{more}"),
        )
    };
    at("");
    let load = |more: &str| place.reads("ingest", &world().cdr(), &world().cells(), more);
    load("--out plain").done();
    load("--out out --hide places.csv").done();
    let (all, zones) = visits(&place, "plain");
    let (kept, hidden) = visits(&place, "out");
    assert!(zones.contains(secret) && !hidden.contains(secret));
    assert_eq!(all, kept, "a record of the place was lost");
    let quality = fs::read_to_string(place.path("out/internal/quality.json")).unwrap();
    assert!(quality.contains("cell_hidden") && quality.contains("m away"));

    // What leaves says nothing of the place, and not who counts as whom.
    place.run("fit out --epsilon 1 --yes").done();
    place.run("generate out").done();
    assert!(holds(&place.path("out/internal"), secret));
    assert!(!holds(&place.path("out/release"), &format!("{secret}\"")));
    assert!(!holds(&place.path("out/release"), &format!("{secret},")));

    // It is so for the life of the store.
    load("--out out").failed(1, "another cell table");
    at("\n91,0,1\n");
    load("--out other --hide places.csv").failed(1, "place 2: `91`");
    place.write("places.csv", "lat,lon,radius_m\n0,0,1\n");
    load("--out other --hide places.csv").failed(1, "no cell is near");
    load("--out other --hide nowhere.csv").failed(1, "nowhere.csv");
}
