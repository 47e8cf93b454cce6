use erewhon_types::CellIx;

use crate::CellTable;

/// How near a cell is to another, in bins of how many others are nearer still.
///
/// The same bin is a street away in a city and a valley away in the country. Told in places that are
/// nearer, how far people go differs much less between the two than it does in metres (Noulas and others,
/// PLoS ONE 7(5), 2012). It follows from the cell list alone.
pub struct Nearness {
    upper_ranks: Vec<u32>,
    /// By cell and bin: as far as the cell of the upper rank.
    upper_m: Vec<f64>,
}

/// How much longer each bin is than the one before: by the ranks of Fibonacci's series.
const GROWTH: f64 = 1.618;

/// Surroundings are as open as the cell of this rank is far.
const OPEN_RANK: u32 = 6;

impl Nearness {
    /// Number of classes of openness.
    pub const OPEN: usize = 3;

    /// The ranks at which bins end among so many cells: 1, 3, 6, 10, 16, 26 and so on, the last taking all.
    pub fn ranks(cells: usize) -> Vec<u32> {
        let mut ranks = vec![1, 3, 6, 10];
        while ranks
            .last()
            .is_some_and(|rank| (*rank as usize) < cells.saturating_sub(1))
        {
            let last = ranks.last().copied().unwrap_or(1);
            ranks.push((f64::from(last) * GROWTH).round() as u32);
        }
        ranks
    }

    /// Bins that end at these ranks, which ascend.
    pub fn new(cells: &CellTable, upper_ranks: Vec<u32>) -> Self {
        let all = || (0..cells.len() as u32).map(CellIx);
        let mut upper_m = Vec::with_capacity(cells.len() * upper_ranks.len());
        let mut metres = Vec::with_capacity(cells.len());
        for cell in all() {
            metres.clear();
            let others = all().filter(|other| *other != cell);
            metres.extend(others.map(|other| cells.distance_m(cell, other)));
            metres.sort_unstable_by(f64::total_cmp);
            let upper = |rank: &u32| metres.get(rank.saturating_sub(1) as usize);
            upper_m.extend(
                upper_ranks
                    .iter()
                    .map(|rank| upper(rank).copied().unwrap_or(f64::INFINITY)),
            );
        }
        Self {
            upper_ranks,
            upper_m,
        }
    }

    /// Number of bins.
    pub const fn bins(&self) -> usize {
        self.upper_ranks.len()
    }

    /// How open the surroundings of each cell are: 0 for the third of cells with the nearest neighbours,
    /// 2 for that with the farthest. Cells that are as far as one another are of one class, the higher one.
    pub fn openness(&self) -> Vec<u8> {
        let at = self
            .upper_ranks
            .partition_point(|rank| *rank < OPEN_RANK)
            .min(self.bins() - 1);
        let reach_m: Vec<f64> = self
            .upper_m
            .iter()
            .skip(at)
            .step_by(self.bins())
            .copied()
            .collect();
        let mut sorted = reach_m.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let edge = |third: usize| sorted.get(third * sorted.len() / 3).copied();
        let edges = [edge(1), edge(2)];
        let class = |reach_m: &f64| {
            edges
                .iter()
                .flatten()
                .filter(|edge| *edge <= reach_m)
                .count()
        };
        reach_m.iter().map(|reach_m| class(reach_m) as u8).collect()
    }

    /// The bin of a cell, seen from another one. Cells that are equally far are in one bin.
    pub fn bin(&self, cells: &CellTable, from: CellIx, to: CellIx) -> usize {
        let metres = cells.distance_m(from, to);
        let upper_m = &self.upper_m[from.index() * self.bins()..][..self.bins()];
        upper_m
            .partition_point(|upper| *upper < metres)
            .min(self.bins() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Frame};

    #[test]
    fn bins_hold_as_many_cells_as_their_ranks_say() {
        // No two distances from a cell are the same.
        let line = (0..60).map(|i| Cell::planar(i.to_string(), 1.1_f64.powi(i), 0.0));
        let cells = CellTable::new(Frame::Planar, line.collect()).unwrap();
        let ranks = Nearness::ranks(cells.len());
        assert_eq!(ranks, [1, 3, 6, 10, 16, 26, 42, 68]);
        let nearness = Nearness::new(&cells, ranks);
        for from in (0..60).map(CellIx) {
            let mut counts = [0; 8];
            for to in (0..60).map(CellIx).filter(|to| *to != from) {
                counts[nearness.bin(&cells, from, to)] += 1;
            }
            assert_eq!(counts, [1, 2, 3, 4, 6, 10, 16, 17]);
        }
    }

    #[test]
    fn cells_of_one_site_are_in_one_bin() {
        let sites = (0..12).map(|i| Cell::planar(i.to_string(), f64::from(i / 3) * 100.0, 0.0));
        let cells = CellTable::new(Frame::Planar, sites.collect()).unwrap();
        let nearness = Nearness::new(&cells, Nearness::ranks(12));
        let bins = (1..12).map(|to| nearness.bin(&cells, CellIx(0), CellIx(to)));
        assert_eq!(bins.collect::<Vec<_>>(), [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    }

    #[test]
    fn a_third_of_the_cells_is_in_the_open() {
        let line = (0..60).map(|i| Cell::planar(i.to_string(), 1.1_f64.powi(i), 0.0));
        let cells = CellTable::new(Frame::Planar, line.collect()).unwrap();
        let open = Nearness::new(&cells, Nearness::ranks(60)).openness();
        assert!(open.is_sorted());
        assert_eq!(
            [0, 1, 2].map(|of| open.iter().filter(|o| **o == of).count()),
            [20, 20, 20]
        );
    }

    #[test]
    fn a_lone_cell_and_a_pair_have_bins() {
        for count in [1, 2] {
            let cells = (0..count).map(|i| Cell::planar(i.to_string(), f64::from(i), 0.0));
            let cells = CellTable::new(Frame::Planar, cells.collect()).unwrap();
            let nearness = Nearness::new(&cells, Nearness::ranks(cells.len()));
            assert_eq!(nearness.bin(&cells, CellIx(0), CellIx(count as u32 - 1)), 0);
        }
    }
}
