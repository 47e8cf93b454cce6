use std::fs;

use erewhon_govern::{Policy, approve, verify};
use erewhon_types::Kind;

use crate::{Office, refusal};

#[test]
fn a_purpose_outside_the_policy_is_refused_twice() {
    let office = Office::new();
    assert!(refusal(office.request("advertising")).contains("`advertising`"));
    office.request("research").unwrap();
    let narrower: Policy = "[[purpose]]\nname = \"statistics\"\ndescription = \"d\""
        .parse()
        .unwrap();
    assert!(refusal(approve(&office.out(), &narrower, &office.approver)).contains("`research`"));
}

#[test]
fn nobody_approves_their_own_request() {
    let office = Office::new();
    office.request("statistics").unwrap();
    let message = refusal(approve(
        &office.out(),
        &Policy::default(),
        &office.requester,
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
    fs::write(office.out().join("tables/home.csv"), "zone\n").unwrap();
    let approval = approve(&office.out(), &Policy::default(), &office.approver);
    assert_eq!(refusal(approval), "`tables/home.csv` was changed");
}

#[test]
fn a_release_is_requested_and_approved_once() {
    let office = Office::released();
    assert_eq!(office.request("research").unwrap_err().kind(), Kind::Input);
    let again = approve(&office.out(), &Policy::default(), &office.approver);
    assert_eq!(again.unwrap_err().kind(), Kind::Input);
    office.verify().unwrap();
}

#[test]
fn a_statement_must_claim_what_was_charged() {
    for wrong in ["0.499999", "0.500001", "5"] {
        let office = Office::new();
        let statement = crate::STATEMENT.replace("0.5", wrong);
        fs::write(office.out().join("privacy.json"), statement).unwrap();
        assert!(refusal(office.request("statistics")).contains("the ledger charged"));
    }
    let office = Office::new();
    fs::remove_file(office.out().join("privacy.json")).unwrap();
    assert!(refusal(office.request("statistics")).contains("not in the release"));
}

#[test]
fn internal_files_never_leave() {
    let report = "<!-- INTERNAL: compares with real subscribers -->\n<html></html>";
    for (path, content) in [
        ("INTERNAL", "x"),
        ("internal.json", "{}"),
        ("internal/table.csv", "x"),
        ("tables/Internal/table.csv", "x"),
        ("report.html", report),
        ("report.json", "{\"stamp\": \"INTERNAL\", \"games\": []}"),
        ("report.csv", "stamp,measure\nINTERNAL,0.1\n"),
    ] {
        let office = Office::new();
        let file = office.out().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        assert!(
            refusal(office.request("statistics")).contains("internal"),
            "{path}"
        );
    }
    let office = Office::new();
    fs::write(
        office.out().join("about.txt"),
        "INTERNALS and internal affairs",
    )
    .unwrap();
    office.request("statistics").unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let office = Office::new();
    std::os::unix::fs::symlink("/etc", office.out().join("etc")).unwrap();
    assert!(refusal(office.request("statistics")).contains("`etc` is neither"));

    let office = Office::released();
    let table = office.out().join("tables/home.csv");
    let away = office.root.path().join("home.csv");
    fs::rename(&table, &away).unwrap();
    std::os::unix::fs::symlink(&away, &table).unwrap();
    assert!(refusal(office.verify()).contains("neither a file"));
}
