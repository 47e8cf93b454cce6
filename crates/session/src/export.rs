use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

use erewhon_govern::INTERNAL_MARK;
use erewhon_types::{Error, Result};
use serde::Serialize;
use tempfile::NamedTempFile;

/// Who asks for something exact, and why; it goes into the ledger's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Account name of the person.
    pub who: String,
    /// The reason, in a few words.
    pub why: String,
}

/// A JSON file that says in its first line that it stays inside.
#[derive(Serialize)]
struct Stamped<'a, T> {
    classification: &'static str,
    schema: &'a str,
    content: &'a T,
}

/// Writes a value as JSON with the INTERNAL stamp on top.
///
/// # Errors
/// Resource, when the disk refuses.
pub fn write_internal<T: Serialize>(path: &Path, schema: &str, content: &T) -> Result<()> {
    let stamped = Stamped {
        classification: INTERNAL_MARK,
        schema,
        content,
    };
    let mut text = serde_json::to_vec_pretty(&stamped)
        .map_err(|_| Error::internal(format!("`{schema}` can't be written as JSON")))?;
    text.push(b'\n');
    write_atomically(path, &text)
}

/// Writes a file under a temporary name and renames it, so that it is whole or not there.
///
/// # Errors
/// Resource, when the disk refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o600)
}

/// Writes a file of a release, which others may read: the second person has another account.
///
/// # Errors
/// Resource, when the disk refuses.
pub fn write_released(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o644)
}

/// Writes a file that is whole and outlives a power cut, or leaves the one that is there.
pub(crate) fn write_once(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: &io::Error| Error::io("write", path, error);
    match temporary(path, bytes, 0o600)?.persist_noclobber(path) {
        Err(e) if e.error.kind() != ErrorKind::AlreadyExists => return Err(failed(&e.error)),
        _ => {}
    }
    #[cfg(unix)]
    fs::File::open(directory(path))
        .and_then(|directory| directory.sync_all())
        .map_err(|e| failed(&e))?;
    Ok(())
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    temporary(path, bytes, mode)?
        .persist(path)
        .map_err(|e| Error::io("write", path, &e.error))?;
    Ok(())
}

/// Where a path lies; one that is a name alone, here.
pub(crate) fn directory(path: &Path) -> &Path {
    let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
    directory.unwrap_or_else(|| Path::new("."))
}

/// What is to be at `path`, on the disk beside it.
fn temporary(path: &Path, bytes: &[u8], mode: u32) -> Result<NamedTempFile> {
    let failed = |error: &io::Error| Error::io("write", path, error);
    let directory = directory(path);
    fs::create_dir_all(directory).map_err(|e| failed(&e))?;
    let mut file = NamedTempFile::new_in(directory).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(mode);
        file.as_file()
            .set_permissions(mode)
            .map_err(|e| failed(&e))?;
    }
    #[cfg(not(unix))]
    let _ = mode;
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    Ok(file)
}
