use erewhon_model::{GapTable, Model};
use rand::{Rng, RngExt};

use crate::{sampler::Sampler, times::DAY_S};

/// Events that follow another one soon: what calls and messages of one matter are made of.
///
/// Moments that know nothing of one another leave too few short times between events. Which share
/// of events must be such followers, and how soon they follow, is read from the model's table of
/// gaps: it is what moments alone, thinned by the followers, do not explain.
pub(crate) struct Bursts {
    /// The chance that an event other than the first of its day follows another.
    share: f64,
    gap: Sampler,
    edges_s: Vec<f64>,
}

/// A follower comes within an hour.
const LONGEST_S: f64 = 3_600.0;
/// Subscribers count by at most this many gaps a day, as where gaps were measured.
const FULL_GAPS_A_DAY: f64 = 8.0;
/// Tried shares of events that are no followers.
const TRIALS: u32 = 40;
/// Rarer kinds of subscriber do not matter here.
const RARE: f64 = 1e-4;

impl Bursts {
    /// `None` where moments alone explain the gaps, or none were measured.
    pub(crate) fn new(model: &Model) -> Option<Self> {
        let gaps = &model.routine.as_ref()?.gaps;
        let alone = Alone::of(model, gaps);
        let all = alone.gaps();
        let (mut least, mut best) = (f64::INFINITY, Vec::new());
        for trial in 1..=TRIALS {
            let kept = f64::from(trial) / f64::from(TRIALS);
            let (followers, misfit) = alone.unexplained(kept, &gaps.share, all);
            if misfit < least {
                (least, best) = (misfit, followers);
            }
        }
        let share = best.iter().sum::<f64>() / all;
        Some(Self {
            gap: Sampler::new(best)?,
            edges_s: alone.edges_s,
            share: share.clamp(0.0, 1.0),
        })
    }

    /// How many of `left` events make up the next burst, the first of it among them.
    pub(crate) fn size(&self, left: u32, rng: &mut impl Rng) -> u32 {
        let mut size = 1;
        while size < left && rng.random::<f64>() < self.share {
            size += 1;
        }
        size
    }

    /// Time from an event to its follower.
    pub(crate) fn gap_s(&self, rng: &mut impl Rng) -> u32 {
        let bin = self.gap.draw(rng);
        let low = if bin == 0 { 0.0 } else { self.edges_s[bin - 1] };
        let width = self.edges_s[bin] - low;
        (low + rng.random::<f64>() * width) as u32
    }
}

/// Gaps of subscribers whose moments within a day know nothing of one another: Poisson, or Poisson
/// at a rate that is gamma where days differ.
struct Alone {
    edges_s: Vec<f64>,
    /// (weight, mean events a day, dispersion)
    kinds: Vec<(f64, f64, f64)>,
    /// Call-time classes: their shares, and what is known of starts by hour.
    classes: Vec<(f64, Vec<Hour>)>,
}

/// A start in the middle of an hour.
struct Hour {
    starts: f64,
    /// By edge of the gaps, which share of a day's events lies between the start and there.
    between: Vec<f64>,
}

impl Alone {
    fn of(model: &Model, gaps: &GapTable) -> Self {
        let edges_s = gaps.upper_edges_s.clone();
        let table = &model.activity;
        let columns = table.dispersion_edges.len() - 1;
        let middle = |edges: &[f64], bin: usize| (edges[bin] * edges[bin + 1]).sqrt();
        let kinds = (0..).zip(&table.share).filter(|(_, share)| **share > RARE);
        let kind = |(bin, share): (usize, &f64)| {
            let mean = middle(&table.mean_edges, bin / columns);
            let dispersion = middle(&table.dispersion_edges, bin % columns);
            let full = FULL_GAPS_A_DAY / (mean - some(mean, dispersion)).max(f64::MIN_POSITIVE);
            (share * full.min(1.0), mean, dispersion)
        };
        let classes = model.classes.iter().map(|class| {
            let hour = |(hour, starts): (u32, &f64)| {
                let from = (f64::from(hour) + 0.5) * f64::from(DAY_S) / 24.0;
                let to = |edge: &f64| share_between(&class.hour_share, from, from + edge);
                Hour {
                    starts: *starts,
                    between: edges_s.iter().map(to).collect(),
                }
            };
            (
                class.share,
                (0..).zip(&class.hour_share).map(hour).collect(),
            )
        });
        Self {
            kinds: kinds.map(kind).collect(),
            classes: classes.collect(),
            edges_s,
        }
    }

    /// Gaps a day of everybody, by weight.
    fn gaps(&self) -> f64 {
        let of = |(weight, mean, dispersion): &(f64, f64, f64)| {
            weight * (mean - some(*mean, *dispersion))
        };
        self.kinds.iter().map(of).sum()
    }

    /// What followers must explain, by bin, where only `kept` of all events are none; and how far
    /// gaps are from `share` even so.
    fn unexplained(&self, kept: f64, share: &[f64], all: f64) -> (Vec<f64>, f64) {
        let mut explained = vec![0.0; self.edges_s.len()];
        for (weight, mean, dispersion) in &self.kinds {
            let mean = mean * kept;
            let dispersion = 1.0 + (dispersion - 1.0) * kept;
            for (of_class, hours) in &self.classes {
                for Hour { starts, between } in hours {
                    let starts = weight * of_class * starts;
                    let mut before = follows(mean, dispersion, 0.0);
                    for (sum, between) in explained.iter_mut().zip(between) {
                        let after = follows(mean, dispersion, *between);
                        *sum += starts * (before - after);
                        before = after;
                    }
                }
            }
        }
        let mut misfit = 0.0;
        let mut followers = vec![0.0; explained.len()];
        for (bin, (share, explained)) in share.iter().zip(explained).enumerate() {
            let missing = share * all - explained;
            if self.edges_s[bin] <= LONGEST_S && missing > 0.0 {
                followers[bin] = missing;
            } else {
                misfit += missing.abs();
            }
        }
        (followers, misfit)
    }
}

/// Chance of a day with an event.
fn some(mean: f64, dispersion: f64) -> f64 {
    1.0 - none(mean, dispersion, 1.0)
}

/// Chance of no event in a part of the day that holds `share` of its events.
fn none(mean: f64, dispersion: f64, share: f64) -> f64 {
    let scale = dispersion - 1.0;
    if scale > 1e-6 {
        (1.0 + scale * share).powf(-mean / scale)
    } else {
        (-mean * share).exp()
    }
}

/// Events of a day after which none comes in a part of the day that holds `share` of its events.
fn follows(mean: f64, dispersion: f64, share: f64) -> f64 {
    let scale = (dispersion - 1.0).max(0.0);
    mean * none(mean, dispersion, share) / (1.0 + scale * share)
}

/// The share of a day's events between two seconds of it.
fn share_between(hour_share: &[f64], from: f64, to: f64) -> f64 {
    let hour_s = f64::from(DAY_S) / 24.0;
    let part = |(hour, share): (usize, &f64)| {
        let low = (hour as f64 * hour_s).max(from);
        let high = ((hour + 1) as f64 * hour_s).min(to);
        share * ((high - low) / hour_s).max(0.0)
    };
    hour_share.iter().enumerate().map(part).sum()
}

#[cfg(test)]
mod tests;
