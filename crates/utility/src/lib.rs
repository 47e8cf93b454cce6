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
//! ```
//! use erewhon_events::{Event, EventKind, EventTable};
//! use erewhon_geo::{Cell, CellTable, Frame};
//! use erewhon_mobility::Public;
//! use erewhon_types::{Calendar, CellIx, Subscriber, Window};
//! use erewhon_utility::Scene;
//!
//! let cells = CellTable::new(
//!     Frame::Planar,
//!     vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 3_000.0, 4_000.0)],
//! )?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC")?)?;
//! let scene = Scene::new(Public { cells: &cells, calendar: &calendar });
//! let one_event_at = |cell| {
//!     let event = Event::at(calendar.start_utc_ms(), CellIx(cell), EventKind::Data);
//!     EventTable::from_rows(vec![(Subscriber::new(1), event)])
//! };
//! let (here, there) = (scene.profile(&one_event_at(0))?, scene.profile(&one_event_at(1))?);
//! assert_eq!(scene.hourly_emd_km(&here, &there)[0], Some(5.0));
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`compare`], then at [`Scene`] and [`UtilityReport`].

mod baseline;
mod chart;
mod compare;
mod distance;
mod emd;
mod histogram;
mod measure;
mod profile;
mod report;
mod scene;
mod transport;

#[cfg(test)]
mod cases;

pub use baseline::{BaselineRow, baseline_row};
pub use compare::compare;
pub use distance::{cpc, jsd_bit};
pub use profile::Profile;
pub use report::{Better, Chart, Flow, Measure, Presence, UtilityReport};
pub use scene::Scene;
