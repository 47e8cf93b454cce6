//! The demo from end to end, twice.

use std::fs;

use crate::{Place, world};

const DEMO: &str = "demo --out d --subscribers 300 --days 7 --cells 30";

#[test]
fn the_demo_ends_with_a_release_that_verifies() {
    let place = Place::new();
    let said = place.run(DEMO).done();
    assert!(said.out.contains("report.html"), "{}", said.out);
    assert_eq!(
        said.err.matches(" s\n").count(),
        7,
        "a line a stage: {}",
        said.err
    );
    for name in ["internal/report.html", "release/report.html"] {
        let page = fs::read_to_string(place.path("d").join(name)).unwrap();
        assert!(page.contains("</html>"), "{name}");
    }
    let verify =
        "release verify d/release --trust d/vault/requester.key.pub d/approver/approver.key.pub";
    assert!(said.err.contains(verify), "{}", said.err);
    assert!(!place.path("d/vault/approver.key").exists());
    let manifest = place.run(&format!("{verify} --json"));
    let manifest = manifest.json("erewhon.release_verify.v1");
    assert_eq!(manifest["purpose"], "demo");

    let first = fs::read(place.path("d/release/release.json")).unwrap();
    fs::write(place.path("d/notes.txt"), "mine").unwrap();
    place.run(DEMO).done();
    assert!(
        place.path("d/notes.txt").exists(),
        "a demo deletes what it did not make"
    );
    place.run(verify).done();
    assert_ne!(
        first,
        fs::read(place.path("d/release/release.json")).unwrap()
    );
    let run = place.reads(
        "run",
        &place.path("d/raw/cdr.csv"),
        &place.path("d/raw/cells.csv"),
        "--out d --epsilon 1 --yes",
    );
    run.failed(2, "belongs to a demo");
}

/// The anchors of a demo lie beside its vault: later commands find them, and nobody's records get there.
#[test]
fn the_vault_of_a_demo_serves_the_demo_alone() {
    let place = Place::new();
    place.run(DEMO).done();
    let attack = "risk run --against d --vault d/vault --attack unicity";
    place.run(attack).done();
    for verb in ["run", "ingest"] {
        let more = "--out other --vault d/vault";
        let more = if verb == "run" {
            format!("{more} --epsilon 1 --yes")
        } else {
            more.to_owned()
        };
        place
            .reads(verb, &world().cdr(), &world().cells(), &more)
            .failed(2, "is the vault of a demo");
    }
    let open = "budget open --epsilon 4 --population";
    let mut named = open.split_whitespace().collect::<Vec<_>>();
    named.push("a made-up country");
    let mut command = place.erewhon();
    let said = command.args(named).output().unwrap();
    assert_eq!(said.status.code(), Some(2), "{said:?}");

    // Where the usual anchors know its key, a vault is held against them.
    let key = fs::read_dir(place.path("d/anchors")).unwrap();
    let mark = key
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "ledger"))
        .unwrap();
    let usual = place.path("state/erewhon/anchors");
    fs::create_dir_all(&usual).unwrap();
    fs::copy(&mark, usual.join(mark.file_name().unwrap())).unwrap();
    place.run(attack).failed(4, "anchor");
}
