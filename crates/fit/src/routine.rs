use erewhon_geo::{CellTable, Nearness};
use erewhon_model::{
    CellShares, Commutes, DistanceTable, ElsewhereTable, GapTable, Habit, Moves, PAUSES, PairTable,
    Routine,
    place::{ELSEWHERE, NEAR_WORK, WORK},
};

use crate::{
    days::{AWAY, FIRST, GAP_EDGES_S, HERE, MOVES, NEXT, PARTS},
    fit::Table,
    margins::{Margins, NO_IDEA, lean},
};

/// What part of itself the guess at a pair may be wrong by, as its standard deviation.
const PAIR_ERROR: f64 = 0.5;

/// The measured tables of a routine.
pub(crate) struct RoutineTables {
    pub(crate) pairs: Table,
    pub(crate) first: Table,
    pub(crate) moves: Table,
    pub(crate) gaps: Table,
    pub(crate) near: Table,
    pub(crate) elsewhere: Table,
    pub(crate) jumps: Table,
    pub(crate) habits: Table,
}

/// Makes noisy tables consistent. Post-processing.
pub(crate) fn routine(
    cells: &CellTable,
    tables: &RoutineTables,
    zone_of_cell: Vec<u32>,
    upper_ranks: &[u32],
    (home, work, commute): (&CellShares, &CellShares, &DistanceTable),
) -> Routine {
    let commutes = Commutes::new(cells, home, work, commute, None);
    let guess = commutes.pair_shares(&zone_of_cell);
    // The last entry is those without a place of work.
    let with_work = &tables.pairs.people[..guess.len()];
    let share = lean(with_work, tables.pairs.sd, &guess, PAIR_ERROR);
    let of_all = |counts: &[f64], sd: f64| {
        lean(
            counts,
            sd,
            &vec![1.0 / counts.len() as f64; counts.len()],
            NO_IDEA,
        )
    };
    let (usual, spread) = tables.elsewhere.people.split_at(upper_ranks.len());
    let often = often(&tables.habits);
    let habits = |group: usize| {
        let habit = |away: usize| Habit {
            share: often.iter().map(|of| of[away]).collect(),
            moves: moves(tables, group, away),
        };
        (0..AWAY).map(habit).collect()
    };
    Routine {
        pairs: PairTable {
            share,
            zone_of_cell,
        },
        with_work: habits(0),
        without_work: habits(1),
        gaps: GapTable {
            upper_edges_s: GAP_EDGES_S.to_vec(),
            share: of_all(&tables.gaps.people, tables.gaps.sd),
        },
        near_share: of_all(&tables.near.people, tables.near.sd),
        elsewhere: ElsewhereTable {
            upper_ranks: upper_ranks.to_vec(),
            usual: of_all(usual, tables.elsewhere.sd),
            spread: of_all(spread, tables.elsewhere.sd),
            jumps: jumps(&tables.jumps, upper_ranks.len()),
        },
    }
}

/// By whether people come from elsewhere, how near they go by pause: what noise hides leans on all pauses.
fn jumps(table: &Table, bins: usize) -> Vec<Vec<Vec<f64>>> {
    let from = |people: &[f64]| {
        let part = Table {
            people: people.to_vec(),
            sd: table.sd,
        };
        let ends = [0, people.len()];
        let margins = Margins::of(&part, &ends, (0, bins), 0..bins);
        (0..PAUSES)
            .map(|pause| margins.row(&[pause], bins))
            .collect()
    };
    table.people.chunks(PAUSES * bins).map(from).collect()
}

/// Shares of people by how often they are elsewhere, for each class of openness.
fn often(table: &Table) -> Vec<Vec<f64>> {
    let margins = Margins::of(table, &[0, table.people.len()], (0, AWAY), 0..AWAY);
    (0..Nearness::OPEN)
        .map(|open| margins.row(&[open], AWAY))
        .collect()
}

/// Moves of those with (0) or without (1) a place of work who are so often away.
fn moves(tables: &RoutineTables, group: usize, away: usize) -> Moves {
    let exists = |place: usize| group == 0 || !matches!(place, WORK | NEAR_WORK);
    let from = |from: usize| {
        let moves_on = |to: &usize| *to < HERE || from == ELSEWHERE;
        let can = |to: &usize| moves_on(to) && exists((*to).min(ELSEWHERE)) && exists(from);
        Margins::of(
            &tables.moves,
            &MOVES,
            (from * NEXT, HERE * NEXT),
            (0..NEXT).filter(can),
        )
    };
    let places = (0..HERE).filter(|place| exists(*place));
    let first = Margins::of(&tables.first, &FIRST, (0, HERE), places);
    let by_place: Vec<Margins> = (0..HERE).map(from).collect();
    let rows = |part: usize, pause: usize| -> Vec<Vec<f64>> {
        let row = |margins: &Margins| margins.row(&[group * PARTS + part, pause, away], NEXT);
        by_place.iter().map(row).collect()
    };
    let pauses = |part: usize| (0..PAUSES).map(|pause| rows(part, pause)).collect();
    let day = |part: usize| first.row(&[group * PARTS + part, away], HERE);
    Moves {
        first: (0..PARTS).map(day).collect(),
        next: (0..PARTS).map(pauses).collect(),
    }
}
