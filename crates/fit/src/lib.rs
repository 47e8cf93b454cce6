//! What to measure, with which share of the budget, and how private tables become a model.
//!
//! This crate draws no noise: it hands bounded contributions to a [`Measure`] and gets tables back.
//!
//! Start reading at [`Measure`].

mod measure;

pub use measure::Measure;
