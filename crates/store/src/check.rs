use std::{collections::BTreeSet, ops::Range, path::Path};

use erewhon_types::{Error, Kind, Result};
use rayon::prelude::*;

use crate::{
    Fields, Manifest, Period, RangeSource, Segment, Store, StoreSource, disk, range,
    row::{self, Row},
    segment::{self, Opened, bounds},
    store::span_utc_ms,
    sweep,
};

/// What a check saw of a store that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Files of events.
    pub segments: usize,
    /// Files that a crashed change left; they belong to nothing, and the next change removes them.
    pub strays: usize,
}

impl Store {
    /// Reads everything: checksums, the order of rows, ranges, codes, cells and times, the files'
    /// own statistics, and counts.
    ///
    /// # Errors
    /// Data, when anything is not what was committed; the message names the first such file.
    pub fn check(&self) -> Result<Checked> {
        let manifest = self.filled()?;
        let files = Files {
            dir: &self.dir,
            cells: self.cells()?.len(),
        };
        files.check(manifest, &BTreeSet::new())?;
        Ok(Checked {
            segments: manifest.segments().count(),
            strays: sweep::strays(&self.dir, manifest)?.len(),
        })
    }
}

impl StoreSource {
    /// As [`Store::check`], of the files alone that are read here, but for those whose paths are known to
    /// be right; then all of them are. `cells` is the length of the cell table.
    ///
    /// # Errors
    /// As [`Store::check`].
    pub fn check(&self, cells: usize, known: &mut BTreeSet<String>) -> Result<()> {
        let (dir, manifest) = self.held();
        Files { dir, cells }.check(manifest, known)?;
        known.extend(manifest.segments().map(|segment| segment.path.clone()));
        Ok(())
    }
}

impl StoreSource {
    /// As [`StoreSource::check`], of the files alone that hold some of these parts of it.
    ///
    /// # Errors
    /// As [`Store::check`].
    pub fn check_parts(
        &self,
        parts: &[RangeSource],
        cells: usize,
        known: &mut BTreeSet<String>,
    ) -> Result<()> {
        let (dir, manifest) = self.held();
        let (read, others): (Vec<_>, Vec<_>) = manifest
            .segments()
            .partition(|segment| parts.iter().any(|part| part.reads(segment)));
        let others = others.iter().map(|segment| segment.path.clone());
        let passed = known.iter().cloned().chain(others).collect();
        Files { dir, cells }.check(manifest, &passed)?;
        known.extend(read.iter().map(|segment| segment.path.clone()));
        Ok(())
    }
}

/// Where the files of a manifest lie, and how many cells they may name.
struct Files<'a> {
    dir: &'a Path,
    cells: usize,
}

impl Files<'_> {
    fn check(&self, manifest: &Manifest, known: &BTreeSet<String>) -> Result<()> {
        check_manifest(manifest)?;
        for period in &manifest.periods {
            let window = span_utc_ms(&period.window)?;
            let segments = period.segments.par_iter();
            let outcomes: Vec<Result<()>> = segments
                .filter(|segment| !known.contains(&segment.path))
                .map(|segment| self.check_segment(segment, &window))
                .collect();
            outcomes.into_iter().collect::<Result<()>>()?;
        }
        Ok(())
    }

    fn check_segment(&self, segment: &Segment, window: &Range<i64>) -> Result<()> {
        let changed = || segment::changed(&segment.path);
        let missing = || segment::missing(&segment.path);
        let path = self.dir.join(&segment.path);
        if disk::blake3_of(&path).map_err(|_| missing())? != segment.blake3 {
            return Err(changed());
        }
        let open = || Opened::open(&path, &segment.path)?.ok_or_else(missing);
        let groups = open()?;
        let mut groups = groups.groups().iter();
        let mut cursor = open()?.cursor(Fields::All, 0, u64::MAX)?;
        let ([first, last], mut events) = (segment.ranges.map(usize::from), Vec::new());
        let (mut whole, mut of_group, mut group) = (Seen::default(), Seen::default(), None);
        while let Some(subscriber) = cursor.subscriber() {
            if !(first..=last).contains(&range::of(subscriber)) {
                return Err(changed());
            }
            events.clear();
            cursor.take(subscriber, &mut events)?;
            for &event in &events {
                let inside = window.contains(&event.time_utc_ms) && event.cell.index() < self.cells;
                let row = (subscriber, event);
                if !inside || !whole.add(row) || !of_group.add(row) {
                    return Err(changed());
                }
            }
            // A history never crosses the border of a row group.
            let here = *group.get_or_insert_with(|| groups.next());
            let here = here.ok_or_else(changed)?;
            if of_group.events >= here.num_rows().unsigned_abs() {
                let stated = (
                    here.num_rows().unsigned_abs(),
                    bounds(here, 0),
                    bounds(here, 1),
                );
                if stated != of_group.facts() {
                    return Err(changed());
                }
                (of_group, group) = (Seen::default(), None);
            }
        }
        let times = Some((segment.first_utc_ms, segment.last_utc_ms));
        let (events, _, seen_times) = whole.facts();
        if group.is_none()
            && groups.next().is_none()
            && (events, seen_times) == (segment.events, times)
        {
            return Ok(());
        }
        Err(changed())
    }
}

/// The smallest and the largest, where there is any.
type Bounds = Option<(i64, i64)>;

/// What the rows so far come to.
#[derive(Default)]
struct Seen {
    events: u64,
    first_and_last: Option<(Row, Row)>,
    times_utc_ms: Option<(i64, i64)>,
}

impl Seen {
    /// Takes the next row; false when it is not above the one before.
    fn add(&mut self, row: Row) -> bool {
        let time = row.1.time_utc_ms;
        let (first, ascends) = match &self.first_and_last {
            Some((first, last)) => (*first, row::order(last, &row).is_lt()),
            None => (row, true),
        };
        self.first_and_last = Some((first, row));
        let (min, max) = self.times_utc_ms.unwrap_or((time, time));
        self.times_utc_ms = Some((min.min(time), max.max(time)));
        self.events += 1;
        ascends
    }

    /// Rows, and the smallest and largest subscriber and time, as a file states them.
    fn facts(&self) -> (u64, Bounds, Bounds) {
        let bits = |row: &Row| row.0.bits().cast_signed();
        let subscribers = self
            .first_and_last
            .as_ref()
            .map(|(a, b)| (bits(a), bits(b)));
        (self.events, subscribers, self.times_utc_ms)
    }
}

/// Whether periods and segments are in order, and the segments of a change hold what it wrote.
fn check_manifest(manifest: &Manifest) -> Result<()> {
    let mut end_utc_ms = i64::MIN;
    for period in &manifest.periods {
        let window = span_utc_ms(&period.window)?;
        let ascends = period
            .segments
            .windows(2)
            .all(|two| (two[0].change, two[0].ranges[1]) < (two[1].change, two[1].ranges[0]));
        if window.start < end_utc_ms || !ascends || !counts_agree(period) {
            return Err(
                Error::new(Kind::Data, "the store's manifest contradicts itself")
                    .with_hint("restore `manifest.json` from a copy, or ingest into a new store"),
            );
        }
        end_utc_ms = window.end;
    }
    Ok(())
}

/// A compaction writes all of a period; loads after it add to that.
fn counts_agree(period: &Period) -> bool {
    let compacted = period.compacted.iter().copied();
    let since = period.compacted.map_or(0, |counts| counts.change);
    let loads = period.loads.iter().map(|load| load.counts);
    let mut written = compacted.chain(loads.filter(|counts| counts.change > since));
    let in_segments = |change: u32| {
        let of_change = period.segments.iter().filter(|s| s.change == change);
        of_change.map(|segment| segment.events).sum::<u64>()
    };
    let total: u64 = period.segments.iter().map(|segment| segment.events).sum();
    let mut sum = 0_u64;
    written.all(|counts| {
        sum = sum.saturating_add(counts.events);
        in_segments(counts.change) == counts.events
    }) && sum == total
}
