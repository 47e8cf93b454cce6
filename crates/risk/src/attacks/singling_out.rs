use std::collections::HashMap;

use erewhon_types::Result;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::{
    Attack, AttackRow, Rate,
    draw::{Group, draws, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    traits::{Trait, Traits},
};

/// Sets of attributes tried for each number of them.
const SETS: usize = 12;

/// A10, first test of WP 216: do the rows of a release tell words that fit exactly one real person?
///
/// The attacker has the rows, and keeps each value, and each combination of 3 to 5 attributes, that
/// exactly one row has. He succeeds with a person whom one of them fits, and nobody else of a crowd of
/// members.
///
/// Size: words that fit one of 9,000 fit fewer of 1,000, so the control group is not searched by itself.
/// Members are split in targets and crowd (at most half are targets), and a control person is looked for
/// in the same crowd as a target. No correction for size is needed, and given the crowd one person's
/// success says nothing of another's: were the targets looked for among each other too, two who share
/// their words would spoil it for both, and the rate would spread more than an interval can say.
///
/// Opinion 05/2014 (WP 216); the game follows Giomi and others 2023 (arXiv 2211.10459), who count
/// predicates; here people are counted, because predicates that fit the same person depend on each other.
/// Time: a sort of the rows for each set of attributes.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to learn words of several attributes from",
        ));
    };
    let [members, control, held] = stage.traits(rows)?;
    if (members.len() / 2).min(control.len()).min(held.len()) < MIN_TARGETS {
        return Ok(Attack::played("", "have attributes", Vec::new()));
    }
    let telling = held.telling();
    let mut dice = draws(scene.spec.seed, "singling_out", 0);
    let strangers = held.shuffled(&mut dice);
    let (seed, most) = (scene.spec.seed, scene.spec.targets);
    let drawn = |len, most, group| some(len, most, &mut draws_of(seed, "singled out", group));
    let half = most.min(members.len() as u32 / 2);
    let targets = drawn(members.len(), half, Group::Members);
    let crowd = (0..members.len()).filter(|row| targets.binary_search(row).is_err());
    let game = Game {
        crowd: crowd.collect(),
        targets,
        outsiders: drawn(control.len(), most, Group::Control),
        members,
        control,
    };
    let (mut played, mut figures) = (Vec::new(), Vec::new());
    for known in [1, 3, 4, 5] {
        let sets = sets(&telling, known, &mut dice);
        let (label, fits) = match known {
            1 => ("one value".to_owned(), "rare values"),
            _ => (format!("{known} attributes"), "combinations"),
        };
        let Some(found) = game.play(held, &sets) else {
            continue;
        };
        let guess = game.play(&strangers, &sets);
        let guess = guess.map_or(0.0, |guess| guess.members.share());
        if found.words > 0 {
            let of_all = found.words_of_one as f64 / found.words as f64;
            figures.push((
                format!("{label}: {fits} that one row has"),
                found.words as f64,
            ));
            figures.push((
                format!("{label}: of these, share that one member has"),
                of_all,
            ));
        }
        played.push(AttackRow::new(
            label,
            found.members,
            Some(found.control),
            guess,
        ));
    }
    let attack = Attack::played(
        "The attacker reads from the release values, and combinations of attributes, that exactly one row \
         has; success is that one of them fits a person and nobody else in a crowd of members. A control \
         person is looked for in the same crowd. The guess takes as many combinations of values drawn from \
         unrelated rows.",
        "have attributes",
        played,
    );
    Ok(figures.into_iter().fold(attack, |attack, (label, value)| {
        attack.with_figure(label, value)
    }))
}

/// At most [`SETS`] different sets of so many attributes; all of them for one.
fn sets(telling: &[Trait], known: usize, dice: &mut ChaCha8Rng) -> Vec<Vec<Trait>> {
    if known == 1 {
        return telling.iter().map(|&only| vec![only]).collect();
    }
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for _ in 0..4 * SETS {
        if sets.len() == SETS || known > telling.len() {
            break;
        }
        let mut set = sample(dice, telling.len(), known).into_vec();
        set.sort_unstable();
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    let named = |set: Vec<usize>| set.into_iter().map(|at| telling[at]).collect();
    sets.into_iter().map(named).collect()
}

/// Values of a set of attributes.
type Key = [u32; 5];

fn key(of: &Traits, set: &[Trait], row: usize) -> Key {
    let mut key = [0; 5];
    for (key, &one) in key.iter_mut().zip(set) {
        *key = of.class_of(one, row);
    }
    key
}

fn counts(of: &Traits, set: &[Trait], rows: impl Iterator<Item = usize>) -> HashMap<Key, u32> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(key(of, set, row)).or_default() += 1;
    }
    counts
}

struct Game<'a> {
    members: &'a Traits,
    control: &'a Traits,
    /// Rows of members who are attacked.
    targets: Vec<usize>,
    /// Rows of the other members.
    crowd: Vec<usize>,
    /// Rows of control people who are attacked.
    outsiders: Vec<usize>,
}

struct Found {
    members: Rate,
    control: Rate,
    words: u64,
    words_of_one: u64,
}

impl Game<'_> {
    fn play(&self, held: &Traits, sets: &[Vec<Trait>]) -> Option<Found> {
        let mut alone = vec![false; self.targets.len()];
        let mut outside = vec![false; self.outsiders.len()];
        let (mut words, mut words_of_one) = (0, 0);
        for set in sets {
            let rows = counts(held, set, 0..held.len());
            let crowd = counts(self.members, set, self.crowd.iter().copied());
            let one = |counts: &HashMap<Key, u32>, key: &Key| counts.get(key) == Some(&1);
            let people = counts(self.members, set, 0..self.members.len());
            for (key, _) in rows.iter().filter(|(_, n)| **n == 1) {
                words += 1;
                words_of_one += u64::from(one(&people, key));
            }
            let hit = |who: &Traits, row: usize| {
                let key = key(who, set, row);
                one(&rows, &key) && !crowd.contains_key(&key)
            };
            for (alone, &row) in alone.iter_mut().zip(&self.targets) {
                *alone |= hit(self.members, row);
            }
            for (alone, &row) in outside.iter_mut().zip(&self.outsiders) {
                *alone |= hit(self.control, row);
            }
        }
        let rate = |hits: &[bool]| {
            let hit = hits.iter().filter(|hit| **hit).count();
            Rate::of(hit as u64, hits.len() as u64)
        };
        Some(Found {
            members: rate(&alone)?,
            control: rate(&outside)?,
            words,
            words_of_one,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Ground;
    use crate::testing::{Place, Row};
    use rand::RngExt;

    /// Members and control people are looked for in the same crowd.
    #[test]
    fn agrees_with_looking_for_each_by_hand() {
        let place = Place::new(4, 7);
        let (ground, zones) = (Ground::of(&place.public()), Traits::zones(&place.cells));
        let mut dice = draws(5, "test", 0);
        let mut group = |from: u64| {
            let mut rows = Vec::new();
            for person in from..from + 60 {
                for _ in 0..dice.random_range(1..5) {
                    let minute = dice.random_range(0..7 * 1440);
                    let cell = dice.random_range(0..5);
                    rows.push(Row {
                        person,
                        minute,
                        cell,
                        peer: 0,
                    });
                }
            }
            Traits::of(&place.people(&rows), &ground, &zones)
        };
        let (members, control, held) = (group(0), group(100), group(200));
        let sets = vec![
            vec![Trait::Home],
            vec![Trait::First, Trait::Hours, Trait::Activity],
        ];
        let game = Game {
            targets: (0..30).collect(),
            crowd: (30..60).collect(),
            outsiders: (0..60).collect(),
            members: &members,
            control: &control,
        };
        let found = game.play(&held, &sets).unwrap();
        let same = |a: &Traits, i: usize, b: &Traits, j: usize, set: &[Trait]| {
            set.iter().all(|&of| a.class_of(of, i) == b.class_of(of, j))
        };
        let count = |a: &Traits, i: usize, b: &Traits, rows: &[usize], set: &[Trait]| {
            rows.iter().filter(|&&j| same(a, i, b, j, set)).count()
        };
        let all: Vec<usize> = (0..60).collect();
        let hit = |who: &Traits, row: usize| {
            sets.iter().any(|set| {
                count(who, row, &held, &all, set) == 1
                    && count(who, row, game.members, &game.crowd, set) == 0
            })
        };
        let members = (0..30).filter(|&row| hit(game.members, row)).count();
        let control = (0..60).filter(|&row| hit(game.control, row)).count();
        assert_eq!(
            (found.members.hits, found.control.hits),
            (members as u64, control as u64)
        );
        assert!(found.members.hits > 0 && found.control.hits > 0);
    }
}
