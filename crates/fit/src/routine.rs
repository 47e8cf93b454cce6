use erewhon_geo::CellTable;
use erewhon_mobility::{Public, Track};
use erewhon_model::{
    CellShares, Commutes, DAY_PARTS, DistanceRow, DistanceTable, Moves, PLACES, PairTable, Routine,
    day_part,
};
use erewhon_types::CellIx;

use crate::{
    bins::DistanceBins,
    fit::Table,
    project::{normalise, shrink},
    rounding::to_units,
    summary::UNITS_PER_PERSON,
};

/// Cells round an anchor that its phone may be served by while it does not move.
pub(crate) const NEAR_CELLS: usize = 6;
/// Moves a day with which a subscriber counts fully; who has more counts no more.
const FULL_MOVES_A_DAY: u32 = 8;

const PARTS: usize = DAY_PARTS.len();
const HERE: usize = PLACES.len();
/// Places after a move: another one elsewhere is told from the same.
const NEXT: usize = HERE + 1;
const ELSEWHERE: usize = HERE - 1;

/// Entries of the table of first places: with or without work, part of the day, place.
pub(crate) const FIRST_ENTRIES: usize = 2 * PARTS * HERE;
/// Entries of the table of moves: with or without work, part of the day, place, next place.
pub(crate) const MOVE_ENTRIES: usize = 2 * PARTS * HERE * NEXT;

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
        let mut near = vec![0.0; NEAR_CELLS];
        let mut elsewhere = vec![0.0; bins.upper_edges_m.len()];
        let (mut days, mut steps, mut away) = (0_u32, 0_u32, 0_u32);
        let mut before: Option<(u16, usize, CellIx)> = None;
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
                Some((day, from, cell)) if day == local.day => {
                    let other = from == ELSEWHERE && place == ELSEWHERE && cell != event.cell;
                    let to = place + usize::from(other);
                    moves[((group * PARTS + part) * HERE + from) * NEXT + to] += 1.0;
                    steps += 1;
                }
                _ => {
                    first[(group * PARTS + part) * HERE + place] += 1.0;
                    days += 1;
                }
            }
            before = Some((local.day, place, event.cell));
        }
        let window_days = u32::from(calendar.days());
        let level = |amount: u32, full: u32| {
            let share = u64::from(UNITS_PER_PERSON) * u64::from(amount.min(full));
            (share / u64::from(full.max(1))) as u32
        };
        Self {
            first: sparse(&first, level(days, window_days)),
            moves: sparse(&moves, level(steps, window_days * FULL_MOVES_A_DAY)),
            near: sparse(&near, UNITS_PER_PERSON),
            elsewhere: sparse(&elsewhere, level(away, window_days)),
        }
    }
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

/// The measured tables of a routine.
pub(crate) struct RoutineTables {
    pub(crate) pairs: Table,
    pub(crate) first: Table,
    pub(crate) moves: Table,
    pub(crate) near: Table,
    pub(crate) elsewhere: Table,
}

/// Makes noisy tables consistent. Post-processing.
pub(crate) fn routine(
    cells: &CellTable,
    tables: &RoutineTables,
    zone_of_cell: Vec<u32>,
    upper_edges_m: &[f64],
    (home, work, commute): (&CellShares, &CellShares, &DistanceTable),
) -> Routine {
    let commutes = Commutes::new(cells, home, work, commute, None);
    let guess = commutes.pair_shares(&zone_of_cell);
    let share = lean(&tables.pairs, &guess);
    let even = vec![1.0 / NEAR_CELLS as f64; NEAR_CELLS];
    let bins = upper_edges_m.len();
    let far = shares_of(
        &tables.elsewhere.people,
        tables.elsewhere.sd,
        &vec![1.0 / bins as f64; bins],
    );
    Routine {
        pairs: PairTable {
            share,
            zone_of_cell,
        },
        with_work: moves(tables, 0),
        without_work: moves(tables, 1),
        near_share: shares_of(&tables.near.people, tables.near.sd, &even),
        elsewhere: DistanceTable {
            zone_of_cell: vec![0; cells.len()],
            upper_edges_m: upper_edges_m.to_vec(),
            rows: vec![DistanceRow {
                same_place_share: 0.0,
                bin_share: far,
                none_share: 0.0,
            }],
        },
    }
}

/// A part of what a guess says is taken for its own standard deviation.
const GUESS_ERROR: f64 = 0.5;

/// Moves a guess towards noisy counts, entry by entry, as far as the noise deserves it.
fn lean(table: &Table, guess: &[f64]) -> Vec<f64> {
    let people = table.people.iter().sum::<f64>().max(1.0);
    let noise = table.sd * table.sd;
    let entry = |(count, guess): (&f64, &f64)| {
        let guess = guess * people;
        let spread = (GUESS_ERROR * guess).powi(2) + guess;
        if spread + noise <= 0.0 {
            return count.max(0.0);
        }
        ((count * spread + guess * noise) / (spread + noise)).max(0.0)
    };
    normalise(
        &table
            .people
            .iter()
            .zip(guess)
            .map(entry)
            .collect::<Vec<f64>>(),
    )
}

fn shares_of(counts: &[f64], sd: f64, guess: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    if total > 0.0 {
        shrink(counts, sd, guess, total)
    } else {
        guess.to_vec()
    }
}

/// Whether somebody can be at a place.
const fn exists(group: usize, place: usize) -> bool {
    group == 0 || !matches!(place, 1 | 3)
}

/// Rows of a part of the day lean on those of the whole week.
fn moves(tables: &RoutineTables, group: usize) -> Moves {
    let first = rows(&tables.first, group, None);
    let next = (0..HERE).map(|from| rows(&tables.moves, group, Some(from)));
    let by_place: Vec<Vec<Vec<f64>>> = next.collect();
    let part = |part: usize| by_place.iter().map(|rows| rows[part].clone()).collect();
    Moves {
        first,
        next: (0..PARTS).map(part).collect(),
    }
}

/// By part of the day the shares of one group, of first places or of what follows a place.
fn rows(table: &Table, group: usize, from: Option<usize>) -> Vec<Vec<f64>> {
    let width = from.map_or(HERE, |_| NEXT);
    let can = |to: usize| {
        let moves_on = to < HERE || from == Some(ELSEWHERE);
        moves_on && exists(group, to.min(ELSEWHERE)) && from.is_none_or(|from| exists(group, from))
    };
    let allowed: Vec<usize> = (0..width).filter(|to| can(*to)).collect();
    if allowed.is_empty() {
        // Nobody is ever there: stay, for want of anything else.
        let mut stay = vec![0.0; width];
        stay[0] = 1.0;
        return vec![stay; PARTS];
    }
    let counts = |part: usize| -> Vec<f64> {
        let row = match from {
            None => (group * PARTS + part) * HERE,
            Some(from) => ((group * PARTS + part) * HERE + from) * NEXT,
        };
        allowed.iter().map(|to| table.people[row + to]).collect()
    };
    let mut week = vec![0.0; allowed.len()];
    for part in 0..PARTS {
        for (sum, count) in week.iter_mut().zip(counts(part)) {
            *sum += count;
        }
    }
    let even = vec![1.0 / allowed.len() as f64; allowed.len()];
    let week = shares_of(&week, table.sd * (PARTS as f64).sqrt(), &even);
    let row = |part: usize| {
        let mut row = vec![0.0; width];
        for (to, share) in allowed
            .iter()
            .zip(shares_of(&counts(part), table.sd, &week))
        {
            row[*to] = share;
        }
        row
    };
    (0..PARTS).map(row).collect()
}
