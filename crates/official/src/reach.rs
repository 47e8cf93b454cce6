use std::{collections::HashMap, sync::Arc};

use erewhon_types::CellIx;
use foldhash::fast::FixedState;

use crate::{Footprints, Tile, tile::TILE_M};

/// How far footprints are from each other: the distance between the centres of their nearest tiles.
///
/// multimno takes the distance between concave hulls of the centres (ratio .8), which fill dents and
/// holes and so may be nearer. Each worker has its own, a clone; it remembers what it was asked.
#[derive(Clone, Debug)]
pub struct Reach {
    footprints: Arc<Footprints>,
    rims: Arc<[Vec<Tile>]>,
    known_m: HashMap<(CellIx, CellIx), f64, FixedState>,
}

impl Reach {
    /// Over some footprints.
    pub fn over(footprints: &Arc<Footprints>) -> Self {
        let cells = (0..footprints.cells() as u32).map(CellIx);
        Self {
            footprints: Arc::clone(footprints),
            rims: cells.map(|cell| rim(footprints, cell)).collect(),
            known_m: HashMap::default(),
        }
    }

    /// The distance in metres between the footprints of two cells; 0 where they share a tile, `None` where
    /// one of them has none.
    pub fn distance_m(&mut self, a: CellIx, b: CellIx) -> Option<f64> {
        let rim = |cell: CellIx| self.rims.get(cell.index()).filter(|rim| !rim.is_empty());
        let (rim_a, rim_b) = (rim(a)?, rim(b)?);
        if a == b {
            return Some(0.0);
        }
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.known_m.get(&pair) {
            return Some(*known);
        }
        let metres = if share_a_tile(&self.footprints, a, b) {
            0.0
        } else {
            nearest_m(rim_a, rim_b)
        };
        self.known_m.insert(pair, metres);
        Some(metres)
    }
}

/// The tiles of a footprint that lack one of their four neighbours. Of two footprints that share no tile the
/// nearest ones are among these.
fn rim(footprints: &Footprints, cell: CellIx) -> Vec<Tile> {
    let entries = footprints.of(cell);
    let all = footprints.tiles();
    let tile = |entry: &(u32, f32)| all[entry.0 as usize];
    let has = |tile: Tile| {
        let known = all.binary_search(&tile);
        known.is_ok_and(|at| entries.binary_search_by_key(&(at as u32), |e| e.0).is_ok())
    };
    let inner = |of: Tile| {
        let (east, north) = (of.east(), of.north());
        let around = [
            (east.checked_sub(1), Some(north)),
            (east.checked_add(1), Some(north)),
            (Some(east), north.checked_sub(1)),
            (Some(east), north.checked_add(1)),
        ];
        around.into_iter().all(|at| match at {
            (Some(east), Some(north)) => has(Tile::new(east, north)),
            _ => false,
        })
    };
    entries
        .iter()
        .map(tile)
        .filter(|tile| !inner(*tile))
        .collect()
}

fn share_a_tile(footprints: &Footprints, a: CellIx, b: CellIx) -> bool {
    let (mut a, mut b) = (footprints.of(a), footprints.of(b));
    while let (Some((first_a, _)), Some((first_b, _))) = (a.first(), b.first()) {
        match first_a.cmp(first_b) {
            std::cmp::Ordering::Less => a = &a[1..],
            std::cmp::Ordering::Greater => b = &b[1..],
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

fn nearest_m(a: &[Tile], b: &[Tile]) -> f64 {
    let square = |a: &Tile, b: &Tile| {
        let east = i64::from(a.east()) - i64::from(b.east());
        let north = i64::from(a.north()) - i64::from(b.north());
        east * east + north * north
    };
    let nearest = a
        .iter()
        .flat_map(|a| b.iter().map(move |b| square(a, b)))
        .min();
    nearest.map_or(0.0, |square| (square as f64).sqrt() * TILE_M)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_footprints() -> impl Strategy<Value = Footprints> {
        let tile = (0_u16..12, 0_u16..12);
        let of_cell = proptest::collection::btree_set(tile, 1..60);
        proptest::collection::vec(of_cell, 2..5).prop_map(|cells| {
            let rows = cells.iter().enumerate().flat_map(|(cell, tiles)| {
                let cell = CellIx(cell as u32);
                tiles
                    .iter()
                    .map(move |(e, n)| (cell, Tile::new(*e, *n), 1.0))
            });
            Footprints::new(cells.len() + 1, rows.collect()).unwrap()
        })
    }

    proptest! {
        /// The rims are enough: it is the distance between any two tiles.
        #[test]
        fn distance_is_that_of_the_nearest_tiles(footprints in any_footprints()) {
            let footprints = Arc::new(footprints);
            let mut reach = Reach::over(&footprints);
            let tiles = |cell| -> Vec<Tile> {
                footprints.of(cell).iter().map(|e| footprints.tiles()[e.0 as usize]).collect()
            };
            let last = CellIx(footprints.cells() as u32 - 1);
            for a in (0..last.0).map(CellIx) {
                for b in (0..last.0).map(CellIx) {
                    let slow = nearest_m(&tiles(a), &tiles(b));
                    prop_assert_eq!(reach.distance_m(a, b), Some(slow));
                    prop_assert_eq!(reach.distance_m(b, a), Some(slow));
                }
                prop_assert_eq!(reach.distance_m(a, last), None);
            }
        }
    }
}
