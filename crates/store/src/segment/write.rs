use std::{path::Path, sync::Arc};

use erewhon_types::{Error, Kind, Result};
use parquet::{
    basic::{Compression, Encoding},
    column::writer::{ColumnCloseResult, ColumnWriterImpl},
    data_type::{DataType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::RowGroupMetaDataPtr,
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::ColumnPath,
};

use super::columns::{Columns, Optional, schema};
use crate::disk::{self, Hashing};

type Outcome<T> = std::result::Result<T, ParquetError>;

/// A row group, encoded and compressed, that any file can take up.
pub(crate) struct Encoded {
    bytes: bytes::Bytes,
    group: RowGroupMetaDataPtr,
}

impl Encoded {
    pub(crate) fn new(columns: &Columns) -> Result<Self> {
        let encode = || -> Outcome<Self> {
            let mut writer = SerializedFileWriter::new(Vec::new(), schema()?, properties())?;
            let mut group = writer.next_row_group()?;
            write_columns(columns, &mut group)?;
            let group = group.close()?;
            let bytes = writer.into_inner()?.into();
            Ok(Self { bytes, group })
        };
        encode().map_err(|error| Error::internal(format!("rows can't be encoded: {error}")))
    }
}

/// A segment that grows by row groups.
pub(crate) struct SegmentWriter {
    writer: SerializedFileWriter<Hashing>,
}

impl SegmentWriter {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let hashing = Hashing {
            file: disk::create(path)?,
            digest: blake3::Hasher::new(),
            size_bytes: 0,
        };
        let open = || SerializedFileWriter::new(hashing, schema()?, properties());
        let writer = open().map_err(|error| write_error(path, &error))?;
        Ok(Self { writer })
    }

    pub(crate) fn append(&mut self, path: &Path, encoded: &Encoded) -> Result<()> {
        let mut append = || -> Outcome<()> {
            let mut group = self.writer.next_row_group()?;
            for column in encoded.group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: encoded.group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                group.append_column(&encoded.bytes, close)?;
            }
            group.close().map(|_| ())
        };
        append().map_err(|error| write_error(path, &error))
    }

    /// Makes the file durable; gives BLAKE3 and size.
    pub(crate) fn finish(self, path: &Path) -> Result<(String, u64)> {
        let hashing = self
            .writer
            .into_inner()
            .map_err(|error| write_error(path, &error))?;
        hashing
            .file
            .sync_all()
            .map_err(|error| Error::io("write", path, &error))?;
        Ok((hashing.digest.finalize().to_string(), hashing.size_bytes))
    }
}

fn write_columns<W: std::io::Write + Send>(
    columns: &Columns,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Outcome<()> {
    full::<Int64Type, _>(group, &columns.subscriber)?;
    full::<Int64Type, _>(group, &columns.time_utc_ms)?;
    full::<Int32Type, _>(group, &columns.cell)?;
    full::<Int32Type, _>(group, &columns.kind)?;
    full::<Int32Type, _>(group, &columns.duration_s)?;
    full::<Int64Type, _>(group, &columns.bytes_up)?;
    full::<Int64Type, _>(group, &columns.bytes_down)?;
    gapped::<Int64Type, _>(group, &columns.peer)?;
    gapped::<Int32Type, _>(group, &columns.home_network)?;
    full::<Int32Type, _>(group, &columns.device)?;
    full::<Int32Type, _>(group, &columns.amount_minor)
}

fn full<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> Outcome<()> {
    column::<T, W>(group, |writer| writer.write_batch(values, None, None))
}

fn gapped<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column_of: &Optional<T::T>,
) -> Outcome<()> {
    column::<T, W>(group, |writer| {
        writer.write_batch(&column_of.values, Some(&column_of.there), None)
    })
}

fn column<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    write: impl FnOnce(&mut ColumnWriterImpl<'_, T>) -> Outcome<usize>,
) -> Outcome<()> {
    let missing = || ParquetError::General("no such column".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    write(column.typed::<T>())?;
    column.close()
}

/// Rows of a page, which is what a reader holds of each column.
const PAGE_ROWS: usize = 1 << 14;

/// Subscribers are runs, and cells, kinds and a subscriber's peers repeat: dictionaries. Times ascend
/// within a subscriber, so their differences are small; byte counts are neither. Statistics stand
/// where a reader may pass over a group by them.
fn properties() -> WriterPropertiesPtr {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_dictionary_page_size_limit(8 << 20)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_created_by("erewhon".to_owned());
    for name in ["time_utc_ms", "bytes_up", "bytes_down"] {
        let column = ColumnPath::from(name);
        builder = builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    for name in ["subscriber", "time_utc_ms", "cell", "kind"] {
        let column = ColumnPath::from(name);
        builder = builder.set_column_statistics_enabled(column, EnabledStatistics::Chunk);
    }
    Arc::new(builder.build())
}

/// A full disk or a missing permission hides inside the format's own error.
fn write_error(path: &Path, error: &ParquetError) -> Error {
    if let ParquetError::External(inner) = error
        && let Some(io) = inner.downcast_ref::<std::io::Error>()
    {
        return Error::io("write", path, io);
    }
    Error::new(
        Kind::Resource,
        format!("can't write `{}`: {error}", path.display()),
    )
}
