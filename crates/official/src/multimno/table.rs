use std::{
    fs::File,
    path::{Path, PathBuf},
};

use erewhon_events::record_files;
use erewhon_geo::untrusted::{check_pages, quietly, read_footer};
use erewhon_types::{Error, Result};
use jiff::civil;
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    errors::ParquetError,
};

use super::Columns;

/// A table of multimno's: files below a directory, whose path says what all their rows have in common.
#[derive(Clone, Debug)]
pub struct Table {
    root: PathBuf,
    files: Vec<PathBuf>,
}

impl Table {
    /// Finds the files of a table.
    ///
    /// # Errors
    /// Input, when the directory or file is not there or holds no file.
    pub fn open(root: &Path) -> Result<Self> {
        let files = record_files(&[root.to_owned()])?;
        let root = root.to_owned();
        Ok(Self { root, files })
    }

    /// Keeps the files of a date; those that no date is said of are of every date.
    ///
    /// # Errors
    /// Input, when none is left.
    pub fn of_date(mut self, date: civil::Date) -> Result<Self> {
        self.files
            .retain(|file| date_of(file).is_none_or(|of| of == date));
        if self.files.is_empty() {
            return Err(
                Error::input(format!("`{}` has nothing of {date}", self.root.display())).with_hint(
                    "name a table that holds that day, with the days before and after it",
                ),
            );
        }
        Ok(self)
    }

    /// Whether the first of the files has a column.
    ///
    /// # Errors
    /// Input, when it is damaged.
    pub fn has(&self, column: &str) -> Result<bool> {
        let Some(path) = self.files.first() else {
            return Ok(false);
        };
        let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
        let footer = read_footer(&file).map_err(|error| unreadable(path, &error))?;
        let fields = footer.file_metadata().schema().get_fields();
        Ok(fields.iter().any(|field| field.name() == column))
    }

    /// The files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Reads some columns; `each` is handed a file's path and some of its rows.
    ///
    /// # Errors
    /// Input, when a file is damaged or lacks a column; what `each` fails with.
    pub fn each(
        &self,
        columns: &[&str],
        each: &mut dyn FnMut(&Path, Columns<'_>) -> Result<()>,
    ) -> Result<()> {
        self.files
            .iter()
            .try_for_each(|file| read(file, columns, each))
    }
}

/// The date that a path of multimno's says, by `year=`, `month=` and `day=`.
pub fn date_of(path: &Path) -> Option<civil::Date> {
    let parts = path
        .components()
        .filter_map(|part| part.as_os_str().to_str());
    let parts: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let value = |key: &str| {
        let found = parts.iter().rev().find(|(name, _)| *name == key)?;
        found.1.parse::<i16>().ok()
    };
    let part = |key| i8::try_from(value(key)?).ok();
    civil::Date::new(value("year")?, part("month")?, part("day")?).ok()
}

fn unreadable(path: &Path, error: &ParquetError) -> Error {
    Error::input(format!(
        "`{}` can't be read as Parquet: {error}",
        path.display()
    ))
    .with_hint("copy it again from its source")
}

fn read(
    path: &Path,
    columns: &[&str],
    each: &mut dyn FnMut(&Path, Columns<'_>) -> Result<()>,
) -> Result<()> {
    let explain = |error: &ParquetError| unreadable(path, error);
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let footer = read_footer(&file).map_err(|error| explain(&error))?;
    for chunk in footer.row_groups().iter().flat_map(|group| group.columns()) {
        check_pages(&file, chunk).map_err(|error| explain(&error))?;
    }
    let damaged = || {
        Error::input(format!("`{}` is a damaged Parquet file", path.display()))
            .with_hint("copy it again from its source")
    };
    let builder = quietly(|| ParquetRecordBatchReaderBuilder::try_new(file)).ok_or_else(damaged)?;
    let builder = builder.map_err(|error| explain(&error))?;
    let names: Vec<&str> = builder
        .parquet_schema()
        .root_schema()
        .get_fields()
        .iter()
        .map(|f| f.name())
        .collect();
    for column in columns {
        if !names.contains(column) {
            return Err(
                Error::input(format!("`{}` has no column `{column}`", path.display()))
                    .with_hint(format!("its columns: {}", names.join(", "))),
            );
        }
    }
    let wanted = names
        .iter()
        .enumerate()
        .filter(|(_, name)| columns.contains(name));
    let wanted = ProjectionMask::roots(builder.parquet_schema(), wanted.map(|(at, _)| at));
    let mut batches = builder
        .with_projection(wanted)
        .build()
        .map_err(|error| explain(&error))?;
    while let Some(batch) = quietly(|| batches.next()).ok_or_else(damaged)? {
        let batch = batch.map_err(|_| damaged())?;
        each(path, Columns::new(path, &batch))?;
    }
    Ok(())
}

/// The first date that a table has.
///
/// # Errors
/// Input, when the table is not there or no path in it says a date.
pub fn first_date(root: &Path) -> Result<civil::Date> {
    let table = Table::open(root)?;
    let dates = table.files().iter().filter_map(|file| date_of(file));
    dates.min().ok_or_else(|| {
        Error::input(format!("no path in `{}` says a date", root.display()))
            .with_hint("multimno's tables have directories such as `year=2023/month=1/day=8`")
    })
}
