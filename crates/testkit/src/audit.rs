//! Statistical checks of a mechanism seen from outside, each with its false-alarm rate.

/// How far an estimate may stray before it counts: 5.2 standard errors, below 1e-6 one-sided after
/// two looks for a normal estimate.
const STANDARD_ERRORS: f64 = 5.2;

/// What an audit saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Audit {
    /// Estimated privacy loss at the most telling event.
    pub epsilon_seen: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl Audit {
    /// Whether the loss seen exceeds the claim beyond chance (false alarms below 1e-6).
    pub fn breaks(&self, epsilon_claimed: f64) -> bool {
        self.epsilon_seen - STANDARD_ERRORS * self.standard_error > epsilon_claimed
    }

    /// Whether the loss seen falls short of the claim beyond chance: more noise than was paid for.
    pub fn wastes(&self, epsilon_claimed: f64) -> bool {
        self.epsilon_seen + STANDARD_ERRORS * self.standard_error < epsilon_claimed
    }
}

/// Likelihood-ratio audit of one noisy entry.
///
/// `sample(true)` returns the entry with a canary that adds `shift` to it, `sample(false)` without.
/// For discrete Laplace the event `output >= shift` has probability ratio exp(epsilon) exactly, so
/// the estimate should come out at the claim, not merely below it.
pub fn likelihood_ratio(tries: u32, shift: i64, mut sample: impl FnMut(bool) -> i64) -> Audit {
    let mut share = |canary: bool| {
        let hits = (0..tries).filter(|_| sample(canary) >= shift).count();
        // Half a hit keeps the logarithm finite when an event never happens.
        (hits as f64).max(0.5) / f64::from(tries)
    };
    let (with, without) = (share(true), share(false));
    let variance = |p: f64| (1.0 - p) / (p * f64::from(tries));
    Audit {
        epsilon_seen: (with / without).ln(),
        standard_error: (variance(with) + variance(without)).sqrt(),
    }
}

/// Goodness of fit of noise samples to discrete Laplace of a scale, in standard normal units.
///
/// Chi-square over the values with at least ten expected samples and one bin per tail, turned into
/// a normal deviate by Wilson and Hilferty's cube root; a fit is within about ±5 (1 in 1e6).
pub fn laplace_fit_z(samples: &[i64], scale: f64) -> f64 {
    let n = samples.len() as f64;
    let base = (-1.0 / scale).exp();
    let pmf = |k: i64| (1.0 - base) / (1.0 + base) * base.powf(k.unsigned_abs() as f64);
    let reach = (0..).take_while(|&k| n * pmf(k) >= 10.0).count() as i64 - 1;
    let tail = base.powf((reach + 1) as f64) / (1.0 + base);
    let mut bins: Vec<(f64, f64)> = (-reach..=reach).map(|k| (n * pmf(k), 0.0)).collect();
    bins.extend([(n * tail, 0.0), (n * tail, 0.0)]);
    for &sample in samples {
        let bin = match sample {
            low if low < -reach => bins.len() - 2,
            high if high > reach => bins.len() - 1,
            middle => (middle + reach) as usize,
        };
        bins[bin].1 += 1.0;
    }
    let chi_square: f64 = bins.iter().map(|(e, o)| (o - e).powi(2) / e).sum();
    let freedom = (bins.len() - 1) as f64;
    let spread = 2.0 / (9.0 * freedom);
    ((chi_square / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}
