//! A run as a whole: parts, order, errors.

use std::sync::Arc;

use arrow_array::{
    Array as _, RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type, UInt64Type},
};
use erewhon_events::{Event, EventKind, EventSource, EventTable, History};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber, Window};

use super::*;
use crate::{Definitions, Presence, Public, Space, TimeBin};

/// Ten people, of whom person `p` has `p` events in turn at two cells, cut into parts of `n` people.
fn parts(calendar: &Calendar, n: usize) -> Vec<EventTable> {
    let rows = |person: u64| {
        (0..person).map(move |i| {
            let utc_ms = calendar.start_utc_ms() + 3_600_000 * i as i64;
            let event = Event::at(utc_ms, CellIx((i % 2) as u32), EventKind::Data);
            (Subscriber::new(person), event)
        })
    };
    let people: Vec<u64> = (1..=10).collect();
    let part =
        |people: &[u64]| EventTable::from_rows(people.iter().copied().flat_map(rows).collect());
    people.chunks(n).map(part).collect()
}

fn cells() -> CellTable {
    CellTable::schematic(vec!["a".into(), "b".into()]).unwrap()
}

fn calendar() -> Calendar {
    Calendar::new(&Window::parse("2026-03-02", 1, "UTC").unwrap()).unwrap()
}

fn outcome(parts: &[impl EventSource], cells: &CellTable) -> Result<Vec<Vec<RecordBatch>>> {
    let calendar = calendar();
    let public = Public {
        cells,
        calendar: &calendar,
    };
    let zones = Arc::new(Zoning::cells(cells));
    let presence = Presence {
        name: "presence",
        zones,
        by: TimeBin::Window,
    };
    let reducers: Vec<Box<dyn AnyReducer>> =
        vec![Box::new(Rows(Space::two())), Box::new(Table(presence))];
    let mut found = vec![Vec::new(); reducers.len()];
    run(
        parts,
        &public,
        &Definitions::DEFAULT,
        &reducers,
        &mut |place, batch| {
            found[place].push(batch);
            Ok(())
        },
    )?;
    Ok(found)
}

#[test]
fn however_it_is_cut_the_result_is_the_same() {
    let (cells, calendar) = (cells(), calendar());
    for n in 1..=10 {
        let found = outcome(&parts(&calendar, n), &cells).unwrap();
        let ids = |batch: &RecordBatch| {
            batch
                .column(0)
                .as_primitive::<UInt64Type>()
                .values()
                .to_vec()
        };
        let people: Vec<u64> = found[0].iter().flat_map(ids).collect();
        assert_eq!(people, (1..=10).collect::<Vec<_>>());

        let [table] = found[1].as_slice() else {
            panic!("one table")
        };
        let events = table
            .column_by_name("events")
            .unwrap()
            .as_primitive::<UInt64Type>();
        let people = table
            .column_by_name("subscribers")
            .unwrap()
            .as_primitive::<UInt32Type>();
        // Person 1 has one event, at the first cell.
        assert_eq!(events.values(), &[30, 25]);
        assert_eq!(people.values(), &[10, 9]);
    }
}

#[test]
fn no_records_make_an_empty_table_and_no_rows() {
    let found = outcome(&[] as &[EventTable], &cells()).unwrap();
    assert!(found[0].is_empty());
    assert_eq!(found[1][0].num_rows(), 0);
}

#[test]
fn where_cells_have_no_positions_nobody_has_a_radius() {
    let found = outcome(&parts(&calendar(), 10), &cells()).unwrap();
    let rows = &found[0][0];
    let radius = rows.column_by_name("radius_of_gyration_m").unwrap();
    assert_eq!(radius.as_primitive::<Float64Type>().null_count(), 10);
    let distinct = rows.column_by_name("distinct_cells").unwrap();
    assert_eq!(distinct.as_primitive::<UInt32Type>().value(9), 2);
}

/// A part that can't be read.
struct Torn;

impl EventSource for Torn {
    fn visit(&self, _each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        Err(Error::input("torn"))
    }
}

#[test]
fn the_first_error_ends_the_run() {
    let error = outcome(&[Torn, Torn, Torn], &cells()).unwrap_err();
    assert!(error.to_string().contains("torn"), "{error}");
}
