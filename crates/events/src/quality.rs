use serde::{Deserialize, Serialize};

/// What ingest saw, kept and set aside. Counts are exact, so the report is internal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// The input files, in the order they were read.
    pub inputs: Vec<InputFile>,
    /// Data rows read.
    pub rows_read: u64,
    /// Rows that reached the store.
    pub rows_kept: u64,
    /// What each rule set aside, in the order the rules run.
    pub rules: Vec<RuleCount>,
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
    /// Events kept per kind name.
    pub events_by_kind: Vec<(String, u64)>,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputFile {
    /// File name without its directory.
    pub name: String,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub sha256: String,
    /// Size in bytes as stored.
    pub size_bytes: u64,
    /// Data rows read from it.
    pub rows: u64,
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
