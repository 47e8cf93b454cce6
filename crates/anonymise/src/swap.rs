use erewhon_events::{Disclosed, Sample};
use erewhon_types::{Error, Result};
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use crate::generalise::Rows;

/// SwapMob: whoever was last seen in one cell in the same few minutes goes on under a pseudonym of one
/// of the others there, drawn at random.
///
/// Where and when somebody was seen stays as it is, and how many pseudonyms are in a cell within such
/// minutes too. What is behind a pseudonym changes with every meeting. Who meets nobody is left as they
/// were, and so is everybody between two meetings.
///
/// Source: Salas, Megías, Torra, "SwapMob: swapping trajectories for mobility anonymization", PSD 2018.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Swap {
    /// Length of the intervals, from the start of the window on, in which a meeting is seen; 1 to 60.
    pub within_min: u16,
}

impl Default for Swap {
    fn default() -> Self {
        Self { within_min: 10 }
    }
}

impl Swap {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=60).contains(&self.within_min) {
            return Err(Error::usage(format!(
                "a meeting within `{}` minutes is out of range: allowed is 1 to 60",
                self.within_min
            )));
        }
        Ok(())
    }
}

/// One record, to be put into the order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Passing {
    at_s: u32,
    row: u32,
    cell: u32,
}

/// Swaps. The records are sorted by time once; beyond that it is linear in them.
pub(crate) fn swap(raw: &Disclosed, rule: &Swap, rng: &mut ChaCha20Rng) -> Rows {
    let mut passing: Vec<Passing> = Vec::with_capacity(raw.samples());
    for (row, (_, samples)) in (0..).zip(raw.rows()) {
        passing.extend(samples.iter().map(|sample| Passing {
            at_s: sample.from_s,
            row,
            cell: sample.place,
        }));
    }
    passing.sort_unstable();
    let mut rows: Rows = raw
        .rows()
        .map(|(subscriber, samples)| (subscriber, Vec::with_capacity(samples.len())))
        .collect();
    // Under whose pseudonym each goes.
    let mut under: Vec<u32> = (0..rows.len() as u32).collect();
    let mut last_seen: Vec<(u32, u32)> = Vec::new();
    let within_s = u32::from(rule.within_min) * 60;
    for interval in passing.chunk_by(|a, b| a.at_s / within_s == b.at_s / within_s) {
        for seen in interval {
            rows[under[seen.row as usize] as usize].1.push(Sample {
                from_s: seen.at_s,
                until_s: seen.at_s + 1,
                place: seen.cell,
            });
        }
        last_seen.clear();
        last_seen.extend(interval.iter().rev().map(|seen| (seen.row, seen.cell)));
        // Stable: of each row the last record comes first.
        last_seen.sort_by_key(|(row, _)| *row);
        last_seen.dedup_by_key(|(row, _)| *row);
        last_seen.sort_by_key(|(_, cell)| *cell);
        for met in last_seen.chunk_by(|a, b| a.1 == b.1) {
            let mut drawn: Vec<u32> = met.iter().map(|(row, _)| under[*row as usize]).collect();
            drawn.shuffle(rng);
            for ((row, _), pseudonym) in met.iter().zip(drawn) {
                under[*row as usize] = pseudonym;
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use rand::SeedableRng;

    use super::*;
    use crate::technique::testing::crowd;

    type Counts = BTreeMap<(u32, u32), BTreeSet<usize>>;

    /// By interval and cell: which rows are there.
    fn presence<'a>(rows: impl Iterator<Item = &'a [Sample]>) -> BTreeMap<(u32, u32), usize> {
        let mut counts = Counts::new();
        for (row, samples) in rows.enumerate() {
            for sample in samples {
                let key = (sample.from_s / 600, sample.place);
                counts.entry(key).or_default().insert(row);
            }
        }
        counts
            .into_iter()
            .map(|(key, rows)| (key, rows.len()))
            .collect()
    }

    #[test]
    fn aggregates_stay_and_pseudonyms_move_only_where_people_meet() {
        let raw = crowd(80, 200, 3);
        let rows = swap(&raw, &Swap::default(), &mut ChaCha20Rng::from_seed([1; 32]));
        let before = presence(raw.rows().map(|(_, samples)| samples));
        assert_eq!(before, presence(rows.iter().map(|(_, s)| s.as_slice())));

        // Each pseudonym's way is a chain of true ways: from one record to the next, somebody really
        // went so, or the two ends met in the interval of the first.
        let steps = |samples: &[Sample]| {
            let steps = samples.windows(2).map(|pair| (pair[0], pair[1]));
            steps.collect::<Vec<_>>()
        };
        let true_steps: BTreeSet<_> = raw.rows().flat_map(|(_, samples)| steps(samples)).collect();
        let made: Vec<_> = rows
            .iter()
            .flat_map(|(_, samples)| steps(samples))
            .collect();
        let swapped: Vec<_> = made.iter().filter(|s| !true_steps.contains(s)).collect();
        assert!(swapped.len() > 100, "{} swaps", swapped.len());
        for (first, _) in swapped {
            let met = before[&(first.from_s / 600, first.place)];
            assert!(met >= 2, "swapped where nobody met");
        }
    }

    #[test]
    fn who_meets_nobody_keeps_their_pseudonym() {
        let row = |who: u64, cell: u32| {
            let sample = |i: u32| Sample {
                from_s: i * 700,
                until_s: i * 700 + 1,
                place: cell,
            };
            (
                erewhon_types::Subscriber::new(who),
                (0..50).map(sample).collect::<Vec<_>>(),
            )
        };
        let places = (0..3).map(|c| vec![erewhon_types::CellIx(c)]).collect();
        let apart = vec![row(1, 0), row(2, 1), row(3, 2)];
        let raw = Disclosed::new(places, apart.clone()).unwrap();
        let rows = swap(&raw, &Swap::default(), &mut ChaCha20Rng::from_seed([1; 32]));
        assert!(rows == apart);
        assert!(
            Swap { within_min: 0 }.check().is_err() && Swap { within_min: 61 }.check().is_err()
        );
    }
}
