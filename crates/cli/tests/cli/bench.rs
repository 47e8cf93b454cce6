//! What `bench` measures and what it leaves behind.

use std::{fs, path::Path};

use crate::{Place, Said, place::WINDOW, world};

fn bench(place: &Place, more: &str) -> Said {
    let mut command = place.erewhon();
    command.args(["bench", "ingest", "--runs", "1", "--events"]);
    command
        .arg(world().cdr())
        .arg("--cells")
        .arg(world().cells());
    command.args(WINDOW).args(more.split_whitespace());
    let tmp = place.path("tmp");
    fs::create_dir_all(&tmp).unwrap();
    let said = Said::of("bench ingest", command.env("TMPDIR", &tmp));
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0, "{}", said.err);
    said
}

#[test]
fn ingest_is_timed_alone_where_duckdb_cant_read_the_layout() {
    if !Path::new("/usr/bin/time").is_file() {
        eprintln!("skipped: there is no /usr/bin/time");
        return;
    }
    let place = Place::new();
    let result = bench(&place, "--json").json("erewhon.bench_ingest.v1");
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
