//! Statistical checks of a mechanism seen from outside, each with its false-alarm rate.

/// How far an estimate may stray before it counts: 5.2 standard errors, below 1e-6 one-sided after
/// two looks for a normal estimate.
const STANDARD_ERRORS: f64 = 5.2;

/// What an audit saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Audit {
    /// Estimated privacy loss, in the measure of the audit.
    pub loss_seen: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl Audit {
    /// Whether the loss seen exceeds the claim beyond chance (false alarms below 1e-6).
    pub fn breaks(&self, claimed: f64) -> bool {
        self.loss_seen - STANDARD_ERRORS * self.standard_error > claimed
    }

    /// Whether the loss seen falls short of the claim beyond chance: more noise than was paid for.
    pub fn wastes(&self, claimed: f64) -> bool {
        self.loss_seen + STANDARD_ERRORS * self.standard_error < claimed
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
        loss_seen: (with / without).ln(),
        standard_error: (variance(with) + variance(without)).sqrt(),
    }
}

/// Concentrated audit of one noisy entry: what a canary that moves the mean says about rho.
///
/// `sample(true)` returns the entry with the canary, `sample(false)` without. Two Gaussians of one
/// variance whose means are d apart have loss rho = d^2 / (2 variance) exactly, so the estimate should
/// come out at the claim. It tells nothing of noise that is not Gaussian: [`gaussian_fit_z`] does.
pub fn mean_shift(tries: u32, mut sample: impl FnMut(bool) -> i64) -> Audit {
    let n = f64::from(tries);
    let mut moments = |canary: bool| {
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..tries {
            let value = sample(canary) as f64;
            sum += value;
            squares += value * value;
        }
        let mean = sum / n;
        (mean, squares / n - mean * mean)
    };
    let ((with, spread_with), (without, spread_without)) = (moments(true), moments(false));
    let variance = (spread_with + spread_without) / 2.0;
    let shift = with - without;
    // Delta method: the shift has variance 2 v / n, the variance of a Gaussian v^2 / n over 2 n.
    let by_shift = shift / variance * (2.0 * variance / n).sqrt();
    let by_variance = shift.powi(2) / (2.0 * variance) * n.recip().sqrt();
    Audit {
        loss_seen: shift.powi(2) / (2.0 * variance),
        standard_error: by_shift.hypot(by_variance),
    }
}

/// Goodness of fit of noise samples to discrete Laplace of a scale, in standard normal units: a fit
/// is within about ±5 (1 in 1e6).
pub fn laplace_fit_z(samples: &[i64], scale: f64) -> f64 {
    fit_z(samples, |k| (-k / scale).exp())
}

/// The same for discrete Gaussian noise.
pub fn gaussian_fit_z(samples: &[i64], scale: f64) -> f64 {
    fit_z(samples, |k| (-(k / scale).powi(2) / 2.0).exp())
}

/// Chi-square over single values and one bin per tail, each of at least ten expected samples, turned
/// into a normal deviate by Wilson and Hilferty's cube root.
fn fit_z(samples: &[i64], weight: impl Fn(f64) -> f64) -> f64 {
    const LEAST_EXPECTED: f64 = 10.0;
    let n = samples.len() as f64;
    // Weights of 0, 1, 2 … until nothing more is added.
    let half: Vec<f64> = (0..)
        .map(|k| weight(f64::from(k)))
        .take_while(|weight| *weight > 1e-18)
        .collect();
    let total = 2.0 * half.iter().sum::<f64>() - half[0];
    let expected = |k: i64| n * half[k.unsigned_abs() as usize] / total;
    let tail = |from: usize| n * half[from..].iter().rev().sum::<f64>() / total;
    let reach = (0..half.len() as i64 - 1)
        .take_while(|&k| expected(k) >= LEAST_EXPECTED && tail(k as usize + 1) >= LEAST_EXPECTED)
        .last()
        .unwrap_or(0);
    let outside = tail(reach as usize + 1);
    let mut bins: Vec<(f64, f64)> = (-reach..=reach).map(|k| (expected(k), 0.0)).collect();
    bins.extend([(outside, 0.0), (outside, 0.0)]);
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
