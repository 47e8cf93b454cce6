use erewhon_types::{CellIx, Local, Subscriber};
use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::{
    People, Scene,
    draw::{Group, draws_of},
    ground::Ground,
    people::Seen,
};

/// Of a person's events, the other source sees one in this many.
const SEEN_ONE_IN: u32 = 3;

/// By how much its clock is off at most, in seconds.
pub(crate) const OFF_S: u32 = 600;

/// In one of this many events it names a cell nearby for the right one.
const WRONG_CELL_ONE_IN: u32 = 4;

/// A person with fewer events leaves nothing for another source to see.
const FEWEST_EVENTS: usize = 6;

/// Nothing within this of the hidden event is shown to the attacker, in seconds.
const HUSH_S: u32 = 3600;

/// One record of another source.
#[derive(Clone, Copy)]
pub(crate) struct Ping {
    /// Seconds since the start of the window.
    pub(crate) time_s: u32,
    pub(crate) cell: CellIx,
}

/// What an attacker holds of one person from elsewhere.
pub(crate) struct View {
    /// Tells whether an attack hit; no attacker looks here.
    pub(crate) who: Subscriber,
    /// Ascending in time.
    pub(crate) seen: Vec<Ping>,
    /// A true event of the person that the attacker has not, to be told from a release.
    pub(crate) hidden: Seen,
}

/// The middle of the window, in seconds: midnight where it can be. `None` under two days.
pub(crate) fn middle_s(scene: &Scene<'_>) -> Option<u32> {
    let calendar = scene.public.calendar;
    let day = calendar.days() / 2;
    let at = calendar.utc_ms(Local { day, minute: 0 });
    (day > 0).then(|| ((at - calendar.start_utc_ms()) / 1000) as u32)
}

/// End of the window, in seconds.
pub(crate) fn end_s(scene: &Scene<'_>) -> u32 {
    let calendar = scene.public.calendar;
    ((calendar.end_utc_ms() - calendar.start_utc_ms()) / 1000) as u32
}

fn people<'a>(scene: &'a Scene<'_>, group: Group) -> (&'a People, ChaCha8Rng) {
    let dice = draws_of(scene.spec.seed, "views", group);
    (group.of(scene), dice)
}

/// Another source of the same time, for example a payment card or a travel pass: a third of a person's
/// events, with a clock that is off by up to 10 minutes and, 1 time in 4, with one of the 8 nearest
/// cells in place of the right one. At most `spec.targets` people.
pub(crate) fn same_time(scene: &Scene<'_>, ground: &Ground, group: Group) -> Vec<View> {
    let (people, mut rng) = people(scene, group);
    let last_s = end_s(scene) - 1;
    let able: Vec<usize> = (0..people.len())
        .filter(|&row| people.of(row).len() >= FEWEST_EVENTS)
        .collect();
    let targets = able.len().min(scene.spec.targets as usize);
    let chosen = sample(&mut rng, able.len(), targets);
    let view = |at: usize| {
        let events = people.of(able[at]);
        let hidden = events[rng.random_range(0..events.len())];
        let mut seen = Vec::new();
        for &event in events {
            if event.time_s.abs_diff(hidden.time_s) < HUSH_S || !rng.random_ratio(1, SEEN_ONE_IN) {
                continue;
            }
            let others = ground.around(event.cell);
            let cell = if !others.is_empty() && rng.random_ratio(1, WRONG_CELL_ONE_IN) {
                others[rng.random_range(0..others.len())]
            } else {
                event.cell
            };
            let time_s = (event.time_s + rng.random_range(0..=2 * OFF_S)).saturating_sub(OFF_S);
            let time_s = time_s.min(last_s);
            seen.push(Ping { time_s, cell });
        }
        seen.sort_by_key(|ping| ping.time_s);
        View {
            who: people.subscriber(able[at]),
            seen,
            hidden,
        }
    };
    chosen.into_iter().map(view).collect()
}

/// The same source at another time: a person's true events from `middle_s` on. The hidden event is an
/// earlier one. At most `spec.targets` people, seen before and after.
pub(crate) fn later(scene: &Scene<'_>, middle_s: u32, group: Group) -> Vec<View> {
    let (people, mut rng) = people(scene, group);
    let before = |row: usize| {
        people
            .of(row)
            .partition_point(|seen| seen.time_s < middle_s)
    };
    let fewest = FEWEST_EVENTS / 2;
    let able: Vec<usize> = (0..people.len())
        .filter(|&row| before(row) >= fewest && people.of(row).len() - before(row) >= fewest)
        .collect();
    let targets = able.len().min(scene.spec.targets as usize);
    let chosen = sample(&mut rng, able.len(), targets);
    let ping = |seen: &Seen| Ping {
        time_s: seen.time_s,
        cell: seen.cell,
    };
    let view = |at: usize| {
        let (earlier, later) = people.of(able[at]).split_at(before(able[at]));
        View {
            who: people.subscriber(able[at]),
            seen: later.iter().map(ping).collect(),
            hidden: earlier[rng.random_range(0..earlier.len())],
        }
    };
    chosen.into_iter().map(view).collect()
}

/// The cell with most events in each hour of the window, the lower where two are equal.
pub(crate) struct Crowd(Vec<(u32, CellIx)>);

impl Crowd {
    pub(crate) fn of(people: &People) -> Self {
        let mut points: Vec<(u32, CellIx)> = Vec::new();
        for row in 0..people.len() {
            points.extend(people.of(row).iter().map(|seen| (seen.hour, seen.cell)));
        }
        points.sort_unstable();
        let hours = points.chunk_by(|a, b| a.0 == b.0);
        let busiest = |hour: &[(u32, CellIx)]| {
            let cells = hour.chunk_by(|a, b| a == b).rev();
            cells.max_by_key(|cell| cell.len()).map(|cell| cell[0])
        };
        Self(hours.filter_map(busiest).collect())
    }

    /// Where most were in an hour.
    pub(crate) fn at(&self, hour: u32) -> Option<CellIx> {
        let found = self.0.binary_search_by_key(&hour, |point| point.0);
        found.ok().map(|at| self.0[at].1)
    }
}
