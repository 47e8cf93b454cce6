use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use erewhon_types::{Error, Result};

use crate::{
    range,
    row::{self, Row},
};

/// Packed rows by range of pseudonyms: a fixed amount in memory, the rest in a file without a name.
pub(crate) struct Buffers {
    dir: PathBuf,
    budget_bytes: usize,
    held_bytes: AtomicUsize,
    ranges: Vec<Mutex<Buffer>>,
    spill: Mutex<Spill>,
}

#[derive(Default)]
struct Buffer {
    packed: Vec<u8>,
    last_utc_ms: i64,
    rows: u64,
    spilled: Vec<Chunk>,
}

struct Chunk {
    offset: u64,
    len: usize,
}

#[derive(Default)]
struct Spill {
    file: Option<File>,
    end: u64,
}

impl Buffers {
    /// Empty buffers that spill into a file below `dir`.
    pub(crate) fn new(dir: &Path, budget_bytes: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            budget_bytes,
            held_bytes: AtomicUsize::new(0),
            ranges: (0..range::RANGES).map(|_| Mutex::default()).collect(),
            spill: Mutex::default(),
        }
    }

    /// Files rows under their ranges.
    pub(crate) fn push(&self, rows: &[Row]) -> Result<()> {
        // Range after range, so that a buffer is locked and fetched once for all its rows.
        let mut ends = vec![0; range::RANGES + 1];
        for (subscriber, _) in rows {
            ends[range::of(*subscriber) + 1] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut places = vec![0_u32; rows.len()];
        for ((subscriber, _), place) in rows.iter().zip(0..) {
            let end = &mut ends[range::of(*subscriber)];
            places[*end] = place;
            *end += 1;
        }
        let mut first = 0;
        for (range, &end) in self.ranges.iter().zip(&ends) {
            let places = &places[first..end];
            first = end;
            if !places.is_empty() {
                self.file(range, places.iter().map(|&place| &rows[place as usize]))?;
            }
        }
        Ok(())
    }

    fn file<'a>(&self, range: &Mutex<Buffer>, new: impl Iterator<Item = &'a Row>) -> Result<()> {
        let mut buffer = lock(range);
        let Buffer {
            packed,
            last_utc_ms,
            rows,
            ..
        } = &mut *buffer;
        let before = packed.capacity();
        for (subscriber, event) in new {
            row::pack(*subscriber, event, last_utc_ms, packed);
            *rows += 1;
        }
        let grown = packed.capacity() - before;
        drop(buffer);
        if grown > 0 && self.held_bytes.fetch_add(grown, Relaxed) + grown > self.budget_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// Rows in each range.
    pub(crate) fn rows(&self) -> Vec<u64> {
        self.ranges.iter().map(|range| lock(range).rows).collect()
    }

    /// Moves the rows of a range out, in no order.
    pub(crate) fn take(&self, range: usize, rows: &mut Vec<Row>) -> Result<()> {
        let buffer = std::mem::take(&mut *lock(&self.ranges[range]));
        let high_bits = range::first_bits(range);
        let mut chunk = Vec::new();
        for Chunk { offset, len } in buffer.spilled {
            chunk.resize(len, 0);
            let mut spill = lock(&self.spill);
            let file = spill.file.as_mut().ok_or_else(torn)?;
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.read_exact(&mut chunk))
                .map_err(|error| Error::io("read rows again below", &self.dir, &error))?;
            drop(spill);
            row::unpack(&chunk, high_bits, rows).ok_or_else(torn)?;
        }
        row::unpack(&buffer.packed, high_bits, rows).ok_or_else(torn)
    }

    /// Appends every buffer to the file and empties it.
    fn spill(&self) -> Result<()> {
        let mut spill = lock(&self.spill);
        if self.held_bytes.load(Relaxed) <= self.budget_bytes {
            return Ok(()); // another thread was first
        }
        let failed = |error: io::Error| Error::io("spill rows below", &self.dir, &error);
        for range in &self.ranges {
            let mut buffer = lock(range);
            let packed = std::mem::take(&mut buffer.packed);
            buffer.last_utc_ms = 0;
            if packed.is_empty() {
                continue;
            }
            let Spill { file, end } = &mut *spill;
            let file = match file {
                Some(file) => file,
                // It has no name, so that nothing of it is left whatever ends this process.
                None => file.insert(tempfile::tempfile_in(&self.dir).map_err(failed)?),
            };
            file.write_all(&packed).map_err(failed)?;
            let (offset, len) = (*end, packed.len());
            *end += len as u64;
            buffer.spilled.push(Chunk { offset, len });
            drop(buffer);
            self.held_bytes.fetch_sub(packed.capacity(), Relaxed);
        }
        Ok(())
    }
}

fn torn() -> Error {
    Error::internal("spilled rows came back torn")
}

/// What a lock guards is whole after a panic, too: no step between is observable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_row;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_comes_back_whatever_fits_into_memory(
            rows in prop::collection::vec(any_row(), 0..60), budget_bytes in 0_usize..400,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let buffers = Buffers::new(dir.path(), budget_bytes);
            rows.chunks(7).try_for_each(|rows| buffers.push(rows)).unwrap();
            prop_assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
            let mut back = Vec::new();
            for range in 0..range::RANGES {
                buffers.take(range, &mut back).unwrap();
            }
            let mut rows = rows;
            rows.sort_by(row::order);
            back.sort_by(row::order);
            prop_assert!(back == rows);
        }
    }
}
