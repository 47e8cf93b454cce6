use erewhon_dp::{Norm, Query, guarantee, price};
use erewhon_geo::{Nearness, Partition, ZoneTree};
use erewhon_mobility::Public;
use erewhon_model::{PAUSES, SPREAD};
use erewhon_types::{Epsilon, Error, Guarantee, Loss, Result};

use crate::{
    FitSpec,
    bins::{ActivityBins, DistanceBins},
    days::{AWAY, FIRST, GAP_EDGES_S, MOVES, NEAR_CELLS},
    measure::Noise,
    summary::{BLOCKS, UNITS_PER_PERSON},
    zones::finest_level,
};

/// One query of a fit, known before any record is read.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedQuery {
    /// Its shape and bound.
    pub query: Query,
    /// What one subscriber adds to it, in a sentence.
    pub contribution: &'static str,
    /// What it will be charged.
    pub loss: Loss,
    /// Standard deviation of the noise on one entry, in people.
    pub noise_sd_people: f64,
    /// The noise on one entry is at most this 95 times in 100, in people.
    pub noise_95_people: f64,
}

/// The queries in the order they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Subscribers,
    Home,
    Work,
    Commute,
    Activity,
    ClassRound(u8),
    Presence,
    Kinds,
    Other,
    Pairs,
    First,
    Moves,
    Gaps,
    Near,
    Elsewhere,
    Jumps,
    Habits,
}

/// Rounds of k-means from public starts; the second gives the classes.
pub(crate) const CLASS_ROUNDS: u8 = 2;
/// Call-time classes, as in DP-WHERE.
pub(crate) const CLASSES: usize = 2;
/// A public guess at the share of subscribers ever active in a part of the day.
const ACTIVE_GUESS: f64 = 0.5;

impl Step {
    pub(crate) fn all(spec: &FitSpec) -> Vec<Self> {
        let mut steps = vec![Self::Subscribers, Self::Home, Self::Work, Self::Commute];
        steps.push(Self::Activity);
        steps.extend((1..=CLASS_ROUNDS).map(Self::ClassRound));
        if spec.places.has_presence() {
            steps.push(Self::Presence);
        }
        // One declared kind needs no measuring.
        if spec.kinds.len() > 1 {
            steps.push(Self::Kinds);
        }
        if spec.places.has_third() {
            steps.push(Self::Other);
        }
        if spec.places.has_routine() {
            steps.extend([
                Self::Pairs,
                Self::First,
                Self::Moves,
                Self::Gaps,
                Self::Near,
                Self::Elsewhere,
                Self::Jumps,
                Self::Habits,
            ]);
        }
        steps
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::Home => "home",
            Self::Work => "work",
            Self::Commute => "commute",
            Self::Activity => "activity",
            Self::ClassRound(1) => "classes_1",
            Self::ClassRound(_) => "classes_2",
            Self::Presence => "presence",
            Self::Kinds => "kinds",
            Self::Other => "other",
            Self::Pairs => "pairs",
            Self::First => "first_places",
            Self::Moves => "moves",
            Self::Gaps => "gaps",
            Self::Near => "near",
            Self::Elsewhere => "elsewhere",
            Self::Jumps => "jumps",
            Self::Habits => "habits",
        }
    }

    /// Parts of the budget, in proportion, among people who grow the pairs by `growth`.
    ///
    /// The error of a table, added up over its m entries, is m sensitivity / epsilon, so the sum over
    /// tables is least where epsilon grows with the root of (weight m sensitivity). Homes weigh most:
    /// everything is placed by them. Presence, where it is asked, has eight times the sensitivity of a
    /// one-hot table. Scalars and short vectors are sharp at two parts in a hundred. With more people
    /// pairs are told apart by more zones, while tables of a fixed length only stand clearer of
    /// their noise. Rho grows with the power 4/3 of these (see [`charges`]).
    fn weight(self, growth: f64) -> f64 {
        let fixed = growth.sqrt().recip();
        match self {
            Self::Subscribers => 2.0,
            Self::Kinds | Self::Near | Self::Habits => 2.0 * fixed,
            Self::Gaps | Self::Jumps | Self::ClassRound(_) => 4.0 * fixed,
            Self::First => 5.0 * fixed,
            Self::Elsewhere => 7.0 * fixed,
            Self::Activity => 10.0 * fixed,
            Self::Moves => 14.0 * fixed,
            Self::Pairs => 14.0 * growth,
            Self::Other => 10.0,
            Self::Commute => 12.0,
            Self::Work => 16.0,
            Self::Home => 25.0,
            Self::Presence => 30.0,
        }
    }

    const fn contribution(self) -> &'static str {
        match self {
            Self::Subscribers => "1 if they have an event inside the window",
            Self::Home => "1 to the zone of their home anchor",
            Self::Work => "1 to the zone of their work anchor, or to `none`",
            Self::Commute => {
                "1 to one pair of coarse home zone and distance from home to work (or `none`)"
            }
            Self::Activity => {
                "1 to one pair of mean events per day of the window and dispersion over days"
            }
            Self::ClassRound(_) => {
                "their hour-of-day profile, adding up to 1, to the class whose profile is nearest"
            }
            Self::Presence => {
                "1 to each three-hour part of the day they have events in, split over the zones of \
                 those events"
            }
            Self::Kinds => "their mix of the declared event kinds, adding up to 1 at most",
            Self::Other => {
                "1 to one pair of coarse home zone and distance from home to a third place (or \
                 `none`)"
            }
            Self::Pairs => "1 to one pair of coarse home zone and coarse work zone (or `none`)",
            Self::First => {
                "the first places of their days with an event: half by how often they are elsewhere, \
                 in even shares; half by work and part of the day, full when all days of the window \
                 have an event"
            }
            Self::Moves => {
                "their moves between places from event to event of one day: a third each by work and \
                 part of the day, by pause, and by how often they are elsewhere; eight moves a day of \
                 the window add up to 1, and so do more"
            }
            Self::Gaps => {
                "their times between events of one day; eight a day of the window add up to 1, and \
                 so do more"
            }
            Self::Near => "their events near home or work, adding up to 1, by nearness of the cell",
            Self::Elsewhere => {
                "half to how near to home they usually are elsewhere, half to how much nearer or farther \
                 their events are; one event elsewhere for each day of the window adds up to 1, and so do \
                 more"
            }
            Self::Habits => {
                "1 to one pair of how far the cells near their home are apart and how often they are \
                 elsewhere"
            }
            Self::Jumps => {
                "their moves to another place elsewhere: from there or not, by pause, and by how near it \
                 is; one such move for each day of the window adds up to 1, and so do more"
            }
        }
    }

    /// (units a person, bound in units on the sum of what one subscriber adds).
    ///
    /// Why eight parts of the day and not 24 hours (as in DP-WHERE): the bound is one person per
    /// part, so 24 hours cost three times the noise on every entry and, to stay clear of it, zones
    /// of three times the size. Where people are changes with night, morning, work and evening far
    /// more than inside three hours. Weekdays and weekends apart would double the bound again.
    ///
    /// Why a class round has bound 1 and not 2: the size of a class is the sum of its 24 hours, so
    /// no count of its own is asked for.
    const fn bound(self) -> (u32, u32) {
        match self {
            Self::Presence => (UNITS_PER_PERSON, BLOCKS as u32 * UNITS_PER_PERSON),
            Self::ClassRound(_)
            | Self::Kinds
            | Self::First
            | Self::Moves
            | Self::Gaps
            | Self::Near
            | Self::Elsewhere
            | Self::Jumps => (UNITS_PER_PERSON, UNITS_PER_PERSON),
            _ => (1, 1),
        }
    }

    /// Bound in units on the length of what one subscriber adds. What is dealt out to parts of a table
    /// that have no entry in common is shorter than its sum: n even parts by the root of n.
    const fn bound_l2(self) -> u32 {
        let units = UNITS_PER_PERSON;
        let squares = match self {
            Self::Presence => BLOCKS as u32 * units * units,
            Self::First | Self::Elsewhere => 2 * (units / 2) * (units / 2),
            // Of 1024 units two thirds are 341, and one 342.
            Self::Moves => {
                let third = units / 3;
                2 * third * third + (units - 2 * third) * (units - 2 * third)
            }
            _ => return self.bound().1,
        };
        // No square of a whole number, so the next one above its root.
        squares.isqrt() + 1
    }

    /// How many people one subscriber counts for in the table, over all its entries.
    pub(crate) fn people(self) -> f64 {
        let (units, bound) = self.bound();
        f64::from(bound) / f64::from(units)
    }
}

/// Everything that a fit decides before it asks a query, made of public knowledge, the budget and
/// one noisy (or declared) number of subscribers.
pub(crate) struct Layout {
    pub(crate) guarantee: Guarantee,
    pub(crate) planned: Vec<(Step, PlannedQuery)>,
    pub(crate) home: Partition,
    pub(crate) work: Partition,
    pub(crate) commute: Partition,
    pub(crate) other: Partition,
    pub(crate) presence: Partition,
    pub(crate) pairs: Partition,
    pub(crate) activity: ActivityBins,
    pub(crate) distance: DistanceBins,
    /// Where bins of nearness end.
    pub(crate) upper_ranks: Vec<u32>,
}

/// The most zones of which pairs are measured.
const MOST_PAIR_ZONES: usize = 128;

/// The finest zones whose pairs still expect half a noise sd each: what home, work and distance say of
/// a pair keeps the noise of each at bay.
fn pair_zones(tree: &ZoneTree, people: f64, sd_people: f64) -> Partition {
    (1..=tree.depth())
        .rev()
        .map(|level| tree.partition(level))
        .filter(|zones| zones.zones() <= MOST_PAIR_ZONES)
        .find(|zones| zones.zones().pow(2) as f64 * 0.5 * sd_people <= people)
        .unwrap_or_else(|| tree.partition(0))
}

/// People times epsilon from which on pairs grow, and by how much at most: then the zones of which they are
/// measured are as many as they may be.
const GROWTH_FROM: f64 = 20_000.0;
const MOST_GROWTH: f64 = 4.0;

/// By how much more pairs can be told apart than among few: pairs of zones grow with people and
/// epsilon, the error of all of them with the root of their number.
fn growth(people: f64, epsilon: Epsilon) -> f64 {
    (people * epsilon.value() / GROWTH_FROM)
        .sqrt()
        .clamp(1.0, MOST_GROWTH)
}

/// The charge of the first step, which counts the people that the others' go by.
///
/// # Errors
/// Usage, when the budget is too small to be split over the steps, however many people there will be.
pub(crate) fn first_charge(spec: &FitSpec) -> Result<(Step, Loss)> {
    // In between every share is larger than the least at either end: those of a constant weight are one over a
    // sum that is convex in the growth, those that shrink do so all the way, and pairs rise all the way.
    charges(spec, 0.0)?;
    let charges = charges(spec, f64::INFINITY)?;
    let first = charges.first().copied();
    first.ok_or_else(|| Error::internal("a plan without a query"))
}

/// The charge of each step, the first the same for any number of people; they add up to the whole exactly.
///
/// With Gaussian noise the error of a table is m sensitivity / (2 rho)^(1/2), so the sum is least where rho
/// grows with (m sensitivity)^(2/3): the power 4/3 of what epsilon grows with.
fn charges(spec: &FitSpec, people: f64) -> Result<Vec<(Step, Loss)>> {
    spec.check()?;
    let steps = Step::all(spec);
    let whole = price(spec.epsilon, spec.delta)?;
    let power = match whole {
        Loss::Epsilon(_) => 1.0,
        Loss::Rho(_) => 4.0 / 3.0,
    };
    let weights = |growth: f64| -> Vec<u64> {
        let weight = |step: &Step| (step.weight(growth).powf(power) * 1e6).round() as u64;
        steps.iter().map(weight).collect()
    };
    let (alone, others) = (weights(1.0), weights(growth(people, spec.epsilon)));
    // Says of the whole that it is too small, and not of what the first step leaves.
    whole.split(&alone)?;
    whole.split(&others)?;
    let first = whole.split(&[alone[0], alone[1..].iter().sum()])?;
    let mut parts = vec![first[0]];
    parts.extend(first[1].split(&others[1..])?);
    Ok(steps.into_iter().zip(parts).collect())
}

pub(crate) fn planned(
    step: Step,
    entries: usize,
    loss: Loss,
    noise: Noise,
) -> Result<PlannedQuery> {
    let (units, bound) = step.bound();
    let query = match loss {
        Loss::Epsilon(_) => Query::new(step.name(), entries, units, bound)?,
        Loss::Rho(_) => {
            Query::new(step.name(), entries, units, step.bound_l2())?.bounded_in(Norm::L2)
        }
    };
    Ok(PlannedQuery {
        noise_sd_people: noise.sd_people(&query, loss),
        noise_95_people: noise.reach_95_people(&query, loss),
        query,
        contribution: step.contribution(),
        loss,
    })
}

impl Layout {
    pub(crate) fn choose(
        public: &Public<'_>,
        tree: &ZoneTree,
        spec: &FitSpec,
        noise: Noise,
        subscribers: f64,
    ) -> Result<Self> {
        let charges = charges(spec, subscribers)?;
        let sd = |step: Step| -> Result<f64> {
            match charges.iter().find(|(s, _)| *s == step) {
                Some(&(_, loss)) => Ok(planned(step, 1, loss, noise)?.noise_sd_people),
                None => Ok(f64::INFINITY),
            }
        };
        let distance = DistanceBins::new(public.cells);
        let row = distance.entries();
        let level = |step: Step, entries_per_zone: usize, mass: f64| -> Result<Partition> {
            Ok(finest_level(tree, entries_per_zone, mass, sd(step)?))
        };
        let activity_sd = sd(Step::Activity)?;
        let activity = (0..ActivityBins::LEVELS)
            .map(ActivityBins::new)
            .find(|bins| bins.entries() as f64 * activity_sd <= subscribers)
            .unwrap_or_else(|| ActivityBins::new(ActivityBins::LEVELS - 1));
        let mut layout = Self {
            guarantee: guarantee(spec.epsilon, spec.delta)?,
            planned: Vec::with_capacity(charges.len()),
            home: level(Step::Home, 1, subscribers)?,
            work: level(Step::Work, 1, subscribers)?,
            commute: level(Step::Commute, row, subscribers)?,
            other: level(Step::Other, row, subscribers)?,
            presence: level(Step::Presence, 1, ACTIVE_GUESS * subscribers)?,
            pairs: pair_zones(tree, subscribers, sd(Step::Pairs)?),
            activity,
            distance,
            upper_ranks: Nearness::ranks(public.cells.len()),
        };
        for (step, loss) in charges {
            let query = planned(step, layout.entries(step, spec), loss, noise)?;
            layout.planned.push((step, query));
        }
        Ok(layout)
    }

    /// The zones that a step's table is by, where it is by zones.
    pub(crate) const fn zones(&self, step: Step) -> Option<&Partition> {
        match step {
            Step::Home => Some(&self.home),
            Step::Work => Some(&self.work),
            Step::Commute => Some(&self.commute),
            Step::Other => Some(&self.other),
            Step::Presence => Some(&self.presence),
            Step::Pairs => Some(&self.pairs),
            _ => None,
        }
    }

    /// The query of a step; `None` for one that this plan does not ask.
    pub(crate) fn query(&self, step: Step) -> Option<&PlannedQuery> {
        let mut all = self.planned.iter();
        all.find(|(s, _)| *s == step).map(|(_, query)| query)
    }

    /// The query of a step that this plan asks.
    pub(crate) fn need(&self, step: Step) -> Result<&PlannedQuery> {
        let missing = || Error::internal(format!("the plan has no query `{}`", step.name()));
        self.query(step).ok_or_else(missing)
    }

    fn entries(&self, step: Step, spec: &FitSpec) -> usize {
        match step {
            Step::Subscribers => 1,
            Step::Home => self.home.zones(),
            Step::Work => self.work.zones() + 1,
            Step::Commute => self.commute.zones() * self.distance.entries(),
            Step::Other => self.other.zones() * self.distance.entries(),
            Step::Activity => self.activity.entries(),
            Step::ClassRound(_) => CLASSES * 24,
            Step::Presence => BLOCKS * self.presence.zones(),
            Step::Kinds => spec.kinds.len(),
            Step::Pairs => self.pairs.zones().pow(2) + 1,
            Step::First => FIRST[2],
            Step::Moves => MOVES[3],
            Step::Gaps => GAP_EDGES_S.len(),
            Step::Near => NEAR_CELLS,
            Step::Elsewhere => self.upper_ranks.len() + 2 * SPREAD + 1,
            Step::Habits => Nearness::OPEN * AWAY,
            Step::Jumps => 2 * PAUSES * self.upper_ranks.len(),
        }
    }
}

/// What a fit would ask and cost, for a declared number of subscribers (the control group among
/// them) and without any record.
///
/// # Errors
/// Usage, when epsilon is too small to be split or no kind is declared.
pub fn plan(
    public: &Public<'_>,
    tree: &ZoneTree,
    spec: &FitSpec,
    subscribers_expected: u64,
) -> Result<Vec<PlannedQuery>> {
    first_charge(spec)?;
    let people = (subscribers_expected as f64 * spec.members_share()).max(1.0);
    let layout = Layout::choose(public, tree, spec, Noise::Released, people)?;
    Ok(layout.planned.into_iter().map(|(_, query)| query).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Places;
    use erewhon_events::EventKind;
    use erewhon_mobility::AnchorRule;
    use erewhon_types::Delta;
    use proptest::prelude::*;

    fn spec(epsilon: Epsilon, delta: Option<Delta>) -> FitSpec {
        FitSpec {
            epsilon,
            delta,
            places: Places::Routine,
            anchors: AnchorRule::signalling(),
            kinds: vec![EventKind::ALL[0], EventKind::ALL[1]],
            control_one_in: None,
            persons: false,
        }
    }

    fn charged(charges: &[(Step, Loss)], step: Step) -> f64 {
        let mut all = charges.iter();
        all.find(|(s, _)| *s == step)
            .map_or(0.0, |(_, loss)| loss.value())
    }

    proptest! {
        #[test]
        fn charges_add_up_to_the_whole_for_any_number_of_people(
            micros in prop_oneof![1_u64..400, 400_u64..50_000_000],
            is_pure: bool,
            people in prop_oneof![0.0..1e9_f64, Just(f64::INFINITY)],
        ) {
            let delta = (!is_pure).then(|| "1e-6".parse().unwrap());
            let epsilon = Epsilon::from_micros(micros).unwrap();
            let spec = spec(epsilon, delta);
            // Whoever may begin can go on, and the first step costs what was said before it.
            if let Ok((step, first)) = first_charge(&spec) {
                let charges = charges(&spec, people).unwrap();
                prop_assert_eq!(charges[0], (step, first));
                let sum: u64 = charges.iter().map(|(_, part)| part.units()).sum();
                prop_assert_eq!(sum, price(epsilon, delta).unwrap().units());
            }
        }
    }

    #[test]
    fn more_people_pay_for_more_pairs_until_these_are_as_many_as_can_be() {
        for (delta, most) in [(None, 8.0), (Some("1e-6".parse().unwrap()), 16.0)] {
            let spec = spec("1".parse().unwrap(), delta);
            let at = |people: f64| {
                let charges = charges(&spec, people).unwrap();
                let pairs = charged(&charges, Step::Pairs);
                (pairs, pairs / charged(&charges, Step::Moves))
            };
            assert_eq!(at(1.0), at(20_000.0));
            assert!(at(80_000.0).0 > 1.5 * at(20_000.0).0);
            let (pairs, to_moves) = at(320_000.0);
            assert!((to_moves / most - 1.0).abs() < 1e-3, "{to_moves}");
            assert!((at(1e8).0 / pairs - 1.0).abs() < 1e-4);
        }
    }
}
