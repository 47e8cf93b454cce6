use erewhon_events::{Event, EventKind, EventSource};
use erewhon_types::{CellIx, Subscriber};
use proptest::prelude::*;

use super::*;
use crate::{
    Fields, row,
    testing::{MARCH_UTC_MS, TestLoad, any_row, code, flat, on_day, sorted},
};

type RuleOfTest = fn(&mut u64, Subscriber, &mut Vec<Event>) -> Result<()>;

fn rows(day: i64, whos: &[u64]) -> Vec<row::Row> {
    let row = |(i, &who): (usize, &u64)| {
        let time = MARCH_UTC_MS + day * 86_400_000 + i as i64;
        let event = Event::at(time, CellIx(1), EventKind::Data);
        (Subscriber::new(who), event)
    };
    whos.iter().enumerate().map(row).collect()
}

fn first() -> TestLoad {
    TestLoad::new("2026-03-02", "a", rows(0, &[u64::MAX, 3]))
}

fn manifest_of(dir: &Path) -> Vec<u8> {
    fs::read(dir.join(MANIFEST)).unwrap()
}

#[test]
fn what_was_committed_comes_back_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let load = first();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    assert!(store.manifest().is_none());
    assert_eq!(code(store.source()), 5);
    assert_eq!(load.commit(&mut store).unwrap(), Committed::Now);
    let store = Store::create_or_open(dir.path()).unwrap();
    store.check().unwrap();
    assert!(flat(&store.source().unwrap()) == sorted(load.rows));
    assert_eq!(store.cells().unwrap().cells(), load.cells.cells());
    let period = &store.manifest().unwrap().periods[0];
    let counts = period.loads[0].counts;
    assert_eq!((counts.events, counts.subscribers), (2, 2));
    assert_eq!(
        period.segments[0].path,
        "period=20260302_1d/range=0000/seg-20260302_20260302-1.parquet"
    );
}

#[test]
fn the_same_load_again_changes_nothing_also_after_a_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    let before = manifest_of(dir.path());
    assert_eq!(first().commit(&mut store).unwrap(), Committed::Before);
    assert_eq!(manifest_of(dir.path()), before);
    assert_eq!(store.check().unwrap().strays, 0);
    TestLoad::new("2026-03-02", "b", rows(0, &[9]))
        .commit(&mut store)
        .unwrap();
    store.compact(|| (), |(), _, _| Ok(())).unwrap();
    assert_eq!(first().commit(&mut store).unwrap(), Committed::Before);
}

#[test]
fn periods_join_per_subscriber_in_order_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let (one, two) = (rows(0, &[7, 3]), rows(1, &[3, 7]));
    TestLoad::new("2026-03-03", "b", two.clone())
        .commit(&mut store)
        .unwrap();
    TestLoad::new("2026-03-02", "a", one.clone())
        .commit(&mut store)
        .unwrap();
    store.check().unwrap();
    assert!(flat(&store.source().unwrap()) == sorted([one, two].concat()));
}

#[test]
fn what_does_not_fit_the_store_is_refused_before_a_row_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    let next = || TestLoad::new("2026-03-03", "b", rows(1, &[3]));
    let mut refused = Vec::new();
    let mut other = next();
    other.key_id = "beef".to_owned();
    refused.push(other);
    let mut other = next();
    other.cells = CellTable::schematic(vec!["b".to_owned(), "a".to_owned()]).unwrap();
    refused.push(other);
    let mut other = next();
    other.window = Window::parse("2026-03-03", 1, "Europe/London").unwrap();
    refused.push(other);
    let mut overlapping = next();
    overlapping.window = Window::parse("2026-03-01", 3, "UTC").unwrap();
    refused.push(overlapping);
    for load in refused {
        let error = store.loader(load.spec()).err().unwrap();
        assert!(
            error.kind().exit_code() == 1 && error.hint().is_some(),
            "{error}"
        );
    }
    let stray = TestLoad::new("2026-03-03", "b", rows(0, &[3]));
    assert_eq!(code(stray.commit(&mut store)), 70);
    assert_eq!(next().commit(&mut store).unwrap(), Committed::Now);
}

#[test]
fn a_store_has_one_table_of_persons() {
    let tables = [None, Some("0badcafe"), Some("beef")];
    for first_has in tables {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::create_or_open(dir.path()).unwrap();
        let mut load = first();
        load.persons_digest = first_has.map(str::to_owned);
        load.commit(&mut store).unwrap();
        // As a manifest of before has it: no word of a table is none.
        let text = fs::read_to_string(dir.path().join(MANIFEST)).unwrap();
        assert_eq!(text.contains("persons"), first_has.is_some());
        for next_has in tables {
            let mut next = TestLoad::new("2026-03-03", "b", rows(1, &[3]));
            next.persons_digest = next_has.map(str::to_owned);
            let began = store.loader(next.spec()).map(drop);
            assert_eq!(began.is_ok(), next_has == first_has);
            assert!(began.is_ok() || code(began) == 1);
        }
    }
}

#[test]
fn a_rule_may_change_a_history_but_not_break_it() {
    let dir = tempfile::tempdir().unwrap();
    let load = TestLoad::new("2026-03-02", "a", rows(0, &[5, 5, 8, 8, 8]));
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let land = |store: &mut Store, rule: RuleOfTest| {
        let loader = store.loader(load.spec()).unwrap();
        loader.push(&load.rows).unwrap();
        loader.land(|| 0, rule)
    };
    let (landed, states) = land(&mut store, |dropped, _, events| {
        *dropped += events.len() as u64 - 1;
        events.truncate(1);
        Ok(())
    })
    .unwrap();
    assert_eq!((states, landed.counts().events), (vec![3], 2));
    drop(landed);
    assert!(
        !dir.path()
            .join("period=20260302_1d/range=0000/seg-20260302_20260302-1.parquet")
            .exists()
    );
    let broken: [RuleOfTest; 3] = [
        |_, _, events| {
            events.reverse();
            Ok(())
        },
        |_, _, events| {
            events.push(events[0]);
            Ok(())
        },
        |_, _, events| {
            events[0].cell = CellIx(2);
            Ok(())
        },
    ];
    for rule in broken {
        assert_eq!(code(land(&mut store, rule)), 70);
    }
}

#[test]
fn what_a_crash_leaves_is_ignored_and_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    let stray = dir.path().join("period=20260401_7d/range=0000");
    fs::create_dir_all(&stray).unwrap();
    fs::write(stray.join("seg-20260401_20260407-2.parquet"), "half").unwrap();
    let beside = dir
        .path()
        .join("period=20260302_1d/range=0000/seg-20260302_20260302-2.parquet");
    fs::write(&beside, "half").unwrap();
    fs::write(dir.path().join("manifest.json.tmp"), "{\"schema").unwrap();
    fs::write(dir.path().join("withdrawn-9.txt"), "00").unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    assert_eq!(store.check().unwrap().strays, 4);
    TestLoad::new("2026-03-03", "b", rows(1, &[3]))
        .commit(&mut store)
        .unwrap();
    assert!(!stray.exists() && !beside.exists());
    assert_eq!(store.check().unwrap().strays, 0);
    assert_eq!(flat(&store.source().unwrap()).len(), 3);
}

#[test]
fn a_crash_before_the_first_commit_leaves_an_empty_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    fs::remove_file(dir.path().join(MANIFEST)).unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    assert!(store.manifest().is_none());
    assert_eq!(first().commit(&mut store).unwrap(), Committed::Now);
    store.check().unwrap();
}

#[test]
fn damage_is_a_data_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    let name = store.manifest().unwrap().periods[0].segments[0]
        .path
        .clone();
    let path = dir.path().join(&name);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(37) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        let error = store.check().unwrap_err();
        assert!(
            error.kind() == Kind::Data && error.message().contains(&name),
            "byte {at}"
        );
    }
    fs::write(&path, &whole[1..]).unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
    fs::remove_file(&path).unwrap();
    assert_eq!(code(store.source().unwrap().visit(&mut |_| Ok(()))), 5);
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
    let manifest = dir.path().join(MANIFEST);
    for version in [1, SCHEMA_VERSION - 1, 99] {
        fs::write(&manifest, format!("{{\"schema_version\": {version}}}")).unwrap();
        let other = Store::create_or_open(dir.path()).unwrap_err();
        let named = other.message().contains(&format!("version {version},"));
        assert!(named && other.kind() == Kind::Data && other.hint().is_some());
        let hint = other.hint().unwrap();
        assert_eq!(
            hint.contains("--opt-out"),
            version < SCHEMA_VERSION,
            "{hint}"
        );
    }
    fs::write(&manifest, "{").unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
}

#[test]
fn a_file_that_fits_its_checksum_is_checked_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    let held = store.manifest().unwrap().clone();
    let lies: [fn(&mut Manifest); 7] = [
        |m| m.periods[0].segments[0].events += 1,
        |m| m.periods[0].loads[0].counts.events += 1,
        |m| m.periods[0].segments[0].first_utc_ms += 1,
        |m| m.periods[0].segments[0].last_utc_ms += 1,
        |m| m.periods[0].segments[0].ranges = [0, 4094],
        |m| m.periods[0].window.first_day = jiff::civil::date(2026, 3, 1),
        |m| m.periods.push(m.periods[0].clone()),
    ];
    for (i, lie) in lies.into_iter().enumerate() {
        let mut manifest = held.clone();
        lie(&mut manifest);
        store.manifest = Some(manifest);
        assert_eq!(code(store.check()), 5, "{i}");
    }
    store.manifest = Some(held);
    store.check().unwrap();
}

#[test]
fn a_manifest_that_can_describe_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    first().commit(&mut store).unwrap();
    store.withdraw(&[Subscriber::new(3)]).unwrap();
    let held = store.manifest().unwrap().clone();
    let elsewhere = |path: &str| path.to_owned();
    let lies: [&dyn Fn(&mut Manifest); 7] = [
        &|m| m.periods[0].segments[0].path = elsewhere("/dev/zero"),
        &|m| m.periods[0].segments[0].path = elsewhere("../../keys"),
        &|m| m.withdrawn.as_mut().unwrap().path = elsewhere("period=x/../../list"),
        &|m| m.periods[0].segments[0].ranges = [7, 6],
        &|m| m.periods[0].segments[0].ranges = [0, 4096],
        &|m| {
            let mut again = m.periods[0].segments[0].clone();
            again.events = u64::MAX;
            m.periods[0].segments.push(again);
        },
        &|m| m.next_change = u32::MAX,
    ];
    for (i, lie) in lies.into_iter().enumerate() {
        let mut manifest = held.clone();
        lie(&mut manifest);
        fs::write(dir.path().join(MANIFEST), manifest.to_json().unwrap()).unwrap();
        let error = Store::create_or_open(dir.path()).unwrap_err();
        assert!(
            error.message().contains("manifest is damaged"),
            "{i}: {error}"
        );
    }
}

/// Statistics tell a reader which row groups it may pass over, so a lie could hide somebody.
#[test]
fn statistics_that_the_rows_do_not_keep_are_found_by_whoever_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let (low, high) = (0x0102_0304_0506_0708_u64, 0xf102_0304_0506_0708_u64);
    TestLoad::new("2026-03-02", "a", rows(0, &[low, 1 << 61, high]))
        .commit(&mut store)
        .unwrap();
    let path = dir
        .path()
        .join(&store.manifest().unwrap().periods[0].segments[0].path);
    let good = fs::read(&path).unwrap();
    let footer = good.len()
        - 8
        - u32::from_le_bytes(good[good.len() - 8..][..4].try_into().unwrap()) as usize;
    for (bound, lie) in [
        (low, low + 1),
        (high, high - 1),
        (low, high + 1),
        (high, low - 1),
    ] {
        let mut bad = good.clone();
        let at = |bytes: &[u8], from: usize| {
            let found = bytes[from..]
                .windows(8)
                .position(|eight| eight == bound.to_le_bytes());
            found.map(|at| from + at)
        };
        let mut from = footer;
        while let Some(there) = at(&bad, from) {
            bad[there..there + 8].copy_from_slice(&lie.to_le_bytes());
            from = there + 8;
        }
        assert!(from > footer, "the footer holds the bound");
        fs::write(&path, &bad).unwrap();
        assert_eq!(code(store.source().unwrap().visit(&mut |_| Ok(()))), 5);
        assert_eq!(code(store.check()), 5);
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(flat(&store.source().unwrap()).len(), 3);
}

#[test]
fn a_directory_with_other_things_is_no_store() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "").unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 1);
}

#[test]
fn two_writers_do_not_meet() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let mut other = Store::create_or_open(dir.path()).unwrap();
    let load = first();
    let loader = store.loader(load.spec()).unwrap();
    assert_eq!(code(load.commit(&mut other)), 75);
    drop(loader);
    load.commit(&mut other).unwrap();
    let late = TestLoad::new("2026-03-02", "b", rows(0, &[9]));
    assert_eq!(late.commit(&mut store).unwrap(), Committed::Now);
    assert_eq!(flat(&store.source().unwrap()).len(), 3);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    let mut store = Store::create_or_open(&root).unwrap();
    first().commit(&mut store).unwrap();
    store.withdraw(&[Subscriber::new(3)]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let manifest = store.manifest().unwrap();
    let segment = root.join(&manifest.periods[0].segments[0].path);
    let list = root.join(&manifest.withdrawn.as_ref().unwrap().path);
    for dir in [&root, segment.parent().unwrap()] {
        assert_eq!(mode(dir), 0o700);
    }
    for file in [&segment, &root.join(MANIFEST), &root.join(CELLS), &list] {
        assert_eq!(mode(file), 0o600);
    }
}

/// A load's files, by name.
fn files(store: &Store) -> Vec<(String, String)> {
    let segments = store.manifest().unwrap().segments();
    segments
        .map(|s| (s.path.clone(), s.blake3.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bytes_depend_on_the_events_alone(
        rows in prop::collection::vec(any_row(), 0..60).prop_shuffle(),
        threads in 1_usize..4, memory_bytes in 0_usize..2000,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let open = |name: &str| Store::create_or_open(&dir.path().join(name)).unwrap();
        let (mut a, mut b) = (open("a"), open("b"));
        let mut load = TestLoad::new("2026-03-02", "a", rows.clone());
        load.commit(&mut a).unwrap();
        load.memory_bytes = memory_bytes;
        load.rows.sort_by(|a, b| row::order(b, a));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| load.commit(&mut b)).unwrap();
        prop_assert_eq!(files(&a), files(&b));
        a.check().unwrap();
        prop_assert!(flat(&a.source().unwrap()) == sorted(rows));
    }

    #[test]
    fn loads_of_a_period_read_and_compact_like_one(
        loads in prop::collection::vec(prop::collection::vec(any_row(), 0..20), 1..4),
        cut in 0_usize..20,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::create_or_open(dir.path()).unwrap();
        let mut all = Vec::new();
        for (i, rows) in loads.iter().enumerate() {
            TestLoad::new("2026-03-02", &i.to_string(), rows.clone()).commit(&mut store).unwrap();
            all.extend_from_slice(rows);
        }
        let next_day = on_day(1, loads[0].get(..cut).unwrap_or(&loads[0]));
        TestLoad::new("2026-03-03", "next", next_day.clone()).commit(&mut store).unwrap();
        all.extend(next_day);
        let all = sorted(all);
        store.check().unwrap();
        prop_assert!(flat(&store.source().unwrap()) == all);
        let done = store.compact(|| (), |(), _, _| Ok(())).unwrap();
        prop_assert_eq!(done.len(), usize::from(loads.iter().filter(|l| !l.is_empty()).count() > 1));
        prop_assert_eq!(store.check().unwrap().strays, 0);
        prop_assert!(flat(&store.source().unwrap()) == all);
        let places = store.source().unwrap().with_fields(Fields::Places);
        let mut seen = Vec::new();
        let mut each = |history: erewhon_events::History<'_>| {
            seen.extend(history.events.iter().map(|e| (history.subscriber, e.time_utc_ms, e.cell)));
            Ok(())
        };
        places.visit(&mut each).unwrap();
        let expected = all.iter().map(|(s, e)| (*s, e.time_utc_ms, e.cell));
        prop_assert!(seen == expected.collect::<Vec<_>>());
    }
}
