use std::{borrow::Cow, fs::File, path::Path};

use erewhon_types::{Error, Result};
use jiff::Timestamp;
use parquet::{
    errors::ParquetError,
    file::reader::FileReader as _,
    record::Field,
    schema::types::{Type, TypePtr},
};

use super::{columns::Columns, sheet::Sheet};
use crate::untrusted::{open_parquet, quietly};

/// Reads a Parquet file with one row a cell, such as the network topology of Eurostat's multimno
/// (bronze `mno_network`: `cell_id`, `latitude`, `longitude`, `azimuth_angle`, `elevation_angle`,
/// `power` in watts, `range` in metres, `technology`, `valid_date_start`, `valid_date_end`).
pub(super) fn read(file: File, path: &Path, sheet: &mut Sheet) -> Result<()> {
    let damaged = |_: ParquetError| damaged(path);
    let reader = open_parquet(file).map_err(damaged)?;
    let schema = reader.metadata().file_metadata().schema();
    let flat = schema
        .get_fields()
        .iter()
        .filter(|field| field.is_primitive());
    let used: Vec<TypePtr> = flat
        .filter(|field| Columns::knows(field.name()))
        .cloned()
        .collect();
    let names = |fields: &[TypePtr]| fields.iter().map(|field| field.name().to_owned()).collect();
    // When they do not do, the error names all columns.
    let columns = Columns::find(names(&used), path)
        .or_else(|_| Columns::find(names(schema.get_fields()), path))?;
    let wanted = Type::group_type_builder(schema.name())
        .with_fields(used)
        .build()
        .map_err(damaged)?;
    let rows = reader.get_row_iter(Some(wanted)).map_err(damaged)?;
    let take = || -> Result<()> {
        for (line, row) in (1..).zip(rows) {
            let row = row.map_err(damaged)?;
            let fields: Vec<String> = row
                .get_column_iter()
                .map(|(_, field)| text(field))
                .collect();
            let get = |column: usize| {
                fields
                    .get(column)
                    .map_or(Cow::Borrowed(""), |text| Cow::Borrowed(text))
            };
            sheet.push(&columns, columns.judge(&get), line, path)?;
        }
        Ok(())
    };
    quietly(take).unwrap_or_else(|| Err(self::damaged(path)))
}

fn text(field: &Field) -> String {
    let instant = |time: std::result::Result<Timestamp, _>| {
        time.map_or_else(|_: jiff::Error| String::new(), |t| t.to_string())
    };
    match field {
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        // The shortest decimal that is this float, so that 40.4 stays 40.4 as a double.
        Field::Float(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Date(days) => instant(Timestamp::from_second(i64::from(*days) * 86_400)),
        Field::TimestampMillis(ms) => instant(Timestamp::from_millisecond(*ms)),
        Field::TimestampMicros(us) => instant(Timestamp::from_microsecond(*us)),
        _ => String::new(),
    }
}

fn damaged(path: &Path) -> Error {
    Error::input(format!("`{}` is a damaged Parquet file", path.display())).with_hint(
        "copy it again from its source, packed with snappy, gzip, lz4, zstd or not at all",
    )
}
