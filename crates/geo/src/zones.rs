use erewhon_types::{CellIx, ZoneIx};

use crate::CellTable;

/// A binary tree of zones over the cells, made from public positions alone.
///
/// Each zone is cut at the median cell of its longer side, until zones are single cells. Because
/// cells stand denser where people are, equal numbers of cells are a fair public guess at equal
/// numbers of people.
#[derive(Clone, Debug)]
pub struct ZoneTree {
    /// `leaf_path[cell]`: the left/right turns from the root to the cell, first turn in the top bit.
    leaf_path: Vec<u32>,
    depth: u8,
}

/// One level of a [`ZoneTree`]: every cell belongs to one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    level: u8,
    zone_of: Vec<ZoneIx>,
    cells_of: Vec<Vec<CellIx>>,
}

/// Deepest tree: 2^20 zones, far beyond any national network.
const MAX_DEPTH: u8 = 20;

impl ZoneTree {
    /// Builds the tree of a cell table.
    pub fn build(cells: &CellTable) -> Self {
        let depth = (usize::BITS - (cells.len() - 1).leading_zeros()).min(u32::from(MAX_DEPTH));
        let mut tree = Self {
            leaf_path: vec![0; cells.len()],
            depth: depth as u8,
        };
        let mut order: Vec<usize> = (0..cells.len()).collect();
        tree.cut(cells.plane_m(), &mut order, 0, 0);
        tree
    }

    fn cut(&mut self, plane_m: &[(f64, f64)], order: &mut [usize], level: u8, path: u32) {
        if level == self.depth || order.len() == 1 {
            // A single cell keeps turning left, so that it has a place on every deeper level.
            let path = path << (self.depth - level);
            for &cell in order.iter() {
                self.leaf_path[cell] = path;
            }
            return;
        }
        let spread = |pick: fn(&(f64, f64)) -> f64| {
            let values = order.iter().map(|&c| pick(&plane_m[c]));
            let (low, high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            high - low
        };
        let east = spread(|p| p.0) >= spread(|p| p.1);
        let key = |c: usize| {
            if east {
                plane_m[c]
            } else {
                (plane_m[c].1, plane_m[c].0)
            }
        };
        order.sort_by(|&a, &b| key(a).partial_cmp(&key(b)).unwrap_or(a.cmp(&b)));
        let (left, right) = order.split_at_mut(order.len().div_ceil(2));
        self.cut(plane_m, left, level + 1, path << 1);
        self.cut(plane_m, right, level + 1, path << 1 | 1);
    }

    /// Number of levels below the root; at this level every zone is one cell.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// The partition at a level: at most 2^level zones. A level past the depth means the depth.
    pub fn partition(&self, level: u8) -> Partition {
        let level = level.min(self.depth);
        let shift = self.depth - level;
        let mut paths: Vec<u32> = self.leaf_path.iter().map(|path| path >> shift).collect();
        paths.sort_unstable();
        paths.dedup();
        let zone_of: Vec<ZoneIx> = self
            .leaf_path
            .iter()
            .map(|path| ZoneIx(paths.partition_point(|p| *p < path >> shift) as u32))
            .collect();
        let mut cells_of = vec![Vec::new(); paths.len()];
        for (cell, zone) in zone_of.iter().enumerate() {
            cells_of[zone.index()].push(CellIx(cell as u32));
        }
        Partition {
            level,
            zone_of,
            cells_of,
        }
    }
}

impl Partition {
    /// The level of the tree this partition stands on.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Number of zones.
    pub const fn zones(&self) -> usize {
        self.cells_of.len()
    }

    /// The zone of a cell.
    #[inline]
    pub fn zone_of(&self, cell: CellIx) -> ZoneIx {
        self.zone_of[cell.index()]
    }

    /// The cells of a zone.
    pub fn cells_of(&self, zone: ZoneIx) -> &[CellIx] {
        &self.cells_of[zone.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Frame};
    use proptest::prelude::*;

    fn table(points: &[(f64, f64)]) -> CellTable {
        let cells = points
            .iter()
            .enumerate()
            .map(|(i, &(x, y))| Cell::planar(i.to_string(), x, y))
            .collect();
        CellTable::new(Frame::Planar, cells).unwrap()
    }

    proptest! {
        #[test]
        fn levels_nest_and_end_in_single_cells(
            points in prop::collection::vec((0.0..1e5f64, 0.0..1e5f64), 1..200),
        ) {
            let cells = table(&points);
            let tree = ZoneTree::build(&cells);
            let finest = tree.partition(tree.depth());
            prop_assert_eq!(finest.zones(), cells.len());
            for level in 0..tree.depth() {
                let (coarse, fine) = (tree.partition(level), tree.partition(level + 1));
                prop_assert!(coarse.zones() <= fine.zones());
                prop_assert!(coarse.zones() <= 1 << level);
                for zone in 0..fine.zones() {
                    let of = fine.cells_of(ZoneIx(zone as u32));
                    let parent = coarse.zone_of(of[0]);
                    prop_assert!(of.iter().all(|&c| coarse.zone_of(c) == parent));
                }
            }
        }
    }
}
