//! Releases that an outsider can check: purposes, two signatures, a manifest, an offline verifier.
//!
//! A release is a directory of files. The requester's signature says "this, for that purpose"; the
//! approver's, made with another key, says "yes". [`verify`] needs the directory and the two public
//! keys, nothing else.
//!
//! It refuses purposes that the [`Policy`] does not declare, a requester who approves their own
//! request, files that changed, were added, are links or bear [`INTERNAL_MARK`], and a privacy
//! statement that claims another epsilon than the ledger charged. It computes no statistics.
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
//! # use erewhon_ledger::{ChargeRequest, Ledger};
//! # use erewhon_types::Window;
//! # let window = Window::parse("2026-03-02", 28, "UTC")?;
//! # let mut ledger = Ledger::create(&at("home").join("l"), "p", "1".parse()?, &at("anchors"))?;
//! # let receipt = ledger.charge(&ChargeRequest {
//! #     release: "spring".into(), query_name: "home".into(), query_digest: [0; 32],
//! #     epsilon: "1".parse()?, who: "a".into(), purpose: "demo".into(), window,
//! # })?;
//! # std::fs::write(at("out").join("privacy.json"), r#"{"epsilon": 1.0, "unit":
//! #     "subscriber_whole_period", "window": {"first_day": "2026-03-02", "days": 28,
//! #     "time_zone": "UTC"}}"#).unwrap();
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
//! make_release(&at("out"), &request, "privacy.json", &ledger.summary()?, &policy, &analyst)?;
//! approve(&at("out"), &policy, &steward)?;
//!
//! let verified = verify(&at("out"), &[analyst.public(), steward.public()])?;
//! assert_eq!(verified.manifest.privacy.epsilon.to_string(), "1");
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`make_release`] and [`verify`].

mod hex;
mod inventory;
mod key;
mod manifest;
mod policy;
mod release;
mod signature;

pub use inventory::{FileEntry, INTERNAL_MARK};
pub use key::{PrivateKey, PublicKey};
pub use manifest::{LedgerClaim, MANIFEST_SCHEMA, Manifest, PrivacyClaim};
pub use policy::{Policy, Purpose};
pub use release::{ReleaseRequest, Verified, approve, make_release, verify};
