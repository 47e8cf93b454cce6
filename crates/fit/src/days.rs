use erewhon_events::Event;
use erewhon_geo::CellTable;
use erewhon_mobility::{Public, Track};
use erewhon_model::{DAY_PARTS, PAUSES, PLACES, day_part, pause};
use erewhon_types::CellIx;

use crate::{bins::DistanceBins, rounding::to_units, summary::UNITS_PER_PERSON};

/// Cells round an anchor that its phone may be served by while it does not move.
pub(crate) const NEAR_CELLS: usize = 6;
/// Moves a day with which a subscriber counts fully; who has more counts no more.
const FULL_MOVES_A_DAY: u32 = 8;

pub(crate) const PARTS: usize = DAY_PARTS.len();
pub(crate) const HERE: usize = PLACES.len();
/// Places after a move: another one elsewhere is told from the same.
pub(crate) const NEXT: usize = HERE + 1;
pub(crate) const ELSEWHERE: usize = HERE - 1;
/// Upper edges of times between two events of a day, in seconds.
pub(crate) const GAP_EDGES_S: [f64; 14] = [
    15.0, 30.0, 60.0, 120.0, 240.0, 450.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 21_600.0,
    43_200.0, 90_000.0,
];

/// Entries of the table of first places: with or without work, part of the day, place.
pub(crate) const FIRST_ENTRIES: usize = 2 * PARTS * HERE;
/// Entries of the table of moves: with or without work, part of the day, pause, place, next place.
pub(crate) const MOVE_ENTRIES: usize = 2 * PARTS * PAUSES * HERE * NEXT;

/// The entry of a first place.
pub(crate) const fn first_entry(group: usize, part: usize, place: usize) -> usize {
    (group * PARTS + part) * HERE + place
}

/// The entry of a move.
pub(crate) const fn move_entry(
    group: usize,
    (part, pause): (usize, usize),
    (from, to): (usize, usize),
) -> usize {
    (((group * PARTS + part) * PAUSES + pause) * HERE + from) * NEXT + to
}

/// The cells round each cell.
pub(crate) struct Surroundings(Vec<Vec<CellIx>>);

impl Surroundings {
    pub(crate) fn new(cells: &CellTable) -> Self {
        let all = (0..cells.len() as u32).map(CellIx);
        Self(all.map(|cell| cells.nearest(cell, NEAR_CELLS)).collect())
    }

    fn rank(&self, anchor: CellIx, cell: CellIx) -> Option<usize> {
        self.0[anchor.index()].iter().position(|near| *near == cell)
    }
}

/// What one subscriber adds to the tables of a [`Routine`], in units of a person.
pub(crate) struct Days {
    /// For each day with an event its first place: all days of the window add up to one person.
    pub(crate) first: Box<[(u32, u32)]>,
    /// Moves between events of one day, adding up to a person at most.
    pub(crate) moves: Box<[(u32, u32)]>,
    /// Times between these events, adding up to the same.
    pub(crate) gaps: Box<[(u32, u32)]>,
    /// Which cells near an anchor serve, adding up to a person or nothing.
    pub(crate) near: Box<[(u32, u32)]>,
    /// Distances from home of events elsewhere: one for each day of the window adds up to a person.
    pub(crate) elsewhere: Box<[(u32, u32)]>,
}

impl Days {
    pub(crate) fn of(
        track: &Track<'_>,
        (home, work): (CellIx, Option<CellIx>),
        around: &Surroundings,
        bins: &DistanceBins,
    ) -> Self {
        let Public { cells, calendar } = *track.public();
        let work = work.filter(|work| *work != home);
        let group = usize::from(work.is_none());
        let mut first = vec![0.0; FIRST_ENTRIES];
        let mut moves = vec![0.0; MOVE_ENTRIES];
        let mut gaps = vec![0.0; GAP_EDGES_S.len()];
        let mut near = vec![0.0; NEAR_CELLS];
        let mut elsewhere = vec![0.0; bins.upper_edges_m.len()];
        let (mut days, mut steps, mut away) = (0_u32, 0_u32, 0_u32);
        let mut before: Option<(u16, usize, &Event)> = None;
        for (local, event) in track.iter() {
            let (place, rank) = place_of(event.cell, home, work, around);
            if let Some(rank) = rank {
                near[rank] += 1.0;
            }
            if place == ELSEWHERE {
                elsewhere[bins.entry(cells, home, Some(event.cell)) - 1] += 1.0;
                away += 1;
            }
            let part = day_part(local.hour(), calendar.is_workday(local.day));
            match before {
                Some((day, from, last)) if day == local.day => {
                    let other = from == ELSEWHERE && place == ELSEWHERE && last.cell != event.cell;
                    let elapsed_ms = event.time_utc_ms - last.time_utc_ms;
                    let when = (part, pause(elapsed_ms));
                    moves[move_entry(group, when, (from, place + usize::from(other)))] += 1.0;
                    gaps[gap_bin(elapsed_ms)] += 1.0;
                    steps += 1;
                }
                _ => {
                    first[first_entry(group, part, place)] += 1.0;
                    days += 1;
                }
            }
            before = Some((local.day, place, event));
        }
        let window_days = u32::from(calendar.days());
        let level = |amount: u32, full: u32| {
            let share = u64::from(UNITS_PER_PERSON) * u64::from(amount.min(full));
            (share / u64::from(full.max(1))) as u32
        };
        let moved = level(steps, window_days * FULL_MOVES_A_DAY);
        Self {
            first: sparse(&first, level(days, window_days)),
            moves: sparse(&moves, moved),
            gaps: sparse(&gaps, moved),
            near: sparse(&near, UNITS_PER_PERSON),
            elsewhere: sparse(&elsewhere, level(away, window_days)),
        }
    }
}

fn gap_bin(elapsed_ms: i64) -> usize {
    let inner = &GAP_EDGES_S[..GAP_EDGES_S.len() - 1];
    inner.partition_point(|edge| edge * 1000.0 < elapsed_ms as f64)
}

fn sparse(weights: &[f64], units: u32) -> Box<[(u32, u32)]> {
    let units = to_units(weights, units);
    (0..).zip(units).filter(|&(_, units)| units > 0).collect()
}

/// The place of a cell among [`PLACES`], and its rank where it is near an anchor.
fn place_of(
    cell: CellIx,
    home: CellIx,
    work: Option<CellIx>,
    around: &Surroundings,
) -> (usize, Option<usize>) {
    if cell == home {
        return (0, None);
    }
    if work == Some(cell) {
        return (1, None);
    }
    if let Some(rank) = around.rank(home, cell) {
        return (2, Some(rank));
    }
    match work.and_then(|work| around.rank(work, cell)) {
        Some(rank) => (3, Some(rank)),
        None => (ELSEWHERE, None),
    }
}
