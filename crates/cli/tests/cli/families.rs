//! A private release of families, from the command line: previewed, paid, signed, checked by an outsider.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::{Place, world};

fn ingested() -> Place {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
}

/// The only release of families in `out`.
fn released(place: &Place) -> PathBuf {
    let mut there = fs::read_dir(place.path("out/families")).unwrap();
    let first = there.next().unwrap().unwrap().path();
    assert!(there.next().is_none());
    first
}

fn read(path: &std::path::Path, name: &str) -> String {
    fs::read_to_string(path.join(name)).unwrap()
}

const ASKED: &str =
    "mobility release out --families footfall:14:10,homes,trips_daily.trips:8:3 --epsilon 0.5";

#[test]
fn families_are_previewed_paid_for_and_checked_by_an_outsider() {
    let place = ingested();
    let dry = place.run(&format!("{ASKED} --dry-run")).done();
    assert!(
        dry.err
            .contains("spends epsilon 0.5 of 1 left in population `test`"),
        "{}",
        dry.err
    );
    for words in [
        "footfall.subscribers",
        "homes.subscribers",
        "trips_daily.trips",
        "can't be known without spending",
    ] {
        assert!(dry.out.contains(words), "no `{words}`: {}", dry.out);
    }
    let plan = place
        .run(&format!("{ASKED} --dry-run --json"))
        .json("erewhon.families_plan.v1");
    assert_eq!(plan[0]["entries_of_one"], 14);
    assert_eq!(plan[1]["measures"][0]["most_of_one"], 10);
    // 14 entries at a fourth of 0.5: a scale of 112, and root 2 times that.
    let sd = plan[0]["measures"][0]["noise_sd"].as_f64().unwrap();
    assert!((sd - 158.39).abs() < 0.01, "{sd}");
    let errors = plan[0]["measures"][0]["relative_error"].as_array().unwrap();
    assert!((errors[2].as_f64().unwrap() - sd / 1000.0).abs() < 1e-9);
    assert_eq!(place.spent_micros(), 0);
    assert!(!place.path("out/families").exists());

    // Nobody can have said yes to it here.
    place.run(ASKED).failed(2, "spending budget needs a yes");
    let said = place
        .run(&format!("{ASKED} --purpose statistics --yes"))
        .done();
    assert!(
        said.out.contains("erewhon release approve COPY"),
        "{}",
        said.out
    );
    assert_eq!(place.spent_micros(), 500_000);

    let release = released(&place);
    let statement: Value = serde_json::from_str(&read(&release, "privacy.json")).unwrap();
    assert_eq!(statement["queries"], plan);
    assert_eq!(statement["epsilon"], 0.5);
    assert_eq!(statement["unit"], "subscriber_whole_period");
    assert_eq!(statement["zones"]["zones"], "cells");
    assert!(statement["definitions"]["stays"].is_object());
    let tables = read(&release, "families.csv");
    let mut lines = tables.lines();
    assert_eq!(
        lines.next(),
        Some("number,day,zone,home_zone,from_zone,to_zone,value,low_95,high_95")
    );
    let entries: u64 = plan
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["entries"].as_u64().unwrap())
        .sum();
    assert_eq!(lines.count() as u64, entries);

    // Whoever receives it can check it, and sees what was changed.
    let name = release
        .strip_prefix(place.root.path())
        .unwrap()
        .display()
        .to_string();
    place.run("key new --out second.key").done();
    let approve = format!("release approve {name} --key second.key --yes");
    let verify = format!(
        "release verify {name} --trust data/erewhon/vault/requester.key.pub second.key.pub"
    );
    fs::write(release.join("families.csv"), tables.replacen(",1", ",2", 1)).unwrap();
    place.run(&approve).failed(3, "`families.csv` was changed");
    fs::write(release.join("families.csv"), &tables).unwrap();
    let asked = place.run(&approve).done();
    assert!(
        asked.err.contains("files       2 with their digests"),
        "{}",
        asked.err
    );
    let verified = place.run(&verify).done().out;
    assert!(verified.contains("purpose     statistics"), "{verified}");
    for (file, content, words) in [
        ("model.json", "{}", "`model.json` is no part of a release"),
        ("more.txt", "x", "`more.txt` is no part of a release"),
    ] {
        fs::write(release.join(file), content).unwrap();
        place.run(&verify).failed(3, words);
        fs::remove_file(release.join(file)).unwrap();
    }
    fs::remove_file(release.join("privacy.json")).unwrap();
    place.run(&verify).failed(3, "`privacy.json` is missing");

    // The run goes on as if nothing were beside it, and the lab says what it can't attack.
    place
        .run(&format!("risk run {name} --against out"))
        .failed(1, "");
    place.run("fit out --epsilon 0.5 --yes").done();
    place.run(&format!("{ASKED} --yes")).failed(4, "is left");
    let entries = place.run("budget show --entries").done().out;
    assert!(
        entries
            .contains("footfall.subscribers 0.125, footfall.events 0.125, homes.subscribers 0.125"),
        "{entries}"
    );
}

#[test]
fn a_population_in_rho_pays_in_rho() {
    let place = Place::new();
    place
        .run("budget open --population p --epsilon 1 --delta 1e-6")
        .done();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place.run(&format!("{ASKED} --yes")).done();
    let release = released(&place);
    let statement: Value = serde_json::from_str(&read(&release, "privacy.json")).unwrap();
    let queries = statement["queries"].as_array().unwrap();
    let rhos = queries.iter().map(|query| query["rho"].as_f64().unwrap());
    assert!((rhos.sum::<f64>() - statement["rho"].as_f64().unwrap()).abs() < 1e-12);
    assert_eq!(queries[0]["noise"], "discrete Gaussian");
    assert!(read(&release, "release.json").contains("erewhon.release.v2"));
}

#[test]
fn what_is_refused_costs_nothing() {
    let place = ingested();
    let line = |families: &str, more: &str| {
        place.run(&format!(
            "mobility release out --families {families} --epsilon 1 {more}"
        ))
    };
    for (families, more, code, words) in [
        ("footfal", "--yes", 2, "`footfal` is no family"),
        ("space", "--yes", 2, "a row about each subscriber"),
        ("footfall:0", "--yes", 2, "a cap of `0`"),
        ("footfall.trips", "--yes", 2, "there is no column `trips`"),
        ("footfall", "--yes --purpose sales", 3, "`sales`"),
        ("footfall", "--yes --zones h3-99", 2, "no resolution `99`"),
        ("footfall,footfall", "--yes", 2, "is asked twice"),
    ] {
        line(families, more).failed(code, words);
    }
    place
        .run("mobility release out --families footfall --epsilon 1.1 --yes")
        .failed(4, "epsilon `1.1` is asked, `1` is left");
    place
        .run("mobility release out --families footfall --epsilon 0.000001 --yes")
        .failed(2, "too small for 2 queries");
    // What no release may hold, in a name: signing would refuse it after it was paid for.
    let area = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"all"},
        "geometry":{"type":"Polygon","coordinates":[[[-31,45],[-29,45],[-29,47],[-31,47],[-31,45]]]}}]}"#;
    place.write("in-INTERNAL.geojson", area);
    line("homes", "--yes --zones in-INTERNAL.geojson").failed(2, "the word `INTERNAL`");
    assert_eq!(place.spent_micros(), 0);
    assert!(!place.path("out/families").exists());

    // A file that is not what was committed is met before the charge, too.
    let store = place.path("out/internal/store");
    let mut left = vec![store];
    let mut parts = Vec::new();
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => left.push(path),
                Some(end) if end == "parquet" => parts.push(path),
                _ => {}
            }
        }
    }
    let mut bytes = fs::read(&parts[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&parts[0], bytes).unwrap();
    let torn = line("footfall", "--yes");
    assert_eq!(torn.code, Some(5), "{}", torn.err);
    assert_eq!(place.spent_micros(), 0);
}
