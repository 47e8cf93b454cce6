//! Releases that an outsider can check: purposes, two signatures, a manifest, an offline verifier.
//!
//! A release is a directory of files. The requester's signature says "this, for that purpose"; the
//! approver's, made with another key, says "yes". [`verify`] needs the directory and the two public
//! keys, nothing else.
//!
//! It refuses purposes that the [`Policy`] does not declare or the ledger did not charge for, a
//! requester who approves their own request, any file but the [`RELEASE_FILES`] or, of families of numbers,
//! the [`FAMILY_FILES`], files that changed,
//! are links or bear [`INTERNAL_MARK`], a privacy statement that claims another epsilon than the
//! ledger charged or its queries add up to, and any model but the one that the ledger's fit wrote.
//! It computes no statistics.
//! The audit log is, for now, the ledger itself: its entries say who charged or exported what and
//! why, and a manifest carries the ledger's head to the outside.
//!
//! ```text
//!  files ─┐                                  ┌─ release.json   who, what for, epsilon, ledger head, digests
//!  statement ─▶ make_release ─▶ directory ───┼─ release.sig    requester
//!  ledger ┘                      approve ────┴─ approval.sig   approver ─▶ verify, offline
//! ```
//!
//! ```
//! # let there = tempfile::tempdir().unwrap();
//! # let at = |name: &str| there.path().join(name);
//! # for name in ["home", "out"] { std::fs::create_dir(at(name)).unwrap(); }
//! # use erewhon_ledger::{ChargeRequest, Digest, FitRecord, Ledger, fit_digest};
//! # use erewhon_types::Window;
//! # let window = Window::parse("2026-03-02", 28, "UTC")?;
//! # let (file, anchors) = (at("home").join("l"), at("anchors"));
//! # let mut ledger = Ledger::create(&file, &anchors, "p", ("1".parse()?, None), "steward")?;
//! # let _ = ledger.charge(&ChargeRequest {
//! #     release: "spring".into(), query_name: "home".into(), query_digest: [0; 32],
//! #     epsilon: "1".parse()?, who: "a".into(), purpose: "statistics".into(),
//! #     window: window.clone(),
//! # })?;
//! # let statement = r#"{"epsilon": 1.0, "unit": "subscriber_whole_period", "window":
//! #     {"first_day": "2026-03-02", "days": 28, "time_zone": "UTC"},
//! #     "queries": [{"name": "home", "epsilon": 1.0}]}"#;
//! # let model = format!(r#"{{"provenance": {{"kind": "private", "statement": {statement}}}}}"#);
//! # ledger.record_fit(&FitRecord {
//! #     release: "spring".into(), who: "a".into(), purpose: "statistics".into(),
//! #     queries: "home 1".into(), window,
//! #     digest: fit_digest(&Digest::of(model.as_bytes()), &Digest::of(statement.as_bytes())),
//! # })?;
//! # for (name, content) in [("cells.csv", "cell"), ("model.json", &model), ("privacy.json",
//! #     statement), ("report.html", ""), ("synthetic.csv", ""),
//! #     ("tables.csv", ""), ("zones.csv", "")] {
//! #     std::fs::write(at("out").join(name), content).unwrap();
//! # }
//! use erewhon_govern::{Policy, PrivateKey, ReleaseRequest, approve, make_release, verify};
//!
//! let analyst = PrivateKey::create(&at("analyst.key"))?;
//! let steward = PrivateKey::create(&at("steward.key"))?;
//! let request = ReleaseRequest {
//!     release: "spring".into(),
//!     purpose: "statistics".into(),
//!     recipient: "the public".into(),
//! };
//! let policy = Policy::default();
//! make_release(&at("out"), &request, &ledger.summary()?, &policy, &analyst)?;
//! approve(&at("out"), &policy, &steward, |shown| {
//!     assert_eq!(shown.manifest.recipient, "the public");
//!     Ok(())
//! })?;
//!
//! let verified = verify(&at("out"), &[analyst.public(), steward.public()])?;
//! assert_eq!(verified.manifest.privacy.guarantee.epsilon.to_string(), "1");
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`make_release`] and [`verify`].

mod claim;
mod hex;
mod inventory;
mod key;
mod manifest;
mod policy;
mod release;
mod signature;

pub use claim::PrivacyClaim;
pub use inventory::{FAMILY_FILES, FileEntry, INTERNAL_MARK, RELEASE_FILES, is_stamped};
pub use key::{PrivateKey, PublicKey};
pub use manifest::{LedgerClaim, Manifest};
pub use policy::{Policy, Purpose};
pub use release::{
    ReleaseRequest, Requested, Verified, approve, check_signed_file, make_release, requested,
    verify,
};
