use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// What a stream of chance is for; each use has streams of its own, so that a change in one part
/// of the world leaves the others as they were.
#[derive(Clone, Copy)]
pub(crate) enum For {
    Country = 1,
    Places,
    Households,
    Contacts,
    Network,
    Trips,
    Diary,
    Phone,
    Flaws,
    Idle,
    Roaming,
}

/// A stream of chance that depends on the world's seed, its use and two numbers alone.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, what: For, a: u64, b: u64) -> Self {
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip([seed, what as u64, a, b]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number below `n`; 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }

    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        mean + sd * self.0.sample::<f64, _>(StandardNormal)
    }

    /// Log-normal with the given median and the standard deviation of its logarithm.
    pub(crate) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * self.normal(0.0, sigma).exp()
    }

    /// Pareto with a least value and a tail exponent.
    pub(crate) fn pareto(&mut self, least: f64, alpha: f64) -> f64 {
        least * (1.0 - self.unit()).powf(-1.0 / alpha)
    }

    /// An index drawn in proportion to the steps of an ascending running total.
    pub(crate) fn pick(&mut self, running: &[f64]) -> usize {
        let total = running.last().copied().unwrap_or(0.0);
        let at = self.unit() * total;
        running
            .partition_point(|&sum| sum <= at)
            .min(running.len().saturating_sub(1))
    }
}

/// The ascending running total of weights, for [`Dice::pick`].
pub(crate) fn running(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    weights
        .into_iter()
        .scan(0.0, |sum, weight| {
            *sum += weight.max(0.0);
            Some(*sum)
        })
        .collect()
}

/// A fixed standard normal number for a pair of numbers: the same whenever it is asked for.
pub(crate) fn fixed_normal(seed: u64, a: u64, b: u64) -> f64 {
    let mixed = mix(seed ^ mix(a ^ mix(b)));
    let u = ((mixed >> 32) as f64 + 1.0) / 4_294_967_297.0;
    let v = (mixed & 0xffff_ffff) as f64 / 4_294_967_296.0;
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The finaliser of SplitMix64.
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
