//! The fitted mobility model as a value, and its file format.
//!
//! A [`Model`] is public geography plus a few probability tables, and it says of itself where the
//! tables come from ([`Provenance`]): released under a privacy statement, or computed exactly and
//! therefore internal. It holds no event, no pseudonym and no per-person row, and it refuses to be
//! read when a table has the wrong shape, is not finite or does not add up to one.
//!
//! ```text
//! fit ─ private tables ─▶ Model ─ JSON, erewhon.model.v5 ─▶ generate
//!                          ├─ home, work             share by cell
//!                          ├─ commute, other         home zone × distance from home
//!                          ├─ activity               events a day: mean × dispersion
//!                          ├─ classes                hour-of-day profiles
//!                          ├─ presence               part of the day × cell
//!                          ├─ kinds                  mix of event kinds
//!                          └─ measured               the noisy tables that all this was made of
//! ```
//!
//! ```
//! use erewhon_model::Model;
//!
//! let error = Model::from_json("{\"version\": \"erewhon.model.v9\"}").unwrap_err();
//! assert!(error.message().contains("erewhon.model.v9"));
//! ```
//!
//! Start reading at [`Model`].

mod commutes;
mod file;
mod measured;
mod model;
mod routine;
mod statement;
mod tables;
mod validate;

pub use commutes::Commutes;
pub use measured::{Axis, MeasuredTable};
pub use model::{Model, Provenance, PublicFrame, VERSION};
pub use routine::{
    DAY_PARTS, ElsewhereTable, GapTable, Habit, Moves, PAUSE_NAMES, PAUSES, PLACES, PairTable,
    Routine, SPREAD, day_part, pause, place,
};
pub use statement::{PrivacyStatement, QueryStatement};
pub use tables::{
    ActivityTable, CallClass, CellShares, DistanceRow, DistanceTable, KindShare, PresenceBlock,
};
