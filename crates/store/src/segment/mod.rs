//! One Parquet file of a store: its columns, written and read.

mod columns;
mod read;
mod write;

pub(crate) use columns::Columns;
pub(crate) use read::{Cursor, Opened, bounds};
pub(crate) use write::{Encoded, SegmentWriter};

use erewhon_types::{Error, Kind};

/// The error for a segment that the manifest names and the disk lacks.
pub(crate) fn missing(name: &str) -> Error {
    Error::new(
        Kind::Data,
        format!("the store's segment `{name}` is missing or can't be opened"),
    )
    .with_hint("restore the file from a copy, or ingest into a new store")
}

/// The error for a segment that is not what was committed.
pub(crate) fn changed(name: &str) -> Error {
    Error::new(
        Kind::Data,
        format!("the store's segment `{name}` was changed since its commit"),
    )
    .with_hint("restore the file from a copy, or ingest into a new store")
}
