use erewhon_events::Sample;
use erewhon_types::{CellIx, Subscriber};
use rayon::slice::ParallelSliceMut;

use crate::release::{Rows, SampleRows};

/// Rows of a release as an attacker looks at them: which row was in which place during which span.
pub(crate) struct Sightings {
    places: Vec<Vec<CellIx>>,
    /// The places that each cell is part of.
    places_of: Vec<Vec<u32>>,
    /// `starts[i]..starts[i + 1]` are the samples of row `i`, ascending.
    starts: Vec<usize>,
    samples: Vec<Sample>,
    /// Every sample with its row, by place and start.
    by_place: Vec<(Sample, u32)>,
    /// `place_starts[p]..place_starts[p + 1]` are those of place `p`.
    place_starts: Vec<usize>,
    /// The longest span at each place.
    longest_s: Vec<u32>,
    /// Who each row began as, ascending. Tells whether an attack hit; no attacker looks here.
    owners: Vec<(Subscriber, u32)>,
}

impl Sightings {
    /// The samples that lie within `span_s`, their own spans widened to multiples of `bin_s`. Rows
    /// without any are left out.
    pub(crate) fn of(rows: &Rows, cells: usize, span_s: std::ops::Range<u32>, bin_s: u32) -> Self {
        let (places, mut kept) = rows.samples(cells);
        let inside = |s: &Sample| span_s.start <= s.from_s && s.until_s <= span_s.end;
        for (_, samples) in &mut kept {
            samples.retain(inside);
            for sample in samples.iter_mut() {
                sample.from_s = sample.from_s / bin_s * bin_s;
                sample.until_s = sample.until_s.div_ceil(bin_s) * bin_s;
            }
            samples.sort_unstable();
        }
        kept.retain(|(_, samples)| !samples.is_empty());
        Self::new(places, kept, cells)
    }

    /// The same without the rows of some people, told in ascending order.
    pub(crate) fn without(self, gone: &[Subscriber]) -> Self {
        let mut owners = self.owners.clone();
        owners.retain(|owner| gone.binary_search(&owner.0).is_err());
        owners.sort_unstable_by_key(|owner| owner.1);
        let rows = owners
            .iter()
            .map(|&(who, row)| (who, self.row(row).to_vec()));
        let rows = rows.collect();
        Self::new(self.places, rows, self.places_of.len())
    }

    pub(crate) fn new(places: Vec<Vec<CellIx>>, rows: SampleRows, cells: usize) -> Self {
        let mut places_of = vec![Vec::new(); cells];
        for (place, cells) in places.iter().enumerate() {
            cells
                .iter()
                .for_each(|c| places_of[c.index()].push(place as u32));
        }
        let mut by_place: Vec<(Sample, u32)> = Vec::new();
        let (mut starts, mut samples, mut owners) = (vec![0], Vec::new(), Vec::new());
        for (row, (subscriber, mut of_row)) in rows.into_iter().enumerate() {
            by_place.extend(of_row.iter().map(|&sample| (sample, row as u32)));
            samples.append(&mut of_row);
            starts.push(samples.len());
            owners.push((subscriber, row as u32));
        }
        owners.sort_unstable();
        by_place.par_sort_unstable_by_key(|&(s, row)| (s.place, s.from_s, s.until_s, row));
        let mut place_starts = vec![0; places.len() + 1];
        let mut longest_s = vec![0; places.len()];
        for (sample, _) in &by_place {
            let place = sample.place as usize;
            place_starts[place + 1] += 1;
            longest_s[place] = longest_s[place].max(sample.until_s - sample.from_s);
        }
        for place in 0..places.len() {
            place_starts[place + 1] += place_starts[place];
        }
        Self {
            places,
            places_of,
            starts,
            samples,
            by_place,
            place_starts,
            longest_s,
            owners,
        }
    }

    /// Number of rows.
    pub(crate) const fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The row that began as a person's; tells whether an attack hit, and nothing before.
    pub(crate) fn truth(&self, subscriber: Subscriber) -> Option<u32> {
        let found = self
            .owners
            .binary_search_by_key(&subscriber, |owner| owner.0);
        found.ok().map(|at| self.owners[at].1)
    }

    /// Who the rows began as, ascending; as for [`truth`](Self::truth).
    pub(crate) fn owners(&self) -> &[(Subscriber, u32)] {
        &self.owners
    }

    /// Cells of each place.
    pub(crate) fn places(&self) -> &[Vec<CellIx>] {
        &self.places
    }

    /// The places that a cell is part of.
    pub(crate) fn places_of(&self, cell: CellIx) -> &[u32] {
        &self.places_of[cell.index()]
    }

    /// The samples of a row, ascending in time.
    pub(crate) fn row(&self, row: u32) -> &[Sample] {
        &self.samples[self.starts[row as usize]..self.starts[row as usize + 1]]
    }

    /// Every sample with its row, place after place, by start.
    pub(crate) fn by_place(&self) -> &[(Sample, u32)] {
        &self.by_place
    }

    /// The rows that may have been in a place within `reach_s` of a moment, with the sample that says
    /// so. Finding them takes time by the number that began near it.
    pub(crate) fn near(
        &self,
        place: u32,
        time_s: u32,
        reach_s: u32,
    ) -> impl Iterator<Item = (usize, u32)> {
        let begin = self.place_starts[place as usize];
        let here = &self.by_place[begin..self.place_starts[place as usize + 1]];
        let earliest = time_s.saturating_sub(reach_s + self.longest_s[place as usize]);
        let from = here.partition_point(|(s, _)| s.from_s < earliest);
        here[from..]
            .iter()
            .enumerate()
            .take_while(move |(_, (s, _))| s.from_s <= time_s + reach_s)
            .filter(move |(_, (s, _))| s.until_s + reach_s > time_s)
            .map(move |(at, &(_, row))| (begin + from + at, row))
    }

    /// Where a row says that its person was at a moment: in the middle of the place of the sample that
    /// is nearest in time.
    pub(crate) fn told(&self, row: u32, time_s: u32) -> Option<CellIx> {
        let nearest = self.row(row).iter().min_by_key(|s| away_s(s, time_s))?;
        let cells = &self.places[nearest.place as usize];
        cells.get((cells.len() - 1) / 2).copied()
    }
}

/// Seconds from a moment to the nearest of a span.
pub(crate) const fn away_s(sample: &Sample, time_s: u32) -> u32 {
    if time_s < sample.from_s {
        sample.from_s - time_s
    } else {
        (time_s + 1).saturating_sub(sample.until_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_found_are_those_of_a_walk_over_all(
            rows in prop::collection::vec(
                prop::collection::vec((0u32..40, 1u32..9, 0u32..3), 1..5), 1..6),
            time_s in 0u32..50,
            reach_s in 0u32..5,
        ) {
            let places = vec![vec![CellIx(0)], vec![CellIx(1), CellIx(2)], vec![CellIx(2)]];
            let rows: SampleRows = rows
                .iter()
                .enumerate()
                .map(|(who, samples)| {
                    let sample = |&(from_s, long_s, place): &(u32, u32, u32)| {
                        Sample { from_s, until_s: from_s + long_s, place }
                    };
                    let mut samples: Vec<Sample> = samples.iter().map(sample).collect();
                    samples.sort_unstable();
                    (Subscriber::new(who as u64), samples)
                })
                .collect();
            let held = Sightings::new(places, rows.clone(), 3);
            prop_assert_eq!(held.places_of(CellIx(2)), [1, 2]);
            for place in 0..3 {
                let mut found: Vec<u32> =
                    held.near(place, time_s, reach_s).map(|(_, row)| row).collect();
                found.sort_unstable();
                let mut slow: Vec<u32> = Vec::new();
                for (row, (_, samples)) in rows.iter().enumerate() {
                    for s in samples.iter().filter(|s| s.place == place) {
                        let meets = (s.from_s..s.until_s).any(|t| t.abs_diff(time_s) <= reach_s);
                        prop_assert_eq!(meets, away_s(s, time_s) <= reach_s);
                        slow.extend(meets.then_some(row as u32));
                    }
                }
                prop_assert_eq!(found, slow);
            }
            let gone = [Subscriber::new(0)];
            let less = held.without(&gone);
            prop_assert_eq!(less.len(), rows.len() - 1);
            for (who, samples) in &rows[1..] {
                let row = less.truth(*who).unwrap();
                prop_assert_eq!(less.row(row), &samples[..]);
            }
            prop_assert_eq!(less.truth(gone[0]), None);
        }
    }
}
