use erewhon_types::CellIx;
use rayon::prelude::*;

use crate::CellTable;

/// How near a cell is to another, in bins of how many others are nearer still.
///
/// The same bin is a street away in a city and a valley away in the country. Told in places that are
/// nearer, how far people go differs much less between the two than it does in metres (Noulas and others,
/// PLoS ONE 7(5), 2012). It follows from the cell list alone. Making it takes time by the square of the
/// number of cells, memory by the number (`docs/scale.md`).
pub struct Nearness {
    upper_ranks: Vec<u32>,
    /// By cell and bin: as far as the cell of the upper rank.
    upper_m: Vec<f64>,
    /// By cell: the nearest others, [`kept`](Self::kept) of them.
    around: Vec<CellIx>,
    kept: usize,
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

    /// Bins that end at these ranks, which ascend; of each cell, the `kept` nearest others are kept.
    pub fn new(cells: &CellTable, upper_ranks: Vec<u32>, kept: usize) -> Self {
        let kept = kept.min(cells.len().saturating_sub(1));
        let look = |others: &mut Vec<Other>, from: u32| {
            look_round(cells, CellIx(from), &upper_ranks, kept, others)
        };
        let all = (0..cells.len() as u32).into_par_iter();
        let (upper_m, around): (Vec<_>, Vec<_>) = all.map_init(Vec::new, look).unzip();
        Self {
            upper_m: upper_m.concat(),
            around: around.concat(),
            upper_ranks,
            kept,
        }
    }

    /// Number of bins.
    pub const fn bins(&self) -> usize {
        self.upper_ranks.len()
    }

    /// The cells nearest to one, as many as are kept, the nearest first; of equally near ones that of the
    /// lower row.
    pub fn around(&self, cell: CellIx) -> &[CellIx] {
        &self.around[cell.index() * self.kept..][..self.kept]
    }

    /// How open the surroundings of each cell are: 0 for the third of cells with the nearest neighbours,
    /// 2 for that with the farthest.
    ///
    /// Cells with neighbours equally far are of one class, the one that the middle of them falls into. So
    /// a lattice, on which most cells are alike, is middling, and its rim is open.
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
        let class = |reach_m: &f64| {
            let nearer = sorted.partition_point(|other| other < reach_m);
            let not_farther = sorted.partition_point(|other| other <= reach_m);
            Self::OPEN * (nearer + not_farther) / (2 * sorted.len())
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

/// A cell with its distance in metres.
type Other = (f64, CellIx);

/// How far the cells of the upper ranks are, seen from one, and the nearest `kept`. `others` is room to
/// work in.
fn look_round(
    cells: &CellTable,
    from: CellIx,
    upper_ranks: &[u32],
    kept: usize,
    others: &mut Vec<Other>,
) -> (Vec<f64>, Vec<CellIx>) {
    let order = |a: &Other, b: &Other| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let all = (0..cells.len() as u32).map(CellIx);
    others.clear();
    others.extend(
        all.filter(|other| *other != from)
            .map(|other| (cells.distance_m(from, other), other)),
    );
    let mut upper_m = vec![f64::INFINITY; upper_ranks.len()];
    let among_kept = upper_ranks.partition_point(|rank| (*rank as usize) < kept);
    // From the farthest inwards: a selection leaves all that are nearer in front, for the next one.
    let mut front = others.len();
    for (upper_m, rank) in upper_m.iter_mut().zip(upper_ranks).skip(among_kept).rev() {
        let at = rank.saturating_sub(1) as usize;
        if at < front {
            let (_, (metres, _), _) = others[..front].select_nth_unstable_by(at, order);
            *upper_m = *metres;
            front = at + 1;
        }
    }
    others[..front].sort_unstable_by(order);
    for (upper_m, rank) in upper_m.iter_mut().zip(&upper_ranks[..among_kept]) {
        *upper_m = others[rank.saturating_sub(1) as usize].0;
    }
    let around = others[..kept].iter().map(|(_, other)| *other);
    (upper_m, around.collect())
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
        let nearness = Nearness::new(&cells, ranks, 6);
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
        let nearness = Nearness::new(&cells, Nearness::ranks(12), 6);
        let bins = (1..12).map(|to| nearness.bin(&cells, CellIx(0), CellIx(to)));
        assert_eq!(bins.collect::<Vec<_>>(), [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    }

    #[test]
    fn a_third_of_the_cells_is_in_the_open() {
        let line = (0..60).map(|i| Cell::planar(i.to_string(), 1.1_f64.powi(i), 0.0));
        let cells = CellTable::new(Frame::Planar, line.collect()).unwrap();
        let open = Nearness::new(&cells, Nearness::ranks(60), 6).openness();
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
            let nearness = Nearness::new(&cells, Nearness::ranks(cells.len()), 6);
            assert_eq!(nearness.bin(&cells, CellIx(0), CellIx(count as u32 - 1)), 0);
        }
    }

    /// A lattice, which has more ties than anything.
    fn lattice(side: u32) -> CellTable {
        let cell = |i: u32| {
            let (east_m, north_m) = (f64::from(i % side) * 100.0, f64::from(i / side) * 100.0);
            Cell::planar(i.to_string(), east_m, north_m)
        };
        CellTable::new(Frame::Planar, (0..side * side).map(cell).collect()).unwrap()
    }

    #[test]
    fn what_is_selected_is_what_sorting_all_gives() {
        let cells = lattice(9);
        let ranks = vec![1, 4, 11, 30, 79, 128];
        for kept in [1, 4, 6, 40, 200] {
            let nearness = Nearness::new(&cells, ranks.clone(), kept);
            for from in (0..81).map(CellIx) {
                let others = (0..81).map(CellIx).filter(|other| *other != from);
                let mut sorted: Vec<_> = others.map(|o| (cells.distance_m(from, o), o)).collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let around: Vec<CellIx> = sorted.iter().map(|other| other.1).take(kept).collect();
                assert_eq!(nearness.around(from), around);
                let upper = |rank: &u32| {
                    sorted
                        .get(*rank as usize - 1)
                        .map_or(f64::INFINITY, |o| o.0)
                };
                let upper_m: Vec<f64> = ranks.iter().map(upper).collect();
                assert_eq!(nearness.upper_m[from.index() * 6..][..6], upper_m);
            }
        }
    }

    #[test]
    fn cells_that_are_alike_are_middling_and_the_rim_of_a_lattice_is_open() {
        let open = Nearness::new(&lattice(12), Nearness::ranks(144), 6).openness();
        let rim = |i: usize| [i % 12, i / 12].iter().any(|at| [0, 11].contains(at));
        for (i, class) in open.into_iter().enumerate() {
            assert_eq!(class, if rim(i) { 2 } else { 1 }, "cell {i}");
        }
    }

    /// `CELLS=20000 cargo test --release -p erewhon-geo -- --ignored --nocapture speed`
    #[test]
    #[ignore = "a measurement; docs/scale.md has the command"]
    fn speed_of_many_cells() {
        let count: u32 = std::env::var("CELLS").map_or(600, |cells| cells.parse().unwrap());
        let cell = |i: u32| {
            let (x, y) = (f64::from(i) * 0.618_034, f64::from(i) * 0.754_878);
            Cell::planar(i.to_string(), x.fract() * 5e4, y.fract() * 5e4)
        };
        let cells = CellTable::new(Frame::Planar, (0..count).map(cell).collect()).unwrap();
        let begun = std::time::Instant::now();
        let made = Nearness::new(&cells, Nearness::ranks(cells.len()), 256);
        println!("{count} cells, {} bins: {:?}", made.bins(), begun.elapsed());
    }
}
