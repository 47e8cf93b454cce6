use std::fs;

use erewhon_govern::{Policy, RELEASE_FILES, approve, requested, verify};
use erewhon_types::{Error, Kind};

use crate::{Office, STATEMENT, model, refusal};

#[test]
fn a_purpose_outside_the_policy_is_refused_twice() {
    let office = Office::new();
    assert!(refusal(office.request("advertising")).contains("`advertising`"));
    office.request("statistics").unwrap();
    let mut narrower = Policy::default();
    narrower.purposes.retain(|purpose| purpose.name == "demo");
    assert!(
        refusal(approve(&office.out(), &narrower, &office.approver, |_| Ok(
            ()
        )))
        .contains("`statistics`")
    );
}

#[test]
fn a_release_is_for_the_purpose_that_it_was_charged_for() {
    let message = refusal(Office::new().request("research"));
    assert!(message.contains("was not charged for the purpose `research`"));
}

#[test]
fn nobody_approves_their_own_request() {
    let office = Office::new();
    office.request("statistics").unwrap();
    let message = refusal(approve(
        &office.out(),
        &Policy::default(),
        &office.requester,
        |_| Ok(()),
    ));
    assert!(message.contains("same key"));
}

#[test]
fn an_unapproved_release_does_not_verify() {
    let office = Office::new();
    assert!(refusal(office.verify()).contains("`release.json` is missing"));
    office.request("statistics").unwrap();
    assert!(refusal(office.verify()).contains("`approval.sig` is missing"));
}

#[test]
fn an_unknown_key_is_not_trusted() {
    let office = Office::released();
    let [requester, approver] = office.trusted();
    assert!(refusal(verify(&office.out(), &[requester])).contains("approver's key"));
    assert!(refusal(verify(&office.out(), &[approver])).contains("requester's key"));
}

#[test]
fn files_that_changed_since_the_request_are_not_approved() {
    let office = Office::new();
    office.request("statistics").unwrap();
    fs::write(office.out().join("synthetic.csv"), "zone\n").unwrap();
    let approval = approve(&office.out(), &Policy::default(), &office.approver, |_| {
        Ok(())
    });
    assert_eq!(refusal(approval), "`synthetic.csv` was changed");
}

#[test]
fn nothing_is_approved_without_a_yes_to_what_is_shown() {
    let office = Office::new();
    let asked = office.request("statistics").unwrap();
    let policy = Policy::default();
    let approval = approve(&office.out(), &policy, &office.approver, |shown| {
        assert_eq!(shown.manifest, asked);
        assert_eq!(shown.requester, office.requester.public());
        Err(Error::usage("no"))
    });
    assert_eq!(approval.unwrap_err().kind(), Kind::Usage);
    assert!(!office.out().join("approval.sig").exists());
    assert_eq!(requested(&office.out()).unwrap().approver, None);
}

#[test]
fn a_request_is_looked_at_without_trusted_keys() {
    let office = Office::released();
    let look = || requested(&office.out());
    let [requester, approver] = office.trusted();
    let seen = look().unwrap();
    assert_eq!((seen.requester, seen.approver), (requester, Some(approver)));
    for (name, words) in [
        ("synthetic.csv", "`synthetic.csv` was changed"),
        ("approval.sig", "`approval.sig` is not the approver's"),
        ("release.sig", "`release.sig` is not the requester's"),
    ] {
        let path = office.out().join(name);
        let good = fs::read(&path).unwrap();
        fs::write(&path, "changed").unwrap();
        let message = refusal(look());
        assert!(message.contains(words), "{message}");
        fs::write(&path, good).unwrap();
    }
    look().unwrap();
}

#[test]
fn a_release_is_requested_and_approved_once() {
    let office = Office::released();
    assert_eq!(
        office.request("statistics").unwrap_err().kind(),
        Kind::Input
    );
    let again = approve(&office.out(), &Policy::default(), &office.approver, |_| {
        Ok(())
    });
    assert_eq!(again.unwrap_err().kind(), Kind::Input);
    office.verify().unwrap();
}

/// Writes a statement and a model that carries it, unknown to the ledger.
fn plant(office: &Office, statement: &str) {
    fs::write(office.out().join("privacy.json"), statement).unwrap();
    fs::write(office.out().join("model.json"), model(statement)).unwrap();
}

#[test]
fn a_statement_must_claim_what_was_charged() {
    for (total, home) in [
        ("0.499999", "0.299999"),
        ("0.500001", "0.300001"),
        ("5", "4.8"),
    ] {
        let office = Office::new();
        plant(
            &office,
            &STATEMENT
                .replace("\"epsilon\": 0.5", &format!("\"epsilon\": {total}"))
                .replace("0.3", home),
        );
        assert!(refusal(office.request("statistics")).contains("the ledger charged"));
    }
}

#[test]
fn the_charges_of_the_queries_must_add_up() {
    let office = Office::new();
    plant(&office, &STATEMENT.replace("0.3", "0.300001"));
    assert!(refusal(office.request("statistics")).contains("do not add up"));
}

#[test]
fn another_model_is_refused() {
    // A model of a larger epsilon under the statement of a smaller one.
    let office = Office::new();
    let dear = STATEMENT.replace("0.5", "50").replace("0.3", "49.8");
    fs::write(office.out().join("model.json"), model(&dear)).unwrap();
    assert!(refusal(office.request("statistics")).contains("another privacy statement"));

    // The right statement around other tables.
    let office = Office::new();
    let other = model(STATEMENT).replace("\"subscribers\": 7", "\"subscribers\": 8");
    fs::write(office.out().join("model.json"), other).unwrap();
    assert!(refusal(office.request("statistics")).contains("fit of release `spring`"));

    let office = Office::new();
    let internal = r#"{"provenance": {"kind": "internal"}, "subscribers": 7}"#;
    fs::write(office.out().join("model.json"), internal).unwrap();
    assert!(refusal(office.request("statistics")).contains("tables are exact"));

    let office = Office::new();
    fs::write(office.out().join("model.json"), "{}").unwrap();
    assert!(refusal(office.request("statistics")).contains("is not a model"));
}

#[test]
fn a_release_that_the_ledger_does_not_know_is_refused() {
    let mut office = Office::new();
    office.ledger.releases[0].fitted = None;
    assert!(refusal(office.request("statistics")).contains("fit of release `spring`"));
    office.ledger.releases.clear();
    assert!(refusal(office.request("statistics")).contains("charged nothing"));
}

#[test]
fn nothing_but_the_files_of_a_release_leaves() {
    for (path, content) in [
        ("anchors.csv", "home_cell,work_cell,subscribers\na,b,1\n"),
        ("manifest.json", "{\"periods\": []}"),
        ("seg-0_7.parquet", "PAR1"),
        (
            "cdr.csv",
            "subscriber,time_utc\n+49170,2026-03-02T09:30:00Z\n",
        ),
        ("store/manifest.json", "{}"),
        ("about.txt", "hello"),
        (".hidden", ""),
    ] {
        let office = Office::new();
        let file = office.out().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        let name = path.split('/').next().unwrap();
        assert_eq!(
            refusal(office.request("statistics")),
            format!("`{name}` is no part of a release")
        );
    }
    for name in RELEASE_FILES {
        let office = Office::new();
        fs::remove_file(office.out().join(name)).unwrap();
        assert_eq!(
            refusal(office.request("statistics")),
            format!("`{name}` is missing")
        );
    }
}

#[test]
fn internal_files_never_leave() {
    for (path, content) in [
        (
            "report.html",
            "<!-- INTERNAL: compares with real subscribers -->\n<html></html>",
        ),
        (
            "cells.csv",
            "handling,home_cell,work_cell,subscribers\nINTERNAL,a,b,1\n",
        ),
        ("synthetic.csv", "stamp,measure\nINTERNAL,0.1\n"),
    ] {
        let office = Office::new();
        fs::write(office.out().join(path), content).unwrap();
        assert!(
            refusal(office.request("statistics")).contains("internal"),
            "{path}"
        );
    }
    let office = Office::new();
    fs::write(
        office.out().join("report.html"),
        "INTERNALS and internal affairs",
    )
    .unwrap();
    office.request("statistics").unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let office = Office::new();
    fs::remove_file(office.out().join("report.html")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", office.out().join("report.html")).unwrap();
    assert!(refusal(office.request("statistics")).contains("`report.html` is not a plain file"));

    let office = Office::released();
    let table = office.out().join("synthetic.csv");
    let away = office.root.path().join("away.csv");
    fs::rename(&table, &away).unwrap();
    std::os::unix::fs::symlink(&away, &table).unwrap();
    assert!(refusal(office.verify()).contains("not a plain file"));
}
