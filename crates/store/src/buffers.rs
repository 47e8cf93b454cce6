use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, RwLock},
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
    filed: RwLock<Filed>,
}

#[derive(Default)]
struct Filed {
    /// Rows in each range.
    rows: Vec<u64>,
    held: Vec<Packed>,
    held_bytes: usize,
    spilled: Vec<Ends>,
    file: Option<Mutex<File>>,
}

/// Rows that came together, range after range.
struct Packed {
    bytes: Vec<u8>,
    ends: Ends,
}

/// Where the bytes of each range end, the first number being where those of the first range begin.
struct Ends(Vec<u64>);

impl Ends {
    fn of(&self, range: usize) -> Option<Range<u64>> {
        let (start, end) = (*self.0.get(range)?, *self.0.get(range + 1)?);
        (start < end).then_some(start..end)
    }
}

impl Packed {
    fn new(all: &[Row], ends: &mut [usize]) -> Option<Self> {
        let mut sum = 0;
        for end in &mut *ends {
            sum += *end;
            *end = sum;
        }
        let mut rows = vec![all.first()?; sum];
        for row in all {
            let end = &mut ends[range::of(row.0)];
            rows[*end] = row;
            *end += 1;
        }
        let mut packed = Self {
            bytes: Vec::with_capacity(rows.len() * row::USUAL_BYTES),
            ends: Ends(vec![0]),
        };
        let mut start = 0;
        for &end in &ends[..range::RANGES] {
            row::pack(&rows[start..end], &mut packed.bytes);
            packed.ends.0.push(packed.bytes.len() as u64);
            start = end;
        }
        Some(packed)
    }

    fn of(&self, range: usize) -> &[u8] {
        let bytes = self.ends.of(range);
        let bytes = bytes.map(|at| &self.bytes[at.start as usize..at.end as usize]);
        bytes.unwrap_or_default()
    }

    fn size_bytes(&self) -> usize {
        self.bytes.capacity() + size_of_val(self.ends.0.as_slice())
    }
}

impl Buffers {
    /// Empty buffers that spill into a file below `dir`.
    pub(crate) fn new(dir: &Path, budget_bytes: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            budget_bytes,
            filed: RwLock::default(),
        }
    }

    /// Files rows under their ranges.
    pub(crate) fn push(&self, all: &[Row]) -> Result<()> {
        let mut counts = vec![0; range::RANGES + 1];
        for (subscriber, _) in all {
            counts[range::of(*subscriber) + 1] += 1;
        }
        let rows: Vec<u64> = counts.iter().skip(1).map(|&rows| rows as u64).collect();
        let Some(packed) = Packed::new(all, &mut counts) else {
            return Ok(());
        };
        let mut filed = self.filed.write().unwrap_or_else(PoisonError::into_inner);
        filed.rows.resize(range::RANGES, 0);
        for (all, new) in filed.rows.iter_mut().zip(rows) {
            *all += new;
        }
        filed.held_bytes += packed.size_bytes();
        filed.held.push(packed);
        if filed.held_bytes > self.budget_bytes {
            let spilled = filed.spill(&self.dir);
            spilled.map_err(|error| Error::io("spill rows below", &self.dir, &error))?;
        }
        Ok(())
    }

    /// Rows in each range.
    pub(crate) fn rows(&self) -> Vec<u64> {
        let mut rows = self.read(|filed| filed.rows.clone());
        rows.resize(range::RANGES, 0);
        rows
    }

    /// Copies the rows of a range out, in no order.
    pub(crate) fn take(&self, range: usize, rows: &mut Vec<Row>) -> Result<()> {
        let high_bits = range::first_bits(range);
        self.read(|filed| {
            let mut bytes = Vec::new();
            for at in filed.spilled.iter().filter_map(|ends| ends.of(range)) {
                let again = filed.read_again(at, &mut bytes);
                again.map_err(|error| Error::io("read rows again below", &self.dir, &error))?;
                row::unpack(&bytes, high_bits, rows).ok_or_else(torn)?;
            }
            let mut held = filed.held.iter();
            held.try_for_each(|packed| {
                row::unpack(packed.of(range), high_bits, rows).ok_or_else(torn)
            })
        })
    }

    /// What the lock guards is whole after a panic, too: no step between is observable.
    fn read<T>(&self, read: impl FnOnce(&Filed) -> T) -> T {
        read(&self.filed.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Filed {
    /// Appends all that is held to the file, range after range.
    fn spill(&mut self, dir: &Path) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            // It has no name, so that nothing of it is left whatever ends this process.
            None => self.file.insert(Mutex::new(tempfile::tempfile_in(dir)?)),
        };
        let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut end = file.seek(SeekFrom::End(0))?;
        let mut ends = vec![end];
        let mut file = BufWriter::with_capacity(1 << 16, file);
        for range in 0..range::RANGES {
            for packed in &self.held {
                let bytes = packed.of(range);
                file.write_all(bytes)?;
                end += bytes.len() as u64;
            }
            ends.push(end);
        }
        file.flush()?;
        self.spilled.push(Ends(ends));
        self.held.clear();
        self.held_bytes = 0;
        Ok(())
    }

    fn read_again(&self, at: Range<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.resize((at.end - at.start) as usize, 0);
        let Some(file) = &self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at.start))?;
        file.read_exact(bytes)
    }
}

fn torn() -> Error {
    Error::internal("spilled rows came back torn")
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
            rows.chunks(7).try_for_each(|batch| buffers.push(batch)).unwrap();
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
