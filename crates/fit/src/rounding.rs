/// Rounds non-negative weights to whole units that add up to exactly `units` (0 when all weights
/// are zero): floors first, then one more unit each for the largest remainders.
///
/// The sum can't exceed `units` whatever the weights are, so a bound on it holds by construction.
pub(crate) fn to_units(weights: &[f64], units: u32) -> Vec<u32> {
    let total: f64 = weights.iter().filter(|w| w.is_finite() && **w > 0.0).sum();
    if !(total.is_finite() && total > 0.0) {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights
        .iter()
        .map(|w| w.max(0.0) / total * f64::from(units))
        .collect();
    let mut rounded: Vec<u32> = Vec::with_capacity(weights.len());
    let mut left = units;
    for value in &exact {
        // Floating point may put the last floor one too high; `left` is what may still be given.
        let floor = (value.floor() as u32).min(left);
        left -= floor;
        rounded.push(floor);
    }
    let mut order: Vec<usize> = (0..weights.len()).filter(|&i| exact[i] > 0.0).collect();
    order.sort_by(|&a, &b| {
        exact[b]
            .fract()
            .total_cmp(&exact[a].fract())
            .then(a.cmp(&b))
    });
    for &i in order.iter().cycle().take(left as usize) {
        rounded[i] += 1;
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_hit_the_units_and_entries_stay_within_one(
            weights in prop::collection::vec(0.0..1e6f64, 1..40),
            units in 1..5000u32,
        ) {
            let total: f64 = weights.iter().sum();
            prop_assume!(total > 0.0);
            let rounded = to_units(&weights, units);
            prop_assert_eq!(rounded.iter().sum::<u32>(), units);
            for (got, weight) in rounded.iter().zip(&weights) {
                let exact = weight / total * f64::from(units);
                prop_assert!((f64::from(*got) - exact).abs() <= 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn hopeless_weights_add_nothing() {
        assert_eq!(to_units(&[0.0, 0.0], 10), [0, 0]);
        assert_eq!(to_units(&[f64::INFINITY], 10), [0]);
        assert!(to_units(&[], 10).is_empty());
    }
}
