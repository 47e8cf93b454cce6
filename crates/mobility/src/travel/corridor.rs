use std::sync::Arc;

use erewhon_geo::CellTable;
use erewhon_types::{CellIx, Error, Result};
use serde::{Deserialize, Serialize};

use super::{check_frame, check_names, check_position, check_range, no_cell};
use crate::Track;

/// A line, such as a railway or a motorway, and when somebody travels along it. Public: declared by a
/// person, never tuned on the data.
///
/// Cells within [`within_m`](Self::within_m) of the line stand on it, where they are nearest to it; events
/// elsewhere are not looked at. Somebody travels forward, the way in which the points are given, as long as
///
/// 1. each event on the line comes at most [`max_silence_s`](Self::max_silence_s) after the one before,
/// 2. none lies more than [`slack_m`](Self::slack_m) behind the furthest before it,
/// 3. they are not seen for longer than [`max_stop_s`](Self::max_stop_s) to get on by no more than the slack.
///
/// It is a trip, from the last cell within the slack of its start to the first within the slack of its end, if
/// they lie [`min_m`](Self::min_m) apart, [`min_cells`](Self::min_cells) cells were seen, and the mean speed is
/// [`min_km_h`](Self::min_km_h) to [`max_km_h`](Self::max_km_h). Length and time are those between the borders of
/// the first cell and of the last, since nobody knows how long a phone was in either: a border is crossed half-way
/// from one cell to the next, and half-way between the last event at the one and the first at the other.
/// Backward is the same along the reversed line.
///
/// Two lines that run side by side within the reach of the same cells have the same trips: records of
/// cells can't tell a railway from the motorway beside it but by speed. On a line that comes back to
/// itself a cell stands at the first of its nearest places.
///
/// Sources: sequences of cells along known routes, Schlaich, Otterstätter and Friedrich, "Generating
/// Trajectories from Mobile Phone Data", TRB 2010; travel times and congestion from them, Janecek and others,
/// "The Cellular Network as a Sensor", IEEE Transactions on Intelligent Transportation Systems 16(5), 2015.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Corridor {
    /// What tables call it.
    pub name: String,
    /// Its points, two at least: longitude and latitude in degrees, as in GeoJSON, or metres east and north
    /// where the cells are in a planar frame.
    pub line: Vec<(f64, f64)>,
    /// Cells this near to the line stand on it, in metres.
    pub within_m: f64,
    /// How far back along the line the serving cell may jump while one travels on, in metres.
    pub slack_m: f64,
    /// Longest silence on the way, in seconds.
    pub max_silence_s: u32,
    /// Longest time without getting on, in seconds.
    pub max_stop_s: u32,
    /// Least distance along the line from the first cell to the last, in metres.
    pub min_m: f64,
    /// Least number of different cells on the line.
    pub min_cells: u32,
    /// Least mean speed. Below that of the slowest jam, since who is slower is not seen to travel.
    pub min_km_h: f64,
    /// Greatest mean speed.
    pub max_km_h: f64,
    /// Speed when the line is free; `None` where congestion is not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_flow_km_h: Option<f64>,
}

impl Default for Corridor {
    /// No line yet; 2 km, 1.5 km of slack, half an hour of silence, a stop of 15 minutes, 8 km, 3 cells, 15 to
    /// 250 km/h.
    fn default() -> Self {
        Self {
            name: String::new(),
            line: Vec::new(),
            within_m: 2_000.0,
            slack_m: 1_500.0,
            max_silence_s: 30 * 60,
            max_stop_s: 15 * 60,
            min_m: 8_000.0,
            min_cells: 3,
            min_km_h: 15.0,
            max_km_h: 250.0,
            free_flow_km_h: None,
        }
    }
}

impl Corridor {
    /// Refuses numbers that mean nothing.
    ///
    /// # Errors
    /// Input, when one is outside its range, or the line has fewer than two points.
    pub fn check(&self) -> Result<()> {
        let what = ("corridor", self.name.as_str());
        if self.line.len() < 2
            || self
                .line
                .iter()
                .any(|p| !(p.0.is_finite() && p.1.is_finite()))
        {
            return Err(Error::input(format!(
                "the line of the corridor `{}` has {} points; allowed are two and more, each two numbers",
                self.name,
                self.line.len()
            ))
            .with_hint("write line = [[13.38, 52.52], [13.10, 52.40]]"));
        }
        let time = (1.0, 86_400.0);
        for (key, value, range) in [
            ("within_m", self.within_m, (1.0, 1e5)),
            ("slack_m", self.slack_m, (0.0, 1e5)),
            ("max_silence_s", self.max_silence_s.into(), time),
            ("max_stop_s", self.max_stop_s.into(), time),
            ("min_m", self.min_m, (1.0, 1e7)),
            // Two cells have one border, and no length between borders.
            ("min_cells", self.min_cells.into(), (3.0, 1_000.0)),
            ("min_km_h", self.min_km_h, (0.1, self.max_km_h)),
            ("max_km_h", self.max_km_h, (0.1, 2_000.0)),
            (
                "free_flow_km_h",
                self.free_flow_km_h.unwrap_or(1.0),
                (1.0, 2_000.0),
            ),
        ] {
            check_range(what, key, value, range)?;
        }
        Ok(())
    }
}

/// Corridors over the cells of one network. Public.
#[derive(Clone, Debug, Default)]
pub struct Corridors {
    names: Arc<[String]>,
    on: Vec<(Corridor, Vec<Option<f64>>)>,
}

/// A trip along a corridor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorridorTrip {
    /// Whether it goes the way in which the line's points are given.
    pub forward: bool,
    /// The event at which the subscriber was last seen near the start, as a place in [`Track::events`].
    pub depart: u32,
    /// The event at which the subscriber was first seen near the end.
    pub arrive: u32,
    /// Metres along the line from the border of the first cell to that of the last.
    pub along_m: f64,
    /// Milliseconds between the borders.
    pub travel_ms: i64,
}

impl Corridors {
    /// The corridors of a network.
    ///
    /// # Errors
    /// Input, as [`Corridor::check`], when two have one name, or no cell stands on one; usage, when the cells
    /// have no positions.
    pub fn new(corridors: &[Corridor], cells: &CellTable) -> Result<Self> {
        if corridors.is_empty() {
            return Ok(Self::default());
        }
        check_frame(cells)?;
        check_names("corridor", corridors.iter().map(|c| c.name.as_str()))?;
        let on = corridors.iter().map(|corridor| {
            corridor.check()?;
            corridor
                .line
                .iter()
                .try_for_each(|&at| check_position(("corridor", &corridor.name), at, cells))?;
            let line = corridor.line.iter().map(|&(x, y)| cells.project_m(x, y));
            let line: Vec<(f64, f64)> = line.collect();
            check_legs(corridor, &line)?;
            let along = |&at: &(f64, f64)| {
                let (aside_m, along_m) = nearest_m(&line, at);
                (aside_m <= corridor.within_m).then_some(along_m)
            };
            let along: Vec<Option<f64>> = cells.plane_m().iter().map(along).collect();
            check_cells(corridor, &line, &along, cells)?;
            Ok((corridor.clone(), along))
        });
        Ok(Self {
            names: corridors
                .iter()
                .map(|corridor| corridor.name.clone())
                .collect(),
            on: on.collect::<Result<_>>()?,
        })
    }

    /// Their names, in the order in which they were declared.
    pub fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    /// A corridor.
    pub fn get(&self, corridor: usize) -> Option<&Corridor> {
        self.on.get(corridor).map(|on| &on.0)
    }

    /// Metres from the start of a corridor to where a cell stands on it; `None` for one that does not.
    pub fn along_m(&self, corridor: usize, cell: CellIx) -> Option<f64> {
        let along = &self.on.get(corridor)?.1;
        along.get(cell.index()).copied().flatten()
    }

    /// The trips of one subscriber along each corridor: which one, and the trip. Those forward come before
    /// those backward, and each ascend in time.
    pub fn trips(&self, track: &Track<'_>) -> Vec<(u32, CorridorTrip)> {
        let mut trips = Vec::new();
        let mut seen = Vec::new();
        for (place, (rule, along)) in (0..).zip(&self.on) {
            seen_on(track, rule, along, &mut seen);
            if seen.len() < rule.min_cells as usize {
                continue;
            }
            for forward in [true, false] {
                let sign = if forward { 1.0 } else { -1.0 };
                seen.iter_mut()
                    .for_each(|seen| seen.ahead_m = sign * seen.at_m);
                journeys(rule, &seen, |trip| {
                    trips.push((place, CorridorTrip { forward, ..trip }));
                });
            }
        }
        trips
    }
}

/// Refuses a leg that is longer than any: a digit went wrong in one of its ends.
fn check_legs(corridor: &Corridor, line_m: &[(f64, f64)]) -> Result<()> {
    const MOST_KM: f64 = 1_000.0;
    for pair in line_m.windows(2) {
        let long_km = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1) / 1_000.0;
        if !(0.0..=MOST_KM).contains(&long_km) {
            return Err(Error::input(format!(
                "a leg of the corridor `{}` is {long_km:.0} km long; allowed is up to {MOST_KM} km",
                corridor.name
            ))
            .with_hint("look at its points, or put one between"));
        }
    }
    Ok(())
}

/// Refuses a line along which nobody could ever be seen to travel.
fn check_cells(
    corridor: &Corridor,
    line_m: &[(f64, f64)],
    along: &[Option<f64>],
    cells: &CellTable,
) -> Result<()> {
    let name = &corridor.name;
    if along.iter().all(Option::is_none) {
        let aside_m = cells.plane_m().iter().map(|&at| nearest_m(line_m, at).0);
        let reach = (corridor.within_m, aside_m.fold(f64::MAX, f64::min));
        return Err(no_cell(("corridor", name), reach, cells));
    }
    let mut on: Vec<f64> = along.iter().flatten().copied().collect();
    on.sort_by(f64::total_cmp);
    let far_m = on.last().unwrap_or(&0.0) - on.first().unwrap_or(&0.0);
    if on.len() < corridor.min_cells as usize || far_m < corridor.min_m {
        return Err(Error::input(format!(
            "nobody can be seen to travel along the corridor `{name}`: {} cells stand on {far_m:.0} m of it, and a trip \
             takes {} cells and {} m",
            on.len(),
            corridor.min_cells,
            corridor.min_m
        ))
        .with_hint("a larger `within_m` takes in more cells, a smaller `min_m` shorter trips"));
    }
    Ok(())
}

/// How far a point is from a line, and how far along it stands, in metres.
fn nearest_m(line: &[(f64, f64)], at: (f64, f64)) -> (f64, f64) {
    let mut best = (f64::INFINITY, 0.0);
    let mut before_m = 0.0;
    for pair in line.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let (dx, dy) = (bx - ax, by - ay);
        let long_m = dx.hypot(dy);
        let share = if long_m > 0.0 {
            (((at.0 - ax) * dx + (at.1 - ay) * dy) / (long_m * long_m)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let aside_m = (at.0 - ax - share * dx).hypot(at.1 - ay - share * dy);
        if aside_m < best.0 {
            best = (aside_m, before_m + share * long_m);
        }
        before_m += long_m;
    }
    best
}

/// Events in a row at one cell on the line, none silent for longer than the rule allows.
struct Seen {
    at_m: f64,
    /// The same in the direction that is looked at.
    ahead_m: f64,
    cell: u32,
    first: u32,
    last: u32,
    first_ms: i64,
    last_ms: i64,
}

fn seen_on(track: &Track<'_>, rule: &Corridor, along: &[Option<f64>], seen: &mut Vec<Seen>) {
    seen.clear();
    let events = track.events();
    let begins = track.stretches();
    let ends = begins.iter().skip(1).copied().chain([events.len() as u32]);
    for (&begin, end) in begins.iter().zip(ends) {
        let cell = events[begin as usize].cell;
        let Some(at_m) = along[cell.index()] else {
            continue;
        };
        let of_cell = &events[begin as usize..end as usize];
        let mut first = begin;
        for heard in
            of_cell.chunk_by(|a, b| b.time_utc_ms - a.time_utc_ms <= ms(rule.max_silence_s))
        {
            let next = first + heard.len() as u32;
            seen.push(Seen {
                at_m,
                ahead_m: at_m,
                cell: cell.0,
                first,
                last: next - 1,
                first_ms: events[first as usize].time_utc_ms,
                last_ms: events[next as usize - 1].time_utc_ms,
            });
            first = next;
        }
    }
}

/// Hands over each trip towards greater `ahead_m`, as one forward.
fn journeys(rule: &Corridor, seen: &[Seen], mut each: impl FnMut(CorridorTrip)) {
    let (silence_ms, stop_ms) = (ms(rule.max_silence_s), ms(rule.max_stop_s));
    let mut first = 0;
    while first < seen.len() {
        let mut furthest_m = seen[first].ahead_m;
        // Where the subscriber last got on, and when.
        let mut got = (furthest_m, seen[first].last_ms);
        let mut end = first + 1;
        let mut stopped = false;
        while end < seen.len() && !stopped {
            let next = &seen[end];
            let silent = next.first_ms - seen[end - 1].last_ms > silence_ms;
            if silent || next.ahead_m < furthest_m - rule.slack_m {
                break;
            }
            furthest_m = furthest_m.max(next.ahead_m);
            if next.ahead_m > got.0 + rule.slack_m {
                got = (next.ahead_m, next.first_ms);
            }
            stopped = next.last_ms - got.1 > stop_ms;
            end += 1;
        }
        if let Some(trip) = trip(rule, &seen[first..end]) {
            each(trip);
        }
        // Who stopped may go on from there.
        first = if stopped { end - 1 } else { end };
    }
}

/// The trip that a run holds, from its last place near the start to its first near the end.
fn trip(rule: &Corridor, run: &[Seen]) -> Option<CorridorTrip> {
    let ahead_m = |seen: &Seen| seen.ahead_m;
    let furthest_m = run.iter().map(ahead_m).fold(f64::MIN, f64::max);
    let near_end = |seen: &Seen| seen.ahead_m >= furthest_m - rule.slack_m;
    let end = run.iter().position(near_end)?;
    let start_m = run[..end].iter().map(ahead_m).fold(f64::MAX, f64::min);
    let near_start = |seen: &Seen| seen.ahead_m <= start_m + rule.slack_m;
    let start = run[..end].iter().rposition(near_start)?;
    let mut cells: Vec<u32> = run[start..=end].iter().map(|seen| seen.cell).collect();
    cells.sort_unstable();
    cells.dedup();
    let (left, entered) = (Border::of(run, start), Border::of(run, end - 1));
    let (along_m, travel_ms) = (entered.at_m - left.at_m, entered.time_ms - left.time_ms);
    let km_h = 3_600.0 * along_m / travel_ms as f64;
    let fits = cells.len() >= rule.min_cells as usize
        && run[end].ahead_m - run[start].ahead_m >= rule.min_m
        && travel_ms > 0
        && (rule.min_km_h..=rule.max_km_h).contains(&km_h);
    fits.then_some(CorridorTrip {
        forward: true,
        depart: run[start].last,
        arrive: run[end].first,
        along_m,
        travel_ms,
    })
}

/// Where and when somebody came from one cell to the next: half-way in both.
struct Border {
    at_m: f64,
    time_ms: i64,
}

impl Border {
    fn of(run: &[Seen], before: usize) -> Self {
        let (here, next) = (&run[before], &run[before + 1]);
        Self {
            at_m: 0.5 * (here.ahead_m + next.ahead_m),
            time_ms: here.last_ms + (next.first_ms - here.last_ms) / 2,
        }
    }
}

const fn ms(seconds: u32) -> i64 {
    seconds as i64 * 1_000
}
