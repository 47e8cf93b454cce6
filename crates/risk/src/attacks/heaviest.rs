use erewhon_types::{Result, percent};

use crate::{
    Attack, AttackRow, Counts, Noise, People, Rate, Release, Scene, Tables,
    certainty::{certainty, most_certain},
    draw::{Group, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    tables::pair_of,
};

/// A8c: how sure is somebody who knows everyone but one in the tables whether that one is in them?
///
/// The attacker has the tables, everybody's true counts but the target's, and what the target would add
/// to each count: the strongest there is, against whom differential privacy is promised. He says "in them"
/// where the tables are likelier so (Houssiau, Rocher, de Montjoye 2022). How sure he gets about whoever
/// adds most follows from the noise alone ([`certainty`]), and by that a claim is judged; the rows play the
/// same against the one noise that was drawn.
///
/// O(people × slots).
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(tables) = release.published() else {
        return Ok(Attack::not_applicable(
            "records have no counts that a person adds to",
        ));
    };
    let Some(known) = Known::of(scene, release, tables) else {
        return Ok(Attack::not_applicable(
            "the tables are not those of the members with the noise they state",
        ));
    };
    let rate = |people: &People, group| {
        let mut dice = draws_of(scene.spec.seed, "heaviest", group);
        let targets = some(people.len(), scene.spec.targets, &mut dice);
        let inside = group == Group::Members;
        let places = tables.whereabouts(scene, people, targets.iter().copied());
        let hits = targets.iter().enumerate().filter(|(nth, row)| {
            let added = known.added(people, **row, places.row(*nth));
            log_ratio(&added, inside) > 0.0
        });
        (targets.len() >= MIN_TARGETS)
            .then(|| Rate::of(hits.count() as u64, targets.len() as u64))
            .flatten()
    };
    let (members, control) = (
        rate(&scene.members, Group::Members),
        rate(&scene.control, Group::Control),
    );
    let mut rows: Vec<AttackRow> = members
        .zip(control)
        .map(|(members, control)| {
            AttackRow::new("all but one known".to_owned(), members, Some(control), 0.5)
        })
        .into_iter()
        .collect();
    if rows.is_empty() {
        return Ok(Attack::played("", "can be drawn", rows));
    }
    let sure = known.surest(scene);
    let allowed = release.claim.map(most_certain);
    // Who knows everybody else sees the noise itself, and all who are in one count see the same draw: their
    // hits are one hit. So the claim is held against the certainty that the noise gives, and no draw of it.
    for row in &mut rows {
        row.bound = allowed;
        row.within_bound = allowed.map(|allowed| sure <= allowed + GRID);
    }
    let verdict = verdict(sure, allowed);
    let mut attack = Attack {
        verdict,
        ..Attack::played(
            "The attacker knows everybody in the tables but one, and what this one would add to each \
             count, and says whether the person is in them; success is saying so. For a control \
             person, who is not, a success is a false alarm.",
            "can be drawn",
            rows,
        )
    }
    .with_figure("certainty about whoever adds most, share of right guesses", sure);
    if let Some(allowed) = allowed {
        attack = attack.with_figure(
            "certainty that the claim allows, share of right guesses",
            allowed,
        );
    }
    Ok(attack)
}

/// What is published above the members' true counts.
struct Known<'a> {
    tables: &'a Tables,
    presence: Option<(&'a Counts, Noise, Vec<f64>)>,
    pairs: Option<(&'a Counts, Noise, Vec<f64>)>,
    /// The line of presence of each slot of the window.
    lines: Vec<usize>,
    /// Of how many slots of the window a line is the mean.
    slots_a_line: f64,
}

/// What somebody adds to a published count.
struct Added {
    people: f64,
    /// What is published above the members' count.
    above: f64,
    noise: Noise,
    /// Standard deviation of the noise.
    sd: f64,
}

impl<'a> Known<'a> {
    /// `None` where the tables can't be those of the members.
    fn of(scene: &Scene<'_>, release: &Release, tables: &'a Tables) -> Option<Self> {
        let truth = tables.truth(scene, &scene.members);
        let over = |published: &'a Option<Counts>, truth: Option<Counts>| match (published, truth) {
            (Some(published), Some(truth)) => published.noise_over(&truth).map(|over| {
                Some((
                    published,
                    Noise::of(published.noise_sd, release.claim),
                    over,
                ))
            }),
            _ => Some(None),
        };
        let lines = tables.lines(&scene.public);
        let most = lines.iter().max().map_or(1, |line| line + 1);
        Some(Self {
            tables,
            presence: over(&tables.presence, truth.presence)?,
            pairs: over(&tables.pairs, truth.pairs)?,
            slots_a_line: lines.len() as f64 / most as f64,
            lines,
        })
    }

    /// Everything that somebody adds to counts that are published. Where a typical day or week is, a
    /// part to each line.
    fn added(&self, people: &People, row: usize, places: &[u32]) -> Vec<Added> {
        let mut all = Vec::new();
        let mut add = |table: &(&Counts, Noise, Vec<f64>), entry: usize, people: f64| {
            let (counts, noise, over) = table;
            if counts.entries[entry].is_some() {
                all.push(Added {
                    people,
                    above: over[entry],
                    noise: *noise,
                    sd: counts.noise_sd,
                });
            }
        };
        if let Some(table) = &self.presence {
            let zones = self.tables.zones.zones();
            let mut entries: Vec<usize> = (self.lines.iter().zip(places))
                .map(|(line, zone)| line * zones + *zone as usize)
                .collect();
            entries.sort_unstable();
            for same in entries.chunk_by(|a, b| a == b) {
                add(table, same[0], same.len() as f64 / self.slots_a_line);
            }
        }
        if let Some(table) = &self.pairs
            && let Some(entry) = pair_of(people, row, &self.tables.zones)
        {
            add(table, entry, 1.0);
        }
        all
    }

    /// How sure one gets about whoever adds most.
    fn surest(&self, scene: &Scene<'_>) -> f64 {
        let people = &scene.members;
        let places = self.tables.whereabouts(scene, people, 0..people.len());
        let weight = |added: &[Added]| added.iter().map(|a| (a.people / a.sd).powi(2)).sum::<f64>();
        let all = (0..people.len()).map(|row| self.added(people, row, places.row(row)));
        let heaviest = all.max_by(|a, b| weight(a).total_cmp(&weight(b)));
        let heaviest = heaviest.unwrap_or_default();
        // In units of each count's own noise.
        let added: Vec<f64> = heaviest.iter().map(|a| a.people / a.sd).collect();
        let unit = match heaviest.first().map(|a| a.noise) {
            Some(Noise::Gaussian { .. }) => Noise::Gaussian { sd: 1.0 },
            _ => Noise::Laplace {
                scale: std::f64::consts::FRAC_1_SQRT_2,
            },
        };
        certainty(&added, unit)
    }
}

/// How much likelier what is published is with the person in the tables than without.
fn log_ratio(added: &[Added], inside: bool) -> f64 {
    // What the attacker leaves out of the counts of everybody else is the target alone.
    let own = |a: &Added| if inside { a.people } else { 0.0 };
    let ratio = |a: &Added| a.noise.log_ratio(a.above + own(a), a.people);
    added.iter().map(ratio).sum()
}

fn verdict(sure: f64, allowed: Option<f64>) -> String {
    let sure_of = format!(
        "Who knows everybody else guesses right whether the person who adds most is in the tables {} of \
         the time, by the noise they state (half is a coin)",
        percent(sure)
    );
    match allowed {
        Some(allowed) if sure > allowed + GRID => format!(
            "{sure_of}: more than the claim allows, {}. The noise is less than the claim asks for.",
            percent(allowed)
        ),
        Some(allowed) => format!("{sure_of}; the claim allows {}.", percent(allowed)),
        None => format!("{sure_of}; nothing is claimed of any person."),
    }
}

/// What a certainty on a grid may be out by.
const GRID: f64 = 1e-3;
