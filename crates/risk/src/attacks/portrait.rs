use erewhon_geo::{Partition, ZoneTree};
use erewhon_types::Result;
use rand::{Rng, seq::SliceRandom};

use crate::{
    Attack, AttackRow, People, Rate,
    draw::{Group, draws, some},
    ground::Ground,
    logistic::{Logistic, Row},
    people::Seen,
    scene::MIN_TARGETS,
    stage::Stage,
    stats::auc_of,
};

/// Most rows that the attacker learns from.
const LEARNT_FROM: u32 = 4000;

/// Parts of a day: night, morning, midday, afternoon and evening, by the hour each begins.
const PARTS: [u32; 4] = [0, 6, 11, 16];

/// Zone-tree level of the features: at most 64 zones.
const ZONE_LEVEL: u8 = 6;

/// A16: does a release teach an attacker to guess what somebody is from where they are?
///
/// Nothing true of real people is known here, so an attribute is planted: some cells, drawn by the seed,
/// are declared sites (a school, a clinic), and whoever is seen at one on three working days between 8 and
/// 17 has the attribute. Of his target the attacker has the share of events by part of the day, working day
/// or not, and zone: not the cells. He learns from the rows of the release, of which he sees the cells, how
/// such shares go with the attribute (logistic regression), and calls whoever more likely has it than not.
///
/// Portraits from phone records: Al-Zuabi and others 2019 (85.6 % sex, 65.5 % age on 18,000 subscribers).
/// Most of what is learnt is true of everybody: see the control group. Time: entries of the rows times the
/// steps of the descent.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to learn a person's attribute from",
        ));
    };
    let (members, control, held) = (&scene.members, &scene.control, &rows.people);
    let few = members.len().min(control.len()).min(held.len()) < MIN_TARGETS;
    let ground = stage.ground;
    let sites = if few {
        None
    } else {
        let order = &mut draws(scene.spec.seed, "sites", 0);
        sites(&[members, control], ground, order)
    };
    let Some(sites) = sites else {
        return Ok(Attack::not_applicable(
            "no choice of sites gives an attribute that between a tenth and a half of all people have, or \
             a group has too few subscribers",
        ));
    };
    let tree = ZoneTree::build(scene.public.cells);
    let view = View {
        ground,
        zones: tree.partition(ZONE_LEVEL.min(tree.depth())),
    };
    // Whoever reads the release sees its places, and which of them hold a site.
    let mut told_sites = vec![false; sites.len()];
    for place in 0..rows.places.len() as u32 {
        let holds = rows
            .places
            .cells(place)
            .iter()
            .any(|cell| sites[cell.index()]);
        told_sites[rows.places.middle(place).index()] |= holds;
    }
    let seed = scene.spec.seed;
    let drawn = |len, most, of| some(len, most, &mut draws(seed, "portrait", of));
    let learn = |people: &People, sites: &[bool], of| {
        let drawn = drawn(people.len(), LEARNT_FROM, of);
        let rows = view.features(people, &drawn);
        let labels = view.labels(people, &drawn, sites);
        let both = labels.contains(&true) && labels.contains(&false);
        both.then(|| {
            (
                Logistic::fit(&rows, &labels, view.columns()),
                share(&labels),
            )
        })
    };
    let Some((taught, prevalence)) = learn(held, &told_sites, 1) else {
        return Ok(Attack::not_applicable(
            "no row of the release has the made-up attribute, or each has",
        ));
    };
    let told = [
        stage.told(rows, Group::Members)?,
        stage.told(rows, Group::Control)?,
    ];
    // What he knows is said as the release says it, what he wants is true.
    let targets = [(members, told[0], 2), (control, told[1], 3)].map(|(people, told, of)| {
        let drawn = drawn(people.len(), scene.spec.targets, of);
        (
            view.features(told, &drawn),
            view.labels(people, &drawn, &sites),
        )
    });
    let scores = |model: &Logistic| {
        targets.each_ref().map(|(rows, _)| {
            rows.iter()
                .map(|row| model.score(row))
                .collect::<Vec<f64>>()
        })
    };
    let by_release = scores(&taught);
    let right = |group: usize| {
        let calls = by_release[group].iter().map(|&score| score > 0.0);
        let right = calls
            .zip(&targets[group].1)
            .filter(|(call, has)| call == *has)
            .count();
        Rate::of(right as u64, targets[group].1.len() as u64)
    };
    // Without any features: nobody has it, or everybody, whichever is right more often in the release.
    let nobody = prevalence <= 0.5;
    let usual = targets[0].1.iter().filter(|has| **has != nobody).count() as f64;
    let guess = usual / targets[0].1.len().max(1) as f64;
    let row = right(0).map(|of_members| {
        AttackRow::new("made-up attribute".to_owned(), of_members, right(1), guess)
    });
    let attack = Attack::played(
        "Some cells are declared sites, and whoever is there on three working days has an attribute. The \
         attacker sees of a person only the share of events by part of the day, kind of day and zone, and \
         guesses the attribute from what the rows of the release taught him.",
        "can be told apart by the made-up attribute",
        row.into_iter().collect(),
    );
    let by_truth = learn(members, &sites, 4).map(|(model, _)| scores(&model));
    let of = |scores: &[Vec<f64>; 2], group: usize| {
        auc_of(
            scores[group]
                .iter()
                .copied()
                .zip(targets[group].1.iter().copied()),
        )
    };
    let mut attack = attack
        .with_figure(
            "learnt from the release, members: AUC, 0 to 1",
            of(&by_release, 0),
        )
        .with_figure(
            "learnt from the release, control: AUC, 0 to 1",
            of(&by_release, 1),
        );
    if let Some(by_truth) = &by_truth {
        attack = attack.with_figure(
            "learnt from the members themselves, control: AUC, 0 to 1",
            of(by_truth, 1),
        );
    }
    Ok(attack
        .with_figure("without learning: AUC, 0 to 1", 0.5)
        .with_figure("members with the attribute, share", share(&targets[0].1)))
}

fn share(labels: &[bool]) -> f64 {
    labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64
}

/// Cells drawn until a fifth of all people have the attribute; a cell that would give it to over half of them
/// is passed over. Nothing here knows one group from the other, or the choice itself would set them apart. The
/// scene's own truth: the attacker is told the sites.
fn sites(groups: &[&People; 2], ground: &Ground, dice: &mut impl Rng) -> Option<Vec<bool>> {
    let mut order: Vec<u32> = (0..ground.cells() as u32).collect();
    order.shuffle(dice);
    // By cell: who was there, on which days.
    let mut days_at = vec![Vec::new(); ground.cells()];
    let mut everybody = 0;
    for people in groups {
        for row in 0..people.len() {
            for seen in people.of(row).iter().filter(|seen| fitting(seen, ground)) {
                days_at[seen.cell.index()].push((everybody, seen.hour / 24));
            }
            everybody += 1;
        }
    }
    days_at.iter_mut().for_each(|days| days.dedup());
    let mut days: Vec<Vec<u32>> = vec![Vec::new(); everybody];
    let mut chosen = vec![false; ground.cells()];
    let mut have = 0;
    for cell in order {
        let mut added = Vec::new();
        for &(who, day) in &days_at[cell as usize] {
            let days: &mut Vec<u32> = &mut days[who];
            if !days.contains(&day) {
                days.push(day);
                added.push(who);
                have += usize::from(days.len() == DAYS);
            }
        }
        if 2 * have > everybody {
            for who in added {
                have -= usize::from(days[who].len() == DAYS);
                days[who].pop();
            }
            continue;
        }
        chosen[cell as usize] = true;
        if 5 * have >= everybody {
            return Some(chosen);
        }
    }
    (10 * have >= everybody).then_some(chosen)
}

/// Working days at a site that give the attribute.
const DAYS: usize = 3;

fn fitting(seen: &Seen, ground: &Ground) -> bool {
    (8..17).contains(&(seen.hour % 24)) && ground.is_workday(seen.hour)
}

/// What the attacker makes of events.
struct View<'a> {
    ground: &'a Ground,
    zones: Partition,
}

impl View<'_> {
    fn columns(&self) -> usize {
        self.zones.zones() * PARTS.len() * 2
    }

    /// Of some people, roots of the shares of events, so that every row has length 1.
    fn features(&self, people: &People, rows: &[usize]) -> Vec<Row> {
        let column = |seen: &Seen| {
            let part = PARTS.partition_point(|from| *from <= seen.hour % 24) - 1;
            let part = 2 * part + usize::from(self.ground.is_workday(seen.hour));
            (self.zones.zone_of(seen.cell).index() * 2 * PARTS.len() + part) as u32
        };
        let one = |&row: &usize| {
            let events = people.of(row);
            let mut columns: Vec<u32> = events.iter().map(column).collect();
            columns.sort_unstable();
            let share = |run: &[u32]| (run[0], (run.len() as f32 / events.len() as f32).sqrt());
            columns.chunk_by(|a, b| a == b).map(share).collect()
        };
        rows.iter().map(one).collect()
    }

    /// Who of some people has the attribute.
    fn labels(&self, people: &People, rows: &[usize], sites: &[bool]) -> Vec<bool> {
        let at_site = |seen: &&Seen| sites[seen.cell.index()] && fitting(seen, self.ground);
        let has = |&row: &usize| {
            let seen = people.of(row).iter().filter(at_site);
            let mut days: Vec<u32> = seen.map(|seen| seen.hour / 24).collect();
            days.dedup();
            days.len() >= DAYS
        };
        rows.iter().map(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Place, Row as Event};
    use rand::RngExt;

    /// The groups are exchangeable: whichever comes first, and however they are mixed, the same sites are
    /// chosen.
    #[test]
    fn sites_do_not_know_members_from_others() {
        let place = Place::new(5, 14);
        let ground = Ground::of(&place.public());
        let mut dice = draws(1, "test", 0);
        let mut chosen = 0;
        for seed in 0..20 {
            let mut groups = [Vec::new(), Vec::new()];
            let mut mixed = [Vec::new(), Vec::new()];
            for person in 0..80 {
                let (cell, part) = (dice.random_range(0..25), dice.random_range(0..2));
                for day in 0..14 {
                    let event = Event {
                        person,
                        minute: day * 1440 + 600,
                        cell: if dice.random_bool(0.3) {
                            dice.random_range(0..25)
                        } else {
                            cell
                        },
                        peer: 0,
                    };
                    groups[usize::from(person % 8 == 0)].push(event);
                    mixed[part].push(event);
                }
            }
            let found = [groups, mixed].map(|groups| {
                let [first, second] = groups.map(|rows| place.people(&rows));
                sites(&[&first, &second], &ground, &mut draws(seed, "sites", 0))
            });
            assert_eq!(found[0], found[1]);
            chosen += usize::from(found[0].is_some());
        }
        assert!(chosen > 10, "{chosen}");
    }
}
