use erewhon_events::{Disclosed, Event};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Error, Result};
use rayon::slice::ParallelSliceMut;

use crate::{People, people::Seen};

/// A cell in one time bin of the window: what an observer of a person can know.
///
/// Bin in the upper, cell in the lower 32 bits, so that the points of a bin are neighbours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point(u64);

impl Point {
    const fn new(bin: u32, cell: CellIx) -> Self {
        Self((bin as u64) << 32 | cell.0 as u64)
    }

    /// The point of a cell at an hour of the window, 24 a day.
    pub(crate) const fn at(hour: u32, bin_h: u16, cell: CellIx) -> Self {
        let bins_per_day = 24u16.div_ceil(bin_h) as u32;
        Self::new(hour / 24 * bins_per_day + hour % 24 / bin_h as u32, cell)
    }

    /// The 64 bits, for hashing.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// The cell of a point.
    pub(crate) const fn cell(self) -> CellIx {
        CellIx(self.0 as u32)
    }

    pub(crate) const fn bin(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The points of each subscriber: distinct, ascending.
pub(crate) struct Traces {
    bin_h: u16,
    /// `starts[i]..starts[i + 1]` are the points of row `i`.
    starts: Vec<usize>,
    points: Vec<Point>,
}

impl Traces {
    /// No subscribers yet; local days are cut into bins of `bin_h` hours.
    pub(crate) fn new(bin_h: u16) -> Result<Self> {
        if !(1..=24).contains(&bin_h) {
            return Err(Error::usage(format!(
                "a time bin of `{bin_h}` hours is outside the allowed range 1 to 24"
            )));
        }
        Ok(Self {
            bin_h,
            starts: vec![0],
            points: Vec::new(),
        })
    }

    /// The points of a group.
    pub(crate) fn of(people: &People, bin_h: u16) -> Result<Self> {
        let mut traces = Self::new(bin_h)?;
        for row in 0..people.len() {
            let seen = people.of(row).iter();
            traces.add(
                seen.map(|seen| Point::at(seen.hour, bin_h, seen.cell))
                    .collect(),
            );
        }
        Ok(traces)
    }

    /// The distinct points of some events, ascending.
    pub(crate) fn points_of(events: &[Seen], bin_h: u16) -> Vec<Point> {
        let at = |seen: &Seen| Point::at(seen.hour, bin_h, seen.cell);
        let mut points: Vec<Point> = events.iter().map(at).collect();
        points.sort_unstable();
        points.dedup();
        points
    }

    fn add(&mut self, mut points: Vec<Point>) {
        points.sort_unstable();
        points.dedup();
        self.points.append(&mut points);
        self.starts.push(self.points.len());
    }

    /// Adds one subscriber. Events outside the window are left out.
    pub(crate) fn push(&mut self, calendar: &Calendar, events: &[Event]) {
        let at = |event: &Event| {
            let local = calendar.local(event.time_utc_ms)?;
            let hour = u32::from(local.day) * 24 + u32::from(local.hour());
            Some(Point::at(hour, self.bin_h, event.cell))
        };
        self.add(events.iter().filter_map(at).collect());
    }

    /// Number of subscribers.
    pub(crate) const fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The points of one subscriber.
    pub(crate) fn row(&self, row: usize) -> &[Point] {
        &self.points[self.starts[row]..self.starts[row + 1]]
    }
}

/// Traces turned round: who was at each point.
pub(crate) struct Postings {
    points: Vec<Point>,
    /// `starts[i]..starts[i + 1]` are the rows seen at `points[i]`, ascending.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Postings {
    pub(crate) fn of(traces: &Traces) -> Self {
        let pairs = (0..traces.len()).flat_map(|row| {
            traces
                .row(row)
                .iter()
                .map(move |&point| (point, row as u32))
        });
        Self::of_pairs(pairs.collect())
    }

    /// Every point at which each row may have been: all cells of a sample's place, all bins that its span
    /// meets.
    pub(crate) fn of_disclosed(
        disclosed: &Disclosed,
        public: &Public<'_>,
        bin_h: u16,
    ) -> Result<Self> {
        Traces::new(bin_h)?;
        let start = public.calendar.start_utc_ms();
        // Spans end within the window; its last hour is found by the second before.
        let hour_at = |s: u32| {
            let local = public.calendar.local(start + i64::from(s) * 1000)?;
            Some(u32::from(local.day) * 24 + u32::from(local.hour()))
        };
        let mut pairs = Vec::new();
        for (row, (_, samples)) in disclosed.rows().enumerate() {
            let begin = pairs.len();
            for sample in samples {
                let Some(first) = hour_at(sample.from_s) else {
                    continue;
                };
                let last = hour_at(sample.until_s - 1).unwrap_or(first);
                let mut before = None;
                for hour in first..=last {
                    for &cell in &disclosed.places()[sample.place as usize] {
                        let point = Point::at(hour, bin_h, cell);
                        if before != Some(point) {
                            pairs.push((point, row as u32));
                        }
                        before = Some(point);
                    }
                }
            }
            pairs[begin..].sort_unstable();
        }
        pairs.dedup();
        Ok(Self::of_pairs(pairs))
    }

    fn of_pairs(mut pairs: Vec<(Point, u32)>) -> Self {
        pairs.par_sort_unstable();
        pairs.dedup();
        let mut postings = Self {
            points: Vec::new(),
            starts: Vec::new(),
            rows: Vec::with_capacity(pairs.len()),
        };
        for (point, row) in pairs {
            if postings.points.last() != Some(&point) {
                postings.points.push(point);
                postings.starts.push(postings.rows.len());
            }
            postings.rows.push(row);
        }
        postings.starts.push(postings.rows.len());
        postings
    }

    fn rows_at(&self, entry: usize) -> &[u32] {
        &self.rows[self.starts[entry]..self.starts[entry + 1]]
    }

    /// The rows at a point, ascending.
    pub(crate) fn at(&self, point: Point) -> &[u32] {
        self.points
            .binary_search(&point)
            .map_or(&[], |entry| self.rows_at(entry))
    }

    /// Whether a subscriber was at a point.
    pub(crate) fn contains(&self, row: u32, point: Point) -> bool {
        self.at(point).binary_search(&row).is_ok()
    }

    /// The one subscriber who was at all these points; `None` where nobody was, or several were.
    pub(crate) fn only_match(&self, points: &[Point]) -> Option<u32> {
        let mut lists: Vec<&[u32]> = points.iter().map(|&point| self.at(point)).collect();
        lists.sort_unstable_by_key(|list| list.len());
        let (shortest, others) = lists.split_first()?;
        let mut found = shortest
            .iter()
            .filter(|row| others.iter().all(|list| list.binary_search(row).is_ok()));
        let only = found.next()?;
        found.next().is_none().then_some(*only)
    }

    /// The point with most subscribers in the bin of `point`; the lower cell where two are equal.
    pub(crate) fn busiest_beside(&self, point: Point) -> Option<Point> {
        let bin = point.bin();
        let from = self.points.partition_point(|p| p.bin() < bin);
        let to = self.points.partition_point(|p| p.bin() <= bin);
        let busiest = (from..to)
            .rev()
            .max_by_key(|&entry| self.rows_at(entry).len())?;
        self.points.get(busiest).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn traces(of: &[Vec<(u32, u32)>]) -> Traces {
        let mut traces = Traces::new(1).unwrap();
        for points in of {
            let mut points: Vec<Point> = points
                .iter()
                .map(|&(bin, cell)| Point::new(bin, CellIx(cell)))
                .collect();
            points.sort_unstable();
            points.dedup();
            traces.points.append(&mut points);
            traces.starts.push(traces.points.len());
        }
        traces
    }

    proptest! {
        #[test]
        fn postings_agree_with_a_walk_over_all_traces(
            people in prop::collection::vec(prop::collection::vec((0u32..4, 0u32..3), 0..8), 0..12),
            asked in prop::collection::vec((0u32..5, 0u32..4), 1..4),
        ) {
            let traces = traces(&people);
            let postings = Postings::of(&traces);
            let asked: Vec<Point> =
                asked.iter().map(|&(bin, cell)| Point::new(bin, CellIx(cell))).collect();
            let matching: Vec<u32> = (0..people.len())
                .filter(|&row| asked.iter().all(|p| traces.row(row).contains(p)))
                .map(|row| row as u32)
                .collect();
            let only = if let [one] = matching[..] { Some(one) } else { None };
            prop_assert_eq!(postings.only_match(&asked), only);
            for row in 0..people.len() {
                let seen = postings.contains(row as u32, asked[0]);
                prop_assert_eq!(seen, traces.row(row).contains(&asked[0]));
            }
            let crowd = |cell| {
                let point = Point::new(asked[0].bin(), CellIx(cell));
                (0..people.len()).filter(|&row| traces.row(row).contains(&point)).count()
            };
            let best = (0..3).rev().max_by_key(|&cell| crowd(cell)).filter(|&c| crowd(c) > 0);
            let best = best.map(|cell| Point::new(asked[0].bin(), CellIx(cell)));
            prop_assert!(postings.busiest_beside(asked[0]) == best);
        }
    }

    #[test]
    fn refuses_bins_that_are_no_part_of_a_day() {
        assert!(Traces::new(0).is_err());
        assert!(Traces::new(25).is_err());
        assert!(Traces::new(24).is_ok());
    }
}
