/// Cheapest way to carry whole units from supplies to demands of equal total; the total cost.
///
/// Successive shortest paths with dual prices, the Hungarian method for transport problems: units
/// are whole numbers, so it ends and every supply is used up exactly; only costs are rounded.
/// Takes `O(paths × (n + m)²)` steps at the worst, with about `n + m` paths; a search ends at the
/// first demand it reaches, so most take far fewer.
pub(crate) fn cheapest(supply: &[u64], demand: &[u64], cost: impl Fn(usize, usize) -> f64) -> f64 {
    let (n, m) = (supply.len(), demand.len());
    let cost: Vec<f64> = (0..n * m).map(|at| cost(at / m, at % m)).collect();
    let mut plan = Plan {
        // The cheapest way in and then the cheapest way out: no reduced cost is below 0, many are 0.
        col_price: (0..m)
            .map(|col| least((0..n).map(|row| cost[row * m + col])))
            .collect(),
        row_price: Vec::with_capacity(n),
        flow: vec![0; n * m],
        carriers: vec![Vec::new(); m],
        wanted: demand.to_vec(),
        distance: vec![0.0; m],
        col_from: vec![0; m],
        row_from: vec![0; n],
        open: Vec::with_capacity(m),
        settled_rows: Vec::with_capacity(n),
        settled_cols: Vec::with_capacity(m),
        cost,
    };
    for row in 0..n {
        let costs = plan.cost[row * m..(row + 1) * m].iter();
        let reduced = costs.zip(&plan.col_price).map(|(cost, price)| cost - price);
        let price = least(reduced);
        plan.row_price.push(price);
    }
    for (row, &units) in supply.iter().enumerate() {
        let mut left = units;
        while left > 0 {
            let Some(col) = plan.nearest_wanting(row) else {
                break; // only when demands are smaller in total than supplies
            };
            left -= plan.carry(row, col, left);
        }
    }
    let carried = plan.flow.iter().zip(&plan.cost);
    carried.map(|(&units, cost)| units as f64 * cost).sum()
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

struct Plan {
    /// `row * cols + col`.
    cost: Vec<f64>,
    /// `row * cols + col`.
    flow: Vec<u64>,
    /// The rows with flow into each column: few, while there are many rows.
    carriers: Vec<Vec<usize>>,
    wanted: Vec<u64>,
    /// `cost - row_price - col_price` is never negative, and 0 where there is flow.
    row_price: Vec<f64>,
    col_price: Vec<f64>,

    // The state of one search.
    /// Of each column from the start.
    distance: Vec<f64>,
    /// The row before a column.
    col_from: Vec<usize>,
    /// The column before a row.
    row_from: Vec<usize>,
    /// Columns that are not settled.
    open: Vec<usize>,
    /// With their distances from the start.
    settled_rows: Vec<(usize, f64)>,
    settled_cols: Vec<usize>,
}

impl Plan {
    /// Dijkstra's search from a row, over reduced costs forward and over flow backward, to the
    /// nearest column that still wants units. Raises the prices so that the path costs nothing.
    fn nearest_wanting(&mut self, start: usize) -> Option<usize> {
        self.distance.fill(f64::INFINITY);
        self.open.clear();
        self.open.extend(0..self.wanted.len());
        self.settled_rows.clear();
        self.settled_cols.clear();
        let mut nearest = self.settle_row(start, 0.0);
        loop {
            // Rows are entered at no cost, so they are settled with their column at once.
            let (at, col) = nearest?;
            self.open.swap_remove(at);
            self.settled_cols.push(col);
            let reach = self.distance[col];
            if self.wanted[col] > 0 {
                self.raise_prices(reach);
                return Some(col);
            }
            nearest = None;
            for at in 0..self.carriers[col].len() {
                let row = self.carriers[col][at];
                if self.settled_rows.iter().all(|&(settled, _)| settled != row) {
                    self.row_from[row] = col;
                    nearest = self.settle_row(row, reach);
                }
            }
            if nearest.is_none() {
                nearest = self.nearest_open();
            }
        }
    }

    /// Offers every open column the way over this row; the nearest one afterwards, with its place
    /// among the open ones.
    fn settle_row(&mut self, row: usize, reach: f64) -> Option<(usize, usize)> {
        self.settled_rows.push((row, reach));
        let width = self.wanted.len();
        let costs = &self.cost[row * width..(row + 1) * width];
        let price = self.row_price[row];
        let (mut nearest, mut least) = (None, f64::INFINITY);
        for (at, &col) in self.open.iter().enumerate() {
            // Rounding may make a reduced cost a hair less than 0.
            let offer = reach + (costs[col] - price - self.col_price[col]).max(0.0);
            let known = &mut self.distance[col];
            if offer < *known {
                *known = offer;
                self.col_from[col] = row;
            }
            if *known < least {
                least = *known;
                nearest = Some((at, col));
            }
        }
        nearest
    }

    fn nearest_open(&self) -> Option<(usize, usize)> {
        let open = self.open.iter().copied().enumerate();
        open.min_by(|a, b| self.distance[a.1].total_cmp(&self.distance[b.1]))
    }

    fn raise_prices(&mut self, reach: f64) {
        for &(row, distance) in &self.settled_rows {
            self.row_price[row] += reach - distance;
        }
        for &col in &self.settled_cols {
            self.col_price[col] -= reach - self.distance[col];
        }
    }

    /// Sends as many units as the path allows, at most `limit`, and returns their number.
    fn carry(&mut self, start: usize, end: usize, limit: u64) -> u64 {
        let width = self.wanted.len();
        let mut units = limit.min(self.wanted[end]);
        let mut row = self.col_from[end];
        while row != start {
            let back = self.row_from[row];
            units = units.min(self.flow[row * width + back]);
            row = self.col_from[back];
        }
        self.wanted[end] -= units;
        let mut col = end;
        loop {
            let row = self.col_from[col];
            let into = &mut self.flow[row * width + col];
            if *into == 0 {
                self.carriers[col].push(row);
            }
            *into += units;
            if row == start {
                return units;
            }
            col = self.row_from[row];
            let out_of = &mut self.flow[row * width + col];
            *out_of -= units;
            if *out_of == 0 {
                self.carriers[col].retain(|&carrier| carrier != row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every assignment of unit supplies to unit demands, tried in turn.
    fn try_all(cost: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
        if row == cost.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for col in 0..cost.len() {
            if !used[col] {
                used[col] = true;
                best = best.min(cost[row][col] + try_all(cost, row + 1, used));
                used[col] = false;
            }
        }
        best
    }

    /// 0 to 1.
    fn dice(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 40) as f64 / (1 << 24) as f64
    }

    /// On a line the cheapest way is known: the area between the two running sums.
    #[test]
    fn large_unbalanced_problems_on_a_line_are_exact() {
        for (n, m, seed) in [(200, 40, 1), (3, 250, 2), (120, 120, 3), (1, 1, 4)] {
            let mut seed = seed;
            let mut sites = |n: usize| -> Vec<f64> { (0..n).map(|_| dice(&mut seed)).collect() };
            let (from, to) = (sites(n), sites(m));
            let supply: Vec<u64> = (0..n as u64).map(|i| (1 + i * i % 7) * m as u64).collect();
            let total: u64 = supply.iter().sum();
            let mut demand = vec![total / m as u64; m];
            demand[0] += total - demand.iter().sum::<u64>();
            let mut steps: Vec<(f64, f64)> = from
                .iter()
                .zip(&supply)
                .map(|(x, u)| (*x, *u as f64))
                .collect();
            steps.extend(to.iter().zip(&demand).map(|(x, u)| (*x, -(*u as f64))));
            steps.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mut sum, mut area) = (0.0_f64, 0.0);
            for pair in steps.windows(2) {
                sum += pair[0].1;
                area += sum.abs() * (pair[1].0 - pair[0].0);
            }
            let cost = cheapest(&supply, &demand, |i, j| (from[i] - to[j]).abs());
            assert!(
                (cost - area).abs() < 1e-9 * area.max(1.0),
                "{n} {m}: {cost} {area}"
            );
        }
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            cost in prop::collection::vec(prop::collection::vec(0.0..10.0f64, 4), 4),
            supply in prop::collection::vec(0usize..4, 6),
            demand in prop::collection::vec(0usize..4, 6),
        ) {
            // Six units each, spread over four supplies and four demands.
            let count = |at: &[usize]| {
                let mut counts = [0u64; 4];
                at.iter().for_each(|&i| counts[i] += 1);
                counts
            };
            let units: Vec<Vec<f64>> = supply
                .iter()
                .map(|&i| demand.iter().map(|&j| cost[i][j]).collect())
                .collect();
            let slow = try_all(&units, 0, &mut vec![false; 6]);
            let fast = cheapest(&count(&supply), &count(&demand), |i, j| cost[i][j]);
            prop_assert!((fast - slow).abs() < 1e-9, "{} {}", fast, slow);
        }
    }
}
