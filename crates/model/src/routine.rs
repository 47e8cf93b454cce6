use serde::{Deserialize, Serialize};

/// How people with places of their own move between them, event after event.
///
/// At every event somebody is at one of [`PLACES`]; what comes next depends on where they are, on the
/// pause until then, on the part of the day and on their habit. Every row of shares adds up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routine {
    /// Which coarse zones people live and work in, together.
    pub pairs: PairTable,
    /// Habits of those with a place of work other than home; their shares of a class add up to one.
    pub with_work: Vec<Habit>,
    /// Habits of everybody else; nobody is at work or near it.
    pub without_work: Vec<Habit>,
    /// Time from one event to the next of the same day.
    pub gaps: GapTable,
    /// Share of each of the cells nearest to an anchor, the nearest first, among events near it.
    pub near_share: Vec<f64>,
    /// Where people are elsewhere.
    pub elsewhere: ElsewhereTable,
}

/// People who are about as often elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habit {
    /// Their share among people whose home has surroundings of each class of openness
    /// (`erewhon_geo::Nearness::openness`).
    pub share: Vec<f64>,
    /// How they move.
    pub moves: Moves,
}

/// Where people go elsewhere, in bins of nearness: how many cells are nearer to one than another is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElsewhereTable {
    /// The ranks at which bins of nearness end, ascending.
    pub upper_ranks: Vec<u32>,
    /// Share of people by the bin, seen from home, in which they usually are elsewhere.
    pub usual: Vec<f64>,
    /// Share of their events elsewhere by how many bins nearer or farther than that they are: from
    /// [`SPREAD`] nearer to as many farther, both with all beyond.
    pub spread: Vec<f64>,
    /// Where they go to another place elsewhere: by whether they come from there (1) or not (0), and by
    /// [`pause`], the share of each bin, seen from the cell before.
    pub jumps: Vec<Vec<Vec<f64>>>,
}

/// Bins nearer or farther that a spread tells apart.
pub const SPREAD: usize = 5;

/// Shares of pairs of zones, among those with a place of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairTable {
    /// The zone of each cell.
    pub zone_of_cell: Vec<u32>,
    /// Share by home zone, then work zone: all of them add up to one.
    pub share: Vec<f64>,
}

/// Shares of times between consecutive events of one subscriber and day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapTable {
    /// Upper edges in seconds, ascending; the first bin starts at zero.
    pub upper_edges_s: Vec<f64>,
    /// Share of each bin.
    pub share: Vec<f64>,
}

/// One semi-Markov chain for each part of the day: the longer the time since the last event, the
/// likelier somebody has moved on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// By part of the day: where the first event of a day is, over [`PLACES`].
    pub first: Vec<Vec<f64>>,
    /// By part of the day of the later of two events of one day, the pause between them
    /// ([`pause`]) and the place of the earlier one: where the later one is, over [`PLACES`] and,
    /// last, another place elsewhere than before.
    pub next: Vec<Vec<Vec<Vec<f64>>>>,
}

/// Where an event can be, as far as places go.
pub const PLACES: [&str; 5] = ["home", "work", "near_home", "near_work", "elsewhere"];

/// Entries of [`PLACES`].
pub mod place {
    /// The cell of home.
    pub const HOME: usize = 0;
    /// The cell of work.
    pub const WORK: usize = 1;
    /// One of the cells nearest to home.
    pub const NEAR_HOME: usize = 2;
    /// One of the cells nearest to work.
    pub const NEAR_WORK: usize = 3;
    /// Any other cell.
    pub const ELSEWHERE: usize = 4;
}

/// Parts of the day, in local time; `day_off` is a whole Saturday or Sunday.
pub const DAY_PARTS: [&str; 5] = ["night", "morning", "day", "evening", "day_off"];

/// The part of the day of an hour: night from 20 to 7, morning from 7 to 10, day to 16, evening.
pub const fn day_part(hour: u8, is_workday: bool) -> usize {
    match hour {
        _ if !is_workday => 4,
        7..10 => 1,
        10..16 => 2,
        16..20 => 3,
        _ => 0,
    }
}

/// Pauses between two events of a day, by their upper edges in milliseconds; the last has none.
const PAUSE_EDGES_MS: [i64; PAUSES - 1] = [15 * 60_000, 60 * 60_000, 180 * 60_000];

/// Number of pauses that a chain tells apart.
pub const PAUSES: usize = 4;
/// Their names.
pub const PAUSE_NAMES: [&str; PAUSES] = ["up_to_15_min", "up_to_1_h", "up_to_3_h", "longer"];

/// The pause of a time between two events: up to a quarter of an hour, an hour, three, or longer.
pub fn pause(elapsed_ms: i64) -> usize {
    PAUSE_EDGES_MS.partition_point(|edge| *edge < elapsed_ms)
}
