use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use erewhon_types::{CellIx, Result};
use rand::seq::SliceRandom;
use rand::seq::index::sample;
use rand::{Rng, RngExt};

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, Scene, draw::draws, scene::MIN_TARGETS,
    stage::Stage, words,
};

/// Fewest trips of a row that is a target.
const FEWEST_TRIPS: usize = 3;

/// A19: do single trips without a pseudonym lead back to people?
///
/// The attacker has the trips of all rows of the release, without anything that says whose they are:
/// from one place at one time to another. Where a trip begins, an earlier one of the same person ended.
/// For each trip, in order of time, he takes the latest arrival at the place that has not gone on yet,
/// first among those that came from where the trip goes: people go home the way they came. The chains
/// are his guess at who is who. The question is that of arXiv:2502.08217, whose clusters may be better:
/// this is a floor. Time goes with the trips, and sorting them.
///
/// Nobody is outside: every trip is of somebody in the release, so there is no control group.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable("tables have no trips to link"));
    };
    if release.kind() == ReleaseKind::Synthetic {
        return Ok(Attack::not_applicable(
            "trips of synthetic subscribers lead back to nobody",
        ));
    }
    let mut rng = draws(scene.spec.seed, "trips", 0);
    let mut trips = trips(&rows.people);
    trips.shuffle(&mut rng);
    let before = link(&trips);
    let able_to = "make enough trips";
    let Some(row) = row(&trips, &before, rows.people.len(), scene, &mut rng) else {
        return Ok(Attack::played("", able_to, Vec::new()));
    };
    let (precision, recall, clusters) = compare(&trips, &before);
    let verdict = format!(
        "The earlier trip that a single trip is linked to is of the same person for {} of the \
         subscribers: leaving pseudonyms out of trips does not keep them apart.",
        words::share(&row.members)
    );
    let attack = Attack {
        verdict,
        ..Attack::played(
            "Trips are released one by one, without pseudonyms. The attacker links each to an earlier \
             one that ended where it begins; success is one of the same person.",
            able_to,
            vec![row],
        )
    };
    Ok(attack
        .with_figure(
            "pairs of trips in one chain that are of one person, share",
            precision,
        )
        .with_figure(
            "pairs of trips of one person that are in one chain, share",
            recall,
        )
        .with_figure(
            "chains per person",
            clusters as f64 / rows.people.len() as f64,
        ))
}

/// From the last event at one place to the first at the next.
#[derive(Clone, Copy)]
struct Trip {
    from: CellIx,
    to: CellIx,
    start_s: u32,
    end_s: u32,
    /// Tells whether a link is right; no attacker looks here.
    row: u32,
}

fn trips(people: &People) -> Vec<Trip> {
    let mut trips = Vec::new();
    for row in 0..people.len() {
        for pair in people
            .of(row)
            .windows(2)
            .filter(|pair| pair[0].cell != pair[1].cell)
        {
            trips.push(Trip {
                from: pair[0].cell,
                to: pair[1].cell,
                start_s: pair[0].time_s,
                end_s: pair[1].time_s,
                row: row as u32,
            });
        }
    }
    trips
}

/// The earlier trip that each is taken to follow, none of which leads back to itself: where times are
/// coarse a trip begins when it ends, so it must have begun before one that follows it, in one order
/// of all trips.
fn link(trips: &[Trip]) -> Vec<Option<u32>> {
    let mut order: Vec<usize> = (0..trips.len()).collect();
    order.sort_by_key(|&at| (trips[at].start_s, trips[at].end_s));
    let mut under_way = BinaryHeap::new();
    let mut gone = vec![false; trips.len()];
    let mut before = vec![None; trips.len()];
    let mut at_place: HashMap<CellIx, Vec<usize>> = HashMap::new();
    let mut by_way: HashMap<(CellIx, CellIx), Vec<usize>> = HashMap::new();
    for (turn, at) in order.iter().copied().enumerate() {
        let trip = trips[at];
        while let Some(&Reverse((end_s, turn))) = under_way.peek() {
            if end_s > trip.start_s {
                break;
            }
            under_way.pop();
            let arrived: usize = order[turn];
            let Trip { from, to, .. } = trips[arrived];
            at_place.entry(to).or_default().push(arrived);
            by_way.entry((from, to)).or_default().push(arrived);
        }
        under_way.push(Reverse((trip.end_s, turn)));
        let same_way = by_way.get_mut(&(trip.to, trip.from));
        let found = same_way.and_then(|stack| latest(stack, &gone));
        let found = found.or_else(|| latest(at_place.get_mut(&trip.from)?, &gone));
        if let Some(found) = found {
            gone[found] = true;
            before[at] = Some(found as u32);
        }
    }
    before
}

/// The latest who is still there.
fn latest(stack: &mut Vec<usize>, gone: &[bool]) -> Option<usize> {
    while stack.pop_if(|&mut last| gone[last]).is_some() {}
    stack.pop()
}

/// One later trip of each of at most `spec.targets` rows: is it linked to a trip of the same row?
fn row(
    trips: &[Trip],
    before: &[Option<u32>],
    rows: usize,
    scene: &Scene<'_>,
    rng: &mut impl Rng,
) -> Option<AttackRow> {
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); rows];
    for (at, trip) in trips.iter().enumerate() {
        of[trip.row as usize].push(at);
    }
    of.retain(|of| of.len() >= FEWEST_TRIPS);
    let targets = of.len().min(scene.spec.targets as usize);
    if targets < MIN_TARGETS {
        return None;
    }
    let mut arrivals: HashMap<CellIx, usize> = HashMap::new();
    let mut own: HashMap<(CellIx, u32), usize> = HashMap::new();
    for trip in trips {
        *arrivals.entry(trip.to).or_default() += 1;
        *own.entry((trip.to, trip.row)).or_default() += 1;
    }
    let (mut hits, mut guess) = (0, 0.0);
    for chosen in sample(rng, of.len(), targets) {
        // The first trip of all has none before it.
        let first = of[chosen]
            .iter()
            .copied()
            .min_by_key(|&at| (trips[at].start_s, trips[at].end_s));
        let later: Vec<usize> = of[chosen]
            .iter()
            .copied()
            .filter(|&at| Some(at) != first)
            .collect();
        let at = later[rng.random_range(0..later.len())];
        let trip = trips[at];
        hits += u64::from(before[at].is_some_and(|at| trips[at as usize].row == trip.row));
        let mine = own.get(&(trip.from, trip.row)).copied().unwrap_or(0) as f64;
        guess += mine / arrivals.get(&trip.from).copied().unwrap_or(1) as f64;
    }
    let rate = Rate::of(hits, targets as u64)?;
    let guess = (guess / targets as f64).min(1.0);
    Some(AttackRow::new("one trip".to_owned(), rate, None, guess))
}

/// Precision and recall over pairs of trips that are in one chain, and the number of chains.
fn compare(trips: &[Trip], before: &[Option<u32>]) -> (f64, f64, usize) {
    let mut chain: Vec<Option<u32>> = vec![None; trips.len()];
    let mut chains = 0;
    for start in 0..trips.len() {
        let mut way = vec![start];
        let label = loop {
            let at = way[way.len() - 1];
            if let Some(label) = chain[at] {
                break label;
            }
            match before[at] {
                Some(earlier) => way.push(earlier as usize),
                None => {
                    chains += 1;
                    break chains - 1;
                }
            }
        };
        way.iter().for_each(|&at| chain[at] = Some(label));
    }
    let pairs = |mut of: Vec<(u32, u32)>| {
        of.sort_unstable();
        let runs = of.chunk_by(|a, b| a == b);
        runs.map(|run| (run.len() * (run.len() - 1) / 2) as f64)
            .sum::<f64>()
    };
    let label = |at: usize| chain[at].unwrap_or(0);
    let all = || 0..trips.len();
    let both = pairs(all().map(|at| (label(at), trips[at].row)).collect());
    let linked = pairs(all().map(|at| (label(at), 0)).collect());
    let same = pairs(all().map(|at| (trips[at].row, 0)).collect());
    let share = |of: f64| if of > 0.0 { both / of } else { 0.0 };
    (share(linked), share(same), chains as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trip(row: u32, from: u32, to: u32, start_s: u32, end_s: u32) -> Trip {
        Trip {
            from: CellIx(from),
            to: CellIx(to),
            start_s,
            end_s,
            row,
        }
    }

    #[test]
    fn who_came_from_there_goes_back_there() {
        // Both are at place 0; the one who came later is from 2, and the trip back to 1 is the other's.
        let trips = [
            trip(7, 1, 0, 0, 10),
            trip(8, 2, 0, 5, 20),
            trip(7, 0, 1, 30, 40),
            trip(8, 0, 3, 50, 60),
        ];
        let before = link(&trips);
        assert_eq!(before, [None, None, Some(0), Some(1)]);
        assert_eq!(compare(&trips, &before), (1.0, 1.0, 2));
        // A trip can't follow one that had not ended.
        assert_eq!(
            link(&[trip(1, 0, 1, 0, 30), trip(1, 1, 0, 20, 40)]),
            [None, None]
        );
    }

    /// Two trips there and back within one second, each of which ends where the other begins.
    #[test]
    fn no_trip_leads_back_to_itself() {
        let trips = [trip(1, 0, 1, 9, 9), trip(1, 1, 0, 9, 9)];
        assert_eq!(link(&trips), [None, Some(0)]);
        assert_eq!(compare(&trips, &link(&trips)), (1.0, 1.0, 1));
    }

    #[test]
    fn pairs_are_counted_by_hand() {
        let trips = [
            trip(1, 0, 1, 0, 1),
            trip(2, 1, 2, 2, 3),
            trip(2, 2, 1, 4, 5),
        ];
        // One chain of all three: 3 pairs, 1 of them right; row 2 has 1 pair, found.
        assert_eq!(
            compare(&trips, &[None, Some(0), Some(1)]),
            (1.0 / 3.0, 1.0, 1)
        );
        // Nothing linked.
        assert_eq!(compare(&trips, &[None; 3]), (0.0, 0.0, 3));
    }
}
