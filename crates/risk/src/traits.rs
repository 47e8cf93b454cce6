//! What can be said of a person in a few words: the attributes of the three tests of WP 216.

use erewhon_geo::{Partition, ZoneTree};
use erewhon_types::CellIx;
use rand::{RngExt, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{People, ground::Ground, likeness::cells, people::Seen};

/// One attribute of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trait {
    Home,
    Work,
    /// The cells with most events, the first three.
    First,
    Second,
    Third,
    /// How many events.
    Activity,
    /// When: share of events by day, and the busiest three hours.
    Hours,
    /// Radius of gyration.
    Radius,
    /// Entropy of the cells.
    Entropy,
    /// How many others were in contact.
    Contacts,
}

impl Trait {
    pub(crate) const ALL: [Self; 10] = [
        Self::Home,
        Self::Work,
        Self::First,
        Self::Second,
        Self::Third,
        Self::Activity,
        Self::Hours,
        Self::Radius,
        Self::Entropy,
        Self::Contacts,
    ];

    /// Attributes that are places.
    const PLACES: usize = 5;

    /// Name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Home => "home zone",
            Self::Work => "work zone",
            Self::First => "first cell",
            Self::Second => "second cell",
            Self::Third => "third cell",
            Self::Activity => "activity",
            Self::Hours => "hours",
            Self::Radius => "radius",
            Self::Entropy => "entropy",
            Self::Contacts => "contacts",
        }
    }
}

/// No such place.
const NOWHERE: u32 = u32::MAX;

/// Zone-tree level of homes and works: at most 64 zones.
const ZONE_LEVEL: u8 = 6;

/// The attributes of a group, a column each.
pub(crate) struct Traits {
    /// By attribute and row: its class, to be compared for equality.
    pub(crate) class: Vec<Vec<u32>>,
    /// By attribute and row: its value; of a place, metres east.
    pub(crate) value: Vec<Vec<f32>>,
    /// By place and row: metres north; NaN for no place.
    north: Vec<Vec<f32>>,
}

impl Traits {
    /// Time by the number of events.
    pub(crate) fn of(people: &People, ground: &Ground, zones: &Partition) -> Self {
        let mut traits = Self::empty();
        for row in 0..people.len() {
            traits.push(people, row, ground, zones);
        }
        traits
    }

    /// The zones of homes and works; public.
    pub(crate) fn zones(cells: &erewhon_geo::CellTable) -> Partition {
        let tree = ZoneTree::build(cells);
        tree.partition(ZONE_LEVEL.min(tree.depth()))
    }

    fn empty() -> Self {
        Self {
            class: vec![Vec::new(); Trait::ALL.len()],
            value: vec![Vec::new(); Trait::ALL.len()],
            north: vec![Vec::new(); Trait::PLACES],
        }
    }

    fn push(&mut self, people: &People, row: usize, ground: &Ground, zones: &Partition) {
        let (events, anchors) = (people.of(row), people.anchors(row));
        let mut often = cells(events);
        let entropy: f32 = often.iter().map(|(_, share)| -share * share.log2()).sum();
        often.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let often = |rank: usize| often.get(rank).map(|&(cell, _)| CellIx(cell));
        let places = [anchors.home, anchors.work, often(0), often(1), often(2)];
        for (at, place) in places.into_iter().enumerate() {
            let class = match place {
                Some(cell) if at < 2 => zones.zone_of(cell).0,
                Some(cell) => cell.0,
                None => NOWHERE,
            };
            let (east, north) = place.map_or((f32::NAN, f32::NAN), |cell| ground.at(cell));
            self.class[at].push(class);
            self.value[at].push(east);
            self.north[at].push(north);
        }
        let (day, busiest) = hours(events);
        let mut others: Vec<u64> = people.peers_of(row).to_vec();
        others.sort_unstable();
        others.dedup();
        let others = others.iter().filter(|&&peer| peer != 0).count();
        let radius_m = radius_m(events, ground);
        // Classes: half an octave of events, three hours, an octave of metres, half a bit, an octave.
        let count = (events.len() as f32).log2();
        let octaves = (1.0 + radius_m / 250.0).log2();
        let contacts = (1.0 + others as f32).log2();
        let numbers = [
            (count, (2.0 * count) as u32),
            (day, busiest),
            (octaves, octaves as u32),
            (entropy, (2.0 * entropy) as u32),
            (contacts, contacts as u32),
        ];
        for (at, (value, class)) in numbers.into_iter().enumerate() {
            self.class[Trait::PLACES + at].push(class);
            self.value[Trait::PLACES + at].push(value);
        }
    }

    /// Number of people.
    pub(crate) fn len(&self) -> usize {
        self.class[0].len()
    }

    /// The class of an attribute.
    pub(crate) fn class_of(&self, of: Trait, row: usize) -> u32 {
        self.class[of as usize][row]
    }

    /// The attributes that tell people apart at all.
    pub(crate) fn telling(&self) -> Vec<Trait> {
        let tells = |of: &Trait| {
            let classes = &self.class[*of as usize];
            classes.iter().any(|class| Some(class) != classes.first())
        };
        Trait::ALL.into_iter().filter(tells).collect()
    }

    /// The same classes, each column in an order of its own: people who never were.
    pub(crate) fn shuffled(&self, rng: &mut ChaCha8Rng) -> Self {
        let mut other = Self::empty();
        for (of, column) in self.class.iter().enumerate() {
            let mut order: Vec<usize> = (0..column.len()).collect();
            order.shuffle(rng);
            other.class[of] = order.iter().map(|&row| column[row]).collect();
            other.value[of] = order.iter().map(|&row| self.value[of][row]).collect();
            if let Some(north) = self.north.get(of) {
                other.north[of] = order.iter().map(|&row| north[row]).collect();
            }
        }
        other
    }

    /// The class that most have; the lower of equals.
    pub(crate) fn usual(&self, of: Trait) -> Option<u32> {
        let mut classes = self.class[of as usize].clone();
        classes.sort_unstable();
        let runs = classes.chunk_by(|a, b| a == b);
        let most = runs.rev().max_by_key(|run| run.len())?;
        most.first().copied()
    }
}

/// Share of events from 8 to 18, and the three hours of the day with most events.
fn hours(events: &[Seen]) -> (f32, u32) {
    let mut blocks = [0u32; 8];
    let mut day = 0;
    for seen in events {
        let hour = seen.hour % 24;
        blocks[hour as usize / 3] += 1;
        day += u32::from((8..18).contains(&hour));
    }
    let busiest = (0..8).rev().max_by_key(|&block| blocks[block]).unwrap_or(0);
    (day as f32 / events.len().max(1) as f32, busiest as u32)
}

/// Root mean square of the metres to the mean place of the events.
fn radius_m(events: &[Seen], ground: &Ground) -> f32 {
    let n = events.len().max(1) as f64;
    let at = |seen: &Seen| {
        let (x, y) = ground.at(seen.cell);
        (f64::from(x), f64::from(y))
    };
    let sum = |of: &dyn Fn(&Seen) -> f64| events.iter().map(of).sum::<f64>() / n;
    let (x, y) = (sum(&|s| at(s).0), sum(&|s| at(s).1));
    sum(&|s| (at(s).0 - x).powi(2) + (at(s).1 - y).powi(2)).sqrt() as f32
}

/// Compares people by their attributes, in the manner of Gower (1971): each attribute counts 0 to 1.
pub(crate) struct Gower<'a> {
    rows: &'a Traits,
    /// By attribute: what counts as 1.
    scale: Vec<f32>,
}

impl<'a> Gower<'a> {
    /// Places ten reaches apart count 1, numbers the span of the middle nine tenths of these rows.
    pub(crate) fn new(rows: &'a Traits, ground: &Ground) -> Self {
        let span = |column: &Vec<f32>| {
            let mut sorted = column.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let at = |share: f64| sorted.get(((sorted.len() as f64) * share) as usize);
            let (low, high) = (at(0.05), at(0.95));
            let span = high.zip(low).map_or(0.0, |(high, low)| high - low);
            span.max(1e-3)
        };
        let mut scale: Vec<f32> = rows.value.iter().map(span).collect();
        scale[..Trait::PLACES].fill(10.0 * ground.usual_reach_m);
        Self { rows, scale }
    }

    /// The distances of one attribute of somebody to every row, 0 to 1. Time by the number of rows.
    pub(crate) fn distances(&self, of: Trait, who: &Traits, person: usize, into: &mut [f32]) {
        let at = of as usize;
        let (mine, theirs, scale) = (who.value[at][person], &self.rows.value[at], self.scale[at]);
        let Some((north, norths)) = who.north.get(at).zip(self.rows.north.get(at)) else {
            for (into, their) in into.iter_mut().zip(theirs) {
                *into = ((mine - their).abs() / scale).min(1.0);
            }
            return;
        };
        let (my_north, nowhere) = (north[person], if mine.is_nan() { 0.0 } else { 1.0 });
        for ((into, east), north) in into.iter_mut().zip(theirs).zip(norths) {
            let (x, y) = (mine - east, my_north - north);
            let metres = (x * x + y * y).sqrt();
            *into = match (metres.is_nan(), east.is_nan()) {
                (false, _) => (metres / scale).min(1.0),
                (true, true) => nowhere,
                (true, false) => 1.0,
            };
        }
    }
}

/// The rows with the smallest sums, at most `k`, the nearest first; a tie goes by a draw.
pub(crate) fn nearest(sums: &[f32], k: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut rows: Vec<(f32, u32)> = Vec::with_capacity(k + 1);
    let from = if sums.is_empty() {
        0
    } else {
        rng.random_range(0..sums.len())
    };
    for row in (from..sums.len()).chain(0..from) {
        let sum = sums[row];
        if rows.len() == k && rows.last().is_none_or(|last| sum >= last.0) {
            continue;
        }
        let at = rows.partition_point(|kept| kept.0 <= sum);
        rows.insert(at, (sum, row as u32));
        rows.truncate(k);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::draws;

    #[test]
    fn the_nearest_are_those_that_a_sort_finds() {
        let mut dice = draws(7, "test", 0);
        for _ in 0..200 {
            let sums: Vec<f32> = (0..40).map(|_| dice.random_range(0..1000) as f32).collect();
            let found = nearest(&sums, 5, &mut dice);
            let mut sorted = sums.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let found: Vec<f32> = found.iter().map(|&row| sums[row as usize]).collect();
            assert_eq!(found, sorted[..5]);
        }
    }
}
