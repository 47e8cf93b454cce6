use erewhon_ledger::{Digest, EntryKind, FitRecord, fit_digest};
use erewhon_types::Kind;

use crate::{Place, request};

fn fit(release: &str) -> FitRecord {
    FitRecord {
        release: release.into(),
        who: "analyst".into(),
        purpose: "statistics".into(),
        queries: "subscribers 0.25, home 0.5".into(),
        digest: fit_digest(&Digest::of(b"model"), &Digest::of(b"statement")),
        window: request(1).window,
    }
}

#[test]
fn a_release_is_fitted_once_and_only_after_its_charge() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let refused = |error: erewhon_types::Error| assert_eq!(error.kind(), Kind::Usage, "{error}");
    refused(ledger.record_fit(&fit("spring")).unwrap_err());
    let _ = ledger.charge(&request(250_000)).unwrap();
    ledger.record_fit(&fit("spring")).unwrap();
    refused(ledger.record_fit(&fit("spring")).unwrap_err());
    refused(ledger.record_fit(&fit("autumn")).unwrap_err());

    let summary = place.open().unwrap().summary().unwrap();
    let release = summary.release("spring").unwrap();
    assert_eq!(release.fitted, Some(fit("spring").digest));
    assert_eq!(release.purposes, ["statistics"]);
    assert_eq!((summary.spent_micros, summary.entries), (250_000, 3));
    let last = ledger.entries().unwrap().pop().unwrap().record;
    assert_eq!(last.kind, EntryKind::Fitted);
    assert_eq!(last.what, "subscribers 0.25, home 0.5");
}

#[test]
fn the_digest_of_a_fit_tells_its_files_apart() {
    let [a, b] = [Digest::of(b"a"), Digest::of(b"b")];
    assert_ne!(fit_digest(&a, &b), fit_digest(&b, &a));
    assert_ne!(fit_digest(&a, &b), fit_digest(&a, &a));
}

#[test]
fn two_purposes_of_one_release_are_both_known() {
    let place = Place::new();
    let mut ledger = place.create("1");
    for purpose in ["statistics", "research", "statistics"] {
        let mut request = request(1);
        request.purpose = purpose.into();
        let _ = ledger.charge(&request).unwrap();
    }
    let summary = ledger.summary().unwrap();
    let release = summary.release("spring").unwrap();
    assert_eq!(release.purposes, ["statistics", "research"]);
}
