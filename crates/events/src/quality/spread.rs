use serde::{Deserialize, Serialize};

/// Buckets an octave: a value is known to 1/64 of itself, exactly below 128.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.ilog2();

/// How many values there were of each size, in memory that does not grow with their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spread {
    counts: Vec<u64>,
    max: u64,
}

/// Quantiles of a set of whole numbers: to 1/64 of the value, exact below 128; all 0 when empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many numbers there are.
    pub n: u64,
    /// A quarter of them is at most this.
    pub p25: u64,
    /// The lower median.
    pub p50: u64,
    /// Three quarters of them are at most this.
    pub p75: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// The largest, exact.
    pub max: u64,
}

impl Spread {
    pub(crate) fn add(&mut self, value: u64) {
        let bucket = bucket(value);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.max = self.max.max(value);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        super::tally::add(&mut self.counts, &other.counts);
        self.max = self.max.max(other.max);
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        let n: u64 = self.counts.iter().sum();
        let at = |per_cent: u64| {
            let rank = (n * per_cent).div_ceil(100).max(1);
            let mut seen = 0;
            let full = self.counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            full.map_or(0, |bucket| least(bucket).min(self.max))
        };
        Quantiles {
            n,
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p99: at(99),
            max: self.max,
        }
    }

    /// How many values are 0.
    pub(crate) fn zeros(&self) -> u64 {
        self.counts.first().copied().unwrap_or(0)
    }

    /// Quantiles of the values that are not.
    pub(crate) fn quantiles_above_zero(&self) -> Quantiles {
        let mut above = self.clone();
        above.counts.iter_mut().take(1).for_each(|zeros| *zeros = 0);
        above.quantiles()
    }

    /// How many values lie above a limit, as far as buckets tell.
    pub(crate) fn above(&self, limit: u64) -> u64 {
        self.counts.iter().skip(bucket(limit) + 1).sum()
    }
}

const fn bucket(value: u64) -> usize {
    let shift = (value | STEPS).ilog2() - STEP_BITS;
    (shift as u64 * STEPS + (value >> shift)) as usize
}

/// The smallest value of a bucket.
const fn least(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    (bucket - shift * STEPS) << shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_those_of_a_sorted_list(mut values in prop::collection::vec(any::<u64>().prop_map(|v| v >> (v % 64)), 1..300)) {
            let mut spread = Spread::default();
            values.iter().for_each(|&v| spread.add(v));
            values.sort_unstable();
            let found = spread.quantiles();
            for (per_cent, quantile) in [(25, found.p25), (50, found.p50), (75, found.p75), (99, found.p99)] {
                let exact = values[(values.len() * per_cent).div_ceil(100) - 1];
                prop_assert!(quantile <= exact && exact - quantile <= exact / STEPS, "{quantile} {exact}");
            }
            prop_assert_eq!(found.max, *values.last().unwrap());
            let mut above = Spread::default();
            values.iter().filter(|&&v| v > 0).for_each(|&v| above.add(v));
            prop_assert_eq!(spread.quantiles_above_zero(), above.quantiles());
            prop_assert_eq!(spread.zeros() + above.quantiles().n, found.n);
        }
    }
}
