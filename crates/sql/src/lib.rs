//! SQL over the records, for the eyes of the operator's own staff.
//!
//! Whoever asks sees two tables, whatever periods, loads and files lie behind them: `events`, a row
//! an event, each once and without who has withdrawn, and `cells`, the public cell list. The engine
//! is Apache DataFusion; it reads nothing but what it is handed as [`Records`], and writes nothing
//! but the one file of an [`Answer`], whose every row says how it is to be handled.
//!
//! This crate refuses to open a store and every statement that is no query. An answer is planned
//! first and computed only in [`Answer::write`], so that whoever hands out records can put on record
//! who asks before anything is looked at. What went wrong in a row is never told: messages come
//! from the query's own text and from the names of columns.
//!
//! ```text
//! SELECT … ── plan ──▶ Answer ── write ──▶ Whole ── put ──▶ FILE.csv or FILE.parquet
//!                        ▲
//! Records ── a history at a time ── rows of the wanted columns ── batches
//! ```
//!
//! ```
//! use std::sync::Arc;
//! use erewhon_events::{Event, EventKind, EventSource, EventTable};
//! use erewhon_geo::CellTable;
//! use erewhon_sql::{Answer, Part, Records, Tables, Wanted};
//! use erewhon_types::{Calendar, CellIx, Subscriber, Window};
//!
//! struct One(Arc<EventTable>);
//! impl Records for One {
//!     fn parts(&self, _wanted: &Wanted) -> erewhon_types::Result<Vec<Part>> {
//!         Ok(vec![Arc::clone(&self.0) as Part])
//!     }
//! }
//!
//! let call = Event::at(1_772_443_800_000, CellIx(0), EventKind::CallOut);
//! let cells = CellTable::schematic(vec!["mill".into()])?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "Europe/Berlin")?)?;
//! let records = One(Arc::new(EventTable::from_rows(vec![(Subscriber::new(7), call)])));
//! let tables = Tables { records: Arc::new(records), cells: &cells, calendar: &calendar };
//!
//! let dir = tempfile::tempdir().unwrap();
//! let query = "SELECT cell, kind, date_part('hour', time_local) AS hour FROM events";
//! let file = dir.path().join("calls.csv");
//! Answer::plan(query, &file, &tables, dir.path())?.write("INTERNAL")?.put()?;
//! let text = std::fs::read_to_string(file).unwrap();
//! assert_eq!(text, "handling,cell,kind,hour\nINTERNAL,mill,call_out,10\n");
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Answer`]; the columns are in `column.rs`.

mod answer;
mod cells;
mod column;
mod error;
mod events;
mod output;
mod span;

pub use answer::{Answer, Tables, Whole};
pub use events::{Part, Records, Wanted};
