use std::{
    cell::Cell,
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

use erewhon_types::{Error, Result};

/// The longest row in bytes.
const MAX_ROW_BYTES: u64 = 1 << 20;
const BUFFER_BYTES: usize = 1 << 16;

/// The files of a cell list in the order of their paths; a directory's have their names in it.
///
/// Names that begin with `.` or `_` are no data: big-data tools mark their own files so.
pub(super) fn files(path: &Path) -> Result<Vec<(Option<String>, PathBuf)>> {
    if !path.is_dir() {
        return Ok(vec![(None, path.to_owned())]);
    }
    let (mut files, mut directories) = (Vec::new(), vec![path.to_owned()]);
    while let Some(directory) = directories.pop() {
        let failed = |error: io::Error| Error::io("read", &directory, &error);
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(['.', '_']) {
                continue;
            }
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    if files.is_empty() {
        return Err(
            Error::input(format!("the directory `{}` holds no files", path.display()))
                .with_hint("name the file or directory that holds the cell list"),
        );
    }
    files.sort();
    let name = |file: &Path| {
        file.strip_prefix(path)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    Ok(files
        .into_iter()
        .map(|file| (Some(name(&file)), file))
        .collect())
}

/// What a file is by its first bytes.
pub(super) enum Content {
    Text(Source),
    Json(Source),
    Parquet(File),
}

/// The unpacked bytes of a file, without a byte order mark.
pub(super) struct Source {
    pub(super) input: BufReader<Meter>,
    pub(super) notes: Notes,
}

/// What is known of a source while something else reads it.
#[derive(Clone)]
pub(super) struct Notes {
    spent: Rc<Cell<u64>>,
    packed: Option<&'static str>,
}

/// Fails when too much is read for one row.
pub(super) struct Meter {
    bytes: Box<dyn Read>,
    spent: Rc<Cell<u64>>,
}

impl Read for Meter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.spent.set(self.spent.get() + read as u64);
        if self.spent.get() > MAX_ROW_BYTES + BUFFER_BYTES as u64 {
            return Err(io::Error::other(RowTooLong));
        }
        Ok(read)
    }
}

#[derive(Debug)]
struct RowTooLong;

impl fmt::Display for RowTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row is longer than 1 MiB")
    }
}

impl std::error::Error for RowTooLong {}

impl Notes {
    /// A row has ended.
    pub(super) fn row_done(&self) {
        self.spent.set(0);
    }

    /// What a failed read means.
    pub(super) fn explain(&self, path: &Path, row: u64, error: &io::Error) -> Error {
        let file = path.display();
        if error
            .get_ref()
            .is_some_and(|inner| inner.is::<RowTooLong>())
        {
            return Error::input(format!(
                "row {row} of the cell list `{file}` is longer than 1 MiB"
            ))
            .with_hint(
                "look for a quotation mark that is never closed, or for another kind of file",
            );
        }
        match self.packed {
            Some(packed) => {
                Error::input(format!("`{file}` is a damaged {packed} file, or cut short"))
                    .with_hint("copy it again from its source")
            }
            None => Error::io("read", path, error),
        }
    }
}

/// Opens a file and finds out what it is.
pub(super) fn open(path: &Path) -> Result<Content> {
    let failed = |error: io::Error| Error::io("read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = Vec::new();
    (&mut file)
        .take(4)
        .read_to_end(&mut magic)
        .map_err(failed)?;
    if magic == b"PAR1" {
        return Ok(Content::Parquet(file));
    }
    if magic.starts_with(b"PK") {
        return Err(Error::input(format!(
            "`{}` is a zip archive or a spreadsheet",
            path.display()
        ))
        .with_hint("unpack it, or save the sheet as CSV"));
    }
    let whole = io::Cursor::new(magic.clone()).chain(file);
    let (bytes, packed): (Box<dyn Read>, _) = match magic.as_slice() {
        [0x1f, 0x8b, ..] => (
            Box::new(flate2::read::MultiGzDecoder::new(whole)),
            Some("gzip"),
        ),
        [0x28, 0xb5, 0x2f, 0xfd] => (
            Box::new(zstd::Decoder::new(whole).map_err(failed)?),
            Some("zstd"),
        ),
        _ => (Box::new(whole), None),
    };
    let spent = Rc::new(Cell::new(0));
    let notes = Notes {
        spent: Rc::clone(&spent),
        packed,
    };
    let input = BufReader::with_capacity(BUFFER_BYTES, Meter { bytes, spent });
    sort(Source { input, notes }, path)
}

/// Tells JSON from text, past a byte order mark and blank lines.
fn sort(mut source: Source, path: &Path) -> Result<Content> {
    let mut mark = true;
    loop {
        let seen = source
            .input
            .fill_buf()
            .map_err(|error| source.notes.explain(path, 1, &error))?;
        let skip = if mark && seen.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let blank = seen[skip..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        match seen.get(skip + blank) {
            Some(b'{' | b'[') => return Ok(Content::Json(source.past(skip))),
            Some(b'P') if seen[skip..].starts_with(b"PAR1") => {
                return Err(
                    Error::input(format!("`{}` is a packed Parquet file", path.display()))
                        .with_hint("unpack it: Parquet packs its own columns"),
                );
            }
            Some(_) => return Ok(Content::Text(source.past(skip))),
            None if seen.is_empty() => {
                return Err(
                    Error::input(format!("the cell list `{}` is empty", path.display())).with_hint(
                        "its first line must name the columns, for example `cell,lat,lon`",
                    ),
                );
            }
            None => source.input.consume(skip + blank),
        }
        mark = false;
    }
}

impl Source {
    fn past(mut self, bytes: usize) -> Self {
        self.input.consume(bytes);
        self
    }
}
