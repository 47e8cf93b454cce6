//! The store over time: late data, compaction, withdrawal, expiry.

use std::fs;

use crate::{Place, world};

/// Events of each segment.
fn segments(place: &Place) -> Vec<u64> {
    let store = place.run("store show out --exact audit --json");
    let store = store.json("erewhon.store.v1");
    let periods = store["internal"]["periods"].as_array().unwrap().iter();
    periods
        .flat_map(|period| period["segments"].as_array().unwrap())
        .map(|segment| segment["events"].as_u64().unwrap())
        .collect()
}

fn events(place: &Place) -> u64 {
    segments(place).iter().sum()
}

#[test]
fn late_data_withdrawal_and_expiry() {
    let place = Place::new();
    place.open_budget();
    let lines = world().lines();
    let part = |name: &str, rows: &[String]| {
        let rows = rows.iter().filter(|row| *row != &lines[0]);
        let rows: String = rows.map(|row| format!("{row}\n")).collect();
        place.write(name, format!("{}\n{rows}", lines[0]))
    };
    let middle = lines.len() / 2;
    let (early, late) = (
        part("early.csv", &lines[..middle + 50]),
        part("late.csv", &lines[middle..]),
    );
    let load = |file: &std::path::Path, more: &str| {
        let line = format!("--out out {more}");
        place.reads("ingest", file, &world().cells(), &line).done()
    };
    let first = load(&early, "--json").json("erewhon.ingest.v3");
    assert_eq!(first["events_added"], first["rows_kept"]);
    let second = load(&late, "");
    assert!(second.out.contains("added to store   "), "{}", second.out);
    let again = load(&late, "");
    let nothing = "added to store   nothing: the same files, read alike, are a load of it";
    assert!(again.out.contains(nothing), "{}", again.out);
    assert_eq!(
        load(&late, "--json").json("erewhon.ingest.v3")["events_added"],
        0
    );
    let check = || {
        let checked = place.run("store check out --json");
        let checked = checked.json("erewhon.store_check.v1");
        // How many files there are depends on records, and nobody's name is on this.
        assert_eq!(checked.to_string(), r#"{"checked":true}"#);
    };
    check();
    assert_eq!(segments(&place).len(), 2);
    let two_loads = events(&place);
    let compacted = place
        .run("store compact out --json")
        .json("erewhon.store_compact.v1");
    assert_eq!(compacted["periods"].as_array().unwrap().len(), 1);
    let said = place.run("store compact out").done();
    assert!(said.out.contains("nothing to do"), "{}", said.out);
    let one_load = events(&place);
    assert!(one_load < two_loads && one_load > two_loads / 2);

    // Somebody of the first rows, written in another way, and a comment.
    let id = lines[1]
        .split(',')
        .next()
        .unwrap()
        .trim_start_matches('+')
        .to_owned();
    place.write("subjects.txt", format!("subscriber\n00{id}\n"));
    let withdrawn = place.run("store withdraw out --subjects subjects.txt --why consent --json");
    assert!(!withdrawn.err.contains("attention"), "{}", withdrawn.err);
    assert_eq!(withdrawn.json("erewhon.store_withdraw.v1")["numbers"], 1);
    let shown = place.run("store show out --exact audit").done().out;
    assert!(
        shown.contains("hidden   subscribers who have withdrawn: 1\n"),
        "{shown}"
    );
    let sum = format!("in all   events: {one_load}, files: 1;");
    assert!(shown.contains(&sum), "{shown}");
    assert_eq!(events(&place), one_load);
    place.run("store compact out").done();
    assert!(events(&place) < one_load);
    check();
    place.write("names.txt", "subscriber,age\nAda,30\nBob,41\n");
    let said = place.run("store withdraw out --subjects names.txt").done();
    assert!(
        said.err.contains("attention: 2 of the 2 entries"),
        "{}",
        said.err
    );
    assert!(said.out.starts_with("2 numbers are hidden"), "{}", said.out);
    place.write("column.txt", "subscribers\n+49170\n");
    place
        .run("store withdraw out --subjects column.txt")
        .failed(1, "is it `subscribers`?");
    place.write("nobody.txt", "subscriber\n");
    place
        .run("store withdraw out --subjects nobody.txt")
        .failed(1, "names nobody");

    let entries = place.run("budget show --entries").done().out;
    assert!(
        entries.contains("withdrawal of 1 number (consent)"),
        "{entries}"
    );
    assert!(!entries.contains(&id));
    place
        .run("store expire out --older-than 2026-3")
        .failed(2, "2026-3");
    let kept = place.run("store expire out --older-than 2026-03-08").done();
    assert!(kept.out.contains("nothing to do"), "{}", kept.out);
    let gone = place.run("store expire out --older-than 2026-03-09 --json");
    let gone = gone.json("erewhon.store_expire.v1");
    assert_eq!(gone["periods"][0]["first_day"], "2026-03-02");
    let store = place.path("out/internal/store");
    let mut left = fs::read_dir(store)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        left.find(|name| name.to_string_lossy().starts_with("period="))
            .is_none()
    );
    place.run("store show out").failed(1, "holds no records");
}

#[test]
fn a_store_of_another_vault_is_left_alone() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
        .run("budget open --population q --epsilon 1 --vault other")
        .done();
    for verb in ["compact out", "expire out --older-than 2027-01-01"] {
        place
            .run(&format!("store {verb} --vault other"))
            .failed(3, "another vault's key");
    }
    place.run("store check out").done();
}
