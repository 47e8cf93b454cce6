use std::{fs::File, io::ErrorKind, path::Path, sync::Arc};

use erewhon_events::Event;
use erewhon_geo::untrusted::{check_pages, quietly, read_footer};
use erewhon_types::{Error, Result, Subscriber};
use parquet::{
    column::reader::ColumnReaderImpl,
    data_type::{DataType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
        statistics::Statistics,
    },
};

use super::{
    changed,
    columns::{self, Columns, Gaps, Optional},
    missing,
};
use crate::Fields;

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 4096;

type Outcome<T> = std::result::Result<T, ParquetError>;

/// A segment's file with its footer.
pub(crate) struct Opened {
    file: Arc<File>,
    footer: Arc<ParquetMetaData>,
    name: String,
}

/// Smallest and largest value of a column of a row group, as the file says.
pub(crate) fn bounds(group: &RowGroupMetaData, column: usize) -> Option<(i64, i64)> {
    match group.column(column).statistics()? {
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        Statistics::Int32(values) => {
            let long = |value: &i32| i64::from(value.cast_unsigned());
            Some((long(values.min_opt()?), long(values.max_opt()?)))
        }
        _ => None,
    }
}

/// Smallest and largest pseudonym of a row group, as the file says.
fn unsigned_bounds(group: &RowGroupMetaData) -> Option<(u64, u64)> {
    let (min, max) = bounds(group, 0)?;
    let (min, max) = (min.cast_unsigned(), max.cast_unsigned());
    (min <= max).then_some((min, max))
}

impl Opened {
    /// Opens a file and reads its footer; `None` when there is no such file.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(missing(name)),
        };
        let footer = read_footer(&file).map_err(|_| changed(name))?;
        let schema = columns::schema().map_err(|_| changed(name))?;
        if footer.file_metadata().schema() != schema.as_ref() {
            return Err(changed(name));
        }
        Ok(Some(Self {
            file: Arc::new(file),
            footer: Arc::new(footer),
            name: name.to_owned(),
        }))
    }

    /// Rows of all groups, as the file says.
    pub(crate) fn events(&self) -> u64 {
        let rows = self.groups().iter().map(RowGroupMetaData::num_rows);
        rows.fold(0, |sum, rows| sum.saturating_add(rows.unsigned_abs()))
    }

    pub(crate) fn groups(&self) -> &[RowGroupMetaData] {
        self.footer.row_groups()
    }

    /// Reads the rows of the pseudonyms from `first` to `last`.
    pub(crate) fn cursor(self, fields: Fields, first: u64, last: u64) -> Result<Cursor> {
        let mut wanted = Vec::new();
        for (index, group) in self.groups().iter().enumerate() {
            let (min, max) = unsigned_bounds(group).ok_or_else(|| changed(&self.name))?;
            if min <= last && first <= max {
                wanted.push(index);
            }
        }
        wanted.reverse();
        let mut cursor = Cursor {
            segment: self,
            fields,
            last,
            wanted,
            group: None,
            rows: Columns::default(),
            at: 0,
            gaps: Gaps::default(),
        };
        cursor.refill()?;
        cursor.skip_below(first)?;
        Ok(cursor)
    }
}

/// A place in a segment; it holds one page and one batch of rows of each column.
pub(crate) struct Cursor {
    segment: Opened,
    fields: Fields,
    last: u64,
    /// The row groups that are still to be read, the next one last.
    wanted: Vec<usize>,
    group: Option<Group>,
    rows: Columns,
    at: usize,
    gaps: Gaps,
}

impl Cursor {
    /// Whose rows are next; `None` at the end.
    pub(crate) fn subscriber(&self) -> Option<Subscriber> {
        let bits = self.rows.subscriber.get(self.at)?.cast_unsigned();
        (bits <= self.last).then(|| Subscriber::new(bits))
    }

    /// Moves a subscriber's rows out, over the borders of batches and row groups.
    pub(crate) fn take(&mut self, subscriber: Subscriber, events: &mut Vec<Event>) -> Result<()> {
        while self.subscriber() == Some(subscriber) {
            let bits = subscriber.bits().cast_signed();
            let rest = &self.rows.subscriber[self.at..];
            let len = rest.iter().position(|&other| other != bits);
            let len = len.unwrap_or(rest.len());
            match self.fields {
                Fields::Places => self.rows.places(self.at, len, events),
                Fields::All => self
                    .rows
                    .events(self.at, len, &mut self.gaps, events)
                    .ok_or_else(|| changed(&self.segment.name))?,
            }
            self.at += len;
            self.refill()?;
        }
        Ok(())
    }

    /// The name of the file.
    pub(crate) fn name(&self) -> &str {
        &self.segment.name
    }

    fn skip_below(&mut self, first: u64) -> Result<()> {
        while self.subscriber().is_some_and(|s| s.bits() < first) {
            let rest = &self.rows.subscriber[self.at..];
            let below = rest.iter().take_while(|bits| bits.cast_unsigned() < first);
            let len = below.count();
            self.rows.skip(self.at, len, &mut self.gaps);
            self.at += len;
            self.refill()?;
        }
        Ok(())
    }

    fn refill(&mut self) -> Result<()> {
        while self.at == self.rows.len() {
            self.rows.clear();
            self.at = 0;
            self.gaps = Gaps::default();
            if self.group.as_ref().is_none_or(|group| group.left == 0) {
                let Some(index) = self.wanted.pop() else {
                    return Ok(());
                };
                let group = quietly(|| Group::open(&self.segment, index, self.fields).ok());
                self.group = Some(group.flatten().ok_or_else(|| self.changed())?);
            }
            if let Some(group) = &mut self.group {
                let read = quietly(|| group.read(&mut self.rows).ok());
                read.flatten().ok_or_else(|| self.changed())?;
            }
        }
        Ok(())
    }

    fn changed(&self) -> Error {
        changed(&self.segment.name)
    }
}

/// The column readers of a row group.
struct Group {
    left: usize,
    /// Smallest and largest pseudonym, as the file says.
    bounds: (u64, u64),
    subscriber: Column<Int64Type>,
    time_utc_ms: Column<Int64Type>,
    cell: Column<Int32Type>,
    rest: Option<Rest>,
}

/// The columns that a reader of places leaves alone.
struct Rest {
    kind: Column<Int32Type>,
    duration_s: Column<Int32Type>,
    bytes_up: Column<Int64Type>,
    bytes_down: Column<Int64Type>,
    peer: Column<Int64Type>,
    home_network: Column<Int32Type>,
    device: Column<Int32Type>,
    amount_minor: Column<Int32Type>,
}

impl Group {
    fn open(segment: &Opened, index: usize, fields: Fields) -> Outcome<Self> {
        let group = segment.footer.row_group(index);
        let file = &segment.file;
        Ok(Self {
            left: usize::try_from(group.num_rows()).unwrap_or(0),
            bounds: unsigned_bounds(group)
                .ok_or_else(|| ParquetError::General("no statistics".to_owned()))?,
            subscriber: Column::open(file, group, 0)?,
            time_utc_ms: Column::open(file, group, 1)?,
            cell: Column::open(file, group, 2)?,
            rest: match fields {
                Fields::Places => None,
                Fields::All => Some(Rest {
                    kind: Column::open(file, group, 3)?,
                    duration_s: Column::open(file, group, 4)?,
                    bytes_up: Column::open(file, group, 5)?,
                    bytes_down: Column::open(file, group, 6)?,
                    peer: Column::open(file, group, 7)?,
                    home_network: Column::open(file, group, 8)?,
                    device: Column::open(file, group, 9)?,
                    amount_minor: Column::open(file, group, 10)?,
                }),
            },
        })
    }

    fn read(&mut self, rows: &mut Columns) -> Outcome<()> {
        let n = self.left.min(BATCH_ROWS);
        self.left -= n;
        self.subscriber.full(n, &mut rows.subscriber)?;
        // Whoever reads all parts of a segment meets each group, so no lie about one hides a row.
        let (min, max) = self.bounds;
        let mut read = rows.subscriber.iter().map(|bits| bits.cast_unsigned());
        if read.any(|bits| bits < min || max < bits) {
            return Err(ParquetError::General("untrue statistics".to_owned()));
        }
        self.time_utc_ms.full(n, &mut rows.time_utc_ms)?;
        self.cell.full(n, &mut rows.cell)?;
        if let Some(rest) = &mut self.rest {
            rest.kind.full(n, &mut rows.kind)?;
            rest.duration_s.full(n, &mut rows.duration_s)?;
            rest.bytes_up.full(n, &mut rows.bytes_up)?;
            rest.bytes_down.full(n, &mut rows.bytes_down)?;
            rest.peer.gapped(n, &mut rows.peer)?;
            rest.home_network.gapped(n, &mut rows.home_network)?;
            rest.device.full(n, &mut rows.device)?;
            rest.amount_minor.full(n, &mut rows.amount_minor)?;
        }
        Ok(())
    }
}

struct Column<T: DataType>(ColumnReaderImpl<T>);

impl<T: DataType> Column<T> {
    fn open(file: &Arc<File>, group: &RowGroupMetaData, index: usize) -> Outcome<Self> {
        let column = group.column(index);
        check_pages(file, column)?;
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = SerializedPageReader::new(Arc::clone(file), column, rows, None)?;
        let description = column.column_descr_ptr();
        Ok(Self(ColumnReaderImpl::new(description, Box::new(pages))))
    }

    fn full(&mut self, rows: usize, values: &mut Vec<T::T>) -> Outcome<()> {
        let (read, _, _) = self.0.read_records(rows, None, None, values)?;
        short(read, rows)
    }

    fn gapped(&mut self, rows: usize, column: &mut Optional<T::T>) -> Outcome<()> {
        let there = Some(&mut column.there);
        let (read, _, _) = self.0.read_records(rows, there, None, &mut column.values)?;
        short(read, rows)
    }
}

fn short(read: usize, rows: usize) -> Outcome<()> {
    if read == rows {
        return Ok(());
    }
    Err(ParquetError::EOF("a column is short".to_owned()))
}
