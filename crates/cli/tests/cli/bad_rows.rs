//! Bad rows are data: they are set aside and counted by rule, and too many of them stop the load.

use crate::{Place, world};

/// One row of the made-up country with some fields replaced.
fn row(line: &str, changes: &[(usize, &str)]) -> String {
    let mut fields: Vec<&str> = line.split(',').collect();
    for (at, value) in changes {
        fields[*at] = value;
    }
    fields.join(",")
}

/// Spoils a row.
type Fault = Box<dyn Fn(&str) -> Vec<u8>>;

/// The rule that sets a row aside, and what is done to the row.
fn faults() -> Vec<(&'static str, Fault)> {
    let with = |at: usize, value: &'static str| {
        Box::new(move |line: &str| row(line, &[(at, value)]).into_bytes()) as Fault
    };
    vec![
        ("unknown_kind", with(3, "planted-kind")),
        ("unknown_cell", with(2, "planted-cell")),
        ("bad_time", with(1, "planted yesterday")),
        ("time_without_zone", with(1, "2026-03-03T10:00:00")),
        ("time_outside_window", with(1, "2031-03-03T10:00:00Z")),
        ("bad_number", with(4, "planted")),
        ("missing_subscriber", with(0, "")),
        (
            "not_utf8",
            Box::new(|line| {
                let mut bytes = row(line, &[(3, "planted")]).into_bytes();
                bytes.push(0xff);
                bytes
            }),
        ),
        (
            "wrong_field_count",
            Box::new(|line| format!("{line},planted").into_bytes()),
        ),
        (
            "row_too_long",
            Box::new(|line| row(line, &[(3, &"planted".repeat(1_500_000))]).into_bytes()),
        ),
    ]
}

#[test]
fn one_of_each_is_set_aside_by_its_rule() {
    let place = Place::new();
    place.open_budget();
    let count = |name: &str, faults: &[Vec<u8>]| {
        let mut bytes = world().changed(str::to_owned).into_bytes();
        for fault in faults {
            bytes.extend_from_slice(fault);
            bytes.push(b'\n');
        }
        let events = place.write(name, bytes);
        let out = format!("--out {name}.out --json");
        place
            .reads("ingest", &events, &world().cells(), &out)
            .json("erewhon.ingest.v3")
    };
    let good = world().lines()[5].clone();
    let all = faults();
    let bad: Vec<Vec<u8>> = all.iter().map(|(_, fault)| fault(&good)).collect();
    let (before, after) = (count("before.csv", &[]), count("after.csv", &bad));
    assert_eq!(before["rows_kept"], after["rows_kept"]);
    let rows = |quality: &serde_json::Value, name: &str| {
        let rules = quality["rules"].as_array().unwrap();
        let met = rules.iter().find(|rule| rule["rule"] == name);
        met.map_or(0, |rule| rule["rows"].as_u64().unwrap())
    };
    for (name, _) in &all {
        assert_eq!(rows(&after, name), rows(&before, name) + 1, "{name}");
    }
}

#[test]
fn nothing_but_bad_rows_stops_the_load() {
    let place = Place::new();
    place.open_budget();
    let lines = world().lines();
    for (name, fault) in faults() {
        // One endless row is enough; of the others there are some hundreds.
        let rows = if name == "row_too_long" { 1 } else { 300 };
        let mut bytes = lines[0].clone().into_bytes();
        for line in lines.iter().skip(1).filter(|l| !l.is_empty()).take(rows) {
            bytes.push(b'\n');
            bytes.extend_from_slice(&fault(&row(line, &[(0, "999000111222")])));
        }
        bytes.push(b'\n');
        let events = place.write("bad.csv", bytes);
        let said = place.reads("ingest", &events, &world().cells(), "--out out");
        let said = said.failed(5, name);
        assert!(!said.err.contains("999000111222"), "{}", said.err);
        let place_of_row = "bad.csv`, line 2";
        assert!(said.err.contains(place_of_row), "{}", said.err);
        let shown = place.run("store show out");
        shown.failed(1, "holds no records");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let place = Place::new();
    place.open_budget();
    let lines = world().lines();
    let mut backwards = vec![lines[0].clone()];
    backwards.extend(lines.iter().skip(1).rev().cloned());
    let kept = |name: &str, lines: &[String]| {
        let events = place.write(name, lines.join("\n") + "\n");
        let out = format!("--out {name}.out --json");
        let said = place.reads("ingest", &events, &world().cells(), &out);
        said.json("erewhon.ingest.v3")["rows_kept"].clone()
    };
    assert_eq!(kept("a.csv", &lines), kept("b.csv", &backwards));
}
