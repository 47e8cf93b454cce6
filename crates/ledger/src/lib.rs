//! The durable privacy budget of one declared population: charges, receipts, and a chain that shows
//! tampering.
//!
//! Nothing private may be computed unless its cost is on disk first. A [`Receipt`] proves that, and
//! only a [`Purse`] that was charged gives one; `dp` turns it into the right to draw noise once.
//!
//! It refuses to overdraw, to forget (there is no refund and no delete), to overwrite, and to go on
//! with a file that was changed, restored from a backup or copied back. It knows no statistics and
//! nothing about subscribers; its errors carry budget figures alone.
//!
//! ```text
//!  ChargeRequest ─▶ lock anchor ─▶ BEGIN IMMEDIATE ─▶ check chain, anchor, budget ─▶ COMMIT (synced)
//!                                                                                       │
//!        dp::Charge ◀─ Receipt ◀─ Purse ◀─ unlock ◀─ anchor written, synced ◀───────────────────┘
//! ```
//!
//! ```
//! # let there = tempfile::tempdir().unwrap();
//! # let (home, anchors) = (there.path().join("ledger"), there.path().join("anchors"));
//! # std::fs::create_dir(&home).unwrap();
//! use erewhon_ledger::{ChargeRequest, Ledger};
//! use erewhon_types::Window;
//!
//! let path = home.join("budget.sqlite");
//! let budget = ("1".parse()?, None);
//! let mut ledger = Ledger::create(&path, &anchors, "subscribers of region 1", budget, "steward")?;
//! let request = ChargeRequest {
//!     release: "2026-03".into(),
//!     query_name: "home".into(),
//!     query_digest: [7; 32],
//!     epsilon: "0.75".parse()?,
//!     who: "analyst".into(),
//!     purpose: "statistics".into(),
//!     window: Window::parse("2026-03-02", 28, "UTC")?,
//! };
//! let purse = ledger.charge(&request)?;
//! assert_eq!(purse.charged().to_string(), "epsilon 0.75");
//! assert_eq!(ledger.charge(&request).unwrap_err().kind().exit_code(), 4);
//! assert_eq!(ledger.summary()?.left_micros, 250_000);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Ledger`]; `docs/ledger.md` says what holds after a crash at each step.

mod anchor;
mod chain;
mod digest;
mod disk;
mod entry;
mod fitted;
mod ledger;
mod purse;
mod request;
mod summary;

pub use digest::Digest;
pub use entry::{Concentrated, Entry, EntryKind, Record};
pub use erewhon_dp::price;
pub use fitted::{FitRecord, fit_digest};
pub use ledger::Ledger;
pub use purse::Purse;
pub use request::{ChargeRequest, ExportReceipt, Receipt};
pub use summary::{ConcentratedSummary, Head, LedgerSummary, ReleaseSummary, epsilon_text};
