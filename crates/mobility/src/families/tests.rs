//! Names of families, and what each of them reads.

use std::{collections::BTreeSet, num::NonZeroU64};

use arrow_array::RecordBatch;
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_types::Subscriber;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use super::*;
use crate::{
    cases::{Case, any_case, travel},
    run,
};

#[test]
fn names_are_those_of_the_reducers_and_differ() {
    let case = Case::of(&[(0.0, 0.0)], 1, &[]);
    let ground = case.ground();
    let mut names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    for family in FAMILIES {
        assert_eq!(family.reducer(&ground).name(), family.name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAMILIES.len());
}

/// What every family says of a case, batch by batch.
fn said(case: &Case, events: &[Event]) -> Vec<Vec<RecordBatch>> {
    let ground = case.ground();
    let reducers: Vec<_> = FAMILIES.iter().map(|f| f.reducer(&ground)).collect();
    let rows = events.iter().map(|event| (Subscriber::new(1), *event));
    let parts = [EventTable::from_rows(rows.collect())];
    let mut found = vec![Vec::new(); reducers.len()];
    let mut keep = |place: usize, batch| {
        found[place].push(batch);
        Ok(())
    };
    run(
        &parts,
        &case.public(),
        &travel(&case.cells),
        &reducers,
        &mut keep,
    )
    .unwrap();
    found
}

/// Kinds, durations, bytes and peers that differ from event to event.
fn with_everything(events: &[Event]) -> Vec<Event> {
    let full = |(at, event): (u32, &Event)| Event {
        kind: EventKind::ALL[at as usize % EventKind::ALL.len()],
        duration_s: at % 7 * 60,
        amount_minor: at % 4 * 500,
        bytes_up: u64::from(at % 5) << 20,
        bytes_down: u64::from(at % 3) << 20,
        peer: NonZeroU64::new(u64::from(at % 4)),
        home_network: [None, "262-01".parse().ok(), "208-10".parse().ok()][at as usize % 3],
        ..*event
    };
    (0..).zip(events).map(full).collect()
}

/// A family that says it looks at places alone says the same without the rest; one that says
/// it does not, does not for some case.
#[test]
fn places_alone_is_true_of_those_that_say_so_and_of_no_others() {
    let mut runner = TestRunner::deterministic();
    let mut differ = BTreeSet::new();
    for _ in 0..200 {
        let case = any_case().new_tree(&mut runner).unwrap().current();
        let full = with_everything(&case.events);
        let place = |e: &Event| Event::at(e.time_utc_ms, e.cell, EventKind::Data);
        let places: Vec<Event> = full.iter().map(place).collect();
        let pairs = said(&case, &full).into_iter().zip(said(&case, &places));
        for (family, (full, places)) in FAMILIES.iter().zip(pairs) {
            if full != places {
                differ.insert(family.name);
            }
        }
    }
    let ground = Ground::from(Arc::new(Zoning::named(["anywhere"])));
    let reads_more = FAMILIES
        .iter()
        .filter(|f| !f.reducer(&ground).places_alone());
    assert_eq!(differ, reads_more.map(|family| family.name).collect());
}
