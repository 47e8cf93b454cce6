//! Logistic regression on sparse rows, a few lines; the same numbers give the same model.

/// One row: (column, value), each column at most once.
pub(crate) type Row = Vec<(u32, f32)>;

/// Weights of a fitted model; the last is the constant.
pub(crate) struct Logistic(Vec<f64>);

/// Steps of the descent.
const STEPS: usize = 400;

/// Strength of the ridge, per row of the data.
const RIDGE: f64 = 1e-4;

impl Logistic {
    /// Fits by Nesterov's accelerated descent (1983) on the mean log-loss with a small ridge. Time: entries
    /// times [`STEPS`].
    pub(crate) fn fit(rows: &[Row], labels: &[bool], columns: usize) -> Self {
        let square = |row: &Row| 1.0 + row.iter().map(|(_, v)| f64::from(v * v)).sum::<f64>();
        // The log-loss curves by at most a quarter of the longest row's square.
        let curve = rows.iter().map(square).fold(1.0, f64::max) / 4.0 + RIDGE;
        let mut model = Self(vec![0.0; columns + 1]);
        let (mut before, n) = (model.0.clone(), rows.len().max(1) as f64);
        for step in 0..STEPS {
            let push = step as f64 / (step as f64 + 3.0);
            let ahead = model
                .0
                .iter()
                .zip(&before)
                .map(|(now, before)| now + push * (now - before));
            let ahead = Self(ahead.collect());
            let mut slope: Vec<f64> = ahead.0.iter().map(|w| RIDGE * w).collect();
            for (row, &label) in rows.iter().zip(labels) {
                let missed = (sigmoid(ahead.score(row)) - f64::from(u8::from(label))) / n;
                for &(column, value) in row {
                    slope[column as usize] += missed * f64::from(value);
                }
                slope[columns] += missed;
            }
            before = model.0;
            model = Self(
                ahead
                    .0
                    .iter()
                    .zip(&slope)
                    .map(|(w, s)| w - s / curve)
                    .collect(),
            );
        }
        model
    }

    /// Log-odds of a row.
    pub(crate) fn score(&self, row: &Row) -> f64 {
        let constant = self.0.last().copied().unwrap_or(0.0);
        let weigh = |&(column, value): &(u32, f32)| self.0[column as usize] * f64::from(value);
        constant + row.iter().map(weigh).sum::<f64>()
    }
}

fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::draws;
    use rand::RngExt;

    /// One column that says nothing else than the label's odds: the best weights are known.
    #[test]
    fn finds_the_odds_of_two_groups() {
        let mut rows = Vec::new();
        let mut labels = Vec::new();
        for (group, hits) in [(0.0, 30), (1.0, 60)] {
            for i in 0..100 {
                rows.push(vec![(0, group)]);
                labels.push(i < hits);
            }
        }
        let model = Logistic::fit(&rows, &labels, 1);
        let odds = |p: f64| (p / (1.0 - p)).ln();
        assert!((model.score(&vec![(0, 0.0)]) - odds(0.3)).abs() < 0.02);
        assert!((model.score(&vec![(0, 1.0)]) - odds(0.6)).abs() < 0.02);
    }

    /// At the best weights the slope is zero: checked by moving each weight a little.
    #[test]
    fn no_small_move_makes_it_better() {
        let mut dice = draws(3, "test", 0);
        let mut draw = || -> Row {
            (0..4)
                .map(|c| (c, dice.random_range(0.0..1.0f32)))
                .collect()
        };
        let rows: Vec<Row> = (0..60).map(|_| draw()).collect();
        let labels: Vec<bool> = rows
            .iter()
            .map(|r| r[0].1 + r[2].1 > r[1].1 + r[3].1)
            .collect();
        let model = Logistic::fit(&rows, &labels, 4);
        let loss = |weights: &[f64]| {
            let model = Logistic(weights.to_vec());
            let one = |(row, &label): (&Row, &bool)| {
                let score = model.score(row);
                (1.0 + (if label { -score } else { score }).exp()).ln()
            };
            let ridge: f64 = weights.iter().map(|w| w * w).sum::<f64>() * RIDGE / 2.0;
            rows.iter().zip(&labels).map(one).sum::<f64>() / rows.len() as f64 + ridge
        };
        let least = loss(&model.0);
        for at in 0..5 {
            for by in [-0.5, 0.5] {
                let mut moved = model.0.clone();
                moved[at] += by;
                assert!(loss(&moved) > least - 1e-4, "{at} {by}");
            }
        }
    }
}
