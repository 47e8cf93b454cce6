use erewhon_types::CellIx;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{HourSet, Track, hours};

mod compare;
mod presets;
mod tally;

pub use compare::PresetChanges;
use tally::{Tally, When};

/// A place in which one subscriber is found again and again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// The cell that stands for the place: of its cells the one with most evidence at any hour.
    pub cell: CellIx,
    /// Days of evidence: local days with evidence of the place in the anchor's own hours. Below
    /// [`AnchorRule::min_days`] the anchor is a fallback.
    pub days: u16,
    /// Share, 0 to 1, of the subscriber's evidence in the anchor's own hours (events, dwell or days,
    /// see [`Evidence`]) that falls on the place; 0 where there is none.
    pub share: f32,
}

/// The anchors of one subscriber.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Anchors {
    /// Where nights are spent.
    pub home: Option<Anchor>,
    /// Where working hours are spent; equal to home for somebody seen nowhere else then.
    pub work: Option<Anchor>,
    /// The next most frequent place at any hour that is neither home nor work.
    pub other: Option<Anchor>,
    /// The places after it, in their order, with at least [`AnchorRule::min_days`] days.
    pub further: Vec<Anchor>,
}

/// What tells that somebody is at a place, and what makes one place better than another.
///
/// Remaining ties everywhere: the lowest row of the leading cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Events; most days with one, then most events.
    Days,
    /// Events; most of them, then most days with one.
    Events,
    /// Dwell of [`Track::stays`] inside the hours, at the stays' cells; most days with some, then the
    /// longest dwell.
    Dwell,
    /// Each day's first event in the hours; most days, then the latest day.
    FirstOfDay,
    /// Each day's last event in the hours; most days, then the latest day.
    LastOfDay,
    /// Each day's cell with most events in the hours, on a tie the one seen last; most days, then the
    /// latest day.
    MostOfDay,
}

/// How anchors are read from a track. Public: chosen by a person, never tuned on the data.
///
/// 1. *Places.* Hartigan's leader algorithm ([`PlaceRule`](crate::PlaceRule)) over the cells with
///    [`evidence`](Self::evidence), in the order of their evidence at any hour.
/// 2. *Home* is the place with the best evidence in [`home`](Self::home), of those with at least
///    [`min_days`](Self::min_days) days in these hours and more than
///    [`more_than_share`](Self::more_than_share) of the evidence. Without one, and if it
///    [`falls_back`](Self::falls_back): the best place with that many days outside the work hours;
///    without one, the best at any hour. Call records are rare at night, so the two fallbacks matter;
///    both show as `days < min_days`.
/// 3. *Work* is the place other than home with the best evidence in [`work`](Self::work), of those
///    with at least `min_days` and more than the share; without one, home itself if it has as much;
///    else absent.
/// 4. *Other* is the place with the best evidence at any hour that is neither, and *further* ones are
///    those after it.
///
/// Days are local days, midnight to midnight; a night counts for both days it touches. An hour is one
/// of the local clock: one that a clock change skips gives no evidence, one that it repeats gives it
/// twice. Without an event inside the window all anchors are absent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnchorRule {
    /// Cells this near to a place's leading cell, in metres, belong to the place; at 0 a place is a
    /// mast.
    pub radius_m: f64,
    /// What counts.
    pub evidence: Evidence,
    /// The hours that tell home.
    #[serde(deserialize_with = "home")]
    pub home: HourSet,
    /// The hours that tell work.
    #[serde(deserialize_with = "work")]
    pub work: HourSet,
    /// Fewest days of evidence; 0 means 1.
    pub min_days: u16,
    /// A share of the evidence, 0 to 1, that home and work must exceed.
    pub more_than_share: f64,
    /// Whether home may be told by other hours than its own.
    pub falls_back: bool,
}

fn home<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HourSet, D::Error> {
    hours::over(AnchorRule::default().home, deserializer)
}

fn work<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HourSet, D::Error> {
    hours::over(AnchorRule::default().work, deserializer)
}

impl AnchorRule {
    /// Whether there are hours that tell work.
    pub const fn knows_work(&self) -> bool {
        self.work.hours != 0
    }
}

impl Default for AnchorRule {
    fn default() -> Self {
        Self::signalling()
    }
}

/// The anchors of one subscriber under a rule; all absent without an event inside the window.
pub fn anchors(track: &Track<'_>, rule: &AnchorRule) -> Anchors {
    let places = Tally::of(track, rule).join(track.public().cells, rule);
    let all = When::ALL.map(|when| places.total(when));
    let share = |place: usize, when: When| {
        places.weight(place, when) as f64 / all[when as usize].max(1) as f64
    };
    let best = |when: When, min_days: u16, more_than: f64, taken: [Option<usize>; 2]| {
        let fits = |&place: &usize| {
            places.days(place, when) >= min_days.max(1)
                && share(place, when) > more_than
                && !taken.contains(&Some(place))
        };
        (0..places.len())
            .filter(fits)
            .max_by_key(|&place| places.rank(place, when, rule.evidence))
    };
    let (min_days, more_than) = (rule.min_days, rule.more_than_share);
    let home = best(When::Home, min_days, more_than, [None; 2]).or_else(|| {
        let outside_work = || best(When::OutsideWork, min_days, 0.0, [None; 2]);
        let any = || best(When::Any, 1, 0.0, [None; 2]);
        rule.falls_back.then(|| outside_work().or_else(any))?
    });
    let work = best(When::Work, min_days, more_than, [home, None])
        .or_else(|| best(When::Work, min_days, more_than, [None; 2]));

    let anchor = |place: usize, when: When| Anchor {
        cell: places.lead(place),
        days: places.days(place, when),
        share: share(place, when) as f32,
    };
    let mut rest: Vec<usize> = (0..places.len())
        .filter(|&place| ![home, work].contains(&Some(place)))
        .filter(|&place| places.days(place, When::Any) > 0)
        .collect();
    rest.sort_unstable_by_key(|&p| std::cmp::Reverse(places.rank(p, When::Any, rule.evidence)));
    let mut rest = rest.into_iter().map(|place| anchor(place, When::Any));
    Anchors {
        home: home.map(|place| anchor(place, When::Home)),
        work: work.map(|place| anchor(place, When::Work)),
        other: rest.next(),
        further: rest.filter(|found| found.days >= min_days).collect(),
    }
}

#[cfg(test)]
mod tests;
