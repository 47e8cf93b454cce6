use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::RiskSpec;

/// Keeps the draws of the games on tables apart from those of others.
const STREAM: u64 = 0x7AB1_E500;

/// Rows of a group to play at, at most `spec.targets`, drawn without replacement, ascending.
pub(crate) fn draw(people: usize, group: u64, spec: &RiskSpec) -> Vec<usize> {
    draw_most(people, spec.targets as usize, group, spec)
}

/// The same with at most `most`.
pub(crate) fn draw_most(people: usize, most: usize, group: u64, spec: &RiskSpec) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    rng.set_stream(STREAM + group);
    let mut rows = sample(&mut rng, people, people.min(most)).into_vec();
    rows.sort_unstable();
    rows
}
