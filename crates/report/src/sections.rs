//! The parts of the pages, one file each: a function from results to a [`crate::html::Section`].

pub(crate) mod attacks;
pub(crate) mod baselines;
pub(crate) mod charts;
pub(crate) mod flows;
pub(crate) mod headline;
pub(crate) mod making;
pub(crate) mod maps;
pub(crate) mod matrix;
pub(crate) mod measures;
pub(crate) mod privacy;
pub(crate) mod public;
pub(crate) mod quality;
pub(crate) mod tradeoff;
