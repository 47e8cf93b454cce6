use rand::{Rng, RngExt};

/// Draws indices in proportion to weights, in the same time however many there are.
///
/// Walker's alias method (1977), its table made as by Vose (1991): each index has a column of equal
/// height, which it shares with one other index at the most.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    /// The part of the column that is the index's own, of 2^64.
    own: u64,
    /// Whose the rest is.
    other: u32,
}

impl Sampler {
    /// `None` when no weight is positive.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut heights: Vec<f64> = weights.into_iter().map(|w| w.max(0.0)).collect();
        let sum: f64 = heights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        let each = sum / heights.len() as f64;
        let heaviest = (0..heights.len()).max_by(|a, b| heights[*a].total_cmp(&heights[*b]))?;
        let whole = |index| Column {
            own: u64::MAX,
            other: index as u32,
        };
        let mut columns: Vec<Column> = (0..heights.len()).map(whole).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) =
            (0..heights.len()).partition(|index| heights[*index] < each);
        while let Some(index) = low.pop() {
            // Rounding may leave a low column without a high one; nothing must stay nothing.
            let Some(&donor) = high.last() else {
                if heights[index] <= 0.0 {
                    (columns[index].own, columns[index].other) = (0, heaviest as u32);
                }
                continue;
            };
            columns[index] = Column {
                own: (heights[index] / each * TWO_64) as u64,
                other: donor as u32,
            };
            heights[donor] -= each - heights[index];
            if heights[donor] < each {
                low.extend(high.pop());
            }
        }
        Some(Self { columns })
    }

    /// An index with a positive weight.
    #[inline]
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> usize {
        let at = u128::from(rng.next_u64()) * self.columns.len() as u128;
        let index = (at >> 64) as usize;
        let column = self.columns[index];
        if (at as u64) < column.own {
            index
        } else {
            column.other as usize
        }
    }
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Weights summed up, for a few draws: quicker to make than a [`Sampler`], slower to draw from.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    sums: Vec<f64>,
}

impl Sums {
    /// `None` when no weight is positive.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight.max(0.0);
            sum
        };
        let sums: Vec<f64> = weights.into_iter().map(add).collect();
        (sum > 0.0 && sum.is_finite()).then_some(Self { sums })
    }

    /// An index with a positive weight.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> usize {
        let total = self.sums[self.sums.len() - 1];
        let at = rng.random::<f64>() * total;
        let index = self.sums.partition_point(|sum| *sum <= at);
        // Rounding may put `at` on the total itself; the last positive weight is meant then.
        if index < self.sums.len() {
            index
        } else {
            self.sums.partition_point(|sum| *sum < total)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Pearson's statistic of counts against shares, with its number of free cells; what has no share
    /// must have no count.
    pub(crate) fn chi_square(counts: &[u32], weights: &[f64]) -> (f64, f64) {
        let (n, sum) = (
            f64::from(counts.iter().sum::<u32>()),
            weights.iter().sum::<f64>(),
        );
        let (mut statistic, mut cells) = (0.0, -1.0);
        for (count, weight) in counts.iter().zip(weights) {
            if *weight <= 0.0 {
                assert_eq!(*count, 0);
                continue;
            }
            let expected = n * weight / sum;
            statistic += (f64::from(*count) - expected).powi(2) / expected;
            cells += 1.0;
        }
        (statistic, cells)
    }

    /// The statistic that chance exceeds once in a million: Wilson and Hilferty's cube, which is
    /// within 1 % there from three free cells on.
    pub(crate) fn one_in_a_million(free: f64) -> f64 {
        let spread = 2.0 / (9.0 * free);
        free * (1.0 - spread + 4.753 * spread.sqrt()).powi(3)
    }

    #[test]
    fn draws_follow_the_weights_and_skip_zeros() {
        let few = vec![0.0, 3.0, 0.0, 1.0, 0.0, 2.5, 0.01];
        let many: Vec<f64> = (0..250).map(|i| f64::from(i % 7) * f64::from(i)).collect();
        let (even, steep) = (vec![0.1; 24], (0..30).map(|i| 0.7_f64.powi(i)).collect());
        for (seed, weights) in (0..).zip([few, many, even, steep]) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let by_alias = Sampler::new(weights.iter().copied()).unwrap();
            let by_sums = Sums::new(weights.iter().copied()).unwrap();
            let mut counts = [vec![0; weights.len()], vec![0; weights.len()]];
            for _ in 0..400_000 {
                counts[0][by_alias.draw(&mut rng)] += 1;
                counts[1][by_sums.draw(&mut rng)] += 1;
            }
            for counts in counts {
                // Eight checks: a false alarm once in a hundred thousand seeds.
                let (statistic, free) = chi_square(&counts, &weights);
                assert!(statistic < one_in_a_million(free), "{statistic} of {free}");
            }
        }
    }

    proptest! {
        /// Columns have the height of the weights, by their own account.
        #[test]
        fn the_table_holds_the_weights(
            weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1.0_f64, 0.0..1e-9], 1..60),
        ) {
            let sum: f64 = weights.iter().sum();
            let Some(sampler) = Sampler::new(weights.iter().copied()) else {
                prop_assert_eq!(sum, 0.0);
                return Ok(());
            };
            let mut held = vec![0.0; weights.len()];
            for (index, column) in sampler.columns.iter().enumerate() {
                let own = column.own as f64 / TWO_64;
                held[index] += own;
                held[column.other as usize] += 1.0 - own;
            }
            for (held, weight) in held.iter().zip(&weights) {
                let share = held / weights.len() as f64;
                prop_assert!((share - weight / sum).abs() < 1e-12);
                prop_assert!(*weight > 0.0 || *held < 1e-15);
            }
        }
    }

    #[test]
    fn nothing_can_be_drawn_of_nothing() {
        for weights in [vec![0.0, 0.0], vec![], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(Sampler::new(weights.iter().copied()).is_none());
            assert!(Sums::new(weights).is_none());
        }
    }
}
