use std::{
    io::{self, BufRead as _, BufReader, Read},
    path::Path,
};

use blake3::Hasher;
use erewhon_types::{Error, Result};
use flate2::bufread::MultiGzDecoder;

use crate::stored;

/// Bytes that are read at once.
pub(crate) const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is hashed while it is read.
pub(crate) struct Hashing {
    file: Box<dyn Read + Send>,
    digest: Hasher,
    read_bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.digest.update(&buffer[..read]);
        self.read_bytes += read as u64;
        Ok(read)
    }
}

/// A plain, gzip or zstd file as text bytes, told apart by its first bytes.
pub(crate) enum Input {
    Plain(BufReader<Hashing>),
    Gzip(Box<MultiGzDecoder<BufReader<Hashing>>>),
    Zstd(zstd::Decoder<'static, BufReader<Hashing>>),
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| Error::io("read", path, &error);
        if path.is_dir() {
            return Err(Error::input(format!("`{}` is a directory", path.display()))
                .with_hint("name the files in it"));
        }
        let hashing = Hashing {
            file: stored::open(path)?,
            digest: Hasher::new(),
            read_bytes: 0,
        };
        let mut plain = BufReader::with_capacity(BUFFER_BYTES, hashing);
        let head = plain.fill_buf().map_err(failed)?;
        if head.is_empty() {
            return Err(Error::input(format!("`{}` is empty", path.display()))
                .with_hint("leave it out, or copy it again from its source"));
        }
        Ok(if head.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip(Box::new(MultiGzDecoder::new(plain)))
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Self::Zstd(zstd::Decoder::with_buffer(plain).map_err(failed)?)
        } else {
            Self::Plain(plain)
        })
    }

    /// Explains a failed read.
    pub(crate) fn explain(&self, path: &Path, error: &io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        let shown = path.display();
        let format = match self {
            Self::Plain(_) => return Error::io("read", path, error),
            Self::Gzip(_) => "gzip",
            Self::Zstd(_) => "zstd",
        };
        let what = match error.kind() {
            UnexpectedEof => "is cut short",
            InvalidData | InvalidInput | Other => "is damaged",
            _ => return Error::io("read", path, error),
        };
        Error::input(format!("the {format} file `{shown}` {what}"))
            .with_hint("copy it again from its source; nothing of it was kept")
    }

    fn stored(&self) -> &Hashing {
        match self {
            Self::Plain(plain) => plain.get_ref(),
            Self::Gzip(text) => text.get_ref().get_ref(),
            Self::Zstd(text) => text.get_ref().get_ref(),
        }
    }

    /// Bytes of the stored file read so far.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.stored().read_bytes
    }

    /// BLAKE3 (hexadecimal) and size of the stored file, once all of it was read.
    pub(crate) fn finish(&self) -> (String, u64) {
        let hashing = self.stored();
        (hashing.digest.finalize().to_string(), hashing.read_bytes)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(buffer),
            Self::Gzip(inner) => inner.read(buffer),
            Self::Zstd(inner) => inner.read(buffer),
        }
    }
}
