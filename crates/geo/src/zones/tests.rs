use proptest::prelude::*;

use super::*;
use crate::{Cell, Frame, GridSize, H3Resolution};

fn table(points: &[(f64, f64)]) -> CellTable {
    let cells = points.iter().enumerate();
    let cells = cells.map(|(i, &(x, y))| Cell::planar(i.to_string(), x, y));
    CellTable::new(Frame::Planar, cells.collect()).unwrap()
}

/// What every tree promises, whoever built it.
fn nests(tree: &ZoneTree, cells: &CellTable) {
    assert_eq!(tree.partition(0).zones(), 1);
    assert_eq!(tree.partition(tree.depth()).zones(), cells.len());
    for level in 0..tree.depth() {
        let (coarse, fine) = (tree.partition(level), tree.partition(level + 1));
        assert_eq!(fine.level(), level + 1);
        let mut next = 0;
        for zone in (0..coarse.zones() as u32).map(ZoneIx) {
            let children = tree.children(level, zone);
            assert_eq!(children.start, next);
            assert!(!children.is_empty());
            next = children.end;
            let mut below: Vec<CellIx> = children
                .flat_map(|child| fine.cells_of(ZoneIx(child)).to_vec())
                .collect();
            below.sort_unstable();
            assert_eq!(below, coarse.cells_of(zone));
            assert!(below.iter().all(|&cell| coarse.zone_of(cell) == zone));
        }
        assert_eq!(next as usize, fine.zones());
    }
    let last = tree.partition(tree.depth()).zones() as u32 - 1;
    assert!(tree.children(tree.depth(), ZoneIx(last)).is_empty());
}

proptest! {
    #[test]
    fn levels_nest_and_end_in_single_cells(
        points in prop::collection::vec((0.0..1e5f64, 0.0..1e5f64), 1..200),
        again in prop::collection::vec(0..200usize, 0..20),
    ) {
        let mut points = points;
        for which in again {
            points.push(points[which % points.len()]);
        }
        let cells = table(&points);
        let halves = ZoneTree::build(&cells);
        nests(&halves, &cells);
        for level in 0..=halves.depth() {
            prop_assert!(halves.partition(level).zones() <= 1 << level);
        }
        let sites = Sites::build(&cells, |_| None);
        let quarters = ZoneTree::quad(&cells, &sites);
        nests(&quarters, &cells);
        for level in 0..quarters.depth() {
            prop_assert!(quarters.partition(level).zones() <= 1 << (2 * u32::from(level)));
        }
    }

    /// The slow twin: a zone of the quadtree is a square worked out anew for its level.
    #[test]
    fn quarters_are_squares(
        points in prop::collection::vec((0.0..1e5f64, 0.0..1e5f64), 2..60), level in 1..8u8,
    ) {
        let cells = table(&points);
        let sites = Sites::build(&cells, |_| None);
        let tree = ZoneTree::quad(&cells, &sites);
        prop_assume!(level < tree.depth());
        let zones = tree.partition(level);
        let (low, high) = crate::flat::bounds(cells.plane_m().iter().copied());
        let side_m = (high.0 - low.0).max(high.1 - low.1) / f64::from(1 << level);
        let square = |(x, y): (f64, f64)| {
            let last = f64::from((1 << level) - 1);
            let step = |m: f64| (m / side_m).floor().min(last) as u32;
            (step(x - low.0), step(y - low.1))
        };
        for (a, p) in cells.plane_m().iter().enumerate() {
            for (b, q) in cells.plane_m().iter().enumerate() {
                let together = zones.zone_of(CellIx(a as u32)) == zones.zone_of(CellIx(b as u32));
                prop_assert_eq!(together, square(*p) == square(*q));
            }
        }
    }
}

#[test]
fn degenerate_networks_have_a_tree() {
    for points in [
        vec![(0.0, 0.0)],
        vec![(0.0, 0.0); 5],
        vec![(0.0, 0.0), (0.0, 3.0), (0.0, 900.0)],
    ] {
        let cells = table(&points);
        nests(
            &ZoneTree::quad(&cells, &Sites::build(&cells, |_| None)),
            &cells,
        );
        nests(&ZoneTree::build(&cells), &cells);
        nests(&ZoneTree::nested(&cells, &[]), &cells);
    }
}

#[test]
fn tessellations_make_levels() {
    let cells = (0..60).map(|i| {
        let (u, v) = (f64::from(i % 8), f64::from(i / 8));
        Cell::geographic(i.to_string(), 52.0 + v * 0.005, 10.0 + u * 0.007)
    });
    let cells = CellTable::new(Frame::Geographic, cells.collect()).unwrap();
    let coarse = Tessellation::h3(&cells, H3Resolution::new(6).unwrap()).unwrap();
    let fine = Tessellation::inspire(&cells, GridSize::Km1).unwrap();
    let tree = ZoneTree::nested(&cells, &[coarse.clone(), fine.clone()]);
    nests(&tree, &cells);
    assert_eq!(tree.depth(), 3);
    let (first, second) = (coarse.zones_of(&cells), fine.zones_of(&cells));
    for a in 0..60 {
        for b in 0..60 {
            let together = |level: u8| {
                let zones = tree.partition(level);
                zones.zone_of(CellIx(a)) == zones.zone_of(CellIx(b))
            };
            let (a, b) = (a as usize, b as usize);
            assert_eq!(together(1), first[a] == first[b]);
            assert_eq!(together(2), first[a] == first[b] && second[a] == second[b]);
        }
    }
}
