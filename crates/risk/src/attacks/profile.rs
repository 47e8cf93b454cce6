use erewhon_types::Result;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, People, Rate, Release, ReleaseKind, Scene,
    contacts::{Contacts, missing},
    draw::some,
    scene::MIN_TARGETS,
    words,
};

const STREAM: u64 = 0xA9B << 8;

/// At most so many people are looked for among all rows.
const MOST_TARGETS: u32 = 1000;

/// Indicators of one person in one period.
const INDICATORS: usize = 16;

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
pub(crate) fn play(scene: &Scene<'_>, release: &Release) -> Result<Attack> {
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
    let held = Habits::of(&rows.people, &[&rows.people], 0, week, scene);
    let real = [&scene.members, &scene.control];
    let mut weeks = vec![1, days / week - 1];
    weeks.dedup();
    let guess = 1.0 / rows.people.len().max(1) as f64;
    let mut played = Vec::new();
    for later in weeks {
        let known = Habits::of(&scene.members, &real, later * week, week, scene);
        let rate = found_again(scene, &rows.people, &held, &known);
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

fn found_again(scene: &Scene<'_>, people: &People, held: &Habits, known: &Habits) -> Option<Rate> {
    let (middle, spread) = held.standard();
    let ready = |habits: &Habits| -> Vec<Option<Vec<f32>>> {
        let unit = |row: &Option<Vec<f32>>| row.as_ref().map(|row| unit(row, &middle, &spread));
        habits.0.par_iter().map(unit).collect()
    };
    let (held, known) = (ready(held), ready(known));
    let able: Vec<usize> = (0..known.len())
        .filter(|&row| known[row].is_some())
        .collect();
    let most = MOST_TARGETS.min(scene.spec.targets);
    let drawn = some(able.len(), most, scene.spec.seed, STREAM);
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
        best.1.map(|other| people.subscriber(other)) == Some(scene.members.subscriber(row))
    };
    let hits = drawn.par_iter().filter(|at| hit(at)).count();
    Rate::of(hits as u64, drawn.len() as u64)
}

/// Indicators of everybody with a contact in a period.
struct Habits(Vec<Option<Vec<f32>>>);

impl Habits {
    fn of(people: &People, all: &[&People], from: u32, days: u32, scene: &Scene<'_>) -> Self {
        let hours = from * 24..(from + days) * 24;
        let contacts = Contacts::of(all, hours.clone());
        let workday = |hour: u32| scene.public.calendar.is_workday((hour / 24) as u16);
        let own = |people: &People, row| indicators(people, row, &hours, &contacts, &workday);
        let named = |name: u64| {
            let find = |group: &&People| {
                let row = group.find(erewhon_types::Subscriber::new(name))?;
                own(group, row)
            };
            all.iter().find_map(find)
        };
        let one = |row: usize| {
            let mut width = own(people, row)?.to_vec();
            let node = contacts.node(people.subscriber(row).bits())?;
            let mut friends = contacts.around(node).to_vec();
            friends.sort_by(|a, b| {
                b.1.cmp(&a.1).then(
                    contacts
                        .degree(b.0 as usize)
                        .cmp(&contacts.degree(a.0 as usize)),
                )
            });
            for (friend, _) in friends.into_iter().take(FRIENDS) {
                let theirs = named(contacts.name(friend as usize));
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
    hours: &std::ops::Range<u32>,
    contacts: &Contacts,
    workday: &dyn Fn(u32) -> bool,
) -> Option<[f32; INDICATORS]> {
    let node = contacts.node(people.subscriber(row).bits())?;
    let seen = people.of(row);
    let from = seen.partition_point(|seen| seen.hour < hours.start);
    let to = seen.partition_point(|seen| seen.hour < hours.end);
    let (mut met, mut alone, mut free) = (0.0f32, 0.0f32, 0.0f32);
    let mut parts = [0.0f32; 8];
    let mut days = Vec::new();
    for (seen, &peer) in seen[from..to].iter().zip(&people.peers_of(row)[from..to]) {
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
