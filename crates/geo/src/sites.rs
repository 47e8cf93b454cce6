use std::collections::HashMap;

use erewhon_types::CellIx;

use crate::{CellTable, flat::Point};

/// Cells this close to each other stand on one site.
const SAME_SITE_M: f64 = 1.0;

/// The places where the cells of a table are mounted.
///
/// Two cells are on one site when they are at most a metre apart on the table's plane or carry the
/// same site id, and so are cells that a chain of such pairs connects. A site stands where its first
/// cell stands, so two sites are always more than a metre apart; sites are numbered by first cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Sites {
    positions_m: Vec<Point>,
    cells_of: Vec<Vec<CellIx>>,
    site_of: Vec<usize>,
}

impl Sites {
    /// The sites of a table. `site_id` is the operator's id of a cell's site, where it is known.
    pub fn build<'a>(cells: &CellTable, site_id: impl Fn(CellIx) -> Option<&'a str>) -> Self {
        let mut first = Chains((0..cells.len()).collect());
        let mut named = HashMap::new();
        // Cells in one square of 0.7 m are within a metre; others may be, two squares away or less.
        let side_m = SAME_SITE_M * 0.7;
        let square = |p: Point| ((p.0 / side_m).floor() as i64, (p.1 / side_m).floor() as i64);
        let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
        for (row, &at) in cells.plane_m().iter().enumerate() {
            if let Some(id) = site_id(CellIx(row as u32)) {
                first.join(row, *named.entry(id).or_insert(row));
            }
            squares.entry(square(at)).or_default().push(row);
        }
        let near = |a: usize, b: usize| {
            let (p, q) = (cells.plane_m()[a], cells.plane_m()[b]);
            (p.0 - q.0).hypot(p.1 - q.1) <= SAME_SITE_M
        };
        for (&(column, row), here) in &squares {
            for &cell in &here[1..] {
                first.join(here[0], cell);
            }
            for (dx, dy) in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy))) {
                let there = (column.saturating_add(dx), row.saturating_add(dy));
                let Some(there) = squares.get(&there).filter(|_| (dx, dy) > (0, 0)) else {
                    continue;
                };
                let mut pairs = here
                    .iter()
                    .flat_map(|&a| there.iter().map(move |&b| (a, b)));
                if let Some((a, b)) = pairs.find(|&(a, b)| near(a, b)) {
                    first.join(a, b);
                }
            }
        }
        let mut sites = Self {
            positions_m: Vec::new(),
            cells_of: Vec::new(),
            site_of: Vec::with_capacity(cells.len()),
        };
        for (row, &at) in cells.plane_m().iter().enumerate() {
            let head = first.of(row);
            if head == row {
                sites.positions_m.push(at);
                sites.cells_of.push(Vec::new());
            }
            // A chain's first cell is its head, so the head's site is there already.
            let site = if head == row {
                sites.positions_m.len() - 1
            } else {
                sites.site_of[head]
            };
            sites.cells_of[site].push(CellIx(row as u32));
            sites.site_of.push(site);
        }
        sites
    }

    /// Number of sites, at least one.
    pub const fn len(&self) -> usize {
        self.positions_m.len()
    }

    /// Never true: a table has at least one cell.
    pub const fn is_empty(&self) -> bool {
        self.positions_m.is_empty()
    }

    /// Metres east and north of the table's centre, by site.
    pub fn positions_m(&self) -> &[(f64, f64)] {
        &self.positions_m
    }

    /// The cells of every site, in row order.
    pub fn cells_of(&self) -> &[Vec<CellIx>] {
        &self.cells_of
    }

    /// The site of a cell. The index must come from the table.
    pub fn site_of(&self, cell: CellIx) -> usize {
        self.site_of[cell.index()]
    }
}

/// Disjoint sets of rows, each headed by its smallest.
struct Chains(Vec<usize>);

impl Chains {
    fn of(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Cell, Frame};

    fn table(points: &[Point]) -> CellTable {
        let cell = |(i, &(x, y)): (usize, &Point)| Cell::planar(i.to_string(), x, y);
        CellTable::new(Frame::Planar, points.iter().enumerate().map(cell).collect()).unwrap()
    }

    #[test]
    fn a_metre_or_a_name_makes_a_site() {
        let cells = table(&[(0.0, 0.0), (0.9, 0.0), (1.8, 0.0), (9.0, 9.0), (50.0, 0.0)]);
        let apart = Sites::build(&cells, |_| None);
        assert_eq!((apart.len(), apart.site_of(CellIx(2))), (3, 0));
        let names = [None, None, Some("mast"), None, Some("mast")];
        let sites = Sites::build(&cells, |cell| names[cell.index()]);
        assert_eq!(sites.len(), 2);
        assert_eq!(sites.cells_of()[0], [0, 1, 2, 4].map(CellIx));
        assert_eq!(sites.positions_m()[0], cells.plane_m()[0]);
    }

    proptest! {
        /// The slow twin: join every pair until nothing changes.
        #[test]
        fn agrees_with_looking_at_every_pair(
            points in prop::collection::vec((0..16i32, 0..16i32, 0..12usize), 1..40),
        ) {
            let places: Vec<Point> =
                points.iter().map(|p| (f64::from(p.0) * 0.3, f64::from(p.1) * 0.3)).collect();
            let cells = table(&places);
            let ids = ["a", "b", "c"];
            let id = |cell: CellIx| ids.get(points[cell.index()].2).copied();
            let plane_m = cells.plane_m();
            let mut label: Vec<usize> = (0..points.len()).collect();
            for _ in 0..points.len() {
                for a in 0..points.len() {
                    for b in 0..points.len() {
                        let (p, q) = (plane_m[a], plane_m[b]);
                        let named = id(CellIx(a as u32)).zip(id(CellIx(b as u32)));
                        if (p.0 - q.0).hypot(p.1 - q.1) <= 1.0
                            || named.is_some_and(|(a, b)| a == b)
                        {
                            label[a] = label[a].min(label[b]);
                        }
                    }
                }
            }
            let sites = Sites::build(&cells, id);
            for (row, label) in label.into_iter().enumerate() {
                let head = sites.cells_of()[sites.site_of(CellIx(row as u32))][0];
                prop_assert_eq!(head.index(), label);
            }
        }
    }
}
