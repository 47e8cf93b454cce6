use std::sync::Arc;

use erewhon_types::CellIx;

use crate::{Footprints, Reach, TILE_M};

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
        let covered: Vec<(CellIx, Bounds)> = footprints
            .covered()
            .map(|cell| (cell, Bounds::of(footprints, cell)))
            .collect();
        let least_m = 2.0 * buffer_m;
        let mut pairs = Vec::new();
        for (at, (a, bounds)) in covered.iter().enumerate() {
            for (b, others) in &covered[at + 1..] {
                // Most of a country is too far away to be worth a closer look.
                let near = bounds.apart_m(others) <= least_m;
                if near
                    && reach
                        .distance_m(*a, *b)
                        .is_some_and(|metres| metres <= least_m)
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

/// The least and the largest east and north of a footprint's tiles, in sides.
struct Bounds {
    low: [u16; 2],
    high: [u16; 2],
}

impl Bounds {
    fn of(footprints: &Footprints, cell: CellIx) -> Self {
        let mut bounds = Self {
            low: [u16::MAX; 2],
            high: [0; 2],
        };
        for (tile, _) in footprints.of(cell) {
            let tile = footprints.tiles()[*tile as usize];
            for (axis, at) in [tile.east(), tile.north()].into_iter().enumerate() {
                bounds.low[axis] = bounds.low[axis].min(at);
                bounds.high[axis] = bounds.high[axis].max(at);
            }
        }
        bounds
    }

    /// Metres on the axis on which they are further apart: no more than the footprints are.
    fn apart_m(&self, other: &Self) -> f64 {
        let gap = |axis: usize| {
            let after = other.low[axis].saturating_sub(self.high[axis]);
            after.max(self.low[axis].saturating_sub(other.high[axis]))
        };
        f64::from(gap(0).max(gap(1))) * TILE_M
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tile;

    #[test]
    fn cells_overlap_within_both_buffers() {
        let tile = |cell: u32, east: u16, north: u16| (CellIx(cell), Tile::new(east, north), 1.0);
        // 100 m, 200 m, 100 · √2 m and 300 m from the first; one has no footprint.
        let rows = vec![
            tile(0, 10, 10),
            tile(1, 11, 10),
            tile(2, 8, 10),
            tile(3, 11, 9),
            tile(5, 90, 10),
        ];
        let found = Overlaps::of_footprints(&Arc::new(Footprints::new(6, rows).unwrap()), 100.0);
        assert_eq!(found.of(CellIx(0)), [CellIx(1), CellIx(2), CellIx(3)]);
        assert_eq!(found.of(CellIx(4)), []);
        assert!(found.all_overlap(&[CellIx(0), CellIx(1)], CellIx(1)));
        assert!(!found.all_overlap(&[CellIx(0), CellIx(5)], CellIx(0)));
        assert!(!found.all_overlap(&[], CellIx(0)));
        // A cell that nobody has heard of overlaps with itself alone.
        assert!(found.all_overlap(&[CellIx(9)], CellIx(9)));
    }
}
