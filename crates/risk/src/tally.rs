use crate::{linkage::Scored, sightings::Sightings, views::Ping};

/// Sightings that each life of a release agrees with, for one target after the other.
pub(crate) struct Tally {
    counts: Vec<u32>,
    /// The last sighting that each life was counted for.
    last: Vec<u32>,
    touched: Vec<u32>,
}

impl Tally {
    pub(crate) fn new(held: &Sightings<'_>) -> Self {
        Self {
            counts: vec![0; held.lives()],
            last: vec![u32::MAX; held.lives()],
            touched: Vec::new(),
        }
    }

    /// The lives that agree with any sighting, and with how many: those in a place of its cell within
    /// `reach_s`, or in one of the places `beside` it.
    pub(crate) fn count<'b>(
        &mut self,
        held: &Sightings<'_>,
        pings: impl IntoIterator<Item = Ping>,
        reach_s: u32,
        beside: impl Fn(Ping) -> &'b [u32],
    ) -> Vec<Scored> {
        let Self {
            counts,
            last,
            touched,
        } = self;
        for (at, ping) in (0..).zip(pings) {
            let mut meet = |life: u32| {
                let (count, last) = (&mut counts[life as usize], &mut last[life as usize]);
                if *last == at {
                    return;
                }
                if *count == 0 {
                    touched.push(life);
                }
                (*count, *last) = (*count + 1, at);
            };
            held.at_cell(ping.cell, ping.time_s, reach_s, |_, life| meet(life));
            for &place in beside(ping) {
                held.near(place, ping.time_s, reach_s)
                    .for_each(|(_, life)| meet(life));
            }
        }
        let taken = touched.drain(..).map(|life| {
            last[life as usize] = u32::MAX;
            let count = std::mem::take(&mut counts[life as usize]);
            (life, f64::from(count))
        });
        taken.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{places::Places, testing::Place};
    use erewhon_events::Sample;
    use erewhon_types::{CellIx, Subscriber};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_sighting_counts_once_for_each_life_that_agrees(
            lives in prop::collection::vec(
                prop::collection::vec((0u32..40, 0u32..3), 1..6), 1..5),
            pings in prop::collection::vec((0u32..40, 0u32..3), 1..6),
        ) {
            let reach_s = 600;
            let lives: Vec<Vec<Sample>> = lives
                .iter()
                .map(|seen| {
                    let sample = |&(at, place): &(u32, u32)| {
                        Sample { from_s: at * 200, until_s: at * 200 + 1, place }
                    };
                    let mut samples: Vec<Sample> = seen.iter().map(sample).collect();
                    samples.sort_unstable();
                    samples
                })
                .collect();
            let table = Place::new(2, 1).cells;
            let places = Places::plain(&table);
            let of = (0..lives.len() as u32).map(|life| (Subscriber::new(life.into()), life));
            let held = Sightings::new(&places, lives.clone(), of.collect());
            // Cells 0 and 1 are beside each other, 2 is not.
            let beside = [vec![1], vec![0], vec![]];
            let pings: Vec<Ping> =
                pings.iter().map(|&(at, cell)| Ping { time_s: at * 200, cell: CellIx(cell) }).collect();
            let mut tally = Tally::new(&held);
            let mut count = || {
                tally.count(&held, pings.clone(), reach_s, |ping| &beside[ping.cell.index()])
            };
            // Twice, since the room that it works in is used again.
            count();
            let mut found = count();
            found.sort_unstable_by_key(|scored| scored.0);
            let agrees = |samples: &[Sample], ping: &Ping| samples.iter().any(|s| {
                s.from_s.abs_diff(ping.time_s) <= reach_s && (s.place == 2) == (ping.cell.0 == 2)
            });
            let slow = lives.iter().enumerate().filter_map(|(life, samples)| {
                let count = pings.iter().filter(|ping| agrees(samples, ping)).count();
                (count > 0).then_some((life as u32, count as f64))
            });
            prop_assert_eq!(found, slow.collect::<Vec<_>>());
        }
    }
}
