use std::collections::HashMap;

use erewhon_types::Result;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, RiskSpec, Scene,
    contacts::{Contacts, HOP, missing},
    draw::{Group, draws, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    traits::Traits,
    words,
};

/// At most so many people are looked for among all rows: the time is their product.
const MOST_TARGETS: u32 = 1000;

/// A9a: is somebody known by how many contacts their contacts have?
///
/// On pseudonymised records the attacker has the person's graph of contacts of the second half of the
/// window, without a pseudonym that the release shares, as an operator of another network or an app might,
/// and the release, of which he takes the first half. He picks the row whose contacts have numbers of
/// contacts nearest to those he knows; with two steps, the spread of those behind them too, which is cut off
/// where a release ends. Success: the person's row. Also: whether exactly one row has the very numbers.
///
/// On synthetic records he picks the nearest row in the same way, over the whole window, and guesses that
/// the person lives where it does.
///
/// Sharad and Danezis 2013, "De-anonymizing D4D datasets": 8,300 ego nets of two steps. Graphs of the real
/// people are those of members and control group together; a release has the members only. Time: at most
/// [`MOST_TARGETS`] times the rows times their contacts.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable("tables say nothing of contacts"));
    };
    if let Some(why) = missing(&rows.people).or_else(|| missing(&scene.members)) {
        return Ok(Attack::not_applicable(why));
    }
    Ok(match release.kind() {
        ReleaseKind::Synthetic => on_synthetic(scene, &rows.people),
        _ => on_records(scene, &rows.people),
    })
}

/// What is known of the contacts of each row; `None` without any.
struct Nets(Vec<Option<Net>>);

struct Net {
    /// Numbers of contacts of the contacts, the most first, as logarithms.
    degrees: Vec<f32>,
    second: [f32; HOP],
}

impl Nets {
    fn of(people: &People, contacts: &Contacts) -> Self {
        let net = |row: usize| {
            let node = contacts.node(people.subscriber(row).bits())?;
            let degrees = contacts.degrees_around(node);
            Some(Net {
                degrees: degrees.iter().map(|&n| (n as f32).ln_1p()).collect(),
                second: contacts.second_hop(node),
            })
        };
        Self((0..people.len()).into_par_iter().map(net).collect())
    }

    fn known(&self) -> Vec<usize> {
        let rows = self.0.iter().enumerate();
        rows.filter_map(|(row, net)| net.as_ref().map(|_| row))
            .collect()
    }

    /// The row nearest to a net, by its numbers alone or by both steps; the first of equals.
    fn nearest(&self, net: &Net, both: bool) -> Option<usize> {
        let mut best = (f32::INFINITY, None);
        for (row, other) in self.0.iter().enumerate() {
            let Some(other) = other else { continue };
            let apart = net.apart(other, both, best.0);
            if apart < best.0 {
                best = (apart, Some(row));
            }
        }
        best.1
    }
}

impl Net {
    /// Sum of the differences of the sorted numbers, the shorter list filled up with 0; over the larger
    /// number of contacts. With both steps, the difference of the spreads is added. May stop beyond `stop`.
    fn apart(&self, other: &Self, both: bool, stop: f32) -> f32 {
        let (long, short) = if self.degrees.len() > other.degrees.len() {
            (&self.degrees, &other.degrees)
        } else {
            (&other.degrees, &self.degrees)
        };
        let most = long.len() as f32;
        // Each contact that one of them lacks counts ln 2 at least.
        let lacking = (long.len() - short.len()) as f32 * std::f32::consts::LN_2 / most;
        if lacking > stop {
            return lacking;
        }
        let paired: f32 = long.iter().zip(short).map(|(a, b)| (a - b).abs()).sum();
        let rest: f32 = long[short.len()..].iter().sum();
        let second = self
            .second
            .iter()
            .zip(&other.second)
            .map(|(a, b)| (a - b).abs());
        (paired + rest) / most + if both { second.sum() } else { 0.0 }
    }
}

fn on_records(scene: &Scene<'_>, held: &People) -> Attack {
    let days = u32::from(scene.public.calendar.days());
    let (half, end) = (days / 2 * 24, days * 24);
    let graph = |of: &[&People], hours, nth| {
        Contacts::of(of, hours, &mut draws(scene.spec.seed, "contacts", nth))
    };
    let whole = graph(&[held], 0..end, 0);
    let early = Nets::of(held, &graph(&[held], 0..half, 1));
    let real = [&scene.members, &scene.control];
    let late = Nets::of(&scene.members, &graph(&real, half..end, 2));
    let signature = |row: usize| {
        let node = whole.node(held.subscriber(row).bits())?;
        Some(whole.degrees_around(node))
    };
    let mut sizes: HashMap<Vec<u32>, u32> = HashMap::new();
    let signatures = (0..held.len()).filter_map(signature);
    signatures.for_each(|known| *sizes.entry(known).or_default() += 1);
    let mut rows = Vec::new();
    let all: Vec<u32> = sizes.into_values().collect();
    let (alone, of) = (
        all.iter().filter(|n| **n == 1).count(),
        all.iter().sum::<u32>(),
    );
    let guess = 1.0 / held.len().max(1) as f64;
    if of as usize >= MIN_TARGETS {
        rows.extend(
            Rate::of(alone as u64, of.into()).map(|rate| {
                AttackRow::new("alone with these numbers".to_owned(), rate, None, guess)
            }),
        );
    }
    let able = late.known();
    let spec = &scene.spec;
    let most = MOST_TARGETS.min(spec.targets);
    let drawn = some(able.len(), most, &mut draws(spec.seed, "ego_net", 0));
    if drawn.len() >= MIN_TARGETS && half > 0 {
        for (both, label) in [
            (false, "found again, one step"),
            (true, "found again, two steps"),
        ] {
            let hit = |&at: &usize| {
                let (row, net) = (able[at], late.0[able[at]].as_ref());
                let found = net.and_then(|net| early.nearest(net, both));
                found.map(|found| held.subscriber(found)) == Some(scene.members.subscriber(row))
            };
            let hits = drawn.par_iter().filter(|at| hit(at)).count();
            let rate = Rate::of(hits as u64, drawn.len() as u64);
            rows.extend(rate.map(|rate| AttackRow::new(label.to_owned(), rate, None, guess)));
        }
    }
    let verdict = rows.last().map_or_else(String::new, |row| {
        format!(
            "By the numbers of contacts of their contacts alone, {} of the people are found again among the \
             pseudonyms of the other half of the window.",
            words::share(&row.members)
        )
    });
    Attack {
        verdict,
        ..Attack::played(
            "The attacker knows how many contacts each contact of a person has, of one half of the window, \
             and looks for the row of the other half that fits best, although no pseudonym is the same in \
             both.",
            "have contacts",
            rows,
        )
    }
}

fn on_synthetic(scene: &Scene<'_>, held: &People) -> Attack {
    let hours = 0..u32::from(scene.public.calendar.days()) * 24;
    let RiskSpec { targets, seed, .. } = scene.spec;
    let graph =
        |of: &[&People], nth| Contacts::of(of, hours.clone(), &mut draws(seed, "contacts", nth));
    let real = graph(&[&scene.members, &scene.control], 0);
    let nets = Nets::of(held, &graph(&[held], 1));
    let zones = Traits::zones(scene.public.cells);
    let home = |people: &People, row| people.anchors(row).home.map(|cell| zones.zone_of(cell));
    let mut homes = vec![0u32; zones.zones()];
    for zone in (0..held.len()).filter_map(|row| home(held, row)) {
        homes[zone.index()] += 1;
    }
    let usual = (0..homes.len()).rev().max_by_key(|&zone| homes[zone]);
    let game = |group: Group, both: bool| {
        let people = group.of(scene);
        let known = Nets::of(people, &real);
        let able: Vec<usize> = known
            .known()
            .into_iter()
            .filter(|&row| home(people, row).is_some())
            .collect();
        let mut dice = draws_of(seed, "ego_net", group);
        let drawn = some(able.len(), MOST_TARGETS.min(targets), &mut dice);
        if drawn.len() < MIN_TARGETS {
            return None;
        }
        let told = |&at: &usize| {
            let found = known.0[able[at]]
                .as_ref()
                .and_then(|net| nets.nearest(net, both));
            found.and_then(|found| home(held, found)) == home(people, able[at])
        };
        let hits = drawn.par_iter().filter(|at| told(at)).count();
        let guessed =
            |at: &&usize| home(people, able[**at]).map(erewhon_types::ZoneIx::index) == usual;
        let guess = drawn.iter().filter(guessed).count() as f64 / drawn.len() as f64;
        Rate::of(hits as u64, drawn.len() as u64).map(|rate| (rate, guess))
    };
    let row = |(both, label): (bool, &str)| {
        let (members, guess) = game(Group::Members, both)?;
        let (control, _) = game(Group::Control, both)?;
        Some(AttackRow::new(
            label.to_owned(),
            members,
            Some(control),
            guess,
        ))
    };
    let enough = nets.known().len() >= MIN_TARGETS;
    let steps = [
        (false, "home zone, one step"),
        (true, "home zone, two steps"),
    ];
    Attack::played(
        "The attacker knows how many contacts each contact of a person has, picks the synthetic subscriber \
         that fits best, and guesses that the person lives where it does.",
        "have contacts and a home",
        steps
            .into_iter()
            .filter(|_| enough)
            .filter_map(row)
            .collect(),
    )
}
