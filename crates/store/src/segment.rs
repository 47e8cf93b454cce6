use std::{fs::File, num::NonZeroU64, path::Path, sync::Arc};

use erewhon_events::{DeviceClass, Event, EventKind, EventTable};
use erewhon_types::{CellIx, Error, Kind, Result, Subscriber};
use parquet::{
    basic::{Compression, Encoding},
    column::{reader::get_typed_column_reader, writer::ColumnWriterImpl},
    data_type::{DataType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        reader::{FileReader, RowGroupReader, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};
use sha2::{Digest, Sha256};

use crate::disk::{self, Hashing};

/// Where row groups end: at the first subscriber's border after `soft` events, or anywhere after
/// `hard`, so that memory stays bounded whatever one subscriber does.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) soft: usize,
    pub(crate) hard: usize,
}

impl Cut {
    pub(crate) const DEFAULT: Self = Self {
        soft: 1 << 20,
        hard: 1 << 22,
    };
}

/// Pseudonyms are unsigned 64-bit numbers in Parquet's eyes too, so its order is ours.
const SCHEMA: &str = "message events {
    required int64 subscriber (INTEGER(64,false));
    required int64 time_utc_ms (TIMESTAMP(MILLIS,true));
    required int32 cell (INTEGER(32,false));
    required int32 kind (INTEGER(8,false));
    required int32 duration_s (INTEGER(32,false));
    required int64 bytes_up (INTEGER(64,false));
    required int64 bytes_down (INTEGER(64,false));
    optional int64 peer (INTEGER(64,false));
}";
const COLUMNS: usize = 8;

/// Some rows, column by column.
#[derive(Default)]
struct Columns {
    subscriber: Vec<i64>,
    time_utc_ms: Vec<i64>,
    cell: Vec<i32>,
    kind: Vec<i32>,
    duration_s: Vec<i32>,
    bytes_up: Vec<i64>,
    bytes_down: Vec<i64>,
    /// The peers that are there; `peer_there` has a 1 for each of them and a 0 for the others.
    peer: Vec<i64>,
    peer_there: Vec<i16>,
}

impl Columns {
    fn push(&mut self, subscriber: Subscriber, event: &Event) {
        self.subscriber.push(subscriber.bits().cast_signed());
        self.time_utc_ms.push(event.time_utc_ms);
        self.cell.push(event.cell.0.cast_signed());
        self.kind.push(i32::from(event.kind.code()));
        self.duration_s.push(event.duration_s.cast_signed());
        self.bytes_up.push(event.bytes_up.cast_signed());
        self.bytes_down.push(event.bytes_down.cast_signed());
        self.peer
            .extend(event.peer.map(|peer| peer.get().cast_signed()));
        self.peer_there.push(i16::from(event.peer.is_some()));
    }

    fn len(&self) -> usize {
        self.subscriber.len()
    }

    fn write(&self, group: &mut SerializedRowGroupWriter<'_, Hashing>) -> Outcome<()> {
        let long = |group: &mut _, values: &[i64]| {
            column::<Int64Type>(group, |w| w.write_batch(values, None, None))
        };
        let short = |group: &mut _, values: &[i32]| {
            column::<Int32Type>(group, |w| w.write_batch(values, None, None))
        };
        long(group, &self.subscriber)?;
        long(group, &self.time_utc_ms)?;
        short(group, &self.cell)?;
        short(group, &self.kind)?;
        short(group, &self.duration_s)?;
        long(group, &self.bytes_up)?;
        long(group, &self.bytes_down)?;
        column::<Int64Type>(group, |w| {
            w.write_batch(&self.peer, Some(&self.peer_there), None)
        })
    }

    fn read(group: &dyn RowGroupReader) -> Outcome<Self> {
        let rows = group.metadata().num_rows().max(0) as usize;
        let long = |i| values::<Int64Type>(group, i, rows, None);
        let short = |i| values::<Int32Type>(group, i, rows, None);
        let mut peer_there = Vec::new();
        Ok(Self {
            subscriber: long(0)?,
            time_utc_ms: long(1)?,
            cell: short(2)?,
            kind: short(3)?,
            duration_s: short(4)?,
            bytes_up: long(5)?,
            bytes_down: long(6)?,
            peer: values::<Int64Type>(group, 7, rows, Some(&mut peer_there))?,
            peer_there,
        })
    }

    /// The rows again; `None` when a code means nothing or the columns differ in length.
    fn rows(&self) -> Option<Vec<(Subscriber, Event)>> {
        let mut peers = self.peer.iter();
        (0..self.len())
            .map(|i| {
                let peer = match self.peer_there.get(i)? {
                    0 => None,
                    _ => Some(NonZeroU64::new(peers.next()?.cast_unsigned())?),
                };
                let event = Event {
                    time_utc_ms: *self.time_utc_ms.get(i)?,
                    bytes_up: self.bytes_up.get(i)?.cast_unsigned(),
                    bytes_down: self.bytes_down.get(i)?.cast_unsigned(),
                    peer,
                    cell: CellIx(self.cell.get(i)?.cast_unsigned()),
                    duration_s: self.duration_s.get(i)?.cast_unsigned(),
                    kind: EventKind::from_code(u8::try_from(*self.kind.get(i)?).ok()?)?,
                    home_network: None,
                    device: DeviceClass::Unknown,
                };
                Some((Subscriber::new(self.subscriber[i].cast_unsigned()), event))
            })
            .collect()
    }
}

type Outcome<T> = std::result::Result<T, ParquetError>;

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Hashing>,
    write: impl FnOnce(&mut ColumnWriterImpl<'_, T>) -> Outcome<usize>,
) -> Outcome<()> {
    let missing = || ParquetError::General("no such column".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    write(column.typed::<T>())?;
    column.close()
}

fn values<T: DataType>(
    group: &dyn RowGroupReader,
    index: usize,
    rows: usize,
    mut there: Option<&mut Vec<i16>>,
) -> Outcome<Vec<T::T>> {
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(index)?);
    let mut values = Vec::with_capacity(rows);
    let mut read = 0;
    while read < rows {
        let (records, _, _) =
            reader.read_records(rows - read, there.as_deref_mut(), None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::EOF("a column is short".to_owned()));
        }
        read += records;
    }
    Ok(values)
}

/// Writes a table as one file and makes it durable; gives SHA-256 and size.
pub(crate) fn write(path: &Path, events: &EventTable, cut: Cut) -> Result<(String, u64)> {
    let failed = |error: ParquetError| write_error(path, &error);
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
    let file = disk::create(path)?;
    let hashing = Hashing {
        file,
        digest: Sha256::new(),
        size_bytes: 0,
    };
    let mut writer =
        SerializedFileWriter::new(hashing, schema, Arc::new(properties())).map_err(failed)?;
    let mut columns = Columns::default();
    let mut flush = |columns: &mut Columns| -> Result<()> {
        let mut group = writer.next_row_group().map_err(failed)?;
        columns.write(&mut group).map_err(failed)?;
        group.close().map_err(failed)?;
        *columns = Columns::default();
        Ok(())
    };
    for history in events.histories() {
        for event in history.events {
            if columns.len() >= cut.hard {
                flush(&mut columns)?;
            }
            columns.push(history.subscriber, event);
        }
        if columns.len() >= cut.soft {
            flush(&mut columns)?;
        }
    }
    if columns.len() > 0 {
        flush(&mut columns)?;
    }
    let hashing = writer.into_inner().map_err(failed)?;
    hashing
        .file
        .sync_all()
        .map_err(|error| Error::io("write", path, &error))?;
    Ok((disk::hex(hashing.digest), hashing.size_bytes))
}

/// Sorted subscribers and repeated cells and kinds are runs in a dictionary; times ascend within a
/// subscriber, so their differences are small; byte counts are neither.
fn properties() -> WriterProperties {
    let delta = |builder: parquet::file::properties::WriterPropertiesBuilder, name: &str| {
        let column = ColumnPath::from(name);
        builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED)
    };
    let builder = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None)
        .set_dictionary_page_size_limit(8 << 20)
        .set_created_by("erewhon".to_owned());
    ["time_utc_ms", "bytes_up", "bytes_down"]
        .into_iter()
        .fold(builder, delta)
        .build()
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

/// Reads a segment one row group at a time.
pub(crate) struct Groups {
    reader: SerializedFileReader<File>,
    next: usize,
    name: String,
}

impl Groups {
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self> {
        let file = File::open(path).map_err(|_| missing(name))?;
        let reader = SerializedFileReader::new(file).map_err(|_| changed(name))?;
        if reader
            .metadata()
            .file_metadata()
            .schema_descr()
            .num_columns()
            != COLUMNS
        {
            return Err(changed(name));
        }
        Ok(Self {
            reader,
            next: 0,
            name: name.to_owned(),
        })
    }

    /// The rows of the next group; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<(Subscriber, Event)>>> {
        if self.next == self.reader.num_row_groups() {
            return Ok(None);
        }
        let group = self
            .reader
            .get_row_group(self.next)
            .map_err(|_| changed(&self.name))?;
        self.next += 1;
        let columns = Columns::read(&*group).map_err(|_| changed(&self.name))?;
        columns.rows().map(Some).ok_or_else(|| changed(&self.name))
    }
}

/// The error for a segment that the manifest names and the disk lacks.
pub(crate) fn missing(name: &str) -> Error {
    Error::new(
        Kind::Data,
        format!("the store's segment `{name}` is missing or can't be opened"),
    )
    .with_hint("restore the file from a copy, or ingest into a new store")
}

/// The error for a segment that is not what was committed.
pub(crate) fn changed(name: &str) -> Error {
    Error::new(
        Kind::Data,
        format!("the store's segment `{name}` was changed since its commit"),
    )
    .with_hint("restore the file from a copy, or ingest into a new store")
}
