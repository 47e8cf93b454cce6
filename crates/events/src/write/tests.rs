use std::{io::Write as _, num::NonZeroU64};

use erewhon_geo::{Cell, CellIssues};
use erewhon_types::{Calendar, CellIx, Window};
use proptest::prelude::*;

use super::*;
use crate::{EventKind, EventTable, Key, Load, ingest};

const DAY_MS: i64 = 86_400_000;

fn cells() -> CellTable {
    let at = |i: u32| Cell::geographic(format!("c {i}"), 51.0 + f64::from(i) * 0.013, 10.0);
    CellTable::new(Frame::Geographic, (0..6).map(at).collect()).unwrap()
}

fn alone(table: &EventTable) -> impl Iterator<Item = &EventTable> {
    std::iter::once(table)
}

fn key() -> Key {
    Key::from_bytes([3; 32])
}

fn name(number: u8) -> String {
    format!("id,{number}")
}

/// Events that a layout can hold without loss.
fn rows(mapping: &Mapping) -> impl Strategy<Value = Vec<(Subscriber, Event)>> + use<> {
    let (constant, mapping) = (mapping.kind.constant, mapping.clone());
    let unit_ms = match mapping.time.format {
        crate::TimeFormat::Rfc3339 => 1,
        _ => 60_000,
    };
    let kinds: Vec<EventKind> = (EventKind::ALL.into_iter())
        .filter(|&kind| constant.map_or(mapping.value_of(kind).is_some(), |only| only == kind))
        .collect();
    let row = (
        (
            0..5_u8,
            0..6 * DAY_MS,
            0..6_u32,
            prop::sample::select(kinds),
        ),
        (
            any::<u32>(),
            any::<u64>(),
            any::<u64>(),
            prop::option::of(0..5_u8),
        ),
    );
    let row = row.prop_map(
        move |((who, t, cell, kind), (duration_s, up, down, peer))| {
            // 2026-03-02 in New York begins at 05:00 UTC; clocks change only on the 8th.
            let start = 1_772_427_600_000 + 6 * 3_600_000;
            let mut event = Event::at((start + t) / unit_ms * unit_ms, CellIx(cell), kind);
            if mapping.duration_s.is_some() {
                event.duration_s = duration_s;
            }
            if mapping.amount_minor.is_some() {
                event.amount_minor = duration_s;
            }
            if mapping.bytes_up.is_some() {
                (event.bytes_up, event.bytes_down) = (up, down);
            }
            if let Some(peer) = peer.filter(|_| mapping.peer.is_some()) {
                event.peer = NonZeroU64::new(key().pseudonym(name(peer).as_bytes()).bits());
            }
            (key().pseudonym(name(who).as_bytes()), event)
        },
    );
    prop::collection::vec(row, 1..40)
}

fn flat(table: &EventTable) -> Vec<(Subscriber, Event)> {
    let histories = table.histories();
    histories
        .flat_map(|h| h.events.iter().map(move |e| (h.subscriber, *e)))
        .collect()
}

fn round_trip(mapping: &Mapping, rows: Vec<(Subscriber, Event)>) -> bool {
    let name_of = |subscriber: Subscriber| {
        (0..5)
            .map(name)
            .find(|n| key().pseudonym(n.as_bytes()) == subscriber)
            .unwrap()
    };
    let written = EventTable::from_rows(rows);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write_text(mapping, &cells(), alone(&written), &mut file, &name_of).unwrap();
    file.flush().unwrap();
    let window = Window::parse("2026-03-02", 8, "America/New_York").unwrap();
    let load = Load {
        files: &[file.path().to_owned()],
        mapping,
        cells: &cells(),
        cell_issues: &CellIssues::default(),
        calendar: &Calendar::new(&window).unwrap(),
        key: &key(),
        subjects: None,
        withdrawn: &[],
        max_quarantined_share: 1.0,
        rules: &crate::Rules::off(),
    };
    let read = flat(&ingest(load, None, &mut |_, _| ()).unwrap().events);
    let mut expected = flat(&written);
    expected.sort_by_key(|(s, e)| {
        (
            *s,
            e.time_utc_ms,
            (
                e.cell,
                e.kind,
                (e.duration_s, e.amount_minor),
                e.bytes_up,
                e.bytes_down,
                e.peer,
            ),
        )
    });
    expected.dedup();
    read == expected
}

macro_rules! round_trips {
    ($($preset:ident),*) => { $(
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(48))]
            #[test]
            fn $preset(rows in rows(&Mapping::load(stringify!($preset)).unwrap())) {
                prop_assert!(round_trip(&Mapping::load(stringify!($preset)).unwrap(), rows));
            }
        }
    )* };
}

mod read_of_write_is_the_same {
    use super::*;
    round_trips!(cdr, vast2008, checkin, minutes, flowkit_topups);
}

#[test]
fn two_kind_columns_are_split_again() {
    let mapping = Mapping::load("bandicoot")
        .unwrap()
        .in_zone("America/New_York");
    let who = Subscriber::new(9);
    let event = Event::at(1_772_460_000_000, CellIx(1), EventKind::SmsIn);
    let table = EventTable::from_rows(vec![(who, event)]);
    let mut out = Vec::new();
    write_text(&mapping, &cells(), alone(&table), &mut out, &|_| {
        "s".to_owned()
    })
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text.lines().nth(1),
        Some("text,in,,2026-03-02 09:00:00,0,c 1")
    );
}

#[test]
fn refuses_what_the_layout_can_not_express() {
    let data = Event::at(1_772_460_000_000, CellIx(1), EventKind::Data);
    let one = EventTable::from_rows(vec![(Subscriber::new(1), data)]);
    let text = Event::at(1_772_460_000_000, CellIx(1), EventKind::SmsIn);
    let two = EventTable::from_rows(vec![(Subscriber::new(1), text), (Subscriber::new(2), text)]);
    let plane = CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap();
    for (preset, cells, table, message) in [
        ("minutes", cells(), &one, "only `call_out`"),
        ("bandicoot", cells(), &one, "no value for the kind `data`"),
        ("bandicoot", cells(), &two, "no column for the subscriber"),
        ("checkin", plane, &one, "the cell table has none"),
    ] {
        let mapping = Mapping::load(preset).unwrap().in_zone("UTC");
        let error = write_text(&mapping, &cells, alone(table), Vec::new(), &|_| {
            "s".to_owned()
        });
        let error = error.unwrap_err();
        assert!(error.message().contains(message), "{error}");
    }
}

proptest! {
    #[test]
    fn quotes_like_the_csv_crate(name in "[ab,;\"\n\r ]{0,9}", semicolon: bool) {
        let mut mapping = Mapping::load("cdr").unwrap();
        mapping.delimiter = if semicolon { ';' } else { ',' };
        let table = EventTable::from_rows(vec![(
            Subscriber::new(1),
            Event::at(1_772_460_000_000, CellIx(2), EventKind::Data),
        )]);
        let mut out = Vec::new();
        write_text(&mapping, &cells(), alone(&table), &mut out, &|_| name.clone()).unwrap();
        let mut twin = csv::WriterBuilder::new()
            .delimiter(mapping.delimiter as u8)
            .from_writer(Vec::new());
        twin.write_record(&mapping.columns).unwrap();
        twin.write_record([&name, "2026-03-02T14:00:00Z", "c 2", "data", "0", "", "0", "0"])
            .unwrap();
        prop_assert_eq!(out, twin.into_inner().unwrap());
    }
}
