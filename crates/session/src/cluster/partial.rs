//! The file of one unit's partial results.
//!
//! ```text
//! sections    a batch each, as an Arrow IPC stream
//! index       JSON: of each section its family's place, its length, its BLAKE3
//! end         length of the index (8 bytes, little-endian), its BLAKE3 (32), `EREWHONP`
//! ```

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use arrow_array::RecordBatch;
use arrow_ipc::{reader::StreamReader, writer::StreamWriter};
use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::damaged;
use crate::export::{directory, sync};

const MARK: &[u8; 8] = b"EREWHONP";

/// Length of what is at the end of each file.
const END_BYTES: u64 = 8 + 32 + 8;

#[derive(Serialize, Deserialize)]
struct Section {
    family: usize,
    bytes: u64,
    blake3: String,
}

/// A file that is being written, under another name beside its own.
pub(super) struct PartialWriter {
    path: PathBuf,
    file: NamedTempFile,
    index: Vec<Section>,
}

/// A file that is whole.
pub(super) struct Partial {
    path: PathBuf,
    index: Vec<Section>,
}

impl PartialWriter {
    /// Begins a file in a directory that is there.
    pub(super) fn new(path: &Path) -> Result<Self> {
        let file = NamedTempFile::new_in(directory(path));
        Ok(Self {
            path: path.to_owned(),
            file: file.map_err(|error| refused(path, &error))?,
            index: Vec::new(),
        })
    }

    /// Adds a batch of a family.
    pub(super) fn add(&mut self, family: usize, batch: &RecordBatch) -> Result<()> {
        let mut bytes = Vec::new();
        let written = StreamWriter::try_new(&mut bytes, &batch.schema())
            .and_then(|mut stream| stream.write(batch).and_then(|()| stream.finish()));
        written.map_err(|error| Error::internal(format!("a batch can't be written: {error}")))?;
        let written = self.file.write_all(&bytes);
        written.map_err(|error| refused(&self.path, &error))?;
        self.index.push(Section {
            family,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(&bytes).to_string(),
        });
        Ok(())
    }

    /// Gives the file its name; from then on it is whole, and stays so through a power cut.
    pub(super) fn commit(mut self) -> Result<String> {
        let index = serde_json::to_vec(&self.index)
            .map_err(|_| Error::internal("an index can't be written as JSON"))?;
        let digest = blake3::hash(&index);
        let mut end = index;
        let length = end.len() as u64;
        end.extend_from_slice(&length.to_le_bytes());
        end.extend_from_slice(digest.as_bytes());
        end.extend_from_slice(MARK);
        let failed = |error: &io::Error| refused(&self.path, error);
        self.file.write_all(&end).map_err(|error| failed(&error))?;
        self.file
            .as_file()
            .sync_all()
            .map_err(|error| failed(&error))?;
        let persisted = self.file.persist(&self.path);
        persisted.map_err(|error| refused(&self.path, &error.error))?;
        sync(directory(&self.path)).map_err(|error| refused(&self.path, &error))?;
        Ok(digest.to_string())
    }
}

/// A missing directory is as much a want of room as a full one: another worker may have both.
fn refused(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Kind::Resource,
        format!("can't write `{}`: {error}", path.display()),
    )
    .with_hint(
        "see that every worker may write to the run directory and has room there; results that are \
         there stay",
    )
}

/// Whether a file is there to its end; nothing of it but that is read.
pub(super) fn is_whole(path: &Path) -> Result<bool> {
    match read_end(path) {
        Ok(end) => Ok(end.is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("read", path, &error)),
    }
}

/// What a file that is there says that it is, as [`PartialWriter::commit`] said.
pub(super) fn committed(path: &Path) -> Option<String> {
    let (_, digest) = read_end(path).ok().flatten()?;
    Some(digest.to_string())
}

/// The length of the index and its digest; none of a file without an end.
fn read_end(path: &Path) -> io::Result<Option<(u64, blake3::Hash)>> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let Some(before) = bytes.checked_sub(END_BYTES) else {
        return Ok(None);
    };
    let mut end = [0; END_BYTES as usize];
    file.seek(SeekFrom::Start(before))?;
    file.read_exact(&mut end)?;
    let (length, rest) = end.split_at(8);
    let (digest, mark) = rest.split_at(32);
    let length = length.try_into().map(u64::from_le_bytes);
    let digest = <[u8; 32]>::try_from(digest).map(blake3::Hash::from);
    Ok(match (length, digest) {
        (Ok(length), Ok(digest)) if mark == MARK && length <= before => Some((length, digest)),
        _ => None,
    })
}

impl Partial {
    /// Opens a file and reads its index.
    ///
    /// # Errors
    /// Resource, when it is not what was written: it is removed, to be computed again.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let index = read_index(path).map_err(|error| Error::io("read", path, &error))?;
        let path = path.to_owned();
        match index {
            Some(index) => Ok(Self { path, index }),
            None => Err(remove(&path)),
        }
    }

    /// The batches of one family, in the order in which they were added.
    ///
    /// # Errors
    /// As [`Partial::open`].
    pub(super) fn of_family(&self, family: usize) -> impl Iterator<Item = Result<RecordBatch>> {
        let mut from = 0;
        let placed = self.index.iter().map(move |section| {
            from += section.bytes;
            (from - section.bytes, section)
        });
        let own = placed.filter(move |(_, section)| section.family == family);
        own.map(move |(from, section)| {
            let batch = read_section(&self.path, from, section);
            let batch = batch.map_err(|error| Error::io("read", &self.path, &error))?;
            batch.ok_or_else(|| remove(&self.path))
        })
    }
}

/// Removes a damaged file, so that the next run of the job writes it anew.
fn remove(path: &Path) -> Error {
    match std::fs::remove_file(path) {
        Ok(()) => damaged(path),
        Err(error) => Error::io("remove", path, &error),
    }
}

fn read_index(path: &Path) -> io::Result<Option<Vec<Section>>> {
    let Some((length, digest)) = read_end(path)? else {
        return Ok(None);
    };
    let mut file = File::open(path)?;
    let sections = file.metadata()?.len().saturating_sub(END_BYTES + length);
    file.seek(SeekFrom::Start(sections))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    if blake3::hash(&bytes) != digest {
        return Ok(None);
    }
    let index: Option<Vec<Section>> = serde_json::from_slice(&bytes).ok();
    let covers = |index: &Vec<Section>| {
        let sum = index.iter().map(|section| section.bytes);
        sum.fold(0, u64::saturating_add) == sections
    };
    Ok(index.filter(covers))
}

fn read_section(path: &Path, from: u64, section: &Section) -> io::Result<Option<RecordBatch>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = vec![0; section.bytes as usize];
    file.read_exact(&mut bytes)?;
    if blake3::hash(&bytes).to_string() != section.blake3 {
        return Ok(None);
    }
    let stream = StreamReader::try_new(bytes.as_slice(), None).ok();
    Ok(stream.and_then(|mut stream| stream.next()?.ok()))
}
