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
