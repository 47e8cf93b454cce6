use std::{
    fs::{self, File},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use erewhon_events::{Event, settle};
use erewhon_types::{Error, Result, Subscriber, Window};
use rayon::prelude::*;

use crate::{
    Counts, Manifest, Segment,
    buffers::Buffers,
    disk, range,
    row::Row,
    segment::{Columns, Encoded, SegmentWriter},
};

/// Packed rows that a load holds in memory before it spills, unless told otherwise.
const MEMORY_BYTES: usize = 256 << 20;

/// Takes a load's events in any order and lands them as sorted segments.
///
/// Nothing of it is part of the store before [`crate::Store::commit`]. While it lives, nobody else
/// writes to the store.
pub struct Loader {
    target: Target,
    buffers: Buffers,
    /// Rows of small batches, which are filed together.
    waiting: Mutex<Vec<Row>>,
}

/// So many rows are filed together at the least; of fewer, a range gets too few to be read in one go.
const TOGETHER_ROWS: usize = 1 << 14;

/// Where a change writes, and what it must fit.
pub(crate) struct Target {
    pub(crate) dir: PathBuf,
    /// The manifest as it was when the lock was taken.
    pub(crate) manifest: Manifest,
    pub(crate) window: Window,
    pub(crate) window_utc_ms: Range<i64>,
    pub(crate) mapping_sha256: String,
    pub(crate) cells: usize,
    pub(crate) withdrawn: Arc<[u64]>,
    pub(crate) _lock: File,
}

/// Segments that are written and belong to nothing yet; dropped, they are removed.
pub struct Landed {
    pub(crate) target: Target,
    pub(crate) segments: Segments,
    pub(crate) counts: Counts,
    pub(crate) duplicates: u64,
}

impl Landed {
    /// Events and subscribers written.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Rows that were equal in every field to another one and were dropped.
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }
}

impl Loader {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            buffers: Buffers::new(&target.dir, MEMORY_BYTES),
            target,
            waiting: Mutex::default(),
        }
    }

    /// Holds about this many bytes of packed rows in memory, at 15 to 30 bytes a row.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.buffers = Buffers::new(&self.target.dir, bytes);
        self
    }

    /// The pseudonyms of who has withdrawn, ascending.
    pub fn withdrawn(&self) -> Arc<[u64]> {
        Arc::clone(&self.target.withdrawn)
    }

    /// Takes events in any order, from any thread. Those of the withdrawn are passed over.
    ///
    /// # Errors
    /// Internal, when an event lies outside window or cell table; resource, when the disk is full.
    pub fn push(&self, rows: &[Row]) -> Result<()> {
        let Target {
            window_utc_ms,
            cells,
            withdrawn,
            ..
        } = &self.target;
        let fits = |(_, event): &Row| {
            window_utc_ms.contains(&event.time_utc_ms) && event.cell.index() < *cells
        };
        if !rows.iter().all(fits) {
            return Err(Error::internal(
                "an event lies outside its window or cell table",
            ));
        }
        let stays = |(who, _): &&Row| withdrawn.binary_search(&who.bits()).is_err();
        let staying: Vec<Row>;
        let rows = if withdrawn.is_empty() {
            rows
        } else {
            staying = rows.iter().filter(stays).copied().collect();
            &staying
        };
        if rows.len() >= TOGETHER_ROWS {
            return self.buffers.push(rows);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(rows);
        if waiting.len() < TOGETHER_ROWS {
            return Ok(());
        }
        let together = std::mem::take(&mut *waiting);
        drop(waiting);
        self.buffers.push(&together)
    }

    /// Sorts, drops exact duplicates, has `each` clean one history after another, and writes
    /// segments, on all cores.
    ///
    /// A state is made by `init` for each row group and handed to `each` with the histories of that
    /// group, ascending; the states come back in the order of pseudonyms. The bytes written depend
    /// on the events alone, not on their order or the number of cores.
    ///
    /// # Errors
    /// What `each` fails with; internal, when `each` leaves events unsorted or outside window or
    /// cell table; resource, when the disk is full.
    pub fn land<S: Send>(
        self,
        init: impl Fn() -> S + Sync,
        each: impl Fn(&mut S, Subscriber, &mut Vec<Event>) -> Result<()> + Sync,
    ) -> Result<(Landed, Vec<S>)> {
        let Self {
            target,
            buffers,
            waiting,
        } = self;
        let waiting = waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        buffers.push(&waiting)?;
        let rows = buffers.rows();
        let (groups, segments) = range::cut(rows.iter().sum());
        let ranges = range::RANGES / groups;
        let sorter = Sorter {
            buffers: &buffers,
            window_utc_ms: &target.window_utc_ms,
            cells: target.cells,
            each: &each,
            rooms: Mutex::default(),
        };
        let sort = |group: usize| {
            let ranges = group * ranges..(group + 1) * ranges;
            if rows[ranges.clone()].iter().all(|&rows| rows == 0) {
                return Ok(None);
            }
            let mut state = init();
            let sorted = sorter.sort(ranges, &mut state)?;
            Ok(Some((group, sorted, state)))
        };
        let mut landing = Landing {
            segments: Segments::default(),
            target: &target,
            groups_per_segment: groups / segments,
            ranges_per_segment: range::RANGES / segments,
            open: None,
            counts: Counts {
                change: target.manifest.next_change,
                ..Counts::default()
            },
            duplicates: 0,
        };
        let mut states = Vec::new();
        let mut done = Vec::new();
        // One wave of groups is sorted while the one before is written.
        let wave = 2 * rayon::current_num_threads();
        for first in (0..groups).step_by(wave) {
            let next = first..(first + wave).min(groups);
            let (written, sorted) = rayon::join(
                || landing.write(std::mem::take(&mut done), &mut states),
                || next.into_par_iter().map(sort).collect::<Result<Vec<_>>>(),
            );
            written?;
            done = sorted?;
        }
        landing.write(done, &mut states)?;
        let (segments, counts, duplicates) = landing.finish()?;
        let landed = Landed {
            target,
            segments,
            counts,
            duplicates,
        };
        Ok((landed, states))
    }
}

/// Bits of a key below the pseudonym.
const KEY_BITS_BELOW: u32 = 76;

/// Makes row groups of what is in the buffers.
struct Sorter<'a, F> {
    buffers: &'a Buffers,
    window_utc_ms: &'a Range<i64>,
    cells: usize,
    each: &'a F,
    rooms: Mutex<Vec<Room>>,
}

/// What one thread sorts in; kept from group to group, for memory that is there is quicker than new
/// one.
#[derive(Default)]
struct Room {
    rows: Vec<Row>,
    keys: Vec<u128>,
    events: Vec<Event>,
    columns: Columns,
}

/// A row group and what is in it.
struct Sorted {
    encoded: Option<Encoded>,
    events: u64,
    subscribers: u64,
    duplicates: u64,
    /// First and last time.
    times_utc_ms: (i64, i64),
}

impl<F> Sorter<'_, F> {
    fn sort<S>(&self, ranges: Range<usize>, state: &mut S) -> Result<Sorted>
    where
        F: Fn(&mut S, Subscriber, &mut Vec<Event>) -> Result<()>,
    {
        let mut sorted = Sorted {
            encoded: None,
            events: 0,
            subscribers: 0,
            duplicates: 0,
            times_utc_ms: (i64::MAX, i64::MIN),
        };
        let taken = self.room().pop();
        let Room {
            mut rows,
            mut keys,
            mut events,
            mut columns,
        } = taken.unwrap_or_default();
        for range in ranges {
            rows.clear();
            self.buffers.take(range, &mut rows)?;
            keys.clear();
            keys.extend(rows.iter().zip(0..).map(|(row, at)| self.key(row, at)));
            keys.sort_unstable();
            for history in keys.chunk_by(|a, b| a >> KEY_BITS_BELOW == b >> KEY_BITS_BELOW) {
                let rows = history.iter().map(|&key| &rows[key as u32 as usize]);
                let Some((subscriber, _)) = rows.clone().next() else {
                    continue;
                };
                let subscriber = *subscriber;
                events.clear();
                events.extend(rows.map(|(_, event)| *event));
                sorted.duplicates += settle(&mut events);
                (self.each)(state, subscriber, &mut events)?;
                self.refuse_strays(&events)?;
                let (Some(first), Some(last)) = (events.first(), events.last()) else {
                    continue;
                };
                let (min, max) = &mut sorted.times_utc_ms;
                *min = (*min).min(first.time_utc_ms);
                *max = (*max).max(last.time_utc_ms);
                sorted.subscribers += 1;
                columns.extend(subscriber, &events);
            }
        }
        sorted.events = columns.len() as u64;
        if columns.len() > 0 {
            sorted.encoded = Some(Encoded::new(&columns)?);
        }
        columns.clear();
        self.room().push(Room {
            rows,
            keys,
            events,
            columns,
        });
        Ok(sorted)
    }

    fn room(&self) -> MutexGuard<'_, Vec<Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscriber, time and place of a row in one number, so that rows are put in order without being
    /// moved: 52 bits of the pseudonym, for its range has the others, 44 of milliseconds, which are
    /// 500 years, and 32 of the place.
    fn key(&self, (subscriber, event): &Row, place: u32) -> u128 {
        let since_ms = event.time_utc_ms - self.window_utc_ms.start;
        u128::from(subscriber.bits()) << KEY_BITS_BELOW
            | u128::from(since_ms.cast_unsigned()) << 32
            | u128::from(place)
    }

    /// No rule makes such events, so one that is here is a defect and must not be stored.
    fn refuse_strays(&self, events: &[Event]) -> Result<()> {
        let fits = |event: &Event| {
            self.window_utc_ms.contains(&event.time_utc_ms) && event.cell.index() < self.cells
        };
        let ascending = events.is_sorted_by(|a, b| a.order(b).is_lt());
        if ascending && events.iter().all(fits) {
            return Ok(());
        }
        Err(Error::internal(
            "a rule left events unsorted, twice, or outside their window or cell table",
        ))
    }
}

/// Writes row groups, in order, into segments.
struct Landing<'a> {
    target: &'a Target,
    groups_per_segment: usize,
    ranges_per_segment: usize,
    segments: Segments,
    open: Option<(usize, SegmentWriter, Segment)>,
    counts: Counts,
    duplicates: u64,
}

impl Landing<'_> {
    fn write<S>(
        &mut self,
        sorted: Vec<Option<(usize, Sorted, S)>>,
        states: &mut Vec<S>,
    ) -> Result<()> {
        for (group, sorted, state) in sorted.into_iter().flatten() {
            states.push(state);
            self.duplicates += sorted.duplicates;
            self.counts.events += sorted.events;
            self.counts.subscribers += sorted.subscribers;
            if let Some(encoded) = &sorted.encoded {
                self.append(group / self.groups_per_segment, encoded, &sorted)?;
            }
        }
        Ok(())
    }

    fn append(&mut self, index: usize, encoded: &Encoded, sorted: &Sorted) -> Result<()> {
        if self.open.as_ref().is_none_or(|(open, ..)| *open != index) {
            self.close()?;
            let first = index * self.ranges_per_segment;
            let last = first + self.ranges_per_segment - 1;
            self.open = Some(self.segments.create(self.target, index, [first, last])?);
        }
        if let Some((_, writer, segment)) = &mut self.open {
            writer.append(&self.target.dir.join(&segment.path), encoded)?;
            segment.events += sorted.events;
            segment.first_utc_ms = segment.first_utc_ms.min(sorted.times_utc_ms.0);
            segment.last_utc_ms = segment.last_utc_ms.max(sorted.times_utc_ms.1);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if let Some((_, writer, mut segment)) = self.open.take() {
            let path = self.target.dir.join(&segment.path);
            (segment.blake3, segment.size_bytes) = writer.finish(&path)?;
            // The names of the file and of both its directories must outlive a power cut.
            for path in path.ancestors().take(3) {
                disk::sync_parent(path)?;
            }
            self.segments.written.push(segment);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(Segments, Counts, u64)> {
        self.close()?;
        Ok((self.segments, self.counts, self.duplicates))
    }
}

/// The files of a change; removed with it unless they were kept.
#[derive(Default)]
pub(crate) struct Segments {
    paths: Vec<PathBuf>,
    written: Vec<Segment>,
}

impl Segments {
    fn create(
        &mut self,
        target: &Target,
        index: usize,
        ranges: [usize; 2],
    ) -> Result<(usize, SegmentWriter, Segment)> {
        let change = target.manifest.next_change;
        let name = name(&target.window, ranges[0], change)?;
        let path = target.dir.join(&name);
        disk::make_dir(path.parent().unwrap_or_else(|| Path::new(".")))?;
        self.paths.push(path.clone());
        let segment = Segment {
            path: name,
            change,
            ranges: ranges.map(|range| range as u16),
            first_utc_ms: i64::MAX,
            last_utc_ms: i64::MIN,
            events: 0,
            blake3: String::new(),
            size_bytes: 0,
        };
        Ok((index, SegmentWriter::create(&path)?, segment))
    }

    /// The files are the manifest's from now on.
    pub(crate) fn keep(mut self) {
        self.paths.clear();
    }

    pub(crate) fn written(&self) -> &[Segment] {
        &self.written
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        for path in &self.paths {
            // What can't be removed now is swept away by the next change.
            let _ = fs::remove_file(path);
        }
    }
}

/// `period=FIRST_Nd/range=RRRR/seg-FIRST_LAST-CHANGE.parquet`.
fn name(window: &Window, range: usize, change: u32) -> Result<String> {
    let days = jiff::Span::new().days(i64::from(window.days) - 1);
    let last_day = window
        .first_day
        .checked_add(days)
        .map_err(|_| Error::usage("the window ends outside the calendar's range"))?;
    let first = window.first_day.strftime("%Y%m%d");
    Ok(format!(
        "period={first}_{}d/range={range:04}/seg-{first}_{}-{change}.parquet",
        window.days,
        last_day.strftime("%Y%m%d"),
    ))
}
