use erewhon_types::Calendar;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::clean::Rules;

mod file;
mod holes;
mod homes;
mod spread;
mod tally;
mod warnings;

pub use file::FileTally;
pub(crate) use file::rule_counts;
pub use homes::{HomeCountry, Homes, Roaming};
pub use spread::Quantiles;
pub use tally::Tally;

/// What ingest saw, kept and set aside. Counts are exact, so the report is internal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// The input files, in the order they were read.
    pub inputs: Vec<InputFile>,
    /// What was in each of them, in the same order.
    pub files: Vec<FileContents>,
    /// Data rows read.
    pub rows_read: u64,
    /// Rows that reached the store.
    pub rows_kept: u64,
    /// What each rule of one row set aside, in the order the rules run.
    pub rules: Vec<RuleCount>,
    /// What each rule of one history found, in the order the rules run.
    pub history_rules: Vec<HistoryCount>,
    /// Rows that a change of cell made equal to another one in every field; the other one is kept.
    #[serde(default)]
    pub rows_made_equal: u64,
    /// Moves that were too fast and that no single bad fix explains; their rows are kept.
    pub unresolved_speeds: u64,
    /// Cells in the cell list, and what its rules set aside.
    pub cells_read: u64,
    /// Cells with a usable position (or all of them in a schematic table).
    pub cells_kept: u64,
    /// What each cell rule set aside.
    pub cell_rules: Vec<RuleCount>,
    /// Distinct subscribers kept.
    pub subscribers: u64,
    /// Events kept per local day of the window.
    pub events_by_day: Vec<u64>,
    /// Rows set aside that are held in quarantine, encrypted.
    #[serde(default)]
    pub rows_in_quarantine: u64,
    /// Rows set aside beyond the quarantine's largest size, of which nothing is held.
    #[serde(default)]
    pub rows_beyond_quarantine: u64,
    /// The name of the file that holds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// Events kept per kind name.
    pub events_by_kind: Vec<(String, u64)>,
    /// What else the kept events are.
    pub contents: Contents,
    /// How many events subscribers have.
    pub crowd: Crowd,
    /// What looks wrong with cells or with the network as a whole.
    pub network: NetworkReport,
    /// What somebody should look at; nothing here changed a row.
    pub warnings: Vec<Warning>,
    /// The rules of one history and the limits of the warnings, as they were set.
    pub settings: Rules,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputFile {
    /// File name without its directory.
    pub name: String,
    /// BLAKE3 of the file's bytes, hexadecimal, as `b3sum` prints it.
    pub blake3: String,
    /// Size in bytes as stored.
    pub size_bytes: u64,
    /// Data rows read from it.
    pub rows: u64,
}

/// What the rows of one input file were, before exact duplicates and rules of one history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileContents {
    /// File name, as in [`InputFile::name`].
    pub name: String,
    /// Rows that kept all rules of one row.
    pub rows_good: u64,
    /// Time of the earliest such row.
    pub first_utc: Option<Timestamp>,
    /// Time of the latest such row.
    pub last_utc: Option<Timestamp>,
    /// What each rule set aside.
    pub rules: Vec<RuleCount>,
}

/// How many rows one rule set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule's name, for example `unknown_cell`.
    pub rule: String,
    /// What the rule says, one sentence.
    pub description: String,
    /// Rows set aside.
    pub rows: u64,
}

/// What one rule of one history found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryCount {
    /// The rule's name, for example `ping_pong`.
    pub rule: String,
    /// What it finds and what becomes of it, with its parameters.
    pub description: String,
    /// Whether it was looked for, and whether rows changed.
    pub state: RuleState,
    /// Rows found.
    pub rows: u64,
    /// Subscribers with such rows.
    pub subscribers: u64,
    /// Rows found per local day of the window.
    pub rows_by_day: Vec<u64>,
}

/// What became of what a rule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It was not looked for.
    Off,
    /// It was counted; rows stayed as they were.
    Counted,
    /// It was counted, and rows changed.
    Applied,
    /// It was not looked for: the cell list has no positions.
    NoPositions,
}

/// What the kept events are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// Time of the earliest event.
    pub first_utc: Option<Timestamp>,
    /// Time of the latest event.
    pub last_utc: Option<Timestamp>,
    /// Distinct cells with events.
    pub cells_met: u64,
    /// Distinct subscribers per local day of the window.
    pub subscribers_by_day: Vec<u64>,
    /// Events per hour of the local clock, 24 numbers.
    pub events_by_hour: Vec<u64>,
    /// Events per class of device.
    pub events_by_device: Vec<(String, u64)>,
    /// Events by the country of the home network.
    #[serde(default)]
    pub homes: Homes,
    /// Events per cell of the cell list.
    pub events_per_cell: Quantiles,
    /// The 20 cells with most events, as id and events.
    pub busiest_cells: Vec<(String, u64)>,
    /// Each kind that occurs.
    pub kinds: Vec<KindContents>,
}

/// What the kept events of one kind are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KindContents {
    /// The kind's name.
    pub kind: String,
    /// Events.
    pub events: u64,
    /// Events without another party.
    pub without_peer: u64,
    /// Events without a duration, or with one of 0 s.
    pub without_duration: u64,
    /// Events without a byte in either direction.
    pub without_bytes: u64,
    /// Events without an amount.
    #[serde(default)]
    pub without_amount: u64,
    /// Bytes sent by phones.
    pub bytes_up: u64,
    /// Bytes received by phones.
    pub bytes_down: u64,
    /// Durations above 0, in seconds.
    pub duration_s: Quantiles,
}

/// How many events subscribers have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// Events per subscriber.
    pub events_per_subscriber: Quantiles,
    /// `p75 · (p75 / p25)³`: Tukey's outer fence on the logarithm.
    pub fence: u64,
    /// Subscribers with more events than that, to 1/64 of the fence.
    pub beyond_fence: u64,
}

/// What looks wrong with cells or with the network as a whole; nothing here changed a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkReport {
    /// Cells of the list without one event.
    pub silent_cells: u64,
    /// The first 100 of them.
    pub silent_cells_listed: Vec<String>,
    /// Hours in which the network as a whole had next to no events.
    pub network_holes: Vec<Hole>,
    /// Holes of single cells.
    pub cell_holes: u64,
    /// The 100 of them in which most events were expected.
    pub cell_holes_listed: Vec<Hole>,
    /// Up to 100 cells most of whose rows are bad fixes: look up their position in the cell list.
    pub doubtful_cells: Vec<DoubtfulCell>,
}

/// Local hours on end with next to no events, against the history in this load.
///
/// Expected is the median of the same hour over days of the same type (Monday to Friday, weekend),
/// of which there must be four; days without any event count neither way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hole {
    /// The cell; none for the whole network.
    pub cell: Option<String>,
    /// Local day on which it begins.
    pub day: Date,
    /// Local hour in which it begins.
    pub hour: u8,
    /// Hours.
    pub hours: u32,
    /// Events expected in them.
    pub expected_events: u64,
}

/// A cell most of whose rows were reached and left at impossible speed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoubtfulCell {
    /// The cell.
    pub cell: String,
    /// Its rows that are bad fixes.
    pub strays: u64,
    /// Its rows that were kept.
    pub kept: u64,
}

/// One thing that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What was measured, for example `day_size`.
    pub measure: String,
    /// File, rule, cell or day it concerns.
    pub subject: String,
    /// The local day, where it concerns one.
    pub day: Option<Date>,
    /// What was found.
    pub value: f64,
    /// The limit that it broke.
    pub limit: f64,
    /// One sentence.
    pub text: String,
}

impl QualityReport {
    /// The local date of a day of the window.
    pub(crate) fn date(calendar: &Calendar, day: usize) -> Date {
        let first = calendar.window().first_day;
        let later = jiff::Span::new().days(day as i64);
        first.checked_add(later).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests;
