use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use erewhon_events::{EventTable, Key, Load, Mapping, write_events};
use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Result, Subscriber};

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

/// Reads synthetic records back, in any layout; nothing may be wrong with them.
///
/// # Errors
/// Input or data, when the file is not what the layout and the cell table say.
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
            max_quarantined_share: 0.2,
        },
        &mut |_, _| {},
    )?;
    Ok(loaded.events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_events::{Event, EventKind};
    use erewhon_types::CellIx;

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
