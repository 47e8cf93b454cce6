use std::sync::OnceLock;

use erewhon_events::Sample;
use erewhon_types::{CellIx, Subscriber};

use crate::{linkage::Scored, places::Places, release::Rows};

/// Rows of a release as an attacker looks at them: which row was in which place during which span.
///
/// Rows that are equal are one *life*, which is looked at once.
pub(crate) struct Sightings<'a> {
    pub(crate) places: &'a Places,
    /// `starts[i]..starts[i + 1]` are the samples of life `i`, ascending.
    starts: Vec<usize>,
    samples: Vec<Sample>,
    /// Every sample with its life, by place and start.
    by_place: Vec<(Sample, u32)>,
    /// `place_starts[p]..place_starts[p + 1]` are those of place `p`.
    place_starts: Vec<usize>,
    /// The longest span at each place.
    longest_s: Vec<u32>,
    /// The same by cell, where places overlap: there a cell is in so many that they can't be looked through.
    /// Made when it is asked for first, without the pool of threads, whose threads may all ask.
    by_cell: OnceLock<ByCell>,
    /// The life of each row.
    life_of: Vec<u32>,
    /// `row_starts[i]..row_starts[i + 1]` are the `rows` of life `i`, ascending.
    row_starts: Vec<usize>,
    rows: Vec<u32>,
    /// Who each row began as, ascending. Tells whether an attack hit; no attacker looks here.
    owners: Vec<(Subscriber, u32)>,
}

/// Samples by the cells of their places.
struct ByCell {
    /// `starts[c]..starts[c + 1]` are those of cell `c`.
    starts: Vec<usize>,
    /// Entries of `by_place`, of each cell by start.
    entries: Vec<u32>,
    /// The longest span at each cell.
    longest_s: Vec<u32>,
}

impl ByCell {
    fn of(by_place: &[(Sample, u32)], places: &Places) -> Self {
        let cells = places.all_cells();
        let (mut starts, mut longest_s) = (vec![0; cells + 1], vec![0; cells]);
        for (sample, _) in by_place {
            for cell in places.cells(sample.place) {
                let longest = &mut longest_s[cell.index()];
                *longest = (sample.until_s - sample.from_s).max(*longest);
                starts[cell.index() + 1] += 1;
            }
        }
        for cell in 0..cells {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; starts[cells]];
        for (entry, (sample, _)) in (0..).zip(by_place) {
            for cell in places.cells(sample.place) {
                entries[next[cell.index()]] = entry;
                next[cell.index()] += 1;
            }
        }
        for cell in 0..cells {
            let of_cell = &mut entries[starts[cell]..starts[cell + 1]];
            of_cell.sort_unstable_by_key(|&entry| by_place[entry as usize].0.from_s);
        }
        Self {
            starts,
            entries,
            longest_s,
        }
    }
}

impl<'a> Sightings<'a> {
    /// The samples that lie within `span_s`, their own spans widened to multiples of `bin_s`. Rows
    /// without any are left out.
    pub(crate) fn of(rows: &'a Rows, span_s: std::ops::Range<u32>, bin_s: u32) -> Self {
        let inside = |s: &Sample| span_s.start <= s.from_s && s.until_s <= span_s.end;
        let mut lives: Vec<Vec<Sample>> = Vec::new();
        let mut life_of = vec![None; rows.len()];
        let mut kept = Vec::new();
        for row in 0..rows.len() {
            let twin = rows.twin(row) as usize;
            if twin == row {
                let mut samples = rows.samples(row);
                samples.retain(inside);
                for sample in &mut samples {
                    sample.from_s = sample.from_s / bin_s * bin_s;
                    sample.until_s = sample.until_s.div_ceil(bin_s) * bin_s;
                }
                samples.sort_unstable();
                if !samples.is_empty() {
                    life_of[row] = Some(lives.len() as u32);
                    lives.push(samples);
                }
            }
            kept.extend(life_of[twin].map(|life| (rows.owner(row), life)));
        }
        Self::new(&rows.places, lives, kept)
    }

    /// The same without the rows of some people, told in ascending order.
    pub(crate) fn without(self, gone: &[Subscriber]) -> Self {
        let mut owners = self.owners.clone();
        owners.retain(|owner| gone.binary_search(&owner.0).is_err());
        owners.sort_unstable_by_key(|owner| owner.1);
        let (mut lives, mut renumbered) = (Vec::new(), vec![None; self.lives()]);
        let mut life = |&(who, row): &(Subscriber, u32)| {
            let old = self.life(row);
            let new = *renumbered[old as usize].get_or_insert_with(|| {
                lives.push(self.samples(old).to_vec());
                lives.len() as u32 - 1
            });
            (who, new)
        };
        let rows = owners.iter().map(&mut life).collect();
        Self::new(self.places, lives, rows)
    }

    /// Of different rows in the order of who has them first, and who has which; what nobody has is left out.
    pub(crate) fn new(
        places: &'a Places,
        mut lives: Vec<Vec<Sample>>,
        of: Vec<(Subscriber, u32)>,
    ) -> Self {
        let mut row_starts = vec![0; lives.len() + 1];
        for &(_, life) in &of {
            row_starts[life as usize + 1] += 1;
        }
        for (life, rows) in lives.iter_mut().zip(&row_starts[1..]) {
            if *rows == 0 {
                life.clear();
            }
        }
        for life in 0..lives.len() {
            row_starts[life + 1] += row_starts[life];
        }
        let mut next = row_starts.clone();
        let mut rows = vec![0; of.len()];
        for (row, &(_, life)) in (0..).zip(&of) {
            rows[next[life as usize]] = row;
            next[life as usize] += 1;
        }
        let mut owners: Vec<(Subscriber, u32)> = of.iter().map(|of| of.0).zip(0..).collect();
        owners.sort_unstable();

        let mut place_starts = vec![0; places.len() + 1];
        let mut longest_s = vec![0; places.len()];
        for sample in lives.iter().flatten() {
            let place = sample.place as usize;
            place_starts[place + 1] += 1;
            longest_s[place] = longest_s[place].max(sample.until_s - sample.from_s);
        }
        for place in 0..places.len() {
            place_starts[place + 1] += place_starts[place];
        }
        let nothing = Sample {
            from_s: 0,
            until_s: 0,
            place: 0,
        };
        let (mut starts, mut samples) = (vec![0], Vec::new());
        let mut next = place_starts.clone();
        let mut by_place = vec![(nothing, 0); place_starts[places.len()]];
        for (life, mut of_life) in (0..).zip(lives) {
            for &sample in &of_life {
                let next = &mut next[sample.place as usize];
                by_place[*next] = (sample, life);
                *next += 1;
            }
            samples.append(&mut of_life);
            starts.push(samples.len());
        }
        for here in place_starts.windows(2) {
            let here = &mut by_place[here[0]..here[1]];
            here.sort_unstable_by_key(|&(s, life)| (s.from_s, s.until_s, life));
        }
        Self {
            by_cell: OnceLock::new(),
            places,
            starts,
            samples,
            by_place,
            place_starts,
            longest_s,
            life_of: of.into_iter().map(|of| of.1).collect(),
            row_starts,
            rows,
            owners,
        }
    }

    /// Number of rows.
    pub(crate) const fn len(&self) -> usize {
        self.life_of.len()
    }

    /// Number of different rows.
    pub(crate) const fn lives(&self) -> usize {
        self.row_starts.len() - 1
    }

    /// The rows of a life, ascending.
    pub(crate) fn rows_of(&self, life: u32) -> &[u32] {
        let life = life as usize;
        &self.rows[self.row_starts[life]..self.row_starts[life + 1]]
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

    /// The life of a row.
    pub(crate) fn life(&self, row: u32) -> u32 {
        self.life_of[row as usize]
    }

    /// The samples of a life, ascending in time.
    pub(crate) fn samples(&self, life: u32) -> &[Sample] {
        &self.samples[self.starts[life as usize]..self.starts[life as usize + 1]]
    }

    /// Every sample with its life, place after place, by start.
    pub(crate) fn by_place(&self) -> &[(Sample, u32)] {
        &self.by_place
    }

    /// The lives that may have been in a place within `reach_s` of a moment, with the sample that says
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
            .map(move |(at, &(_, life))| (begin + from + at, life))
    }

    /// The same of a cell: every sample of a place that it is part of, by its number in
    /// [`by_place`](Self::by_place).
    pub(crate) fn at_cell(
        &self,
        cell: CellIx,
        time_s: u32,
        reach_s: u32,
        mut each: impl FnMut(usize, u32),
    ) {
        if self.places.are_apart() {
            for &place in self.places.places_of(cell) {
                self.near(place, time_s, reach_s)
                    .for_each(|(at, life)| each(at, life));
            }
            return;
        }
        let by_cell = self
            .by_cell
            .get_or_init(|| ByCell::of(&self.by_place, self.places));
        let cell = cell.index();
        let here = &by_cell.entries[by_cell.starts[cell]..by_cell.starts[cell + 1]];
        let sample = |entry: u32| &self.by_place[entry as usize];
        let earliest = time_s.saturating_sub(reach_s + by_cell.longest_s[cell]);
        let from = here.partition_point(|&entry| sample(entry).0.from_s < earliest);
        for &entry in &here[from..] {
            let (s, life) = sample(entry);
            if s.from_s > time_s + reach_s {
                break;
            }
            if s.until_s + reach_s > time_s {
                each(entry as usize, *life);
            }
        }
    }

    /// Where a row says that its person was at a moment: in the middle of the place of the sample that
    /// is nearest in time.
    pub(crate) fn told(&self, row: u32, time_s: u32) -> Option<CellIx> {
        let samples = self.samples(self.life(row)).iter();
        let nearest = samples.min_by_key(|s| away_s(s, time_s))?;
        Some(self.places.middle(nearest.place))
    }

    /// The best rows by the scores of their lives, best first; of equals the row that stands first.
    pub(crate) fn best(&self, mut scored: Vec<Scored>, most: usize) -> Vec<Scored> {
        let order = |a: &Scored, b: &Scored| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let keep = |scored: &mut Vec<Scored>| {
            if scored.len() > most {
                scored.select_nth_unstable_by(most, order);
                scored.truncate(most);
            }
        };
        // Lives are numbered by their first rows, so that the best lives have the best rows among theirs.
        keep(&mut scored);
        let rows = |(life, score): Scored| self.rows_of(life).iter().map(move |&row| (row, score));
        let mut rows: Vec<Scored> = scored.into_iter().flat_map(rows).collect();
        keep(&mut rows);
        rows.shrink_to_fit();
        rows.sort_unstable_by(order);
        rows
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
    use crate::testing::Place;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_found_are_those_of_a_walk_over_all(
            lives in prop::collection::vec(
                prop::collection::vec((0u32..40, 1u32..9, 0u32..3), 1..5), 1..6),
            of in prop::collection::vec(0usize..6, 1..9),
            apart in any::<bool>(),
            time_s in 0u32..50,
            reach_s in 0u32..5,
        ) {
            let table = Place::new(2, 1).cells;
            let overlapping = vec![vec![CellIx(0)], vec![CellIx(1), CellIx(2)], vec![CellIx(2)]];
            let separate = vec![vec![CellIx(0)], vec![CellIx(1), CellIx(2)], vec![CellIx(3)]];
            let places = Places::new(if apart { separate } else { overlapping }, &table);
            prop_assert_eq!(places.are_apart(), apart);
            let sample = |&(from_s, long_s, place): &(u32, u32, u32)| {
                Sample { from_s, until_s: from_s + long_s, place }
            };
            let lives: Vec<Vec<Sample>> = lives
                .iter()
                .map(|samples| {
                    let mut samples: Vec<Sample> = samples.iter().map(sample).collect();
                    samples.sort_unstable();
                    samples
                })
                .collect();
            let of: Vec<(Subscriber, u32)> = (0..)
                .map(Subscriber::new)
                .zip(of.iter().map(|&life| (life % lives.len()) as u32))
                .collect();
            let held = Sightings::new(&places, lives.clone(), of.clone());
            let slow = |is_there: &dyn Fn(u32) -> bool| {
                let mut slow = Vec::new();
                for (life, samples) in (0..).zip(&lives) {
                    if held.rows_of(life).is_empty() {
                        continue;
                    }
                    for s in samples.iter().filter(|s| is_there(s.place)) {
                        let meets = (s.from_s..s.until_s).any(|t| t.abs_diff(time_s) <= reach_s);
                        assert_eq!(meets, away_s(s, time_s) <= reach_s);
                        slow.extend(meets.then_some(life));
                    }
                }
                slow
            };
            for place in 0..3 {
                let mut found: Vec<u32> =
                    held.near(place, time_s, reach_s).map(|(_, life)| life).collect();
                found.sort_unstable();
                prop_assert_eq!(found, slow(&|other| other == place));
            }
            for cell in (0..4).map(CellIx) {
                let mut found = Vec::new();
                held.at_cell(cell, time_s, reach_s, |at, life| {
                    assert_eq!(held.by_place()[at].1, life);
                    found.push(life);
                });
                found.sort_unstable();
                prop_assert_eq!(found, slow(&|place| places.cells(place).contains(&cell)));
            }
            let gone = [Subscriber::new(0)];
            let less = held.without(&gone);
            prop_assert_eq!(less.len(), of.len() - 1);
            for (who, life) in &of[1..] {
                let row = less.truth(*who).unwrap();
                prop_assert_eq!(less.samples(less.life(row)), &lives[*life as usize][..]);
                prop_assert!(less.rows_of(less.life(row)).contains(&row));
            }
            prop_assert_eq!(less.truth(gone[0]), None);
        }

        /// The best rows are those of a sort of all of them.
        #[test]
        fn the_best_rows_are_those_of_a_sort_of_all(
            of in prop::collection::vec(0usize..4, 1..12),
            scores in prop::collection::vec(0i32..3, 4),
            most in 1usize..5,
        ) {
            let table = Place::new(2, 1).cells;
            let places = Places::plain(&table);
            // Lives are numbered by their first rows.
            let mut seen = Vec::new();
            let of: Vec<(Subscriber, u32)> = (0..)
                .map(Subscriber::new)
                .zip(of.iter().map(|life| {
                    let at = seen.iter().position(|other| other == life);
                    at.unwrap_or_else(|| {
                        seen.push(*life);
                        seen.len() - 1
                    }) as u32
                }))
                .collect();
            let sample = Sample { from_s: 0, until_s: 1, place: 0 };
            let held = Sightings::new(&places, vec![vec![sample]; seen.len()], of.clone());
            let score = |life: u32| f64::from(scores[life as usize]);
            let found = held.best((0..seen.len() as u32).map(|l| (l, score(l))).collect(), most);
            let mut slow: Vec<Scored> =
                (0..).zip(&of).map(|(row, &(_, life))| (row, score(life))).collect();
            slow.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            slow.truncate(most);
            prop_assert_eq!(found, slow);
        }
    }
}
