//! multimno's own tables: Parquet files below directories such as `year=2023/month=1/day=8`.
//!
//! What is read is what the products take; what is written is what multimno would have written, by the
//! schemas of its release 1.0.0.

mod columns;
mod names;
mod read;
mod table;

pub use columns::Columns;
pub use names::Names;
pub use read::{
    People, read_cell_overlaps, read_events, read_footprints, read_grid, read_transmitters,
};
pub use table::{Table, date_of, first_date};
