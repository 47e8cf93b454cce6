use erewhon_geo::{CellTable, Nearness};
use erewhon_types::CellIx;
use rand::{Rng, RngExt};

/// Cells round a cell that are told apart; farther ones are too many to keep for each.
const KEPT: usize = 256;

/// The cells round each cell, the nearest first, and where each bin ends among them.
pub(crate) struct Rings<'a> {
    cells: &'a CellTable,
    nearness: Nearness,
    openness: Vec<u8>,
    near: Vec<Vec<CellIx>>,
    ends: Vec<Vec<usize>>,
}

impl<'a> Rings<'a> {
    pub(crate) fn new(cells: &'a CellTable, nearness: Nearness) -> Self {
        let all = (0..cells.len() as u32).map(CellIx);
        let near: Vec<Vec<CellIx>> = all.map(|cell| cells.nearest(cell, KEPT)).collect();
        let mut made = Self {
            cells,
            openness: nearness.openness(),
            nearness,
            near,
            ends: Vec::new(),
        };
        let ends = |(cell, near): (u32, &Vec<CellIx>)| -> Vec<usize> {
            let ends = 0..made.bins();
            ends.map(|bin| near.partition_point(|to| made.bin(CellIx(cell), *to) <= bin))
                .collect()
        };
        made.ends = (0..).zip(&made.near).map(ends).collect();
        made
    }

    /// Number of bins.
    pub(crate) const fn bins(&self) -> usize {
        self.nearness.bins()
    }

    /// The cells nearest to one, the nearest first.
    pub(crate) fn around(&self, cell: CellIx, count: usize) -> &[CellIx] {
        let near = &self.near[cell.index()];
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
    /// none but such as are taken.
    pub(crate) fn draw(
        &self,
        from: CellIx,
        bin: usize,
        people: &[f64],
        taken: impl Fn(CellIx) -> bool,
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let ends = &self.ends[from.index()];
        let start = bin.checked_sub(1).map_or(0, |before| ends[before]);
        let ring = &self.near[from.index()][start..ends[bin]];
        let weight = |cell: &CellIx| {
            if taken(*cell) {
                0.0
            } else {
                people[cell.index()]
            }
        };
        let total: f64 = ring.iter().map(weight).sum();
        let mut left = rng.random::<f64>() * total;
        let mut last = None;
        for cell in ring {
            let weight = weight(cell);
            if weight > 0.0 {
                last = Some(*cell);
                left -= weight;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }
}
