//! Usual environment, home and work: tiles labelled by long-term permanence.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_types::{Error, Result};

use crate::{Permanence, Spot};

/// What a tile is to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Part of the usual environment.
    UsualEnvironment,
    /// Home, a part of the usual environment.
    Home,
    /// Work, a part of the usual environment.
    Work,
}

impl Label {
    /// multimno's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsualEnvironment => "ue",
            Self::Home => "home",
            Self::Work => "work",
        }
    }
}

/// A labelled spot, and the rule that labelled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// The label.
    pub label: Label,
    /// The spot, a tile or a country.
    pub spot: Spot,
    /// multimno's name of the rule, such as `ue_1` or `h_2`.
    pub rule: &'static str,
}

/// When a spot is labelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRule {
    /// Whoever has fewer slots, or fewer days, is left out.
    pub least: Permanence,
    /// Of spots in falling order, those below a fall by this share of the largest one are no usual
    /// environment.
    pub ue_fall_share: f64,
    /// A spot of the usual environment has at least this share of the subscriber's slots, or days.
    pub ue_share: f64,
    /// Those below a fall by so many slots are no home, and no work.
    pub anchor_fall_slots: u32,
    /// Home and work have at least this share.
    pub anchor_share: f64,
}

impl LabelRule {
    /// The shipped configuration of multimno: 2 slots, 1 day; 20 % and 70 %; 1 slot and 80 %.
    ///
    /// Its methodology suggests 1,500 slots and 50 days for a season.
    pub const MULTIMNO: Self = Self {
        least: Permanence { slots: 2, days: 1 },
        ue_fall_share: 0.2,
        ue_share: 0.7,
        anchor_fall_slots: 1,
        anchor_share: 0.8,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when a share is not within 0 to 1, or a fall is nothing.
    pub fn check(&self) -> Result<()> {
        let shares = [self.ue_fall_share, self.ue_share, self.anchor_share];
        let bad = shares
            .into_iter()
            .find(|share| !(*share > 0.0 && *share <= 1.0));
        if let Some(share) = bad {
            return Err(
                Error::usage(format!("the share `{share}` of a label is out of range"))
                    .with_hint("allowed: above 0, up to 1"),
            );
        }
        if self.anchor_fall_slots == 0 {
            return Err(Error::usage("a fall of 0 slots leaves nobody a home")
                .with_hint("allowed: 1 slot or more"));
        }
        Ok(())
    }
}

/// Scores of one subscriber in a period, by spot.
pub type ScoresBySpot = BTreeMap<Spot, Permanence>;

/// The long-term scores that labels are made of.
#[derive(Clone, Copy, Debug)]
pub struct LabelScores<'a> {
    /// Of all hours of all days.
    pub all: &'a ScoresBySpot,
    /// Of the nights.
    pub night: &'a ScoresBySpot,
    /// Of the working hours of workdays.
    pub working: &'a ScoresBySpot,
}

/// What a rule looks at.
type Part = fn(&Permanence) -> u32;
const SLOTS: Part = |p| p.slots;
const DAYS: Part = |p| p.days;

/// A rule: its name, the scores and the part of them that it looks at.
type Step<'a> = (&'static str, &'a ScoresBySpot, Part);

/// Labels one subscriber's spots; empty for whoever is left out.
///
/// multimno asks of the second and third rule for home, and the second for work, only while *no* device of the
/// same chunk of its work has such a label; here each subscriber is asked for themselves.
pub fn labels(scores: LabelScores<'_>, rule: &LabelRule) -> Vec<Labelled> {
    let device = scores.all.get(&Spot::Device).copied().unwrap_or_default();
    if device.slots < rule.least.slots || device.days < rule.least.days {
        return Vec::new();
    }
    let mut found = Vec::new();

    let largest = falling(scores.all, |_| true)
        .first()
        .map_or(0, |first| first.1);
    let fall = (f64::from(largest) * rule.ue_fall_share).max(f64::MIN_POSITIVE);
    let mut left = before_fall(&falling(scores.all, |_| true), fall);
    let steps: [Step<'_>; 4] = [
        ("ue_1", scores.all, SLOTS),
        ("ue_2", scores.night, SLOTS),
        ("ue_2", scores.working, SLOTS),
        ("ue_3", scores.all, DAYS),
    ];
    let mut usual: BTreeSet<Spot> = BTreeSet::new();
    for step in steps {
        let taken = passing(&left, &step, rule.ue_share);
        left.retain(|spot| !taken.contains(spot));
        usual.extend(&taken);
        let label = Label::UsualEnvironment;
        found.extend(taken.into_iter().map(|spot| Labelled {
            label,
            spot,
            rule: step.0,
        }));
    }

    let mut anchor = |label, by: &ScoresBySpot, steps: &[Step<'_>]| {
        let ranked = falling(by, |spot| usual.contains(spot));
        let left = before_fall(&ranked, f64::from(rule.anchor_fall_slots));
        for step in steps {
            let taken = passing(&left, step, rule.anchor_share);
            if !taken.is_empty() {
                found.extend(taken.into_iter().map(|spot| Labelled {
                    label,
                    spot,
                    rule: step.0,
                }));
                return;
            }
        }
    };
    let home: [Step<'_>; 3] = [
        ("h_1", scores.all, SLOTS),
        ("h_2", scores.night, SLOTS),
        ("h_3", scores.night, DAYS),
    ];
    let work: [Step<'_>; 2] = [
        ("w_1", scores.working, SLOTS),
        ("w_2", scores.working, DAYS),
    ];
    anchor(Label::Home, scores.all, &home);
    anchor(Label::Work, scores.working, &work);
    found.sort_unstable();
    found
}

/// Tiles and countries with their slots, most first.
fn falling(scores: &ScoresBySpot, which: impl Fn(&Spot) -> bool) -> Vec<(Spot, u32)> {
    let is_place = |spot: &Spot| matches!(spot, Spot::Tile(_) | Spot::Abroad(_));
    let places = scores
        .iter()
        .filter(|(spot, _)| is_place(spot) && which(spot));
    let mut places: Vec<(Spot, u32)> = places.map(|(spot, count)| (*spot, count.slots)).collect();
    places.sort_by_key(|(spot, slots)| (std::cmp::Reverse(*slots), *spot));
    places
}

/// Those before the first fall by so many slots.
fn before_fall(falling: &[(Spot, u32)], fall: f64) -> BTreeSet<Spot> {
    let deep = |pair: &[(Spot, u32)]| f64::from(pair[0].1 - pair[1].1) >= fall;
    let kept = falling
        .windows(2)
        .position(deep)
        .map_or(falling.len(), |at| at + 1);
    falling[..kept].iter().map(|(spot, _)| *spot).collect()
}

/// Those with a share of what is known of the subscriber in that period; none where nothing is.
fn passing(spots: &BTreeSet<Spot>, (_, scores, part): &Step<'_>, share: f64) -> Vec<Spot> {
    let Some(device) = scores.get(&Spot::Device) else {
        return Vec::new();
    };
    let least = f64::from(part(device)) * share;
    let of = |spot: &Spot| scores.get(spot).map_or(0, part);
    spots
        .iter()
        .copied()
        .filter(|spot| f64::from(of(spot)) >= least)
        .collect()
}

#[cfg(test)]
mod tests;
