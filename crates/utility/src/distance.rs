/// Jensen-Shannon divergence in bits (base 2, not square-rooted) of two histograms on shared bins.
///
/// `½ Σ p log₂(p/m) + ½ Σ q log₂(q/m)` with `m = (p + q)/2`, both sides normalised to 1; in
/// `[0, 1]`. `None` when either side is empty. The slices must be equally long.
pub fn jsd_bit(p: &[f64], q: &[f64]) -> Option<f64> {
    let (p_sum, q_sum) = masses(p, q)?;
    let part = |x: f64, mid: f64| if x > 0.0 { x * (x / mid).log2() } else { 0.0 };
    let sum: f64 = p
        .iter()
        .zip(q)
        .map(|(p, q)| {
            let (p, q) = (p / p_sum, q / q_sum);
            let mid = (p + q) / 2.0;
            (part(p, mid) + part(q, mid)) / 2.0
        })
        .sum();
    Some(sum.clamp(0.0, 1.0))
}

/// Common part of commuters: `Σ min(p, q)` of two tables normalised to 1 each; in `[0, 1]`.
///
/// Equals 1 minus the total variation distance. `None` when either side is empty.
pub fn cpc(p: &[f64], q: &[f64]) -> Option<f64> {
    let (p_sum, q_sum) = masses(p, q)?;
    let sum: f64 = p
        .iter()
        .zip(q)
        .map(|(p, q)| (p / p_sum).min(q / q_sum))
        .sum();
    Some(sum.clamp(0.0, 1.0))
}

/// Common part of links: `2 |both| / (|p| + |q|)` of the entries above 0 on both sides and on each;
/// in `[0, 1]`. `None` when either side is empty.
pub(crate) fn cpl(p: &[f64], q: &[f64]) -> Option<f64> {
    masses(p, q)?;
    let count = |side: &[f64]| side.iter().filter(|x| **x > 0.0).count();
    let both = p.iter().zip(q).filter(|(p, q)| **p > 0.0 && **q > 0.0);
    Some(2.0 * both.count() as f64 / (count(p) + count(q)) as f64)
}

/// Kolmogorov-Smirnov statistic: the largest difference of the two distribution functions, at the ends
/// of shared bins, so never above that of the values themselves; in `[0, 1]`. `None` when either side
/// is empty.
pub(crate) fn ks(p: &[f64], q: &[f64]) -> Option<f64> {
    let (p_sum, q_sum) = masses(p, q)?;
    let gaps = p.iter().zip(q).scan(0.0, |gap, (p, q)| {
        *gap += p / p_sum - q / q_sum;
        Some(f64::abs(*gap))
    });
    Some(gaps.fold(0.0, f64::max).clamp(0.0, 1.0))
}

/// Mean of `|a - b| / ((|a| + |b|) / 2)`, 0 where both are 0; in `[0, 2]`. `None` of nothing.
pub(crate) fn smape(a: &[f64], b: &[f64]) -> Option<f64> {
    let part = |(a, b): (&f64, &f64)| {
        let scale = f64::midpoint(a.abs(), b.abs());
        if scale > 0.0 {
            (a - b).abs() / scale
        } else {
            0.0
        }
    };
    let n = a.len().min(b.len());
    (n > 0).then(|| a.iter().zip(b).map(part).sum::<f64>() / n as f64)
}

/// Total mass of each side; `None` when either has none.
pub(crate) fn masses(p: &[f64], q: &[f64]) -> Option<(f64, f64)> {
    let (p_sum, q_sum): (f64, f64) = (p.iter().sum(), q.iter().sum());
    (p_sum > 0.0 && q_sum > 0.0).then_some((p_sum, q_sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_are_symmetric_and_within_bounds(
            pairs in prop::collection::vec((0u32..5, 0u32..5), 1..30),
        ) {
            let p: Vec<f64> = pairs.iter().map(|x| f64::from(x.0)).collect();
            let q: Vec<f64> = pairs.iter().map(|x| f64::from(x.1)).collect();
            for measure in [jsd_bit, cpc] {
                let (there, back) = (measure(&p, &q), measure(&q, &p));
                prop_assert_eq!(there.is_some(), back.is_some());
                if let (Some(there), Some(back)) = (there, back) {
                    prop_assert!((there - back).abs() < 1e-12);
                    prop_assert!((0.0..=1.0).contains(&there));
                }
            }
            // Pinsker and its converse: JSD lies between TV²/(2 ln 2) and TV.
            if let (Some(jsd), Some(cpc)) = (jsd_bit(&p, &q), cpc(&p, &q)) {
                let tv = 1.0 - cpc;
                prop_assert!(jsd <= tv + 1e-12);
                prop_assert!(jsd >= tv * tv / (2.0 * 2f64.ln()) - 1e-12);
            }
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(jsd_bit(&[1.0, 1.0], &[2.0, 2.0]), Some(0.0));
        assert_eq!(jsd_bit(&[1.0, 0.0], &[0.0, 3.0]), Some(1.0));
        let half = jsd_bit(&[1.0, 0.0], &[1.0, 1.0]).unwrap();
        assert!((half - 0.311_278_124_459_132_9).abs() < 1e-12, "{half}");
        assert_eq!(cpc(&[1.0, 0.0], &[1.0, 1.0]), Some(0.5));
        assert_eq!(jsd_bit(&[0.0], &[1.0]), None);

        // Four links and two, one of them the same.
        let links = cpl(&[1.0, 2.0, 3.0, 4.0, 0.0], &[9.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(links, Some(2.0 / 6.0));
        assert_eq!(cpl(&[0.0], &[1.0]), None);
        // Functions .25 .5 .75 1 and 0 0 .5 1.
        let gap = ks(&[1.0, 1.0, 1.0, 1.0], &[0.0, 0.0, 4.0, 4.0]);
        assert_eq!(gap, Some(0.5));
        assert_eq!(ks(&[1.0, 0.0], &[0.0, 2.0]), Some(1.0));
        assert_eq!(smape(&[1.0, 0.0], &[3.0, 0.0]), Some(0.5));
        assert_eq!(smape(&[0.0], &[7.0]), Some(2.0));
    }
}
