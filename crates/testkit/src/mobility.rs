//! Slow, obvious twins of what `mobility` says about one subscriber, by the names of the columns.

mod activity;
mod bandicoot;
mod entropy;
mod homes;
mod people;
mod places;
mod signature;
mod times;

pub use activity::activity;
pub use bandicoot::bandicoot;
pub use entropy::entropy;
pub use homes::{from_home, howde, locations};
pub use people::{social, traffic};
pub use places::{distances, space, visits};
pub use signature::signature;
pub use times::rhythm;

/// A row: the names of the columns, and what they say; a word says its place among the words.
pub type Values = Vec<(&'static str, Option<f64>)>;

/// The first column that two rows say differently, beyond rounding.
pub fn difference(fast: &Values, slow: &Values) -> Option<String> {
    if fast.len() != slow.len() {
        return Some(format!(
            "{} columns, {} in the twin",
            fast.len(),
            slow.len()
        ));
    }
    let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 + 1e-9 * a.abs().max(b.abs()),
        (a, b) => a.is_none() && b.is_none(),
    };
    let mut pairs = fast.iter().zip(slow);
    let (fast, slow) = pairs.find(|(fast, slow)| fast.0 != slow.0 || !same(fast.1, slow.1))?;
    Some(format!("{fast:?}, {slow:?} in the twin"))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let at = |i: usize| sorted[i];
    match n {
        0 => None,
        n if n % 2 == 1 => Some(at(n / 2)),
        n => Some((at(n / 2 - 1) + at(n / 2)) / 2.0),
    }
}

fn max(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

/// Of nothing, nothing.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

fn entropy_bits(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    counts
        .iter()
        .map(|count| -(count / total) * (count / total).log2())
        .sum()
}
