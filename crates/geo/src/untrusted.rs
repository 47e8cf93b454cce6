//! Parquet files that nobody vouches for: what they say of sizes and places is held against the file
//! before the format's library believes it. It lives in the lowest room that reads such files.

use std::{
    cell::Cell,
    fs::File,
    io::{self, Read},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use flate2::read::MultiGzDecoder;
use parquet::{
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
        reader::{ChunkReader as _, SerializedFileReader},
    },
};

/// The most bytes that a page may unpack to; writers make pages of about 1 MiB.
const MAX_PAGE_BYTES: u64 = 256 << 20;
/// The most that DEFLATE makes of a byte.
const DEFLATE_RATIO: u64 = 1032;
/// The most that LZ4 makes of a byte.
const LZ4_RATIO: u64 = 255;
/// The deepest nesting of a footer of the format is 8.
const MAX_DEPTH: u8 = 16;

type Outcome<T> = Result<T, ParquetError>;

/// Opens a Parquet file whose footer and pages were checked; read its rows [`quietly`].
///
/// # Errors
/// Those of [`read_footer`] and [`check_pages`].
pub fn open_parquet(file: File) -> Outcome<SerializedFileReader<File>> {
    let footer = read_footer(&file)?;
    let mut chunks = footer
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns);
    chunks.try_for_each(|chunk| check_pages(&file, chunk))?;
    quietly(|| SerializedFileReader::new(file)).ok_or_else(damaged)?
}

/// Reads a footer whose lists fit into it, and whose chunks fit side by side into the file.
///
/// # Errors
/// Where the file is damaged.
pub fn read_footer(file: &File) -> Outcome<ParquetMetaData> {
    let size_bytes = file.metadata()?.len();
    walk_footer(file, size_bytes)?;
    let footer = quietly(|| ParquetMetaDataReader::new().parse_and_finish(file));
    let footer = footer.ok_or_else(damaged)??;
    let mut left = size_bytes;
    for group in footer.row_groups() {
        for chunk in group.columns() {
            let (start, bytes) = place(chunk).ok_or_else(damaged)?;
            let end = start.checked_add(bytes).filter(|end| *end <= size_bytes);
            // Chunks lie apart, or a small file could be read without end.
            let rest = end.and_then(|_| left.checked_sub(bytes));
            left = rest.filter(|_| group.num_rows() >= 0).ok_or_else(damaged)?;
        }
    }
    Ok(footer)
}

/// Runs what may panic; `None` when it did, without a word on standard error.
pub fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    outcome.ok()
}

fn damaged() -> ParquetError {
    ParquetError::General("what the file says of itself is not true".to_owned())
}

/// First byte and bytes of a chunk.
fn place(chunk: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let first = chunk.dictionary_page_offset();
    let start = first.unwrap_or(chunk.data_page_offset());
    let start = u64::try_from(start).ok()?;
    Some((start, u64::try_from(chunk.compressed_size()).ok()?))
}

/// Walks the footer, whose lists the library makes room for before it has met their elements.
fn walk_footer(file: &File, size_bytes: u64) -> Outcome<()> {
    const TAIL_BYTES: u64 = 8;
    let short = || ParquetError::EOF("no footer".to_owned());
    let tail_at = size_bytes.checked_sub(TAIL_BYTES).ok_or_else(short)?;
    let mut tail = [0; 4];
    file.get_read(tail_at)?.read_exact(&mut tail)?;
    let bytes = u64::from(u32::from_le_bytes(tail));
    let start = tail_at.checked_sub(bytes).ok_or_else(short)?;
    let mut walk = Walk {
        from: file.get_read(start)?,
        left: bytes,
    };
    walk.fields(MAX_DEPTH, &mut |_, _| {}).ok_or_else(damaged)
}

/// Walks the headers of a chunk's pages, none of which may unpack to more than 256 MiB.
///
/// # Errors
/// Where the file is damaged, or has a larger page.
pub fn check_pages(file: &File, chunk: &ColumnChunkMetaData) -> Outcome<()> {
    let (mut start, mut left) = place(chunk).ok_or_else(damaged)?;
    while left > 0 {
        let mut walk = Walk {
            from: file.get_read(start)?,
            left,
        };
        let (mut unpacked, mut packed) = (None, None);
        walk.fields(MAX_DEPTH, &mut |field, number| match field {
            2 => unpacked = u64::try_from(number).ok(),
            3 => packed = u64::try_from(number).ok(),
            _ => {}
        })
        .ok_or_else(damaged)?;
        let (unpacked, packed) = unpacked.zip(packed).ok_or_else(damaged)?;
        start += left - walk.left + packed;
        left = walk.left.checked_sub(packed).ok_or_else(damaged)?;
        let mut page = walk.from.take(packed);
        let too_large = match chunk.compression() {
            // These unpack to as much as there is, whatever the header says.
            Compression::GZIP(_) if packed * DEFLATE_RATIO > MAX_PAGE_BYTES => {
                let mut bytes = MultiGzDecoder::new(&mut page).take(MAX_PAGE_BYTES + 1);
                io::copy(&mut bytes, &mut io::sink())? > MAX_PAGE_BYTES
            }
            Compression::LZ4 => packed * LZ4_RATIO > MAX_PAGE_BYTES,
            _ => false,
        };
        if too_large || unpacked > MAX_PAGE_BYTES {
            return Err(ParquetError::NYI("a page of more than 256 MiB".to_owned()));
        }
    }
    Ok(())
}

/// A walk through a structure in Thrift's compact protocol that never leaves its bytes.
struct Walk<R> {
    from: R,
    /// Bytes that it may still have.
    left: u64,
}

impl<R: Read> Walk<R> {
    /// Passes over the fields of a structure; `each` gets the whole numbers among them.
    fn fields(&mut self, depth: u8, each: &mut dyn FnMut(i64, i64)) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut field = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.number()?,
                step => i64::from(step).checked_add(field)?,
            };
            match head & 15 {
                1 | 2 => {}
                4..=6 => each(field, self.number()?),
                kind => self.value(kind, depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, depth: u8) -> Option<()> {
        match kind {
            // A truth value within a list, or eight bits.
            1..=3 => self.pass(1),
            4..=6 => self.number().map(drop),
            7 => self.pass(8),
            8 => {
                let bytes = self.unsigned()?;
                self.pass(bytes)
            }
            9 | 10 => {
                let head = self.byte()?;
                let size = match head >> 4 {
                    15 => self.unsigned()?,
                    size => size.into(),
                };
                // Each has a byte at least.
                let size = Some(size).filter(|size| *size <= self.left)?;
                let depth = depth.checked_sub(1)?;
                (0..size).try_for_each(|_| self.value(head & 15, depth))
            }
            12 => self.fields(depth, &mut |_, _| {}),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.left = self.left.checked_sub(1)?;
        self.from.read_exact(&mut byte).ok()?;
        Some(byte[0])
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        let passed = io::copy(&mut (&mut self.from).take(bytes), &mut io::sink());
        (passed.ok()? == bytes).then_some(())
    }
}

#[cfg(test)]
mod tests;
