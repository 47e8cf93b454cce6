use erewhon_geo::{Cell, Frame};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::sampler::tests::{chi_square, one_in_a_million};

/// Cells on a lattice of 25 by 25, of which most are too far to be kept, some with nobody.
fn lattice() -> (CellTable, Vec<f64>) {
    let cell = |i: u32| {
        let (x, y) = (f64::from(i % 25), f64::from(i / 25));
        Cell::planar(i.to_string(), x * 1_000.0, y * 1_100.0)
    };
    let cells = CellTable::new(Frame::Planar, (0..625).map(cell).collect()).unwrap();
    (cells, (0..625).map(|i| f64::from(i * 7 % 5)).collect())
}

#[test]
fn cells_of_every_bin_are_drawn_by_their_people_near_and_far() {
    let (cells, people) = lattice();
    let rings = Rings::new(&cells, Nearness::ranks(625), people.clone());
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for from in [CellIx(0), CellIx(312)] {
        for bin in 0..rings.bins() {
            let taken = |cell: CellIx| cell.0.is_multiple_of(3);
            let weight = |to: CellIx| match to == from || taken(to) || rings.bin(from, to) != bin {
                true => 0.0,
                false => people[to.index()],
            };
            let weights: Vec<f64> = (0..625).map(CellIx).map(weight).collect();
            let mut counts = vec![0; 625];
            for _ in 0..20_000 {
                if let Some(cell) = rings.draw((from, 0), bin, taken, &mut rng) {
                    counts[cell.index()] += 1;
                }
            }
            let drawn: u32 = counts.iter().sum();
            let there = weights.iter().any(|weight| *weight > 0.0);
            assert_eq!(drawn, if there { 20_000 } else { 0 }, "bin {bin}");
            if there {
                // 26 bins: a false alarm once in forty thousand seeds.
                let (statistic, free) = chi_square(&counts, &weights);
                let most = one_in_a_million(free.max(1.0));
                assert!(statistic < most, "bin {bin}: {statistic} of {free}");
            }
        }
    }
}

#[test]
fn a_bin_of_nobody_gives_none_near_and_far() {
    let (cells, mut people) = lattice();
    people.fill(0.0);
    people[0] = 1.0;
    let rings = Rings::new(&cells, Nearness::ranks(625), people);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for from in [CellIx(1), CellIx(312), CellIx(624)] {
        let there = rings.bin(from, CellIx(0));
        for bin in 0..rings.bins() {
            let drawn = rings.draw((from, 0), bin, |_| false, &mut rng);
            assert_eq!(drawn, (bin == there).then_some(CellIx(0)), "bin {bin}");
            let taken = rings.draw((from, 0), bin, |cell| cell == CellIx(0), &mut rng);
            assert_eq!(taken, None);
        }
    }
}
