//! Real against synthetic: measures with exact definitions, beside what sampling alone does.
//!
//! This crate is handed event sources; it opens no store, spends no budget and draws nothing at
//! random. Its report holds exact values of the real data and is therefore internal. `docs/measures.md`
//! defines each measure, its bins and its yardstick.
//!
//! ```text
//! real ──────┬─▶ Profile A ─┐  measure(A, B)        what sampling alone does
//!            └─▶ Profile B ─┤
//!                           └▶ A + B ─┐
//! synthetic ──▶ Profile ──────────────┴─ measure ──▶ UtilityReport
//! ```
//!
//! Tasks are learnt from the synthetic profile, or from those of A who are not held out, and examined on the
//! real subscribers who are: those whom no release was made from.
//!
//! ```
//! use erewhon_events::{Event, EventKind, EventTable};
//! use erewhon_geo::{Cell, CellTable, Frame};
//! use erewhon_mobility::Public;
//! use erewhon_types::{Calendar, CellIx, Subscriber, Window};
//! use erewhon_utility::Truth;
//!
//! let cells = CellTable::new(
//!     Frame::Planar,
//!     vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 3_000.0, 4_000.0)],
//! )?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC")?)?;
//! let one_event_at = |cell| {
//!     let event = Event::at(calendar.start_utc_ms(), CellIx(cell), EventKind::Data);
//!     EventTable::from_rows(vec![(Subscriber::new(1), event)])
//! };
//! let public = Public { cells: &cells, calendar: &calendar };
//! let truth = Truth::read(public, &one_event_at(0), &|_| false)?;
//! let report = truth.compare(&one_event_at(1))?;
//! assert_eq!(report.measure("hourly_emd_km").and_then(|m| m.value), Some(5.0));
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Truth`], then at [`UtilityReport`].

mod baseline;
mod chart;
mod distance;
mod emd;
mod histogram;
mod impossible;
mod lanes;
mod measure;
mod motifs;
mod profile;
mod ranks;
mod report;
mod scene;
mod tasks;
mod trajectory;
mod transport;
mod truth;

#[cfg(test)]
mod cases;

pub use baseline::BaselineRow;
pub use distance::{cpc, jsd_bit};
pub use report::{Better, Chart, Count, Flow, Group, Impossible, Measure, Presence, UtilityReport};
pub use trajectory::{Trajectories, TrajectoryQueries, TrajectoryScore, TrajectoryTruth};
pub use truth::Truth;

use profile::Profile;
use scene::Scene;
