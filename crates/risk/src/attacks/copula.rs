use std::collections::HashMap;

use erewhon_geo::Partition;
use erewhon_types::{Result, Subscriber};
use rand::seq::index::sample;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, Scene,
    draw::{Group, draws},
    levels::levels,
    scene::MIN_TARGETS,
    stage::Stage,
    stats::auc_of,
    words,
};

mod model;
mod normal;

use model::{Model, Record, correctness, uniqueness};

/// Most rows that the attacker's sample has, and fewest where there are as many.
const SAMPLE: [usize; 2] = [100, 1000];

/// He believes in a match from here on.
const SURE: f64 = 0.9;

/// A6: from a sample alone, who is the only one of the whole to look as he does, and is a match right?
///
/// The attacker has a sample of rows, the number of all, and six attributes of a person: home and work
/// zone, the two cells most visited besides, how active, and when. Home and work are left out of the
/// cells because a Gaussian copula can't say that two attributes are mostly, but not always, the same.
/// Time goes with the sample, 15 pairs of attributes a row, and with targets.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to take a sample of",
        ));
    };
    let spec = &scene.spec;
    let looks = Looks::new(scene);
    let all = looks.of_all(&rows.people);
    let mut rng = draws(spec.seed, "copula", 0);
    let wanted = (all.len() / 10)
        .clamp(SAMPLE[0], SAMPLE[1])
        .min(all.len() / 2);
    let drawn: Vec<usize> = sample(&mut rng, all.len(), wanted).into_vec();
    let sampled: Vec<Record> = drawn.iter().map(|&row| all[row]).collect();
    let synthetic = release.kind() == ReleaseKind::Synthetic;
    // Whoever is in the sample can be found in it. Synthetic rows are nobody's, so all of them are the
    // sample and everybody may be looked for.
    let members: Vec<usize> = if synthetic {
        (0..scene.members.len()).collect()
    } else {
        let own = drawn.iter().map(|&row| rows.people.subscriber(row));
        own.filter_map(|subscriber| scene.members.find(subscriber))
            .collect()
    };
    let groups = [
        (stage.told(rows, Group::Members)?, members),
        (
            stage.told(rows, Group::Control)?,
            (0..scene.control.len()).collect(),
        ),
    ];
    let [members, control] = groups.map(|(people, able): (&People, Vec<usize>)| {
        let targets = sample(&mut rng, able.len(), able.len().min(spec.targets as usize));
        let rows = targets.into_iter().map(|chosen| able[chosen]);
        rows.map(|row| (looks.of(people, row), people.subscriber(row)))
            .collect::<Vec<Target>>()
    });
    let enough = |group: &[Target]| group.len() >= MIN_TARGETS;
    let playable =
        sampled.len() >= MIN_TARGETS && enough(&members) && (enough(&control) || !synthetic);
    let mut attack = Attack::played(
        "The attacker has a sample of the rows, knows how many there are in all, and six attributes \
         of a person. He points at a row of the sample if it is the only one that fits and a model \
         fitted to the sample gives a match at least 90 % to be right; success is the person's own. For a \
         control person, who is not in the records, to point at any is a false match.",
        "are in a sample of the rows, or left out",
        Vec::new(),
    );
    if !playable {
        return Ok(attack);
    }
    attack.not_applicable = None;
    let model = Model::fit(&sampled);
    let people = all.len() as f64;
    let everybody: Vec<usize> = (0..all.len()).collect();
    let held = owners(
        &all,
        &rows.people,
        if synthetic { &everybody } else { &drawn },
    );
    let sure = |record: &Record| correctness(model.share(record), people) >= SURE;
    // The owner of the one row that fits, where the attacker points at it.
    let pointed = |target: &Target| {
        let owners = held.get(&target.0).map(Vec::as_slice);
        match owners {
            Some(&[only]) if sure(&target.0) => Some(only),
            _ => None,
        }
    };
    let rate = |targets: &[Target], hit: &(dyn Fn(&Target) -> bool + Sync)| {
        let hits = targets.par_iter().filter(|target| hit(target)).count();
        Rate::of(hits as u64, targets.len() as u64)
    };
    // Synthetic rows are nobody's: any that fits says something of the person.
    let own = |target: &Target| {
        pointed(target).is_some() && (synthetic || pointed(target) == Some(target.1))
    };
    let Some(hit) = rate(&members, &own) else {
        return Ok(attack);
    };
    let guess = if synthetic {
        // That one of as many independent rows fits by chance, and is believed.
        let by_chance = members.par_iter().map(|(record, _)| {
            let p = model.share(record);
            let believed = correctness(p, people) >= SURE;
            if believed {
                people * p * uniqueness(p, people)
            } else {
                0.0
            }
        });
        by_chance.sum::<f64>() / members.len() as f64
    } else {
        1.0 / sampled.len() as f64
    };
    let any = |target: &Target| pointed(target).is_some();
    let outsiders = enough(&control).then(|| rate(&control, &any)).flatten();
    let label = format!(
        "one of {} rows fits, 90 % sure",
        if synthetic { all.len() } else { sampled.len() }
    );
    attack
        .rows
        .push(AttackRow::new(label, hit, outsiders, guess.min(1.0)));
    if !synthetic {
        let strangers = rate(&members, &|target| any(target) && !own(target));
        attack = attack.with_figure(
            "a stranger's row taken for a member's, share",
            strangers.map_or(0.0, |rate| rate.share()),
        );
    }
    let in_all = owners(&all, &rows.people, &everybody);
    let predicted: Vec<(f64, bool)> = sampled
        .par_iter()
        .map(|record| {
            (
                uniqueness(model.share(record), people),
                in_all[record].len() == 1,
            )
        })
        .collect();
    let share = |of: &dyn Fn(&(f64, bool)) -> f64| {
        predicted.iter().map(of).sum::<f64>() / predicted.len() as f64
    };
    attack = attack
        .with_figure(
            "predicted from the sample, share unique in all rows",
            share(&|p| p.0),
        )
        .with_figure(
            "counted, share unique in all rows",
            share(&|p| f64::from(u8::from(p.1))),
        );
    let some = |unique: bool| predicted.iter().any(|p| p.1 == unique);
    if some(true) && some(false) {
        attack = attack.with_figure(
            "predicted uniqueness, area under the curve (.5 is chance)",
            auc_of(predicted.iter().copied()),
        );
    }
    if !synthetic {
        attack.verdict = format!(
            "With six attributes and a sample of the rows, {} of the people in it are pointed at: that \
             a release is a sample only does not hide them.",
            words::share(&hit)
        );
    }
    Ok(attack)
}

/// A person's attributes and who that is, which judges and is no input of the attack.
type Target = (Record, Subscriber);

/// Who has each record, among some rows.
fn owners(records: &[Record], people: &People, rows: &[usize]) -> HashMap<Record, Vec<Subscriber>> {
    let mut owners: HashMap<Record, Vec<Subscriber>> = HashMap::new();
    for &row in rows {
        owners
            .entry(records[row])
            .or_default()
            .push(people.subscriber(row));
    }
    owners
}

/// Turns people into records of attributes.
struct Looks {
    /// Cells, in the order of the zone tree, in which neighbours are near.
    cells: Partition,
    zones: Partition,
}

impl Looks {
    fn new(scene: &Scene<'_>) -> Self {
        let mut levels = levels(scene.public.cells).into_iter();
        let cells = levels.next().map(|level| level.partition);
        let zones = levels.next().map(|level| level.partition);
        let tree = || erewhon_geo::ZoneTree::build(scene.public.cells).partition(0);
        let cells = cells.unwrap_or_else(tree);
        Self {
            zones: zones.unwrap_or_else(|| cells.clone()),
            cells,
        }
    }

    fn of_all(&self, people: &People) -> Vec<Record> {
        (0..people.len()).map(|row| self.of(people, row)).collect()
    }

    /// Home and work zone, the two most visited cells that are neither home nor work, the power of two of
    /// the number of events, and the part of the day with most of them. What is absent is a class of its
    /// own, the last.
    fn of(&self, people: &People, row: usize) -> Record {
        let (seen, anchors) = (people.of(row), people.anchors(row));
        let anchored = [anchors.home, anchors.work];
        let others = seen
            .iter()
            .filter(|seen| !anchored.contains(&Some(seen.cell)));
        let mut cells: Vec<u32> = others.map(|seen| self.cells.zone_of(seen.cell).0).collect();
        cells.sort_unstable();
        let mut visits: Vec<(usize, u32)> = cells
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len(), same[0]))
            .collect();
        visits.sort_by_key(|&(times, cell)| (usize::MAX - times, cell));
        let top = |rank: usize| {
            visits
                .get(rank)
                .map_or(self.cells.zones() as u32, |&(_, cell)| cell)
        };
        let zone = |cell: Option<_>| {
            cell.map_or(self.zones.zones() as u32, |cell| self.zones.zone_of(cell).0)
        };
        let mut parts = [0u32; 6];
        for seen in seen {
            parts[(seen.hour % 24 / 4) as usize] += 1;
        }
        let most = (0..6).rev().max_by_key(|&part| parts[part as usize]);
        [
            zone(anchors.home),
            zone(anchors.work),
            top(0),
            top(1),
            seen.len().checked_ilog2().unwrap_or(0),
            most.unwrap_or(0),
        ]
    }
}
