use erewhon_events::Event;
use erewhon_geo::{CellTable, Nearness};
use erewhon_mobility::{Public, Track};
use erewhon_model::{
    DAY_PARTS, PAUSES, PLACES, SPREAD, day_part, pause,
    place::{ELSEWHERE, HOME, NEAR_HOME, NEAR_WORK, WORK},
};
use erewhon_types::CellIx;

use crate::{rounding::to_units, summary::UNITS_PER_PERSON};

/// Cells round an anchor that its phone may be served by while it does not move.
pub(crate) const NEAR_CELLS: usize = 6;
/// Moves a day with which a subscriber counts fully; who has more counts no more.
const FULL_MOVES_A_DAY: usize = 8;

pub(crate) const PARTS: usize = DAY_PARTS.len();
pub(crate) const HERE: usize = PLACES.len();
/// Places after a move: another one elsewhere is told from the same.
pub(crate) const NEXT: usize = HERE + 1;
/// Upper edges of times between two events of a day, in seconds.
pub(crate) const GAP_EDGES_S: [f64; 14] = [
    15.0, 30.0, 60.0, 120.0, 240.0, 450.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 21_600.0,
    43_200.0, 90_000.0,
];

/// Shares of a subscriber's events elsewhere from which on they count as sometimes and as often away.
const AWAY_EDGES: [f64; AWAY - 1] = [0.05, 0.2];
/// How often people are elsewhere.
pub(crate) const AWAY: usize = 3;
pub(crate) const AWAY_NAMES: [&str; AWAY] = ["seldom", "sometimes", "often"];
/// Where the halves of the table of first places begin: by with or without work, part of the day and
/// place, then by how often elsewhere and place; and its entries.
pub(crate) const FIRST: [usize; 3] = [0, 2 * PARTS * HERE, (2 * PARTS + AWAY) * HERE];
const ROWS: usize = HERE * NEXT;
/// Where the thirds of the table of moves begin: by with or without work and part of the day, by
/// pause, by how often elsewhere, each by place and next place; and its entries.
pub(crate) const MOVES: [usize; 4] = [
    0,
    2 * PARTS * ROWS,
    (2 * PARTS + PAUSES) * ROWS,
    (2 * PARTS + PAUSES + AWAY) * ROWS,
];

/// The cells round each cell, and how near all others are.
pub(crate) struct Surroundings {
    nearness: Nearness,
    openness: Vec<u8>,
}

impl Surroundings {
    pub(crate) fn new(cells: &CellTable) -> Self {
        let nearness = Nearness::new(cells, Nearness::ranks(cells.len()), NEAR_CELLS);
        Self {
            openness: nearness.openness(),
            nearness,
        }
    }

    fn rank(&self, anchor: CellIx, cell: CellIx) -> Option<usize> {
        let near = self.nearness.around(anchor);
        near.iter().position(|near| *near == cell)
    }
}

/// What one subscriber adds to the tables of a [`Routine`], in units of a person.
pub(crate) struct Days {
    /// First places of days with an event: half a person shared evenly by these, and half a person
    /// for all days of the window.
    pub(crate) first: Box<[(u32, u32)]>,
    /// Moves between events of one day, adding up to a person at most.
    pub(crate) moves: Box<[(u32, u32)]>,
    /// Times between these events, adding up to the same.
    pub(crate) gaps: Box<[(u32, u32)]>,
    /// Which cells near an anchor serve, adding up to a person or nothing.
    pub(crate) near: Box<[(u32, u32)]>,
    /// Half how near to home they usually are elsewhere, half how much nearer or farther their events are:
    /// one event for each day of the window adds up to a person.
    pub(crate) elsewhere: Box<[(u32, u32)]>,
    /// From where, after what pause and how near they go to another place elsewhere: one such move for
    /// each day of the window adds up to a person.
    pub(crate) jumps: Box<[(u32, u32)]>,
    /// How open the surroundings of their home are and how often they are elsewhere, as one entry.
    pub(crate) habit: u32,
}

impl Days {
    pub(crate) fn of(
        track: &Track<'_>,
        (home, work): (CellIx, Option<CellIx>),
        around: &Surroundings,
    ) -> Self {
        let Public { cells, calendar } = *track.public();
        let work = work.filter(|work| *work != home);
        let places = track
            .iter()
            .map(|(_, event)| place_of(event.cell, home, work, around));
        let places: Vec<(usize, Option<usize>)> = places.collect();
        let bin = |from: CellIx, to: CellIx| around.nearness.bin(cells, from, to);
        let mut elsewhere: Vec<usize> = (track.iter().zip(&places))
            .filter(|(_, (place, _))| *place == ELSEWHERE)
            .map(|((_, event), _)| bin(home, event.cell))
            .collect();
        let away_share = elsewhere.len() as f64 / places.len().max(1) as f64;
        let away = AWAY_EDGES.partition_point(|edge| *edge <= away_share);
        let group = usize::from(work.is_none());
        let (mut first, mut moves) = ([(); 2].map(|()| Vec::new()), [(); 3].map(|()| Vec::new()));
        let (mut gaps, mut jumps) = (Vec::new(), Vec::new());
        let mut before: Option<(u16, usize, &Event)> = None;
        for ((local, event), (place, _)) in track.iter().zip(&places) {
            let part = day_part(local.hour(), calendar.is_workday(local.day));
            match before {
                Some((day, from, last)) if day == local.day => {
                    let other = from == ELSEWHERE && *place == ELSEWHERE && last.cell != event.cell;
                    let elapsed_ms = event.time_utc_ms - last.time_utc_ms;
                    let step = from * NEXT + place + usize::from(other);
                    let whens = [group * PARTS + part, pause(elapsed_ms), away];
                    for (to, (start, when)) in moves.iter_mut().zip(MOVES.iter().zip(whens)) {
                        to.push(start + when * ROWS + step);
                    }
                    gaps.push(gap_bin(elapsed_ms));
                    if *place == ELSEWHERE && last.cell != event.cell {
                        let row = usize::from(from == ELSEWHERE) * PAUSES + pause(elapsed_ms);
                        jumps.push(row * around.nearness.bins() + bin(last.cell, event.cell));
                    }
                }
                _ => {
                    for (to, (start, when)) in first
                        .iter_mut()
                        .zip(FIRST.iter().zip([group * PARTS + part, away]))
                    {
                        to.push(start + when * HERE + place);
                    }
                }
            }
            before = Some((local.day, *place, event));
        }
        let window_days = usize::from(calendar.days());
        let moved = level(gaps.len(), window_days * FULL_MOVES_A_DAY);
        let days = first[0].len();
        let left = level(elsewhere.len(), window_days);
        let near = places.iter().filter_map(|(_, rank)| *rank).collect();
        Self {
            first: first_places(first, level(days, window_days)),
            moves: in_parts(moves, moved),
            gaps: share_out(gaps, moved),
            near: share_out(near, UNITS_PER_PERSON),
            elsewhere: usual_and_spread(&mut elsewhere, around.nearness.bins(), left),
            habit: (usize::from(around.openness[home.index()]) * AWAY + away) as u32,
            jumps: {
                let jumped = level(jumps.len(), window_days);
                share_out(jumps, jumped)
            },
        }
    }
}

/// Units of somebody who has this much of what makes a whole person.
fn level(amount: usize, full: usize) -> u32 {
    let share = UNITS_PER_PERSON as usize * amount.min(full);
    (share / full.max(1)) as u32
}

/// By part of the day half of the units of the days with events; by how often elsewhere half of a person.
fn first_places([by_part, by_away]: [Vec<usize>; 2], units: u32) -> Box<[(u32, u32)]> {
    let by_part = share_out(by_part, units / 2).into_iter();
    let by_away = share_out(by_away, UNITS_PER_PERSON / 2).into_iter();
    by_part.chain(by_away).collect()
}

/// Shares units out over parts of a table, each of which gets as many, or one fewer.
fn in_parts<const N: usize>(parts: [Vec<usize>; N], units: u32) -> Box<[(u32, u32)]> {
    let share = |part: usize| (units + part as u32) / N as u32;
    let all = parts.into_iter().enumerate();
    all.flat_map(|(part, entries)| share_out(entries, share(part)))
        .collect()
}

/// Half of the units for the usual bin, half for how many bins nearer or farther all are.
fn usual_and_spread(elsewhere: &mut [usize], bins: usize, units: u32) -> Box<[(u32, u32)]> {
    elsewhere.sort_unstable();
    let Some(&usual) = elsewhere.get(elsewhere.len().saturating_sub(1) / 2) else {
        return Box::default();
    };
    let spread = |bin: &usize| bins + (bin + SPREAD).saturating_sub(usual).min(2 * SPREAD);
    let spread = share_out(elsewhere.iter().map(spread).collect(), units - units / 2);
    let mut all = vec![(usual as u32, units / 2)];
    all.extend(spread);
    all.into_boxed_slice()
}

fn gap_bin(elapsed_ms: i64) -> usize {
    let inner = &GAP_EDGES_S[..GAP_EDGES_S.len() - 1];
    inner.partition_point(|edge| edge * 1000.0 < elapsed_ms as f64)
}

/// Spreads units over entries by how often each occurs.
fn share_out(mut entries: Vec<usize>, units: u32) -> Box<[(u32, u32)]> {
    entries.sort_unstable();
    let runs = || entries.chunk_by(|a, b| a == b);
    let weights: Vec<f64> = runs().map(|run| run.len() as f64).collect();
    let units = to_units(&weights, units);
    let all = runs().zip(units).map(|(run, units)| (run[0] as u32, units));
    all.filter(|(_, units)| *units > 0).collect()
}

/// The place of a cell among [`PLACES`], and its rank where it is near an anchor.
fn place_of(
    cell: CellIx,
    home: CellIx,
    work: Option<CellIx>,
    around: &Surroundings,
) -> (usize, Option<usize>) {
    if cell == home {
        return (HOME, None);
    }
    if work == Some(cell) {
        return (WORK, None);
    }
    if let Some(rank) = around.rank(home, cell) {
        return (NEAR_HOME, Some(rank));
    }
    match work.and_then(|work| around.rank(work, cell)) {
        Some(rank) => (NEAR_WORK, Some(rank)),
        None => (ELSEWHERE, None),
    }
}
