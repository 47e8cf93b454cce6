use std::{num::NonZeroU64, sync::Arc};

use erewhon_events::{DeviceClass, Event, EventKind, HomeNetwork};
use erewhon_types::{CellIx, Subscriber};
use parquet::{
    errors::ParquetError,
    schema::{parser::parse_message_type, types::TypePtr},
};

/// The columns in the order of the file. Pseudonyms are unsigned 64-bit numbers in Parquet's eyes
/// too, so its order is ours.
const SCHEMA: &str = "message events {
    required int64 subscriber (INTEGER(64,false));
    required int64 time_utc_ms (TIMESTAMP(MILLIS,true));
    required int32 cell (INTEGER(32,false));
    required int32 kind (INTEGER(8,false));
    required int32 duration_s (INTEGER(32,false));
    required int64 bytes_up (INTEGER(64,false));
    required int64 bytes_down (INTEGER(64,false));
    optional int64 peer (INTEGER(64,false));
    optional int32 home_network (INTEGER(32,false));
    required int32 device (INTEGER(8,false));
    required int32 amount_minor (INTEGER(32,false));
}";

/// The columns as every segment has them.
pub(crate) fn schema() -> Result<TypePtr, ParquetError> {
    parse_message_type(SCHEMA).map(Arc::new)
}

/// Some rows, column by column.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) subscriber: Vec<i64>,
    pub(crate) time_utc_ms: Vec<i64>,
    pub(crate) cell: Vec<i32>,
    pub(crate) kind: Vec<i32>,
    pub(crate) duration_s: Vec<i32>,
    pub(crate) bytes_up: Vec<i64>,
    pub(crate) bytes_down: Vec<i64>,
    pub(crate) peer: Optional<i64>,
    pub(crate) home_network: Optional<i32>,
    pub(crate) device: Vec<i32>,
    pub(crate) amount_minor: Vec<i32>,
}

/// A column with gaps: the values that are there, and for each row 1 or 0.
#[derive(Default)]
pub(crate) struct Optional<T> {
    pub(crate) values: Vec<T>,
    pub(crate) there: Vec<i16>,
}

impl<T> Optional<T> {
    fn extend(&mut self, values: impl Iterator<Item = Option<T>> + Clone) {
        let there = values.clone().map(|value| i16::from(value.is_some()));
        self.there.extend(there);
        self.values.extend(values.flatten());
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.there.clear();
    }
}

impl Columns {
    /// Appends one subscriber's events.
    pub(crate) fn extend(&mut self, subscriber: Subscriber, events: &[Event]) {
        let all = events.iter();
        let subscriber = subscriber.bits().cast_signed();
        self.subscriber
            .resize(self.len() + events.len(), subscriber);
        self.time_utc_ms.extend(all.clone().map(|e| e.time_utc_ms));
        self.cell
            .extend(all.clone().map(|e| e.cell.0.cast_signed()));
        let kinds = all.clone().map(|e| i32::from(e.kind.code()));
        self.kind.extend(kinds);
        let durations = all.clone().map(|e| e.duration_s.cast_signed());
        self.duration_s.extend(durations);
        self.bytes_up
            .extend(all.clone().map(|e| e.bytes_up.cast_signed()));
        self.bytes_down
            .extend(all.clone().map(|e| e.bytes_down.cast_signed()));
        let peers = all.clone().map(|e| e.peer);
        self.peer
            .extend(peers.map(|p| p.map(|p| p.get().cast_signed())));
        let networks = all.clone().map(|e| e.home_network);
        self.home_network
            .extend(networks.map(|n| n.map(|n| n.code().cast_signed())));
        let devices = all.clone().map(|e| i32::from(e.device.code()));
        self.device.extend(devices);
        let amounts = all.map(|e| e.amount_minor.cast_signed());
        self.amount_minor.extend(amounts);
    }

    pub(crate) const fn len(&self) -> usize {
        self.subscriber.len()
    }

    pub(crate) fn clear(&mut self) {
        self.subscriber.clear();
        self.time_utc_ms.clear();
        self.cell.clear();
        self.kind.clear();
        self.duration_s.clear();
        self.bytes_up.clear();
        self.bytes_down.clear();
        self.peer.clear();
        self.home_network.clear();
        self.device.clear();
        self.amount_minor.clear();
    }

    /// Appends the first `len` rows from `from` on as events of the places alone.
    pub(crate) fn places(&self, from: usize, len: usize, events: &mut Vec<Event>) {
        let times = &self.time_utc_ms[from..from + len];
        let cells = &self.cell[from..from + len];
        let event = |(&time, &cell): (&i64, &i32)| {
            Event::at(time, CellIx(cell.cast_unsigned()), EventKind::Data)
        };
        events.extend(times.iter().zip(cells).map(event));
    }

    /// Appends `len` rows from `from` on as events. `gaps` are how many values of the two optional
    /// columns belong to the rows before; they are moved on.
    ///
    /// `None` when a code means nothing or the columns differ in length.
    pub(crate) fn events(
        &self,
        from: usize,
        len: usize,
        gaps: &mut Gaps,
        events: &mut Vec<Event>,
    ) -> Option<()> {
        let to = from + len;
        let before = events.len();
        self.places(from, len, events);
        let added = events.get_mut(before..)?;
        let kinds = self.kind.get(from..to)?.iter();
        let durations = self.duration_s.get(from..to)?;
        let ups = self.bytes_up.get(from..to)?;
        let downs = self.bytes_down.get(from..to)?;
        let devices = self.device.get(from..to)?.iter();
        let more = devices.zip(self.amount_minor.get(from..to)?);
        let numbers = durations.iter().zip(ups.iter().zip(downs)).zip(more);
        for ((event, &kind), ((&duration_s, (&up, &down)), (&device, &amount))) in
            added.iter_mut().zip(kinds).zip(numbers)
        {
            event.kind = EventKind::from_code(u8::try_from(kind).ok()?)?;
            event.duration_s = duration_s.cast_unsigned();
            event.bytes_up = up.cast_unsigned();
            event.bytes_down = down.cast_unsigned();
            event.device = DeviceClass::from_code(u8::try_from(device).ok()?)?;
            event.amount_minor = amount.cast_unsigned();
        }
        let theres = self.peer.there.get(from..to)?;
        for (event, _) in added
            .iter_mut()
            .zip(theres)
            .filter(|(_, there)| **there != 0)
        {
            let peer = *self.peer.values.get(gaps.peers)?;
            event.peer = Some(NonZeroU64::new(peer.cast_unsigned())?);
            gaps.peers += 1;
        }
        let theres = self.home_network.there.get(from..to)?;
        for (event, _) in added
            .iter_mut()
            .zip(theres)
            .filter(|(_, there)| **there != 0)
        {
            let code = *self.home_network.values.get(gaps.home_networks)?;
            event.home_network = Some(HomeNetwork::from_code(code.cast_unsigned())?);
            gaps.home_networks += 1;
        }
        Some(())
    }

    /// Moves `gaps` over rows that nobody wants.
    pub(crate) fn skip(&self, from: usize, len: usize, gaps: &mut Gaps) {
        let there = |there: &[i16]| {
            let rows = there.get(from..from + len).unwrap_or_default();
            rows.iter().filter(|there| **there != 0).count()
        };
        gaps.peers += there(&self.peer.there);
        gaps.home_networks += there(&self.home_network.there);
    }
}

/// Places in the values of the optional columns.
#[derive(Clone, Copy, Default)]
pub(crate) struct Gaps {
    peers: usize,
    home_networks: usize,
}
