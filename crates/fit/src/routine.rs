use erewhon_geo::CellTable;
use erewhon_model::{
    CellShares, Commutes, DistanceTable, GapTable, Habit, Moves, PAUSES, PairTable, RatioTable,
    ReachTable, Routine,
    place::{ELSEWHERE, NEAR_WORK, WORK},
};

use crate::{
    days::{AWAY, FIRST, GAP_EDGES_S, HERE, MOVES, NEXT, PARTS, RATIO_EDGES},
    fit::Table,
    margins::{Margins, NO_IDEA, lean},
    project::normalise,
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
    let (usual, ratios) = tables.elsewhere.people.split_at(upper_edges_m.len());
    let often = often(&tables.first);
    let habits = |group: usize| {
        let habit = |away: usize| Habit {
            share: often[away],
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
        reach: ReachTable {
            upper_edges_m: upper_edges_m.to_vec(),
            share: of_all(usual, tables.elsewhere.sd),
        },
        spread: RatioTable {
            upper_edges: RATIO_EDGES.to_vec(),
            share: of_all(ratios, tables.elsewhere.sd),
        },
    }
}

/// Shares of people by how often they are elsewhere.
fn often(table: &Table) -> Vec<f64> {
    let rows = table.people[FIRST[1]..FIRST[2]].chunks(HERE);
    normalise(
        &rows
            .map(|row| row.iter().sum::<f64>().max(0.0))
            .collect::<Vec<f64>>(),
    )
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
