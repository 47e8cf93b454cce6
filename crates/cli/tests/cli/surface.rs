//! Every command: its help, its stages in turn, and its JSON.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{Place, world};

#[test]
fn every_command_has_help() {
    let place = Place::new();
    let mut left = vec![String::new()];
    let mut seen = 0;
    while let Some(command) = left.pop() {
        let help = place.run(&format!("{command} --help")).done().out;
        assert!(help.contains("Usage:"), "{help}");
        seen += 1;
        let below = help.split("Commands:\n").nth(1).unwrap_or_default();
        let names = below
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next());
        left.extend(
            names
                .filter(|&n| n != "help")
                .map(|n| format!("{command} {n}")),
        );
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn a_wrong_command_line_is_one_line_and_a_hint() {
    let place = Place::new();
    for (line, message, hint) in [
        ("genrate", "`genrate`", "`generate`"),
        ("generate out --sed 1", "`--sed`", "`--seed`"),
        ("generate out --seed x", "`x` for `--seed <SEED>`", "--help"),
        ("fit out", "not provided: --epsilon", "Usage: erewhon fit"),
        ("demo --days 70000", "`70000` for `--days <DAYS>`", "--help"),
        (
            "audit-privacy --epsilon 11",
            "`11` can't be audited; allowed is 0.1 to 10",
            "nearest that is allowed",
        ),
        (
            "audit-privacy --epsilon 1000",
            "`1000` can't be audited; allowed is 0.1 to 10",
            "nearest that is allowed",
        ),
        (
            "audit-privacy --epsilon one",
            "`one` is not a number",
            "0.5",
        ),
        ("demo --cells 1", "`1` cells is outside", "--help"),
        ("demo --days 0", "a window of 0 days is outside", "--help"),
    ] {
        let said = place.run(line).failed(2, message);
        let hinted = said.err.lines().find(|line| line.starts_with("hint: "));
        assert!(hinted.unwrap().contains(hint), "{}", said.err);
        assert_eq!(said.err.lines().count(), 2, "{}", said.err);
        let json = place.run(&format!("{line} --json")).failed(2, message);
        let error: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(error["kind"], "usage", "{line}");
    }
    let made = fs::read_dir(place.root.path()).unwrap().count();
    assert_eq!(made, 0, "nothing was claimed");
}

#[test]
fn each_stage_in_turn_and_its_json() {
    let place = Place::new();
    let check = |line: &str, schema: &str| place.run(&format!("{line} --json")).json(schema);
    check(
        "budget open --population p --epsilon 1 --who steward",
        "erewhon.budget.v1",
    );
    let ingested = place.reads(
        "ingest",
        &world().cdr(),
        &world().cells(),
        "--out out --json",
    );
    let quality = ingested.json("erewhon.ingest.v3");
    assert!(quality["rows_kept"].as_u64().unwrap() > 1_000);
    let unfitted = place.run("generate out").failed(1, "no fitted model yet");
    let hint = "make it: `erewhon fit out`";
    assert!(unfitted.err.contains(hint), "{}", unfitted.err);
    place.run("utility out").failed(1, "release/synthetic.csv");
    place.run("release make out").failed(1, "no fitted model");
    place
        .run("fit nowhere --epsilon 1 --yes")
        .failed(1, "is no run directory");

    check("store show out", "erewhon.store.v1");
    check("store show out --exact audit", "erewhon.store.v1");
    check("store check out", "erewhon.store_check.v1");
    check("mobility anchors out", "erewhon.anchors.v1");
    check("mobility anchors out --compare", "erewhon.anchors.v1");
    place
        .run("mobility anchors out --zones h3-5")
        .failed(2, "--compare");
    let preview = "budget preview --format cdr --first-day 2026-03-02 --days 7 --epsilon 1 --cells";
    let cells = world().cells();
    check(
        &format!("{preview} {}", cells.display()),
        "erewhon.budget_preview.v1",
    );
    let shown = check(
        &format!("cells show {}", cells.display()),
        "erewhon.cells.v1",
    );
    assert_eq!(shown["issues"]["kept"], shown["summary"]["rows"]);
    check("fit out --epsilon 1 --dry-run", "erewhon.budget_preview.v1");
    assert_eq!(place.spent_micros(), 0);
    check("fit out --epsilon 1 --yes", "erewhon.fit.v1");
    place.run("fit out --epsilon 1 --yes").failed(4, "is left");
    let made = check(
        "generate out --subscribers 50 --seed 7",
        "erewhon.generate.v1",
    );
    assert_eq!(made["subscribers"], 50);
    let apart = "generate out --subscribers 40 --seed 3 --days 3 --out more.parquet";
    let made = check(apart, "erewhon.generate.v1");
    place
        .run(apart)
        .failed(2, "`more.parquet` is there already");
    check(&format!("{apart} --overwrite"), "erewhon.generate.v1");
    place
        .run("generate out --out more.csv --format minutes")
        .failed(1, "can't express");
    place.run("generate out --days 3").failed(2, "--out");
    let model = fs::read(place.path("out/release/model.json")).unwrap();
    for inside in ["release/model.json", "release/synthetic.csv", "new.csv"] {
        for prefix in ["out/", "out/internal/../"] {
            place
                .run(&format!("generate out --overwrite --out {prefix}{inside}"))
                .failed(2, "lies in the run directory");
        }
    }
    assert!(fs::read(place.path("out/release/model.json")).unwrap() == model);
    place
        .run("generate out --overwrite --out .")
        .failed(2, "is a directory");
    let more = place.path("more.parquet");
    let again = place.reads("ingest", &more, &world().cells(), "--out again --json");
    let again = again.json("erewhon.ingest.v3");
    // Equal events have no place, and are kept once; how many are drawn equal is up to noise.
    let kept = again["rows_kept"].as_u64().unwrap();
    assert!(kept <= made["events"].as_u64().unwrap());
    assert!(kept * 100 > made["events"].as_u64().unwrap() * 80);
    check("utility out", "erewhon.utility.v2");
    check("risk run --against out", "erewhon.risk.v4");
    check("report out", "erewhon.report.v1");
    check("release make out", "erewhon.release_make.v1");
    let key = check("key new --out second.key", "erewhon.key_new.v1");
    assert_eq!(key["public_key"], "second.key.pub");
    check(
        "release approve out/release --key second.key --yes",
        "erewhon.release_approve.v1",
    );
    let entries = check("budget show --entries", "erewhon.ledger_entries.v1");
    assert!(entries.as_array().unwrap().len() > 5);
    assert_eq!(entries[0]["who"], "steward");
    let small = "world make --out w --subscribers 300 --days 7 --cells 30";
    check(small, "erewhon.world.v1");
    let demo = "demo --out d --subscribers 300 --days 7 --cells 30";
    check(demo, "erewhon.demo.v1");
    let missing = place
        .run("store show nowhere --json")
        .failed(1, "holds no records");
    let error: serde_json::Value = serde_json::from_str(&missing.out).unwrap();
    assert_eq!(error["schema"], "erewhon.error.v1");
}

/// The schemas that a text names: `erewhon.NAME.vN`.
fn schemas(text: &str) -> BTreeSet<String> {
    let names = text.match_indices("erewhon.").filter_map(|(at, begin)| {
        let rest = &text[at + begin.len()..];
        let (name, rest) = rest.split_once(".v")?;
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let version: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (is_name && !version.is_empty()).then(|| format!("{begin}{name}.v{version}"))
    });
    names.collect()
}

fn sources(dir: &Path, text: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_schema_is_documented_and_no_other() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&here.join("src"), &mut code);
    let code = schemas(&code);
    assert!(code.len() > 30, "{code:?}");
    let docs = fs::read_to_string(here.join("../../docs/formats.md")).unwrap();
    let (json, _) = docs
        .split_once("\n## JSON\n")
        .and_then(|(_, rest)| rest.split_once("\n## "))
        .unwrap();
    let documented = schemas(&docs);
    let missing: Vec<_> = code.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/formats.md: {missing:?}");
    let stale: Vec<_> = schemas(json).difference(&code).cloned().collect();
    assert!(stale.is_empty(), "no longer printed: {stale:?}");
}
