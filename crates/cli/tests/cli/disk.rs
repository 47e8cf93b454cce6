//! A disk that refuses, a store that was changed, and a directory that is in use.

use std::fs;

use crate::{Place, Said, world};

/// A limit on the size of files, ignored by signal, is met like a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let place = Place::new();
    place.open_budget();
    let make = "world make --subscribers 2500 --days 7 --cells 30 --out big";
    place.run(make).done();
    let (cdr, cells) = (place.path("big/cdr.csv"), place.path("big/cells.csv"));
    let limited = |kib: u32, verb: &str, more: &str| {
        let mut command = place.command("bash");
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_erewhon"), verb]);
        command.arg("--events").arg(&cdr).arg("--cells").arg(&cells);
        command.args(crate::place::WINDOW).args(more.split(' '));
        Said::of(verb, &mut command)
    };
    // The ledger's files need 32 KiB; the segment does not fit.
    limited(64, "ingest", "--out out").failed(75, "the disk is full");
    place.run("store show out").failed(1, "holds no records");
    assert_eq!(place.spent_micros(), 0);

    let run = "--out out --epsilon 1 --yes";
    // It has about 5 MB, and noise moves it; the largest before it, the room for the model, has 3.2 MB.
    let synthetic_does_not_fit = 3_400;
    limited(synthetic_does_not_fit, "run", run)
        .failed(75, "`out/release/synthetic.csv`: can't write the records");
    assert!(place.path("out/release/model.json").exists());
    assert_eq!(place.spent_micros(), 1_000_000);
    let said = place.reads("run", &cdr, &cells, run).done();
    assert!(said.err.contains("going on from it"), "{}", said.err);
    assert_eq!(place.spent_micros(), 1_000_000);
}

#[test]
fn a_changed_store_is_found() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    let store = place.path("out/internal/store");
    let range = store.join("period=20260302_7d/range=0000");
    let segment = fs::read_dir(range).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&segment).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    fs::write(&segment, &bad).unwrap();
    place.run("store show out").failed(5, "was changed");
    fs::write(&segment, &good[1..]).unwrap();
    place.run("store show out").failed(5, "was changed");
    place
        .run("fit out --epsilon 1 --yes")
        .failed(5, "was changed");
    fs::remove_file(&segment).unwrap();
    place.run("store show out").failed(5, "missing");
    fs::write(&segment, &good).unwrap();
    place.run("store show out").done();
    fs::write(store.join("manifest.json"), "{}").unwrap();
    place.run("store show out").failed(5, "manifest");
    assert_eq!(place.spent_micros(), 0);
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    let marker = fs::File::open(place.path("out/.erewhon-run")).unwrap();
    marker.lock().unwrap();
    place
        .run("fit out --epsilon 1 --yes")
        .failed(75, "another process works in");
    place.whole_run("").failed(75, "another process works in");
    assert_eq!(place.spent_micros(), 0);
}
