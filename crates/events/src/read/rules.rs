use std::ops::Range;

use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Result, Subscriber};

use super::{
    Found,
    extras::{Devices, Homes, Scale},
    fields::Fields,
    group::Splits,
    ids::{Identify, Ids, Names},
    kinds::Kinds,
    layout::Layout,
    places::Places,
};
use crate::{Event, Mapping, Rule, time::TimeCodec};

/// The rules of one row: they see the row, the mapping and public tables.
pub(crate) struct Rules<'a> {
    window_utc_ms: Range<i64>,
    wanted: Option<Vec<Box<[u8]>>>,
    time: TimeCodec,
    kinds: Kinds,
    places: Places<'a>,
    duration: Scale,
    amount: Scale,
    up: Scale,
    down: Scale,
    homes: Homes,
    devices: Devices,
}

/// What one thread writes into while it reads rows.
pub(crate) struct Scratch<'a> {
    pub(crate) ids: Ids<'a>,
    pub(crate) splits: Splits,
    pub(crate) joined: Vec<u8>,
    /// Rows that obey all rules.
    pub(crate) rows: Vec<(Subscriber, Event)>,
}

impl<'a> Scratch<'a> {
    pub(crate) fn new(identify: Identify<'a>) -> Self {
        Self {
            ids: Ids::new(identify),
            splits: Splits::default(),
            joined: Vec::new(),
            rows: Vec::new(),
        }
    }
}

impl<'a> Rules<'a> {
    pub(crate) fn new(
        mapping: &Mapping,
        cells: &'a CellTable,
        issues: &'a CellIssues,
        calendar: &Calendar,
    ) -> Result<Self> {
        let time = mapping.time.in_zone(&calendar.window().time_zone);
        let wanted = mapping.only.as_ref().map(|only| {
            let values = only.values.iter();
            values.map(|value| value.as_bytes().into()).collect()
        });
        Ok(Self {
            window_utc_ms: calendar.start_utc_ms()..calendar.end_utc_ms(),
            wanted,
            time: TimeCodec::new(&time, Some(calendar))?,
            kinds: Kinds::new(&mapping.kind),
            places: Places::new(mapping, cells, issues)?,
            duration: Scale::new(mapping.duration_s.as_ref()),
            amount: Scale::new(mapping.amount_minor.as_ref()),
            up: Scale::new(mapping.bytes_up.as_ref()),
            down: Scale::new(mapping.bytes_down.as_ref()),
            homes: Homes::new(mapping)?,
            devices: Devices::new(mapping)?,
        })
    }

    /// Applies the rules in their order to a row and whom it names.
    #[inline]
    pub(crate) fn event(
        &self,
        layout: &Layout,
        fields: Fields<'_>,
        names: &Names<'_>,
        ids: &mut Ids<'_>,
        joined: &mut Vec<u8>,
    ) -> Found<(Subscriber, Event)> {
        if fields.len() != layout.fields {
            return Err((Rule::WrongFieldCount, None));
        }
        if let (Some(wanted), Some(column)) = (&self.wanted, layout.only)
            && wanted.iter().all(|value| **value != *fields.get(column))
        {
            return Err((Rule::NotWanted, Some(column)));
        }
        if names.subscriber.text.is_empty() {
            return Err((Rule::MissingSubscriber, layout.subscriber));
        }
        let subscriber = ids.find(names.subscriber);
        let subscriber = subscriber.ok_or((Rule::OptedOut, layout.subscriber))?;
        let time_utc_ms = self.time(fields, layout.time)?;
        if !self.window_utc_ms.contains(&time_utc_ms) {
            return Err((Rule::TimeOutsideWindow, Some(layout.time)));
        }
        let kind = ids.kind(names, || self.kinds.find(fields, &layout.kind));
        let kind = kind.ok_or_else(|| (Rule::UnknownKind, layout.kind.first().copied()))?;
        let known = ids.cell(names);
        let cell = match known.filter(|cell| self.places.serves(*cell, time_utc_ms)) {
            Some(cell) => cell,
            None => {
                let cell = self.places.find(fields, layout, time_utc_ms, joined)?;
                ids.keep_cell(names, cell);
                cell
            }
        };
        let mut event = Event::at(time_utc_ms, cell, kind);
        event.duration_s = self.duration_s(fields, layout, time_utc_ms)?;
        event.amount_minor = u32::try_from(self.amount.read(fields, layout.amount_minor)?)
            .map_err(|_| (Rule::BadNumber, layout.amount_minor))?;
        event.bytes_up = self.up.read(fields, layout.bytes_up)?;
        event.bytes_down = self.down.read(fields, layout.bytes_down)?;
        event.home_network = self.homes.find(fields, layout)?;
        event.device = self.devices.find(fields, layout)?;
        if !names.peer.text.is_empty() {
            // Who has opted out is nobody's other party either.
            let peer = ids.find(names.peer);
            event.peer = peer.and_then(|peer| peer.bits().try_into().ok());
        }
        Ok((subscriber, event))
    }

    /// As [`Rules::event`], with what one thread holds; `stem` is whom the file is named after, and
    /// `utf8` where it is known that each field is text.
    pub(crate) fn event_of_fields(
        &self,
        layout: &Layout,
        stem: &[u8],
        fields: Fields<'_>,
        utf8: bool,
        scratch: &mut Scratch<'_>,
    ) -> Found<(Subscriber, Event)> {
        let is_broken = |column: &usize| std::str::from_utf8(fields.get(*column)).is_err();
        if !utf8 && let Some(column) = (0..fields.len()).find(is_broken) {
            return Err((Rule::NotUtf8, Some(column)));
        }
        let names = scratch.ids.of(layout, stem, fields);
        self.event(
            layout,
            fields,
            &names,
            &mut scratch.ids,
            &mut scratch.joined,
        )
    }

    #[inline]
    fn time(&self, fields: Fields<'_>, column: usize) -> Found<i64> {
        let time = self.time.read(fields.get(column));
        time.map_err(|rule| (rule, Some(column)))
    }

    #[inline]
    fn duration_s(&self, fields: Fields<'_>, layout: &Layout, start_utc_ms: i64) -> Found<u32> {
        let (column, seconds) = match layout.end {
            Some(column) if fields.get(column).is_empty() => (layout.end, Some(0)),
            Some(column) => {
                let spent_ms = self.time(fields, column)?.checked_sub(start_utc_ms);
                let seconds = spent_ms.and_then(|ms| u64::try_from(ms).ok());
                (layout.end, seconds.map(|ms| ms / 1_000))
            }
            None => {
                let seconds = self.duration.read(fields, layout.duration_s)?;
                (layout.duration_s, Some(seconds))
            }
        };
        let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
        seconds.ok_or((Rule::BadNumber, column))
    }
}
