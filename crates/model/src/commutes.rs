use erewhon_geo::CellTable;
use erewhon_types::CellIx;

use crate::{CellShares, DistanceTable, PairTable};
use runs::Runs;

mod runs;

/// Where people work, given where they live: one weight for each work cell, each distance from a
/// coarse home zone and each pair of zones, such that their products give the measured tables again.
///
/// Iterative proportional fitting (Deming and Stephan, 1940) of four tables of one population: homes,
/// works, distances and pairs. It sees published tables alone. Memory and a round of fitting go with the
/// cells times the root of their number; [`pair_shares`](Self::pair_shares) goes with its square
/// (`docs/scale.md`). One thread adds in one order, so the weights are the same to the bit on every
/// machine.
pub struct Commutes<'a> {
    home: &'a CellShares,
    distances: &'a DistanceTable,
    pair_zones: Option<&'a PairTable>,
    runs: Runs,
    work: Vec<f64>,
    /// By home zone and distance entry.
    distance: Vec<f64>,
    /// By home zone and work zone; a single one where no pairs are known.
    pair: Vec<f64>,
}

/// Rounds in which each table is met once, at most.
const ROUNDS: usize = 15;
/// The share of people whom the last round may still move.
const SETTLED_SHARE: f64 = 1e-4;
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
        let entries = distances.upper_edges_m.len() + 1;
        let mut made = Self {
            home,
            distances,
            pair_zones: pairs,
            runs: Runs::new(cells, &distances.upper_edges_m),
            work: work.share.clone(),
            distance: vec![1.0; distances.rows.len() * entries],
            pair: vec![1.0; pairs.map_or(1, |pairs| pairs.share.len())],
        };
        let wanted = made.wanted(work);
        let mut before: Option<[Vec<f64>; 3]> = None;
        for _ in 0..ROUNDS {
            let by_work = made.sums().work;
            meet(&mut made.work, &wanted.work, &by_work);
            let by_distance = made.sums().distance;
            meet(&mut made.distance, &wanted.distance, &by_distance);
            let mut by_pair = Vec::new();
            if pairs.is_some() {
                by_pair = made.sums().pair;
                meet(&mut made.pair, &wanted.pair, &by_pair);
            }
            // Tables that disagree are never met, but what comes of them settles as well.
            let now = [by_work, by_distance, by_pair];
            let settled = before.is_some_and(|before| moved(&before, &now) < SETTLED_SHARE);
            if settled {
                break;
            }
            before = Some(now);
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
        let distance = self.distance_row(home);
        weights.clear();
        weights.resize(self.work.len(), 0.0);
        for (places, entry) in self.runs.of(home) {
            for cell in &self.runs.order[places] {
                weights[cell.index()] = distance[entry] * self.work[cell.index()];
            }
        }
        if let Some(pairs) = self.pair_zones {
            let row = pairs.zone_of_cell[home.index()] as usize * pairs.zones();
            for (weight, zone) in weights.iter_mut().zip(&pairs.zone_of_cell) {
                *weight *= self.pair[row + *zone as usize];
            }
        }
    }

    /// Shares of pairs of zones that follow, for zones of `zone_of_cell`.
    pub fn pair_shares(&self, zone_of_cell: &[u32]) -> Vec<f64> {
        let zones = zone_of_cell.iter().max().map_or(0, |z| *z as usize + 1);
        let mut shares = vec![0.0; zones * zones];
        let mut weights = Vec::new();
        let working: f64 = self.workers().sum();
        for (home, people) in (0..).map(CellIx).zip(self.workers()) {
            self.weights(home, &mut weights);
            let total: f64 = weights.iter().sum();
            if people > 0.0 && total > 0.0 {
                let row = zone_of_cell[home.index()] as usize * zones;
                for (zone, weight) in zone_of_cell.iter().zip(&weights) {
                    shares[row + *zone as usize] += weight * (people / working / total);
                }
            }
        }
        shares
    }

    fn zone(&self, home: CellIx) -> usize {
        self.distances.zone_of_cell[home.index()] as usize
    }

    /// The weights of the distance entries of a home.
    fn distance_row(&self, home: CellIx) -> &[f64] {
        let entries = self.distances.upper_edges_m.len() + 1;
        &self.distance[self.zone(home) * entries..][..entries]
    }

    /// The share of everybody who lives in a cell and has a place of work.
    fn workers(&self) -> impl Iterator<Item = f64> {
        let homes = (0..).map(CellIx).zip(&self.home.share);
        homes.map(|(home, share)| share * self.working_share(home))
    }

    /// Shares of those with a place of work, by each of the tables.
    ///
    /// The homes of one zone of pairs see one row of works, up to the weight of the distance. That is
    /// the same along a run, so a home adds a run as the difference of two sums up to its ends, and a
    /// work cell gets what all runs over it come to.
    fn sums(&self) -> Sums {
        let mut sums = Sums {
            work: vec![0.0; self.work.len()],
            distance: vec![0.0; self.distance.len()],
            pair: vec![0.0; self.pair.len()],
        };
        let working: f64 = self.workers().sum();
        let people: Vec<f64> = self.workers().map(|people| people / working).collect();
        let entries = self.distances.upper_edges_m.len() + 1;
        for (zone, homes) in (0..).zip(self.homes_by_zone()) {
            let worth = self.worth(zone);
            let mut sum = 0.0;
            let mut up_to = vec![sum];
            up_to.extend(worth.iter().map(|worth| {
                sum += worth;
                sum
            }));
            // By place: how much more its share of `worth` is than that of the place before; and what
            // is added there alone.
            let mut rise = vec![0.0; worth.len() + 1];
            let mut alone = vec![0.0; worth.len()];
            for home in homes {
                let distance = self.distance_row(home);
                let of_run = |start: usize, end: usize, entry: usize| {
                    // A home's own cell is a run by itself; a difference would cost it digits.
                    let sum = if entry == 0 {
                        worth[start]
                    } else {
                        up_to[end] - up_to[start]
                    };
                    sum * distance[entry]
                };
                let runs = || self.runs.of(home);
                let total: f64 = runs()
                    .map(|(at, entry)| of_run(at.start, at.end, entry))
                    .sum();
                if people[home.index()] <= 0.0 || total <= 0.0 {
                    continue;
                }
                let scale = people[home.index()] / total;
                let by_distance = &mut sums.distance[self.zone(home) * entries..][..entries];
                for (at, entry) in runs() {
                    by_distance[entry] += of_run(at.start, at.end, entry) * scale;
                    let share = distance[entry] * scale;
                    if entry == 0 {
                        alone[at.start] += share;
                    } else {
                        rise[at.start] += share;
                        rise[at.end] -= share;
                    }
                }
            }
            let mut level = 0.0;
            for (place, cell) in self.runs.order.iter().enumerate() {
                level += rise[place];
                let share = worth[place] * (level.max(0.0) + alone[place]);
                sums.work[cell.index()] += share;
                if let Some(pairs) = self.pair_zones {
                    let to = pairs.zone_of_cell[cell.index()] as usize;
                    sums.pair[zone * pairs.zones() + to] += share;
                }
            }
        }
        sums
    }

    fn homes_by_zone(&self) -> Vec<Vec<CellIx>> {
        let mut homes = vec![Vec::new(); self.pair_zones.map_or(1, PairTable::zones)];
        for &home in &self.runs.order {
            let zone = |pairs: &PairTable| pairs.zone_of_cell[home.index()] as usize;
            homes[self.pair_zones.map_or(0, zone)].push(home);
        }
        homes
    }

    /// By place in the order of runs: the weight of a work cell to a home zone, distance apart.
    fn worth(&self, zone: usize) -> Vec<f64> {
        let pair = |cell: CellIx| match self.pair_zones {
            Some(pairs) => {
                self.pair[zone * pairs.zones() + pairs.zone_of_cell[cell.index()] as usize]
            }
            None => 1.0,
        };
        let cells = self.runs.order.iter();
        cells
            .map(|&cell| self.work[cell.index()] * pair(cell))
            .collect()
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

/// The share of people that two states of the tables differ by, in the table that differs most.
fn moved(before: &[Vec<f64>; 3], now: &[Vec<f64>; 3]) -> f64 {
    let table = |(a, b): (&Vec<f64>, &Vec<f64>)| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
    };
    before.iter().zip(now).map(table).fold(0.0, f64::max)
}

fn meet(weights: &mut [f64], wanted: &[f64], sums: &[f64]) {
    for ((weight, wanted), sum) in weights.iter_mut().zip(wanted).zip(sums) {
        if *sum > 0.0 {
            *weight *= (wanted / sum).clamp(STEP.recip(), STEP);
        }
    }
}

#[cfg(test)]
mod tests;
