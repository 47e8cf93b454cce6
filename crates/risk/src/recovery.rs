use erewhon_geo::Partition;
use erewhon_mobility::Public;
use rayon::prelude::*;

use crate::{
    Rate,
    assign::assign,
    tables::middles_m,
    whereabouts::{DAY_H, Whereabouts, slots_per_day},
};

/// Until which hour people are taken to stay where they are.
const NIGHT_UNTIL_H: usize = 6;

/// The map and the clock that counts by slot and zone stand on; public.
pub(crate) struct Map {
    /// Middle of the cells of each zone, in metres.
    centres_m: Vec<(f64, f64)>,
    slot_h: usize,
    per_day: usize,
    workdays: Vec<bool>,
}

impl Map {
    pub(crate) fn of(public: &Public<'_>, zones: &Partition, slot_h: u16) -> Self {
        let days = 0..public.calendar.days();
        Self {
            centres_m: middles_m(public, zones),
            slot_h: slot_h.into(),
            per_day: slots_per_day(slot_h),
            workdays: days.map(|day| public.calendar.is_workday(day)).collect(),
        }
    }

    fn between_m(&self, a: (f64, f64), zone: u32) -> f64 {
        let b = self.centres_m[zone as usize];
        (a.0 - b.0).hypot(a.1 - b.1)
    }

    /// Distance between the middles of two zones.
    pub(crate) fn distance_m(&self, a: u32, b: u32) -> f64 {
        self.between_m(self.centres_m[a as usize], b)
    }

    pub(crate) fn is_day(&self, slot: usize) -> bool {
        DAY_H.contains(&(slot % self.per_day * self.slot_h))
    }
}

/// As many whereabouts as there are people, made from counts by slot and zone alone, each line with the
/// same total (Xu and others 2017, "Trajectory recovery from ash").
///
/// In the night people are taken to stay, by day to go on as they went, from day to day to have the
/// places that add least entropy. Each is an assignment at least cost: of distance to where somebody is
/// expected, and of the entropy of all places so far with those of the new day.
///
/// A day costs slots × movers³ at worst, because whoever can stay where they are expected does so in
/// some cheapest assignment (distances obey the triangle inequality); a night between days people³.
pub(crate) fn recover(counts: &[Vec<u32>], map: &Map) -> Whereabouts {
    let mut days: Vec<Vec<Vec<u32>>> = counts
        .par_chunks(map.per_day)
        .map(|day| follow(day, map))
        .collect();
    let people = days.first().map_or(0, Vec::len);
    let mut all = Whereabouts::empty(counts.len());
    let mut order: Vec<Vec<usize>> = vec![(0..people).collect()];
    let mut so_far = Histories::new(people, map.centres_m.len(), counts.len());
    for (day, pieces) in days.iter().enumerate() {
        if day > 0 {
            order.push(so_far.next(pieces));
        }
        so_far.add(pieces, &order[day]);
    }
    for person in 0..people {
        let pieces = days.iter_mut().zip(&order);
        all.push(pieces.flat_map(|(day, order)| std::mem::take(&mut day[order[person]])));
    }
    all
}

/// Everybody stays where they were at the first midnight.
pub(crate) fn stay_put(counts: &[Vec<u32>]) -> Whereabouts {
    let mut all = Whereabouts::empty(counts.len());
    for zone in seats(counts.first().map_or(&[][..], |line| line)) {
        all.push(std::iter::repeat_n(zone, counts.len()));
    }
    all
}

/// Everybody stays where they were at the last midnight; from one to the next they go least far.
pub(crate) fn stay_by_night(counts: &[Vec<u32>], map: &Map) -> Whereabouts {
    let midnights: Vec<&Vec<u32>> = counts.iter().step_by(map.per_day).collect();
    let mut at = seats(midnights.first().map_or(&[][..], |line| line));
    let mut nights: Vec<Vec<u32>> = at.iter().map(|&zone| vec![zone]).collect();
    for line in midnights.iter().skip(1) {
        at = step(&at, &at, &at, line, map);
        (nights.iter_mut().zip(&at)).for_each(|(of, &zone)| of.push(zone));
    }
    let mut all = Whereabouts::empty(counts.len());
    for of in nights {
        all.push(
            of.into_iter()
                .flat_map(|zone| std::iter::repeat_n(zone, map.per_day)),
        );
    }
    all
}

/// Everybody in the zone that they are most often in at this hour of workdays, or of days off: what is
/// wrong in a slot is seldom wrong in most.
pub(crate) fn usual(places: &Whereabouts, map: &Map) -> Whereabouts {
    let mut all = Whereabouts::empty(places.slots());
    let kind = |slot: usize| {
        let off = usize::from(!map.workdays[slot / map.per_day]);
        off * map.per_day + slot % map.per_day
    };
    for row in places.rows() {
        let mut seen: Vec<Vec<u32>> = vec![Vec::new(); 2 * map.per_day];
        for (slot, &zone) in row.iter().enumerate() {
            seen[kind(slot)].push(zone);
        }
        let most = |zones: &Vec<u32>| {
            let places = places_of(zones);
            let most = places.iter().rev().max_by_key(|(_, slots)| *slots);
            most.map_or(0, |(zone, _)| *zone)
        };
        let usual: Vec<u32> = seen.iter().map(most).collect();
        all.push((0..row.len()).map(|slot| usual[kind(slot)]));
    }
    all
}

/// Everybody is where most people are.
pub(crate) fn most_popular(counts: &[Vec<u32>]) -> Whereabouts {
    let mut one = Whereabouts::empty(counts.len());
    one.push(counts.iter().map(|line| {
        let most = line
            .iter()
            .enumerate()
            .rev()
            .max_by_key(|(_, count)| **count);
        most.map_or(0, |(zone, _)| zone as u32)
    }));
    one
}

/// A person in each zone for each who is counted there.
fn seats(line: &[u32]) -> Vec<u32> {
    let zones = line.iter().zip(0..);
    zones
        .flat_map(|(&count, zone)| std::iter::repeat_n(zone, count as usize))
        .collect()
}

/// The whereabouts of a day: by person, then by slot.
fn follow(day: &[Vec<u32>], map: &Map) -> Vec<Vec<u32>> {
    let home = seats(day.first().map_or(&[][..], |line| line));
    let (mut before, mut at) = (home.clone(), home.clone());
    let mut pieces: Vec<Vec<u32>> = at.iter().map(|&zone| vec![zone]).collect();
    for (slot, line) in day.iter().enumerate().skip(1) {
        let night = slot * map.slot_h < NIGHT_UNTIL_H;
        let next = step(if night { &at } else { &before }, &at, &home, line, map);
        (pieces.iter_mut().zip(&next)).for_each(|(of, &zone)| of.push(zone));
        before = std::mem::replace(&mut at, next);
    }
    pieces
}

/// Where each person is next: where they are expected when they go on from `before` by `at` as far again,
/// or at home, whichever is nearer to a place that is left.
///
/// Whoever stood still and has room to stay with all who did stays: of zones that lose people, and of
/// those who moved, an assignment says who goes where.
fn step(before: &[u32], at: &[u32], home: &[u32], counts: &[u32], map: &Map) -> Vec<u32> {
    let mut free = counts.to_vec();
    let mut still = vec![0; counts.len()];
    for (_, &at) in before.iter().zip(at).filter(|(before, at)| before == at) {
        still[at as usize] += 1;
    }
    let mut next = at.to_vec();
    let mut movers = Vec::new();
    for (person, (&from, &at)) in before.iter().zip(at).enumerate() {
        let at = at as usize;
        if from as usize == at && still[at] <= counts[at] {
            free[at] -= 1;
        } else {
            movers.push(person);
        }
    }
    let seats = seats(&free);
    let middle = |zone: u32| map.centres_m[zone as usize];
    let expected: Vec<(f64, f64)> = (movers.iter())
        .map(|&person| {
            let (from, at) = (middle(before[person]), middle(at[person]));
            (2.0 * at.0 - from.0, 2.0 * at.1 - from.1)
        })
        .collect();
    let found = assign(movers.len(), seats.len(), |mover, seat| {
        let on = map.between_m(expected[mover], seats[seat]);
        on.min(map.distance_m(home[movers[mover]], seats[seat]))
    });
    for (&person, seat) in movers.iter().zip(found) {
        // Every line has a seat for everybody.
        if let Some(seat) = seat {
            next[person] = seats[seat];
        }
    }
    next
}

/// How long each person was in each zone so far.
struct Histories {
    zones: usize,
    /// By person, then by zone.
    slots: Vec<u16>,
    /// n ln n.
    entropy: Vec<f32>,
}

impl Histories {
    fn new(people: usize, zones: usize, slots: usize) -> Self {
        let entropy = |n: usize| {
            if n == 0 {
                0.0
            } else {
                n as f32 * (n as f32).ln()
            }
        };
        Self {
            zones,
            slots: vec![0; people * zones],
            entropy: (0..=slots).map(entropy).collect(),
        }
    }

    /// Which piece of the next day each person has.
    ///
    /// The cost of a pair is the entropy of all its slots less the mean of both entropies (the gain of
    /// information of Xu and others). Of it only the sum of n ln n over the slots n in each zone differs
    /// between assignments, and only where the new piece is.
    fn next(&self, pieces: &[Vec<u32>]) -> Vec<usize> {
        let people = pieces.len();
        let places: Vec<Vec<(u32, u16)>> = pieces.iter().map(|piece| places_of(piece)).collect();
        let gains: Vec<f32> = (self.slots.par_chunks(self.zones.max(1)))
            .flat_map_iter(|history| {
                places.iter().map(|places| {
                    let gain = |&(zone, slots): &(u32, u16)| {
                        let before = history[zone as usize];
                        let after = usize::from(before + slots);
                        self.entropy[after] - self.entropy[usize::from(before)]
                    };
                    places.iter().map(gain).sum::<f32>()
                })
            })
            .collect();
        let found = assign(people, people, |person, piece| {
            -f64::from(gains[person * people + piece])
        });
        // All pairs are allowed and there are as many pieces as people: everybody has one.
        found.into_iter().flatten().collect()
    }

    fn add(&mut self, pieces: &[Vec<u32>], order: &[usize]) {
        for (history, &piece) in self.slots.chunks_mut(self.zones.max(1)).zip(order) {
            for &zone in &pieces[piece] {
                history[zone as usize] += 1;
            }
        }
    }
}

/// How many slots of a piece are in each of its zones.
fn places_of(piece: &[u32]) -> Vec<(u32, u16)> {
    let mut zones = piece.to_vec();
    zones.sort_unstable();
    let runs = zones.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u16)).collect()
}

/// How near one set of whereabouts comes to another, each person matched to one by the greatest
/// number of slots in the same zone.
pub(crate) struct Nearness {
    /// Right slots by day.
    pub(crate) by_day: Rate,
    /// Right slots.
    pub(crate) in_all: Rate,
    /// Mean distance between the middles of true and recovered zone by day.
    pub(crate) error_by_day_km: f64,
}

/// Matches everybody in the truth with one of `found`, or with the only one there is.
pub(crate) fn nearness(found: &Whereabouts, truth: &Whereabouts, map: &Map) -> Nearness {
    let same = |a: &[u32], b: &[u32]| a.iter().zip(b).filter(|(a, b)| a == b).count();
    let people = truth.len();
    let overlap: Vec<u32> = (0..people)
        .into_par_iter()
        .flat_map_iter(|person| {
            let of = truth.row(person);
            found.rows().map(move |row| same(of, row) as u32)
        })
        .collect();
    let columns = found.len();
    let matched = match columns {
        1 => vec![Some(0); people],
        _ => assign(people, columns, |person, row| {
            -f64::from(overlap[person * columns + row])
        }),
    };
    let (mut right, mut right_by_day, mut by_day, mut error_km) = (0, 0, 0, 0.0);
    for (truth, row) in truth.rows().zip(matched) {
        // Without a trajectory of their own nothing is right.
        let found = row.map(|row| found.row(row));
        for (slot, &truth) in truth.iter().enumerate() {
            let at = found.map(|found| found[slot]);
            let hit = u64::from(at == Some(truth));
            right += hit;
            if map.is_day(slot) {
                by_day += 1;
                right_by_day += hit;
                error_km += at.map_or(0.0, |at| map.distance_m(truth, at) / 1000.0);
            }
        }
    }
    let rate = |hits, tries| Rate::of_targets(hits, tries, people as u64).unwrap_or(NONE);
    Nearness {
        by_day: rate(right_by_day, by_day),
        in_all: rate(right, (people * truth.slots()) as u64),
        error_by_day_km: error_km / by_day.max(1) as f64,
    }
}

/// Of nobody, or of a window without such slots.
const NONE: Rate = Rate {
    hits: 0,
    tries: 0,
    people: 0,
    low: 0.0,
    high: 1.0,
};

/// Share of people whose five most frequent zones nobody else has, in whatever order.
pub(crate) fn unique_top5(places: &Whereabouts) -> f64 {
    let mut tops: Vec<Vec<u32>> = places.rows().map(top5).collect();
    tops.sort_unstable();
    let alone = tops.chunk_by(|a, b| a == b).filter(|same| same.len() == 1);
    alone.count() as f64 / tops.len().max(1) as f64
}

fn top5(row: &[u32]) -> Vec<u32> {
    let mut places = places_of(row);
    places.sort_unstable_by_key(|&(zone, slots)| (std::cmp::Reverse(slots), zone));
    let mut top: Vec<u32> = places.iter().take(5).map(|place| place.0).collect();
    top.sort_unstable();
    top
}
