//! A run as a whole: parts, order, errors.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arrow_array::{
    Array as _, RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type, UInt64Type},
};
use erewhon_events::{Event, EventKind, EventSource, EventTable, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber, Window};

use super::{run::run_on, *};
use crate::{
    Definitions, Presence, Public, Space, TimeBin, Track,
    cases::{ground, travel},
};

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
    let cells = vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 1_000.0, 0.0)];
    CellTable::new(Frame::Planar, cells).unwrap()
}

fn calendar() -> Calendar {
    Calendar::new(&Window::parse("2026-03-02", 1, "UTC").unwrap()).unwrap()
}

fn outcome(parts: &[impl EventSource], cells: &CellTable) -> Result<Vec<Vec<RecordBatch>>> {
    let mut found = vec![Vec::new(); 2];
    let mut keep = |place: usize, batch| {
        found[place].push(batch);
        Ok(())
    };
    two_families(parts, cells, &mut keep)?;
    Ok(found)
}

/// Rows and a table, by two workers.
fn two_families(
    parts: &[impl EventSource],
    cells: &CellTable,
    each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
) -> Result<()> {
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
    run_on(2, parts, &public, &Definitions::DEFAULT, &reducers, each)
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
    let cells = CellTable::schematic(vec!["a".into(), "b".into()]).unwrap();
    let found = outcome(&parts(&calendar(), 10), &cells).unwrap();
    let rows = &found[0][0];
    let radius = rows.column_by_name("radius_of_gyration_m").unwrap();
    assert_eq!(radius.as_primitive::<Float64Type>().null_count(), 10);
    let distinct = rows.column_by_name("distinct_cells").unwrap();
    assert_eq!(distinct.as_primitive::<UInt32Type>().value(9), 2);
}

/// A part that does something first.
struct Part<'a> {
    first: Box<dyn Fn() -> Result<()> + Sync + 'a>,
    rows: EventTable,
}

impl EventSource for Part<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        (self.first)()?;
        self.rows.visit(each)
    }
}

fn parts_that<'a>(first: impl Fn(usize) -> Result<()> + Send + Sync + 'a) -> Vec<Part<'a>> {
    let first = Arc::new(first);
    let part = |(place, rows)| {
        let first = Arc::clone(&first);
        let first = Box::new(move || first(place));
        Part { first, rows }
    };
    let rows = parts(&calendar(), 1).into_iter();
    rows.enumerate().map(part).collect()
}

#[test]
fn the_first_error_ends_the_run() {
    let torn = parts_that(|_| Err(Error::input("torn")));
    let error = outcome(&torn, &cells()).unwrap_err();
    assert!(error.to_string().contains("torn"), "{error}");
}

#[test]
fn after_an_error_nothing_is_handed_on() {
    // The other worker still has a part in hand when the first batch is refused.
    let slow = parts_that(|part| {
        thread::sleep(Duration::from_millis(30 * (1 + part.min(1) as u64)));
        Ok(())
    });
    let mut calls = 0;
    let refused = two_families(&slow, &cells(), &mut |_, _| {
        calls += 1;
        Err(Error::input("full"))
    });
    assert!(refused.unwrap_err().to_string().contains("full"));
    assert_eq!(calls, 1);
}

#[test]
fn no_part_is_begun_far_ahead_of_a_slow_one() {
    let begun = AtomicUsize::new(0);
    let most = AtomicUsize::new(0);
    // Two workers begin four parts at the most, one of which is the first.
    let parts = parts_that(|part| {
        begun.fetch_add(1, Ordering::SeqCst);
        if part == 0 {
            let start = Instant::now();
            while begun.load(Ordering::SeqCst) < 4 && start.elapsed() < Duration::from_secs(5) {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(50));
            most.store(begun.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        Ok(())
    });
    let found = outcome(&parts, &cells()).unwrap();
    assert_eq!(found[0].len(), 10);
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[test]
fn a_worker_that_panics_leaves_nobody_waiting() {
    let parts = parts_that(|part| {
        thread::sleep(Duration::from_millis(50 * u64::from(part == 0)));
        assert!(part > 0, "a worker fell over");
        Ok(())
    });
    let error = outcome(&parts, &cells()).unwrap_err();
    assert!(error.to_string().contains("worker stopped"), "{error}");
}

/// Minus zero, as an empty sum is.
struct MinusZero;

impl Feature for MinusZero {
    fn name(&self) -> &'static str {
        "minus_zero"
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::Real("nothing"), Column::Real("no_number")]
    }

    fn row(&self, _track: &Track<'_>, out: &mut Row<'_>) {
        out.real(-0.0);
        out.real(f64::NAN);
    }
}

#[test]
fn a_sum_of_nothing_is_zero_and_what_is_no_number_is_missing() {
    let (cells, calendar) = (cells(), calendar());
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let reducers: Vec<Box<dyn AnyReducer>> = vec![Box::new(Rows(MinusZero))];
    run_on(
        1,
        &parts(&calendar, 10),
        &public,
        &Definitions::DEFAULT,
        &reducers,
        &mut |_, batch| {
            let real = |column: usize| batch.column(column).as_primitive::<Float64Type>();
            assert!(real(1).values().iter().all(|zero| zero.is_sign_positive()));
            assert_eq!((real(1).null_count(), real(2).null_count()), (0, 10));
            Ok(())
        },
    )
    .unwrap();
}

/// In pieces of any size, through batches, every family says what it says in one pass.
#[test]
fn what_was_packed_in_pieces_merges_to_what_one_pass_says() {
    let (cells, calendar) = (cells(), calendar());
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let zones = Arc::new(Zoning::cells(&cells));
    let mut reducers: Vec<Box<dyn AnyReducer>> = crate::families()
        .iter()
        .map(|family| family.reducer(&ground(&cells)))
        .collect();
    reducers.push(Box::new(crate::PresetChanges { zones }));
    let rules = travel(&cells);
    for n in [1, 3, 10] {
        let parts = parts(&calendar, n);
        let mut whole = vec![Vec::new(); reducers.len()];
        run_on(
            2,
            &parts,
            &public,
            &rules,
            &reducers,
            &mut |place, batch| {
                whole[place].push(batch);
                Ok(())
            },
        )
        .unwrap();
        for group in [1, 2, 10] {
            let mut packed = vec![Vec::new(); reducers.len()];
            for unit in parts.chunks(group) {
                let unit = unit.iter().cloned().map(Ok);
                pack(unit, &public, &rules, &reducers, &mut |place, batch| {
                    packed[place].push(batch);
                    Ok(())
                })
                .unwrap();
            }
            for ((reducer, packed), whole) in reducers.iter().zip(packed).zip(&whole) {
                let mut merged = Vec::new();
                let packed = packed.into_iter().map(Ok);
                merge_packed(reducer.as_ref(), &public, packed, &mut |batch| {
                    merged.push(batch);
                    Ok(())
                })
                .unwrap();
                assert_eq!(&merged, whole, "{} in groups of {group}", reducer.name());
            }
        }
    }
}

/// A file of another version, or a damaged one, must not become a wrong table.
#[test]
fn a_batch_that_was_not_packed_is_refused() {
    let (cells, calendar) = (cells(), calendar());
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let ground = ground(&cells);
    let column = |values: Vec<u64>| {
        Arc::new(arrow_array::UInt64Array::from(values)) as arrow_array::ArrayRef
    };
    let people = Arc::new(arrow_array::UInt32Array::from(vec![1, 1])) as arrow_array::ArrayRef;
    let table = |entries: Vec<u64>| {
        let amounts = column(vec![1, 1]);
        let columns = [
            ("e", column(entries)),
            ("a", amounts),
            ("s", people.clone()),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let words = RecordBatch::try_from_iter([("a", people.clone())]).unwrap();
    let refused = |reducer: &dyn AnyReducer, batch: RecordBatch| {
        let merged = merge_packed(
            reducer,
            &public,
            std::iter::once(Ok(batch)),
            &mut |_| Ok(()),
        );
        merged.is_err_and(|error| error.kind() == erewhon_types::Kind::Data)
    };
    for family in crate::families() {
        let reducer = family.reducer(&ground);
        assert!(refused(reducer.as_ref(), words.clone()), "{}", family.name);
    }
    let visitors = crate::families().iter().find(|f| f.name == "visitors");
    let visitors = visitors.unwrap().reducer(&ground);
    assert!(!refused(visitors.as_ref(), table(vec![0, 1])));
    for entries in [vec![1, 0], vec![1, 1], vec![0, 2]] {
        assert!(refused(visitors.as_ref(), table(entries)));
    }
}
