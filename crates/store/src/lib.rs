//! The event store: pseudonymous events on disk, complete and checked or not there at all.
//!
//! A commit writes a period's events as Parquet, sorted by (subscriber, time), and then renames one
//! small file, the manifest, into place: that rename is the commit. A crash before it leaves the
//! old store; what the crash left behind is ignored and swept away by the next commit. The same
//! load twice changes nothing. Files have mode 600, directories 700.
//!
//! It refuses to hold a period twice, to mix keys, time zones or cell tables, and to read a store
//! of a newer version. It knows nothing of budgets or noise: only `session` opens it.
//!
//! ```text
//! DIR/manifest.json                                   the one truth: periods, checksums, quality
//! DIR/cells.json                                      the public cell table the events point into
//! DIR/period=20260302_28d/range=0000/seg-20260302_20260329.parquet
//! ```
//!
//! ```
//! use erewhon_events::{Event, EventKind, EventSource, EventTable, QualityReport};
//! use erewhon_geo::CellTable;
//! use erewhon_store::{Commit, Committed, Store};
//! use erewhon_types::{CellIx, Subscriber, Window};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let event = Event::at(1_772_443_800_000, CellIx(0), EventKind::Data);
//! let commit = Commit {
//!     window: &Window::parse("2026-03-02", 28, "Europe/Berlin")?,
//!     cells: &CellTable::schematic(vec!["a".into()])?,
//!     events: &EventTable::from_rows(vec![(Subscriber::new(7), event)]),
//!     quality: &QualityReport::default(),
//!     key_id: "0badcafe",
//!     mapping_sha256: "",
//! };
//! let mut store = Store::create_or_open(&dir.path().join("store"))?;
//! assert_eq!(store.commit(commit)?, Committed::Now);
//! assert_eq!(store.commit(commit)?, Committed::Before);
//! store.source()?.visit(&mut |history| Ok(assert_eq!(history.events, [event])))?;
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Store`].

mod cells;
mod commit;
mod disk;
mod manifest;
mod segment;
mod source;

pub use commit::{Commit, Committed, Store};
pub use manifest::{Manifest, Period, SCHEMA_VERSION, Segment};
pub use source::StoreSource;
