//! (being built)
mod query;
pub use query::Query;
