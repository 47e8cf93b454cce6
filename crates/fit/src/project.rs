//! Post-processing of noisy tables: nothing here sees records, so nothing here costs budget.

/// Moves noisy counts to the nearest non-negative ones that add up to `total`.
///
/// Nearest in squared distance weighted by one over the variance: `max(0, count - lambda *
/// variance)`. Clipping alone would add people wherever noise was negative; this takes them away
/// again evenly ("norm-sub", Wang et al., NDSS 2020). With no noise at all counts are rescaled.
pub(crate) fn project(counts: &[f64], variances: &[f64], total: f64) -> Vec<f64> {
    let clipped: Vec<f64> = counts.iter().map(|c| c.max(0.0)).collect();
    let clipped_total: f64 = clipped.iter().sum();
    let largest = variances.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return if clipped_total > 0.0 {
            clipped.iter().map(|c| c * total / clipped_total).collect()
        } else {
            vec![total / counts.len().max(1) as f64; counts.len()]
        };
    }
    let at = |lambda: f64| {
        let moved = counts.iter().zip(variances);
        moved.map(move |(c, v)| (c - lambda * v / largest).max(0.0))
    };
    let span = counts.iter().map(|c| c.abs()).fold(total.abs(), f64::max) + 1.0;
    let smallest = variances
        .iter()
        .copied()
        .fold(largest, f64::min)
        .max(largest * 1e-9);
    let (mut low, mut high) = (-2.0 * span, 2.0 * span * largest / smallest);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if at(middle).sum::<f64>() > total {
            low = middle;
        } else {
            high = middle;
        }
    }
    at(low).collect()
}

/// Scales non-negative values to add up to one; all zero becomes uniform.
pub(crate) fn normalise(values: &[f64]) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    if total > 0.0 && total.is_finite() {
        values.iter().map(|v| v / total).collect()
    } else {
        vec![1.0 / values.len().max(1) as f64; values.len()]
    }
}

/// Pulls noisy counts towards a guess by as much as their noise deserves (positive-part
/// James-Stein), then projects them. `guess` adds up to one; returns shares.
pub(crate) fn shrink(counts: &[f64], sd: f64, guess: &[f64], total: f64) -> Vec<f64> {
    let total = total.max(1e-9);
    let off = |(c, g): (&f64, &f64)| (c - g * total) * (c - g * total);
    let distance: f64 = counts.iter().zip(guess).map(off).sum();
    let noise = counts.len().saturating_sub(2) as f64 * sd * sd;
    let keep = if noise == 0.0 {
        1.0
    } else if distance > noise {
        1.0 - noise / distance
    } else {
        0.0
    };
    let pulled: Vec<f64> = counts
        .iter()
        .zip(guess)
        .map(|(c, g)| g * total + keep * (c - g * total))
        .collect();
    normalise(&project(&pulled, &vec![sd * sd; counts.len()], total))
}

/// The best guess at one number from several noisy ones: weighted by one over the variance.
pub(crate) fn pool(estimates: &[(f64, f64)]) -> f64 {
    if let Some((exact, _)) = estimates.iter().find(|(_, variance)| *variance <= 0.0) {
        return *exact;
    }
    let (top, bottom) = estimates
        .iter()
        .fold((0.0, 0.0), |(t, b), (e, v)| (t + e / v, b + 1.0 / v));
    top / bottom
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn projections_add_up_and_stay_positive(
            table in prop::collection::vec((-500.0..500.0f64, 0.5..100.0f64), 1..60),
            total in 0.5..10_000.0f64,
        ) {
            let (counts, variances): (Vec<f64>, Vec<f64>) = table.into_iter().unzip();
            let projected = project(&counts, &variances, total);
            prop_assert!(projected.iter().all(|c| *c >= 0.0));
            prop_assert!((projected.iter().sum::<f64>() / total - 1.0).abs() < 1e-6);
        }

        #[test]
        fn a_table_that_is_right_already_stays(
            counts in prop::collection::vec(0.0..500.0f64, 1..60),
        ) {
            let total: f64 = counts.iter().sum();
            prop_assume!(total > 1.0);
            let projected = project(&counts, &vec![4.0; counts.len()], total);
            for (a, b) in projected.iter().zip(&counts) {
                prop_assert!((a - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn exact_tables_are_not_shrunk_and_hopeless_ones_become_the_guess() {
        assert_eq!(
            shrink(&[3.0, 1.0, 0.0], 0.0, &[0.2, 0.2, 0.6], 4.0),
            [0.75, 0.25, 0.0]
        );
        let hopeless = shrink(&[5.0, -3.0, 2.0], 1e6, &[0.2, 0.2, 0.6], 4.0);
        for (got, want) in hopeless.iter().zip([0.2, 0.2, 0.6]) {
            assert!((got - want).abs() < 1e-9);
        }
    }

    #[test]
    fn pooling_prefers_the_sharper_number() {
        assert_eq!(pool(&[(10.0, 1.0), (20.0, 1.0)]), 15.0);
        assert_eq!(pool(&[(10.0, 0.0), (20.0, 1.0)]), 10.0);
        assert!(pool(&[(10.0, 1.0), (20.0, 100.0)]) < 10.2);
    }
}
