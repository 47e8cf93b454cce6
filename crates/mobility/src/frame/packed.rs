//! The same pass in pieces, on machines that share files and no memory.

use arrow_array::{
    Array as _, ArrowPrimitiveType, PrimitiveArray, RecordBatch, cast::AsArray as _,
};
use erewhon_events::EventSource;
use erewhon_types::{Error, Kind, Result};

use super::{
    reducer::{AnyPartial, AnyReducer},
    run::see,
};
use crate::{Definitions, Public};

/// Sees some parts of a source, one after another, and packs what the reducers hold of them.
///
/// `each` is called with the place of a reducer in the list and a batch for [`merge_packed`]: of one
/// with rows after each part that has some, of one with a table once at the end.
///
/// # Errors
/// Usage, when a definition's threshold is out of range; what reading the source or `each` fails with.
pub fn pack<S: EventSource>(
    parts: impl Iterator<Item = Result<S>>,
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    each: &mut dyn FnMut(usize, RecordBatch) -> Result<()>,
) -> Result<()> {
    definitions.check()?;
    let mut partials: Vec<AnyPartial> = reducers.iter().map(|r| r.start_any(public)).collect();
    for part in parts {
        see(&part?, public, definitions, reducers, &mut partials)?;
        let rows = reducers.iter().zip(&mut partials).enumerate();
        for (place, (reducer, partial)) in rows.filter(|(_, (reducer, _))| reducer.has_rows()) {
            let seen = std::mem::replace(partial, reducer.start_any(public));
            let packed = reducer.pack_any(seen)?;
            if packed.num_rows() > 0 {
                each(place, packed)?;
            }
        }
    }
    let tables = reducers.iter().zip(partials).enumerate();
    for (place, (reducer, partial)) in tables.filter(|(_, (reducer, _))| !reducer.has_rows()) {
        each(place, reducer.pack_any(partial)?)?;
    }
    Ok(())
}

/// What [`run`](crate::run) would have handed over of one reducer, from what it packed of all parts, in
/// the order of the parts.
///
/// # Errors
/// Data, when a batch is not one that this reducer packed; what `packed` or `each` fails with.
pub fn merge_packed(
    reducer: &dyn AnyReducer,
    public: &Public<'_>,
    packed: impl Iterator<Item = Result<RecordBatch>>,
    each: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let mut whole = reducer.start_any(public);
    for packed in packed {
        let mut partial = reducer.unpack_any(public, &packed?)?;
        if let Some(rows) = reducer.rows_any(public, &mut partial)? {
            each(rows)?;
        }
        reducer.merge_any(&mut whole, partial)?;
    }
    match reducer.finish_any(public, whole)? {
        Some(table) => each(table),
        None => Ok(()),
    }
}

/// A column of numbers, none of which is missing.
pub(crate) fn column<T: ArrowPrimitiveType>(
    batch: &RecordBatch,
    place: usize,
) -> Option<&PrimitiveArray<T>> {
    let column = batch.columns().get(place)?.as_primitive_opt::<T>()?;
    (column.null_count() == 0).then_some(column)
}

/// The error of a batch that a reducer did not pack.
pub(crate) fn not_packed(name: &str) -> Error {
    Error::new(
        Kind::Data,
        format!("a partial result of `{name}` is not one that this version wrote"),
    )
    .with_hint("start the job anew: remove its directory and run the same command again")
}
