use std::sync::Arc;

use datafusion::arrow::{
    array::{
        ArrayRef, StringViewArray, StringViewBuilder, TimestampMillisecondArray, UInt32Array,
        UInt64Array,
    },
    compute::{TakeOptions, take},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
};
use erewhon_events::{DeviceClass, Event, EventKind};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Subscriber};
use jiff::civil;

/// A column of the table `events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Subscriber,
    TimeUtc,
    TimeLocal,
    Cell,
    CellRow,
    Kind,
    DurationS,
    AmountMinor,
    BytesUp,
    BytesDown,
    Peer,
    HomeNetwork,
    Device,
}

impl Column {
    pub(crate) const ALL: [Self; 13] = [
        Self::Subscriber,
        Self::TimeUtc,
        Self::TimeLocal,
        Self::Cell,
        Self::CellRow,
        Self::Kind,
        Self::DurationS,
        Self::AmountMinor,
        Self::BytesUp,
        Self::BytesDown,
        Self::Peer,
        Self::HomeNetwork,
        Self::Device,
    ];

    /// The table's columns in order.
    pub(crate) fn schema() -> SchemaRef {
        let fields = Self::ALL.map(|column| column.field());
        Arc::new(Schema::new(fields.to_vec()))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::TimeUtc => "time_utc",
            Self::TimeLocal => "time_local",
            Self::Cell => "cell",
            Self::CellRow => "cell_row",
            Self::Kind => "kind",
            Self::DurationS => "duration_s",
            Self::AmountMinor => "amount_minor",
            Self::BytesUp => "bytes_up",
            Self::BytesDown => "bytes_down",
            Self::Peer => "peer",
            Self::HomeNetwork => "home_network",
            Self::Device => "device",
        }
    }

    /// Whether a reader of whose, when and where alone has it.
    pub(crate) const fn is_of_places(self) -> bool {
        matches!(
            self,
            Self::Subscriber | Self::TimeUtc | Self::TimeLocal | Self::Cell | Self::CellRow
        )
    }

    pub(crate) fn field(self) -> Field {
        let nullable = matches!(self, Self::Peer | Self::HomeNetwork);
        let data_type = match self {
            Self::TimeUtc => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::TimeLocal => DataType::Timestamp(TimeUnit::Millisecond, None),
            Self::Cell | Self::Kind | Self::HomeNetwork | Self::Device => DataType::Utf8View,
            Self::CellRow | Self::DurationS | Self::AmountMinor => DataType::UInt32,
            Self::Subscriber | Self::BytesUp | Self::BytesDown | Self::Peer => DataType::UInt64,
        };
        Field::new(self.name(), data_type, nullable)
    }
}

/// What turns events into columns: the names behind their codes, and the local clock.
pub(crate) struct Words {
    cells: StringViewArray,
    kinds: StringViewArray,
    devices: StringViewArray,
    calendar: Calendar,
    first_day_ms: i64,
}

/// Whose event, and the event.
pub(crate) type Row = (Subscriber, Event);

impl Words {
    pub(crate) fn new(cells: &CellTable, calendar: &Calendar) -> Self {
        let ids = cells.cells().iter().map(|cell| Some(cell.id.as_str()));
        let epoch = civil::date(1970, 1, 1);
        let days = (calendar.window().first_day - epoch).get_days();
        Self {
            cells: ids.collect(),
            kinds: EventKind::ALL
                .map(|kind| Some(kind.name()))
                .into_iter()
                .collect(),
            devices: DeviceClass::ALL
                .map(|class| Some(class.name()))
                .into_iter()
                .collect(),
            calendar: calendar.clone(),
            first_day_ms: i64::from(days) * MS_PER_DAY,
        }
    }

    /// A column of some rows.
    pub(crate) fn array(&self, column: Column, rows: &[Row]) -> Result<ArrayRef, ArrowError> {
        let events = rows.iter().map(|(_, event)| event);
        let code = |code: u8| u32::from(code);
        Ok(match column {
            Column::Subscriber => {
                let bits = rows.iter().map(|(subscriber, _)| subscriber.bits());
                Arc::new(UInt64Array::from_iter_values(bits))
            }
            Column::TimeUtc => {
                let times = events.map(|e| e.time_utc_ms);
                let times = TimestampMillisecondArray::from_iter_values(times);
                Arc::new(times.with_timezone("UTC"))
            }
            Column::TimeLocal => {
                let times = events.map(|e| self.local_ms(e.time_utc_ms));
                Arc::new(TimestampMillisecondArray::from_iter_values(times))
            }
            Column::Cell => named(&self.cells, events.map(|e| e.cell.0))?,
            Column::CellRow => Arc::new(UInt32Array::from_iter_values(events.map(|e| e.cell.0))),
            Column::Kind => named(&self.kinds, events.map(|e| code(e.kind.code())))?,
            Column::DurationS => {
                Arc::new(UInt32Array::from_iter_values(events.map(|e| e.duration_s)))
            }
            Column::AmountMinor => Arc::new(UInt32Array::from_iter_values(
                events.map(|e| e.amount_minor),
            )),
            Column::BytesUp => Arc::new(UInt64Array::from_iter_values(events.map(|e| e.bytes_up))),
            Column::BytesDown => {
                Arc::new(UInt64Array::from_iter_values(events.map(|e| e.bytes_down)))
            }
            Column::Peer => {
                let peers = events.map(|e| e.peer.map(|peer| peer.get()));
                Arc::new(peers.collect::<UInt64Array>())
            }
            Column::HomeNetwork => {
                let mut names = StringViewBuilder::new();
                for event in events {
                    names.append_option(event.home_network.map(|network| network.to_string()));
                }
                Arc::new(names.finish())
            }
            Column::Device => named(&self.devices, events.map(|e| code(e.device.code())))?,
        })
    }

    /// What a clock on the wall showed, as milliseconds since 1970 on that clock.
    fn local_ms(&self, utc_ms: i64) -> i64 {
        self.calendar.local(utc_ms).map_or(utc_ms, |local| {
            let minutes_ms = i64::from(local.minute) * 60_000 + utc_ms.rem_euclid(60_000);
            self.first_day_ms + i64::from(local.day) * MS_PER_DAY + minutes_ms
        })
    }
}

const MS_PER_DAY: i64 = 86_400_000;

/// The names at some rows of a list.
fn named(names: &StringViewArray, rows: impl Iterator<Item = u32>) -> Result<ArrayRef, ArrowError> {
    let rows = UInt32Array::from_iter_values(rows);
    take(names, &rows, Some(TakeOptions { check_bounds: true }))
}
