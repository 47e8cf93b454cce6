//! Who is attacked: draws without replacement, each attack from a stream of its own.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

/// A generator for one purpose; two purposes never share a stream.
pub(crate) fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// At most `most` of so many rows, ascending.
pub(crate) fn some(len: usize, most: u32, seed: u64, stream: u64) -> Vec<usize> {
    let drawn = sample(&mut rng(seed, stream), len, len.min(most as usize));
    let mut rows = drawn.into_vec();
    rows.sort_unstable();
    rows
}

/// Rows in two halves, each ascending; the second has one more where the number is odd.
pub(crate) fn halves(len: usize, seed: u64, stream: u64) -> [Vec<usize>; 2] {
    let first = some(len, (len / 2) as u32, seed, stream);
    let second = (0..len).filter(|row| first.binary_search(row).is_err());
    let second = second.collect();
    [first, second]
}
