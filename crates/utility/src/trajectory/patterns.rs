use rayon::prelude::*;

use super::grid::Gridded;

/// Shortest and longest pattern, in cells.
const CELLS: [usize; 2] = [2, 8];
/// Bits of one cell of a pattern, which is its number and 1: fewer than 64 cells.
const BITS: usize = 6;
/// Patterns that are compared.
const TOP: usize = 100;

/// How often each run of 2 to 8 cells occurs in the walks.
pub(super) struct Patterns {
    /// Ascending; of the order of their cells, a pattern before those that go on from it.
    counts: Vec<(u64, u32)>,
    /// The most frequent, of those that tie the first.
    top: Vec<(u64, u32)>,
}

impl Patterns {
    /// Of a grid of fewer than 64 cells.
    pub(super) fn new(grid: &Gridded) -> Self {
        let mut all: Vec<u64> = grid.walks.iter().flat_map(|walk| runs(walk)).collect();
        all.par_sort_unstable();
        let counts: Vec<_> = all
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as u32))
            .collect();
        let mut top = counts.clone();
        top.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        top.truncate(TOP);
        Self { counts, top }
    }

    fn count(&self, pattern: u64) -> f64 {
        let at = self
            .counts
            .binary_search_by_key(&pattern, |&(other, _)| other);
        at.map_or(0.0, |at| f64::from(self.counts[at].1))
    }

    /// Share of the 100 most frequent real patterns that are among the 100 of the synthetic set. Where both
    /// have as many, that is their F1. Of fewer than 100 real patterns, their share.
    pub(super) fn f1(&self, synthetic: &Self) -> f64 {
        let shared =
            |(pattern, _): &&(u64, u32)| synthetic.top.iter().any(|(other, _)| other == pattern);
        self.top.iter().filter(shared).count() as f64 / self.top.len() as f64
    }

    /// Mean of `|real - scale · synthetic| / real` over the 100 most frequent real patterns.
    pub(super) fn support_error(&self, synthetic: &Self, scale: f64) -> f64 {
        let each = self.top.iter().map(|&(pattern, count)| {
            let real = f64::from(count);
            (real - scale * synthetic.count(pattern)).abs() / real
        });
        each.sum::<f64>() / self.top.len() as f64
    }
}

/// Every run of a walk, its cells from the highest bits down.
fn runs(walk: &[u16]) -> impl Iterator<Item = u64> {
    let [shortest, longest] = CELLS;
    (0..walk.len()).flat_map(move |from| {
        let mut run = 0;
        let cells = walk[from..].iter().take(longest).enumerate();
        cells.filter_map(move |(at, &cell)| {
            run |= (u64::from(cell) + 1) << (BITS * (longest - 1 - at));
            (at + 1 >= shortest).then_some(run)
        })
    })
}
