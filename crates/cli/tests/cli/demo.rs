//! The demo from end to end, twice.

use std::fs;

use crate::Place;

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
