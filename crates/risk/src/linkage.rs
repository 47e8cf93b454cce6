//! What all linking attacks share: who ranks where, and when the attacker claims a match.

use erewhon_types::{CellIx, Subscriber};
use rayon::prelude::*;

use crate::{
    AttackRow, People, Rate,
    ground::Ground,
    matching::match_among,
    people::Seen,
    scene::MIN_TARGETS,
    sightings::Sightings,
    stats::median,
    views::{Crowd, View},
};

/// Candidates kept of each target; who ranks behind them counts as not found.
pub(crate) const KEPT: usize = 50;

/// Ranks that count in hit-precision.
const FIRST: usize = 5;

/// A candidate row with its score; more is better.
pub(crate) type Scored = (u32, f64);

/// The best candidates of some targets, and which one is right.
pub(crate) struct Linked {
    /// Best first; of equal ones the row that stands first. Targets stand in an order drawn at random,
    /// so that this helps nobody to find the right one.
    candidates: Vec<Vec<Scored>>,
    /// The right row, where the release has one. Judges, and is no input of a link.
    truth: Vec<Option<u32>>,
}

/// By how much the first leads the second, or `least` where the second is below that; 0 without a
/// first.
fn lead(candidates: &[Scored], least: f64) -> f64 {
    let second = candidates
        .get(1)
        .map_or(least, |second| second.1.max(least));
    candidates.first().map_or(0.0, |first| first.1 - second)
}

/// The lead that all but `share` of these stay under; 0 of none.
pub(crate) fn lead_of(mut leads: Vec<f64>, share: f64) -> f64 {
    leads.sort_unstable_by(f64::total_cmp);
    let at = ((1.0 - share) * leads.len() as f64) as usize;
    let last = leads.len().saturating_sub(1);
    leads.get(at.min(last)).copied().unwrap_or(0.0)
}

/// When an attacker claims a match: where the first candidate leads the second, and the `least` score
/// that counts at all, by `by`.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) by: f64,
    pub(crate) least: f64,
}

impl Claim {
    fn holds(self, candidates: &[Scored]) -> bool {
        !candidates.is_empty() && lead(candidates, self.least) >= self.by
    }
}

impl Linked {
    pub(crate) fn new(
        candidates: Vec<Vec<Scored>>,
        who: impl Iterator<Item = Subscriber>,
        held: &Sightings<'_>,
    ) -> Self {
        Self {
            candidates,
            truth: who.map(|who| held.truth(who)).collect(),
        }
    }

    /// The same with those candidates only that `keep` says of a target's place and a row.
    pub(crate) fn filtered(&self, keep: impl Fn(usize, u32) -> bool + Sync) -> Self {
        let all = self.candidates.par_iter().enumerate();
        let kept = all.map(|(at, list)| {
            let kept = list.iter().filter(|candidate| keep(at, candidate.0));
            kept.copied().collect()
        });
        Self {
            candidates: kept.collect(),
            truth: self.truth.clone(),
        }
    }

    /// Number of targets.
    pub(crate) const fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether so many targets make an interval.
    pub(crate) const fn enough(&self) -> bool {
        self.len() >= MIN_TARGETS
    }

    /// The targets with their candidates and the right row.
    fn each(&self) -> impl Iterator<Item = (&[Scored], Option<u32>)> {
        let truth = self.truth.iter().copied();
        self.candidates.iter().map(Vec::as_slice).zip(truth)
    }

    /// (k - x) / k for a right row of rank x < k, from 0, else 0; the mean over targets. With k = 1 the
    /// share whose right row is first.
    fn hit_precision(&self, k: usize) -> Option<Rate> {
        let points = self.each().map(|(candidates, truth)| {
            let rank = candidates.iter().position(|c| Some(c.0) == truth);
            rank.map_or(0, |rank| k.saturating_sub(rank)) as u64
        });
        let n = self.len() as u64;
        Rate::of_targets(points.sum(), n * k as u64, n)
    }

    /// Share of whom a claim is made and right.
    fn right(&self, claim: Claim) -> Option<Rate> {
        let right = |candidates: &[Scored], truth: Option<u32>| {
            claim.holds(candidates) && candidates.first().is_some_and(|c| Some(c.0) == truth)
        };
        let hits = self.each().filter(|&(c, truth)| right(c, truth)).count();
        Rate::of(hits as u64, self.len() as u64)
    }

    /// Share of whom a claim is made, right or wrong.
    fn claims(&self, claim: Claim) -> Option<Rate> {
        let claimed = self.candidates.iter().filter(|c| claim.holds(c)).count();
        Rate::of(claimed as u64, self.len() as u64)
    }

    /// By how much the first leads the second, and 0, of each target.
    pub(crate) fn leads(&self) -> Vec<f64> {
        self.candidates.iter().map(|c| lead(c, 0.0)).collect()
    }

    /// The score of the right row, median; 0 where it is no candidate.
    pub(crate) fn median_of_right(&self) -> f64 {
        let score = |(candidates, truth): (&[Scored], Option<u32>)| {
            let right = candidates.iter().find(|c| Some(c.0) == truth);
            right.map_or(0.0, |candidate| candidate.1)
        };
        median(self.each().map(score).collect())
    }

    /// The score of the first candidate, median.
    pub(crate) fn median_of_first(&self) -> f64 {
        let first = |c: &Vec<Scored>| c.first().map_or(0.0, |candidate| candidate.1);
        median(self.candidates.iter().map(first).collect())
    }

    /// Rows for an attacker who names a candidate of everybody; people outside are left out, for whom
    /// every name is wrong.
    pub(crate) fn ranked(&self, label: &str, rows: usize) -> Vec<AttackRow> {
        let guess = |k: usize| ((k + 1) as f64 / 2.0 / rows.max(1) as f64).min(1.0);
        let top = (format!("{label}, top 1"), 1);
        let first = (format!("{label}, hit-precision@{FIRST}"), FIRST);
        let row = |(label, k)| {
            let rate = self.hit_precision(k)?;
            Some(AttackRow::new(label, rate, None, guess(k)))
        };
        [top, first].into_iter().filter_map(row).collect()
    }

    /// A row for an attacker who does not name everybody. A claim on somebody who is not in the release
    /// is a false match.
    pub(crate) fn claimed(
        &self,
        control: &Self,
        claim: Claim,
        label: String,
        rows: usize,
    ) -> Option<AttackRow> {
        let outside = control.enough().then(|| control.claims(claim)).flatten();
        let guess = 1.0 / rows.max(1) as f64;
        Some(AttackRow::new(label, self.right(claim)?, outside, guess))
    }

    /// A row for an attacker who matches everybody at once, no row of the release twice, so that the
    /// sum of scores is greatest. With a `least` score a pair below it is worse than none.
    pub(crate) fn matched(
        &self,
        control: Option<&Self>,
        least: Option<f64>,
        label: String,
        rows: usize,
    ) -> Option<AttackRow> {
        let all: Vec<Vec<Scored>> = self
            .candidates
            .iter()
            .chain(control.into_iter().flat_map(|c| &c.candidates))
            .map(|list| list.iter().map(|&(row, score)| (row, -score)).collect())
            .collect();
        // Without a least score to be alone is dearer than any way of shifting others about.
        let costs = || all.iter().flatten().map(|c| c.1.abs());
        let alone = least.map_or_else(|| costs().sum::<f64>() + 1.0, |least| -least);
        let found = match_among(rows, &all, |_| alone);
        let right =
            |(found, truth): (&Option<u32>, &Option<u32>)| found.is_some() && found == truth;
        let hits = found.iter().zip(&self.truth).filter(|&p| right(p)).count();
        let members = Rate::of(hits as u64, self.len() as u64)?;
        let claimed = found.iter().skip(self.len()).flatten().count();
        let outside = control
            .filter(|control| control.enough())
            .and_then(|control| Rate::of(claimed as u64, control.len() as u64));
        let guess = 1.0 / rows.max(1) as f64;
        Some(AttackRow::new(label, members, outside, guess))
    }
}

/// For synthetic records: does the row that a person is linked to tell where that person was at a
/// moment that the attacker has no record of? He might as well go with the crowd of that hour. A cell
/// beside the right one is nearly as good, and all that is left where a generator blurs. No rows where
/// a group is too small.
pub(crate) fn hidden_point(
    members: (&[View], &Linked),
    control: (&[View], &Linked),
    held: &Sightings<'_>,
    synthetic: &People,
    ground: &Ground,
) -> Vec<AttackRow> {
    let crowd = Crowd::of(synthetic);
    let row = |(label, beside): (&str, bool)| {
        let right = |told: Option<CellIx>, hidden: Seen| {
            let by = |told| beside && ground.around(hidden.cell).contains(&told);
            told.is_some_and(|told| told == hidden.cell || by(told))
        };
        let share = |views: &[View], told: &dyn Fn(usize, &View) -> Option<CellIx>| {
            let hits = views.iter().enumerate();
            let hits = hits
                .filter(|&(at, view)| right(told(at, view), view.hidden))
                .count();
            Rate::of(hits as u64, views.len() as u64).filter(|_| views.len() >= MIN_TARGETS)
        };
        let linked = |(views, linked): (&[View], &Linked)| {
            share(views, &|at, view| {
                let first = linked.candidates[at].first()?;
                held.told(first.0, view.hidden.time_s)
            })
        };
        let guess = share(members.0, &|_, view| crowd.at(view.hidden.hour))?.share();
        let (members, control) = (linked(members)?, linked(control)?);
        Some(AttackRow::new(
            label.to_owned(),
            members,
            Some(control),
            guess,
        ))
    };
    let rows = [
        ("hidden point", false),
        ("hidden point or a cell beside", true),
    ];
    rows.into_iter().filter_map(row).collect()
}
