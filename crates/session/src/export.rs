use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::Path,
};

use erewhon_govern::INTERNAL_MARK;
use erewhon_types::{Error, Result};
use serde::Serialize;
use tempfile::{NamedTempFile, TempDir};

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
    File::open(directory(path))
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

/// Makes the names in a directory outlive a power cut.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// A directory for this account alone, which goes when it is dropped.
pub(crate) fn scratch(beside: &Path) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
        .tempdir_in(beside)
        .map_err(|error| Error::io("write", beside, &error))
}

/// A new file for this account alone.
pub(crate) fn create(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    file.map_err(|error| Error::io("write", path, &error))
}
