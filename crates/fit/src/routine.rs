use erewhon_geo::CellTable;
use erewhon_model::{
    CellShares, Commutes, DistanceTable, GapTable, Habit, Moves, PAUSES, PairTable, RatioTable,
    Routine,
};

use crate::{
    days::{AWAY, ELSEWHERE, GAP_EDGES_S, HERE, NEXT, PARTS, RATIO_EDGES, first_entry, move_entry},
    fit::Table,
    project::normalise,
};

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
    let share = lean(&tables.pairs.people, tables.pairs.sd, &guess);
    let of_all =
        |counts: &[f64], sd: f64| lean(counts, sd, &vec![1.0 / counts.len() as f64; counts.len()]);
    let (usual, ratios) = (tables.elsewhere.people).split_at(AWAY * upper_edges_m.len());
    let reach = reaches(usual, upper_edges_m.len(), tables.elsewhere.sd);
    let habits = |without: bool| {
        let group = |away: usize| away + if without { AWAY } else { 0 };
        let sizes: Vec<f64> = (0..AWAY)
            .map(|away| first_counts(&tables.first, group(away)).sum())
            .collect();
        let shares = normalise(&sizes.iter().map(|size| size.max(0.0)).collect::<Vec<f64>>());
        let habit = |(away, share): (usize, f64)| Habit {
            share,
            moves: moves(tables, group(away)),
            reach_share: reach[away].clone(),
        };
        (0..AWAY).zip(shares).map(habit).collect()
    };
    Routine {
        pairs: PairTable {
            share,
            zone_of_cell,
        },
        with_work: habits(false),
        without_work: habits(true),
        gaps: GapTable {
            upper_edges_s: GAP_EDGES_S.to_vec(),
            share: of_all(&tables.gaps.people, tables.gaps.sd),
        },
        near_share: of_all(&tables.near.people, tables.near.sd),
        reach_edges_m: upper_edges_m.to_vec(),
        spread: RatioTable {
            upper_edges: RATIO_EDGES.to_vec(),
            share: of_all(ratios, tables.elsewhere.sd),
        },
    }
}

/// Usual distances by how often people are elsewhere, each leaning on everybody's.
fn reaches(usual: &[f64], bins: usize, sd: f64) -> Vec<Vec<f64>> {
    let even = vec![1.0 / bins as f64; bins];
    let rows = || usual.chunks(bins).map(<[f64]>::to_vec);
    let everybody = lean_on(&sum(rows()), sd, AWAY, &even);
    rows().map(|row| lean(&row, sd, &everybody)).collect()
}

fn first_counts(table: &Table, group: usize) -> impl Iterator<Item = f64> {
    let all = (0..PARTS).flat_map(|part| (0..HERE).map(move |place| (part, place)));
    all.map(move |(part, place)| table.people[first_entry(group, part, place)])
}

/// A part of what a guess says is taken for its own standard deviation.
const GUESS_ERROR: f64 = 0.5;

/// Moves a guess towards noisy counts, entry by entry, as far as the noise deserves it; shares.
fn lean(counts: &[f64], sd: f64, guess: &[f64]) -> Vec<f64> {
    let total = counts.iter().sum::<f64>();
    if total <= 0.0 {
        return normalise(guess);
    }
    let noise = sd * sd;
    let entry = |(count, guess): (&f64, &f64)| {
        let guess = guess * total;
        let spread = (GUESS_ERROR * guess).powi(2) + guess;
        if spread + noise <= 0.0 {
            return count.max(0.0);
        }
        ((count * spread + guess * noise) / (spread + noise)).max(0.0)
    };
    normalise(&counts.iter().zip(guess).map(entry).collect::<Vec<f64>>())
}

/// Whether somebody can be at a place.
const fn exists(group: usize, place: usize) -> bool {
    group < AWAY || !matches!(place, 1 | 3)
}

fn moves(tables: &RoutineTables, group: usize) -> Moves {
    let by_place: Vec<Vec<Vec<Vec<f64>>>> = (0..HERE)
        .map(|from| chains(&tables.moves, group, from))
        .collect();
    let rows = |part: usize, pause: usize| -> Vec<Vec<f64>> {
        let of = |by_when: &Vec<Vec<Vec<f64>>>| by_when[part][pause].clone();
        by_place.iter().map(of).collect()
    };
    let pauses = |part: usize| (0..PAUSES).map(|pause| rows(part, pause)).collect();
    Moves {
        first: first_places(&tables.first, group),
        next: (0..PARTS).map(pauses).collect(),
    }
}

/// By part of the day the shares of first places; a part leans on the week.
fn first_places(table: &Table, group: usize) -> Vec<Vec<f64>> {
    let allowed: Vec<usize> = (0..HERE).filter(|place| exists(group, *place)).collect();
    let counts = |part: usize| -> Vec<f64> {
        let at = |place: &usize| table.people[first_entry(group, part, *place)];
        allowed.iter().map(at).collect()
    };
    let even = vec![1.0 / allowed.len() as f64; allowed.len()];
    let week = lean_on(&sum((0..PARTS).map(counts)), table.sd, PARTS, &even);
    let row = |part| spread(&allowed, &lean(&counts(part), table.sd, &week), HERE);
    (0..PARTS).map(row).collect()
}

/// By part of the day and pause the shares of what follows a place.
///
/// A part of the day and a pause lean on the week; both together lean on what each of them says, as
/// if they had nothing to do with one another given the move.
fn chains(table: &Table, group: usize, from: usize) -> Vec<Vec<Vec<f64>>> {
    let can = |to: &usize| {
        let moves_on = *to < HERE || from == ELSEWHERE;
        moves_on && exists(group, (*to).min(ELSEWHERE)) && exists(group, from)
    };
    let allowed: Vec<usize> = (0..NEXT).filter(can).collect();
    if allowed.is_empty() {
        // Nobody is ever there: go home, for want of anything else.
        return vec![vec![spread(&[0], &[1.0], NEXT); PAUSES]; PARTS];
    }
    let counts = |part: usize, pause: usize| -> Vec<f64> {
        let at = |to: &usize| table.people[move_entry(group, (part, pause), (from, *to))];
        allowed.iter().map(at).collect()
    };
    let of_part = |part: usize| sum((0..PAUSES).map(|pause| counts(part, pause)));
    let of_pause = |pause: usize| sum((0..PARTS).map(|part| counts(part, pause)));
    let even = vec![1.0 / allowed.len() as f64; allowed.len()];
    let week = lean_on(
        &sum((0..PARTS).map(of_part)),
        table.sd,
        PARTS * PAUSES,
        &even,
    );
    let parts: Vec<Vec<f64>> = (0..PARTS)
        .map(|part| lean_on(&of_part(part), table.sd, PAUSES, &week))
        .collect();
    let pauses: Vec<Vec<f64>> = (0..PAUSES)
        .map(|pause| lean_on(&of_pause(pause), table.sd, PARTS, &week))
        .collect();
    let row = |part: usize, pause: usize| {
        let both = parts[part].iter().zip(&pauses[pause]).zip(&week);
        let guess: Vec<f64> = both
            .map(|((part, pause), week)| {
                if *week > 0.0 {
                    part * pause / week
                } else {
                    0.0
                }
            })
            .collect();
        let share = lean(&counts(part, pause), table.sd, &normalise(&guess));
        spread(&allowed, &share, NEXT)
    };
    (0..PARTS)
        .map(|part| (0..PAUSES).map(|pause| row(part, pause)).collect())
        .collect()
}

/// Shares of counts that are sums of `of` entries each.
fn lean_on(counts: &[f64], sd: f64, of: usize, guess: &[f64]) -> Vec<f64> {
    lean(counts, sd * (of as f64).sqrt(), guess)
}

fn sum(rows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    rows.reduce(|sum, row| sum.iter().zip(row).map(|(a, b)| a + b).collect())
        .unwrap_or_default()
}

/// Shares of the allowed entries among all.
fn spread(allowed: &[usize], shares: &[f64], width: usize) -> Vec<f64> {
    let mut row = vec![0.0; width];
    for (to, share) in allowed.iter().zip(shares) {
        row[*to] = *share;
    }
    row
}
