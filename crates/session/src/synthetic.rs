use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use erewhon_events::{EventTable, Example, Key, Load, Mapping, Rules, write_events};
use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Kind, Result, Subscriber};

/// Writes synthetic events in a layout, subscribers numbered from 1; whole or not at all.
///
/// # Errors
/// Input, when the layout can't express them; resource, when the disk refuses.
pub fn write_synthetic(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    events: &EventTable,
) -> Result<()> {
    let partial = path.with_extension("partial");
    let file = File::create(&partial).map_err(|e| Error::io("write", &partial, &e))?;
    write_events(
        mapping,
        cells,
        events,
        BufWriter::with_capacity(1 << 20, file),
        &name,
    )?;
    std::fs::rename(&partial, path).map_err(|e| Error::io("write", path, &e))
}

fn name(subscriber: Subscriber) -> String {
    subscriber.bits().to_string()
}

/// Whether a file is what [`write_synthetic`] would write of these events.
pub(crate) fn is_written(
    path: &Path,
    mapping: &Mapping,
    cells: &CellTable,
    events: &EventTable,
) -> Result<bool> {
    let file = File::open(path).map_err(|e| Error::io("read", path, &e))?;
    let mut compare = Compare {
        expected: BufReader::with_capacity(1 << 20, file),
        buffer: Vec::new(),
        same: true,
    };
    write_events(mapping, cells, events, &mut compare, &name)?;
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
    let loaded = erewhon_events::ingest(
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
    )?;
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
        write_synthetic(&path, &mapping, &cells, &events).unwrap();
        let read = || read_synthetic(&path, &mapping, &cells, &calendar);
        assert_eq!(read().unwrap().events(), 19);

        let good = std::fs::read_to_string(&path).unwrap();
        for (rule, row) in [
            ("unknown_cell", "2,2026-03-02T09:00:00Z,c,data,,,,"),
            ("time_outside_window", "2,2026-03-09T09:00:00Z,a,data,,,,"),
            ("unclosed_quote", "2,2026-03-02T09:00:00Z,a,data,,\",,"),
        ] {
            std::fs::write(&path, format!("{good}{row}\n")).unwrap();
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
        let there = tempfile::tempdir().unwrap();
        let path = there.path().join("synthetic.csv");
        let mapping = Mapping::load("cdr").unwrap();
        let cells = CellTable::schematic(vec!["a".into(), "b".into()]).unwrap();
        let event = |t: i64| Event::at(t, CellIx(1), EventKind::Data);
        let rows = (1..400).map(|i| (Subscriber::new(i), event(i as i64)));
        let events = EventTable::from_rows(rows.collect());
        write_synthetic(&path, &mapping, &cells, &events).unwrap();
        let same = || is_written(&path, &mapping, &cells, &events).unwrap();
        assert!(same());

        let good = std::fs::read(&path).unwrap();
        let mut other = good.clone();
        other[good.len() / 2] ^= 1;
        let longer = [&good[..], b"\n"].concat();
        for bad in [&other[..], &longer, &good[..good.len() - 1], b""] {
            std::fs::write(&path, bad).unwrap();
            assert!(!same());
        }
    }
}
