use erewhon_mobility::Track;
use erewhon_types::CellIx;

use super::{Values, entropy_bits, places::ranked};

/// Twin of [`erewhon_mobility::Entropy`], quadratic and worse.
pub fn entropy(track: &Track<'_>) -> Values {
    let cells: Vec<CellIx> = track.events().iter().map(|event| event.cell).collect();
    let counts: Vec<f64> = ranked(track).into_iter().map(|cell| cell.1).collect();
    let real = (cells.len() > 1).then(|| real_bits(&cells));
    let distinct = counts.len() as f64;
    vec![
        ("random_entropy_bits", Some(distinct.log2())),
        ("uncorrelated_entropy_bits", Some(entropy_bits(&counts))),
        ("real_entropy_bits", real),
        (
            "predictability_share",
            real.and_then(|bits| predictability(bits, distinct)),
        ),
    ]
}

/// By the rule of scikit-mobility 1.3: for each event but the first and last, the shortest piece that
/// the cells before it do not hold, one longer where the search ran into the end.
fn real_bits(cells: &[CellIx]) -> f64 {
    let n = cells.len();
    let mut sum = 1 + 2;
    for i in 1..n - 1 {
        let holds = |end: usize| {
            let piece = &cells[i..end];
            cells[..i]
                .windows(piece.len())
                .any(|window| window == piece)
        };
        let mut end = i + 1;
        while end < n && holds(end) {
            end += 1;
        }
        sum += end - i + usize::from(end == n);
    }
    n as f64 * (n as f64).log2() / sum as f64
}

/// The crossing with Fano's curve, found on a grid and then on a finer one.
fn predictability(bits: f64, cells: f64) -> Option<f64> {
    if cells == 1.0 {
        return Some(1.0);
    }
    if bits > cells.log2() {
        return None;
    }
    let fano = |right: f64| {
        let wrong = 1.0 - right;
        let uncertain = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
        uncertain(right) + uncertain(wrong) + wrong * (cells - 1.0).log2()
    };
    let (mut low, mut high) = (1.0 / cells, 1.0);
    for _ in 0..12 {
        let step = (high - low) / 10.0;
        while fano(low + step) > bits {
            low += step;
        }
        high = low + step;
    }
    Some(low)
}
