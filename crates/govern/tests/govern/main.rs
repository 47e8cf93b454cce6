//! Releases as an outsider meets them: made, approved, and then tampered with.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may fail loudly"
)]

mod keys;
mod refusals;
mod tamper;

use std::{fs, path::PathBuf};

use erewhon_govern::{
    FAMILY_FILES, Manifest, Policy, PrivateKey, PublicKey, RELEASE_FILES, ReleaseRequest, Verified,
    approve, make_release, verify,
};
use erewhon_ledger::{ChargeRequest, Digest, FitRecord, Ledger, LedgerSummary, fit_digest};
use erewhon_types::{Kind, Result, Window};
use tempfile::TempDir;

const STATEMENT: &str = r#"{"epsilon": 0.5, "unit": "subscriber_whole_period",
    "window": {"first_day": "2026-03-02", "days": 28, "time_zone": "Europe/Berlin"},
    "queries": [{"name": "subscribers", "epsilon": 0.2}, {"name": "home", "epsilon": 0.3}],
    "resolution": ["zones of 1,000 subscribers"]}"#;

const TABLES: &str = "number,zone,value\nfootfall.subscribers,a,7\n";

fn model(statement: &str) -> String {
    format!(
        r#"{{"version": "erewhon.model.v1", "provenance": {{"kind": "private", "statement":
        {statement}}}, "subscribers": 7}}"#
    )
}

/// A ledger that charged for release `spring`, two keys, and a directory to release.
struct Office {
    root: TempDir,
    ledger: LedgerSummary,
    requester: PrivateKey,
    approver: PrivateKey,
}

impl Office {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in ["home", "out"] {
            fs::create_dir(at(name)).unwrap();
        }
        let model = model(STATEMENT);
        for (name, content) in [
            ("cells.csv", "cell,lon,lat\na,1,2\n"),
            ("model.json", &model),
            ("privacy.json", STATEMENT),
            ("report.html", "<!-- RELEASE -->\n<html></html>\n"),
            ("synthetic.csv", "subscriber,cell\n1,a\n"),
            ("tables.csv", "table,people\nhome,1\n"),
            ("zones.csv", "cell,home\na,0\n"),
        ] {
            fs::write(at("out").join(name), content).unwrap();
        }
        let mut ledger = Ledger::create(
            &at("home/budget"),
            &at("anchors"),
            "p",
            ("1".parse().unwrap(), None),
            "steward",
        )
        .unwrap();
        let charge = ChargeRequest {
            release: "spring".into(),
            query_name: "home".into(),
            query_digest: [1; 32],
            epsilon: "0.25".parse().unwrap(),
            who: "analyst".into(),
            purpose: "statistics".into(),
            window: Window::parse("2026-03-02", 28, "Europe/Berlin").unwrap(),
        };
        let _ = ledger
            .charge_all(&[charge.clone(), charge.clone()])
            .unwrap();
        let digests = [model.as_str(), STATEMENT].map(|text| Digest::of(text.as_bytes()));
        ledger
            .record_fit(&FitRecord {
                release: "spring".into(),
                who: "analyst".into(),
                purpose: "statistics".into(),
                queries: "subscribers 0.2, home 0.3".into(),
                digest: fit_digest(&digests[0], &digests[1]),
                window: charge.window,
            })
            .unwrap();
        Self {
            ledger: ledger.summary().unwrap(),
            requester: PrivateKey::create(&at("requester.key")).unwrap(),
            approver: PrivateKey::create(&at("approver.key")).unwrap(),
            root,
        }
    }

    /// Of a release of families in place of a model.
    fn of_families() -> Self {
        let mut office = Self::new();
        for name in RELEASE_FILES.iter().filter(|name| **name != "privacy.json") {
            fs::remove_file(office.out().join(name)).unwrap();
        }
        fs::write(office.out().join("families.csv"), TABLES).unwrap();
        let at = |name: &str| office.root.path().join(name);
        let mut ledger = Ledger::open(&at("home/budget"), &at("anchors")).unwrap();
        let window = Window::parse("2026-03-02", 28, "Europe/Berlin").unwrap();
        let _ = ledger
            .charge(&ChargeRequest {
                release: "tables".into(),
                query_name: "footfall".into(),
                query_digest: [1; 32],
                epsilon: "0.5".parse().unwrap(),
                who: "analyst".into(),
                purpose: "statistics".into(),
                window: window.clone(),
            })
            .unwrap();
        let digests = [TABLES, STATEMENT].map(|text| Digest::of(text.as_bytes()));
        ledger
            .record_fit(&FitRecord {
                release: "tables".into(),
                who: "analyst".into(),
                purpose: "statistics".into(),
                queries: "footfall 0.5".into(),
                digest: fit_digest(&digests[0], &digests[1]),
                window,
            })
            .unwrap();
        office.ledger = ledger.summary().unwrap();
        office
    }

    fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    fn request(&self, purpose: &str) -> Result<Manifest> {
        self.request_of("spring", purpose)
    }

    fn request_of(&self, release: &str, purpose: &str) -> Result<Manifest> {
        let request = ReleaseRequest {
            release: release.into(),
            purpose: purpose.into(),
            recipient: "the public".into(),
        };
        let policy = Policy::default();
        make_release(
            &self.out(),
            &request,
            &self.ledger,
            &policy,
            &self.requester,
        )
    }

    fn trusted(&self) -> [PublicKey; 2] {
        [self.requester.public(), self.approver.public()]
    }

    fn verify(&self) -> Result<Verified> {
        verify(&self.out(), &self.trusted())
    }

    fn released() -> Self {
        let office = Self::new();
        office.request("statistics").unwrap();
        approve(&office.out(), &Policy::default(), &office.approver, |_| {
            Ok(())
        })
        .unwrap();
        office
    }
}

/// The sentence of a refusal, exit code 3.
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.expect_err("this must be refused");
    assert_eq!(error.kind(), Kind::Refused, "{error}");
    error.message().to_owned()
}

#[test]
fn a_release_is_made_approved_and_verified() {
    let office = Office::released();
    let verified = office.verify().unwrap();
    assert_eq!(verified.requester, office.requester.public());
    assert_eq!(verified.approver, office.approver.public());
    let manifest = verified.manifest;
    let paths: Vec<_> = manifest
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, RELEASE_FILES);
    assert_eq!(manifest.privacy.guarantee.epsilon.to_string(), "0.5");
    assert_eq!(manifest.ledger.head, office.ledger.head);
}

#[test]
fn a_release_of_families_is_made_approved_and_verified() {
    let office = Office::of_families();
    let manifest = office.request_of("tables", "statistics").unwrap();
    let paths = manifest.files.iter().map(|file| file.path.as_str());
    assert_eq!(paths.collect::<Vec<_>>(), FAMILY_FILES);
    let yes = |_: &_| Ok(());
    approve(&office.out(), &Policy::default(), &office.approver, yes).unwrap();
    assert_eq!(office.verify().unwrap().manifest, manifest);
    fs::write(office.out().join("families.csv"), "number\n").unwrap();
    assert_eq!(refusal(office.verify()), "`families.csv` was changed");
}

#[test]
fn tables_of_families_are_those_that_were_written_on_record() {
    let office = Office::of_families();
    // Neither the tables of another charge, nor others than were recorded, nor some beside a model.
    let other = refusal(office.request("statistics"));
    assert!(
        other.contains("are not what the ledger's fit of release `spring`"),
        "{other}"
    );
    fs::write(office.out().join("families.csv"), "number\n").unwrap();
    let changed = refusal(office.request_of("tables", "statistics"));
    assert!(
        changed.starts_with("`families.csv` and `privacy.json` are not what"),
        "{changed}"
    );
    let office = Office::new();
    fs::write(office.out().join("families.csv"), TABLES).unwrap();
    let both = refusal(office.request("statistics"));
    assert!(both.ends_with("is no part of a release"), "{both}");
}
