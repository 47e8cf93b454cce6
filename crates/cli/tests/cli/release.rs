//! A release: two keys, unchanged files, and nothing that was not charged.

use std::fs;

use crate::Place;

#[test]
fn a_release_needs_two_keys_and_unchanged_files() {
    let place = Place::new();
    place.whole_run("").done();
    let vault = place.path("data/erewhon/vault");
    let verify = "release verify out/release --trust \
                  data/erewhon/vault/requester.key.pub data/erewhon/vault/approver.key.pub";

    fs::copy(vault.join("requester.key"), vault.join("approver.key")).unwrap();
    place.run("release approve out").failed(3, "the same key");
    fs::remove_file(vault.join("approver.key")).unwrap();
    fs::remove_file(vault.join("approver.key.pub")).unwrap();

    let report = place.path("out/release/report.html");
    let page = fs::read(&report).unwrap();
    fs::write(&report, "changed").unwrap();
    place
        .run("release approve out")
        .failed(3, "`report.html` was changed");
    fs::write(&report, page).unwrap();
    for line in ["generate out", "report out", "release make out"] {
        place.run(line).failed(2, "are signed for a release");
    }
    place
        .run("release verify out/release")
        .failed(2, "no trusted key");
    place.run("release approve out").done();
    place.run(verify).done();
    place.run("release approve out").failed(1, "already exists");
    fs::write(place.path("out/release/more.txt"), "x").unwrap();
    place.run(verify).failed(3, "`more.txt` was added");
    fs::remove_file(place.path("out/release/more.txt")).unwrap();

    let stranger = "release verify out/release --trust data/erewhon/vault/requester.key.pub";
    place.run(stranger).failed(3, "not among the trusted keys");
    place
        .run("release verify nowhere --trust nobody.pub")
        .failed(1, "no such file");
}
