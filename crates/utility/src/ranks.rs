//! Orders: of cells by how much happens there, and of a subscriber's own cells.

/// Kendall's tau-b of two lists, entry by entry: concordant less discordant pairs, by
/// `sqrt((n0 - n1)(n0 - n2))`, where `n0` are all pairs, `n1` and `n2` those tied on one side.
///
/// In `[-1, 1]`. `None` where either side has fewer than two values that differ. Takes `O(n log n)`
/// steps (Knight, "A computer method for calculating Kendall's tau with ungrouped data", 1966).
pub(crate) fn kendall_tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut pairs: Vec<(f64, f64)> = a.iter().copied().zip(b.iter().copied()).collect();
    pairs.sort_unstable_by(|p, q| p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1)));
    let tied_a = tied(&pairs, |p, q| p.0 == q.0);
    let tied_both = tied(&pairs, |p, q| p == q);
    let mut b: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let discordant = inversions(&mut b);
    let tied_b = tied(&b, |p, q| p == q);
    let all = pairs_of(b.len());
    let (free_a, free_b) = (all - tied_a, all - tied_b);
    if free_a == 0 || free_b == 0 {
        return None;
    }
    let concordant = (all + tied_both - tied_a - tied_b - discordant) as f64;
    let scale = (free_a as f64).sqrt() * (free_b as f64).sqrt();
    Some(((concordant - discordant as f64) / scale).clamp(-1.0, 1.0))
}

const fn pairs_of(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// Pairs within runs of equal values.
fn tied<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(same).map(|run| pairs_of(run.len())).sum()
}

/// Pairs in falling order; sorts the values.
fn inversions(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let (low, high) = values.split_at_mut(values.len() / 2);
    let mut found = inversions(low) + inversions(high);
    let mut merged = Vec::with_capacity(low.len() + high.len());
    let mut taken = 0;
    for value in high.iter() {
        while taken < low.len() && low[taken] <= *value {
            merged.push(low[taken]);
            taken += 1;
        }
        found += (low.len() - taken) as u64;
        merged.push(*value);
    }
    merged.extend_from_slice(&low[taken..]);
    values.copy_from_slice(&merged);
    found
}

/// The largest `N - 1` values in falling order, then the sum of all others.
pub(crate) fn largest<const N: usize>(mut values: Vec<f64>) -> [f64; N] {
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut ranks = [0.0; N];
    for (at, value) in values.into_iter().enumerate() {
        ranks[at.min(N - 1)] += value;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(a: &[f64], b: &[f64]) -> Option<f64> {
        let (mut sum, mut free_a, mut free_b) = (0.0, 0.0, 0.0);
        for i in 0..a.len() {
            for j in 0..i {
                let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
                let (x, y) = (sign(a[i] - a[j]), sign(b[i] - b[j]));
                sum += x * y;
                free_a += x * x;
                free_b += y * y;
            }
        }
        (free_a * free_b > 0.0).then(|| sum / f64::sqrt(free_a * free_b))
    }

    proptest! {
        #[test]
        fn tau_b_is_that_of_all_pairs(values in prop::collection::vec((0u8..6, 0u8..6), 0..60)) {
            let a: Vec<f64> = values.iter().map(|v| f64::from(v.0)).collect();
            let b: Vec<f64> = values.iter().map(|v| f64::from(v.1)).collect();
            match (kendall_tau_b(&a, &b), slow(&a, &b)) {
                (Some(fast), Some(slow)) => prop_assert!((fast - slow).abs() < 1e-12),
                (fast, slow) => prop_assert_eq!(fast, slow),
            }
        }
    }

    /// scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]) of its own documentation.
    #[test]
    fn known_values() {
        let tau = kendall_tau_b(&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0]);
        assert!((tau.unwrap() + 0.471_404_520_791_031_7).abs() < 1e-12);
        assert_eq!(largest(vec![1.0, 4.0, 2.0, 3.0]), [4.0, 3.0, 3.0]);
        assert_eq!(largest(vec![1.0]), [1.0, 0.0]);
    }
}
