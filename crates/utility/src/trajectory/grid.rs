use super::Trajectories;

/// What a metric sees of a square grid of `side × side` cells over the real points' box.
pub(super) struct Gridded {
    /// The cells that each trajectory goes through, king's moves between the cells of its points, no
    /// cell twice in a row.
    pub(super) walks: Vec<Vec<u16>>,
    side: usize,
}

/// Lowest and highest x and y in metres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent([[f64; 2]; 2]);

/// What the box is wider than the points on each side, so that each lies inside.
const MARGIN_M: f64 = 1e-6;

impl Extent {
    pub(super) fn of(points_m: &[[f64; 2]]) -> Self {
        Self([0, 1].map(|axis| {
            let values = points_m.iter().map(|point| point[axis]);
            let lowest = values.clone().fold(f64::INFINITY, f64::min);
            let highest = values.fold(f64::NEG_INFINITY, f64::max);
            [lowest - MARGIN_M, highest + MARGIN_M]
        }))
    }

    /// Column and row; what lies outside is in the nearest cell.
    fn cell(&self, point_m: [f64; 2], side: usize) -> [i32; 2] {
        [0, 1].map(|axis| {
            let [lowest, highest] = self.0[axis];
            let at = (point_m[axis] - lowest) / (highest - lowest) * side as f64;
            (at as i32).clamp(0, side as i32 - 1)
        })
    }
}

impl Gridded {
    pub(super) fn new(all: &Trajectories, extent: Extent, side: usize) -> Self {
        let walks = all
            .iter()
            .map(|points| walk(points, extent, side))
            .collect();
        Self { walks, side }
    }

    pub(super) const fn cells(&self) -> usize {
        self.side * self.side
    }

    /// Steps through each cell; a trajectory that comes back counts again.
    pub(super) fn density(&self) -> Vec<f64> {
        self.sums(self.cells(), |walk, add| {
            walk.iter().for_each(|&cell| add(cell.into()));
        })
    }

    /// Trajectories that go through each cell.
    pub(super) fn visitors(&self) -> Vec<f64> {
        self.sums(self.cells(), |walk, add| {
            let mut cells = walk.to_vec();
            cells.sort_unstable();
            cells.dedup();
            cells.iter().for_each(|&cell| add(cell.into()));
        })
    }

    /// Trajectories by first and last cell.
    pub(super) fn trips(&self) -> Vec<f64> {
        let cells = self.cells();
        self.sums(cells * cells, |walk, add| {
            if let (Some(&first), Some(&last)) = (walk.first(), walk.last()) {
                add(usize::from(first) * cells + usize::from(last));
            }
        })
    }

    /// Steps from cell to neighbouring cell.
    pub(super) fn transitions(&self) -> Vec<f64> {
        let cells = self.cells();
        self.sums(cells * cells, |walk, add| {
            for &[from, to] in walk.array_windows() {
                add(usize::from(from) * cells + usize::from(to));
            }
        })
    }

    fn sums(&self, bins: usize, each: impl Fn(&[u16], &mut dyn FnMut(usize))) -> Vec<f64> {
        let mut sums = vec![0.0; bins];
        for walk in &self.walks {
            each(walk, &mut |bin| sums[bin] += 1.0);
        }
        sums
    }
}

fn walk(points_m: &[[f64; 2]], extent: Extent, side: usize) -> Vec<u16> {
    let number = |[column, row]: [i32; 2]| (column as usize * side + row as usize) as u16;
    let mut cells = points_m.iter().map(|&point| extent.cell(point, side));
    let mut at = cells.next().unwrap_or_default();
    let mut walk = vec![number(at)];
    for to in cells {
        while at != to {
            at = [0, 1].map(|axis| at[axis] + (to[axis] - at[axis]).signum());
            walk.push(number(at));
        }
    }
    walk
}

/// Agreement in which of two cells is busier: `(concordant - discordant) / pairs` over all pairs of
/// cells. A pair that ties in the real data is neither; one that ties in the synthetic data alone is
/// discordant. (Kendall's tau, as AdaTrace has it.)
pub(super) fn kendall_tau(real: &[f64], synthetic: &[f64]) -> f64 {
    let (mut sum, mut pairs) = (0_i64, 0_i64);
    for a in 0..real.len() {
        for b in 0..a {
            pairs += 1;
            let truth = real[a].total_cmp(&real[b]);
            if truth.is_ne() {
                let agrees = truth == synthetic[a].total_cmp(&synthetic[b]);
                sum += if agrees { 1 } else { -1 };
            }
        }
    }
    sum as f64 / pairs as f64
}

/// 1 - NDCG of the five busiest synthetic cells, each worth `1 / rank` among the five busiest real
/// ones, 0 where it is none of them; discount `1 / log₂(1 + place)`. Of cells that tie, the first
/// goes before.
pub(super) fn hotspot_loss(real: &[f64], synthetic: &[f64]) -> f64 {
    const TOP: usize = 5;
    let top = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order.truncate(TOP);
        order
    };
    let real = top(real);
    let worth = |place: usize, rank: usize| 1.0 / ((place + 2) as f64).log2() / (rank + 1) as f64;
    let got = top(synthetic)
        .into_iter()
        .enumerate()
        .filter_map(|(place, cell)| {
            let rank = real.iter().position(|&other| other == cell)?;
            Some(worth(place, rank))
        });
    let best: f64 = (0..real.len()).map(|place| worth(place, place)).sum();
    1.0 - got.sum::<f64>() / best
}
