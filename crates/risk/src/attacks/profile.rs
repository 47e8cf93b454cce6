use std::cmp::{Ordering, Reverse};
use std::ops::Range;

use erewhon_types::{Result, Subscriber};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, RiskSpec,
    contacts::{Contacts, missing},
    draw::{draws, some},
    scene::MIN_TARGETS,
    stage::Stage,
    words,
};

/// At most so many people are looked for among all rows.
const MOST_TARGETS: u32 = 1000;

/// Indicators of one person in one period.
const INDICATORS: usize = 16;

type Indicators = [f32; INDICATORS];

/// Contacts whose indicators are added, those met most.
const FRIENDS: usize = 5;

/// Indicators of a person and of their friends.
const WIDTH: usize = INDICATORS * (1 + FRIENDS);

/// A9b: is somebody known again by their habits with others, under another pseudonym?
///
/// The attacker has the indicators of the person in a later week (how many contacts, how even, when, on
/// which days) and of the five people they met most, and the release, of which he takes the first week. He
/// picks the row with the nearest indicators (cosine of standardised values); success is the person's row.
///
/// Crețu and others 2022 ("Interaction data are identifiable even across long periods of time"): 52 % of
/// over 40,000 people with two steps, 24 % after 20 weeks. Theirs is a learned embedding: this one is
/// weaker. Synthetic rows have no later week of the same person, so nothing is there to be found again.
/// Time: at most [`MOST_TARGETS`] times the rows.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let rows = match (release.rows(), release.kind()) {
        (None, _) => return Ok(Attack::not_applicable("tables say nothing of contacts")),
        (Some(_), ReleaseKind::Synthetic) => {
            return Ok(Attack::not_applicable(
                "synthetic rows are nobody's, so nobody is found again among them; what their contacts tell \
                 of a person is asked by the attack on contacts of contacts",
            ));
        }
        (Some(rows), _) => rows,
    };
    if let Some(why) = missing(&rows.people).or_else(|| missing(&scene.members)) {
        return Ok(Attack::not_applicable(why));
    }
    let days = u32::from(scene.public.calendar.days());
    let week = if days >= 14 { 7 } else { days / 2 };
    if week == 0 {
        return Ok(Attack::not_applicable(
            "one day has no later week to be found again in",
        ));
    }
    let workday = |hour: u32| scene.public.calendar.is_workday((hour / 24) as u16);
    let habits = |people: &People, all: &[&People], from: u32| {
        let hours = from * 24..(from + week) * 24;
        let mut dice = draws(scene.spec.seed, "habits", from.into());
        Habits::of(people, all, &hours, &workday, &mut dice)
    };
    let held = habits(&rows.people, &[&rows.people], 0);
    let real = [&scene.members, &scene.control];
    let mut weeks = vec![1, days / week - 1];
    weeks.dedup();
    let guess = 1.0 / rows.people.len().max(1) as f64;
    let mut played = Vec::new();
    for later in weeks {
        let known = habits(&scene.members, &real, later * week);
        let own = |row| rows.people.find(scene.members.subscriber(row));
        let rate = found_again(&held, &known, &scene.spec, &own);
        let label = format!("{} days later", later * week);
        played.extend(rate.map(|rate| AttackRow::new(label, rate, None, guess)));
    }
    let verdict = played.first().map_or_else(String::new, |row| {
        format!(
            "By their habits with others alone, {} of the people are found again among the pseudonyms of \
             {week} days before.",
            words::share(&row.members)
        )
    });
    Ok(Attack {
        verdict,
        ..Attack::played(
            "The attacker knows a person's habits with others in a later week (how many, how often, when) \
             and those of the people they meet most, and looks for the row of the first week that fits \
             best, although no pseudonym is the same in both.",
            "have contacts in both weeks",
            played,
        )
    })
}

/// How often the row of `held` that is nearest to one of `known` is their own.
fn found_again(
    held: &Habits,
    known: &Habits,
    spec: &RiskSpec,
    own: &(dyn Fn(usize) -> Option<usize> + Sync),
) -> Option<Rate> {
    let (middle, spread) = held.standard();
    let ready = |habits: &Habits| -> Vec<Option<Vec<f32>>> {
        let unit = |row: &Option<Vec<f32>>| row.as_ref().map(|row| unit(row, &middle, &spread));
        habits.0.par_iter().map(unit).collect()
    };
    let (held, known) = (ready(held), ready(known));
    let able: Vec<usize> = (0..known.len())
        .filter(|&row| known[row].is_some())
        .collect();
    let most = MOST_TARGETS.min(spec.targets);
    let drawn = some(able.len(), most, &mut draws(spec.seed, "profile", 0));
    if drawn.len() < MIN_TARGETS {
        return None;
    }
    let hit = |&at: &usize| {
        let row = able[at];
        let mine = known[row].as_deref().unwrap_or_default();
        let mut best = (f32::NEG_INFINITY, None);
        for (other, theirs) in held.iter().enumerate() {
            let Some(theirs) = theirs else { continue };
            let like: f32 = mine.iter().zip(theirs).map(|(a, b)| a * b).sum();
            if like > best.0 {
                best = (like, Some(other));
            }
        }
        best.1.is_some() && best.1 == own(row)
    };
    let hits = drawn.par_iter().filter(|at| hit(at)).count();
    Rate::of(hits as u64, drawn.len() as u64)
}

/// Indicators of everybody with a contact in a period.
struct Habits(Vec<Option<Vec<f32>>>);

impl Habits {
    /// Of the people, in the graph of all groups in these hours.
    ///
    /// Whom somebody met equally often stands in the order of what can be seen of them, and where that is
    /// equal as well, at random: a pseudonym decides nothing (see [`Contacts`]).
    fn of(
        people: &People,
        all: &[&People],
        hours: &Range<u32>,
        workday: &(dyn Fn(u32) -> bool + Sync),
        dice: &mut ChaCha8Rng,
    ) -> Self {
        let contacts = Contacts::of(all, hours.clone(), dice);
        let own = |people: &People, row| indicators(people, row, hours, &contacts, workday);
        let seen: Vec<Vec<Option<Indicators>>> = all
            .iter()
            .map(|group| {
                let rows = (0..group.len()).into_par_iter();
                rows.map(|row| own(group, row)).collect()
            })
            .collect();
        let named = |node: u32| {
            let name = Subscriber::new(contacts.name(node as usize));
            let found = |(group, seen): (&&People, &Vec<_>)| seen[group.find(name)?];
            all.iter().zip(&seen).find_map(found)
        };
        let one = |row: usize| {
            let mut width = own(people, row)?.to_vec();
            let node = contacts.node(people.subscriber(row).bits())?;
            let mut friends = contacts.around(node).to_vec();
            let rank =
                |&(friend, times): &(u32, u32)| Reverse((times, contacts.degree(friend as usize)));
            friends.sort_by_key(rank);
            // Whoever is certainly not among the first needs no look at.
            let last = friends.get(FRIENDS - 1).map(rank);
            let first =
                friends.partition_point(|friend| last.is_none_or(|last| rank(friend) <= last));
            let mut first: Vec<_> = friends[..first]
                .iter()
                .map(|friend| (rank(friend), named(friend.0)))
                .collect();
            first.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| by_indicators(&a.1, &b.1)));
            for (_, theirs) in first.into_iter().take(FRIENDS) {
                width.extend(theirs.unwrap_or([f32::NAN; INDICATORS]));
            }
            width.resize(WIDTH, f32::NAN);
            Some(width)
        };
        Self((0..people.len()).into_par_iter().map(one).collect())
    }

    /// Mean and spread of each indicator over those who have it.
    fn standard(&self) -> (Vec<f32>, Vec<f32>) {
        let mut sums = vec![[0.0f64; 3]; WIDTH];
        for row in self.0.iter().flatten() {
            for (sum, &value) in sums
                .iter_mut()
                .zip(row)
                .filter(|(_, value)| !value.is_nan())
            {
                let value = f64::from(value);
                sum[0] += 1.0;
                sum[1] += value;
                sum[2] += value * value;
            }
        }
        let of = |[n, sum, square]: &[f64; 3]| {
            let mean = sum / n.max(1.0);
            let spread = (square / n.max(1.0) - mean * mean).max(0.0).sqrt();
            (mean as f32, spread.max(1e-3) as f32)
        };
        sums.iter().map(of).unzip()
    }
}

/// The order of two people by what can be seen of them; who can't be seen comes last.
fn by_indicators(a: &Option<Indicators>, b: &Option<Indicators>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let each = a.iter().zip(b).map(|(a, b)| b.total_cmp(a));
            each.fold(Ordering::Equal, Ordering::then)
        }
        _ => b.is_some().cmp(&a.is_some()),
    }
}

/// Standardised, at most 3 spreads from the middle, of length 1; what is not known is in the middle.
fn unit(row: &[f32], middle: &[f32], spread: &[f32]) -> Vec<f32> {
    let scaled = row.iter().zip(middle.iter().zip(spread));
    let mut scaled: Vec<f32> = scaled
        .map(|(value, (middle, spread))| match value.is_nan() {
            true => 0.0,
            false => ((value - middle) / spread).clamp(-3.0, 3.0),
        })
        .collect();
    let length = scaled.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    scaled.iter_mut().for_each(|value| *value /= length);
    scaled
}

/// What somebody did with others in a period; `None` without a contact.
fn indicators(
    people: &People,
    row: usize,
    hours: &Range<u32>,
    contacts: &Contacts,
    workday: &dyn Fn(u32) -> bool,
) -> Option<Indicators> {
    let node = contacts.node(people.subscriber(row).bits())?;
    let seen = people.of(row);
    let from = seen.partition_point(|seen| seen.hour < hours.start);
    let to = seen.partition_point(|seen| seen.hour < hours.end);
    let (mut met, mut alone, mut free) = (0.0f32, 0.0f32, 0.0f32);
    let mut parts = [0.0f32; 8];
    let mut days = Vec::new();
    // A group may have no record that names another, though others name its people.
    let peers = people.peers_of(row);
    for (at, seen) in seen.iter().enumerate().take(to).skip(from) {
        let peer = peers.get(at).copied().unwrap_or(0);
        if peer == 0 {
            alone += 1.0;
            continue;
        }
        met += 1.0;
        parts[(seen.hour % 24 / 3) as usize] += 1.0;
        free += f32::from(u8::from(!workday(seen.hour)));
        days.push(seen.hour / 24);
    }
    days.dedup();
    let ties = contacts.around(node);
    let all: f32 = ties.iter().map(|&(_, n)| n as f32).sum();
    let shares = ties.iter().map(|&(_, n)| n as f32 / all);
    let most = shares.clone().fold(0.0, f32::max);
    let evenness: f32 = shares.map(|share| -share * share.ln()).sum();
    let again = ties.iter().filter(|(_, n)| *n > 2).count() as f32 / ties.len().max(1) as f32;
    let each = met.max(1.0);
    let mut found = [0.0; INDICATORS];
    found[..8].copy_from_slice(&[
        met.ln_1p(),
        (ties.len() as f32).ln_1p(),
        evenness,
        most,
        again,
        alone.ln_1p(),
        free / each,
        days.len() as f32,
    ]);
    for (found, part) in found[8..].iter_mut().zip(parts) {
        *found = part / each;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Place, Row};
    use rand::RngExt;
    use rand::seq::SliceRandom;

    /// Two weeks of people who call the same six friends once a week each, at an hour that is the friend's
    /// own in both. What somebody does alone says nothing: all that lasts are the friends.
    fn weeks(seed: u64, people: u64) -> [Vec<Row>; 2] {
        let mut dice = draws(seed, "test", 0);
        let friends: Vec<Vec<u64>> = (0..people)
            .map(|_| (0..6).map(|_| dice.random_range(0..people)).collect())
            .collect();
        let hours: Vec<u32> = (0..people).map(|_| dice.random_range(0..24)).collect();
        [0, 7].map(|from| {
            let mut rows = Vec::new();
            for (person, friends) in (0u64..).zip(&friends) {
                for &friend in friends {
                    let day = from + dice.random_range(0..7);
                    let minute =
                        1440 * day + 60 * hours[friend as usize] + dice.random_range(0..60);
                    rows.extend(
                        [(person, friend), (friend, person)].map(|(person, peer)| Row {
                            person: person + 1,
                            minute,
                            cell: 0,
                            peer: peer + 1,
                        }),
                    );
                }
            }
            rows
        })
    }

    /// People found again among the first week, where the second week's pseudonyms are `new[old - 1]`.
    fn hits(weeks: &[Vec<Row>; 2], new: &[u64], seed: u64) -> u64 {
        let place = Place::new(2, 14);
        let renamed = weeks[1].iter().map(|row| Row {
            person: new[row.person as usize - 1],
            peer: new[row.peer as usize - 1],
            ..*row
        });
        let [first, second] = [weeks[0].clone(), renamed.collect()].map(|of| place.people(&of));
        let habits = |people: &People, hours, nth| {
            Habits::of(
                people,
                &[people],
                &hours,
                &|_| true,
                &mut draws(seed, "habits", nth),
            )
        };
        let held = habits(&first, 0..168, 0);
        let known = habits(&second, 168..336, 1);
        let own = |row| {
            let old = new
                .iter()
                .position(|&n| n == second.subscriber(row).bits())?;
            first.find(Subscriber::new(old as u64 + 1))
        };
        let spec = RiskSpec::default();
        found_again(&held, &known, &spec, &own).unwrap().hits
    }

    /// Were ties in the order of pseudonyms, who keeps them would be found more often than who changes them.
    #[test]
    fn pseudonyms_that_stay_the_same_help_nobody() {
        let people = 300;
        let (mut kept, mut changed) = (0, 0);
        for seed in 0..6 {
            let weeks = weeks(seed, people);
            let same: Vec<u64> = (1..=people).collect();
            let mut other = same.clone();
            other.shuffle(&mut draws(seed, "test", 1));
            kept += hits(&weeks, &same, seed);
            changed += hits(&weeks, &other, seed);
        }
        // Of 1,800 either way; four standard deviations of a difference of two such counts.
        let spread = 4.0 * ((kept + changed) as f64).sqrt();
        assert!(
            (kept as f64 - changed as f64).abs() <= spread,
            "{kept} {changed}"
        );
        assert!(changed > 0, "{kept} {changed}");
    }
}
