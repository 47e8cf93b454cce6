use super::{
    numbers::entropy_bits,
    suffixes::{Edges, Linked, Match, Rows, Suffixes},
};
use crate::{Column, Feature, Row, Track};

/// Most events of a subscriber of whom the real entropy is worked out: it takes about 100 bytes an
/// event. Nobody makes so many in a window; a machine or a fault does.
const MOST_EVENTS: usize = 1 << 22;

/// Largest table of edges, in bytes, with a row for each state: 420 events at 15 cells need 50 kB.
const MOST_ROW_BYTES: usize = 1 << 20;

/// How hard a subscriber's next cell is to guess, in bits (Song, Qu, Blumm and Barabási, "Limits of
/// predictability in human mobility", 2010).
///
/// - `random_entropy_bits`: `log2 N` of the `N` distinct cells.
/// - `uncorrelated_entropy_bits`: [`uncorrelated_entropy_bits`].
/// - `real_entropy_bits`: [`real_entropy_bits`], of the cells of the events in time order.
/// - `predictability_share`: the largest share of next cells that any method can guess right, `Π` of
///   Fano's `S = -Π log2 Π - (1-Π) log2(1-Π) + (1-Π) log2(N-1)` with `S` the real entropy. 1 with one
///   cell; missing where the estimate of `S` is above `log2 N`, as it often is for few events.
///
/// Every event is one symbol, whatever the time between two; days and clock changes play no part.
/// Two cells on one mast are two symbols. One event, or all at one cell: the first two are 0 bits. The
/// last two are missing with one event, or with more than 4,194,304.
pub struct Entropy;

impl Feature for Entropy {
    fn name(&self) -> &'static str {
        "entropy"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("random_entropy_bits"),
            Column::Real("uncorrelated_entropy_bits"),
            Column::Real("real_entropy_bits"),
            Column::Real("predictability_share"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let cells = track.visits().len() as f64;
        out.real(cells.log2());
        out.real(uncorrelated_entropy_bits(track));
        let real_bits = real_entropy_bits(track);
        out.real(real_bits);
        out.real(real_bits.and_then(|bits| predictability(bits, cells)));
    }
}

/// Uncorrelated entropy in bits: `-Σ p log2 p`, `p` the share of events at a cell; 0 without an event.
pub fn uncorrelated_entropy_bits(track: &Track<'_>) -> f64 {
    entropy_bits(track.visits().iter().map(|cell| cell.events))
}

/// Real entropy in bits: the Lempel-Ziv estimate `n log2 n / Σ Λ` of the entropy rate of the cells of
/// a subscriber's `n` events (Kontoyiannis and others 1998; Song and others 2010).
///
/// `Λ` of event `i` is the length of the shortest sequence of cells from `i` on that does not appear,
/// whole, among the cells before `i`. Papers differ at the ends; here as in scikit-mobility 1.3: 1 for
/// the first event, 2 for the last, and one more than the number of events from `i` on where all of
/// these but the last appear before. `None` with fewer than 2 events, or with more than
/// 4,194,304. Expected time is linear in the events.
pub fn real_entropy_bits(track: &Track<'_>) -> Option<f64> {
    let n = track.events().len();
    if !(2..=MOST_EVENTS).contains(&n) {
        return None;
    }
    let (cells, distinct) = (track.seen_at(), track.visits().len());
    let sum = if Rows::bytes(n, distinct) <= MOST_ROW_BYTES {
        sum_of_lengths::<Rows>(cells, distinct)
    } else {
        sum_of_lengths::<Linked>(cells, distinct)
    };
    let n = n as f64;
    Some(n * n.log2() / sum as f64)
}

/// `Σ Λ` of two cells or more, each below `distinct`.
fn sum_of_lengths<E: Edges>(cells: &[u32], distinct: usize) -> u64 {
    let n = cells.len();
    let mut before = Suffixes::<E>::new(n, distinct);
    let mut known = Match::default();
    let mut sum = 1 + 2;
    for i in 1..n - 1 {
        before.push(cells[i - 1]);
        known.settle(&before);
        let rest = &cells[i + known.len as usize..n - 1];
        let ended = rest.iter().all(|&cell| known.extend(&before, cell));
        sum += u64::from(known.len) + if ended { 2 } else { 1 };
        known.shorten();
    }
    sum
}

/// Steps to the share of right guesses at the most, and the last that is worth one more.
const MOST_STEPS: usize = 50;
const TOLERANCE_SHARE: f64 = 1e-10;

/// The share of right guesses that an entropy allows among `cells`; `None` where there is none.
fn predictability(bits: f64, cells: f64) -> Option<f64> {
    if cells < 2.0 {
        return Some(1.0);
    }
    if bits > cells.log2() {
        return None;
    }
    // Falls from log2 N at 1/N to 0 at 1, ever more steeply.
    let rest_bits = (cells - 1.0).log2();
    let (mut low, mut high) = (1.0 / cells, 1.0);
    let mut p = f64::midpoint(low, high);
    for _ in 0..MOST_STEPS {
        let (right_bits, wrong_bits) = (p.log2(), (1.0 - p).log2());
        let above = -p * right_bits + (1.0 - p) * (rest_bits - wrong_bits) - bits;
        if above > 0.0 {
            low = p;
        } else {
            high = p;
        }
        // Newton's step, or half the way where it leads out of what is known.
        let next = p - above / (wrong_bits - right_bits - rest_bits);
        let next = if low < next && next < high {
            next
        } else {
            f64::midpoint(low, high)
        };
        let step = (next - p).abs();
        p = next;
        if step < TOLERANCE_SHARE {
            break;
        }
    }
    Some(p)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_kinds_of_edges_say_the_same(cells in prop::collection::vec(0u32..6, 2..300)) {
            let rows = sum_of_lengths::<Rows>(&cells, 6);
            prop_assert_eq!(rows, sum_of_lengths::<Linked>(&cells, 6));
        }
    }
}
