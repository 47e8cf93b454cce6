//! How like somebody is to the likest of a crowd, by measures of which some forgive a blur.

use rayon::prelude::*;

use crate::{
    People,
    ground::{Ground, metres},
    people::Seen,
    points::{Point, Postings, Traces},
};
use erewhon_types::Result;

/// What likeness is measured by, in the order of [`Distances`].
pub(crate) const MEASURES: [&str; 4] = [
    "hours in rare cells",
    "cells weighted by rarity",
    "way through time",
    "mean places",
];

/// Distances to the nearest of a crowd, by measure.
pub(crate) type Distances = [f32; MEASURES.len()];

/// Events that are this far apart in time, seconds, are not of one moment.
const MOMENT_S: i64 = 7200;

/// Days by which a whole way may have been shifted.
const SHIFTS_S: [i64; 3] = [0, 86_400, -86_400];

/// Rows whose way is compared, out of the whole crowd: those with the likest cells, near ones counted,
/// and those with the likest mean places.
const LIKEST: usize = 12;

/// At most so many events of a way are compared, evenly chosen.
const MOST_EVENTS: usize = 300;

/// People to be compared with.
pub(crate) struct Crowd<'a> {
    people: &'a People,
    ground: &'a Ground,
    postings: Postings,
    /// By cell: how much a visit tells; ln(people / people seen there).
    rarity: Vec<f32>,
    /// By cell: the rows seen there, with the weight of the cell among theirs (length 1 over all cells).
    by_cell: Vec<Vec<(u32, f32)>>,
    means: Vec<Means>,
}

/// Mean place and spread, metres, in each part of the week; NaN where there is no event.
type Means = [[f32; 3]; 4];

/// Room for sums over a crowd, used again for each person.
#[derive(Clone)]
struct Sums {
    hours: Vec<f32>,
    cells: Vec<f32>,
    near: Vec<f32>,
    blurred: Vec<f32>,
}

impl<'a> Crowd<'a> {
    /// Time and memory by the number of events.
    pub(crate) fn of(people: &'a People, ground: &'a Ground) -> Result<Self> {
        let traces = Traces::of(people, 1)?;
        let profiles: Vec<_> = (0..people.len()).map(|row| cells(people.of(row))).collect();
        let mut seen_at = vec![0u32; ground.cells()];
        for &(cell, _) in profiles.iter().flatten() {
            seen_at[cell as usize] += 1;
        }
        let rarity = |&seen: &u32| (1.0 + people.len() as f32 / (1.0 + seen as f32)).ln();
        let rarity: Vec<f32> = seen_at.iter().map(rarity).collect();
        let mut by_cell = vec![Vec::new(); ground.cells()];
        for (row, profile) in profiles.iter().enumerate() {
            let weight = |&(cell, share): &(u32, f32)| share * rarity[cell as usize];
            let length = length(profile.iter().map(weight));
            for entry in profile {
                by_cell[entry.0 as usize].push((row as u32, weight(entry) / length));
            }
        }
        Ok(Self {
            postings: Postings::of(&traces),
            means: (0..people.len())
                .map(|row| means(people.of(row), ground))
                .collect(),
            people,
            ground,
            rarity,
            by_cell,
        })
    }

    /// The nearest of the crowd to each of these people, without the row that is themselves where the
    /// crowd is their own group.
    ///
    /// Time for each person: the crowd's entries at the person's cells and the cells near them, and
    /// [`LIKEST`] ways, each by its events and those within a moment of each.
    pub(crate) fn nearest(&self, who: &People, rows: &[usize], own: bool) -> Vec<Distances> {
        let none = vec![0.0; self.people.len()];
        let sums = Sums {
            hours: none.clone(),
            cells: none.clone(),
            near: none,
            blurred: vec![0.0; self.ground.cells()],
        };
        rows.par_iter()
            .map_init(|| sums.clone(), |sums, &row| self.one(who, row, own, sums))
            .collect()
    }

    fn one(&self, who: &People, row: usize, own: bool, sums: &mut Sums) -> Distances {
        for sum in [&mut sums.hours, &mut sums.cells, &mut sums.near] {
            sum.fill(0.0);
        }
        let events = who.of(row);
        let profile = cells(events);
        let hours = self.told_by_hours(events);
        for &(point, tells) in &hours {
            for &other in self.postings.at(point) {
                sums.hours[other as usize] += tells;
            }
        }
        let weight = |&(cell, share): &(u32, f32)| share * self.rarity[cell as usize];
        let length = length(profile.iter().map(weight));
        for entry in &profile {
            for &(other, theirs) in &self.by_cell[entry.0 as usize] {
                sums.cells[other as usize] += weight(entry) / length * theirs;
            }
        }
        self.blur(&profile, sums);
        let place = means(events, self.ground);
        let skipped = own.then_some(row);
        let others = || (0..self.people.len()).filter(|&other| Some(other) != skipped);
        let (mut best, mut likest, mut close) =
            ([1.0, 1.0, 1.0, f32::MAX], Best::new(), Best::new());
        for other in others() {
            best[0] = (1.0 - sums.hours[other]).min(best[0]);
            best[1] = (1.0 - sums.cells[other]).min(best[1]);
            likest.see(sums.near[other], other);
            let apart = self.means_apart(&place, &self.means[other]);
            best[3] = apart.min(best[3]);
            close.see(-apart, other);
        }
        for other in likest.rows().chain(close.rows()) {
            best[2] = self
                .ways_apart(events, self.people.of(other), best[2])
                .min(best[2]);
        }
        best
    }

    /// The distinct hours of each cell and how much each tells, 1 in all: a cell by its rarity, shared by
    /// the hours spent there. So a trip tells more than one of many nights at home, which strangers next
    /// door share.
    fn told_by_hours(&self, events: &[Seen]) -> Vec<(Point, f32)> {
        let mut points = Traces::points_of(events, 1);
        points.sort_unstable_by_key(|point| (point.cell(), *point));
        let mut told = Vec::with_capacity(points.len());
        for there in points.chunk_by(|a, b| a.cell() == b.cell()) {
            let tells = self.rarity[there[0].cell().index()] / there.len() as f32;
            told.extend(there.iter().map(|&point| (point, tells)));
        }
        let all: f32 = told.iter().map(|(_, tells)| tells).sum();
        let all = all.max(f32::MIN_POSITIVE);
        told.iter_mut().for_each(|(_, tells)| *tells /= all);
        told
    }

    /// The likeness of cells when each event may as well have been in a cell nearby.
    fn blur(&self, profile: &[(u32, f32)], sums: &mut Sums) {
        let mut touched = Vec::new();
        for &(cell, share) in profile {
            let cell = erewhon_types::CellIx(cell);
            for near in self.ground.around(cell).iter().chain([&cell]) {
                if sums.blurred[near.index()] == 0.0 {
                    touched.push(near.index());
                }
                sums.blurred[near.index()] += share;
            }
        }
        for cell in touched {
            let weight = std::mem::take(&mut sums.blurred[cell]) * self.rarity[cell];
            for &(other, theirs) in &self.by_cell[cell] {
                sums.near[other as usize] += weight * theirs;
            }
        }
    }

    /// Mean distance in usual reaches over the parts of the week; a part that one of them lacks is far.
    fn means_apart(&self, a: &Means, b: &Means) -> f32 {
        let part = |(a, b): (&[f32; 3], &[f32; 3])| {
            let apart = metres(a[0] - b[0], a[1] - b[1]) + (a[2] - b[2]).abs();
            if apart.is_nan() {
                // Neither has one, or one of them.
                return if a[2].is_nan() && b[2].is_nan() {
                    0.0
                } else {
                    5.0
                };
            }
            apart / self.ground.usual_reach_m
        };
        a.iter().zip(b).map(part).sum::<f32>() / a.len() as f32
    }

    /// Mean of what it takes to get from each event of one to the nearest of the other and back; 0 to 1.
    /// Whatever is no better than `stop` may be told as 1.
    fn ways_apart(&self, a: &[Seen], b: &[Seen], stop: f32) -> f32 {
        let mut best = stop;
        for shift_s in SHIFTS_S {
            let there = one_way(self.ground, a, b, shift_s, 2.0 * best);
            if there < 2.0 * best {
                let back = one_way(self.ground, b, a, -shift_s, 2.0 * best - there);
                best = best.min((there + back) / 2.0);
            }
        }
        best
    }
}

/// Mean over the events of `a`, moved in time, of the way to the nearest event of `b`: half for place, half
/// for time, 1 where none is within a moment and twice the reach.
fn one_way(ground: &Ground, a: &[Seen], b: &[Seen], shift_s: i64, stop: f32) -> f32 {
    let step = a.len().div_ceil(MOST_EVENTS).max(1);
    let compared = a.len().div_ceil(step) as f32;
    let (mut first, mut sum) = (0, 0.0);
    for event in a.iter().step_by(step) {
        let time_s = i64::from(event.time_s) + shift_s;
        while b
            .get(first)
            .is_some_and(|b| i64::from(b.time_s) < time_s - MOMENT_S)
        {
            first += 1;
        }
        let mut least = 1.0f32;
        for other in &b[first..] {
            let later_s = i64::from(other.time_s) - time_s;
            if later_s > MOMENT_S {
                break;
            }
            let time = later_s.abs() as f32 / MOMENT_S as f32;
            if time / 2.0 < least {
                let place = ground.apart(event.cell, other.cell);
                if place < 1.0 {
                    least = least.min((place + time) / 2.0);
                }
            }
        }
        sum += least;
        if sum >= stop * compared {
            return 1.0f32.max(stop);
        }
    }
    sum / compared.max(1.0)
}

/// The share of events in each cell, ascending by cell.
pub(crate) fn cells(events: &[Seen]) -> Vec<(u32, f32)> {
    let mut cells: Vec<u32> = events.iter().map(|seen| seen.cell.0).collect();
    cells.sort_unstable();
    let share = |run: &[u32]| (run[0], run.len() as f32 / events.len() as f32);
    cells.chunk_by(|a, b| a == b).map(share).collect()
}

fn length(weights: impl Iterator<Item = f32>) -> f32 {
    weights
        .map(|w| w * w)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE)
}

/// Nights, working hours, other hours of workdays, the days of the weekend.
fn means(events: &[Seen], ground: &Ground) -> Means {
    let part = |seen: &Seen| match (seen.hour % 24, ground.is_workday(seen.hour)) {
        (0..6, _) => 0,
        (9..17, true) => 1,
        (_, true) => 2,
        (_, false) => 3,
    };
    let mut sums = [[0.0f64; 4]; 4];
    for seen in events {
        let (x, y) = ground.at(seen.cell);
        let (x, y) = (f64::from(x), f64::from(y));
        let sum = &mut sums[part(seen)];
        for (sum, add) in sum.iter_mut().zip([1.0, x, y, x * x + y * y]) {
            *sum += add;
        }
    }
    sums.map(|[n, x, y, square]| {
        if n == 0.0 {
            return [f32::NAN; 3];
        }
        let (x, y) = (x / n, y / n);
        let spread = (square / n - x * x - y * y).max(0.0).sqrt();
        [x as f32, y as f32, spread as f32]
    })
}

/// The rows of the highest scores.
struct Best(Vec<(f32, usize)>);

impl Best {
    const fn new() -> Self {
        Self(Vec::new())
    }

    fn see(&mut self, score: f32, row: usize) {
        if self.0.len() == LIKEST && self.0.last().is_some_and(|last| score <= last.0) {
            return;
        }
        let at = self.0.partition_point(|kept| kept.0 >= score);
        self.0.insert(at, (score, row));
        self.0.truncate(LIKEST);
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|&(_, row)| row)
    }
}

#[cfg(test)]
mod tests;
