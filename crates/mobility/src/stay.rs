use std::ops::Range;

use erewhon_types::CellIx;
use serde::{Deserialize, Serialize};

use crate::Track;

/// When a subscriber stays. Public: chosen by a person, never tuned on the data.
///
/// A stay begins at an event, whose cell *leads* it, and takes in the events after it, as long as
///
/// 1. they are at cells within [`radius_m`](Self::radius_m) of the leading cell,
/// 2. each comes at most [`max_gap_s`](Self::max_gap_s) after the last one that was taken in,
/// 3. or, where events elsewhere lie between the two, at most
///    [`max_excursion_s`](Self::max_excursion_s): a phone that swings to another cell and back has
///    not moved.
///
/// It is a stay if its last event is at least [`min_s`](Self::min_s) after its first, or else no stay
/// begins there and the next event is tried. Times are differences of UTC instants, so a clock change
/// makes no stay longer or shorter; a stay may go over midnight, and one that the window cuts ends
/// there. A cell that moved by more than the radius within the period ends the stays there; one that
/// paused, or two cells on one mast, do not.
///
/// Sources: distance from the first point and least duration, Li and others, "Mining User Similarity
/// Based on Location History", 2008, after Hariharan and Toyama, "Project Lachesis", 2004; on cells,
/// Calabrese and others, "Estimating Origin-Destination Flows Using Mobile Phone Location Data", 2011,
/// and Jiang and others, "A Review of Urban Computing for Mobile Phone Traces", 2013.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StayRule {
    /// Cells this near to the leading cell, in metres, are where it is; 0 is its mast alone.
    pub radius_m: f64,
    /// Least time from the first to the last event, in seconds; at 0 a single event is a stay.
    pub min_s: u32,
    /// Longest silence within a stay, in seconds.
    pub max_gap_s: u32,
    /// Longest time from the last event before events elsewhere to the first one after, in seconds;
    /// at 0 any event elsewhere ends a stay.
    pub max_excursion_s: u32,
}

impl StayRule {
    /// 500 m and 30 minutes; silence of up to 12 hours, as in Eurostat's multimno
    /// (`max_time_missing_stay_s`), so that a silent night at home is one stay; excursions of up to
    /// 5 minutes, as in the rule of ingest on ping-pong.
    pub const fn usual() -> Self {
        Self {
            radius_m: 500.0,
            min_s: 30 * 60,
            max_gap_s: 12 * 3600,
            max_excursion_s: 5 * 60,
        }
    }
}

impl Default for StayRule {
    fn default() -> Self {
        Self::usual()
    }
}

/// Time that a subscriber was seen to spend at a place, by a [`StayRule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The cell that stands for it: of those within the radius the one with most events; ties: the
    /// lowest row.
    pub cell: CellIx,
    /// Its first event, as a place in [`Track::events`].
    pub first: u32,
    /// Its last event. Between the two there may be events of excursions.
    pub last: u32,
    /// When it was first seen.
    pub arrive_utc_ms: i64,
    /// When it was last seen.
    pub leave_utc_ms: i64,
}

impl Stay {
    /// Milliseconds from arrival to leaving.
    pub const fn dwell_ms(&self) -> u64 {
        self.leave_utc_ms.abs_diff(self.arrive_utc_ms)
    }

    /// Its events, excursions included, as places in [`Track::events`].
    pub fn events(&self) -> Range<usize> {
        self.first as usize..self.last as usize + 1
    }
}

/// The way between two stays: two in a row whose cells are further apart than the radius.
///
/// It took place at some time between departure and arrival. These are when the subscriber was last
/// seen at the one and first seen at the other, so a silent night between two stays makes a long
/// trip; and what was too short for a stay on the way is part of the trip. Somebody back where they
/// were has made no trip, whatever lay between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trip {
    /// The stay that it leaves, as a place in [`Track::stays`]; it leads to the next one.
    pub from: u32,
    /// Cell of the stay that it leaves.
    pub from_cell: CellIx,
    /// Cell of the stay that it leads to.
    pub to_cell: CellIx,
    /// When the one stay was last seen.
    pub depart_utc_ms: i64,
    /// When the next one was first seen.
    pub arrive_utc_ms: i64,
    /// Metres between the two cells.
    pub distance_m: f64,
}

mod near;

use near::Near;

/// Events in a row at one cell, none silent for longer than the rule allows.
struct Run {
    cell: CellIx,
    first: usize,
    last: usize,
}

/// The stays of a track, ascending in time.
///
/// A run is looked at once for each cell that leads a failed attempt over it, of those within the
/// radius: about linear in the events.
pub(crate) fn stays(track: &Track<'_>, rule: &StayRule) -> Vec<Stay> {
    let events = track.events();
    let utc_ms = |event: usize| events[event].time_utc_ms;
    let (max_gap_ms, excursion_ms) = (ms(rule.max_gap_s), ms(rule.max_excursion_s));
    let runs = runs(track, max_gap_ms);
    let silent_ms =
        |before: usize, next: usize| utc_ms(runs[next].first) - utc_ms(runs[before].last);
    let mut near = Near::new(track.public().cells, &runs, rule.radius_m);
    let mut stays = Vec::new();
    let mut inside = Vec::new();
    // Cells that led an attempt, and its last run: what begins inside with the same cell fails too.
    let mut failed = vec![0; track.visits().len()];
    let seen_at = track.seen_at();
    let mut first = 0;
    while first < runs.len() {
        let lead = &runs[first];
        let failed = &mut failed[seen_at[lead.first] as usize];
        if *failed > first {
            first += 1;
            continue;
        }
        inside.clear();
        inside.push((lead.cell, lead.last - lead.first + 1));
        let mut last = first;
        let in_time = |before: usize, next: usize| {
            let most_ms = if next == before + 1 {
                max_gap_ms
            } else {
                excursion_ms
            };
            silent_ms(before, next) <= most_ms
        };
        // Nobody can be back in time after one elsewhere that is late.
        let late = |before: usize, next: usize| silent_ms(before, next) > excursion_ms;
        while let Some(next) = near.next(lead.cell, last, late)
            && in_time(last, next)
        {
            inside.push((runs[next].cell, runs[next].last - runs[next].first + 1));
            last = next;
        }
        let (from, to) = (lead.first, runs[last].last);
        if utc_ms(to) - utc_ms(from) < ms(rule.min_s) {
            *failed = last + 1;
            first += 1;
            continue;
        }
        stays.push(Stay {
            cell: most_seen(&mut inside).unwrap_or(lead.cell),
            first: from as u32,
            last: to as u32,
            arrive_utc_ms: utc_ms(from),
            leave_utc_ms: utc_ms(to),
        });
        first = last + 1;
    }
    stays
}

/// The trips between stays, ascending in time.
pub(crate) fn trips(track: &Track<'_>, rule: &StayRule, stays: &[Stay]) -> Vec<Trip> {
    let cells = track.public().cells;
    let way = |(from, pair): (usize, &[Stay])| Trip {
        from: from as u32,
        from_cell: pair[0].cell,
        to_cell: pair[1].cell,
        depart_utc_ms: pair[0].leave_utc_ms,
        arrive_utc_ms: pair[1].arrive_utc_ms,
        distance_m: cells.distance_m(pair[0].cell, pair[1].cell),
    };
    let ways = stays.windows(2).enumerate().map(way);
    ways.filter(|trip| trip.distance_m > rule.radius_m)
        .collect()
}

const fn ms(seconds: u32) -> i64 {
    seconds as i64 * 1000
}

fn runs(track: &Track<'_>, max_gap_ms: i64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = i64::MIN;
    for (place, event) in track.events().iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.cell == event.cell && event.time_utc_ms - before <= max_gap_ms => {
                run.last = place;
            }
            _ => runs.push(Run {
                cell: event.cell,
                first: place,
                last: place,
            }),
        }
        before = event.time_utc_ms;
    }
    runs
}

/// The cell with most events; ties: the lowest row.
fn most_seen(seen: &mut [(CellIx, usize)]) -> Option<CellIx> {
    if let &mut [(only, _)] = seen {
        return Some(only);
    }
    seen.sort_unstable();
    let of_cell = |of_cell: &[(CellIx, usize)]| {
        let events: usize = of_cell.iter().map(|&(_, events)| events).sum();
        (events, std::cmp::Reverse(of_cell[0].0))
    };
    let best = seen.chunk_by(|a, b| a.0 == b.0).map(of_cell).max();
    best.map(|(_, cell)| cell.0)
}

#[cfg(test)]
mod tests;
