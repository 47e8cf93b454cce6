use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_events::{Event, EventKind, EventSource, History};
use erewhon_types::{Error, Kind, Result, Subscriber};

use crate::{
    Manifest, Period, Segment, range,
    segment::{self, Cursor, Opened},
    store,
};

/// Which fields of an event are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Time and cell; the other fields are those of `Event::at(time, cell, EventKind::Data)`.
    Places,
    /// Every field.
    All,
}

/// All events of a store as its manifest was, one subscriber at a time.
///
/// Each subscriber comes once with the whole history: what periods hold one after another is joined,
/// what loads of a period hold is merged, and rows equal in every field come once. It holds one page
/// of each column of each segment of a range, and one history.
#[derive(Clone)]
pub struct StoreSource {
    inner: Arc<Snapshot>,
    fields: Fields,
}

/// The subscribers of a contiguous part of the pseudonyms.
#[derive(Clone)]
pub struct RangeSource {
    inner: Arc<Snapshot>,
    fields: Fields,
    first: u64,
    last: u64,
}

#[derive(Clone)]
struct Snapshot {
    dir: PathBuf,
    manifest: Manifest,
    withdrawn: Arc<[u64]>,
}

impl StoreSource {
    pub(crate) fn new(dir: PathBuf, manifest: Manifest, withdrawn: Arc<[u64]>) -> Self {
        let inner = Snapshot {
            dir,
            manifest,
            withdrawn,
        };
        Self {
            inner: Arc::new(inner),
            fields: Fields::All,
        }
    }

    /// The directory and the manifest of what is read.
    pub(crate) fn held(&self) -> (&Path, &Manifest) {
        (&self.inner.dir, &self.inner.manifest)
    }

    /// Reads these fields alone; columns that nobody asked for are not decoded.
    #[must_use]
    pub const fn with_fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// Reads the periods alone that hold some of a span, from its first to before its second
    /// millisecond of UTC. A period is read whole.
    #[must_use]
    pub fn within(mut self, span_utc_ms: &Range<i64>) -> Self {
        let holds = |period: &Period| {
            let held = store::span_utc_ms(&period.window);
            // A window that can't be worked out is left to its reader.
            held.map_or(true, |held| {
                held.start < span_utc_ms.end && span_utc_ms.start < held.end
            })
        };
        if !self.inner.manifest.periods.iter().all(holds) {
            let mut inner = Snapshot::clone(&self.inner);
            inner.manifest.periods.retain(holds);
            self.inner = Arc::new(inner);
        }
        self
    }

    /// The source in parts of about equal size, ascending, to be read side by side.
    ///
    /// How many there are depends on the store alone, so that what is summed part by part is the
    /// same on every machine.
    pub fn ranges(&self) -> Vec<RangeSource> {
        let events = self.inner.manifest.segments().map(|s| s.events).sum();
        let parts = range::parts(events);
        let width = range::RANGES / parts;
        let part = |part: usize| RangeSource {
            inner: Arc::clone(&self.inner),
            fields: self.fields,
            first: range::first_bits(part * width),
            last: range::last_bits((part + 1) * width - 1),
        };
        (0..parts).map(part).collect()
    }
}

impl EventSource for StoreSource {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        self.ranges().iter().try_for_each(|part| part.visit(each))
    }
}

impl EventSource for RangeSource {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let mut periods = self.open()?;
        let mut events = Vec::new();
        let mut last: Option<Subscriber> = None;
        let cursors = |periods: &[Opening]| {
            let cursors = periods.iter().flat_map(|period| &period.cursors);
            cursors.filter_map(Cursor::subscriber).min()
        };
        while let Some(subscriber) = cursors(&periods) {
            events.clear();
            for period in &mut periods {
                // A segment that is not sorted would hand over a subscriber twice.
                if last >= Some(subscriber) {
                    return Err(period.changed(last));
                }
                period.take(subscriber, self.fields, &self.inner.withdrawn, &mut events)?;
            }
            last = Some(subscriber);
            if self
                .inner
                .withdrawn
                .binary_search(&subscriber.bits())
                .is_ok()
            {
                continue;
            }
            each(History {
                subscriber,
                events: &events,
            })?;
        }
        Ok(())
    }
}

impl RangeSource {
    /// Whether a file of the store may hold some of it.
    pub(crate) fn reads(&self, segment: &Segment) -> bool {
        let [first, last] = segment.ranges.map(usize::from);
        range::first_bits(first) <= self.last && self.first <= range::last_bits(last)
    }

    fn open(&self) -> Result<Vec<Opening>> {
        let mut periods = Vec::new();
        for period in &self.inner.manifest.periods {
            let merges = period.overlaps();
            // Whether two rows are equal is seen in all of their fields.
            let fields = if merges { Fields::All } else { self.fields };
            let mut cursors = Vec::new();
            for segment in &period.segments {
                if self.reads(segment) {
                    let opened = self.inner.open(segment)?;
                    cursors.push(opened.cursor(fields, self.first, self.last)?);
                }
            }
            periods.push(Opening { cursors, merges });
        }
        Ok(periods)
    }
}

impl Snapshot {
    fn open(&self, segment: &Segment) -> Result<Opened> {
        let path = self.dir.join(&segment.path);
        if let Some(opened) = Opened::open(&path, &segment.path)? {
            return match opened.events() == segment.events {
                true => Ok(opened),
                false => Err(segment::changed(&segment.path)),
            };
        }
        let now = store::read_manifest(&self.dir)?;
        let named = |now: &Manifest| now.segments().any(|other| other.path == segment.path);
        if now.as_ref().is_some_and(named) {
            return Err(segment::missing(&segment.path));
        }
        Err(
            Error::new(Kind::Resource, "the store was changed while it was read")
                .with_hint("run the same command again; it will read the store as it is now"),
        )
    }
}

/// The segments of one period.
struct Opening {
    cursors: Vec<Cursor>,
    merges: bool,
}

impl Opening {
    /// Appends a subscriber's events of the period, sorted, each once; who has withdrawn is nobody's
    /// other party.
    fn take(
        &mut self,
        subscriber: Subscriber,
        fields: Fields,
        withdrawn: &[u64],
        events: &mut Vec<Event>,
    ) -> Result<()> {
        let before = events.len();
        for cursor in &mut self.cursors {
            cursor.take(subscriber, events)?;
        }
        // Before equal rows are sought: a later load comes without these parties.
        for event in &mut events[before..] {
            event.peer = event
                .peer
                .filter(|peer| withdrawn.binary_search(&peer.get()).is_err());
        }
        if !self.merges {
            return Ok(());
        }
        let theirs = &mut events[before..];
        if !theirs.is_sorted_by(|a, b| a.order(b).is_lt()) {
            theirs.sort_unstable_by(Event::order);
            let mut merged = events.split_off(before);
            merged.dedup();
            events.append(&mut merged);
        }
        if fields == Fields::Places {
            for event in &mut events[before..] {
                *event = Event::at(event.time_utc_ms, event.cell, EventKind::Data);
            }
        }
        Ok(())
    }

    fn changed(&self, last: Option<Subscriber>) -> Error {
        let behind = |cursor: &&Cursor| cursor.subscriber() <= last;
        let name = self.cursors.iter().find(behind).map(Cursor::name);
        segment::changed(name.unwrap_or_default())
    }
}
