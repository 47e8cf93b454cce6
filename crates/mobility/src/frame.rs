//! One pass over the subscribers for any set of numbers.

mod axis;
mod cap;
mod packed;
mod period;
mod reducer;
mod rows;
mod run;
mod sums;
mod table;
mod zoning;

#[cfg(test)]
mod tests;

pub use axis::Axis;
pub use cap::Cap;
pub(crate) use packed::{column, not_packed};
pub use packed::{merge_packed, pack};
pub use period::Period;
pub use reducer::{AnyReducer, Reducer};
pub(crate) use rows::numbers;
pub use rows::{Column, Feature, List, Listing, Lists, Row, Rows, RowsPartial};
pub use run::run;
pub(crate) use table::batch;
pub use table::{Bound, Contribution, Kernel, Table, TablePartial};
pub use zoning::Zoning;
