/// Bisections of the unit interval: as many as a double can tell apart near 1.
const HALVINGS: u32 = 53;

/// The Clopper-Pearson lower bound (1934): the share at which at least `hits` in `tries` has chance
/// `alpha`. The true share is below it with chance at most `alpha`.
pub(crate) fn lower(tries: u32, hits: u32, alpha: f64) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    let (n, k) = (f64::from(tries), f64::from(hits));
    let ln_choose: f64 = (1..=hits.min(tries - hits))
        .map(|i| ((n - f64::from(i) + 1.0) / f64::from(i)).ln())
        .sum();
    // Below the share of hits the terms fall from the first on.
    let tail = |p: f64| {
        let mut term = (ln_choose + k * p.ln() + (n - k) * (-p).ln_1p()).exp();
        let mut sum = 0.0;
        for i in hits..=tries {
            sum += term;
            term *= (n - f64::from(i)) / (f64::from(i) + 1.0) * p / (1.0 - p);
            if term < sum * f64::EPSILON {
                break;
            }
        }
        sum
    };
    let (mut low, mut high) = (0.0, k / n);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if tail(middle) <= alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The Clopper-Pearson upper bound: the true share is above it with chance at most `alpha`.
pub(crate) fn upper(tries: u32, hits: u32, alpha: f64) -> f64 {
    1.0 - lower(tries, tries - hits, alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Without a hit and without a miss the bounds are roots: alpha^(1/n).
        assert!((lower(10, 10, 0.025) - 0.025_f64.powf(0.1)).abs() < 1e-12);
        assert!((upper(10, 0, 0.025) - (1.0 - 0.025_f64.powf(0.1))).abs() < 1e-12);
        assert_eq!((lower(10, 0, 0.025), upper(10, 10, 0.025)), (0.0, 1.0));
        // 5 of 10 at 95 %: .1871 to .8129.
        assert!((lower(10, 5, 0.025) - 0.187_086).abs() < 1e-6);
        assert!((upper(10, 5, 0.025) - 0.812_914).abs() < 1e-6);
        // Many tries: within the normal one of half +- z / 2 sqrt(n).
        let far = (0.5 - lower(100_000, 50_000, 1e-8)) * 2.0 * 100_000_f64.sqrt();
        assert!((far - 5.612).abs() < 0.01, "{far}");
    }
}
