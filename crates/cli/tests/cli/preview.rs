//! `ingest --preview`: rows as they would be read, and nothing made of them.

use crate::{Place, world};

#[test]
fn a_preview_needs_no_directory_and_makes_nothing() {
    let place = Place::new();
    let broken = world().changed(|row| row.replace("2026-", "March of "));
    let broken = place.write("broken.csv", broken);
    let there = || std::fs::read_dir(place.root.path()).unwrap().count();
    let before = there();
    let preview = |events: &std::path::Path, more: &str| {
        place.reads(
            "ingest",
            events,
            &world().cells(),
            &format!("--preview {more}"),
        )
    };
    let said = preview(&world().cdr(), "").done();
    assert!(said.out.starts_with("INTERNAL"), "{}", said.out);
    assert!(
        said.out.contains("row 2") && said.out.contains(" -> "),
        "{}",
        said.out
    );
    let said = preview(&broken, "").done();
    assert!(said.out.contains("set aside: bad_time"), "{}", said.out);
    let shown = preview(&world().cdr(), "--json").json("erewhon.preview.v1");
    assert_eq!(shown[0]["rows"].as_array().unwrap().len(), 5);
    assert_eq!(there(), before);
    for list in [
        "--opt-out gone.csv",
        "--opt-in there.csv",
        "--persons there.csv",
    ] {
        preview(&world().cdr(), list).failed(2, "a preview applies no list of people");
    }

    // Without it, a directory is needed.
    place
        .reads("ingest", &world().cdr(), &world().cells(), "")
        .failed(2, "--out");
}
