//! A run that was stopped, and the same command again.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::{Place, place::WINDOW, world};

#[test]
fn a_finished_run_does_nothing_more() {
    let place = Place::new();
    place.whole_run("").done();
    let entries = |place: &Place| {
        let shown = place.run("budget show --json").json("erewhon.budget.v1");
        shown["entries"].as_u64().unwrap()
    };
    let (before, page) = (
        entries(&place),
        fs::read(place.path("out/release/report.html")).unwrap(),
    );
    let again = place.whole_run("").done();
    assert!(again.err.contains("complete"), "{}", again.err);
    assert_eq!(entries(&place), before);
    assert_eq!(
        fs::read(place.path("out/release/report.html")).unwrap(),
        page
    );
    assert_eq!(place.spent_micros(), 1_000_000);
}

#[test]
fn another_job_in_the_same_directory_is_refused() {
    let place = Place::new();
    place.run("budget open --population p --epsilon 3").done();
    place.whole_run("").done();
    let run = |events: &std::path::Path, more: &str| {
        place.reads(
            "run",
            events,
            &world().cells(),
            &format!("--out out --yes {more}"),
        )
    };
    let cdr = world().cdr();
    run(&cdr, "--epsilon 0.5").failed(2, "was fitted at epsilon `1`");
    run(&cdr, "--epsilon 1 --purpose statistics").failed(2, "for the purpose `research`");
    run(&cdr, "--epsilon 1 --seed 2").failed(2, "was drawn with seed `1`");
    let lines = world().lines();
    let fewer = place.write("fewer.csv", lines[..lines.len() / 2].join("\n") + "\n");
    run(&fewer, "--epsilon 1").failed(1, "holds another load");
    let mut later = place.erewhon();
    later.args("run --format cdr --first-day 2026-03-09 --days 7 --out out".split(' '));
    later.args("--time-zone Europe/Berlin --epsilon 1 --yes --events".split(' '));
    later.arg(&cdr).arg("--cells").arg(world().cells());
    crate::Said::of("run later", &mut later).failed(2, "another window");
    assert_eq!(place.spent_micros(), 1_000_000);
    place.whole_run("").done();
}

#[test]
fn a_model_that_was_paid_for_is_gone_on_from() {
    let place = Place::new();
    place.whole_run("").done();
    // As after a kill in the middle of writing the synthetic records.
    for name in [
        "release/synthetic.csv",
        "release/release.sig",
        "release/report.html",
        "internal/risk.json",
        "internal/utility.json",
    ] {
        fs::remove_file(place.path("out").join(name)).unwrap();
    }
    for name in [
        "release/synthetic.partial",
        "release/.tmpAbC123",
        "internal/.tmpXyZ",
    ] {
        place.write(&format!("out/{name}"), "half");
    }
    let again = place.whole_run("").done();
    assert!(again.err.contains("nothing more is spent"), "{}", again.err);
    assert!(!place.path("out/release/.tmpAbC123").exists());
    place.approve().done();
    assert_eq!(place.spent_micros(), 1_000_000);
}

#[test]
fn a_charge_without_its_model_stays_spent() {
    let place = Place::new();
    place.whole_run("").done();
    for name in ["model.json", "release.sig", "release.json"] {
        fs::remove_file(place.path("out/release").join(name)).unwrap();
    }
    place.whole_run("").failed(4, "`0` is left");
    place.run("budget grant --epsilon 1 --why crash").done();
    let again = place.whole_run("").done();
    assert!(again.err.contains("that stays spent"), "{}", again.err);
    assert_eq!(place.spent_micros(), 2_000_000);
    place.approve().done();
}

/// Ctrl-C once a stage has ended; the same command again must come to the end.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on() {
    for stage in ["ingest", "fit", "generate", "utility", "risk"] {
        let place = Place::new();
        place.run("budget open --population p --epsilon 2").done();
        let mut command = place.erewhon();
        command.args(["run", "--yes", "--epsilon", "1", "--out", "out", "--events"]);
        command
            .arg(world().cdr())
            .arg("--cells")
            .arg(world().cells());
        let mut child = command
            .args(WINDOW)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ended = lines.find(|line| line.as_ref().unwrap().starts_with(stage));
        assert!(ended.is_some(), "{stage}");
        let pid = child.id().to_string();
        place
            .command("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap();
        child.wait().unwrap();

        let had_model = place.path("out/release/model.json").exists();
        let spent = place.spent_micros();
        place.whole_run("").done();
        let more = if had_model { 0 } else { 1_000_000 };
        assert_eq!(place.spent_micros(), spent + more, "{stage}");
        place.approve().done();
    }
}
