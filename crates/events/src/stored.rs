//! Record files where they lie: on a disk, or as objects of a store that a URL names.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use erewhon_types::{Error, Result};

#[cfg(feature = "object-store")]
mod objects;
#[cfg(not(feature = "object-store"))]
mod refused;

#[cfg(feature = "object-store")]
use objects::Object;
#[cfg(feature = "object-store")]
pub(crate) use objects::list;
#[cfg(not(feature = "object-store"))]
use refused::Object;
#[cfg(not(feature = "object-store"))]
pub(crate) use refused::list;

/// The URL that a path is, where it is one.
pub(crate) fn url(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains("://"))
}

/// Opens a file or an object, to be read once from its beginning in bounded memory.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    match url(path) {
        Some(url) => Ok(Box::new(Object::open(url)?)),
        None => Ok(Box::new(open_file(path)?)),
    }
}

/// Opens a file, or a copy of an object in a file without a name, which goes when it is closed.
pub(crate) fn open_to_seek(path: &Path) -> Result<File> {
    match url(path) {
        Some(url) => Object::open(url)?.copy(path),
        None => open_file(path),
    }
}

/// Stored bytes.
pub(crate) fn size_bytes(path: &Path) -> Result<u64> {
    match url(path) {
        Some(url) => Ok(Object::open(url)?.size_bytes()),
        None => Ok(fs::metadata(path)
            .map_err(|error| failed(path, &error))?
            .len()),
    }
}

/// Refuses a record file that can't be opened.
///
/// # Errors
/// Input, when there is none; resource, when it can't be reached or read.
pub fn check_readable(path: &Path) -> Result<()> {
    open(path).map(drop)
}

fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::io("read", path, error)
}
