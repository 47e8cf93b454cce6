use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use erewhon_ledger::Digest;
use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The stamp of a file that compares with real subscribers and must stay inside.
///
/// A file that shows this word within its first 1,024 bytes never becomes part of a release.
pub const INTERNAL_MARK: &str = "INTERNAL";

const STAMP_REACH_BYTES: usize = 1024;

/// The files that a release of a model consists of, every one of them and nothing else.
pub const RELEASE_FILES: [&str; 7] = [
    "cells.csv",
    MODEL,
    STATEMENT,
    "report.html",
    "synthetic.csv",
    "tables.csv",
    "zones.csv",
];

/// The files that a release of families of numbers consists of: their tables and what they cost.
pub const FAMILY_FILES: [&str; 2] = [FAMILIES, STATEMENT];

pub(crate) const FAMILIES: &str = "families.csv";
pub(crate) const MODEL: &str = "model.json";
pub(crate) const STATEMENT: &str = "privacy.json";
pub(crate) const MANIFEST: &str = "release.json";
pub(crate) const REQUEST_SIGNATURE: &str = "release.sig";
pub(crate) const APPROVAL_SIGNATURE: &str = "approval.sig";

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Name in the release's directory.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
}

/// Whether a directory is a release of families, and not of a model; either holds no file of the other's own.
pub(crate) fn is_of_families(directory: &Path) -> bool {
    directory.join(FAMILIES).exists()
}

fn wanted(directory: &Path) -> &'static [&'static str] {
    if is_of_families(directory) {
        &FAMILY_FILES
    } else {
        &RELEASE_FILES
    }
}

/// Lists the files of a release by name, without its manifest and signatures.
///
/// # Errors
/// Refused, when one is missing, at anything else in the directory, at a link, and at a file with
/// the internal stamp.
pub(crate) fn list(directory: &Path) -> Result<Vec<FileEntry>> {
    check_directory(directory)?;
    wanted(directory)
        .iter()
        .map(|name| match directory.join(name) {
            path if path.exists() => file(&path, name),
            _ => Err(refused(format!("`{name}` is missing"))
                .with_hint("a release holds all the files that a run makes")),
        })
        .collect()
}

/// Refuses whatever is not a file of a release: what may leave is named, not what may not.
fn check_directory(directory: &Path) -> Result<()> {
    let failed = |error| Error::io("read", directory, &error);
    let signed = [MANIFEST, REQUEST_SIGNATURE, APPROVAL_SIGNATURE];
    let wanted = wanted(directory);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let known = |names: &[&str]| names.iter().any(|known| name == *known);
        let said = name.to_string_lossy();
        let said = said.escape_debug();
        if !known(wanted) && !known(&signed) {
            return Err(
                refused(format!("`{said}` is no part of a release")).with_hint(format!(
                    "take it out; a release holds `{}`",
                    wanted.join("`, `")
                )),
            );
        }
        // Of the entry itself: a link is met as a link, wherever it points.
        if !entry.file_type().map_err(failed)?.is_file() {
            return Err(refused(format!("`{said}` is not a plain file"))
                .with_hint("put a copy in place of a link"));
        }
    }
    Ok(())
}

/// The entry of one file.
///
/// # Errors
/// Refused, when it has the internal stamp; resource, when it can't be read.
pub(crate) fn file(path: &Path, name: &str) -> Result<FileEntry> {
    let failed = |error| Error::io("read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let (mut size_bytes, mut start) = (0, Vec::new());
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let bytes = &buffer[..read];
        if read == 0 {
            break;
        }
        let wanted = STAMP_REACH_BYTES - start.len();
        start.extend_from_slice(&bytes[..wanted.min(read)]);
        hasher.update(bytes);
        size_bytes += read as u64;
    }
    if is_stamped(&start) {
        return Err(refused(format!(
            "`{name}` is internal: it compares with real subscribers"
        ))
        .with_hint("take it out of the release; internal files never leave"));
    }
    Ok(FileEntry {
        path: name.to_owned(),
        size_bytes,
        sha256: Digest::new(hasher.finalize().into()),
    })
}

/// Whether [`INTERNAL_MARK`] stands in bytes as a word of its own.
pub fn is_stamped(start: &[u8]) -> bool {
    start
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .any(|word| word == INTERNAL_MARK.as_bytes())
}

/// What to do about a release that is not as it was signed.
pub(crate) const CHANGED: &str =
    "it is not as it was signed: take an untouched copy, or have it requested and approved anew";

pub(crate) fn refused(message: String) -> Error {
    Error::new(Kind::Refused, message)
}
