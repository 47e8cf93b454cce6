/// Beyond this many standard deviations no share is told from 0 or 1.
const FARTHEST: f64 = 7.0;
/// From this scale on discrete noise is told from its continuous twin by no number of tries.
const SMOOTH: f64 = 20.0;

/// The share of a normal distribution above `z`, by its Taylor series (Marsaglia 2004).
fn above(z: f64) -> f64 {
    let (mut term, mut sum, mut i) = (z, 0.0, 1.0);
    while f64::abs(term) > f64::abs(sum) * f64::EPSILON * 0.1 {
        sum += term;
        i += 2.0;
        term *= z * z / i;
    }
    0.5 - sum * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

/// Above how many standard deviations a share of a normal distribution lies.
pub(crate) fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-FARTHEST, FARTHEST);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if above(middle) > share {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// How many standard deviations apart the shares at 0 and at `shift` seem, of discrete Gaussian noise.
pub(crate) fn apart(scale: f64, shift: i64) -> f64 {
    if scale >= SMOOTH {
        return shift as f64 / scale;
    }
    let reach = (FARTHEST * 2.0 * scale).ceil() as i64 + shift;
    let weight = |x: i64| (-0.5 * (x as f64 / scale).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(weight).sum();
    let from = |x: i64| (x..=reach).map(weight).sum::<f64>() / total;
    quantile(from(shift)) - quantile(from(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (share, z) in [
            (0.5, 0.0),
            (0.025, 1.959_964),
            (0.977_25, -2.000_002),
            (1e-9, 5.997_807),
        ] {
            assert!(
                (quantile(share) - z).abs() < 1e-5,
                "{share}: {}",
                quantile(share)
            );
        }
        assert!(quantile(0.0) >= 6.99 && quantile(1.0) <= -6.99);
    }

    #[test]
    fn coarse_noise_seems_as_far_apart_as_it_is() {
        // Smooth noise has what the shift says; that of a unit or two a little else.
        assert!((apart(19.9, 40) - 40.0 / 19.9).abs() < 1e-3);
        assert!((apart(1.2, 2) - 2.0 / 1.2).abs() < 0.06);
    }
}
