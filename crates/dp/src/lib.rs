//! Differential privacy.
mod query;
pub use query::Query;
