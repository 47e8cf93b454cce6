//! Records of a mobile network: the canonical event, and the way to it from an operator's files.
//!
//! ```text
//! raw rows ─ mapping ─▶ clean ─▶ pseudonym ─▶ Event, sorted by (subscriber, time) ─▶ History
//!                         └──▶ quarantine, counted by rule
//! ```
//!
//! Start reading at [`Event`] and [`EventSource`].

mod event;
mod quality;
mod table;

pub use event::{Event, EventKind};
pub use quality::{InputFile, QualityReport, RuleCount};
pub use table::{EventSource, EventTable, History};
