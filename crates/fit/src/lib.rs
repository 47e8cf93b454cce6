//! What to measure, with which share of the budget, and how private tables become a model.
//!
//! The model is one of routines: homes, works, and moves between places by part of the day. The
//! tables that it shares with DP-WHERE (Mir et al., IEEE BigData 2013) are a *reconstruction* of
//! that; for comparison, WHERE with two or three places can be fitted, too. Every bound is taken for
//! one subscriber over the whole window, under pure differential privacy, or zero-concentrated where the
//! population is kept in rho, and sequential composition.
//!
//! This crate draws no noise. It hands contributions to a [`Measure`] and gets private tables back;
//! nothing else in it may depend on records, not a size, an early exit or a word of progress. A model
//! says that it is private because [`fit()`] saw private tables and nothing else; on exact ones
//! [`fit_exactly`] makes one that says `internal`.
//!
//! ```text
//! events ─ one pass ─▶ summaries ─┐
//!                                 ├─ Measure ─▶ subscribers ─▶ layout (levels, bins)
//!                                 └─ Measure ─▶ the other tables ─ post-processing ─▶ Model
//! ```
//!
//! ```
//! use erewhon_events::EventKind;
//! use erewhon_fit::{FitSpec, Places, plan};
//! use erewhon_geo::{Cell, CellTable, Frame, ZoneTree};
//! use erewhon_mobility::{AnchorRule, Public};
//! use erewhon_types::{Calendar, Window};
//!
//! let cells = CellTable::new(Frame::Planar, vec![Cell::planar("mill", 0.0, 0.0)])?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 28, "UTC")?)?;
//! let public = Public { cells: &cells, calendar: &calendar };
//! let spec = FitSpec {
//!     epsilon: "1".parse()?,
//!     delta: None,
//!     places: Places::Two,
//!     anchors: AnchorRule::nights(),
//!     kinds: vec![EventKind::CallOut, EventKind::CallIn],
//!     control_one_in: None,
//!     persons: false,
//! };
//! let queries = plan(&public, &ZoneTree::build(&cells), &spec, 20_000)?;
//! let charged: u64 = queries.iter().map(|q| q.loss.units()).sum();
//! assert_eq!(charged, spec.epsilon.micros());
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`fit()`] and [`Measure`].

mod activity;
mod bins;
mod classes;
mod days;
mod fit;
mod margins;
mod measure;
mod measured;
mod plan;
mod project;
mod rounding;
mod routine;
mod spec;
mod statement;
mod summary;
mod zones;

pub use fit::{fit, fit_ablated, fit_exactly};
pub use measure::{Ablation, Measure};
pub use plan::{PlannedQuery, plan};
pub use spec::{FitSpec, Places};
