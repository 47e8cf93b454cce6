use super::{
    numbers::entropy_bits,
    suffixes::{Match, Suffixes},
};
use crate::{Column, Feature, Row, Track};

/// Most events of a subscriber of whom the real entropy is worked out: it takes about 100 bytes an
/// event. Nobody makes so many in a window; a machine or a fault does.
const MOST_EVENTS: usize = 1 << 22;

/// How hard a subscriber's next cell is to guess, in bits (Song, Qu, Blumm and Barabási, "Limits of
/// predictability in human mobility", 2010).
///
/// - `random_entropy_bits`: `log2 N` of the `N` distinct cells.
/// - `uncorrelated_entropy_bits`: `-Σ p log2 p`, `p` the share of events at a cell.
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
        out.real(uncorrelated_bits(track));
        let real_bits = real_entropy_bits(track);
        out.real(real_bits);
        out.real(real_bits.and_then(|bits| predictability(bits, cells)));
    }
}

/// `-Σ p log2 p`, `p` the share of events at a cell.
pub(super) fn uncorrelated_bits(track: &Track<'_>) -> f64 {
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
    let cells = track.seen_at();
    let mut before = Suffixes::new(n);
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
    let n = n as f64;
    Some(n * n.log2() / sum as f64)
}

/// The share of right guesses that an entropy allows among `cells`; `None` where there is none.
fn predictability(bits: f64, cells: f64) -> Option<f64> {
    if cells < 2.0 {
        return Some(1.0);
    }
    if bits > cells.log2() {
        return None;
    }
    // Falls from log2 N at 1/N to 0 at 1.
    let fano = |p: f64| {
        let wrong = 1.0 - p;
        let entropy = -p * p.log2() - wrong * wrong.log2();
        entropy + wrong * (cells - 1.0).log2()
    };
    let (mut low, mut high) = (1.0 / cells, 1.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if fano(middle) > bits {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}
