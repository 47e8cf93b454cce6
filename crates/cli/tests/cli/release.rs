//! A release: two people, unchanged files, and nothing that was not charged.

use std::fs;

use crate::{Place, world};

const VERIFY: &str = "release verify out/release --trust \
                      data/erewhon/vault/requester.key.pub second.key.pub";

#[test]
fn a_release_needs_two_keys_and_unchanged_files() {
    let place = Place::new();
    let said = place.whole_run("").done();
    for next in [
        "erewhon release approve COPY --key FILE",
        "get that file back and put it into out/release",
    ] {
        assert!(said.out.contains(next), "{}", said.out);
    }

    let keyless = place.run("release approve out/release");
    assert_eq!(keyless.code, Some(2), "{}", keyless.err);
    place
        .run("release approve out/release --key second.key")
        .failed(1, "no such file");
    assert!(!place.path("second.key").exists());
    place
        .run("release approve out/release --key data/erewhon/vault/requester.key")
        .failed(3, "the same key");

    // What would be approved is shown, and nobody can have said yes to it here.
    place.run("key new --out second.key").done();
    let asked = place
        .run("release approve out/release --key second.key")
        .failed(2, "approving a release needs a yes");
    for shown in [
        "purpose     research: Research in the public interest",
        "recipient   unnamed recipient",
        "population  the subscribers of this vault",
        "epsilon     1, of one subscriber, all records served to them",
        "window      7 days from 2026-03-02 (Europe/Berlin)",
        "files       7 with their digests: cells.csv, model.json",
        "requester   key ",
    ] {
        assert!(asked.err.contains(shown), "no `{shown}`: {}", asked.err);
    }
    assert!(!place.path("out/release/approval.sig").exists());

    let report = place.path("out/release/report.html");
    let page = fs::read(&report).unwrap();
    fs::write(&report, "changed").unwrap();
    place.approve().failed(3, "`report.html` was changed");
    fs::write(&report, page).unwrap();
    for line in ["generate out", "release make out"] {
        place.run(line).failed(2, "are signed for a release");
    }
    place
        .run("release verify out/release")
        .failed(2, "no trusted key");
    place.approve().done();
    let verified = place.run(VERIFY).done().out;
    for shown in [
        "ok: ",
        "recipient   unnamed",
        "purpose     research",
        "approver    key ",
    ] {
        assert!(verified.contains(shown), "no `{shown}`: {verified}");
    }
    place.approve().failed(1, "is approved already");
    place
        .run("key new --out second.key")
        .failed(1, "already exists");
    fs::write(place.path("out/release/more.txt"), "x").unwrap();
    place
        .run(VERIFY)
        .failed(3, "`more.txt` is no part of a release");
    fs::remove_file(place.path("out/release/more.txt")).unwrap();

    let stranger = "release verify out/release --trust data/erewhon/vault/requester.key.pub \
                    data/erewhon/vault/requester.key.pub";
    place.run(stranger).failed(3, "not among the trusted keys");
    place
        .run("release verify nowhere --trust nobody.pub nobody.pub")
        .failed(1, "no such file");
}

/// Its files may have been changed on purpose or not: a run that says it is complete vouches for them.
#[test]
fn a_changed_release_is_no_complete_run() {
    let place = Place::new();
    let said = place.whole_run("").done();
    for path in [
        "out/internal/quality.html",
        "out/internal/quarantine/until-",
    ] {
        assert!(said.out.contains(path), "no `{path}`: {}", said.out);
    }
    let complete = |words: &str| {
        let said = place.whole_run("").done();
        assert!(said.err.contains("This run is complete"), "{}", said.err);
        assert!(said.out.contains(words), "{}", said.out);
    };
    complete("release approve COPY");
    place.approve().done();
    complete("An approval of these files by key ");
    let changed = |name: &str, words: &str| {
        let path = place.path("out/release").join(name);
        let good = fs::read(&path).unwrap();
        fs::write(&path, "changed").unwrap();
        for more in ["", "--dry-run"] {
            let said = place.whole_run(more).failed(3, words);
            assert!(said.err.contains("withdraw the request"), "{}", said.err);
        }
        fs::write(&path, good).unwrap();
    };
    changed("synthetic.csv", "`synthetic.csv` was changed");
    changed("model.json", "`model.json` was changed");
    changed(
        "release.json",
        "the signature in `release.sig` does not fit",
    );
    changed(
        "approval.sig",
        "`approval.sig` is not the approver's signature",
    );
    complete("An approval of these files by key ");

    // Signed anew, by somebody else.
    for half in ["requester.key", "requester.key.pub"] {
        fs::remove_file(place.path("data/erewhon/vault").join(half)).unwrap();
    }
    place.whole_run("").failed(3, "not with that of this vault");
    assert_eq!(place.spent_micros(), 1_000_000);
}

/// The hash that a release shows covers random bytes, so nobody can try times against it.
#[test]
fn a_release_shows_the_entry_of_its_own_request() {
    let place = Place::new();
    place.whole_run("").done();
    let manifest = fs::read_to_string(place.path("out/release/release.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let head = &manifest["ledger"]["head"];
    let entries = place.run("budget show --entries --json");
    let entries = entries.json("erewhon.ledger_entries.v1");
    let entry = &entries[head["seq"].as_u64().unwrap() as usize];
    assert_eq!(entry["hash"], head["hash"]);
    assert_eq!(entry["kind"], "exported");
    assert!(entry["digest"].is_string());
    let release = manifest["release"].as_str().unwrap();
    assert_eq!(entry["what"], format!("request of release {release}"));
}

/// What somebody wrote into the page after the run is not signed.
#[test]
fn the_page_that_is_signed_is_made_of_what_was_checked() {
    let place = Place::new();
    place.whole_run("").done();
    for name in ["release.json", "release.sig"] {
        fs::remove_file(place.path("out/release").join(name)).unwrap();
    }
    let path = place.path("out/release/report.html");
    let page = fs::read_to_string(&path).unwrap();
    fs::write(&path, page.replace("invented people", "real people")).unwrap();
    place.run("release make out").done();
    let signed = fs::read_to_string(&path).unwrap();
    assert!(signed.contains("invented people") && !signed.contains("real people"));
    place.approve().done();
    place.run(VERIFY).done();
}

/// The internal page has no reader outside: it may follow new measures.
#[test]
fn a_signed_run_still_gets_its_internal_page() {
    let place = Place::new();
    place.whole_run("").done();
    let page = |name: &str| fs::read(place.path("out").join(name)).unwrap();
    let (internal, released) = (page("internal/report.html"), page("release/report.html"));
    place.run("risk run --against out --seed 5").done();
    let said = place.run("report out").done();
    assert!(said.err.contains("stay as they are"), "{}", said.err);
    assert!(page("internal/report.html") != internal);
    assert!(page("release/report.html") == released);
    place.approve().done();
    place.run(VERIFY).done();
}

/// What does not belong into a release, put there before it is asked for.
#[test]
fn a_planted_file_is_not_released() {
    let place = Place::new();
    place.whole_run("").done();
    let at = |name: &str| place.path("out/release").join(name);
    for name in ["release.json", "release.sig"] {
        fs::remove_file(at(name)).unwrap();
    }
    let make = || place.run("release make out");

    place.run("mobility anchors out").done();
    place.run("mobility anchors out --rule nights").done();
    assert!(place.path("out/internal/anchors-nights.csv").is_file());
    let anchors = fs::read_to_string(place.path("out/internal/anchors-signalling.csv")).unwrap();
    assert!(anchors.lines().skip(1).all(|l| l.starts_with("INTERNAL,")));
    place.run("mobility anchors out --compare").done();
    let changes = place.path("out/internal/mobility/presets-cells/preset_changes.csv");
    let changes = fs::read_to_string(changes).unwrap();
    // 45 pairs of rules for home, 3 for work.
    assert_eq!(changes.lines().count(), 1 + 48);
    assert!(changes.lines().skip(1).all(|l| l.starts_with("INTERNAL,")));
    let plain = anchors.replace("INTERNAL,", "");
    let raw = fs::read(world().cdr()).unwrap();
    for (name, content) in [("anchors.csv", plain.as_bytes()), ("cdr.csv", &raw)] {
        fs::write(at(name), content).unwrap();
        make().failed(3, &format!("`{name}` is no part of a release"));
        fs::remove_file(at(name)).unwrap();
    }

    // Under the names of files that do belong there.
    let text = |name: &str| fs::read_to_string(at(name)).unwrap();
    let dear = text("model.json").replace("\"epsilon\":1.0", "\"epsilon\":50.0");
    let exact = {
        let mut model: serde_json::Value = serde_json::from_str(&text("model.json")).unwrap();
        model["provenance"] = serde_json::json!({ "kind": "internal" });
        model["measured"] = serde_json::json!([]);
        model.to_string()
    };
    let other = text("privacy.json").replace("subscribers_noisy\": ", "subscribers_noisy\": 1");
    for (name, content, words) in [
        ("synthetic.csv", &raw[..], "not what the model gives"),
        ("cells.csv", plain.as_bytes(), "not what the model says"),
        ("tables.csv", plain.as_bytes(), "not what the model says"),
        ("model.json", dear.as_bytes(), "not what the model says"),
        ("model.json", exact.as_bytes(), "its tables are exact"),
        ("privacy.json", other.as_bytes(), "not what the model says"),
    ] {
        let good = fs::read(at(name)).unwrap();
        fs::write(at(name), content).unwrap();
        make().failed(3, words);
        fs::write(at(name), good).unwrap();
    }
    place
        .run("release make out --purpose statistics")
        .failed(3, "not charged for the purpose `statistics`");
    assert!(!at("release.json").exists());

    let good = text("model.json");
    fs::write(at("model.json"), exact).unwrap();
    place.run("generate out").failed(3, "its tables are exact");
    fs::write(at("model.json"), good).unwrap();

    make().done();
    place.approve().done();
    place.run(VERIFY).done();
}

#[test]
fn a_release_tells_no_time_and_no_path() {
    let place = Place::new();
    let mapping = "own/layout.toml";
    place.whole_run("").done();
    let manifest = fs::read_to_string(place.path("out/release/release.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["created_utc"].as_str().unwrap().len(), 10);
    let name = manifest["release"].as_str().unwrap();
    let digits = name.strip_prefix("2026-03-02-7d-").unwrap();
    assert!(digits.len() == 8 && u32::from_str_radix(digits, 16).is_ok());

    let run = place.path("out/internal/run.json");
    let changed = fs::read_to_string(&run)
        .unwrap()
        .replace("\"format\": \"cdr\"", &format!("\"format\": \"{mapping}\""));
    assert!(changed.contains(mapping));
    fs::write(run, changed).unwrap();
    for name in ["release.json", "release.sig"] {
        fs::remove_file(place.path("out/release").join(name)).unwrap();
    }
    place.run("report out").done();
    let page = fs::read_to_string(place.path("out/release/report.html")).unwrap();
    assert!(page.contains("own mapping") && !page.contains(mapping));
    let verify = "erewhon release verify DIR --trust requester.key.pub approver.key.pub";
    assert!(page.contains(verify));
}
