use erewhon_types::{Result, percent};
use rand::RngExt;

use crate::{
    Attack, AttackRow, Counts, Rate, Scene, Tables,
    draw::{Group, draws, draws_of, some},
    scene::MIN_TARGETS,
    stage::Stage,
    stats::auc,
    whereabouts::DAY_H,
    whereabouts::{Whereabouts, slots_per_day},
};

/// Of people who are not in the table the attacker lets so many be flagged.
const FALSE_ALARMS: f64 = 0.1;

/// Made-up people of whom the attacker without references learns his threshold.
const MADE_UP: usize = 1000;

/// A8a and A8b: is a person among those who were counted?
///
/// The attacker has the table of presence and the target's own whereabouts, and he expects numbers of a
/// table without the target: from reference people who are like those counted (A8a: Pyrgelis and others
/// 2018, "Knock knock, who's there?"), or without any from the table alone: people by slot times the
/// share of a zone in all slots (A8b: Guan and others 2024), or the same hour of the table's other weeks.
/// Score: over the target's slots and zones, the sum of (published - expected) / variance, the likelihood
/// ratio of independent counts. He says "in it" from the score on that a tenth of people reach who are
/// not: reference people, each scored by the others, or people made up from the table's own shares.
///
/// Reference people are half of the control group; the other half is attacked beside the members.
/// O(people × slots).
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(tables) = release.published() else {
        return Ok(Attack::not_applicable(
            "records are no counts to be a part of",
        ));
    };
    let Some(presence) = &tables.presence else {
        return Ok(Attack::not_applicable(
            "no presence by slot and zone is published",
        ));
    };
    let (reference, others): (Vec<usize>, Vec<usize>) =
        (0..scene.control.len()).partition(|row| row % 2 == 0);
    let drawn = |len, group| {
        let mut dice = draws_of(scene.spec.seed, "table_membership", group);
        some(len, scene.spec.targets, &mut dice)
    };
    let members = drawn(scene.members.len(), Group::Members);
    let control = drawn(others.len(), Group::Control);
    let control: Vec<usize> = control.into_iter().map(|nth| others[nth]).collect();
    if [&reference, &members, &control]
        .iter()
        .any(|group| group.len() < MIN_TARGETS)
    {
        return Ok(Attack::played("", "can be drawn", Vec::new()));
    }
    let reference = tables.whereabouts(scene, &scene.control, reference);
    let members = tables.whereabouts(scene, &scene.members, members);
    let control = tables.whereabouts(scene, &scene.control, control);
    let table = Published::of(tables, presence, scene);
    let invented = table.invent(scene.spec.seed, tables.slot_h, scene);

    let mut attackers = vec![
        (
            "with reference people",
            table.by_reference(&reference),
            true,
        ),
        (
            "with none, by shares",
            table.weights(&table.by_shares()),
            false,
        ),
    ];
    if let Some(expected) = table.by_other_weeks() {
        attackers.push(("with none, by other weeks", table.weights(&expected), false));
    }
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for (label, weights, has_reference) in attackers {
        let score = |group: &Whereabouts| -> Vec<f64> {
            group.rows().map(|row| table.score(&weights, row)).collect()
        };
        let (inside, outside) = (score(&members), score(&control));
        let known = if has_reference {
            table.scores_by_the_others(&reference)
        } else {
            score(&invented)
        };
        let threshold = upper(known, FALSE_ALARMS);
        let rate = |scores: &[f64]| {
            let hits = scores.iter().filter(|score| **score > threshold).count();
            Rate::of(hits as u64, scores.len() as u64)
        };
        if let Some((of_members, of_control)) = rate(&inside).zip(rate(&outside)) {
            let label = label.to_owned();
            rows.push(AttackRow::new(
                label,
                of_members,
                Some(of_control),
                FALSE_ALARMS,
            ));
        }
        figures.push((label, auc(&inside, &outside)));
    }
    let best = figures.iter().map(|(_, auc)| *auc).fold(0.0, f64::max);
    let mut attack = Attack {
        verdict: format!(
            "Of a member and somebody who is not in the table, the member scores higher in {} of pairs \
             (half is a coin). The table counts about {:.0} people a slot; the fewer, the less each is \
             hidden.",
            percent(best),
            table.people
        ),
        ..Attack::played(
            "The attacker knows a person's whereabouts and says whether the person is among those \
             counted, at a threshold that a tenth of people outside should reach; success is saying so.",
            "can be drawn",
            rows,
        )
    };
    for (label, auc) in figures {
        let loss = (2.0 * auc - 1.0).max(0.0);
        attack = attack
            .with_figure(format!("pairs told apart {label} (AUC), share"), auc)
            .with_figure(
                format!("privacy loss {label} (2 AUC - 1, not below 0), share"),
                loss,
            );
    }
    Ok(attack)
}

/// The table as the attacker reads it.
struct Published {
    zones: usize,
    /// Suppressed entries half way up to the threshold.
    entries: Vec<f64>,
    variance_of_noise: f64,
    /// The line of each slot of the window.
    lines: Vec<usize>,
    people: f64,
    /// Share of each zone in all slots.
    popular: Vec<f64>,
    /// Lines in a week, where the table has several.
    week: Option<usize>,
}

impl Published {
    fn of(tables: &Tables, presence: &Counts, scene: &Scene<'_>) -> Self {
        let zones = presence.columns;
        let entries = presence.filled();
        let mut popular = vec![0.0; zones];
        for line in entries.chunks_exact(zones) {
            popular
                .iter_mut()
                .zip(line)
                .for_each(|(sum, entry)| *sum += entry.max(0.0));
        }
        let sum: f64 = popular.iter().sum();
        popular
            .iter_mut()
            .for_each(|of| *of /= sum.max(f64::MIN_POSITIVE));
        let week = 7 * slots_per_day(tables.slot_h);
        Self {
            zones,
            variance_of_noise: presence.noise_sd.powi(2),
            lines: tables.lines(&scene.public),
            people: presence.people().max(1.0),
            popular,
            week: (presence.lines() >= 2 * week).then_some(week),
            entries,
        }
    }

    /// (published - expected) / variance of each entry, where the variance is that of so many people who
    /// are there independently, and of the noise.
    fn weights(&self, expected: &[f64]) -> Vec<f64> {
        let of = |(published, expected): (&f64, &f64)| self.weight(*published, *expected, 0.0);
        self.entries.iter().zip(expected).map(of).collect()
    }

    /// `doubt`: variance of the expected number, as a share of that of the published one.
    fn weight(&self, published: f64, expected: f64, doubt: f64) -> f64 {
        let expected = expected.max(0.0);
        // An entry without anyone expected is as sure as one of half a person.
        let share = (expected / self.people).clamp(0.5 / self.people, 1.0 - 0.5 / self.people);
        let variance = self.people * share * (1.0 - share);
        (published - expected) / (variance * (1.0 + doubt) + self.variance_of_noise)
    }

    fn entry(&self, slot: usize, zone: u32) -> usize {
        self.lines[slot] * self.zones + zone as usize
    }

    fn score(&self, weights: &[f64], row: &[u32]) -> f64 {
        let slots = row.iter().enumerate();
        slots
            .map(|(slot, &zone)| weights[self.entry(slot, zone)])
            .sum()
    }

    /// Reference people at each entry, in slots of the window; and how many a line has.
    fn reference_counts(&self, reference: &Whereabouts) -> Vec<f64> {
        let mut counts = vec![0.0; self.entries.len()];
        for row in reference.rows() {
            for (slot, &zone) in row.iter().enumerate() {
                counts[self.entry(slot, zone)] += 1.0;
            }
        }
        counts
    }

    /// Slots of the window in a line.
    fn slots_a_line(&self) -> f64 {
        self.lines.len() as f64 / (self.entries.len() / self.zones).max(1) as f64
    }

    /// Expected from `at` of the slots of `people` reference people; who was nowhere seen among them is one
    /// more person, spread as the table is.
    fn expected(&self, at: f64, people: f64, zone: usize) -> f64 {
        self.people * (at / self.slots_a_line() + self.popular[zone]) / (people + 1.0)
    }

    fn by_reference(&self, reference: &Whereabouts) -> Vec<f64> {
        let (counts, people) = (self.reference_counts(reference), reference.len() as f64);
        let of = |(entry, at): (usize, &f64)| {
            let expected = self.expected(*at, people, entry % self.zones);
            self.weight(self.entries[entry], expected, self.people / people)
        };
        counts.iter().enumerate().map(of).collect()
    }

    /// The score of each reference person, with what is expected by the others.
    fn scores_by_the_others(&self, reference: &Whereabouts) -> Vec<f64> {
        let (counts, others) = (
            self.reference_counts(reference),
            reference.len() as f64 - 1.0,
        );
        let of_entry = |own: &[usize]| {
            let (entry, times) = (own[0], own.len() as f64);
            // A line of a typical day or week counts somebody once for each slot of the window.
            let expected = self.expected(counts[entry] - times, others, entry % self.zones);
            times * self.weight(self.entries[entry], expected, self.people / others)
        };
        let score = |row: &[u32]| -> f64 {
            let slots = row.iter().enumerate();
            let mut entries: Vec<usize> =
                slots.map(|(slot, &zone)| self.entry(slot, zone)).collect();
            entries.sort_unstable();
            entries.chunk_by(|a, b| a == b).map(of_entry).sum()
        };
        reference.rows().map(score).collect()
    }

    /// By the table's own marginals.
    fn by_shares(&self) -> Vec<f64> {
        let lines = self.entries.chunks_exact(self.zones);
        lines
            .flat_map(|line| {
                let people: f64 = line.iter().sum();
                self.popular.iter().map(move |share| people * share)
            })
            .collect()
    }

    /// By the mean of the same hour in the table's other weeks; `None` where it has but one.
    fn by_other_weeks(&self) -> Option<Vec<f64>> {
        let week = self.week? * self.zones;
        let mean = |entry: usize| {
            let same = (entry % week..self.entries.len()).step_by(week);
            let others = same.filter(|other| *other != entry);
            let (sum, weeks) = others.fold((0.0, 0.0_f64), |(sum, n), other| {
                (sum + self.entries[other], n + 1.0)
            });
            sum / weeks.max(1.0)
        };
        Some((0..self.entries.len()).map(mean).collect())
    }

    /// People with a place for nights and days off and one for working hours, drawn from the shares that
    /// the table has then.
    fn invent(&self, seed: u64, slot_h: u16, scene: &Scene<'_>) -> Whereabouts {
        let (per_day, calendar) = (slots_per_day(slot_h), scene.public.calendar);
        let at_work = |slot: usize| {
            let hour = slot % per_day * usize::from(slot_h);
            calendar.is_workday((slot / per_day) as u16) && DAY_H.contains(&hour)
        };
        let mut shares = [vec![0.0; self.zones], vec![0.0; self.zones]];
        for (slot, line) in self.lines.iter().enumerate() {
            let into = &mut shares[usize::from(at_work(slot))];
            let line = &self.entries[line * self.zones..][..self.zones];
            into.iter_mut()
                .zip(line)
                .for_each(|(sum, entry)| *sum += entry.max(0.0));
        }
        let mut rng = draws(seed, "people made up", 0);
        let mut pick = |shares: &[f64]| {
            let mut left = rng.random::<f64>() * shares.iter().sum::<f64>();
            let passed = |share: &f64| {
                left -= share;
                left < 0.0
            };
            shares.iter().position(passed).unwrap_or(0) as u32
        };
        let mut people = Whereabouts::empty(self.lines.len());
        for _ in 0..MADE_UP {
            let (night, day) = (pick(&shares[0]), pick(&shares[1]));
            let zone = |slot| if at_work(slot) { day } else { night };
            people.push((0..self.lines.len()).map(zone));
        }
        people
    }
}

/// The score that `share` of these are above.
fn upper(mut scores: Vec<f64>, share: f64) -> f64 {
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    let above = (scores.len() as f64 * share) as usize;
    scores.get(above).copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_tenth_is_above_the_threshold() {
        let scores: Vec<f64> = (0..100).map(f64::from).collect();
        let threshold = upper(scores.clone(), FALSE_ALARMS);
        assert_eq!(
            scores.iter().filter(|score| **score > threshold).count(),
            10
        );
        assert_eq!(upper(Vec::new(), FALSE_ALARMS), f64::INFINITY);
    }
}
