use arrow_array::{
    Array as _, RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type},
};

use super::*;
use crate::{Feature, Reducer as _, Rows, cases::Case};

/// The one row of a feature.
fn row(feature: impl Feature, case: &Case) -> RecordBatch {
    let (rows, public) = (Rows(feature), case.public());
    let mut partial = rows.start(&public);
    rows.subscriber(&case.track(), &mut partial);
    rows.rows(&public, &mut partial).unwrap().unwrap()
}

fn real(row: &RecordBatch, name: &str) -> Option<f64> {
    let column = row
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Float64Type>();
    column.is_valid(0).then(|| column.value(0))
}

fn count(row: &RecordBatch, name: &str) -> u32 {
    row.column_by_name(name)
        .unwrap()
        .as_primitive::<UInt32Type>()
        .value(0)
}

const APART: [(f64, f64); 2] = [(0.0, 0.0), (8_000.0, 0.0)];

#[test]
fn anchors_are_told_with_their_evidence_or_missing() {
    let case = Case::of(&APART, 7, &[(0, 1, 0), (1, 1, 0), (2, 2, 1), (2, 20, 1)]);
    let row = row(AnchorPlaces, &case);
    assert_eq!(
        (count(&row, "home_days"), count(&row, "other_days")),
        (2, 1)
    );
    assert!((real(&row, "home_evidence_share").unwrap() - 2.0 / 3.0).abs() < 1e-6);
    assert_eq!(real(&row, "work_evidence_share"), None);
    assert!(row.column_by_name("work_cell").unwrap().is_null(0));
    assert_eq!(count(&row, "further_places"), 0);
}

#[test]
fn time_is_shared_out_and_nobody_has_none() {
    let case = Case::of(
        &APART,
        7,
        &[(0, 1, 0), (0, 4, 0), (0, 6, 1), (0, 7, 1), (0, 9, 0)],
    );
    let full = row(ActivitySpace, &case);
    let counts = ["stays", "trips", "places"].map(|name| count(&full, name));
    assert_eq!(counts, [2, 1, 2]);
    assert_eq!(real(&full, "dwell_h"), Some(4.0));
    assert_eq!(real(&full, "longest_share"), Some(0.75));
    let empty = row(ActivitySpace, &Case::of(&APART, 7, &[(0, 1, 0)]));
    assert_eq!(
        (count(&empty, "stays"), real(&empty, "dwell_h")),
        (0, Some(0.0))
    );
    assert_eq!(real(&empty, "longest_share"), None);
}
