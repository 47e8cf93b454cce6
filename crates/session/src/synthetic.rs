use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use erewhon_events::{
    EventSource, EventTable, Example, Key, Load, Mapping, Rules, Written, write_parquet, write_text,
};
use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Kind, Result, Subscriber};

use crate::export::directory;

/// Writes synthetic events in a layout, subscribers numbered from 1; whole or not at all.
///
/// A path that ends in `.parquet` gets Parquet, any other text. What is in memory at once does not
/// grow with the number of `parts`, but for Parquet's index.
///
/// # Errors
/// Input, when the layout can't express them; resource, when the disk refuses.
pub fn write_synthetic(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    parts: impl Iterator<Item = impl EventSource + Send>,
) -> Result<Written> {
    let failed = |error: &io::Error| Error::io("write", path, error);
    let mut partial = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file, whose mode the umask narrows.
        partial.permissions(fs::Permissions::from_mode(0o666));
    }
    let partial = partial.tempfile_in(directory(path));
    let partial = partial.map_err(|e| failed(&e))?;
    let out = BufWriter::with_capacity(1 << 20, partial.as_file());
    let written = write(path, mapping, cells, parts, out).map_err(|error| match error.kind() {
        // What writes doesn't know where.
        Kind::Resource => Error::new(
            Kind::Resource,
            format!("`{}`: {}", path.display(), error.message()),
        )
        .with_hint("check the disk's free space and run the same command again"),
        _ => error,
    })?;
    partial.persist(path).map_err(|e| failed(&e.error))?;
    Ok(written)
}

/// Writes what is to be at `path`.
fn write(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    parts: impl Iterator<Item = impl EventSource + Send>,
    out: impl Write + Send,
) -> Result<Written> {
    if path.extension().is_some_and(|ending| ending == "parquet") {
        write_parquet(mapping, cells, parts, out)
    } else {
        write_text(mapping, cells, parts, out, &name)
    }
}

fn name(subscriber: Subscriber) -> String {
    subscriber.bits().to_string()
}

/// Whether a file is what [`write_synthetic`] would write of these events.
pub(crate) fn is_written(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    parts: impl Iterator<Item = impl EventSource + Send>,
) -> Result<bool> {
    let file = File::open(path).map_err(|e| Error::io("read", path, &e))?;
    let mut compare = Compare {
        expected: BufReader::with_capacity(1 << 20, file),
        buffer: Vec::new(),
        same: true,
    };
    write(path, mapping, cells, parts, &mut compare)?;
    let rest = compare.expected.fill_buf();
    let ended = rest.map_err(|e| Error::io("read", path, &e))?.is_empty();
    Ok(compare.same && ended)
}

/// Takes what is written and compares it with what a reader gives.
struct Compare<R> {
    expected: R,
    buffer: Vec<u8>,
    same: bool,
}

impl<R: Read> Write for Compare<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.same {
            self.buffer.resize(bytes.len(), 0);
            self.same = match self.expected.read_exact(&mut self.buffer) {
                Ok(()) => self.buffer == bytes,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
                Err(error) => return Err(error),
            };
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads synthetic records back, in any layout. Events may be equal in every field, and are then
/// kept once; nothing else may be wrong with them.
///
/// # Errors
/// Input or data, when the file or a row of it is not what the layout and the cell table say.
pub fn read_synthetic(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    calendar: &Calendar,
) -> Result<EventTable> {
    let files: [PathBuf; 1] = [path.to_owned()];
    let loaded = erewhon_events::ingest_at_most(
        crate::memory::rows_that_fit(),
        Load {
            files: &files,
            mapping,
            cells,
            cell_issues: &CellIssues::default(),
            calendar,
            // Synthetic ids hide nobody; the key only brings them to 64 bits.
            key: &Key::from_bytes([0; 32]),
            subjects: None,
            withdrawn: &[],
            // Whatever was set aside is judged below, by its rule.
            max_quarantined_share: 1.0,
            rules: &Rules::off(),
        },
        None,
        &mut |_, _| {},
    )
    .map_err(|error| match error.kind() {
        Kind::Resource => error.with_hint(
            "draw fewer people with `erewhon generate --subscribers N --out FILE`, and name that file",
        ),
        _ => error,
    })?;
    // Equal events have no place, so they are no example.
    match loaded.examples.first() {
        None => Ok(loaded.events),
        Some(Example { fault, .. }) => Err(Error::new(
            Kind::Data,
            format!(
                "line {} of the synthetic records `{}` breaks the rule `{}`: {}",
                fault.line,
                path.display(),
                fault.rule.name(),
                fault.rule.description()
            ),
        )
        .with_hint("the file was changed after it was written, or belongs to another model")),
    }
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use erewhon_events::{Event, EventKind};
    use erewhon_types::{CellIx, Window};

    use super::*;

    #[test]
    fn only_equal_events_may_be_set_aside() {
        let cells = CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        let window = Window::parse("2026-03-02", 7, "UTC").unwrap();
        let calendar = Calendar::new(&window).unwrap();
        let mapping = Mapping::load("cdr").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("synthetic.csv");
        let event = |minute: i64| {
            let time_utc_ms = calendar.start_utc_ms() + minute * 60_000;
            (
                Subscriber::new(1),
                Event::at(time_utc_ms, CellIx(1), EventKind::Data),
            )
        };
        // Nineteen good rows: one that is wrong is far below the share any load allows.
        let mut rows: Vec<_> = (0..19).map(event).collect();
        rows.push(event(0));
        let events = EventTable::from_rows(rows);
        write_synthetic(&path, &mapping, &cells, once(&events)).unwrap();
        let read = || read_synthetic(&path, &mapping, &cells, &calendar);
        assert_eq!(read().unwrap().events(), 19);

        let good = fs::read_to_string(&path).unwrap();
        for (rule, row) in [
            ("unknown_cell", "2,2026-03-02T09:00:00Z,c,data,,,,"),
            ("time_outside_window", "2,2026-03-09T09:00:00Z,a,data,,,,"),
            ("unclosed_quote", "2,2026-03-02T09:00:00Z,a,data,,\",,"),
        ] {
            fs::write(&path, format!("{good}{row}\n")).unwrap();
            let error = read().err().unwrap();
            assert_eq!(error.kind().exit_code(), 5);
            let place = format!("line 22 of the synthetic records `{}`", path.display());
            assert!(error.message().contains(&place), "{error}");
            assert!(
                error.message().contains(&format!("rule `{rule}`")),
                "{error}"
            );
        }
    }

    #[test]
    fn only_the_same_bytes_are_the_same_records() {
        for name in ["synthetic.csv", "synthetic.parquet"] {
            only_the_same_bytes(name);
        }
    }

    fn only_the_same_bytes(name: &str) {
        let there = tempfile::tempdir().unwrap();
        let path = there.path().join(name);
        let mapping = Mapping::load("cdr").unwrap();
        let cells = CellTable::schematic(vec!["a".into(), "b".into()]).unwrap();
        let event = |t: i64| Event::at(t, CellIx(1), EventKind::Data);
        let rows = (1..400).map(|i| (Subscriber::new(i), event(i as i64)));
        let events = EventTable::from_rows(rows.collect());
        write_synthetic(&path, &mapping, &cells, once(&events)).unwrap();
        let same = || is_written(&path, &mapping, &cells, once(&events)).unwrap();
        assert!(same());

        let good = fs::read(&path).unwrap();
        let mut other = good.clone();
        other[good.len() / 2] ^= 1;
        let longer = [&good[..], b"\n"].concat();
        for bad in [&other[..], &longer, &good[..good.len() - 1], b""] {
            fs::write(&path, bad).unwrap();
            assert!(!same());
        }
    }

    #[test]
    fn parquet_gives_the_drawn_events_again() {
        let there = tempfile::tempdir().unwrap();
        let path = there.path().join("synthetic.parquet");
        let mapping = Mapping::load("cdr").unwrap();
        let cells = CellTable::schematic(vec!["a".into(), "b".into()]).unwrap();
        let window = Window::parse("2026-03-02", 7, "Europe/Berlin").unwrap();
        let calendar = Calendar::new(&window).unwrap();
        let event = |i: u64| {
            let kind = EventKind::ALL[i as usize % 5];
            let time_utc_ms = calendar.start_utc_ms() + i as i64 * 61_000;
            let mut event = Event::at(time_utc_ms, CellIx(i as u32 % 2), kind);
            (event.duration_s, event.bytes_up, event.bytes_down) = (i as u32, i * i, u64::MAX - i);
            event
        };
        let part = |people: std::ops::Range<u64>| {
            let rows = people.flat_map(|who| (0..9).map(move |i| (who, 9 * who + i)));
            let rows = rows.map(|(who, i)| (Subscriber::new(who), event(i)));
            EventTable::from_rows(rows.collect())
        };
        let parts = [part(1..300), part(300..301), part(301..900)];
        let written = write_synthetic(&path, &mapping, &cells, parts.iter()).unwrap();
        assert_eq!((written.subscribers, written.events), (899, 9 * 899));
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 1);

        let read = read_synthetic(&path, &mapping, &cells, &calendar).unwrap();
        let mut back: Vec<Vec<Event>> = read.histories().map(|h| h.events.to_vec()).collect();
        back.sort_by_key(|events| events[0].time_utc_ms);
        let drawn = parts.iter().flat_map(EventTable::histories);
        assert!(
            back.iter()
                .map(Vec::as_slice)
                .eq(drawn.map(|history| history.events))
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_file_is_as_any_other_and_its_neighbours_stay() {
        use std::os::unix::fs::PermissionsExt;
        let there = tempfile::tempdir().unwrap();
        let path = |name: &str| there.path().join(name);
        let neighbour = path("synthetic.csv.partial");
        fs::write(&neighbour, "mine").unwrap();
        let mapping = Mapping::load("cdr").unwrap();
        let cells = CellTable::schematic(vec!["a".into()]).unwrap();
        let events = EventTable::from_rows(vec![(
            Subscriber::new(1),
            Event::at(1_772_460_000_000, CellIx(0), EventKind::Data),
        )]);
        write_synthetic(&path("synthetic.csv"), &mapping, &cells, once(&events)).unwrap();
        assert_eq!(fs::read(&neighbour).unwrap(), b"mine");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path("synthetic.csv")), mode(&neighbour));
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let there = tempfile::tempdir().unwrap();
        let mapping = Mapping::load("minutes").unwrap();
        let cells = CellTable::schematic(vec!["a".into()]).unwrap();
        let row = |kind| {
            (
                Subscriber::new(1),
                Event::at(1_772_460_000_000, CellIx(0), kind),
            )
        };
        let [good, bad] = [EventKind::CallOut, EventKind::Data]
            .map(|kind| EventTable::from_rows(vec![row(kind)]));
        for name in ["synthetic.csv", "synthetic.parquet"] {
            let path = there.path().join(name);
            fs::write(&path, "before").unwrap();
            let error = write_synthetic(&path, &mapping, &cells, [&good, &bad].into_iter());
            assert!(error.unwrap_err().message().contains("only `call_out`"));
            assert_eq!(fs::read(&path).unwrap(), b"before");
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0);
    }
}
