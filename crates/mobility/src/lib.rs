//! Exact reductions of one subscriber's events, and nothing that looks across subscribers.
//!
//! Every function here takes the [`Public`] knowledge and one subscriber's events, ascending in
//! time, and gives back a value: no randomness, no noise, no memory of other subscribers. Events
//! outside the window are left out. A day is a local day of the window, midnight to midnight on the
//! clock of its time zone; distances are metres on the cell table's local plane.
//!
//! ```text
//!                   ┌─ anchors    home, work and one more place
//! Public + events ──┼─ movement   radius of gyration, daily range, trip length
//!                   └─ rhythm     events per day, gaps, hour profiles, presence
//! ```
//!
//! ```
//! use erewhon_events::{Event, EventKind};
//! use erewhon_geo::{Cell, CellTable, Frame};
//! use erewhon_mobility::{AnchorRule, Public, anchors, daily_ranges_m};
//! use erewhon_types::{Calendar, CellIx, Local, Window};
//!
//! let cells = CellTable::new(
//!     Frame::Planar,
//!     vec![Cell::planar("village", 0.0, 0.0), Cell::planar("mill", 4_000.0, 3_000.0)],
//! )?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC")?)?;
//! let public = Public { cells: &cells, calendar: &calendar };
//! let at = |day, hour: u16, cell| {
//!     let utc_ms = calendar.utc_ms(Local { day, minute: hour * 60 });
//!     Event::at(utc_ms, CellIx(cell), EventKind::Data)
//! };
//! let events = [at(0, 1, 0), at(0, 10, 1), at(1, 2, 0), at(1, 15, 1)];
//!
//! let found = anchors(&public, &AnchorRule::signalling(), &events);
//! assert_eq!(found.home.map(|a| a.cell), Some(CellIx(0)));
//! assert_eq!(found.work.map(|a| a.cell), Some(CellIx(1)));
//!
//! let mut ranges_m = Vec::new();
//! daily_ranges_m(&public, &events, &mut ranges_m);
//! assert_eq!(ranges_m, [5_000.0, 5_000.0]);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Public`] and [`anchors`].

mod anchor;
mod movement;
mod public;
mod rhythm;

#[cfg(test)]
mod cases;

pub use anchor::{Anchor, AnchorRule, Anchors, HourSet, anchors};
pub use movement::{daily_ranges_m, radius_of_gyration_m, trip_lengths_m};
pub use public::Public;
pub use rhythm::{events_per_day, hour_of_week, hour_profile, inter_event_s, presence};
