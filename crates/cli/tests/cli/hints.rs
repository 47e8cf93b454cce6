//! What goes wrong on the first day, and whether the hint leads on.

use std::fs;

use crate::{Place, Said, world};

fn hinted(said: Said, code: i32, message: &str, hint: &str) {
    let said = said.failed(code, message);
    let line = said.err.lines().find(|line| line.starts_with("hint: "));
    assert!(line.unwrap().contains(hint), "{}", said.err);
}

#[test]
fn a_release_that_is_none_or_was_changed() {
    let place = Place::new();
    place.whole_run("").done();
    let vault = "data/erewhon/vault";
    let verify = |dir: &str, keys: &str| place.run(&format!("release verify {dir} --trust {keys}"));
    place.run("key new --out second.key").done();
    let keys = &format!("{vault}/requester.key.pub second.key.pub");

    hinted(
        verify("out/release", &format!("{vault}/requester.key second.key")),
        2,
        "`data/erewhon/vault/requester.key` is the private half of a key",
        "name `data/erewhon/vault/requester.key.pub`",
    );
    hinted(
        verify("out/release", "out/release/model.json second.key.pub"),
        2,
        "`out/release/model.json` is not the public half of a key",
        "end in `.pub`",
    );
    hinted(
        place.run("release approve out/release --key second.key.pub"),
        2,
        "`second.key.pub` is the public half of a key, and the private one signs",
        "name `second.key`",
    );
    hinted(
        verify("out/release", keys),
        3,
        "lacks the approver's signature",
        "erewhon release approve",
    );
    place.approve().done();
    hinted(place.approve(), 1, "is approved already", "verify");
    hinted(verify("out", keys), 3, "is not a release", "`out/release`");
    hinted(verify("data", keys), 3, "is not a release", "release make");
    fs::write(place.path("out/release/synthetic.csv"), "changed").unwrap();
    hinted(
        verify("out/release", keys),
        3,
        "`synthetic.csv` was changed",
        "untouched copy",
    );
}

#[test]
fn another_population_needs_another_vault() {
    let place = Place::new();
    place.open_budget();
    let again = place.run("budget open --population other --epsilon 1");
    hinted(
        again,
        1,
        "holds the budget of a population already",
        "another --vault",
    );
    place
        .run("budget open --population other --epsilon 1 --vault other")
        .done();
}

#[test]
fn the_wrong_vault_is_named_and_nothing_is_made_of_it() {
    let place = Place::new();
    place.whole_run("").done();
    let again = |vault: &str| place.whole_run(&format!("--vault {vault}"));
    hinted(
        again("wrong"),
        1,
        "`wrong` holds no budget: it is no vault",
        "--vault",
    );
    for line in [
        "utility out",
        "risk run --against out",
        "fit out --epsilon 1 --yes",
        "mobility anchors out",
        "budget show",
    ] {
        let said = place.run(&format!("{line} --vault wrong"));
        hinted(
            said,
            1,
            "`wrong` holds no budget: it is no vault",
            "--vault",
        );
    }
    assert!(!place.path("wrong").exists());

    place
        .run("budget open --population other --epsilon 1 --vault other")
        .done();
    hinted(again("other"), 3, "another vault's key", "--vault");
    let out = "--out out --vault other";
    let more = place.reads("ingest", &world().cdr(), &world().cells(), out);
    hinted(more, 3, "another vault's key", "--vault");
}

#[test]
fn a_window_without_days() {
    let place = Place::new();
    let preview = "budget preview --format cdr --first-day 2026-03-02 --days 0 --epsilon 1 --cells";
    let said = place.run(&format!("{preview} {}", world().cells().display()));
    hinted(said, 2, "a window of 0 days", "--days says");
}

#[test]
fn words_on_record_say_something() {
    let place = Place::new();
    place.open_budget();
    for option in ["--why=", "--why= "] {
        let mut command = place.erewhon();
        command.args(["budget", "grant", "--epsilon", "1", option]);
        let said = Said::of("budget grant", &mut command);
        hinted(said, 2, "empty words", "say who, what or why");
        for line in ["quarantine show out", "key rotate", "key destroy 1234"] {
            let mut command = place.erewhon();
            command.args(line.split(' ')).arg(option);
            hinted(
                Said::of(line, &mut command),
                2,
                "empty words",
                "say who, what or why",
            );
        }
    }
    place.run("audit-privacy --epsilon -1").failed(2, "`-1`");
    let mut command = place.erewhon();
    command.args(["budget", "grant", "--epsilon", "1", "--why", "more"]);
    command.env_remove("USER").env_remove("LOGNAME");
    Said::of("budget grant", &mut command).done();
    let entries = place.run("budget show --entries --json");
    let entries = entries.json("erewhon.ledger_entries.v1");
    let who = entries.as_array().unwrap().last().unwrap()["who"].clone();
    let who = who.as_str().unwrap();
    assert!(who.starts_with("uid ") || who == "unknown account", "{who}");
}
