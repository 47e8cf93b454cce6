//! The lab: classical techniques, attacks on whatever is named, limits, and what changed.

use std::fs;

use serde_json::Value;

use crate::{Place, world};

/// The attack of a name on a release in a report.
fn find<'a>(report: &'a Value, id: &str, release: &str) -> &'a Value {
    let attacks = report["attacks"].as_array().unwrap();
    let wanted = |attack: &&Value| attack["id"] == id && attack["release"] == release;
    attacks.iter().find(wanted).unwrap()
}

#[test]
fn every_technique_is_made_inside_and_attacked() {
    let place = Place::new();
    place.whole_run("").done();
    for (technique, more) in [
        ("generalise", "--place zones-9 --time daypart"),
        ("suppress", "--fewest 3"),
        ("swap", ""),
        ("perturb", ""),
        ("k-anonymity", "--k 2"),
        ("blur", ""),
    ] {
        let line = format!("anonymise {technique} out {more}");
        let path = place
            .run(&(line.clone() + " --json"))
            .json("erewhon.anonymise.v1");
        assert_eq!(path, format!("out/internal/anonymised/{technique}"));
        place.run(&line).failed(2, "is there already");
        let said = place.path(path.as_str().unwrap()).join("anonymise.json");
        let said: Value = serde_json::from_slice(&fs::read(said).unwrap()).unwrap();
        assert_eq!(said["classification"], "INTERNAL");
        assert_eq!(said["content"]["technique"], technique);
        let line = format!(
            "risk run out/internal/anonymised/{technique} raw --against out --attack unicity --json"
        );
        let report = place.run(&line).json("erewhon.risk.v4");
        let kind = &find(&report, "unicity", technique)["kind"];
        assert_eq!(
            kind,
            if technique == "blur" {
                "synthetic"
            } else {
                "records"
            }
        );
    }
    let entries = place.run("budget show --entries").done().out;
    assert!(entries.contains("a baseline of the risk lab"), "{entries}");
    place
        .run("anonymise k-anonymity out --k 1 --out other")
        .failed(2, "`1`");
    place
        .run("anonymise generalise out --out ../release/x")
        .failed(2, "is no name of a directory");
    place
        .run("anonymise generalise out --place street --out other")
        .failed(2, "no way to tell a place");

    // What was named has files of its own, and the run's own release keeps those of its attacks.
    let own = place.path("out/internal/risk.html");
    assert!(place.path("out/internal/attacked.html").exists());
    assert!(!fs::read_to_string(own).unwrap().contains("k-anonymity"));

    // What was changed since, or belongs to nothing here, is refused.
    let records = place.path("out/internal/anonymised/swap/records.parquet");
    let whole = fs::read(&records).unwrap();
    fs::write(&records, &whole[..whole.len() / 2]).unwrap();
    place
        .run("risk run out/internal/anonymised/swap --against out")
        .failed(5, "is not as it was written");
    place
        .run("risk run out/internal --against out")
        .failed(1, "anonymise.json");
    place
        .run("risk run nowhere.csv --against out")
        .failed(1, "there is no release `nowhere.csv`");
    place
        .run("risk run --against out --attack guess")
        .failed(2, "`guess` is no attack");
}

#[test]
fn limits_end_with_six_and_say_what_went_beyond() {
    let place = Place::new();
    place.whole_run("").done();
    let limit = |text: &str| place.write("limits.toml", format!("[[limit]]\n{text}"));
    let line = "risk run --against out --attack unicity,home_work --policy limits.toml";
    limit("kind = \"records\"\nattack = \"unicity\"\nsuccess_at_most = 0.5\n");
    place
        .run(line)
        .failed(6, "further than the risk policy allows");
    let page = fs::read_to_string(place.path("out/internal/risk.html")).unwrap();
    assert!(page.contains("Risk policy exceeded.") && page.contains("A person decides"));
    limit("kind = \"records\"\nattack = \"home_work\"\nsuccess_at_most = 0.999\n");
    place.run(line).done();
    let page = fs::read_to_string(place.path("out/internal/risk.html")).unwrap();
    assert!(page.contains("all of 1 limits were tested and none is exceeded"));
    assert!(page.contains("Since the run before, no rate has moved"));
    assert!(page.contains("PET statement") && page.contains("epsilon 1"));
    for (wrong, why) in [
        (
            "success_at_most = 2.0\n",
            "outside the allowed range, 0 to less than 1",
        ),
        ("kind = \"synthetic\"\n", "it allows everything"),
        ("most = 0.1\n", "unknown field"),
    ] {
        limit(wrong);
        place.run(line).failed(2, why);
    }
    // What nothing was held to is not kept.
    limit("kind = \"tables\"\nsuccess_at_most = 0.5\n");
    place
        .run(line)
        .failed(6, "limit 1 of the risk policy was not tested");
    let page = fs::read_to_string(place.path("out/internal/risk.html")).unwrap();
    assert!(page.contains("Risk policy not tested in full."));

    let aside = "risk run --against out --attack unicity --report aside.html";
    place.run(aside).done();
    for name in ["aside.html", "aside.json", "aside.csv"] {
        assert!(
            fs::read_to_string(place.path(name))
                .unwrap()
                .contains("INTERNAL")
        );
    }
    place.run(aside).failed(2, "is there already");
    place.run(&format!("{aside} --overwrite")).done();
    // Nothing but internal files is replaced, and nothing is written among a run's.
    place.write("aside.json", "{}");
    place
        .run(&format!("{aside} --overwrite"))
        .failed(2, "no internal file of ours");
    let against = "risk run --against out --attack unicity --overwrite --report";
    for (code, page, why) in [
        (2, "out/release/report.html", "lies in the run directory"),
        (2, "aside.json", "does not end in .html"),
        (1, "nowhere/aside.html", "there is no directory"),
    ] {
        place.run(&format!("{against} {page}")).failed(code, why);
    }
    let listed = place.run("risk list --json").json("erewhon.risk-list.v1");
    assert!(listed.as_array().unwrap().len() > 20);
}

/// Records that grew since have other people than those who were anonymised.
#[test]
fn records_that_were_made_of_others_are_refused() {
    let place = Place::new();
    place.whole_run("").done();
    place.run("anonymise swap out").done();
    let attack = "risk run out/internal/anonymised/swap --against out --attack unicity";
    place.run(attack).done();
    let of_one = fs::read(world().cdr()).unwrap();
    let of_one = String::from_utf8_lossy(&of_one);
    let one = of_one.lines().nth(1).unwrap().split(',').next().unwrap();
    place.write("withdrawn.csv", format!("subscriber\n{one}\n"));
    place
        .run("store withdraw out --subjects withdrawn.csv")
        .done();
    place.run(attack).failed(5, "was made of other records");
}

#[test]
fn records_can_be_attacked_before_a_fit() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
        .run("risk run raw counts --against out --attack unicity,heaviest")
        .done();
    place
        .run("risk run --against out")
        .failed(1, "erewhon generate");
}

#[test]
fn the_matrix_has_every_attack_on_everything() {
    let place = Place::new();
    place.whole_run("").done();
    let attacks = "unicity,home_work,heaviest,differencing,synthetic_membership";
    let report = place
        .run(&format!("risk matrix out --attack {attacks} --json"))
        .json("erewhon.risk.v4");
    assert_eq!(report["attacks"].as_array().unwrap().len(), 5 * 14);
    for attack in report["attacks"].as_array().unwrap() {
        let rows = attack["rows"].as_array().unwrap();
        assert_eq!(
            rows.is_empty(),
            attack["not_applicable"].is_string(),
            "{attack}"
        );
    }
    let page = fs::read_to_string(place.path("out/internal/matrix.html")).unwrap();
    assert!(page.contains("Risk against utility") && page.matches("<circle").count() > 6);
}
