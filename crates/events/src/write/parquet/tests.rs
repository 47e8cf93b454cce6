use std::{
    io,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use erewhon_geo::{Cell, CellIssues, Frame};
use erewhon_types::{Calendar, CellIx, Subscriber, Window};

use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::*;
use crate::{
    DeviceClass, Event, EventKind, EventTable, Key, Load, Rules, ingest, write::write_text,
};

fn cells() -> CellTable {
    let at = |i: u32| Cell::geographic(format!("262-1-{i}-7"), 51.0 + f64::from(i) * 0.013, 10.0);
    CellTable::new(Frame::Geographic, (0..6).map(at).collect()).unwrap()
}

/// Events of some subscribers, such as a layout can hold.
fn table(mapping: &Mapping, subscribers: std::ops::Range<u64>) -> EventTable {
    let kinds = mapping.kinds();
    let rows = subscribers.flat_map(|who| {
        let kinds = &kinds;
        (0..17_u64).map(move |at| {
            let mixed = (who * 31 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let minute = (at * 500 + mixed % 400) as i64;
            let kind = kinds[(mixed >> 8) as usize % kinds.len()];
            let cell = CellIx((mixed >> 16) as u32 % 6);
            let mut event = Event::at(
                1_772_450_000_000 / 60_000 * 60_000 + minute * 60_000,
                cell,
                kind,
            );
            event.duration_s = (mixed >> 40) as u32 % 5_000;
            event.amount_minor = (mixed >> 50) as u32;
            event.bytes_up = mixed >> 20;
            event.bytes_down = mixed >> (mixed % 64);
            event.peer = std::num::NonZeroU64::new(mixed % 3 * 1_000_003);
            event.home_network = (mixed % 5 == 0).then(|| "262-01".parse().unwrap());
            event.device = DeviceClass::from_code((mixed % 6) as u8).unwrap();
            (Subscriber::new(who + 10_000_000), event)
        })
    });
    EventTable::from_rows(rows.collect())
}

fn read(path: PathBuf, mapping: &Mapping) -> Vec<(Subscriber, Event)> {
    let window = Window::parse("2026-03-02", 8, "UTC").unwrap();
    let load = Load {
        files: &[path],
        mapping,
        cells: &cells(),
        cell_issues: &CellIssues::default(),
        calendar: &Calendar::new(&window).unwrap(),
        key: &Key::from_bytes([3; 32]),
        subjects: None,
        withdrawn: &[],
        max_quarantined_share: 0.0,
        rules: &Rules::off(),
    };
    let read = ingest(load, None, &mut |_, _| ()).unwrap().events;
    let rows = read.histories();
    rows.flat_map(|h| h.events.iter().map(move |event| (h.subscriber, *event)))
        .collect()
}

#[test]
fn parquet_is_read_as_the_same_events_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let name = |subscriber: Subscriber| subscriber.bits().to_string();
    for preset in Mapping::presets() {
        let mapping = Mapping::load(preset).unwrap().in_zone("UTC");
        let people = if mapping.subscriber_from_file_name {
            1
        } else {
            40
        };
        // `anywhere` is the one cell of a layout without places; text of two columns has no Parquet.
        if preset == "bandicoot_no_place" {
            continue;
        }
        let parts = [0..people / 2, people / 2..people].map(|part| table(&mapping, part));
        let parts = || parts.iter().filter(|part| part.events() > 0);
        let paths = ["csv", "parquet"].map(|ending| dir.path().join(format!("7.{ending}")));
        let create = |path: &PathBuf| std::fs::File::create(path).unwrap();
        let text = write_text(&mapping, &cells(), parts(), create(&paths[0]), &name).unwrap();
        let parquet = write_parquet(&mapping, &cells(), parts(), create(&paths[1])).unwrap();
        assert_eq!(text, parquet);
        assert_eq!((text.subscribers, text.events), (people, people * 17));
        let [text, parquet] = paths.map(|path| read(path, &mapping));
        assert_eq!(text.len() as u64, people * 17, "{preset}");
        assert!(text == parquet, "{preset}");
    }
}

#[test]
fn parts_share_row_groups_where_there_are_too_many() {
    let mapping = Mapping::load("cdr").unwrap();
    let parts = [0..1, 1..2, 2..4, 4..5, 5..6, 6..7, 7..9].map(|part| table(&mapping, part));
    let dir = tempfile::tempdir().unwrap();
    let mut before = None;
    for (most, groups) in [(7, 7), (6, 4), (3, 3), (2, 2), (1, 1)] {
        let path = dir.path().join("7.parquet");
        let out = std::fs::File::create(&path).unwrap();
        let written = write_groups(&mapping, &cells(), parts.iter(), out, most).unwrap();
        assert_eq!((written.subscribers, written.events), (9, 9 * 17));
        let file = std::fs::File::open(&path).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), groups);
        let events = read(path, &mapping);
        assert_eq!(*before.get_or_insert_with(|| events.clone()), events);
    }
}

#[test]
fn refuses_what_the_layout_can_not_express() {
    let mapping = Mapping::load("minutes").unwrap().in_zone("UTC");
    let data = Event::at(1_772_460_000_000, CellIx(1), EventKind::Data);
    let one = EventTable::from_rows(vec![(Subscriber::new(1), data)]);
    let error = write_parquet(&mapping, &cells(), [&one].into_iter(), Vec::new()).unwrap_err();
    assert!(error.message().contains("only `call_out`"), "{error}");
}

/// Takes some bytes, and then the disk is full.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn few_parts_are_begun_before_they_are_written() {
    let mapping = Mapping::load("cdr").unwrap();
    let part = table(&mapping, 0..40);
    let mut one = Vec::new();
    write_parquet(&mapping, &cells(), [&part].into_iter(), &mut one).unwrap();
    let begun = AtomicUsize::new(0);
    let endless = iter::repeat_with(|| {
        begun.fetch_add(1, Ordering::SeqCst);
        &part
    });
    // A part is less than the file of one, so at most this many are begun before the disk is full.
    let threads = rayon::current_num_threads();
    let out = Full(5 * one.len());
    let error = write_parquet(&mapping, &cells(), endless, out).unwrap_err();
    assert_eq!(error.kind().exit_code(), 75);
    assert!(
        error.message().contains("can't write the records"),
        "{error}"
    );
    let begun = begun.into_inner();
    assert!((5..=16 + 2 * threads).contains(&begun), "{begun}");
    Full(0).flush().unwrap();
}
