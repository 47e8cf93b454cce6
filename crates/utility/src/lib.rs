//! Real against synthetic: measures with exact definitions, beside the sampling error of the real
//! data as a yardstick. The report is internal: it holds exact values.
//!
//! Start reading at [`UtilityReport`].

mod report;

pub use report::{Better, Chart, Flow, Measure, Presence, UtilityReport};
