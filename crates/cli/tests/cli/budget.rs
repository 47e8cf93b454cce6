//! A budget that is a slip of the pen, spent, copied back, or without its anchor.

use std::fs;

use crate::{Place, world};

#[test]
fn an_epsilon_that_is_none() {
    let place = Place::new();
    for (epsilon, words) in [
        ("0", "outside the allowed range"),
        ("-1", "outside the allowed range"),
        ("1e9", "outside the allowed range"),
        ("nan", "outside the allowed range"),
        ("one", "is not a number"),
    ] {
        let more = format!("--out out --yes --epsilon {epsilon}");
        let run = place.reads("run", &world().cdr(), &world().cells(), &more);
        run.failed(2, words);
        for line in ["demo --out out", "budget open --population p", "fit out"] {
            let said = place.run(&format!("{line} --epsilon {epsilon}"));
            said.failed(2, words);
        }
    }
    assert_eq!(fs::read_dir(place.root.path()).unwrap().count(), 0);
    let json = place.run("demo --epsilon one --json");
    let error: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(error["schema"], "erewhon.error.v1");
    assert_eq!(error["kind"], "usage");
}

#[test]
fn a_spent_budget_is_refused_before_anything_happens() {
    let place = Place::new();
    place.run("budget open --population p --epsilon 0.5").done();
    let said = place.whole_run("");
    said.failed(4, "epsilon `1` is asked, `0.5` is left of `0.5`");
    assert!(!place.path("out").exists());
    assert_eq!(place.spent_micros(), 0);
    place
        .run("budget open --population p --epsilon 1")
        .failed(1, "already");
    place.run("budget grant --epsilon 0.25 --why more").done();
    let shown = place.run("budget show").done().out;
    assert!(shown.contains("total       0.75"), "{shown}");
    let entries = place.run("budget show --entries").done().out;
    assert!(entries.starts_with("entry  time_utc"), "{entries}");
}

#[test]
fn a_ledger_that_was_copied_back_or_lost_its_anchor() {
    let place = Place::new();
    place.open_budget();
    let vault = place.path("data/erewhon/vault/ledger");
    let backup = place.path("backup");
    fs::create_dir(&backup).unwrap();
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        fs::remove_dir_all(to).unwrap();
        fs::create_dir(to).unwrap();
        for file in fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    copy(&vault, &backup);
    place.whole_run("").done();
    copy(&backup, &vault);
    place.run("budget show").failed(4, "copied back");
    place.whole_run("").failed(4, "copied back");

    // Removing its anchor gives nothing back either.
    fs::remove_dir_all(place.path("state")).unwrap();
    place.run("budget show").failed(4, "no anchor");
    let adopted = place.run("budget adopt --why moved --json");
    assert_eq!(adopted.json("erewhon.budget.v1")["left_micros"], 0);
    let out = "--out other --epsilon 1 --yes";
    let again = place.reads("run", &world().cdr(), &world().cells(), out);
    again.failed(4, "`0` is left of `1`");
}

#[test]
fn nothing_is_spent_without_a_yes() {
    let place = Place::new();
    let out = "--out out --epsilon 1";
    let asked = place.reads("run", &world().cdr(), &world().cells(), out);
    asked.failed(2, "needs a yes");
    let dry = format!("{out} --dry-run --json");
    let preview = place.reads("run", &world().cdr(), &world().cells(), &dry);
    let preview = preview.json("erewhon.budget_preview.v1");
    assert_eq!(preview[0]["for_subscribers"], 10_000);
    let parts = preview.as_array().unwrap().iter();
    let total: f64 = parts.map(|query| query["epsilon"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    let table = place.reads(
        "run",
        &world().cdr(),
        &world().cells(),
        &dry.replace("--json", ""),
    );
    let table = table.done();
    let several = "k numbers of one person cost k times epsilon 1.";
    assert!(table.err.contains(several), "{}", table.err);
    let table = table.out;
    assert!(
        table.starts_with("Plan for about 10,000 subscribers"),
        "{table}"
    );
    let total = table.lines().last().unwrap().split_whitespace();
    assert_eq!(total.collect::<Vec<_>>(), ["total", "1"], "{table}");
    // Too little for the other measure, and enough for this one.
    let little = dry
        .replace("--epsilon 1", "--epsilon 0.001")
        .replace("--json", "");
    let table = place.reads("run", &world().cdr(), &world().cells(), &little);
    let table = table.done().out;
    assert!(table.contains("\nNoise: discrete Laplace.\n"), "{table}");
    let made = fs::read_dir(place.root.path()).unwrap().count();
    assert_eq!(made, 0, "neither directory nor vault");
}
