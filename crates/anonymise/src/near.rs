use erewhon_geo::{CellTable, Sites};
use erewhon_types::CellIx;
use rstar::{RTree, primitives::GeomWithData};

/// Finds the mast nearest to any point of the table's plane.
pub(crate) struct Masts {
    sites: Sites,
    tree: RTree<GeomWithData<[f64; 2], usize>>,
}

impl Masts {
    pub(crate) fn new(cells: &CellTable) -> Self {
        let sites = Sites::build(cells, |c| cells.cell(c).site.as_deref());
        let points = sites.positions_m().iter().enumerate();
        let points = points.map(|(site, &(x, y))| GeomWithData::new([x, y], site));
        Self {
            tree: RTree::bulk_load(points.collect()),
            sites,
        }
    }

    /// The cells of the mast nearest to a point: one or more. Logarithmic in the number of masts.
    pub(crate) fn nearest(&self, (x, y): (f64, f64)) -> &[CellIx] {
        let found = self.tree.nearest_neighbor(&[x, y]).map_or(0, |at| at.data);
        &self.sites.cells_of()[found]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::technique::testing::cells;

    /// The slow twin: every cell's distance.
    #[test]
    fn the_nearest_mast_is_the_nearest() {
        let cells = cells();
        let masts = Masts::new(&cells);
        for step in 0..200 {
            let at = (
                f64::from(step % 17) * 613.0 - 4e3,
                f64::from(step) * 97.0 - 9e3,
            );
            let way = |&(x, y): &(f64, f64)| (x - at.0).hypot(y - at.1);
            let shortest = cells.plane_m().iter().map(way).fold(f64::MAX, f64::min);
            for cell in masts.nearest(at) {
                assert_eq!(way(&cells.plane_m()[cell.index()]), shortest);
            }
        }
    }
}
