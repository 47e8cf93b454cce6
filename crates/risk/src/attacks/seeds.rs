use erewhon_types::{Result, percent};

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind,
    contacts::{Contacts, missing},
    draw::{draws, some},
    scene::MIN_TARGETS,
    stage::Stage,
};

/// How many people the attacker knows to begin with.
const SEEDS: [u32; 2] = [20, 100];

/// By how many standard deviations the best of all candidates must stand out from the second.
const STANDS_OUT: f64 = 0.5;

/// After so many rounds over everybody nothing more is tried.
const ROUNDS: usize = 12;

/// A9c: does the graph of contacts fall to somebody who knows a few people in it?
///
/// The attacker has everybody's contacts of the second half of the window, by names that the release does
/// not share, and the release, of which he takes the first half. Of a few people drawn at random he knows
/// the pseudonym. From them he goes on: whose contacts are mapped to a pseudonym's contacts, each counted
/// less the more contacts the candidate has, is that pseudonym, if it stands out and if the same holds the
/// other way round (Narayanan and Shmatikov 2009, "De-anonymizing social networks"). *Success*: a member who
/// was not among the few is mapped to the right row.
///
/// Everybody hangs on everybody: one wrong step spoils others, and the interval, which counts people as if
/// they were tried one by one, is too narrow. Time: rounds × contacts × contacts of contacts.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable("tables say nothing of contacts"));
    };
    if release.kind() == ReleaseKind::Synthetic {
        return Ok(Attack::not_applicable(
            "contacts of synthetic records are nobody's, so there is no row to be mapped to",
        ));
    }
    if let Some(why) = missing(&rows.people).or_else(|| missing(&scene.members)) {
        return Ok(Attack::not_applicable(why));
    }
    let days = u32::from(scene.public.calendar.days());
    let (half, end) = (days / 2 * 24, days * 24);
    let seed = scene.spec.seed;
    let graph =
        |of: &[&People], hours, nth| Contacts::of(of, hours, &mut draws(seed, "seeds: nodes", nth));
    let known = graph(&[&scene.members, &scene.control], half..end, 0);
    let held = graph(&[&rows.people], 0..half, 1);
    let pairs = pairs(&scene.members, &known, &held);
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for seeds in SEEDS {
        let mut dice = draws(seed, "seeds: known", seeds.into());
        let drawn = some(pairs.len(), seeds, &mut dice);
        if drawn.len() < seeds as usize || pairs.len() < drawn.len() + MIN_TARGETS {
            continue;
        }
        let mut map = Mapping::new(&known, &held);
        drawn.iter().for_each(|&at| map.join(pairs[at]));
        map.spread();
        let others = (0..pairs.len()).filter(|at| drawn.binary_search(at).is_err());
        let (mut hits, mut misses, mut tries) = (0, 0, 0);
        for (left, right) in others.map(|at| pairs[at]) {
            tries += 1;
            match map.right_of(left) {
                Some(is) if is == right => hits += 1,
                Some(_) => misses += 1,
                None => {}
            }
        }
        let guess = 1.0 / held.len().max(1) as f64;
        found.extend(
            Rate::of(hits, tries).map(|rate| {
                AttackRow::new(format!("found again, {seeds} known"), rate, None, guess)
            }),
        );
        wrong.push((seeds, misses as f64 / (hits + misses).max(1) as f64));
    }
    let verdict = found.last().map_or_else(String::new, |row| {
        format!(
            "Who knows {} people in the graph of contacts finds {} of the others by it.",
            SEEDS[found.len() - 1],
            percent(row.members.share())
        )
    });
    let mut attack = Attack {
        verdict,
        ..Attack::played(
            "The attacker knows everybody's contacts of one half of the window by other names, and the \
             pseudonyms of a few people; he goes on from contact to contact. Success is the right row of \
             the other half.",
            "have contacts in both halves",
            found,
        )
    };
    for (seeds, share) in wrong {
        let label = format!("wrong among those that were mapped, {seeds} known, %");
        attack = attack.with_figure(label, 100.0 * share);
    }
    Ok(attack)
}

/// Members who have contacts in both graphs: their nodes.
fn pairs(members: &People, known: &Contacts, held: &Contacts) -> Vec<(u32, u32)> {
    let node = |row: usize| {
        let name = members.subscriber(row).bits();
        Some((known.node(name)? as u32, held.node(name)? as u32))
    };
    (0..members.len()).filter_map(node).collect()
}

/// Which node of one graph is which of the other.
struct Mapping<'a> {
    graphs: [&'a Contacts; 2],
    /// By graph and node, the node of the other graph.
    of: [Vec<Option<u32>>; 2],
    /// By graph and node, what speaks for it; all nought between two uses.
    scores: [Vec<f64>; 2],
}

impl<'a> Mapping<'a> {
    fn new(left: &'a Contacts, right: &'a Contacts) -> Self {
        let sizes = [left.len(), right.len()];
        Self {
            graphs: [left, right],
            of: sizes.map(|nodes| vec![None; nodes]),
            scores: sizes.map(|nodes| vec![0.0; nodes]),
        }
    }

    fn join(&mut self, (left, right): (u32, u32)) {
        self.of[0][left as usize] = Some(right);
        self.of[1][right as usize] = Some(left);
    }

    fn right_of(&self, left: u32) -> Option<u32> {
        self.of[0][left as usize]
    }

    /// Maps whom it can, those with most mapped contacts first, until a round maps nobody.
    fn spread(&mut self) {
        for _ in 0..ROUNDS {
            let mut open: Vec<(u32, u32)> = (0..self.of[0].len() as u32)
                .filter(|&left| self.of[0][left as usize].is_none())
                .map(|left| (self.mapped_around(left), left))
                .filter(|&(mapped, _)| mapped > 0)
                .collect();
            open.sort_unstable_by_key(|&(mapped, left)| (std::cmp::Reverse(mapped), left));
            let mut joined = 0;
            for (_, left) in open {
                let there = self.best(0, left);
                if let Some(right) = there.filter(|&right| self.best(1, right) == Some(left)) {
                    self.join((left, right));
                    joined += 1;
                }
            }
            if joined == 0 {
                return;
            }
        }
    }

    fn mapped_around(&self, left: u32) -> u32 {
        let around = self.graphs[0].around(left as usize).iter();
        around
            .filter(|(other, _)| self.of[0][*other as usize].is_some())
            .count() as u32
    }

    /// The one free node of the other graph that stands out as that of a node; none where none does,
    /// nor where two are equal.
    fn best(&mut self, from: usize, node: u32) -> Option<u32> {
        let to = 1 - from;
        let (here, there) = (self.graphs[from], self.graphs[to]);
        let mut touched = Vec::new();
        for &(friend, _) in here.around(node as usize) {
            let Some(same) = self.of[from][friend as usize] else {
                continue;
            };
            for &(candidate, _) in there.around(same as usize) {
                if self.of[to][candidate as usize].is_some() {
                    continue;
                }
                let score = &mut self.scores[to][candidate as usize];
                if *score == 0.0 {
                    touched.push(candidate);
                }
                *score += 1.0 / f64::from(there.degree(candidate as usize).max(1)).sqrt();
            }
        }
        let (mut first, mut second, mut best) = (0.0, 0.0, None);
        let (mut sum, mut squares) = (0.0, 0.0);
        for &candidate in &touched {
            let score = std::mem::take(&mut self.scores[to][candidate as usize]);
            sum += score;
            squares += score * score;
            if score > first {
                (second, first, best) = (first, score, Some(candidate));
            } else if score > second {
                second = score;
            }
        }
        // Over all nodes that are free to be it, most of which nothing speaks for.
        let n = there.len() as f64;
        let sd = (squares / n - (sum / n).powi(2)).max(0.0).sqrt();
        best.filter(|_| sd > 0.0 && (first - second) / sd >= STANDS_OUT)
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::testing::{Place, Row};

    const PEOPLE: u64 = 600;

    /// Pairs of people who know each other, some of them many.
    fn friends(seed: u64) -> Vec<(u64, u64)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..PEOPLE * 5)
            .map(|_| {
                let popular = (PEOPLE as f64 * rng.random::<f64>().powi(2)) as u64;
                (1 + popular, 1 + rng.random_range(0..PEOPLE))
            })
            .filter(|(a, b)| a != b)
            .collect()
    }

    /// The graph of most of these ties.
    fn graph(ties: &[(u64, u64)], kept: f64, seed: u64) -> Contacts {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<Row> = (ties.iter())
            .filter(|_| rng.random::<f64>() < kept)
            .map(|&(person, peer)| Row {
                person,
                peer,
                minute: 0,
                cell: 0,
            })
            .collect();
        Contacts::of(&[&Place::new(1, 2).people(&rows)], 0..24, &mut rng)
    }

    /// Right and wrong nodes beyond those known.
    fn mapped(left: &Contacts, right: &Contacts, known: u64) -> (usize, usize) {
        let node = |name| Some((left.node(name)? as u32, right.node(name)? as u32));
        let mut map = Mapping::new(left, right);
        (1..=known)
            .filter_map(|nth| node(nth * (PEOPLE / known)))
            .for_each(|pair| map.join(pair));
        map.spread();
        let all = (1..=PEOPLE)
            .filter(|name| name % (PEOPLE / known) != 0)
            .filter_map(node);
        let found = all.filter_map(|(l, r)| map.right_of(l).map(|is| is == r));
        let (right, wrong): (Vec<bool>, Vec<bool>) = found.partition(|&right| right);
        (right.len(), wrong.len())
    }

    #[test]
    fn most_are_found_from_a_few_when_most_ties_stay() {
        let ties = friends(1);
        let (left, right) = (graph(&ties, 0.9, 2), graph(&ties, 0.9, 3));
        let (hits, misses) = mapped(&left, &right, 30);
        assert!(
            hits > 300 && misses * 5 < hits,
            "{hits} right, {misses} wrong"
        );
    }

    #[test]
    fn nobody_is_found_among_other_ties() {
        let (left, right) = (graph(&friends(1), 1.0, 2), graph(&friends(4), 1.0, 3));
        let (hits, _) = mapped(&left, &right, 30);
        assert!(hits < 12, "{hits} right");
    }

    /// Equals are nobody in particular: their order must not tell.
    #[test]
    fn of_equals_none_is_taken() {
        // Around the one who is known, everybody has one contact.
        let star: Vec<(u64, u64)> = (2..30).map(|other| (1, other)).collect();
        let (left, right) = (graph(&star, 1.0, 1), graph(&star, 1.0, 2));
        let mut map = Mapping::new(&left, &right);
        map.join(
            [&left, &right]
                .map(|graph| graph.node(1).unwrap() as u32)
                .into(),
        );
        map.spread();
        assert_eq!(map.of[0].iter().flatten().count(), 1);
    }
}
