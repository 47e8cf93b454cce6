use std::collections::BTreeMap;

use crate::{Profile, Scene};

/// Parts of a day, three hours each.
pub(crate) const DAYPARTS: usize = 8;

/// Days kept of each lane of subscribers.
const MOST_DAYS: usize = 1024;

/// Weight of what everybody does against what those of the same home zone do, in observations.
const EVERYBODY: f64 = 1.0;

/// One day of somebody whose home is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownDay {
    /// Home zone.
    pub(crate) home: usize,
    /// `daypart * zones + zone`, in the order of time, each stretch of equal ones once.
    pub(crate) seen: Vec<usize>,
}

/// The days of the subscribers whose mixed pseudonyms are lowest: as good as drawn, and always the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    by_mix: BTreeMap<u64, KnownDay>,
}

impl Sample {
    /// Takes a day, where it is among the lowest.
    pub(crate) fn offer(&mut self, mix: u64, day: impl FnOnce() -> Option<KnownDay>) {
        let full = self.by_mix.len() >= MOST_DAYS;
        if full
            && self
                .by_mix
                .last_key_value()
                .is_some_and(|(last, _)| *last <= mix)
        {
            return;
        }
        if let Some(day) = day() {
            self.by_mix.insert(mix, day);
            if full {
                self.by_mix.pop_last();
            }
        }
    }

    /// Takes the days of other lanes as well.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.by_mix
            .extend(other.by_mix.iter().map(|(mix, day)| (*mix, day.clone())));
    }
}

/// How well swapped days are told from others: the chance that a swapped one gets the higher score.
///
/// Each sampled day is judged as its owner's, and once more as that of the next in the sample. The
/// score is the mean of `-ln P(zone | home zone, daypart)` over what was seen, with `P` of the trained
/// side. `None` with fewer than two days, or when nothing was learnt.
pub(super) fn auc(scene: &Scene<'_>, trained: &Profile, test: &Profile) -> Option<f64> {
    let habits = Habits::of(scene.zones.zones(), &trained.by_home)?;
    let days: Vec<&KnownDay> = test.sample.by_mix.values().collect();
    if days.len() < 2 {
        return None;
    }
    let others = days.iter().skip(1).chain(&days[..1]);
    let own = days.iter().map(|day| habits.strangeness(day.home, day));
    let swapped = days.iter().zip(others);
    let swapped = swapped.map(|(day, other)| habits.strangeness(other.home, day));
    Some(area(own.collect(), swapped.collect()))
}

/// What those of one home zone, and everybody, do at each part of the day, as `-ln P`.
struct Habits {
    zones: usize,
    /// `(home * DAYPARTS + daypart) * zones + zone`.
    surprise: Vec<f64>,
}

impl Habits {
    fn of(zones: usize, by_home: &[f64]) -> Option<Self> {
        let cells = DAYPARTS * zones;
        let mut everybody = vec![1.0; cells];
        for of_home in by_home.chunks(cells) {
            crate::histogram::add_all(&mut everybody, of_home);
        }
        if everybody.iter().sum::<f64>() <= cells as f64 {
            return None;
        }
        let shares = |counts: &[f64]| crate::chart::shares(counts);
        let everybody: Vec<f64> = everybody.chunks(zones).flat_map(shares).collect();
        let mut surprise = Vec::with_capacity(by_home.len());
        for of_home in by_home.chunks(cells) {
            for (own, all) in of_home.chunks(zones).zip(everybody.chunks(zones)) {
                let seen = own.iter().sum::<f64>() + EVERYBODY;
                let parts = own.iter().zip(all);
                surprise.extend(parts.map(|(own, all)| -((own + EVERYBODY * all) / seen).ln()));
            }
        }
        Some(Self { zones, surprise })
    }

    fn strangeness(&self, home: usize, day: &KnownDay) -> f64 {
        let of_home = home * DAYPARTS * self.zones;
        let sum: f64 = day.seen.iter().map(|at| self.surprise[of_home + at]).sum();
        sum / day.seen.len().max(1) as f64
    }
}

/// The chance that one of `high` is above one of `low`, ties by halves.
fn area(low: Vec<f64>, high: Vec<f64>) -> f64 {
    let (n_low, n_high) = (low.len() as f64, high.len() as f64);
    let mut all: Vec<(f64, bool)> = low.into_iter().map(|score| (score, false)).collect();
    all.extend(high.into_iter().map(|score| (score, true)));
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    for tie in all.chunk_by(|a, b| a.0 == b.0) {
        let high = tie.iter().filter(|(_, high)| *high).count() as f64;
        let low = tie.len() as f64 - high;
        won += high * (below + low / 2.0);
        below += low;
    }
    won / (n_low * n_high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs(
            low in prop::collection::vec(0u8..9, 1..30),
            high in prop::collection::vec(0u8..9, 1..30),
        ) {
            let mut won = 0.0;
            for h in &high {
                for l in &low {
                    won += if h > l { 1.0 } else if h == l { 0.5 } else { 0.0 };
                }
            }
            let slow = won / (low.len() * high.len()) as f64;
            let scores = |side: Vec<u8>| side.into_iter().map(f64::from).collect();
            prop_assert!((area(scores(low), scores(high)) - slow).abs() < 1e-12);
        }
    }

    #[test]
    fn a_day_at_anothers_home_is_stranger() {
        // Two zones; each stays at home all day, ten observations a daypart.
        let mut by_home = vec![0.0; 2 * DAYPARTS * 2];
        for home in 0..2 {
            for daypart in 0..DAYPARTS {
                by_home[(home * DAYPARTS + daypart) * 2 + home] = 10.0;
            }
        }
        let habits = Habits::of(2, &by_home).unwrap();
        let day = KnownDay {
            home: 0,
            seen: vec![0, 2, 4],
        };
        // (10 + 1/2) / 11 and (1/2) / 11.
        assert!((habits.strangeness(0, &day) + f64::ln(10.5 / 11.0)).abs() < 1e-12);
        assert!((habits.strangeness(1, &day) + f64::ln(0.5 / 11.0)).abs() < 1e-12);
        assert!(Habits::of(2, &[0.0; 32]).is_none());
    }

    #[test]
    fn a_sample_keeps_the_lowest() {
        let mut sample = Sample::default();
        let day = |home| {
            Some(KnownDay {
                home,
                seen: vec![0],
            })
        };
        for mix in (0..3000u64).rev() {
            sample.offer(mix * 7 % 3001, || day(mix as usize));
        }
        let kept: Vec<u64> = sample.by_mix.into_keys().collect();
        let mut all: Vec<u64> = (0..3000).map(|mix| mix * 7 % 3001).collect();
        all.sort_unstable();
        assert_eq!(kept, all[..MOST_DAYS]);
    }
}
