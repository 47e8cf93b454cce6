use erewhon_dp::Permit;
use erewhon_ledger::EntryKind;
use erewhon_types::{Epsilon, Kind};
use proptest::prelude::*;

use crate::{Place, request};

#[test]
fn a_charge_is_on_record_and_counts() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let purse = ledger.charge(&request(750_000)).unwrap();
    assert_eq!((purse.seq(), purse.charged().units()), (1, 750_000));
    assert_eq!(
        ledger.entries().unwrap()[1].record.digest.unwrap().bytes(),
        &[7; 32]
    );
    let summary = place.open().unwrap().summary().unwrap();
    assert_eq!(
        (
            summary.total_micros,
            summary.spent_micros,
            summary.left_micros
        ),
        (1_000_000, 750_000, 250_000)
    );
    assert_eq!(summary.charged_for("spring").unwrap().micros(), 750_000);
    assert!(summary.charged_for("summer").is_none());
}

#[test]
fn too_much_is_refused_with_figures_and_a_hint() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let _ = ledger.charge(&request(700_000)).unwrap();
    let error = ledger.charge(&request(400_000)).unwrap_err();
    assert_eq!(error.kind(), Kind::Budget);
    assert_eq!(
        error.message(),
        "a charge of epsilon `0.4` would exceed the budget: `0.7` of `1` is spent, `0.3` is left"
    );
    assert!(error.hint().unwrap().contains("`0.3` at most"));
}

#[test]
fn a_plan_is_charged_whole_or_not_at_all() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let plan = [request(600_000), request(400_001)];
    assert_eq!(ledger.charge_all(&plan).unwrap_err().kind(), Kind::Budget);
    assert_eq!(ledger.summary().unwrap().entries, 1);
    assert_eq!(
        ledger
            .charge_all(&[request(600_000), request(400_000)])
            .unwrap()
            .len(),
        2
    );
    assert_eq!(ledger.summary().unwrap().left_micros, 0);
}

#[test]
fn a_grant_and_an_export_are_on_record() {
    let place = Place::new();
    let mut ledger = place.create("0.1");
    ledger
        .grant("0.2".parse().unwrap(), "steward", "second quarter")
        .unwrap();
    let receipt = ledger
        .record_export("engineer", "check of a fit", "presence")
        .unwrap();
    assert_eq!(receipt.entry(), ledger.summary().unwrap().head);
    assert_eq!(receipt.entry().seq, 2);
    let _permit = Permit::mint(receipt);
    let entries = ledger.entries().unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry.record.kind).collect();
    assert_eq!(
        kinds,
        [EntryKind::Opened, EntryKind::Granted, EntryKind::Exported]
    );
    assert_eq!(entries[1].record.why, "second quarter");
    assert_eq!(ledger.summary().unwrap().exports, 1);
    for bad in ["", " ", "two\nlines"] {
        assert_eq!(
            ledger
                .record_export("engineer", bad, "x")
                .unwrap_err()
                .kind(),
            Kind::Usage
        );
    }
}

/// Else whoever knows a hash could try the times of entries against it.
#[test]
fn the_hash_of_an_export_covers_bytes_that_nobody_knows() {
    let place = Place::new();
    let mut ledger = place.create("1");
    for _ in 0..2 {
        let _ = ledger.record_export("engineer", "why", "what").unwrap();
    }
    let nonces: Vec<_> = ledger.entries().unwrap()[1..]
        .iter()
        .map(|entry| *entry.record.digest.unwrap().bytes())
        .collect();
    assert_ne!(nonces[0], nonces[1]);
    assert!(nonces.iter().all(|nonce| *nonce != [0; 32]));
}

#[test]
fn a_ledger_is_never_overwritten_and_never_invented() {
    let place = Place::new();
    assert_eq!(place.open().unwrap_err().kind(), Kind::Input);
    drop(place.create("1"));
    let again = place.create_at(&place.anchors(), "1", "steward");
    assert_eq!(again.unwrap_err().kind(), Kind::Input);
    let names: Vec<_> = std::fs::read_dir(place.file().parent().unwrap())
        .unwrap()
        .collect();
    assert_eq!(names.len(), 1, "no temporary file stays");

    std::fs::write(place.file(), "not a ledger").unwrap();
    assert!(place.open().is_err());
}

#[test]
fn the_opening_says_who_opened() {
    let place = Place::new();
    let unnamed = place.create_at(&place.anchors(), "1", " ");
    assert_eq!(unnamed.unwrap_err().kind(), Kind::Usage);
    let entries = place.create("1").entries().unwrap();
    assert_eq!(entries[0].record.kind, EntryKind::Opened);
    assert_eq!(entries[0].record.who, "steward");
}

#[test]
fn anchors_live_elsewhere() {
    let place = Place::new();
    let beside = place.file().parent().unwrap().join("anchors");
    let error = place.create_at(&beside, "1", "steward").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
}

#[cfg(unix)]
#[test]
fn a_directory_without_permission_is_a_resource() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let place = Place::new();
    if place.root.path().metadata().unwrap().uid() == 0 {
        eprintln!("skipped: permissions do not stop the superuser");
        return;
    }
    let home = place.file().parent().unwrap().to_owned();
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o500)).unwrap();
    let made = place.create_at(&place.anchors(), "1", "steward");
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(made.unwrap_err().kind(), Kind::Resource);
}

#[derive(Clone, Debug)]
enum Step {
    Charge(Vec<u64>),
    Grant(u64),
    Export,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(1..400_000_u64, 1..4).prop_map(Step::Charge),
        1 => (1..300_000_u64).prop_map(Step::Grant),
        1 => Just(Step::Export),
        2 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Against a model of two numbers: never overdrawn, sums exact, refusals change nothing.
    #[test]
    fn the_ledger_keeps_the_books(steps in prop::collection::vec(step(), 1..12)) {
        let place = Place::new();
        let mut ledger = place.create("1");
        let (mut total, mut spent, mut entries) = (1_000_000_u64, 0_u64, 1_u64);
        for step in steps {
            match step {
                Step::Charge(parts) => {
                    let plan: Vec<_> = parts.iter().map(|&micros| request(micros)).collect();
                    let asked: u64 = parts.iter().sum();
                    let charged = ledger.charge_all(&plan);
                    prop_assert_eq!(charged.is_ok(), spent + asked <= total);
                    if let Ok(purses) = charged {
                        spent += asked;
                        entries += parts.len() as u64;
                        prop_assert_eq!(purses.len(), parts.len());
                        prop_assert_eq!(purses.last().unwrap().seq(), entries - 1);
                    }
                }
                Step::Grant(micros) => {
                    ledger.grant(Epsilon::from_micros(micros).unwrap(), "s", "w").unwrap();
                    total += micros;
                    entries += 1;
                }
                Step::Export => {
                    let _ = ledger.record_export("e", "w", "x").unwrap();
                    entries += 1;
                }
                Step::Reopen => ledger = place.open().unwrap(),
            }
            let summary = ledger.summary().unwrap();
            prop_assert_eq!(summary.total_micros, total);
            prop_assert_eq!(summary.spent_micros, spent);
            prop_assert_eq!(summary.left_micros, total - spent);
            prop_assert_eq!(summary.entries, entries);
        }
    }
}
