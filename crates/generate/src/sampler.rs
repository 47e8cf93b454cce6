use rand::{Rng, RngExt};

/// Draws indices in proportion to weights.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    cumulative: Vec<f64>,
}

impl Sampler {
    /// `None` when no weight is positive.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight.max(0.0);
            sum
        };
        let cumulative: Vec<f64> = weights.into_iter().map(add).collect();
        (sum > 0.0 && sum.is_finite()).then_some(Self { cumulative })
    }

    /// An index with a positive weight.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> usize {
        let total = self.cumulative[self.cumulative.len() - 1];
        let at = rng.random::<f64>() * total;
        let index = self.cumulative.partition_point(|sum| *sum <= at);
        // Rounding may put `at` on the total itself; the last positive weight is meant then.
        if index < self.cumulative.len() {
            index
        } else {
            self.cumulative.partition_point(|sum| *sum < total)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn draws_follow_the_weights_and_skip_zeros() {
        let sampler = Sampler::new([0.0, 3.0, 0.0, 1.0, 0.0]).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0; 5];
        for _ in 0..40_000 {
            counts[sampler.draw(&mut rng)] += 1;
        }
        assert_eq!((counts[0], counts[2], counts[4]), (0, 0, 0));
        // Six standard deviations of a binomial: a false alarm in 5e8 runs.
        assert!((f64::from(counts[1]) - 30_000.0).abs() < 6.0 * 86.6);
        assert!(Sampler::new([0.0, 0.0]).is_none());
        assert!(Sampler::new([]).is_none());
    }
}
