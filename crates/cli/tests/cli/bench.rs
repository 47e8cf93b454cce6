//! What `bench` measures and what it leaves behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Place, Said, place::WINDOW, world};

/// A bench of the made-up country, which leaves nothing behind.
fn bench(place: &Place, what: &str, cells: &Path, more: &str) -> Said {
    let mut command = place.erewhon();
    command.args(["bench", what, "--events"]);
    command.arg(world().cdr()).arg("--cells").arg(cells);
    command.args(WINDOW).args(more.split_whitespace());
    let tmp = place.path("tmp");
    fs::create_dir_all(&tmp).unwrap();
    let said = Said::of(what, command.env("TMPDIR", &tmp));
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0, "{}", said.err);
    said
}

fn has_time() -> bool {
    let there = Path::new("/usr/bin/time").is_file();
    if !there {
        eprintln!("skipped: there is no /usr/bin/time");
    }
    there
}

#[test]
fn ingest_is_timed_alone_where_duckdb_cant_read_the_layout() {
    if !has_time() {
        return;
    }
    let place = Place::new();
    let said = bench(&place, "ingest", &world().cells(), "--runs 1 --json");
    let result = said.json("erewhon.bench_ingest.v1");
    assert_eq!(result["rows_read"], world().lines().len() - 1);
    let kept = result["erewhon"]["rows_written"].as_u64().unwrap();
    assert!(kept > 0 && kept <= result["rows_read"].as_u64().unwrap());
    for figure in ["wall_s", "peak_mib"] {
        let value = result["erewhon"][figure].as_f64().unwrap();
        assert!(value > 0.0, "{figure} is {value}");
    }
    assert!(result["duckdb"].is_null() && result["ratio"].is_null());
    assert!(result["peer"].as_str().unwrap().contains("`gen_cdr`"));
    // The user's own vault and anchors are left alone.
    assert!(!place.path("data").exists() && !place.path("state").exists());
}

/// The country's cells in metres; one without a position stays so.
fn flat_cells(place: &Place) -> PathBuf {
    let text = fs::read_to_string(world().cells()).unwrap();
    let mut flat = "cell,x_m,y_m\n".to_owned();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let metres = |degrees: &str| degrees.parse::<f64>().map(|d| (d * 1e5).to_string());
        let [x, y] = [fields[3], fields[2]].map(|d| metres(d).unwrap_or_default());
        flat += &format!("{},{x},{y}\n", fields[0]);
    }
    place.write("cells.csv", flat)
}

/// Queries in the middle of the country's cells, and figures of a rival.
fn fidelity_files(place: &Place) -> PathBuf {
    let cells = flat_cells(place);
    let text = fs::read_to_string(&cells).unwrap();
    let number = |line: &str, at: usize| line.split(',').nth(at)?.parse::<f64>().ok();
    let middle = |at| {
        let all: Vec<f64> = text.lines().filter_map(|line| number(line, at)).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let (x, y) = (middle(1), middle(2));
    let queries = serde_json::json!({
        "note": "any",
        "circles": [[x, y, 5_000.0], [x + 9_000.0, y, 5_000.0]],
        "small_circles": [[x, y, 2_000.0]],
        "squares": [[x, y, 6_000.0]],
    });
    place.write("queries.json", queries.to_string());
    let rivals = r#"{"walker": {"trip_jsd_6": {"median": 0.125, "min": 0.101, "max": 0.2}}}"#;
    place.write("rivals.json", rivals);
    cells
}

#[test]
fn fidelity_stands_beside_the_ceiling_and_the_rivals() {
    if !has_time() {
        return;
    }
    let place = Place::new();
    let cells = fidelity_files(&place);
    let files = "--queries queries.json --rivals rivals.json";
    let more = format!("--runs 1 --epsilon 0.1,20 --json {files}");
    let result = bench(&place, "fidelity", &cells, &more).json("erewhon.bench_fidelity.v2");
    assert_eq!(result["classification"], "INTERNAL");
    assert_eq!(result["epsilons"], serde_json::json!([0.1, 20.0]));
    let rows = result["rows"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(rows.len(), 16 + 42 + 3 + 8);
    let pairs = &row("pairs_cells_cpc")["ours"];
    assert!(
        pairs[1]["median"].as_f64() > pairs[0]["median"].as_f64(),
        "{pairs}"
    );
    let homes = &row("home_measured_error_from_0_people")["ours"];
    assert!(homes[1]["median"].as_f64().unwrap().abs() < 5.0, "{homes}");
    let trips = row("trip_jsd_nat_6");
    assert_eq!(trips["rivals"]["walker"]["median"], 0.125);
    assert!(trips["halves"].is_null() && row("hourly_emd_km")["rivals"]["walker"].is_null());
    for id in [
        "trip_jsd_nat_6",
        "density_jsd_nat_15",
        "home_density_jsd_bit",
    ] {
        let ours = row(id)["ours"].as_array().unwrap();
        let median = |at: usize| ours[at]["median"].as_f64().unwrap();
        let ceiling = row(id)["ceiling"]["median"].as_f64().unwrap();
        assert!(
            ceiling > 0.0 && ours[0]["min"] == ours[0]["max"],
            "{ours:?}"
        );
        // The first drowns three hundred subscribers: three times the error of the others and more.
        let others = median(1).max(ceiling);
        assert!(median(0) > 1.2 * others, "{id}: {ceiling} {ours:?}");
    }
    assert!(row("hourly_emd_km")["halves"].as_f64().unwrap() > 0.0);
    for cost in result["costs"].as_array().unwrap() {
        assert!(cost["fit"]["peak_mib"].as_f64().unwrap() > 1.0);
        // A draw may be over within the hundredth of a second that is told.
        assert!(cost["generate"]["peak_mib"].as_f64().unwrap() > 1.0);
    }
    // The user's own vault and anchors are left alone.
    assert!(!place.path("data").exists() && !place.path("state").exists());

    let said = bench(&place, "fidelity", &cells, &format!("--runs 2 {files}")).done();
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines[0].ends_with("walker"), "{}", said.out);
    let trips = lines
        .iter()
        .find(|line| line.starts_with("trip JSD 6×6"))
        .unwrap();
    assert!(trips.ends_with(" 0.125 [0.101-0.2]"), "{trips}");
    assert_eq!(trips.matches('[').count(), 3, "two runs differ: {trips}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("Kendall tau 15×15 ↑"))
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("generate, peak MiB"))
    );
    assert!(
        lines.last().unwrap().starts_with("INTERNAL:"),
        "{}",
        said.out
    );
}

#[test]
fn fidelity_refuses_what_it_cant_compare_before_it_reads_records() {
    let place = Place::new();
    let cells = fidelity_files(&place);
    let refused = |more: &str, code: i32, words: &str, hint: &str| {
        let said = bench(&place, "fidelity", &cells, more).failed(code, words);
        let line = said.err.lines().find(|line| line.starts_with("hint: "));
        assert!(line.unwrap().contains(hint), "{}", said.err);
        assert_eq!(said.err.lines().count(), 2, "{}", said.err);
    };
    for (epsilon, words, hint) in [
        (
            "0,1",
            "epsilon `0` is outside the allowed range 0.000001 to 100",
            "1 is a common",
        ),
        ("101", "epsilon `101` is outside", "1 is a common"),
        ("-1", "epsilon `-1` is outside", "1 is a common"),
        ("0.1,,1", "epsilon `` is not a number", "decimal number"),
        ("1,2,1", "epsilon `1` is there twice", "--runs"),
        (
            "0.000001",
            "epsilon `0.000001` is too small for",
            "micro-epsilon",
        ),
    ] {
        refused(&format!("--epsilon {epsilon}"), 2, words, hint);
    }
    refused("--runs 0", 2, "`0` for `--runs <RUNS>`", "--help");
    refused("--rivals rivals.json", 2, "--queries", "Usage");
    refused(
        "--queries none.json",
        1,
        "`none.json`: no such file",
        "path",
    );
    place.write("bad.json", r#"{"circles": [[1, 2]]}"#);
    refused("--queries bad.json", 1, "`bad.json`: ", "`small_circles`");
    place.write(
        "bad.json",
        r#"{"circles": [[1, 2, 0]], "small_circles": [], "squares": []}"#,
    );
    refused("--queries bad.json", 1, "query 1 of `circles`", "in metres");

    let rivals = |text: &str, words: &str| {
        place.write("bad.json", text);
        refused(
            "--queries queries.json --rivals bad.json",
            1,
            words,
            "trip_jsd_nat_6",
        );
    };
    rivals(
        r#"{"a": {"trip_jsd_6": {"median": 1, "min": 0}}}"#,
        "missing field `max`",
    );
    rivals(
        r#"{"a": {"trip_jsd": {"median": 1, "min": 0, "max": 2}}}"#,
        "`a` in `bad.json` has a metric `trip_jsd`, which is unknown",
    );
    rivals(
        r#"{"a": {"trip_jsd_6": {"median": 3, "min": 0, "max": 2}}}"#,
        "not between min and max",
    );

    let degrees = bench(
        &place,
        "fidelity",
        &world().cells(),
        "--queries queries.json",
    );
    let degrees = degrees.failed(1, "positions in metres");
    assert!(degrees.err.contains("`x_m` and `y_m`"), "{}", degrees.err);
}

/// Makes our rows and a peer's of each product, of which home and radius differ in one row each by
/// what is missing, and lets the bench's own script compare them.
const MADE: &str = r#"
import os, sys, datetime, polars as pl
day = datetime.date(2024, 1, 1)
who = lambda t: pl.Series([1, 2, 3], dtype=t)
ours = {
  "home_nights": {"subscriber": who(pl.UInt64), "cell": ["c1", "c2", None], "days": [3, 2, None]},
  "work_days": {"subscriber": who(pl.UInt64), "cell": ["c1", "c2", "c3"], "days": [1, 1, 1]},
  "presence_hourly": {"day": [day], "hour": [7], "zone": ["c1"], "subscribers": [2]},
  "flows_daily": {"day": [day], "from_zone": ["c1"], "to_zone": ["c2"], "jumps": [1], "subscribers": [1]},
  "space": {"subscriber": who(pl.UInt64), "radius_of_gyration_m": [None, 5.0, None]},
}
theirs = {
  "home_nights": {"user": [1, 2], "cell": [1, 2], "days": [3, None]},
  "work_days": {"user": [1, 2, 3], "cell": [1, 2, 3], "days": [1, 1, 1]},
  "presence_hourly": {"cell": [1], "hour": [datetime.datetime(2024, 1, 1, 7)], "subscribers": [2]},
  "flows_daily": {"day": [day], "before": [1], "cell": [2], "trips": [1], "subscribers": [1]},
  "space": {"user": [1, 2, 3], "radius_m": [None, 5.0, 6.0]},
}
for side, tables in (("ours", ours), ("theirs", theirs)):
    os.makedirs(side)
    for name, columns in tables.items():
        pl.DataFrame(columns).write_parquet(f"{side}/{name}.parquet")
"#;

#[test]
fn what_is_missing_agrees_with_what_is_missing_alone() {
    let place = Place::new();
    let python = |words: &[&str]| place.command("python3").arg("-c").args(words).output();
    if !python(&["import polars"]).is_ok_and(|said| said.status.success()) {
        eprintln!("skipped: Python has no polars");
        return;
    }
    let script = include_str!("../../src/commands/bench/mobility_peers.py");
    assert!(python(&[MADE]).unwrap().status.success());
    let said = python(&[script, "agree", "ours", "theirs"]).unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let differ: Vec<&str> = text.lines().filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(differ, ["home_nights 2 1", "space 3 1"], "{text}");
}

#[test]
fn a_timed_pass_keeps_nothing() {
    let place = Place::new();
    let pass = |more: &str| place.run(&format!("bench pass --cells c.csv --days 1 {more}"));
    pass("--events e.parquet --out ours").failed(2, "`--out`");
    pass("--events e.parquet --all").failed(2, "--store");
}
