use std::ops::Range;

use erewhon_types::{CellIx, ZoneIx};

use crate::{CellTable, Sites, Tessellation};

/// A tree of zones over the cells, made from public knowledge alone.
///
/// Level 0 is one zone with every cell; each level splits zones of the one above, and on the last
/// every zone is one cell. Zones of a level are numbered so that those of one parent follow each
/// other. What a split means depends on the constructor; who measures along the tree need not know.
///
/// | built by | a zone is split | children |
/// |---|---|---|
/// | [`build`](Self::build) | at the median cell of its longer side | 2 |
/// | [`quad`](Self::quad) | into the quarters of its square | up to 4 |
/// | [`nested`](Self::nested) | by the next of some tessellations, for example admin levels | any |
#[derive(Clone, Debug)]
pub struct ZoneTree {
    levels: Vec<Partition>,
}

/// One level of a [`ZoneTree`]: every cell belongs to one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    level: u8,
    zone_of: Vec<ZoneIx>,
    cells_of: Vec<Vec<CellIx>>,
}

/// Deepest halving: 2^20 zones, far beyond any national network.
const MAX_DEPTH: u8 = 20;

impl ZoneTree {
    /// Cuts each zone at the median cell of its longer side, down to single cells: at most 2^level
    /// zones on a level.
    ///
    /// Because cells stand denser where people are, equal numbers of cells are a fair public guess
    /// at equal numbers of people.
    pub fn build(cells: &CellTable) -> Self {
        let depth = (usize::BITS - (cells.len() - 1).leading_zeros()).min(u32::from(MAX_DEPTH));
        let mut halving = Halving {
            paths: vec![0; cells.len()],
            depth: depth as u8,
        };
        let mut order: Vec<usize> = (0..cells.len()).collect();
        halving.cut(cells.plane_m(), &mut order, 0, 0);
        let paths = halving.paths;
        Self::of_levels(
            cells.len(),
            (0..depth)
                .rev()
                .map(|turns| paths.iter().map(|path| path >> turns & 1).collect()),
        )
    }

    /// Cuts the smallest square around the sites into quarters, those again, until no zone has two
    /// sites or squares are 2^-20 of the first; then into cells. A site on a line goes north or east.
    ///
    /// Squares say where people are at a known resolution; where sites stand apart, a level may
    /// split nothing.
    pub fn quad(cells: &CellTable, sites: &Sites) -> Self {
        let (low, high) = crate::flat::bounds(sites.positions_m().iter().copied());
        let side_m = (high.0 - low.0).max(high.1 - low.1);
        let whole = 1u32 << MAX_DEPTH;
        let steps = |m: f64| {
            let share = if side_m > 0.0 { m / side_m } else { 0.0 };
            ((share * f64::from(whole)) as u32).min(whole - 1)
        };
        let corners: Vec<(u32, u32)> = sites
            .positions_m()
            .iter()
            .map(|at| (steps(at.0 - low.0), steps(at.1 - low.1)))
            .collect();
        let depth = (0..MAX_DEPTH)
            .find(|level| {
                let shift = MAX_DEPTH - level;
                let mut squares: Vec<_> = corners
                    .iter()
                    .map(|c| (c.0 >> shift, c.1 >> shift))
                    .collect();
                squares.sort_unstable();
                squares.windows(2).all(|pair| pair[0] != pair[1])
            })
            .unwrap_or(MAX_DEPTH);
        let quarter = |level: u8| {
            let shift = MAX_DEPTH - level;
            let of = move |c: &(u32, u32)| (c.1 >> shift & 1) << 1 | (c.0 >> shift & 1);
            let of_site: Vec<u32> = corners.iter().map(of).collect();
            let rows = (0..cells.len()).map(|row| CellIx(row as u32));
            rows.map(|cell| of_site[sites.site_of(cell)]).collect()
        };
        Self::of_levels(cells.len(), (1..=depth).map(quarter))
    }

    /// Splits by tessellations, the coarsest first, then into cells. Cells outside all zones of a
    /// tessellation are one zone more, the last.
    ///
    /// Levels nest even where the tessellations do not: a zone that lies across two coarser ones is
    /// split at their border.
    pub fn nested(cells: &CellTable, levels: &[Tessellation]) -> Self {
        let zones = levels.iter().map(|level| {
            let zones = level.zones_of(cells).into_iter();
            zones
                .map(|zone| zone.map_or(u32::MAX, |zone| zone.0))
                .collect()
        });
        Self::of_levels(cells.len(), zones)
    }

    /// Levels from what splits a zone: by level and cell, a number that differs between siblings.
    fn of_levels(cells: usize, splits: impl Iterator<Item = Vec<u32>>) -> Self {
        let mut levels = vec![Partition::new(0, vec![ZoneIx(0); cells])];
        for split in splits.chain(std::iter::once((0..cells as u32).collect())) {
            let above = &levels[levels.len() - 1];
            if above.zones() == cells {
                break;
            }
            let keys: Vec<(ZoneIx, u32)> = above.zone_of.iter().copied().zip(split).collect();
            let mut zones = keys.clone();
            zones.sort_unstable();
            zones.dedup();
            let zone_of = keys
                .iter()
                .map(|key| ZoneIx(zones.partition_point(|zone| zone < key) as u32));
            levels.push(Partition::new(levels.len() as u8, zone_of.collect()));
        }
        Self { levels }
    }

    /// Number of levels below the root; at this level every zone is one cell.
    pub const fn depth(&self) -> u8 {
        (self.levels.len() - 1) as u8
    }

    /// The partition at a level. A level past the depth means the depth.
    pub fn partition(&self, level: u8) -> Partition {
        self.levels[usize::from(level.min(self.depth()))].clone()
    }

    /// The zones of the next level that a zone is split into, ascending without a gap; none on the
    /// last level. The zone must be one of the level.
    pub fn children(&self, level: u8, zone: ZoneIx) -> Range<u32> {
        let (above, below) = (usize::from(level), usize::from(level) + 1);
        let Some(below) = self.levels.get(below) else {
            return 0..0;
        };
        let parents = |ix: &Vec<CellIx>| self.levels[above].zone_of(ix[0]);
        let first = below.cells_of.partition_point(|of| parents(of) < zone);
        let last = below.cells_of.partition_point(|of| parents(of) <= zone);
        first as u32..last as u32
    }
}

/// Left and right turns from the root to each cell, the first turn in the top bit.
struct Halving {
    paths: Vec<u32>,
    depth: u8,
}

impl Halving {
    fn cut(&mut self, plane_m: &[(f64, f64)], order: &mut [usize], level: u8, path: u32) {
        if level == self.depth || order.len() == 1 {
            // A single cell keeps turning left, so that it has a place on every deeper level.
            let path = path << (self.depth - level);
            for &cell in order.iter() {
                self.paths[cell] = path;
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
}

impl Partition {
    fn new(level: u8, zone_of: Vec<ZoneIx>) -> Self {
        let zones = zone_of.iter().map(|zone| zone.index() + 1).max();
        let mut cells_of = vec![Vec::new(); zones.unwrap_or_default()];
        for (cell, zone) in zone_of.iter().enumerate() {
            cells_of[zone.index()].push(CellIx(cell as u32));
        }
        Self {
            level,
            zone_of,
            cells_of,
        }
    }

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
mod tests;
