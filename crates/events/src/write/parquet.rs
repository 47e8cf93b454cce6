use std::{error::Error as _, io, io::Write, iter, sync::Arc};

use bytes::Bytes;
use erewhon_geo::CellTable;
use erewhon_types::{Error, Result};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    column::writer::ColumnCloseResult,
    data_type::{ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::RowGroupMetaDataPtr,
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, TypePtr},
};

use super::{
    Encoder, Written,
    columns::{Column, Values},
    failed,
};
use crate::{EventSource, Mapping, in_order};

type Outcome<T> = std::result::Result<T, ParquetError>;

/// Writes events as Parquet, in the columns of a mapping.
///
/// As [`write_text`](super::write_text), with these differences: subscribers and peers are their own
/// numbers, and columns have types. RFC 3339 times are timestamps in UTC; counts, rows of the cell
/// list and codes are whole numbers; degrees are doubles; everything else is text. What is
/// absent is null. [`RowReader`](crate::RowReader) reads the same events of it with the same mapping.
///
/// Each part becomes a row group, which one core reads and encodes; only finished groups wait for
/// their turn. Of more than 32,767 parts, the most row groups of a file, several become one. The same
/// parts give the same bytes on any number of cores.
///
/// # Errors
/// As [`write_text`](super::write_text).
pub fn write_parquet(
    mapping: &Mapping,
    cells: &CellTable,
    parts: impl Iterator<Item = impl EventSource + Send>,
    out: impl Write + Send,
) -> Result<Written> {
    write_groups(mapping, cells, parts, out, MOST_GROUPS)
}

/// The format numbers row groups in 16 bits.
const MOST_GROUPS: usize = i16::MAX as usize;

fn write_groups(
    mapping: &Mapping,
    cells: &CellTable,
    mut parts: impl Iterator<Item = impl EventSource + Send>,
    out: impl Write + Send,
    most: usize,
) -> Result<Written> {
    // Parts without an end in sight are written one by one.
    let parts_at_most = parts.size_hint().1.unwrap_or(0);
    let at_once = parts_at_most.div_ceil(most).max(1);
    let groups = iter::from_fn(|| {
        let group: Vec<_> = parts.by_ref().take(at_once).collect();
        (!group.is_empty()).then_some(group)
    });
    let encoder = Encoder::new(mapping, cells)?;
    let schema = encoder.schema().map_err(not_written)?;
    let properties = properties(mapping, &encoder);
    let encode = |parts: Vec<_>| {
        let mut columns: Vec<_> = encoder
            .fields
            .iter()
            .map(|source| Column::new(&encoder, source))
            .collect();
        let mut made = Written::default();
        for part in parts {
            EventSource::visit(&part, &mut |history| {
                made.add(mapping, Written::of(&history))?;
                history
                    .events
                    .iter()
                    .try_for_each(|event| encoder.check_kind(event))?;
                columns
                    .iter_mut()
                    .try_for_each(|column| column.extend(history))
            })?;
        }
        let group = Group::new(&columns, &schema, &properties).map_err(not_written)?;
        Ok((group, made))
    };
    let writer = SerializedFileWriter::new(out, Arc::clone(&schema), Arc::clone(&properties));
    let mut writer = writer.map_err(not_written)?;
    let mut written = Written::default();
    in_order(groups, encode, |(group, made)| {
        written.add(mapping, made)?;
        match made.events {
            0 => Ok(()),
            _ => group.append(&mut writer).map_err(not_written),
        }
    })?;
    let mut out = writer.into_inner().map_err(not_written)?;
    out.flush().map_err(|error| failed(&error))?;
    Ok(written)
}

/// A row group, encoded and compressed, that any file of the schema can take up.
struct Group {
    bytes: Bytes,
    group: RowGroupMetaDataPtr,
}

impl Group {
    fn new(
        columns: &[Column<'_>],
        schema: &TypePtr,
        properties: &WriterPropertiesPtr,
    ) -> Outcome<Self> {
        let (schema, properties) = (Arc::clone(schema), Arc::clone(properties));
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
        let mut group = writer.next_row_group()?;
        for column in columns {
            let there = column.there.as_deref();
            match &column.values {
                Values::Whole(values) => write::<Int64Type>(&mut group, values, there)?,
                Values::Degrees(values) => write::<DoubleType>(&mut group, values, there)?,
                Values::Text(values) => write::<ByteArrayType>(&mut group, values, there)?,
            }
        }
        let group = group.close()?;
        let bytes = writer.into_inner()?.into();
        Ok(Self { bytes, group })
    }

    fn append<W: Write + Send>(&self, writer: &mut SerializedFileWriter<W>) -> Outcome<()> {
        let mut group = writer.next_row_group()?;
        for column in self.group.columns() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size().unsigned_abs(),
                rows_written: self.group.num_rows().unsigned_abs(),
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            group.append_column(&self.bytes, close)?;
        }
        group.close().map(|_| ())
    }
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Outcome<()> {
    let missing = || ParquetError::General("no such column".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, there, None)?;
    column.close()
}

/// Texts and positions repeat: dictionaries. Whole numbers are ids in runs, times that ascend within
/// a subscriber, and counts: their differences.
fn properties(mapping: &Mapping, encoder: &Encoder<'_>) -> WriterPropertiesPtr {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_created_by("erewhon".to_owned());
    for (name, source) in mapping.columns.iter().zip(&encoder.fields) {
        if matches!(Column::new(encoder, source).values, Values::Whole(_)) {
            let column = ColumnPath::from(name.as_str());
            builder = builder
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Arc::new(builder.build())
}

/// A full disk or a missing permission hides inside the format's own error.
fn not_written(error: ParquetError) -> Error {
    match error
        .source()
        .and_then(|inner| inner.downcast_ref::<io::Error>())
    {
        Some(error) => failed(error),
        None => Error::internal(format!("the records can't be written as Parquet: {error}")),
    }
}

#[cfg(test)]
mod tests;
