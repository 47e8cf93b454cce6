use std::num::NonZeroU64;

use erewhon_events::{Event, EventKind, EventSource, InputFile};
use erewhon_types::CellIx;
use proptest::prelude::*;

use super::*;

const MARCH: i64 = 1_772_409_600_000;

/// What one commit needs, owned.
struct Load {
    window: Window,
    cells: CellTable,
    events: EventTable,
    quality: QualityReport,
}

impl Load {
    fn new(first_day: &str, rows: Vec<(Subscriber, Event)>) -> Self {
        let source = InputFile {
            name: "records.csv".to_owned(),
            sha256: format!("digest of {first_day}"),
            size_bytes: 1,
            rows: 1,
        };
        Self {
            window: Window::parse(first_day, 1, "UTC").unwrap(),
            cells: CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap(),
            events: EventTable::from_rows(rows),
            quality: QualityReport {
                inputs: vec![source],
                ..QualityReport::default()
            },
        }
    }

    fn commit(&self) -> Commit<'_> {
        Commit {
            window: &self.window,
            cells: &self.cells,
            events: &self.events,
            quality: &self.quality,
            key_id: "0badcafe",
            mapping_sha256: "m",
        }
    }
}

fn event(day: i64, ms: i64, kind: EventKind) -> Event {
    Event::at(MARCH + day * 86_400_000 + ms, CellIx(1), kind)
}

fn two_rows(day: i64) -> Vec<(Subscriber, Event)> {
    let row = |who, ms| (Subscriber::new(who), event(day, ms, EventKind::Data));
    vec![row(u64::MAX, 5), row(3, 9)]
}

fn first() -> Load {
    Load::new("2026-03-02", two_rows(0))
}

fn flat(source: &dyn EventSource) -> Vec<(Subscriber, Event)> {
    let mut rows = Vec::new();
    let mut each = |history: erewhon_events::History<'_>| {
        assert!(
            rows.last()
                .is_none_or(|(last, _): &(Subscriber, Event)| *last < history.subscriber)
        );
        rows.extend(
            history
                .events
                .iter()
                .map(|event| (history.subscriber, *event)),
        );
        Ok(())
    };
    source.visit(&mut each).unwrap();
    rows
}

fn code(result: Result<impl Sized>) -> u8 {
    result.err().unwrap().kind().exit_code()
}

#[test]
fn what_was_committed_comes_back_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let load = first();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    assert!(store.manifest().is_none());
    assert_eq!(code(store.source()), 5);
    assert_eq!(store.commit(load.commit()).unwrap(), Committed::Now);
    let store = Store::create_or_open(dir.path()).unwrap();
    store.check().unwrap();
    assert!(flat(&store.source().unwrap()) == flat(&load.events));
    assert_eq!(store.cells().unwrap().cells(), load.cells.cells());
    let period = &store.manifest().unwrap().periods[0];
    assert_eq!((period.events, period.subscribers), (2, 2));
    assert_eq!(
        period.segments[0].path,
        "period=20260302_1d/range=0000/seg-20260302_20260302.parquet"
    );
}

#[test]
fn the_same_load_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let load = first();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(load.commit()).unwrap();
    let before = fs::read(dir.path().join(MANIFEST)).unwrap();
    assert_eq!(store.commit(load.commit()).unwrap(), Committed::Before);
    assert_eq!(fs::read(dir.path().join(MANIFEST)).unwrap(), before);
}

#[test]
fn periods_join_per_subscriber_in_order_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    let later = Load::new("2026-03-03", two_rows(1));
    store.commit(later.commit()).unwrap();
    store.commit(first().commit()).unwrap();
    store.check().unwrap();
    let mut both = two_rows(0);
    both.extend(two_rows(1));
    assert!(flat(&store.source().unwrap()) == flat(&EventTable::from_rows(both)));
}

#[test]
fn what_does_not_fit_the_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(first().commit()).unwrap();
    let mut other = first();
    other.quality.inputs[0].sha256 = "other".to_owned();
    assert_eq!(code(store.commit(other.commit())), 1);
    let next = Load::new("2026-03-03", two_rows(1));
    assert_eq!(
        code(store.commit(Commit {
            key_id: "beef",
            ..next.commit()
        })),
        1
    );
    let cells = CellTable::schematic(vec!["b".to_owned(), "a".to_owned()]).unwrap();
    assert_eq!(
        code(store.commit(Commit {
            cells: &cells,
            ..next.commit()
        })),
        1
    );
    let zone = Window::parse("2026-03-03", 1, "Europe/London").unwrap();
    assert_eq!(
        code(store.commit(Commit {
            window: &zone,
            ..next.commit()
        })),
        1
    );
    let stray = Load::new("2026-03-03", two_rows(0));
    assert_eq!(code(store.commit(stray.commit())), 70);
    assert_eq!(store.commit(next.commit()).unwrap(), Committed::Now);
}

#[test]
fn what_a_crash_leaves_is_ignored_and_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(first().commit()).unwrap();
    let stray = dir.path().join("period=20260401_7d/range=0000");
    fs::create_dir_all(&stray).unwrap();
    fs::write(stray.join("seg-20260401_20260407.parquet"), "half").unwrap();
    fs::write(dir.path().join("manifest.json.tmp"), "{\"schema").unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.check().unwrap();
    let next = Load::new("2026-03-03", two_rows(1));
    store.commit(next.commit()).unwrap();
    assert!(!stray.exists());
    assert_eq!(flat(&store.source().unwrap()).len(), 4);
}

#[test]
fn a_crash_before_the_first_commit_leaves_an_empty_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(first().commit()).unwrap();
    fs::remove_file(dir.path().join(MANIFEST)).unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    assert!(store.manifest().is_none());
    assert_eq!(store.commit(first().commit()).unwrap(), Committed::Now);
    store.check().unwrap();
}

#[test]
fn damage_is_a_data_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(first().commit()).unwrap();
    let path = dir
        .path()
        .join(&store.manifest().unwrap().periods[0].segments[0].path);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(37) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        assert_eq!(code(store.check()), 5, "byte {at}");
    }
    fs::write(&path, &whole[1..]).unwrap();
    assert_eq!(code(store.source()), 5);
    fs::remove_file(&path).unwrap();
    assert_eq!(code(store.source()), 5);
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
    let manifest = dir.path().join(MANIFEST);
    fs::write(&manifest, "{\"schema_version\": 99}").unwrap();
    let newer = Store::create_or_open(dir.path()).unwrap_err();
    assert!(newer.message().contains("version 99") && newer.hint().is_some());
    fs::write(&manifest, "{").unwrap();
    assert_eq!(code(Store::create_or_open(dir.path())), 5);
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
    let lock = store.lock().unwrap();
    assert_eq!(code(store.commit(first().commit())), 75);
    drop(lock);
    store.commit(first().commit()).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    let mut store = Store::create_or_open(&root).unwrap();
    store.commit(first().commit()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let segment = root.join(&store.manifest().unwrap().periods[0].segments[0].path);
    for dir in [&root, segment.parent().unwrap()] {
        assert_eq!(mode(dir), 0o700);
    }
    for file in [&segment, &root.join(MANIFEST), &root.join(CELLS)] {
        assert_eq!(mode(file), 0o600);
    }
}

fn any_row() -> impl Strategy<Value = (Subscriber, Event)> {
    let who = prop::sample::select(vec![0, 1, 7, 1 << 63, u64::MAX]);
    let long = || prop::sample::select(vec![0, 1, 1500, u64::MAX]);
    let row = (who, 0..86_400_000_i64, 0..2_u32, 0..11_u8, any::<u32>());
    (row, long(), long(), long()).prop_map(|((who, ms, cell, kind, duration_s), up, down, peer)| {
        let event = Event {
            bytes_up: up,
            bytes_down: down,
            peer: NonZeroU64::new(peer),
            duration_s,
            ..Event::at(
                MARCH + ms,
                CellIx(cell),
                EventKind::from_code(kind).unwrap(),
            )
        };
        (Subscriber::new(who), event)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_segment_gives_back_every_row_wherever_its_groups_end(
        rows in prop::collection::vec(any_row(), 0..60), soft in 1_usize..20, more in 0_usize..20,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("segment");
        let table = EventTable::from_rows(rows);
        let (sha256, _) = segment::write(&path, &table, Cut { soft, hard: soft + more }).unwrap();
        prop_assert_eq!(sha256, disk::sha256_of(&path).unwrap());
        let source = StoreSource { segments: vec![(path, "segment".to_owned())] };
        prop_assert!(flat(&source) == flat(&table));
    }
}

#[test]
fn a_store_of_the_first_layout_is_read_and_added_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create_or_open(dir.path()).unwrap();
    store.commit(first().commit()).unwrap();
    let manifest = dir.path().join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    let now = format!("\"schema_version\": {SCHEMA_VERSION}");
    assert!(text.contains(&now), "{text}");
    fs::write(&manifest, text.replace(&now, "\"schema_version\": 1")).unwrap();
    let mut old = Store::create_or_open(dir.path()).unwrap();
    old.check().unwrap();
    assert_eq!(old.cells().unwrap().len(), 2);
    let next = Load::new("2026-03-03", two_rows(1));
    assert_eq!(old.commit(next.commit()).unwrap(), Committed::Now);
}
