use std::sync::Arc;

use erewhon_types::CellIx;

use crate::{Footprints, Reach};

/// Which cells reach places in common. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlaps {
    /// For each cell the others it overlaps with, ascending.
    of: Vec<Vec<CellIx>>,
}

impl Overlaps {
    /// As they are told: pairs of cells, of so many; each pair holds both ways.
    pub fn new(cells: usize, pairs: impl IntoIterator<Item = (CellIx, CellIx)>) -> Self {
        let mut of = vec![Vec::new(); cells];
        for (a, b) in pairs {
            of[a.index()].push(b);
            of[b.index()].push(a);
        }
        for others in &mut of {
            others.sort_unstable();
            others.dedup();
        }
        Self { of }
    }

    /// Cells whose footprints, each wider by `buffer_m` metres, touch.
    ///
    /// multimno, with 100 m, takes the hulls of footprints (concave, ratio .5) instead of the footprints.
    pub fn of_footprints(footprints: &Arc<Footprints>, buffer_m: f64) -> Self {
        let mut reach = Reach::over(footprints);
        let covered: Vec<CellIx> = footprints.covered().collect();
        let mut pairs = Vec::new();
        for (at, a) in covered.iter().enumerate() {
            for b in &covered[at + 1..] {
                if reach
                    .distance_m(*a, *b)
                    .is_some_and(|metres| metres <= 2.0 * buffer_m)
                {
                    pairs.push((*a, *b));
                }
            }
        }
        Self::new(footprints.cells(), pairs)
    }

    /// The cells that a cell overlaps with, ascending, without itself.
    pub fn of(&self, cell: CellIx) -> &[CellIx] {
        self.of.get(cell.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a cell is or overlaps each of some cells, of which there must be one.
    pub fn all_overlap(&self, cells: &[CellIx], with: CellIx) -> bool {
        let near = |cell: &CellIx| *cell == with || self.of(with).binary_search(cell).is_ok();
        !cells.is_empty() && cells.iter().all(near)
    }
}
