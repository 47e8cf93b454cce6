//! Rows for tests.

use std::num::NonZeroU64;

use erewhon_events::{
    DeviceClass, Event, EventKind, EventSource, History, HomeNetwork, InputFile, QualityReport,
};
use erewhon_geo::CellTable;
use erewhon_types::{CellIx, Result, Subscriber, Window};
use proptest::prelude::*;

use crate::{
    Committed, LoadSpec, Store,
    row::{self, Row},
};

/// First millisecond of 2026-03-02, UTC.
pub(crate) const MARCH_UTC_MS: i64 = 1_772_409_600_000;

/// Any row of 2026-03-02 in a table of two cells; few subscribers and times, so that rows meet.
pub(crate) fn any_row() -> impl Strategy<Value = Row> {
    let who = prop::sample::select(vec![0, 1, 7, 7 << 52, 1 << 63, u64::MAX]);
    let long = || prop::sample::select(vec![0, 1, 1500, u64::MAX]);
    let short = || prop::sample::select(vec![0, 60, u32::MAX]);
    let row = (who, 0..86_400_000_i64, 0..2_u32, 0..11_u8, short());
    let home = prop::option::of(1_u16..999);
    let more = (long(), long(), long(), home, 0..6_u8, short());
    (row, more).prop_map(
        |((who, ms, cell, kind, duration_s), (up, down, peer, home, device, amount_minor))| {
            let kind = EventKind::from_code(kind).unwrap();
            let event = Event {
                bytes_up: up,
                bytes_down: down,
                peer: NonZeroU64::new(peer),
                duration_s,
                amount_minor,
                home_network: home.and_then(|mnc| {
                    HomeNetwork::from_digits(b"262", format!("{mnc:03}").as_bytes())
                }),
                device: DeviceClass::from_code(device).unwrap(),
                ..Event::at(
                    MARCH_UTC_MS + ms / 1_000_000 * 1_000_000,
                    CellIx(cell),
                    kind,
                )
            };
            (Subscriber::new(who), event)
        },
    )
}

/// A load as tests need it: a window of one day, two cells, one source.
pub(crate) struct TestLoad {
    pub(crate) window: Window,
    pub(crate) cells: CellTable,
    pub(crate) key_id: String,
    pub(crate) persons_digest: Option<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) quality: QualityReport,
    pub(crate) memory_bytes: usize,
}

impl TestLoad {
    pub(crate) fn new(first_day: &str, source: &str, rows: Vec<Row>) -> Self {
        let input = InputFile {
            name: "records.csv".to_owned(),
            blake3: format!("digest of {source}"),
            size_bytes: 1,
            rows: 1,
        };
        Self {
            window: Window::parse(first_day, 1, "UTC").unwrap(),
            cells: CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap(),
            key_id: "0badcafe".to_owned(),
            persons_digest: None,
            rows,
            quality: QualityReport {
                inputs: vec![input],
                ..QualityReport::default()
            },
            memory_bytes: 1 << 20,
        }
    }

    pub(crate) fn spec(&self) -> LoadSpec<'_> {
        LoadSpec {
            window: &self.window,
            cells: &self.cells,
            key_id: &self.key_id,
            persons_digest: self.persons_digest.as_deref(),
            mapping_sha256: "m",
        }
    }

    /// Loads and commits, without cleaning.
    pub(crate) fn commit(&self, store: &mut Store) -> Result<Committed> {
        let loader = store.loader(self.spec())?.with_memory(self.memory_bytes);
        loader.push(&self.rows)?;
        let (landed, _) = loader.land(|| (), |(), _, _| Ok(()))?;
        store.commit(landed, &self.quality)
    }
}

/// Every row of a source, after a look at its order.
pub(crate) fn flat(source: &dyn EventSource) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut each = |history: History<'_>| {
        assert!(rows.last().is_none_or(|last| last.0 < history.subscriber));
        let theirs = history.events.iter();
        rows.extend(theirs.map(|event| (history.subscriber, *event)));
        Ok(())
    };
    source.visit(&mut each).unwrap();
    assert!(rows.is_sorted_by(|a, b| row::order(a, b).is_lt()));
    rows
}

/// What a store must give back for these rows.
pub(crate) fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(row::order);
    rows.dedup();
    rows
}

/// The rows moved by whole days.
pub(crate) fn on_day(day: i64, rows: &[Row]) -> Vec<Row> {
    let moved = rows.iter().map(|&(who, event)| {
        let time_utc_ms = event.time_utc_ms + day * 86_400_000;
        let event = Event {
            time_utc_ms,
            ..event
        };
        (who, event)
    });
    moved.collect()
}

/// The exit code of what must fail.
pub(crate) fn code(result: Result<impl Sized>) -> u8 {
    result.err().unwrap().kind().exit_code()
}
