//! The event store: pseudonymous events on disk, complete and checked or not there at all.
//!
//! A [`Loader`] takes a load's events in any order, in a fixed amount of memory, and lands them as
//! Parquet sorted by (subscriber, time, every other field). A commit then renames one small file,
//! the manifest, into place: that rename is the commit, here as in a compaction, a withdrawal and
//! an expiry. A crash before it leaves the old store; what the crash left behind is ignored and
//! swept away by the next change. The same load twice changes nothing. Files have mode 600,
//! directories 700.
//!
//! A period is a declared window and holds one load or several. Reading merges them: each
//! subscriber's history comes once, whole, in order, without those who withdrew.
//!
//! It refuses windows that overlap, to mix keys, time zones or cell tables, and to read a store of
//! another version. It knows nothing of budgets, rules or noise: only `session` opens it.
//!
//! ```text
//! push ─▶ packed by range of pseudonyms ─▶ spilled when full
//! land ─▶ range by range: sort, drop duplicates, clean a history, encode ─▶ segments
//! commit ─▶ manifest.json renamed into place
//!
//! DIR/manifest.json                                    the one truth: periods, loads, checksums
//! DIR/cells.json                                       the public cell table the events point into
//! DIR/withdrawn-4.txt                                  who is hidden
//! DIR/period=20260302_28d/range=0000/seg-20260302_20260329-1.parquet
//! ```
//!
//! ```
//! use erewhon_events::{Event, EventKind, EventSource, QualityReport};
//! use erewhon_geo::CellTable;
//! use erewhon_store::{Committed, LoadSpec, Store};
//! use erewhon_types::{CellIx, Subscriber, Window};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let event = Event::at(1_772_443_800_000, CellIx(0), EventKind::Data);
//! let spec = LoadSpec {
//!     window: &Window::parse("2026-03-02", 28, "Europe/Berlin")?,
//!     cells: &CellTable::schematic(vec!["a".into()])?,
//!     key_id: "0badcafe",
//!     persons_digest: None,
//!     mapping_sha256: "",
//! };
//! let mut store = Store::create_or_open(&dir.path().join("store"))?;
//! let loader = store.loader(spec)?;
//! loader.push(&[(Subscriber::new(7), event)])?;
//! let (landed, seen) = loader.land(|| 0, |seen, _subscriber, _events| Ok(*seen += 1))?;
//! assert_eq!(store.commit(landed, &QualityReport::default())?, Committed::Now);
//! store.source()?.visit(&mut |history| Ok(assert_eq!(history.events, [event])))?;
//! assert_eq!(seen, [1]);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Store`] and [`Loader`]; `docs/adr/0003-store.md` says why it is so.

mod buffers;
mod cells;
mod change;
mod check;
mod disk;
mod loader;
mod manifest;
mod range;
mod row;
mod segment;
mod source;
mod store;
mod sweep;
#[cfg(test)]
mod testing;
mod withdrawn;

pub use check::Checked;
pub use loader::{Landed, Loader};
pub use manifest::{Counts, Expired, Load, Manifest, Period, SCHEMA_VERSION, Segment, Withdrawn};
pub use source::{Fields, RangeSource, StoreSource};
pub use store::{Committed, LoadSpec, Store};
