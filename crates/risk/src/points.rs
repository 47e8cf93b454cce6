use erewhon_types::{CellIx, Error, Result};
use rayon::slice::ParallelSliceMut;

use crate::{People, people::Seen};

/// A cell in one time bin of the window: what an observer of a person can know.
///
/// Bin in the upper, cell in the lower 32 bits, so that the points of a bin are neighbours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point(u64);

impl Point {
    pub(crate) const fn new(bin: u32, cell: CellIx) -> Self {
        Self((bin as u64) << 32 | cell.0 as u64)
    }

    /// The point of a cell at an hour of the window, 24 a day.
    pub(crate) const fn at(hour: u32, bin_h: u16, cell: CellIx) -> Self {
        Self::new(Self::bin_of(hour, bin_h), cell)
    }

    /// The bin of an hour of the window, 24 a day.
    pub(crate) const fn bin_of(hour: u32, bin_h: u16) -> u32 {
        let bins_per_day = 24u16.div_ceil(bin_h) as u32;
        hour / 24 * bins_per_day + hour % 24 / bin_h as u32
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
            asked in (0u32..5, 0u32..4),
        ) {
            let traces = traces(&people);
            let postings = Postings::of(&traces);
            let asked = Point::new(asked.0, CellIx(asked.1));
            let there: Vec<u32> = (0..people.len())
                .filter(|&row| traces.row(row).contains(&asked))
                .map(|row| row as u32)
                .collect();
            prop_assert_eq!(postings.at(asked), &there[..]);
        }
    }

    #[test]
    fn refuses_bins_that_are_no_part_of_a_day() {
        assert!(Traces::new(0).is_err());
        assert!(Traces::new(25).is_err());
        assert!(Traces::new(24).is_ok());
    }
}
