use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_model::{CellShares, DistanceRow, DistanceTable};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::sampler::tests::{chi_square, one_in_a_million};

const EDGES_M: [f64; 4] = [1_500.0, 3_500.0, 6_500.0, 100_000.0];
/// The ranks at which bins of nearness end.
const RANKS: [u32; 4] = [6, 14, 30, 99];

/// Cells of a grid with people at random, some cells with nobody.
struct Town {
    cells: CellTable,
    home: CellShares,
    work: CellShares,
    commute: DistanceTable,
}

impl Town {
    fn new(side: u32, rng: &mut ChaCha8Rng) -> Self {
        let cell = |i: u32| {
            let (x, y) = (f64::from(i % side), f64::from(i / side));
            Cell::planar(i.to_string(), x * 1_000.0, y * 1_000.0)
        };
        let count = side * side;
        let cells = CellTable::new(Frame::Planar, (0..count).map(cell).collect()).unwrap();
        let mut shares = || {
            let people = (0..count).map(|_| f64::from(rng.random_range(0..5_u8)));
            let people: Vec<f64> = people.collect();
            let sum: f64 = people.iter().sum();
            CellShares {
                share: people.iter().map(|p| p / sum).collect(),
                zone_of_cell: (0..count).collect(),
                resolved_zones: count,
            }
        };
        Self {
            home: shares(),
            work: shares(),
            commute: DistanceTable {
                zone_of_cell: vec![0; cells.len()],
                upper_edges_m: EDGES_M.to_vec(),
                rows: vec![DistanceRow {
                    same_place_share: 0.1,
                    bin_share: vec![0.4, 0.2, 0.1, 0.1],
                    none_share: 0.1,
                }],
            },
            cells,
        }
    }

    fn homes(&self) -> Homes<'_> {
        let commutes = Commutes::new(&self.cells, &self.home, &self.work, &self.commute, None);
        let rings = Rings::new(&self.cells, RANKS.to_vec(), self.people());
        Homes::new(rings, commutes, self.cells.len(), 4)
    }

    fn people(&self) -> Vec<f64> {
        let both = self.home.share.iter().zip(&self.work.share);
        both.map(|(home, work)| home + work).collect()
    }

    /// The definition, cell by cell.
    fn elsewhere(
        &self,
        homes: &Homes<'_>,
        home: CellIx,
        work: Option<CellIx>,
        bins: &[f64],
    ) -> Vec<f64> {
        let near = |anchor: CellIx, cell| homes.around(anchor).contains(&cell);
        let mut in_bin = [0.0; RANKS.len()];
        let mut weights: Vec<(usize, f64)> = (0..)
            .zip(self.people())
            .map(|(cell, people)| {
                let cell = CellIx(cell);
                let taken = cell == home
                    || Some(cell) == work
                    || near(home, cell)
                    || work.is_some_and(|work| near(work, cell));
                let bin = homes.bin(home, cell);
                let people = if taken { 0.0 } else { people };
                in_bin[bin] += people;
                (bin, people)
            })
            .collect();
        // What a bin without such cells would get goes to the next one that has some.
        let mut share = [0.0; RANKS.len()];
        for (wanted, of) in bins.iter().enumerate() {
            let left = (0..RANKS.len()).filter(|bin| in_bin[*bin] > 0.0);
            if let Some(bin) = left.min_by_key(|bin| bin.abs_diff(wanted)) {
                share[bin] += of;
            }
        }
        for (bin, weight) in &mut weights {
            if in_bin[*bin] > 0.0 {
                *weight *= share[*bin] / in_bin[*bin];
            }
        }
        weights.into_iter().map(|(_, weight)| weight).collect()
    }
}

/// Bins that are drawn so often.
fn wanted<const N: usize>(bins: &[f64], rng: &mut ChaCha8Rng) -> [usize; N] {
    let bins = Sums::new(bins.iter().copied()).unwrap();
    [(); N].map(|()| bins.draw(rng))
}

#[test]
fn places_elsewhere_are_as_they_are_defined() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut none = 0;
    // Small towns, where work takes most of a bin or all of it.
    for side in [2, 3, 3, 4, 4, 6, 6, 8] {
        let town = Town::new(side, &mut rng);
        let homes = town.homes();
        let any = |rng: &mut ChaCha8Rng| CellIx(rng.random_range(0..town.cells.len() as u32));
        for _ in 0..4 {
            let at = any(&mut rng);
            let work = rng
                .random::<bool>()
                .then(|| any(&mut rng))
                .filter(|work| *work != at);
            let bins = [0.5, 0.2, 0.3 * rng.random::<f64>(), 0.0];
            let weights = town.elsewhere(&homes, at, work, &bins);
            let mut counts = vec![0; weights.len()];
            for _ in 0..4_000 {
                match homes.elsewhere((at, work), wanted::<5>(&bins, &mut rng), &mut rng) {
                    Some(places) => places.iter().for_each(|place| counts[place.index()] += 1),
                    None => none += 1,
                }
            }
            if counts.iter().sum::<u32>() == 0 {
                assert!(weights.iter().all(|weight| *weight <= 0.0));
                continue;
            }
            // 32 towns: a false alarm once in thirty thousand seeds.
            let (statistic, free) = chi_square(&counts, &weights);
            let most = one_in_a_million(free.max(1.0));
            assert!(statistic < most, "{statistic} of {free}");
        }
    }
    assert!(none > 0, "some towns have no such place");
}

#[test]
fn a_bin_that_work_takes_nearly_whole_is_drawn_right() {
    let mut town = Town::new(6, &mut ChaCha8Rng::seed_from_u64(1));
    let (at, work) = (CellIx(0), CellIx(28));
    town.work.share = vec![1e-9; 36];
    town.home.share = vec![1e-9; 36];
    town.work.share[work.index()] = 1.0;
    let homes = town.homes();
    let bins = [0.0, 0.0, 1.0, 0.0];
    let weights = town.elsewhere(&homes, at, Some(work), &bins);
    let mut counts = vec![0; 36];
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..20_000 {
        let far = wanted::<1>(&bins, &mut rng);
        let places = homes.elsewhere((at, Some(work)), far, &mut rng);
        counts[places.unwrap()[0].index()] += 1;
    }
    let (statistic, free) = chi_square(&counts, &weights);
    assert!(
        free > 1.0 && statistic < one_in_a_million(free),
        "{statistic} of {free}"
    );
}

#[test]
fn what_is_kept_is_bounded_and_changes_no_draw() {
    let town = Town::new(6, &mut ChaCha8Rng::seed_from_u64(3));
    let draw = |room: usize| {
        let mut homes = town.homes();
        homes.room = AtomicUsize::new(room);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let drawn: Vec<_> = (0..72)
            .map(|i| {
                let at = CellIx(i % 36);
                homes.work(at, &mut rng)
            })
            .collect();
        let kept = homes
            .kept
            .iter()
            .filter(|home| home.get().is_some())
            .count();
        (drawn, kept)
    };
    let (all, none, some) = (draw(usize::MAX), draw(0), draw(10));
    assert_eq!((all.1, none.1, some.1), (36, 0, 10));
    assert!(all.0 == none.0 && all.0 == some.0);
}
