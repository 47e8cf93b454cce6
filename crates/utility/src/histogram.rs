use std::sync::Arc;

/// Weight per bin; bin `i` is `edges[i]` up to `edges[i + 1]`, the last one takes all beyond.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    edges: Arc<[f64]>,
    weights: Vec<f64>,
}

impl Histogram {
    /// Empty, on ascending edges (at least two).
    pub(crate) fn new(edges: &Arc<[f64]>) -> Self {
        Self {
            edges: Arc::clone(edges),
            weights: vec![0.0; edges.len() - 1],
        }
    }

    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        let after = self.edges.partition_point(|edge| *edge <= value);
        let bin = after.saturating_sub(1).min(self.weights.len() - 1);
        self.weights[bin] += weight;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        add_all(&mut self.weights, &other.weights);
    }

    pub(crate) fn edges(&self) -> &[f64] {
        &self.edges
    }

    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Start of the bin in which the given share of the weight is reached; `None` when empty.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let total: f64 = self.weights.iter().sum();
        let mut sum = 0.0;
        let reached = |weight: &f64| {
            sum += weight;
            sum > 0.0 && sum >= share * total
        };
        let bin = self.weights.iter().position(reached)?;
        Some(self.edges[bin])
    }
}

/// Adds the second list to the first, entry by entry.
pub(crate) fn add_all(to: &mut [f64], from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// A distance in km twice: on coarse bins for its shape, on fine ones for its quartiles.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    pub(crate) shape: Histogram,
    pub(crate) fine: Histogram,
}

impl Spread {
    pub(crate) fn add_m(&mut self, distance_m: f64) {
        self.shape.add(distance_m / 1000.0, 1.0);
        self.fine.add(distance_m / 1000.0, 1.0);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.shape.merge(&other.shape);
        self.fine.merge(&other.fine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_values(
            values in prop::collection::vec(0u32..50, 1..80),
            percent in 1u32..100,
        ) {
            let edges: Arc<[f64]> = (0..=50).map(f64::from).collect();
            let mut histogram = Histogram::new(&edges);
            values.iter().for_each(|&v| histogram.add(f64::from(v), 1.0));
            let share = f64::from(percent) / 100.0;
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let rank = ((share * values.len() as f64).ceil() as usize).max(1) - 1;
            prop_assert_eq!(histogram.quantile(share), Some(f64::from(sorted[rank])));
        }
    }

    #[test]
    fn values_outside_the_edges_land_in_the_outer_bins() {
        let mut histogram = Histogram::new(&Arc::from([0.0, 1.0, 2.0]));
        assert_eq!(histogram.quantile(0.5), None);
        for value in [-1.0, 0.0, 1.0, 2.0, 9.0] {
            histogram.add(value, 1.0);
        }
        assert_eq!(histogram.weights(), [2.0, 3.0]);
    }
}
