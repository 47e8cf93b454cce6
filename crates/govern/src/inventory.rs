use std::{
    fs::{self, File},
    io::Read as _,
    path::{Component, Path},
};

use erewhon_ledger::Digest;
use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The stamp of a file that compares with real subscribers and must stay inside.
///
/// A file that shows this word within its first 1,024 bytes, is named after it, or lies in a
/// directory named after it never becomes part of a release.
pub const INTERNAL_MARK: &str = "INTERNAL";

const STAMP_REACH_BYTES: usize = 1024;

pub(crate) const MANIFEST: &str = "release.json";
pub(crate) const REQUEST_SIGNATURE: &str = "release.sig";
pub(crate) const APPROVAL_SIGNATURE: &str = "approval.sig";

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path inside the release, parts joined by `/`.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
}

/// Lists the files of a release by path, without its manifest and signatures.
///
/// # Errors
/// Refused, at a symbolic link, an empty directory, a special file, an unprintable name or anything
/// internal.
pub(crate) fn list(directory: &Path) -> Result<Vec<FileEntry>> {
    let mut files = Vec::new();
    walk(directory, directory, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, directory: &Path, files: &mut Vec<FileEntry>) -> Result<()> {
    let failed = |error| Error::io("read", directory, &error);
    let mut empty = true;
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        empty = false;
        let path = entry.path();
        let name = relative(root, &path)?;
        if [MANIFEST, REQUEST_SIGNATURE, APPROVAL_SIGNATURE].contains(&name.as_str()) {
            continue;
        }
        // Of the entry itself: a link is met as a link, wherever it points.
        let kind = entry.file_type().map_err(failed)?;
        check_name(&path, &name)?;
        if kind.is_dir() {
            walk(root, &path, files)?;
        } else if kind.is_file() {
            files.push(file(&path, name)?);
        } else {
            return Err(
                refused(format!("`{name}` is neither a file nor a directory"))
                    .with_hint("a release holds plain files only; put a copy in place of a link"),
            );
        }
    }
    if empty {
        return Err(refused(format!(
            "`{}` is an empty directory",
            directory.display()
        )));
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> Result<String> {
    let parts = path.strip_prefix(root).map(|path| {
        path.components()
            .map(|part| match part {
                Component::Normal(part) => part.to_str().filter(|part| {
                    !part.contains(['\\', '/']) && !part.chars().any(char::is_control)
                }),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
    });
    match parts {
        Ok(Some(parts)) => Ok(parts.join("/")),
        _ => Err(refused(format!(
            "`{}` has a name that can't be released",
            path.display()
        ))),
    }
}

fn check_name(path: &Path, name: &str) -> Result<()> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().to_uppercase());
    if stem.is_some_and(|stem| stem == INTERNAL_MARK) {
        return Err(internal(name));
    }
    Ok(())
}

fn file(path: &Path, name: String) -> Result<FileEntry> {
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
        return Err(internal(&name));
    }
    Ok(FileEntry {
        path: name,
        size_bytes,
        sha256: Digest::new(hasher.finalize().into()),
    })
}

/// Whether the mark stands in `start` as a word of its own.
fn is_stamped(start: &[u8]) -> bool {
    start
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .any(|word| word == INTERNAL_MARK.as_bytes())
}

fn internal(name: &str) -> Error {
    refused(format!(
        "`{name}` is internal: it compares with real subscribers"
    ))
    .with_hint("take it out of the release; internal files never leave")
}

pub(crate) fn refused(message: String) -> Error {
    Error::new(Kind::Refused, message)
}
