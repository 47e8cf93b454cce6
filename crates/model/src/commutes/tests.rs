use erewhon_geo::{Cell, Frame};
use proptest::prelude::*;

use super::*;
use crate::DistanceRow;

const CELLS: usize = 12;

fn shares(share: Vec<f64>) -> CellShares {
    let total: f64 = share.iter().sum();
    CellShares {
        zone_of_cell: (0..share.len() as u32).collect(),
        resolved_zones: share.len() as u32,
        share: share.iter().map(|value| value / total).collect(),
    }
}

/// Tables of one joint population, and the population by home and work.
fn tables(people: &[f64], cells: &CellTable) -> (CellShares, CellShares, DistanceTable, PairTable) {
    let total: f64 = people.iter().sum();
    let at = |home: usize, work: usize| people[home * CELLS + work];
    let all = || (0..CELLS).flat_map(|h| (0..CELLS).map(move |w| (h, w)));
    let sum = |keep: &dyn Fn(usize, usize) -> bool| -> f64 {
        all()
            .filter(|(h, w)| keep(*h, *w))
            .map(|(h, w)| at(h, w))
            .sum()
    };
    let edges = vec![1_500.0, 4_500.0, 100_000.0];
    let entry = |h: usize, w: usize| match cells.distance_m(CellIx(h as u32), CellIx(w as u32)) {
        _ if h == w => 0,
        metres => 1 + edges.partition_point(|edge| *edge < metres),
    };
    let row = |zone: usize| {
        let of_zone = sum(&|h, _| h / 6 == zone);
        let share = |e: usize| sum(&|h, w| h / 6 == zone && entry(h, w) == e) / of_zone;
        DistanceRow {
            same_place_share: share(0),
            bin_share: (1..4).map(share).collect(),
            none_share: 0.0,
        }
    };
    let pairs = (0..9).map(|pair| sum(&|h, w| h / 4 * 3 + w / 4 == pair) / total);
    (
        shares((0..CELLS).map(|home| sum(&|h, _| h == home)).collect()),
        shares((0..CELLS).map(|work| sum(&|_, w| w == work)).collect()),
        DistanceTable {
            zone_of_cell: (0..CELLS as u32).map(|cell| cell / 6).collect(),
            rows: vec![row(0), row(1)],
            upper_edges_m: edges.clone(),
        },
        PairTable {
            zone_of_cell: (0..CELLS as u32).map(|cell| cell / 4).collect(),
            share: pairs.collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn tables_of_one_population_come_out_again(
        people in prop::collection::vec(0.5..5.0f64, CELLS * CELLS),
    ) {
        let line = (0..CELLS).map(|i| Cell::planar(i.to_string(), i as f64 * 1_000.0, 0.0));
        let cells = CellTable::new(Frame::Planar, line.collect()).unwrap();
        let (home, work, distances, pairs) = tables(&people, &cells);
        let made = Commutes::new(&cells, &home, &work, &distances, Some(&pairs));
        let (sums, wanted) = (made.sums(), made.wanted(&work));
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-3);
        prop_assert!(near(&sums.work, &wanted.work));
        prop_assert!(near(&sums.distance, &wanted.distance));
        prop_assert!(near(&made.pair_shares(&pairs.zone_of_cell), &pairs.share));
    }
}

/// The definition, pair of cells by pair of cells: sums by work cell, by distance and by pair.
fn slowly(made: &Commutes<'_>, cells: &CellTable) -> Sums {
    let all = || (0..cells.len() as u32).map(CellIx);
    let edges = &made.distances.upper_edges_m;
    let entry = |home: CellIx, work: CellIx| match cells.distance_m(home, work) {
        _ if home == work => 0,
        metres => {
            1 + edges
                .iter()
                .filter(|edge| **edge < metres)
                .count()
                .min(edges.len() - 1)
        }
    };
    let zone_pair = |home: CellIx, work: CellIx| {
        let of = |pairs: &PairTable| {
            let (from, to) = (
                pairs.zone_of_cell[home.index()],
                pairs.zone_of_cell[work.index()],
            );
            from as usize * pairs.zones() + to as usize
        };
        made.pair_zones.map_or(0, of)
    };
    let mut sums = Sums {
        work: vec![0.0; cells.len()],
        distance: vec![0.0; made.distance.len()],
        pair: vec![0.0; made.pair.len()],
    };
    let working: f64 = made.workers().sum();
    for (home, people) in all().zip(made.workers()) {
        let weight = |work: CellIx| {
            let distance = made.distance_row(home)[entry(home, work)];
            made.work[work.index()] * distance * made.pair[zone_pair(home, work)]
        };
        let mut weights = Vec::new();
        made.weights(home, &mut weights);
        let expected: Vec<f64> = all().map(weight).collect();
        assert!(near(&weights, &expected, 1e-12), "{weights:?} {expected:?}");
        let total: f64 = expected.iter().sum();
        for work in all() {
            let share = people / working * weight(work) / total;
            sums.work[work.index()] += share;
            sums.distance[made.zone(home) * (edges.len() + 1) + entry(home, work)] += share;
            sums.pair[zone_pair(home, work)] += share;
        }
    }
    sums
}

fn near(a: &[f64], b: &[f64], within: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= within)
}

/// Uneven tables over some cells, with more bins than a byte can number where `bins` says so.
fn uneven(
    cells: usize,
    bins: usize,
    reach_m: f64,
) -> (CellShares, CellShares, DistanceTable, PairTable) {
    let uneven = |n: usize| {
        (0..n)
            .map(|i| 1.0 + (i * i % 17) as f64)
            .collect::<Vec<_>>()
    };
    let row = |zone: usize| {
        let share = shares(uneven(bins + 2 + zone)).share;
        DistanceRow {
            same_place_share: share[0],
            none_share: 1.0 - share[..bins + 1].iter().sum::<f64>(),
            bin_share: share[1..bins + 1].to_vec(),
        }
    };
    let zones = |count: u32| {
        (0..cells as u32)
            .map(move |cell| cell * 7 % count)
            .collect()
    };
    let step = reach_m / bins as f64;
    (
        shares(uneven(cells)),
        shares(uneven(cells).into_iter().rev().collect()),
        DistanceTable {
            zone_of_cell: zones(3),
            rows: (0..3).map(row).collect(),
            upper_edges_m: (1..=bins).map(|bin| bin as f64 * step).collect(),
        },
        PairTable {
            zone_of_cell: zones(4),
            share: shares(uneven(16)).share,
        },
    )
}

/// A lattice whose rows are 1.1 km apart.
fn lattice(side: u32, frame: Frame) -> CellTable {
    let cell = |i: u32| {
        let (x, y) = (f64::from(i % side), f64::from(i / side));
        match frame {
            Frame::Geographic => Cell::geographic(i.to_string(), 50.0 + y / 100.0, 8.0 + x / 100.0),
            _ => Cell::planar(i.to_string(), x * 1_100.0, y * 1_100.0),
        }
    };
    CellTable::new(frame, (0..side * side).map(cell).collect()).unwrap()
}

#[test]
fn runs_give_what_pairs_of_cells_give() {
    for (frame, bins) in [
        (Frame::Geographic, 10),
        (Frame::Planar, 10),
        (Frame::Planar, 300),
    ] {
        let cells = lattice(16, frame);
        let (home, work, distances, pairs) = uneven(cells.len(), bins, 20_000.0);
        for pairs in [None, Some(&pairs)] {
            let made = Commutes::new(&cells, &home, &work, &distances, pairs);
            let (fast, slow) = (made.sums(), slowly(&made, &cells));
            assert!(near(&fast.work, &slow.work, 1e-9));
            assert!(near(&fast.distance, &slow.distance, 1e-9));
            if pairs.is_some() {
                assert!(near(&fast.pair, &slow.pair, 1e-9));
            }
        }
    }
}

#[test]
fn rows_take_far_fewer_runs_than_cells() {
    let cells = lattice(64, Frame::Planar);
    let edges: Vec<f64> = (0..10).map(|bin| 700.0 * 1.668_f64.powi(bin)).collect();
    let runs = Runs::new(&cells, &edges).len();
    // Per row some tens of runs a bin of a root of 4,096 cells; a matrix would hold 4,096 entries.
    assert!(runs < cells.len() * 400, "{} a row", runs / cells.len());
}

/// `SIDE=141 cargo test --release -p erewhon-model -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement; docs/scale.md has the command"]
fn speed_of_many_cells() {
    let side = std::env::var("SIDE").map_or(45, |side| side.parse().unwrap());
    let cells = lattice(side, Frame::Geographic);
    let (home, work, mut distances, pairs) = uneven(cells.len(), 10, 0.0);
    let smallest_m = cells.extent_m() * 0.01;
    distances.upper_edges_m = (0..10)
        .map(|bin| smallest_m * 1.668_f64.powi(bin))
        .collect();
    let begun = std::time::Instant::now();
    let made = Commutes::new(&cells, &home, &work, &distances, Some(&pairs));
    let (cells, runs) = (cells.len(), made.runs.len() / cells.len());
    println!("{cells} cells, {runs} runs a row: {:?}", begun.elapsed());
}
