use std::fs;

use erewhon_types::Kind;
use proptest::prelude::*;

use crate::{Office, refusal};

const FILES: [&str; 10] = [
    "cells.csv",
    "model.json",
    "privacy.json",
    "report.html",
    "synthetic.csv",
    "tables.csv",
    "zones.csv",
    "release.json",
    "release.sig",
    "approval.sig",
];

/// One changed bit anywhere in anything that was released, signed or listed.
#[test]
fn any_changed_bit_is_found() {
    let office = Office::released();
    let strategy = (0..FILES.len(), any::<prop::sample::Index>(), 0..8_u8);
    proptest!(ProptestConfig::with_cases(128), |((file, at, bit) in strategy)| {
        let path = office.out().join(FILES[file]);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at.index(good.len())] ^= 1 << bit;
        fs::write(&path, &bad).unwrap();
        let found = office.verify();
        fs::write(&path, &good).unwrap();
        prop_assert_eq!(found.unwrap_err().kind(), Kind::Refused);
        prop_assert!(office.verify().is_ok());
    });
}

#[test]
fn a_cut_or_longer_file_is_found() {
    let office = Office::released();
    for name in FILES {
        let path = office.out().join(name);
        let good = fs::read(&path).unwrap();
        for bad in [&good[..good.len() - 1], &[&good[..], b"\n"].concat(), b""] {
            fs::write(&path, bad).unwrap();
            refusal(office.verify());
        }
        fs::remove_file(&path).unwrap();
        assert!(refusal(office.verify()).contains("missing"), "{name}");
        fs::write(&path, good).unwrap();
    }
    office.verify().unwrap();
}

#[test]
fn an_extra_file_is_found() {
    let office = Office::released();
    fs::write(office.out().join("more.csv"), "x").unwrap();
    assert_eq!(
        refusal(office.verify()),
        "`more.csv` is no part of a release"
    );
}

#[test]
fn an_extra_directory_is_found() {
    let office = Office::released();
    fs::create_dir(office.out().join("nothing")).unwrap();
    assert!(refusal(office.verify()).contains("`nothing` is no part"));
}

#[test]
fn signatures_do_not_change_roles_or_releases() {
    let office = Office::released();
    let other = Office::released();
    let read = |name: &str| fs::read_to_string(office.out().join(name)).unwrap();
    let approval = read("approval.sig");
    let as_requester = read("release.sig").replace("requester", "approver");
    for forged in [
        as_requester,
        fs::read_to_string(other.out().join("approval.sig")).unwrap(),
        approval.replace(' ', "  "),
    ] {
        fs::write(office.out().join("approval.sig"), forged).unwrap();
        refusal(office.verify());
    }
    fs::write(office.out().join("approval.sig"), approval).unwrap();
    office.verify().unwrap();
}
