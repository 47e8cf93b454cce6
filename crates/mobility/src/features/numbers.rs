//! What is said about a list of numbers.

/// The mean; `None` of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values, |value| value) / values.len() as f64)
}

/// The standard deviation about a mean, over the number of values; `None` of nothing.
pub(super) fn sd(values: &[f64], mean: f64) -> Option<f64> {
    let squares = sum(values, |value| (value - mean).powi(2));
    (!values.is_empty()).then(|| (squares / values.len() as f64).sqrt())
}

/// A sum in four lanes, so that an addition need not wait for the one before it.
fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for four in fours {
        for (lane, &value) in lanes.iter_mut().zip(four) {
            *lane += of(value);
        }
    }
    let rest = rest.iter().map(|&value| of(value)).sum::<f64>();
    lanes[0] + lanes[1] + (lanes[2] + lanes[3]) + rest
}

/// The median, the mean of the two middle values of an even number; `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len();
    let (lower, &mut upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return Some(upper);
    }
    let below = lower.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(below, upper))
}

/// The share of a part in a whole; `None` where the whole is nothing.
pub(super) fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// The Shannon entropy in bits of shares given by their counts, all at least 1; 0 of nothing.
pub(super) fn entropy_bits(counts: impl Iterator<Item = u32> + Clone) -> f64 {
    let total: f64 = counts.clone().map(f64::from).sum();
    let part = |count: u32| {
        let share = f64::from(count) / total;
        share * share.log2()
    };
    // Adding from +0 keeps a single share from giving a negative nought.
    0.0 - counts.map(part).sum::<f64>()
}

/// The Shannon entropy to base e of shares given by their counts, all at least 1, and their sum.
pub(super) fn entropy_nats(counts: impl Iterator<Item = u64>, total: f64) -> f64 {
    let whole = total.ln();
    let part = |count: u64| match count {
        // Many are, and need no logarithm.
        1 => whole,
        _ => count as f64 * (whole - (count as f64).ln()),
    };
    counts.map(part).sum::<f64>() / total
}

/// What the largest parts make up of all that is looked at.
const MOST: f64 = 0.8;

/// How many of the largest parts make up 80 % of the whole, rounded up.
pub(super) fn make_up_most(parts: &mut [u64]) -> u32 {
    parts.sort_unstable_by_key(|&part| std::cmp::Reverse(part));
    let mut left = (parts.iter().sum::<u64>() as f64 * MOST).ceil() as i64;
    let needed = parts.iter().take_while(|&&part| {
        let is_needed = left > 0;
        left -= part as i64;
        is_needed
    });
    needed.count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_has_no_entropy_and_equal_ones_the_logarithm_of_their_number() {
        for count in 1..2_000_u64 {
            assert_eq!(entropy_nats([count].into_iter(), count as f64), 0.0);
        }
        let two = entropy_nats([7, 7].into_iter(), 14.0);
        assert!((two - std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn sums_miss_nothing_at_their_ends() {
        for n in 0..12 {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(sum(&values, |value| value), values.iter().sum::<f64>());
        }
    }
}
