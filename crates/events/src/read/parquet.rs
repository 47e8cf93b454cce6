use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
};

use erewhon_geo::untrusted::{open_parquet, quietly};
use erewhon_types::{Error, Result};
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
};

use super::{layout::Layout, source::damaged};
use crate::{Mapping, TimeFormat, stored};

mod column;
mod form;

use column::Column;
use form::Form;

/// Rows that are read at a time; with rows of 64 KiB at most this bounds their memory.
const ROWS: usize = 4096;

/// Some rows of a Parquet file as text, as a line would have held them.
pub(crate) struct Rows {
    pub(crate) rows: usize,
    pub(crate) bytes: Vec<u8>,
    /// Row after row, a span for each column of the layout.
    pub(crate) spans: Vec<(u32, u32)>,
    /// Bytes of each row; beyond the limit of a row nothing more of it is in `bytes`.
    pub(crate) row_bytes: Vec<usize>,
}

/// Where the text of a column comes from.
enum Source {
    Leaf(usize, Form),
    /// A key of a directory's name, such as `year=2023`.
    Fixed(String),
    /// Not wanted.
    Nothing,
}

/// A Parquet file whose columns a mapping reads.
pub(crate) struct Table {
    file: File,
    reader: Reader,
    sources: Vec<Source>,
    stored_bytes: u64,
}

/// Whether a file calls itself Parquet by its first bytes.
pub(crate) fn is_parquet(path: &Path) -> bool {
    let mut head = [0; 4];
    let file = stored::open(path);
    file.is_ok_and(|mut file| file.read_exact(&mut head).is_ok()) && &head == b"PAR1"
}

type Reader = SerializedFileReader<File>;

/// The mappings whose columns a file has, by their names.
pub(crate) fn fitting<'m>(path: &Path, mappings: &[(&'m str, Mapping)]) -> Vec<&'m str> {
    let Ok((_, reader, _)) = open(path) else {
        return Vec::new();
    };
    let fits = |mapping| find(&reader, path, mapping).is_ok();
    let fitting = mappings.iter().filter(|(_, mapping)| fits(mapping));
    fitting.map(|(name, _)| *name).collect()
}

/// A file, its reader and its stored bytes.
fn open(path: &Path) -> Result<(File, Reader, u64)> {
    let failed = |error: io::Error| Error::io("read", path, &error);
    let file = stored::open_to_seek(path)?;
    let stored_bytes = file.metadata().map_err(failed)?.len();
    let reader =
        open_parquet(file.try_clone().map_err(failed)?).map_err(|error| explain(path, &error))?;
    Ok((file, reader, stored_bytes))
}

/// Finds the columns of a mapping.
fn find(reader: &Reader, path: &Path, mapping: &Mapping) -> Result<(Vec<Source>, Layout)> {
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut names: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
    let leaves = names.len();
    let keys = keys(path, &names);
    names.extend(keys.iter().map(|(key, _)| key.clone()));
    let layout = Layout::from_names(mapping, &names, path)?;
    let used: HashMap<&str, ()> = mapping.used_columns().map(|name| (name, ())).collect();
    let mut sources = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        sources.push(match keys.get(at.wrapping_sub(leaves)) {
            _ if !used.contains_key(name.as_str()) => Source::Nothing,
            Some((_, value)) => Source::Fixed(value.clone()),
            None => Source::Leaf(at, form_of(&schema.column(at), name, mapping, path)?),
        });
    }
    Ok((sources, layout))
}

impl Table {
    /// Opens a file and finds the mapping's columns in it.
    pub(crate) fn open(path: &Path, mapping: &Mapping) -> Result<(Self, Layout)> {
        let (file, reader, stored_bytes) = open(path)?;
        let (sources, layout) = find(&reader, path, mapping)?;
        let table = Self {
            file,
            reader,
            sources,
            stored_bytes,
        };
        Ok((table, layout))
    }

    /// Hands over all rows; `each` says whether to go on.
    pub(crate) fn read(&self, path: &Path, each: &mut dyn FnMut(Rows, u64) -> bool) -> Result<()> {
        let groups = self.reader.metadata().num_row_groups();
        for group in 0..groups {
            let failed = |error: ParquetError| explain(path, &error);
            let opened = quietly(|| self.columns(group));
            let (mut columns, mut left) = opened.ok_or_else(|| damaged(path))?.map_err(failed)?;
            while left > 0 {
                let rows = quietly(|| self.rows(left.min(ROWS), &mut columns));
                let rows = rows.ok_or_else(|| damaged(path))?.map_err(failed)?;
                left -= rows.rows;
                let done =
                    self.stored_bytes * (group as u64 + u64::from(left == 0)) / groups as u64;
                if !each(rows, done) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The columns of a row group, and how many rows it has.
    fn columns(
        &self,
        group: usize,
    ) -> std::result::Result<(Vec<Option<Column>>, usize), ParquetError> {
        let group = self.reader.get_row_group(group)?;
        let mut columns = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            columns.push(match source {
                Source::Leaf(leaf, form) => {
                    Some(Column::new(group.get_column_reader(*leaf)?, *form))
                }
                Source::Fixed(_) | Source::Nothing => None,
            });
        }
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        Ok((columns, rows))
    }

    fn rows(
        &self,
        count: usize,
        columns: &mut [Option<Column>],
    ) -> std::result::Result<Rows, ParquetError> {
        let width = self.sources.len();
        let mut rows = Rows {
            rows: count,
            bytes: Vec::new(),
            spans: vec![(0, 0); width * count],
            row_bytes: vec![0; count],
        };
        for (at, (source, column)) in self.sources.iter().zip(columns).enumerate() {
            match (source, column) {
                (_, Some(column)) => column.read(&mut rows, at, width)?,
                (Source::Fixed(value), None) => {
                    let start = rows.bytes.len() as u32;
                    rows.bytes.extend_from_slice(value.as_bytes());
                    let span = (start, rows.bytes.len() as u32);
                    rows.spans
                        .iter_mut()
                        .skip(at)
                        .step_by(width)
                        .for_each(|s| *s = span);
                }
                (_, None) => {}
            }
        }
        Ok(rows)
    }

    /// BLAKE3 (hexadecimal) and size of the stored file.
    pub(crate) fn digest(&self, path: &Path) -> Result<(String, u64)> {
        let failed = |error| Error::io("read", path, &error);
        let mut file = &self.file;
        file.rewind().map_err(failed)?;
        let (mut digest, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; 1 << 18]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok((digest.finalize().to_string(), size)),
                Ok(read) => {
                    digest.update(&buffer[..read]);
                    size += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

/// Keys of the directories above a file, as Hive names them; a column of the file goes before.
fn keys(path: &Path, columns: &[String]) -> Vec<(String, String)> {
    let parts = path.parent().into_iter().flat_map(Path::components);
    let mut keys: Vec<(String, String)> = Vec::new();
    for part in parts {
        if let Some((key, value)) = part.as_os_str().to_str().and_then(|s| s.split_once('='))
            && columns
                .iter()
                .chain(keys.iter().map(|(key, _)| key))
                .all(|name| name != key)
        {
            keys.push((key.to_owned(), value.to_owned()));
        }
    }
    keys
}

fn form_of(
    column: &parquet::schema::types::ColumnDescriptor,
    name: &str,
    mapping: &Mapping,
    path: &Path,
) -> Result<Form> {
    let form = Form::of(column).ok_or_else(|| {
        Error::input(format!(
            "the column `{name}` of `{}` has a type that no field has",
            path.display()
        ))
        .with_hint("write texts, numbers, times or truth values, one a row")
    })?;
    let is_time = mapping.time.column == name || mapping.time.end.as_deref() == Some(name);
    if is_time && form.is_time() && mapping.time.format != TimeFormat::Rfc3339 {
        return Err(Error::input(format!(
            "the column `{name}` of `{}` holds times, and the mapping reads another format",
            path.display()
        ))
        .with_hint("set `format = \"rfc3339\"` in `time`: so are the times of Parquet read"));
    }
    Ok(form)
}

/// A sentence for what the format's own library says, without anything of the content.
pub(crate) fn explain(path: &Path, error: &ParquetError) -> Error {
    let what = match error {
        ParquetError::EOF(_) | ParquetError::NeedMoreData(_) => "is cut short",
        ParquetError::NYI(_) => "uses a part of the format that is not read here",
        _ => "is damaged",
    };
    Error::input(format!("the Parquet file `{}` {what}", path.display()))
        .with_hint("copy it again from its source; nothing of it was kept")
}
