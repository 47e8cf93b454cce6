use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use erewhon_types::{Error, Result};
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::mapping::hex;

const BUFFER_BYTES: usize = 256 * 1024;

/// Called with the stored bytes read so far; returning an error stops the reading.
type OnBytes<'a> = &'a mut dyn FnMut(u64);

/// A file that is hashed while it is read.
pub(crate) struct Hashing<'a> {
    file: File,
    digest: Sha256,
    read_bytes: u64,
    on_bytes: OnBytes<'a>,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.digest.update(&buffer[..read]);
        self.read_bytes += read as u64;
        (self.on_bytes)(self.read_bytes);
        Ok(read)
    }
}

/// A plain or gzip file as text bytes, told apart by its first two bytes.
pub(crate) enum Input<'a> {
    Plain(Box<BufReader<Hashing<'a>>>),
    Gzip(Box<BufReader<MultiGzDecoder<BufReader<Hashing<'a>>>>>),
}

impl<'a> Input<'a> {
    pub(crate) fn open(path: &Path, on_bytes: OnBytes<'a>) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
        if path.is_dir() {
            return Err(Error::input(format!("`{}` is a directory", path.display()))
                .with_hint("name the files in it"));
        }
        let hashing = Hashing {
            file,
            digest: Sha256::new(),
            read_bytes: 0,
            on_bytes,
        };
        let mut plain = BufReader::with_capacity(BUFFER_BYTES, hashing);
        let head = plain
            .fill_buf()
            .map_err(|error| Error::io("read", path, &error))?;
        if head.is_empty() {
            return Err(Error::input(format!("`{}` is empty", path.display()))
                .with_hint("leave it out, or copy it again from its source"));
        }
        Ok(if head.starts_with(&[0x1f, 0x8b]) {
            let text = MultiGzDecoder::new(plain);
            Self::Gzip(Box::new(BufReader::with_capacity(BUFFER_BYTES, text)))
        } else {
            Self::Plain(Box::new(plain))
        })
    }

    /// Explains a failed read.
    pub(crate) fn explain(&self, path: &Path, error: &io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let shown = path.display();
        match (self, error.kind()) {
            (Self::Gzip(_), UnexpectedEof) => {
                Error::input(format!("the gzip file `{shown}` is cut short"))
                    .with_hint("copy it again from its source; nothing of it was kept")
            }
            (Self::Gzip(_), InvalidData | InvalidInput) => {
                Error::input(format!("the gzip file `{shown}` is damaged"))
                    .with_hint("copy it again from its source; nothing of it was kept")
            }
            _ => Error::io("read", path, error),
        }
    }

    /// SHA-256 (hexadecimal) and size of the stored file, once all of it was read.
    pub(crate) fn finish(self) -> (String, u64) {
        let hashing = match self {
            Self::Plain(plain) => plain.into_inner(),
            Self::Gzip(text) => text.into_inner().into_inner().into_inner(),
        };
        (hex(&hashing.digest.finalize()), hashing.read_bytes)
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(buffer),
            Self::Gzip(inner) => inner.read(buffer),
        }
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(inner) => inner.fill_buf(),
            Self::Gzip(inner) => inner.fill_buf(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self {
            Self::Plain(inner) => inner.consume(bytes),
            Self::Gzip(inner) => inner.consume(bytes),
        }
    }
}
