use erewhon_types::Result;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, Rate,
    draw::{Group, draws, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    traits::{Gower, Trait, Traits, nearest},
};

/// What one data set of the attacker tells of people, and what the other tells.
const BLOCKS: [&[Trait]; 2] = [
    &[Trait::Home, Trait::Activity, Trait::Radius],
    &[
        Trait::Work,
        Trait::Third,
        Trait::Hours,
        Trait::Entropy,
        Trait::Contacts,
    ],
];

/// Rows looked at around each half of a person.
const NEAREST: [usize; 3] = [1, 5, 10];

/// A10, second test of WP 216: does a release join two data sets of which each tells half of a person?
///
/// The attacker has two sets of attributes of the person, without knowing that they belong together, and
/// the release. For each he takes the k nearest rows (Gower's distance); success is a row that both have.
///
/// Opinion 05/2014 (WP 216); the game is that of Giomi and others 2023 (arXiv 2211.10459). The guess: two
/// sets of k rows drawn at random, 1 - C(n-k, k) / C(n, k). Time: targets times rows.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows that two halves of a person could meet in",
        ));
    };
    let [members, control, held] = stage.traits(rows)?;
    if members.len().min(control.len()).min(held.len()) < MIN_TARGETS {
        return Ok(Attack::played("", "have attributes", Vec::new()));
    }
    let gower = Gower::new(held, stage.ground);
    let (seed, most) = (scene.spec.seed, scene.spec.targets);
    let hits = |who: &Traits, group: Group| -> Vec<[bool; NEAREST.len()]> {
        let chosen = some(who.len(), most, &mut draws_of(seed, "linkability", group));
        let ties = match group {
            Group::Members => "linkability ties, members",
            Group::Control => "linkability ties, control",
        };
        let room = || [vec![0.0f32; held.len()], vec![0.0f32; held.len()]];
        let one = |[sums, one]: &mut [Vec<f32>; 2], &row: &usize| {
            let mut dice = draws(seed, ties, row as u64);
            let sides = BLOCKS.map(|block| {
                sums.fill(0.0);
                for &of in block {
                    gower.distances(of, who, row, one);
                    sums.iter_mut()
                        .zip(&*one)
                        .for_each(|(sum, one)| *sum += one);
                }
                nearest(sums, NEAREST[NEAREST.len() - 1], &mut dice)
            });
            NEAREST.map(|k| {
                let [first, second] =
                    [0, 1].map(|side: usize| &sides[side][..k.min(sides[side].len())]);
                first.iter().any(|row| second.contains(row))
            })
        };
        chosen.par_iter().map_init(room, one).collect()
    };
    let (of_members, of_control) = (hits(members, Group::Members), hits(control, Group::Control));
    let rate = |hits: &[[bool; NEAREST.len()]], at: usize| {
        let met = hits.iter().filter(|hits| hits[at]).count();
        Rate::of(met as u64, hits.len() as u64)
    };
    let row = |(at, &k): (usize, &usize)| {
        let label = format!("{k} nearest row{}", if k == 1 { "" } else { "s" });
        let control = rate(&of_control, at);
        let guess = by_chance(held.len(), k);
        Some(AttackRow::new(
            label,
            rate(&of_members, at)?,
            Some(control?),
            guess,
        ))
    };
    Ok(Attack::played(
        "The attacker has two data sets, one with the home, the activity and the reach of people, one with \
         their work, third cell, hours, variety and contacts, and looks which rows of the release are \
         nearest to each half; success is a row near both halves of one person.",
        "have attributes",
        NEAREST.iter().enumerate().filter_map(row).collect(),
    ))
}

/// Odds that two sets of `k` of `n` rows meet.
fn by_chance(n: usize, k: usize) -> f64 {
    let miss = |i: usize| n.saturating_sub(k + i) as f64 / (n - i) as f64;
    1.0 - (0..k.min(n)).map(miss).product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sets_meet_as_often_as_a_count_of_all_pairs_says() {
        let (n, k) = (6usize, 2usize);
        let pairs: Vec<[usize; 2]> = (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| [a, b]))
            .collect();
        let meet = |a: &[usize; 2], b: &[usize; 2]| a.iter().any(|row| b.contains(row));
        let met = pairs
            .iter()
            .flat_map(|a| pairs.iter().map(move |b| meet(a, b)));
        let met = met.filter(|met| *met).count() as f64 / (pairs.len() * pairs.len()) as f64;
        assert!((by_chance(n, k) - met).abs() < 1e-12);
    }
}
