/// Cheapest way to carry whole units from supplies to demands of equal total; the total cost.
///
/// Successive shortest paths with dual prices, the Hungarian method for transport problems: units
/// are whole numbers, so it ends and every supply is used up exactly; only costs are rounded.
/// Takes `O(paths × (n + m)²)` steps with about `n + m` paths.
pub(crate) fn cheapest(supply: &[u64], demand: &[u64], cost: impl Fn(usize, usize) -> f64) -> f64 {
    let (n, m) = (supply.len(), demand.len());
    let mut plan = Plan {
        cost: (0..n * m).map(|at| cost(at / m, at % m)).collect(),
        flow: vec![0; n * m],
        wanted: demand.to_vec(),
        row_price: vec![0.0; n],
        col_price: vec![0.0; m],
        rows: vec![Label::default(); n],
        cols: vec![Label::default(); m],
    };
    for (row, &units) in supply.iter().enumerate() {
        let mut left = units;
        while left > 0 {
            let Some(col) = plan.nearest_wanting(row) else {
                break; // only when demands are smaller in total than supplies
            };
            left -= plan.carry(row, col, left);
        }
    }
    let carried = plan
        .flow
        .iter()
        .enumerate()
        .filter(|(_, units)| **units > 0);
    carried
        .map(|(at, &units)| units as f64 * plan.cost[at % n * m + at / n])
        .sum()
}

struct Plan {
    /// `row * cols + col`: searches read it along rows.
    cost: Vec<f64>,
    /// `col * rows + row`: searches read it along columns.
    flow: Vec<u64>,
    wanted: Vec<u64>,
    /// `cost - row_price - col_price` is never negative, and 0 where there is flow.
    row_price: Vec<f64>,
    col_price: Vec<f64>,
    rows: Vec<Label>,
    cols: Vec<Label>,
}

/// State of one row or column in a search.
#[derive(Clone, Copy)]
struct Label {
    distance: f64,
    /// The column before a row, or the row before a column.
    from: usize,
    done: bool,
}

impl Default for Label {
    fn default() -> Self {
        Self {
            distance: f64::INFINITY,
            from: usize::MAX,
            done: false,
        }
    }
}

impl Plan {
    /// Dijkstra's search from a row, over reduced costs forward and over flow backward, to the
    /// nearest column that still wants units. Raises the prices so that the path costs nothing.
    fn nearest_wanting(&mut self, start: usize) -> Option<usize> {
        self.rows.fill(Label::default());
        self.cols.fill(Label::default());
        self.rows[start].distance = 0.0;
        self.relax_columns(start);
        loop {
            // Rows are entered at no cost, so they are settled with their column at once.
            let col = nearest(&self.cols)?;
            self.cols[col].done = true;
            if self.wanted[col] > 0 {
                self.raise_prices(self.cols[col].distance);
                return Some(col);
            }
            let height = self.rows.len();
            for row in 0..height {
                if self.flow[col * height + row] > 0 && !self.rows[row].done {
                    self.rows[row].distance = self.cols[col].distance;
                    self.rows[row].from = col;
                    self.relax_columns(row);
                }
            }
        }
    }

    fn relax_columns(&mut self, row: usize) {
        self.rows[row].done = true;
        let (start, price) = (self.rows[row].distance, self.row_price[row]);
        let width = self.cols.len();
        let costs = &self.cost[row * width..(row + 1) * width];
        for ((label, cost), col_price) in self.cols.iter_mut().zip(costs).zip(&self.col_price) {
            // Rounding may make a reduced cost a hair less than 0.
            let distance = start + (cost - price - col_price).max(0.0);
            if !label.done && distance < label.distance {
                label.distance = distance;
                label.from = row;
            }
        }
    }

    fn raise_prices(&mut self, reach: f64) {
        for (price, label) in self.row_price.iter_mut().zip(&self.rows) {
            if label.done {
                *price += reach - label.distance;
            }
        }
        for (price, label) in self.col_price.iter_mut().zip(&self.cols) {
            if label.done {
                *price -= reach - label.distance;
            }
        }
    }

    /// Sends as many units as the path allows, at most `limit`, and returns their number.
    fn carry(&mut self, start: usize, end: usize, limit: u64) -> u64 {
        let height = self.rows.len();
        let mut units = limit.min(self.wanted[end]);
        let mut row = self.cols[end].from;
        while row != start {
            let back = self.rows[row].from;
            units = units.min(self.flow[back * height + row]);
            row = self.cols[back].from;
        }
        self.wanted[end] -= units;
        let mut col = end;
        loop {
            let row = self.cols[col].from;
            self.flow[col * height + row] += units;
            if row == start {
                return units;
            }
            col = self.rows[row].from;
            self.flow[col * height + row] -= units;
        }
    }
}

fn nearest(labels: &[Label]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (i, label) in labels.iter().enumerate() {
        let nearer = best.is_none_or(|b| label.distance < labels[b].distance);
        if !label.done && label.distance.is_finite() && nearer {
            best = Some(i);
        }
    }
    best
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
