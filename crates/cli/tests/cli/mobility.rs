//! Exact families: what is written, and what is on record.

use std::fs;

use crate::{Place, world};

#[test]
fn families_are_computed_on_record_and_say_internal() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();

    let all = place
        .run("mobility list --json")
        .json("erewhon.families.v1");
    let all: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    place.run("mobility compute out --why audit").done();
    for family in &all {
        let text =
            fs::read_to_string(place.path(&format!("out/internal/mobility/cells/{family}.csv")));
        let text = text.unwrap();
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("handling,"), "{family}");
        assert!(lines.all(|line| line.starts_with("INTERNAL,")), "{family}");
    }
    let exports = || {
        let shown = place.run("budget show --json").done().out;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["result"]["exports"].as_u64().unwrap()
    };
    let before = exports();
    place
        .run("mobility compute out --families footfall --zones h3-6 --format parquet")
        .done();
    assert_eq!(exports(), before + 1);
    let bytes = fs::read(place.path("out/internal/mobility/h3-6/footfall.parquet")).unwrap();
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(bytes.starts_with(b"PAR1") && has(b"handling") && has(b"INTERNAL"));
}

#[test]
fn an_unknown_family_is_refused_before_anything_is_read() {
    let place = Place::new();
    place
        .run("mobility compute nowhere --families presense")
        .failed(2, "presence_hourly");
}
