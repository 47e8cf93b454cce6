//! The vocabulary of Erewhon: ids, calendar, time bins, privacy parameters and the one error type.
//!
//! Every other crate speaks these words. This crate refuses to do I/O, to draw randomness and to
//! read the clock, so that a value of these types means the same thing in every room.
//!
//! ```text
//! id ─ Subscriber, CellIx, ZoneIx        privacy ─ Epsilon, Rho, Delta, PrivacyUnit
//! calendar ─ Window, Calendar, Local     error ─ Error, Kind, exit codes
//!            Holidays, DayType           number ─ how numbers read in a sentence
//! ```
//!
//! ```
//! use erewhon_types::{Calendar, Epsilon, Window};
//!
//! let window = Window::parse("2026-03-02", 28, "Europe/Berlin")?;
//! let calendar = Calendar::new(&window)?;
//! assert_eq!(calendar.days(), 28);
//! assert!(calendar.is_workday(0)); // a Monday
//! assert!("0".parse::<Epsilon>().is_err());
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Window`] and [`Error`].

mod calendar;
mod concentrated;
mod error;
mod holidays;
mod id;
mod loss;
mod number;
mod privacy;

pub use calendar::{Calendar, Local, MINUTES_PER_DAY, Window};
pub use concentrated::{Approximate, Delta, Rho};
pub use error::{Error, Kind, Result};
pub use holidays::{DayType, Holidays};
pub use id::{CellIx, Subscriber, ZoneIx};
pub use loss::{Guarantee, Loss};
pub use number::{MISSING, count, days, percent, sig3};
pub use privacy::{Epsilon, PrivacyUnit};
