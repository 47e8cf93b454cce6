use std::fs;

use erewhon_types::CellIx;
use jiff::civil::date;

use super::*;
use crate::{
    row::Row,
    testing::{MARCH_UTC_MS, TestLoad, code, flat, on_day, sorted},
};

fn rows(whos: &[u64]) -> Vec<Row> {
    let event = |i: usize| {
        Event::at(
            MARCH_UTC_MS + i as i64,
            CellIx(0),
            erewhon_events::EventKind::Data,
        )
    };
    let row = |(i, &who): (usize, &u64)| (Subscriber::new(who), event(i));
    whos.iter().enumerate().map(row).collect()
}

fn keep(_: &mut (), _: Subscriber, _: &mut Vec<Event>) -> Result<()> {
    Ok(())
}

/// Two loads of one day, and one of the next.
fn three_loads(store: &mut Store) -> Vec<Row> {
    let (a, b) = (rows(&[1, 2, 3]), rows(&[3, 2, 9, u64::MAX]));
    let next = on_day(1, &rows(&[2]));
    TestLoad::new("2026-03-02", "a", a.clone())
        .commit(store)
        .unwrap();
    TestLoad::new("2026-03-02", "b", b.clone())
        .commit(store)
        .unwrap();
    TestLoad::new("2026-03-03", "c", next.clone())
        .commit(store)
        .unwrap();
    sorted([a, b, next].concat())
}

fn without(rows: &[Row], who: u64) -> Vec<Row> {
    rows.iter()
        .filter(|row| row.0 != Subscriber::new(who))
        .copied()
        .collect()
}

/// Whether a segment of the store has rows of a subscriber, hidden or not.
fn on_disk(store: &Store, who: u64) -> bool {
    let manifest = store.manifest().unwrap().clone();
    let nobody_hidden = StoreSource::new(store.dir.clone(), manifest, Arc::default());
    let rows = flat(&nobody_hidden);
    rows.iter().any(|row| row.0 == Subscriber::new(who))
}

#[test]
fn a_compaction_gives_what_one_load_would_have_given() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(&dir.path().join("a")).unwrap();
    let all = three_loads(&mut store);
    let windows = store.compact(|| (), keep).unwrap();
    assert_eq!(windows.len(), 1);
    assert!(store.compact(|| (), keep).unwrap().is_empty());
    assert!(flat(&store.source().unwrap()) == all);
    let mut once = Store::create_or_open(&dir.path().join("b")).unwrap();
    let both = [rows(&[1, 2, 3]), rows(&[3, 2, 9, u64::MAX])].concat();
    TestLoad::new("2026-03-02", "ab", both)
        .commit(&mut once)
        .unwrap();
    let digest = |store: &Store| {
        store.manifest().unwrap().periods[0].segments[0]
            .blake3
            .clone()
    };
    assert_eq!(digest(&store), digest(&once));
    let counts = store.manifest().unwrap().periods[0].compacted.unwrap();
    assert_eq!((counts.events, counts.subscribers), (6, 5));
    // Late data after a compaction is merged like any other.
    TestLoad::new("2026-03-02", "d", rows(&[1, 44]))
        .commit(&mut store)
        .unwrap();
    store.check().unwrap();
    assert_eq!(flat(&store.source().unwrap()).len(), all.len() + 1);
}

#[test]
fn a_rule_of_a_compaction_meets_the_whole_history() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    three_loads(&mut store);
    let longest = |longest: &mut usize, _: Subscriber, events: &mut Vec<Event>| {
        *longest = (*longest).max(events.len());
        events.truncate(1);
        Ok(())
    };
    let done = store.compact(|| 0, longest).unwrap();
    assert_eq!(done[0].1.iter().max(), Some(&2));
    assert_eq!(flat(&store.source().unwrap()).len(), 6);
    store.check().unwrap();
}

#[test]
fn who_withdrew_is_hidden_at_once_and_erased_by_the_next_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let all = three_loads(&mut store);
    let opened_before = store.source().unwrap();
    assert_eq!(
        store
            .withdraw(&[Subscriber::new(2), Subscriber::new(77)])
            .unwrap(),
        2
    );
    assert_eq!(store.withdraw(&[Subscriber::new(2)]).unwrap(), 0);
    assert!(flat(&store.source().unwrap()) == without(&all, 2));
    assert!(flat(&opened_before) == all);
    assert!(on_disk(&store, 2));
    let store_again = Store::create_or_open(dir.path()).unwrap();
    assert!(flat(&store_again.source().unwrap()) == without(&all, 2));
    assert_eq!(store.compact(|| (), keep).unwrap().len(), 2);
    assert!(!on_disk(&store, 2) && on_disk(&store, 9));
    assert_eq!(store.check().unwrap().strays, 0);
    assert!(flat(&store.source().unwrap()) == without(&all, 2));
    // Late data can't bring them back.
    let late = TestLoad::new("2026-03-03", "late", on_day(1, &rows(&[5, 2])));
    late.commit(&mut store).unwrap();
    assert!(!on_disk(&store, 2));
    assert_eq!(
        flat(&store.source().unwrap()).len(),
        without(&all, 2).len() + 1
    );
}

#[test]
fn who_withdrew_is_nobodys_other_party_and_late_data_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let alone = rows(&[1, 3]);
    let mut with_peers = alone.clone();
    for (_, event) in &mut with_peers {
        event.peer = std::num::NonZeroU64::new(2);
    }
    TestLoad::new("2026-03-02", "a", with_peers.clone())
        .commit(&mut store)
        .unwrap();
    assert!(flat(&store.source().unwrap()) == sorted(with_peers));
    store.withdraw(&[Subscriber::new(2)]).unwrap();
    assert!(flat(&store.source().unwrap()) == sorted(alone.clone()));
    // Ingest leaves out the other party that has withdrawn: the rows are the same for all that.
    TestLoad::new("2026-03-02", "b", alone.clone())
        .commit(&mut store)
        .unwrap();
    assert!(flat(&store.source().unwrap()) == sorted(alone.clone()));
    store.compact(|| (), keep).unwrap();
    let manifest = store.manifest().unwrap().clone();
    let nobody_hidden = StoreSource::new(store.dir.clone(), manifest, Arc::default());
    assert!(flat(&nobody_hidden) == sorted(alone));
}

#[test]
fn a_lost_list_of_withdrawals_closes_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    three_loads(&mut store);
    store.withdraw(&[Subscriber::new(2)]).unwrap();
    let list = dir
        .path()
        .join(&store.manifest().unwrap().withdrawn.as_ref().unwrap().path);
    fs::write(&list, "").unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
    fs::remove_file(&list).unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
}

#[test]
fn what_ended_before_the_day_is_deleted_and_noted() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    three_loads(&mut store);
    let today = date(2026, 5, 1);
    assert!(store.expire(date(2026, 3, 2), today).unwrap().is_empty());
    let gone = store.expire(date(2026, 3, 3), today).unwrap();
    assert_eq!(gone.len(), 1);
    assert!(!dir.path().join("period=20260302_1d").exists());
    assert!(flat(&store.source().unwrap()) == on_day(1, &rows(&[2])));
    let noted = &store.manifest().unwrap().expired;
    assert_eq!((noted[0].on, &noted[0].window), (today, &gone[0].window));
    store.expire(date(2027, 1, 1), today).unwrap();
    assert!(flat(&store.source().unwrap()).is_empty());
    assert_eq!(store.check().unwrap().segments, 0);
    // The days may be loaded again.
    TestLoad::new("2026-03-02", "a", rows(&[1]))
        .commit(&mut store)
        .unwrap();
    assert_eq!(flat(&store.source().unwrap()).len(), 1);
}

#[test]
fn a_reader_of_what_was_compacted_is_told_to_try_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    three_loads(&mut store);
    let before = store.source().unwrap();
    store.compact(|| (), keep).unwrap();
    let error = before.visit(&mut |_| Ok(())).unwrap_err();
    assert_eq!(error.kind().exit_code(), 75);
    assert!(error.message().contains("changed while it was read"));
}
