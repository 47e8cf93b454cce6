use std::ops::Range;

use erewhon_geo::{CellTable, Nearness};
use erewhon_types::CellIx;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::sampler::{Sampler, Sums};

/// Cells round a cell that are kept in order; farther ones are too many to keep for each.
const KEPT: usize = 256;

/// A kept cell is drawn so often in the hope that it is not taken.
const NEAR_TRIES: usize = 16;

/// Where no cell is kept, one is drawn from all, a try for each so many of them; then all are looked at.
const CELLS_A_TRY: usize = 4;

/// Cells in bins of nearness, seen from any other, to be drawn by how many people live and work there.
pub(crate) struct Rings<'a> {
    cells: &'a CellTable,
    nearness: Nearness,
    openness: Vec<u8>,
    /// How many live and work in each cell.
    people: Vec<f64>,
    everybody: Option<Sampler>,
    around: Vec<Around>,
}

/// Of the cells kept round one: where each bin ends, and their people, summed up.
struct Around {
    ends: Vec<u16>,
    sums: Vec<f64>,
}

impl<'a> Rings<'a> {
    pub(crate) fn new(cells: &'a CellTable, upper_ranks: Vec<u32>, people: Vec<f64>) -> Self {
        let nearness = Nearness::new(cells, upper_ranks, KEPT);
        let around = |from: u32| {
            let near = nearness.around(CellIx(from));
            let end = |bin| {
                near.partition_point(|to| nearness.bin(cells, CellIx(from), *to) <= bin) as u16
            };
            let mut sum = 0.0;
            let sums = near.iter().map(|cell| {
                sum += people[cell.index()];
                sum
            });
            Around {
                sums: sums.collect(),
                ends: (0..nearness.bins()).map(end).collect(),
            }
        };
        let all = (0..cells.len() as u32).into_par_iter();
        Self {
            around: all.map(around).collect(),
            cells,
            openness: nearness.openness(),
            everybody: Sampler::new(people.iter().copied()),
            people,
            nearness,
        }
    }

    /// Number of bins.
    pub(crate) const fn bins(&self) -> usize {
        self.nearness.bins()
    }

    /// The cells nearest to one, the nearest first.
    pub(crate) fn around(&self, cell: CellIx, count: usize) -> &[CellIx] {
        let near = self.nearness.around(cell);
        &near[..count.min(near.len())]
    }

    pub(crate) fn openness(&self, cell: CellIx) -> usize {
        self.openness[cell.index()].into()
    }

    /// The bin of a cell, seen from another.
    pub(crate) fn bin(&self, from: CellIx, to: CellIx) -> usize {
        self.nearness.bin(self.cells, from, to)
    }

    /// A cell in a bin, seen from another, in proportion to its people; `None` where there is
    /// nobody but in such as are taken. The `past` nearest cells must be taken.
    pub(crate) fn draw(
        &self,
        (from, past): (CellIx, usize),
        bin: usize,
        taken: impl Fn(CellIx) -> bool,
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let Around { ends, sums } = &self.around[from.index()];
        let end = usize::from(ends[bin]);
        if end == sums.len() && end + 1 < self.cells.len() {
            return self.draw_far(from, bin, taken, rng);
        }
        let start = bin.checked_sub(1).map_or(0, |before| ends[before].into());
        self.draw_near(from, start.max(past).min(end)..end, taken, rng)
    }

    /// One of the kept cells.
    fn draw_near(
        &self,
        from: CellIx,
        at: Range<usize>,
        taken: impl Fn(CellIx) -> bool,
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let sums = &self.around[from.index()].sums;
        let before = at.start.checked_sub(1).map_or(0.0, |last| sums[last]);
        let (ring, sums) = (&self.nearness.around(from)[at.clone()], &sums[at]);
        let people = sums.last()? - before;
        if people <= 0.0 {
            return None;
        }
        for _ in 0..NEAR_TRIES {
            let drawn = before + rng.random::<f64>() * people;
            // Rounding may put it on the last sum, which is nobody's.
            let cell = ring.get(sums.partition_point(|sum| *sum <= drawn));
            if let Some(cell) = cell.filter(|cell| !taken(**cell)) {
                return Some(*cell);
            }
        }
        self.among(ring.iter().copied().filter(|cell| !taken(*cell)), rng)
    }

    /// Any cell of a bin that is not kept whole.
    fn draw_far(
        &self,
        from: CellIx,
        bin: usize,
        taken: impl Fn(CellIx) -> bool,
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let fits = |cell: &CellIx| *cell != from && self.bin(from, *cell) == bin && !taken(*cell);
        let everybody = self.everybody.as_ref()?;
        for _ in 0..self.people.len() / CELLS_A_TRY {
            let cell = CellIx(everybody.draw(rng) as u32);
            if fits(&cell) {
                return Some(cell);
            }
        }
        let all = (0..self.people.len() as u32).map(CellIx);
        self.among(all.filter(fits), rng)
    }

    /// One of some cells, which are all looked at.
    fn among(&self, cells: impl Iterator<Item = CellIx>, rng: &mut impl Rng) -> Option<CellIx> {
        let cells: Vec<CellIx> = cells.collect();
        let people = Sums::new(cells.iter().map(|cell| self.people[cell.index()]))?;
        Some(cells[people.draw(rng)])
    }
}

#[cfg(test)]
mod tests;
