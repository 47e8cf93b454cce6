use erewhon_geo::{CellTable, ZoneTree};
use erewhon_types::{CellIx, ZoneIx};
use rayon::prelude::*;

use crate::{distance::masses, transport::cheapest};

/// Most places that mass is carried between exactly: 2^8, so that 24 hours take about a second.
const ZONE_LEVEL: u8 = 8;

/// Mass is counted in units of 10^-12 of the whole, so rounding is far below a metre.
const UNITS: f64 = 1e12;

/// Where mass may lie: the cells themselves, or zones where there are more than 256 cells.
pub(crate) struct Ground {
    place_of_cell: Vec<usize>,
    centres_km: Vec<(f64, f64)>,
    /// How far each cell is from its place's centre; 0 where places are cells.
    off_centre_km: Vec<f64>,
}

impl Ground {
    pub(crate) fn new(cells: &CellTable, tree: &ZoneTree) -> Self {
        let at_km: Vec<(f64, f64)> = cells
            .plane_m()
            .iter()
            .map(|&(x, y)| (x / 1000.0, y / 1000.0))
            .collect();
        if cells.len() <= 1 << ZONE_LEVEL {
            return Self {
                place_of_cell: (0..cells.len()).collect(),
                off_centre_km: vec![0.0; cells.len()],
                centres_km: at_km,
            };
        }
        let zones = tree.partition(ZONE_LEVEL);
        let centres_km: Vec<(f64, f64)> = (0..zones.zones())
            .map(|zone| {
                let of = zones.cells_of(ZoneIx(zone as u32));
                let sum = of.iter().map(|c| at_km[c.index()]);
                let (x, y) = sum.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                (x / of.len() as f64, y / of.len() as f64)
            })
            .collect();
        let mut place_of_cell = vec![0; cells.len()];
        for zone in 0..zones.zones() {
            for cell in zones.cells_of(ZoneIx(zone as u32)) {
                place_of_cell[cell.index()] = zone;
            }
        }
        let off_centre_km = place_of_cell
            .iter()
            .zip(&at_km)
            .map(|(&place, &at)| distance_km(at, centres_km[place]))
            .collect();
        Self {
            place_of_cell,
            centres_km,
            off_centre_km,
        }
    }

    /// Whether places are zones rather than cells.
    pub(crate) fn is_coarse(&self) -> bool {
        self.centres_km.len() < self.place_of_cell.len()
    }

    /// Number of places.
    pub(crate) const fn places(&self) -> usize {
        self.centres_km.len()
    }

    /// The place that a cell belongs to.
    pub(crate) fn place_of(&self, cell: CellIx) -> usize {
        self.place_of_cell[cell.index()]
    }

    /// Earth mover's distance in km between two masses by cell, each normalised to 1.
    pub(crate) fn emd_km(&self, p: &[f64], q: &[f64]) -> Option<f64> {
        let (p_sum, q_sum) = masses(p, q)?;
        // In a metric, mass common to both sides stays where it is: only the difference moves.
        let mut surplus = vec![0.0; self.centres_km.len()];
        for ((&place, p), q) in self.place_of_cell.iter().zip(p).zip(q) {
            surplus[place] += p / p_sum - q / q_sum;
        }
        let mut surplus: Vec<i64> = surplus.iter().map(|s| (s * UNITS).round() as i64).collect();
        let rounding: i64 = surplus.iter().sum();
        if let Some(largest) = surplus.iter_mut().max_by_key(|s| s.abs()) {
            *largest -= rounding;
        }
        let side = |sign: i64| -> (Vec<u64>, Vec<(f64, f64)>) {
            let places = surplus.iter().zip(&self.centres_km);
            places
                .filter(|(s, _)| **s * sign > 0)
                .map(|(s, &at)| (s.unsigned_abs(), at))
                .unzip()
        };
        let ((supply, from_km), (demand, to_km)) = (side(1), side(-1));
        let cost = cheapest(&supply, &demand, |i, j| distance_km(from_km[i], to_km[j]));
        Some(cost / UNITS)
    }

    /// How far [`emd_km`](Self::emd_km) may be off because mass was moved to zone centres:
    /// `Σ |p - q| × distance to the centre`. 0 where places are cells.
    fn bias_bound_km(&self, p: &[f64], q: &[f64]) -> Option<f64> {
        let (p_sum, q_sum) = masses(p, q)?;
        let moved = p.iter().zip(q).zip(&self.off_centre_km);
        Some(
            moved
                .map(|((p, q), km)| (p / p_sum - q / q_sum).abs() * km)
                .sum(),
        )
    }

    /// The distance for each hour of the day, from presence by hour and cell (`24 × cells`).
    pub(crate) fn by_hour(&self, p: &[f64], q: &[f64]) -> [Option<f64>; 24] {
        let cells = self.place_of_cell.len();
        let hours: Vec<Option<f64>> = p
            .par_chunks(cells)
            .zip(q.par_chunks(cells))
            .map(|(p, q)| self.emd_km(p, q))
            .collect();
        std::array::from_fn(|hour| hours.get(hour).copied().flatten())
    }

    /// Mean of the bias bound over the hours that have a distance.
    pub(crate) fn mean_bias_bound_km(&self, p: &[f64], q: &[f64]) -> Option<f64> {
        let cells = self.place_of_cell.len();
        let hours = p.chunks(cells).zip(q.chunks(cells));
        mean(hours.map(|(p, q)| self.bias_bound_km(p, q)))
    }
}

/// Mean of the values that are there; `None` when none is.
pub(crate) fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let (n, sum) = values
        .into_iter()
        .flatten()
        .fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
    (n > 0.0).then(|| sum / n)
}

fn distance_km(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, Frame};
    use proptest::prelude::*;

    fn ground(points_m: &[(f64, f64)]) -> Ground {
        let cell = |(i, &(x, y)): (usize, &(f64, f64))| Cell::planar(i.to_string(), x, y);
        let cells = points_m.iter().enumerate().map(cell).collect();
        let cells = CellTable::new(Frame::Planar, cells).unwrap();
        Ground::new(&cells, &ZoneTree::build(&cells))
    }

    proptest! {
        /// On a line the distance is the area between the two distribution functions.
        #[test]
        fn on_a_line_it_is_the_area_between_the_sums(
            masses in prop::collection::vec((0.0..9e4f64, 0.0..1.0f64, 0.0..1.0f64), 2..60),
        ) {
            let mut masses = masses;
            masses.sort_by(|a, b| a.0.total_cmp(&b.0));
            let points: Vec<(f64, f64)> = masses.iter().map(|m| (m.0, 0.0)).collect();
            let p: Vec<f64> = masses.iter().map(|m| m.1).collect();
            let q: Vec<f64> = masses.iter().map(|m| m.2).collect();
            let (p_sum, q_sum): (f64, f64) = (p.iter().sum(), q.iter().sum());
            let (mut gap, mut slow_km) = (0.0, 0.0);
            for i in 0..points.len() - 1 {
                gap += p[i] / p_sum - q[i] / q_sum;
                slow_km += f64::abs(gap) * (points[i + 1].0 - points[i].0) / 1000.0;
            }
            let fast_km = ground(&points).emd_km(&p, &q).unwrap();
            prop_assert!((fast_km - slow_km).abs() < 1e-6, "{} {}", fast_km, slow_km);
        }

        #[test]
        fn it_is_a_distance(
            masses in prop::collection::vec(
                (0.0..9e4f64, 0.0..9e4f64, 0.0..1.0f64, 0.0..1.0f64, 0.0..1.0f64), 2..20),
        ) {
            let points: Vec<(f64, f64)> = masses.iter().map(|m| (m.0, m.1)).collect();
            let ground = ground(&points);
            let p: Vec<f64> = masses.iter().map(|m| m.2).collect();
            let q: Vec<f64> = masses.iter().map(|m| m.3).collect();
            let r: Vec<f64> = masses.iter().map(|m| m.4).collect();
            let km = |a: &[f64], b: &[f64]| ground.emd_km(a, b).unwrap();
            prop_assert_eq!(km(&p, &p), 0.0);
            prop_assert!((km(&p, &q) - km(&q, &p)).abs() < 1e-6);
            prop_assert!(km(&p, &r) <= km(&p, &q) + km(&q, &r) + 1e-6);
        }
    }

    #[test]
    fn a_shift_of_all_mass_costs_its_length() {
        // A row of ten cells 1 km apart: mass on the first six, then moved four to the east.
        let points: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i) * 1000.0, 0.0)).collect();
        let mass = [5.0, 1.0, 2.0, 7.0, 1.0, 3.0];
        let (mut p, mut q) = (vec![0.0; 10], vec![0.0; 10]);
        p[..6].copy_from_slice(&mass);
        q[4..].copy_from_slice(&mass);
        let km = ground(&points).emd_km(&p, &q).unwrap();
        assert!((km - 4.0).abs() < 1e-9, "{km}");
        assert_eq!(ground(&points).emd_km(&p, &[0.0; 10]), None);
    }

    #[test]
    fn many_cells_become_zones_within_the_stated_bound() {
        // 300 cells on a line, so that the exact distance is known.
        let points: Vec<(f64, f64)> = (0..300).map(|i| (f64::from(i) * 100.0, 0.0)).collect();
        let p: Vec<f64> = (0..300).map(|i| f64::from(i % 7)).collect();
        let q: Vec<f64> = (0..300).map(|i| f64::from(i % 11)).collect();
        let ground = ground(&points);
        assert!(ground.is_coarse());
        let (p_sum, q_sum): (f64, f64) = (p.iter().sum(), q.iter().sum());
        let (mut gap, mut exact_km) = (0.0, 0.0);
        for (p, q) in p.iter().zip(&q).take(299) {
            gap += p / p_sum - q / q_sum;
            exact_km += f64::abs(gap) * 0.1;
        }
        let km = ground.emd_km(&p, &q).unwrap();
        let bound_km = ground.bias_bound_km(&p, &q).unwrap();
        assert!(
            bound_km > 0.0 && (km - exact_km).abs() <= bound_km,
            "{km} {exact_km} {bound_km}"
        );
    }
}
