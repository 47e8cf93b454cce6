use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use erewhon_types::Window;

use super::*;

mod columns;
mod formats;
mod presets;
mod preview;
mod slow;

const HEADER: &str = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down";

/// A file in a directory of its own, and what its rows are read with.
pub(super) struct Bench {
    dir: tempfile::TempDir,
    mapping: Mapping,
    cells: CellTable,
    calendar: Calendar,
    block_bytes: usize,
}

/// What a file came to.
#[derive(Default)]
pub(super) struct Taken {
    rows: Vec<(Subscriber, Event)>,
    faults: Vec<(Fault, Vec<u8>)>,
    opted_out: u64,
    not_wanted: u64,
}

pub(super) type Read = Result<(Taken, InputFile)>;

impl Bench {
    pub(super) fn new(mapping: Mapping) -> Self {
        let cells = CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        Self::over(mapping, cells, ("2026-03-02", 7, "UTC"))
    }

    pub(super) fn over(mapping: Mapping, cells: CellTable, window: (&str, u16, &str)) -> Self {
        let window = Window::parse(window.0, window.1, window.2).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            mapping,
            cells,
            calendar: Calendar::new(&window).unwrap(),
            block_bytes: BLOCK_BYTES,
        }
    }

    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn read(&self, content: impl AsRef<[u8]>) -> Read {
        self.read_file(&self.file("records", content))
    }

    pub(super) fn read_file(&self, path: &Path) -> Read {
        let issues = CellIssues::default();
        let mut reader = RowReader::new(&self.mapping, &self.cells, &issues, &self.calendar)?;
        reader.block_bytes = self.block_bytes;
        let rows = Mutex::new(Vec::new());
        let on_rows = |batch: &[_]| {
            rows.lock().unwrap().extend_from_slice(batch);
            Ok(())
        };
        let mut all = Taken::default();
        let mut rows_read = 0;
        let file = reader.read(path, &identify, &mut |_| {}, &on_rows, &mut |batch| {
            rows_read += batch.rows_read();
            all.faults.extend(batch.faults);
            all.opted_out += batch.opted_out;
            all.not_wanted += batch.not_wanted;
            Ok(())
        })?;
        all.rows = rows.into_inner().unwrap();
        assert_eq!(file.rows, rows_read);
        Ok((all, file))
    }

    pub(super) fn events(&self, content: &str) -> Vec<Event> {
        let (batch, _) = self.read(content).unwrap();
        let faults: Vec<_> = batch.faults.iter().map(|(fault, _)| fault).collect();
        assert!(faults.is_empty(), "{faults:?}");
        batch.rows.into_iter().map(|(_, event)| event).collect()
    }

    pub(super) fn rules(&self, content: &str) -> Vec<(&'static str, u64, Option<usize>)> {
        let (batch, _) = self.read(content).unwrap();
        let faults = batch.faults.into_iter();
        faults
            .map(|(f, _)| (f.rule.name(), f.line, f.column))
            .collect()
    }
}

/// A plain pseudonym; ids that begin with `out` have opted out.
pub(super) fn identify(id: &[u8]) -> Option<Subscriber> {
    let number = id.iter().fold(1_u64, |n, b| {
        n.wrapping_mul(257).wrapping_add(u64::from(*b))
    });
    (!id.starts_with(b"out")).then(|| Subscriber::new(number.max(1)))
}

const GOOD: &str = "491,2026-03-02T09:00:00Z,a,data,,,1,2\n";

#[test]
fn who_has_opted_out_leaves_no_trace() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let rows = "out1,2026-03-02T09:00:00Z,a,data,,,1,2\n\
                out1,never,a,data,,,1,2\n\
                491,2026-03-02T09:00:00Z,a,call_out,,out1,,\n";
    let (batch, _) = bench.read(format!("{HEADER}\n{rows}")).unwrap();
    assert_eq!(
        (batch.opted_out, batch.faults.len(), batch.rows.len()),
        (2, 0, 1)
    );
    assert!(batch.rows[0].1.peer.is_none());
}

#[test]
fn what_is_set_aside_keeps_its_bytes_up_to_the_longest_row() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let long = "x".repeat(3_000_000);
    let (batch, _) = bench
        .read(format!("{HEADER}\n{long}\n\"49\"1,x\n{GOOD}"))
        .unwrap();
    assert_eq!(batch.rows.len(), 1);
    let faults: Vec<_> = batch
        .faults
        .iter()
        .map(|(f, raw)| (f.rule, f.line, raw.len()))
        .collect();
    assert_eq!(
        faults,
        [
            (Rule::RowTooLong, 2, 64 * 1024),
            (Rule::WrongFieldCount, 3, 7)
        ]
    );
    assert_eq!(batch.faults[1].1, b"\"49\"1,x");
}

#[test]
fn a_sink_that_fails_stops_the_reading() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let path = bench.file("records", format!("{HEADER}\n{}", GOOD.repeat(200_000)));
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    let full = || Error::internal("full");
    let error = reader
        .read(&path, &identify, &mut |_| {}, &|_| Ok(()), &mut |_| {
            Err(full())
        })
        .unwrap_err();
    assert_eq!(error.message(), full().message());
    let error = reader
        .read(&path, &identify, &mut |_| {}, &|_| Err(full()), &mut |_| {
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.message(), full().message());
}
