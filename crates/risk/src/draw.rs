//! Everything that the lab leaves to chance: whom to attack, what the attacker knows of them, ties.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::{People, Scene};

/// The two groups that attacks aim at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Members,
    Control,
}

impl Group {
    pub(crate) const BOTH: [Self; 2] = [Self::Members, Self::Control];

    /// The people of a scene.
    pub(crate) const fn of<'a>(self, scene: &'a Scene<'_>) -> &'a People {
        match self {
            Self::Members => &scene.members,
            Self::Control => &scene.control,
        }
    }
}

/// The draws of one purpose, of which there may be many alike, told apart by `nth`. Two purposes never share
/// a stream: the key is a hash of seed and purpose.
pub(crate) fn draws(seed: u64, purpose: &str, nth: u64) -> ChaCha8Rng {
    let mut key = blake3::Hasher::new();
    key.update(&seed.to_le_bytes()).update(purpose.as_bytes());
    let mut rng = ChaCha8Rng::from_seed(key.finalize().into());
    rng.set_stream(nth);
    rng
}

/// The draws of one purpose for a group.
pub(crate) fn draws_of(seed: u64, purpose: &str, group: Group) -> ChaCha8Rng {
    draws(seed, purpose, u64::from(group == Group::Control))
}

/// At most `most` of so many rows, without replacement, ascending.
pub(crate) fn some(len: usize, most: u32, dice: &mut ChaCha8Rng) -> Vec<usize> {
    let mut rows = sample(dice, len, len.min(most as usize)).into_vec();
    rows.sort_unstable();
    rows
}

/// Rows in two halves, each ascending; the second has one more where the number is odd.
pub(crate) fn halves(len: usize, dice: &mut ChaCha8Rng) -> [Vec<usize>; 2] {
    let first = some(len, (len / 2) as u32, dice);
    let second = (0..len).filter(|row| first.binary_search(row).is_err());
    let second = second.collect();
    [first, second]
}
