use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use erewhon_types::{Error, Result};

/// Makes a directory (and its parents) that only its owner may enter.
pub(crate) fn make_dir(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| Error::io("make the directory", path, &error))
}

/// Opens a file for writing, empty, that only its owner may read.
pub(crate) fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| Error::io("write", path, &error))
}

/// Replaces a file as a whole: after a crash it is the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("json.tmp");
    write(&temporary, bytes)?;
    fs::rename(&temporary, path).map_err(|error| Error::io("write", path, &error))?;
    sync_parent(path)
}

/// Writes a file and makes its bytes durable.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| Error::io("write", path, &error))
}

/// Makes the names in a path's directory durable.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    #[cfg(unix)]
    if let Some(dir) = path.parent() {
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|error| Error::io("sync", dir, &error))?;
    }
    Ok(())
}

/// BLAKE3 of a file, hexadecimal.
pub(crate) fn blake3_of(path: &Path) -> io::Result<String> {
    let mut digest = blake3::Hasher::new();
    digest.update_reader(File::open(path)?)?;
    Ok(digest.finalize().to_string())
}

/// BLAKE3 of a text, hexadecimal.
pub(crate) fn blake3_of_text(text: &[u8]) -> String {
    blake3::hash(text).to_string()
}

/// A file that is hashed and measured while it is written.
pub(crate) struct Hashing {
    pub(crate) file: File,
    pub(crate) digest: blake3::Hasher,
    pub(crate) size_bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let wrote = self.file.write(buffer)?;
        self.digest.update(&buffer[..wrote]);
        self.size_bytes += wrote as u64;
        Ok(wrote)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
