use erewhon_geo::CellTable;
use erewhon_types::CellIx;

use crate::{CellShares, DistanceTable, PairTable};

/// Where people work, given where they live: one weight for each work cell, each distance from a
/// coarse home zone and each pair of zones, such that their products give the measured tables again.
///
/// Iterative proportional fitting (Deming and Stephan, 1940) of four tables of one population: homes,
/// works, distances and pairs. It sees published tables alone. Takes one byte for each pair of cells.
pub struct Commutes<'a> {
    home: &'a CellShares,
    distances: &'a DistanceTable,
    pair_zones: Option<&'a PairTable>,
    /// Distance entry of each pair of cells, home by home: 0 is the same cell.
    entry: Vec<u8>,
    work: Vec<f64>,
    /// By home zone and distance entry.
    distance: Vec<f64>,
    /// By home zone and work zone; a single one where no pairs are known.
    pair: Vec<f64>,
}

/// Rounds in which each table is met once.
const ROUNDS: usize = 15;
/// The most that one round changes a weight by.
const STEP: f64 = 8.0;

/// What the weights come to: sums by work cell, by distance and by pair.
struct Sums {
    work: Vec<f64>,
    distance: Vec<f64>,
    pair: Vec<f64>,
}

impl<'a> Commutes<'a> {
    /// Weights that meet the tables as nearly as they agree with one another.
    pub fn new(
        cells: &CellTable,
        home: &'a CellShares,
        work: &CellShares,
        distances: &'a DistanceTable,
        pairs: Option<&'a PairTable>,
    ) -> Self {
        let all = || (0..cells.len() as u32).map(CellIx);
        let edges = &distances.upper_edges_m;
        let entry_of = |(a, b): (CellIx, CellIx)| {
            if a == b {
                return 0;
            }
            let metres = cells.distance_m(a, b);
            1 + edges.partition_point(|e| *e < metres).min(edges.len() - 1) as u8
        };
        let entry = all().flat_map(|a| all().map(move |b| (a, b))).map(entry_of);
        let mut made = Self {
            home,
            distances,
            pair_zones: pairs,
            entry: entry.collect(),
            work: work.share.clone(),
            distance: vec![1.0; distances.rows.len() * (edges.len() + 1)],
            pair: vec![1.0; pairs.map_or(1, |pairs| pairs.share.len())],
        };
        let wanted = made.wanted(work);
        for _ in 0..ROUNDS {
            let sums = made.sums();
            meet(&mut made.work, &wanted.work, &sums.work);
            let sums = made.sums();
            meet(&mut made.distance, &wanted.distance, &sums.distance);
            if pairs.is_some() {
                let sums = made.sums();
                meet(&mut made.pair, &wanted.pair, &sums.pair);
            }
        }
        made
    }

    /// The share of people of a home who have a place of work.
    pub fn working_share(&self, home: CellIx) -> f64 {
        let row = &self.distances.rows[self.zone(home)];
        (1.0 - row.none_share).max(0.0)
    }

    /// Fills in a weight for each cell as the place of work of somebody who lives at `home`.
    pub fn weights(&self, home: CellIx, weights: &mut Vec<f64>) {
        let (zone, entries) = (self.zone(home), self.distances.upper_edges_m.len() + 1);
        let distance = &self.distance[zone * entries..(zone + 1) * entries];
        let row = home.index() * self.work.len();
        let entry = &self.entry[row..row + self.work.len()];
        weights.clear();
        let product = |(entry, work): (&u8, &f64)| distance[usize::from(*entry)] * work;
        weights.extend(entry.iter().zip(&self.work).map(product));
        if let Some(pairs) = self.pair_zones {
            let row = self.pair_row(pairs, home);
            for (weight, zone) in weights.iter_mut().zip(&pairs.zone_of_cell) {
                *weight *= self.pair[row + *zone as usize];
            }
        }
    }

    /// Shares of pairs of zones that follow, for zones of `zone_of_cell`.
    pub fn pair_shares(&self, zone_of_cell: &[u32]) -> Vec<f64> {
        let zones = zone_of_cell.iter().max().map_or(0, |z| *z as usize + 1);
        let mut shares = vec![0.0; zones * zones];
        self.each(|home, work, share| {
            let (from, to) = (zone_of_cell[home], zone_of_cell[work]);
            shares[from as usize * zones + to as usize] += share;
        });
        shares
    }

    fn zone(&self, home: CellIx) -> usize {
        self.distances.zone_of_cell[home.index()] as usize
    }

    fn pair_row(&self, pairs: &PairTable, home: CellIx) -> usize {
        pairs.zone_of_cell[home.index()] as usize * pairs.zones()
    }

    /// Calls `each` with home, work and the share of that pair among all with a place of work.
    fn each(&self, mut each: impl FnMut(usize, usize, f64)) {
        let mut weights = Vec::new();
        let working: f64 = self.workers().sum();
        for (home, people) in (0..).map(CellIx).zip(self.workers()) {
            if people <= 0.0 {
                continue;
            }
            self.weights(home, &mut weights);
            let total: f64 = weights.iter().sum();
            if total > 0.0 {
                let scale = people / working / total;
                for (work, weight) in weights.iter().enumerate() {
                    each(home.index(), work, weight * scale);
                }
            }
        }
    }

    /// The share of everybody who lives in a cell and has a place of work.
    fn workers(&self) -> impl Iterator<Item = f64> {
        let homes = (0..).map(CellIx).zip(&self.home.share);
        homes.map(|(home, share)| share * self.working_share(home))
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums {
            work: vec![0.0; self.work.len()],
            distance: vec![0.0; self.distance.len()],
            pair: vec![0.0; self.pair.len()],
        };
        let (cells, entries) = (self.work.len(), self.distances.upper_edges_m.len() + 1);
        self.each(|home, work, share| {
            sums.work[work] += share;
            let entry = usize::from(self.entry[home * cells + work]);
            sums.distance[self.distances.zone_of_cell[home] as usize * entries + entry] += share;
            if let Some(pairs) = self.pair_zones {
                let row = pairs.zone_of_cell[home] as usize * pairs.zones();
                sums.pair[row + pairs.zone_of_cell[work] as usize] += share;
            }
        });
        sums
    }

    fn wanted(&self, work: &CellShares) -> Sums {
        let mut of_zone = vec![0.0; self.distances.rows.len()];
        let working: f64 = self.workers().sum::<f64>().max(f64::MIN_POSITIVE);
        for (zone, people) in self.distances.zone_of_cell.iter().zip(self.workers()) {
            of_zone[*zone as usize] += people / working;
        }
        let rows = self.distances.rows.iter().zip(of_zone);
        let distance = rows.flat_map(|(row, people)| {
            let there = [row.same_place_share]
                .into_iter()
                .chain(row.bin_share.iter().copied());
            let total: f64 = there.clone().sum::<f64>().max(f64::MIN_POSITIVE);
            there
                .map(move |share| share / total * people)
                .collect::<Vec<f64>>()
        });
        Sums {
            work: work.share.clone(),
            distance: distance.collect(),
            pair: self
                .pair_zones
                .map_or_else(Vec::new, |pairs| pairs.share.clone()),
        }
    }
}

impl PairTable {
    /// Number of zones.
    pub fn zones(&self) -> usize {
        self.share.len().isqrt()
    }
}

fn meet(weights: &mut [f64], wanted: &[f64], sums: &[f64]) {
    for ((weight, wanted), sum) in weights.iter_mut().zip(wanted).zip(sums) {
        if *sum > 0.0 {
            *weight *= (wanted / sum).clamp(STEP.recip(), STEP);
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn tables(
        people: &[f64],
        cells: &CellTable,
    ) -> (CellShares, CellShares, DistanceTable, PairTable) {
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
        let entry = |h: usize, w: usize| match cells.distance_m(CellIx(h as u32), CellIx(w as u32))
        {
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
}
