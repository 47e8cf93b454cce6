//! Records of a mobile network: the canonical event, and the way to it from an operator's files.
//!
//! ```text
//! raw rows ─ mapping ─▶ clean ─▶ pseudonym ─▶ Event, sorted by (subscriber, time) ─▶ History
//!                         └──▶ quarantine, counted by rule
//! ```
//!
//! Start reading at [`Event`] and [`EventSource`].

mod event;
mod ingest;
mod input;
mod mapping;
mod pseudonym;
mod quality;
mod read;
mod rows;
mod rule;
mod snap;
mod table;
mod time;
mod write;

pub use event::{Event, EventKind};
pub use ingest::{Example, Load, Loaded, MAX_QUARANTINED_SHARE, ingest};
pub use mapping::{KindColumns, Mapping, PositionColumns};
pub use pseudonym::Key;
pub use quality::{InputFile, QualityReport, RuleCount};
pub use read::{Fault, Outcome, RawEvent, RowReader};
pub use rule::Rule;
pub use table::{EventSource, EventTable, History};
pub use time::{TimeColumn, TimeFormat};
pub use write::write_events;
