use std::{fs::File, path::Path};

use erewhon_geo::untrusted::open_parquet;
use erewhon_types::{CellIx, Error, Result};
use parquet::{
    column::reader::ColumnReader,
    data_type::DataType,
    errors::ParquetError,
    file::reader::{FileReader as _, RowGroupReader},
};

use super::{Gathered, Gathering};

type Outcome<T> = std::result::Result<T, ParquetError>;

/// Reads a Parquet file of three columns of whole numbers: pseudonym, milliseconds of UTC since 1970
/// and row of the cell table, named in this order. It may have other columns, and any order of rows.
///
/// # Errors
/// Input, when the file can't be read, lacks a column or has gaps in one, or an event lies before the
/// origin, over 34 years after it, or at a row that a table of so many cells
/// lacks.
pub fn read_places(
    path: &Path,
    columns: [&str; 3],
    origin_utc_ms: i64,
    cells_known: usize,
) -> Result<Gathered> {
    let explain = |error: &ParquetError| {
        Error::input(format!(
            "`{}` can't be read as Parquet: {error}",
            path.display()
        ))
    };
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let reader = open_parquet(file).map_err(|error| explain(&error))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let place = |name: &str| {
        let found = schema
            .columns()
            .iter()
            .position(|column| column.path().string() == name);
        found.ok_or_else(|| {
            let known: Vec<_> = schema.columns().iter().map(|c| c.path().string()).collect();
            Error::input(format!("`{}` has no column `{name}`", path.display()))
                .with_hint(format!("its columns: {}", known.join(", ")))
        })
    };
    let [of, at, cell] = columns.map(place);
    let (of, at, cell) = (of?, at?, cell?);
    let mut gathering = Gathering::from(origin_utc_ms, cells_known);
    let (mut subscribers, mut times, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    let mut short = Vec::new();
    for group in 0..reader.num_row_groups() {
        let group = reader
            .get_row_group(group)
            .map_err(|error| explain(&error))?;
        for (column, values) in [(of, &mut subscribers), (at, &mut times), (cell, &mut cells)] {
            values.clear();
            let rows = numbers(group.as_ref(), column, &mut short, values)
                .map_err(|error| explain(&error))?;
            if values.len() != rows {
                return Err(Error::input(format!("`{}` has gaps", path.display())));
            }
        }
        let event = |((of, at), cell): ((&i64, &i64), &i64)| {
            let row = u32::try_from(*cell).unwrap_or(u32::MAX);
            (of.cast_unsigned(), *at, CellIx(row))
        };
        gathering.add(subscribers.iter().zip(&times).zip(&cells).map(event))?;
    }
    Ok(gathering.finish())
}

/// Appends the values of a column; gives the number of rows, gaps included.
fn numbers(
    group: &dyn RowGroupReader,
    column: usize,
    short: &mut Vec<i32>,
    values: &mut Vec<i64>,
) -> Outcome<usize> {
    match group.get_column_reader(column)? {
        ColumnReader::Int64ColumnReader(reader) => read(group, reader, values),
        ColumnReader::Int32ColumnReader(reader) => {
            short.clear();
            let rows = read(group, reader, short)?;
            values.extend(short.iter().map(|value| i64::from(value.cast_unsigned())));
            Ok(rows)
        }
        _ => Err(ParquetError::General(
            "a column is no whole number".to_owned(),
        )),
    }
}

fn read<T: DataType>(
    group: &dyn RowGroupReader,
    mut reader: parquet::column::reader::ColumnReaderImpl<T>,
    values: &mut Vec<T::T>,
) -> Outcome<usize> {
    let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    let mut levels = Vec::new();
    let (records, _, _) = reader.read_records(rows, Some(&mut levels), None, values)?;
    Ok(records)
}
