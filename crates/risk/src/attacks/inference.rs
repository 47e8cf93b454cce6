use erewhon_types::Result;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, Rate,
    draw::{Group, draws, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    traits::{Gower, Trait, Traits, nearest},
};

/// What is guessed.
const SECRETS: [Trait; 7] = [
    Trait::Home,
    Trait::Work,
    Trait::Activity,
    Trait::Hours,
    Trait::Radius,
    Trait::Entropy,
    Trait::Contacts,
];

/// Whether an attacker who has yet to guess a secret may know an attribute: not where it says the same.
fn known(of: Trait, secret: Trait) -> bool {
    let place = |of| matches!(of, Trait::First | Trait::Second | Trait::Third);
    of != secret && !(matches!(secret, Trait::Home | Trait::Work) && place(of))
}

/// A10, third test of WP 216: does the row nearest to somebody tell what is not known of them?
///
/// The attacker has all attributes of the person but the secret (and, where that is home or work, without
/// the cells visited most, which often are the same), and the release. He guesses that the secret is that
/// of the nearest row (Gower's distance). The guess beside it is the most frequent secret of all rows.
///
/// Opinion 05/2014 (WP 216); the game is that of Giomi and others 2023 (arXiv 2211.10459). Time: targets
/// times rows, once per attribute and secret.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no row that is nearest to a person; what they tell of a home's work places is in \
             the attacks on tables",
        ));
    };
    let [members, control, held] = stage.traits(rows)?;
    if members.len().min(control.len()).min(held.len()) < MIN_TARGETS {
        return Ok(Attack::played("", "have attributes", Vec::new()));
    }
    let gower = Gower::new(held, stage.ground);
    let (seed, most) = (scene.spec.seed, scene.spec.targets);
    let drawn = |len, group| some(len, most, &mut draws_of(seed, "inference", group));
    let people = held.len();
    let hits = |who: &Traits, group: Group| -> Vec<[bool; SECRETS.len()]> {
        let chosen = drawn(who.len(), group);
        let ties = match group {
            Group::Members => "inference ties, members",
            Group::Control => "inference ties, control",
        };
        let room = || {
            (
                vec![0.0f32; people * Trait::ALL.len()],
                vec![0.0f32; people],
            )
        };
        let one = |(all, sums): &mut (Vec<f32>, Vec<f32>), &row: &usize| {
            let mut dice = draws(seed, ties, row as u64);
            for (&of, into) in Trait::ALL.iter().zip(all.chunks_exact_mut(people)) {
                gower.distances(of, who, row, into);
            }
            SECRETS.map(|secret| {
                sums.fill(0.0);
                for (&of, one) in Trait::ALL.iter().zip(all.chunks_exact(people)) {
                    if known(of, secret) {
                        sums.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
                    }
                }
                let found = nearest(sums, 1, &mut dice);
                let told = |&row: &u32| held.class_of(secret, row as usize);
                found.first().map(told) == Some(who.class_of(secret, row))
            })
        };
        chosen.par_iter().map_init(room, one).collect()
    };
    let (of_members, of_control) = (hits(members, Group::Members), hits(control, Group::Control));
    let targets = drawn(members.len(), Group::Members);
    let rate = |hits: &[[bool; SECRETS.len()]], at: usize| {
        let told = hits.iter().filter(|hits| hits[at]).count();
        Rate::of(told as u64, hits.len() as u64)
    };
    let telling = held.telling();
    let row = |(at, &secret): (usize, &Trait)| {
        let usual = held.usual(secret);
        let right = |row: &&usize| Some(members.class_of(secret, **row)) == usual;
        let guess = targets.iter().filter(right).count() as f64 / targets.len() as f64;
        let (members, control) = (rate(&of_members, at)?, rate(&of_control, at)?);
        let label = secret.name().to_owned();
        telling
            .contains(&secret)
            .then(|| AttackRow::new(label, members, Some(control), guess))
    };
    Ok(Attack::played(
        "The attacker knows everything about a person but one attribute, and guesses that it is the one of \
         the nearest row of the release.",
        "have attributes",
        SECRETS.iter().enumerate().filter_map(row).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_known_by_another_name() {
        for secret in SECRETS {
            assert!(!known(secret, secret));
        }
        assert!(!known(Trait::First, Trait::Home) && known(Trait::First, Trait::Radius));
    }
}
