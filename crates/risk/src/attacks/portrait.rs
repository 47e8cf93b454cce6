use erewhon_geo::{Partition, ZoneTree};
use erewhon_types::{CellIx, Result};
use rand::seq::SliceRandom;

use crate::{
    Attack, AttackRow, People, Rate, Release, Scene,
    draw::{rng, some},
    ground::Ground,
    logistic::{Logistic, Row},
    membership::auc,
    people::Seen,
    scene::MIN_TARGETS,
};

const STREAM: u64 = 0xA16 << 8;

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
pub(crate) fn play(scene: &Scene<'_>, release: &Release) -> Result<Attack> {
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to learn a person's attribute from",
        ));
    };
    let (members, control, held) = (&scene.members, &scene.control, &rows.people);
    let few = members.len().min(control.len()).min(held.len()) < MIN_TARGETS;
    let ground = Ground::of(&scene.public);
    let sites = if few { None } else { sites(scene, &ground) };
    let Some(sites) = sites else {
        return Ok(Attack::not_applicable(
            "no choice of sites gives an attribute that between a tenth and a half of the members have, or \
             a group has too few subscribers",
        ));
    };
    let tree = ZoneTree::build(scene.public.cells);
    let view = View {
        ground,
        zones: tree.partition(ZONE_LEVEL.min(tree.depth())),
        sites,
    };
    let seed = scene.spec.seed;
    let drawn = |people: &People, most, of| some(people.len(), most, seed, STREAM + of);
    let learn = |people: &People, of| {
        let (rows, labels) = view.of(people, &drawn(people, LEARNT_FROM, of));
        let both = labels.contains(&true) && labels.contains(&false);
        both.then(|| {
            (
                Logistic::fit(&rows, &labels, view.columns()),
                share(&labels),
            )
        })
    };
    let Some((told, prevalence)) = learn(held, 1) else {
        return Ok(Attack::not_applicable(
            "no row of the release has the made-up attribute, or each has",
        ));
    };
    let targets = [(members, 2), (control, 3)]
        .map(|(people, of)| view.of(people, &drawn(people, scene.spec.targets, of)));
    let scores = |model: &Logistic| {
        targets.each_ref().map(|(rows, _)| {
            rows.iter()
                .map(|row| model.score(row))
                .collect::<Vec<f64>>()
        })
    };
    let by_release = scores(&told);
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
    let by_truth = learn(members, 4).map(|(model, _)| scores(&model));
    let of = |scores: &[Vec<f64>; 2], group: usize| split_auc(&scores[group], &targets[group].1);
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

/// AUC of scores against labels.
fn split_auc(scores: &[f64], labels: &[bool]) -> f64 {
    let with = |wanted: bool| -> Vec<f64> {
        let of = scores
            .iter()
            .zip(labels)
            .filter(|(_, label)| **label == wanted);
        of.map(|(score, _)| *score).collect()
    };
    auc(&with(true), &with(false))
}

/// Cells drawn by the seed until a fifth of the members have the attribute; a cell that would give it to over
/// half of them is passed over. The scene's own truth: the attacker is told the sites.
fn sites(scene: &Scene<'_>, ground: &Ground) -> Option<Vec<bool>> {
    let people = &scene.members;
    let mut order: Vec<u32> = (0..ground.cells() as u32).collect();
    order.shuffle(&mut rng(scene.spec.seed, STREAM));
    // By cell: who was there, on which days.
    let mut days_at = vec![Vec::new(); ground.cells()];
    for row in 0..people.len() {
        for seen in people.of(row).iter().filter(|seen| fitting(seen, ground)) {
            days_at[seen.cell.index()].push((row as u32, seen.hour / 24));
        }
    }
    days_at.iter_mut().for_each(|days| days.dedup());
    let mut days = vec![Vec::new(); people.len()];
    let mut chosen = vec![false; ground.cells()];
    for cell in order {
        let before = days.clone();
        for &(row, day) in &days_at[cell as usize] {
            if !days[row as usize].contains(&day) {
                days[row as usize].push(day);
            }
        }
        let have = days.iter().filter(|days| days.len() >= DAYS).count();
        if 2 * have > people.len() {
            days = before;
            continue;
        }
        chosen[cell as usize] = true;
        if 5 * have >= people.len() {
            return Some(chosen);
        }
    }
    let have = days.iter().filter(|days| days.len() >= DAYS).count();
    (10 * have >= people.len()).then_some(chosen)
}

/// Working days at a site that give the attribute.
const DAYS: usize = 3;

fn fitting(seen: &Seen, ground: &Ground) -> bool {
    (8..17).contains(&(seen.hour % 24)) && ground.is_workday(seen.hour)
}

/// What the attacker makes of events.
struct View {
    ground: Ground,
    zones: Partition,
    sites: Vec<bool>,
}

impl View {
    fn columns(&self) -> usize {
        self.zones.zones() * PARTS.len() * 2
    }

    /// Features and attribute of some people.
    fn of(&self, people: &People, rows: &[usize]) -> (Vec<Row>, Vec<bool>) {
        let one = |&row: &usize| (self.features(people.of(row)), self.has(people.of(row)));
        rows.iter().map(one).unzip()
    }

    /// Roots of the shares of events, so that every row has length 1.
    fn features(&self, events: &[Seen]) -> Row {
        let column = |seen: &Seen| {
            let part = PARTS.partition_point(|from| *from <= seen.hour % 24) - 1;
            let part = 2 * part + usize::from(self.ground.is_workday(seen.hour));
            (self.zones.zone_of(CellIx(seen.cell.0)).index() * 2 * PARTS.len() + part) as u32
        };
        let mut columns: Vec<u32> = events.iter().map(column).collect();
        columns.sort_unstable();
        let share = |run: &[u32]| (run[0], (run.len() as f32 / events.len() as f32).sqrt());
        columns.chunk_by(|a, b| a == b).map(share).collect()
    }

    fn has(&self, events: &[Seen]) -> bool {
        let at_site = |seen: &&Seen| self.sites[seen.cell.index()] && fitting(seen, &self.ground);
        let mut days: Vec<u32> = events
            .iter()
            .filter(at_site)
            .map(|seen| seen.hour / 24)
            .collect();
        days.dedup();
        days.len() >= DAYS
    }
}
