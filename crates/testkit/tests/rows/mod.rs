//! What a feature says about one subscriber, by the names of the columns.

use arrow_array::{
    Array as _, ArrayRef,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type},
};
use erewhon_mobility::{Feature, Reducer as _, Rows, Track};
use erewhon_testkit::mobility::Values;

/// The row of a feature, where the subscriber has one.
pub(crate) fn row(feature: impl Feature, track: &Track<'_>) -> Option<Values> {
    let columns = feature.columns();
    let rows = Rows(feature);
    let mut partial = rows.start(track.public());
    rows.subscriber(track, &mut partial);
    let batch = rows.rows(track.public(), &mut partial).unwrap()?;
    let values = batch.columns().iter().skip(1).map(value);
    Some(
        columns
            .iter()
            .map(|column| column.name())
            .zip(values)
            .collect(),
    )
}

fn value(column: &ArrayRef) -> Option<f64> {
    if column.is_null(0) {
        return None;
    }
    if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        return Some(values.value(0));
    }
    if let Some(values) = column.as_primitive_opt::<UInt32Type>() {
        return Some(f64::from(values.value(0)));
    }
    let words = column.as_dictionary_opt::<UInt32Type>()?;
    Some(f64::from(words.keys().value(0)))
}
