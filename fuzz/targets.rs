//! What is tried with bytes that nobody meant: by cargo-fuzz without end, and the corpus by
//! `cargo test`. Whatever the bytes are, the answer is a value or an error.

use std::{fs, path::Path};

use erewhon_events::{
    Batch, Event, EventKind, EventSource, InputFile, Mapping, QualityReport, RowReader,
};
use erewhon_geo::{Cell, CellIssues, CellTable, Frame, read_cells};
use erewhon_store::{Fields, LoadSpec, Manifest, Store};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber, Window};

/// The names of the targets, which are those of the directories of the corpus.
pub(crate) const TARGETS: [&str; 6] = [
    "cells", "lines", "manifest", "mapping", "parquet", "segment",
];

/// A directory in which inputs become files, one after another.
pub(crate) struct Bench<'a> {
    dir: &'a Path,
}

impl<'a> Bench<'a> {
    /// A bench in an empty directory: a store of a few rows is made there.
    ///
    /// # Errors
    /// Resource, when the disk refuses.
    pub(crate) fn new(dir: &'a Path) -> Result<Self> {
        let bench = Self { dir };
        let mut store = Store::create_or_open(&dir.join("store"))?;
        let loader = store.loader(LoadSpec {
            window: &window()?,
            cells: &cells()?,
            key_id: "0badcafe",
            persons_digest: None,
            mapping_sha256: "",
        })?;
        let event =
            |minute: i64| Event::at(MARCH_UTC_MS + 60_000 * minute, CellIx(0), EventKind::Data);
        let rows = (0..20).map(|n| (Subscriber::new(u64::MAX / 7 * (n % 7)), event(n as i64)));
        loader.push(&rows.collect::<Vec<_>>())?;
        let (landed, _) = loader.land(|| (), |(), _, _| Ok(()))?;
        let input = InputFile {
            name: "records.csv".to_owned(),
            blake3: "00".repeat(32),
            size_bytes: 1,
            rows: 20,
        };
        let quality = QualityReport {
            inputs: vec![input],
            ..QualityReport::default()
        };
        store.commit(landed, &quality)?;
        Ok(bench)
    }

    /// Gives the bytes to a target.
    ///
    /// # Errors
    /// What reading says, which is allowed; that it says anything is what is tried.
    pub(crate) fn give(&self, target: &str, bytes: &[u8]) -> Result<u64> {
        match target {
            "cells" => self.cells(bytes),
            "lines" => self.lines(bytes),
            "manifest" => self.manifest(bytes),
            "mapping" => mapping(bytes),
            "parquet" => self.records("segment", bytes),
            "segment" => self.segment(bytes),
            other => Err(Error::usage(format!("`{other}` is no target"))),
        }
    }

    /// A cell list.
    fn cells(&self, bytes: &[u8]) -> Result<u64> {
        let path = self.write("cells", bytes)?;
        read_cells(&path).map(|(table, _)| table.len() as u64)
    }

    /// Records in a preset that the first byte chooses.
    fn lines(&self, bytes: &[u8]) -> Result<u64> {
        let (first, content) = bytes.split_first().unwrap_or((&0, &[]));
        let presets: Vec<&str> = Mapping::presets().collect();
        self.records(presets[usize::from(*first) % presets.len()], content)
    }

    fn records(&self, preset: &str, content: &[u8]) -> Result<u64> {
        let path = self.write("records", content)?;
        let (mapping, cells) = (Mapping::load(preset)?, cells()?);
        let (issues, calendar) = (CellIssues::default(), Calendar::new(&window()?)?);
        let reader = RowReader::new(&mapping, &cells, &issues, &calendar)?;
        let identify = |id: &[u8]| Some(Subscriber::new(id.len() as u64 + 1));
        let mut rows = 0;
        let mut count = |batch: Batch| {
            rows += batch.rows_read();
            Ok(())
        };
        let read = reader.read(&path, &identify, &mut |_| {}, &|_| Ok(()), &mut count);
        let _ = reader.preview(&path, 3);
        read.map(|_| rows)
    }

    /// The manifest of the store, over its own files.
    fn manifest(&self, bytes: &[u8]) -> Result<u64> {
        let held = self.read("store/manifest.json")?;
        self.write("store/manifest.json", bytes)?;
        let outcome = self.tour();
        self.write("store/manifest.json", &held)?;
        outcome
    }

    /// The one segment of the store, whose manifest knows its size and digest.
    fn segment(&self, bytes: &[u8]) -> Result<u64> {
        let damaged = |_| Error::internal("the bench has no manifest");
        let held = self.read("store/manifest.json")?;
        let mut manifest: Manifest = serde_json::from_slice(&held).map_err(damaged)?;
        for segment in manifest.periods.iter_mut().flat_map(|p| &mut p.segments) {
            segment.size_bytes = bytes.len() as u64;
            segment.blake3 = blake3::hash(bytes).to_string();
            self.write(&format!("store/{}", segment.path), bytes)?;
        }
        let manifest = serde_json::to_vec(&manifest).map_err(damaged)?;
        self.write("store/manifest.json", &manifest)?;
        self.tour()
    }

    /// Whatever reads a store.
    fn tour(&self) -> Result<u64> {
        let store = Store::create_or_open(&self.dir.join("store"))?;
        let checked = store.check();
        let (mut events, mut places) = (0, 0);
        let all = store.source()?.visit(&mut |history| {
            events += history.events.len() as u64;
            Ok(())
        });
        let of_places = store.source()?.with_fields(Fields::Places);
        let of_places = of_places.visit(&mut |history| {
            places += history.events.len() as u64;
            Ok(())
        });
        all.and(of_places).and(checked.map(drop))?;
        assert_eq!(events, places, "a store that passes its check reads alike");
        Ok(events)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<std::path::PathBuf> {
        let path = self.dir.join(name);
        fs::write(&path, bytes).map_err(|error| Error::io("write", &path, &error))?;
        Ok(path)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.dir.join(name);
        fs::read(&path).map_err(|error| Error::io("read", &path, &error))
    }
}

/// The bytes as a mapping file.
fn mapping(bytes: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::input("no text"))?;
    Mapping::parse(text, "fuzz").map(|mapping| mapping.columns.len() as u64)
}

/// First millisecond of 2026-03-02 in Berlin.
const MARCH_UTC_MS: i64 = 1_772_406_000_000;

fn window() -> Result<Window> {
    Window::parse("2026-03-02", 28, "Europe/Berlin")
}

fn cells() -> Result<CellTable> {
    let cell = |id: &str, at: f64| Cell::geographic(id, 50.0 + at, 8.0);
    CellTable::new(
        Frame::Geographic,
        vec![cell("a", 0.0), cell("anywhere", 0.1)],
    )
}
