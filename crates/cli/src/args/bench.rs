use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use erewhon_types::{Delta, Epsilon};

use super::PublicArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Time `ingest`, and DuckDB writing the same columns in the same order; internal.
    ///
    /// The two run in turn as processes under GNU `time`. DuckDB is left out where Python has none of
    /// it, and for layouts other than gen_cdr. It does less: its pseudonyms have no key, it keeps no
    /// row that is set aside, writes no quality report and waits for no disk. Stores, and a vault
    /// for them alone, lie in the system's temporary directory (TMPDIR) and are removed at the end;
    /// an interrupt leaves them there.
    Ingest(BenchIngestArgs),
    /// Time one pass for five products beside DuckDB and Polars, and compare what they say.
    ///
    /// The data are those of a generated table, so nothing of it is anybody's.
    Mobility(BenchMobilityArgs),
    /// Measure how true `fit` and `generate` are, beside other programs; internal.
    ///
    /// Reads the records once. At each epsilon, each run is `fit` and `generate` as they ship, as
    /// processes under GNU `time`, with noise of its own. Beside them stand the same model without
    /// noise on exact tables, two halves of the real subscribers, and, where a file has them, figures
    /// of others. What is compared is in docs/measures.md.
    ///
    /// Figures are exact and no budget of yours is spent: the vault, and its record of what was opened,
    /// lie with the store in the system's temporary directory (TMPDIR) and are removed at the end;
    /// an interrupt leaves them there.
    #[command(after_help = FIDELITY_EXAMPLES)]
    Fidelity(BenchFidelityArgs),
    /// One pass, as `bench mobility` times it.
    #[command(hide = true)]
    Pass(BenchPassArgs),
}

const FIDELITY_EXAMPLES: &str = "\
Files:
  --queries  {\"circles\": [[x, y, radius], ...], \"small_circles\": [...], \"squares\": [[x, y, edge], ...]}
  --rivals   {\"adatrace\": {\"ada_query_avre\": {\"median\": 0.26, \"min\": 0.25, \"max\": 0.29}, ...}, ...}
Numbers of queries are metres of the cell list's x_m and y_m.

Example:
  erewhon bench fidelity --events cdr.csv.gz --format minutes --cells cells.csv \\
      --first-day 2026-03-02 --days 28 --time-zone UTC --epsilon 0.1,1 --queries queries.json";

#[derive(Debug, ClapArgs)]
pub(crate) struct BenchFidelityArgs {
    /// One record file.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: PathBuf,
    #[command(flatten)]
    pub(crate) public: PublicArgs,
    /// Privacy losses to fit at, each 0.000001 to 100.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1",
        value_name = "EPSILON,...",
        allow_negative_numbers = true
    )]
    pub(crate) epsilon: Vec<Epsilon>,
    /// Fit in a population that is kept in rho, at this delta.
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) delta: Option<Delta>,
    /// Fits at each epsilon; medians, lowest and highest are told.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) runs: u16,
    /// Also compare subscriber-days as trajectories, with the counting queries of this JSON file.
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: Option<PathBuf>,
    /// Figures of others to print beside, a JSON file: name, metric, median, min and max.
    #[arg(long, value_name = "FILE", requires = "queries")]
    pub(crate) rivals: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BenchMobilityArgs {
    /// Directory with cdr.csv, cdr_int.parquet, cells.csv and cells.parquet of one generated table.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Days of records, from 2024-01-01 on.
    #[arg(long, default_value_t = 30)]
    pub(crate) days: u16,
    /// Runs of each program; medians are told.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) runs: u16,
    /// The Python that has duckdb, polars and pyarrow.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    pub(crate) python: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BenchPassArgs {
    #[arg(long)]
    pub(crate) cells: PathBuf,
    #[arg(long)]
    pub(crate) days: u16,
    #[arg(long, required_unless_present = "store")]
    pub(crate) events: Option<PathBuf>,
    #[arg(long)]
    pub(crate) store: Option<PathBuf>,
    /// All families; those of other parties need a store.
    #[arg(long, requires = "store")]
    pub(crate) all: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BenchIngestArgs {
    /// One record file.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: PathBuf,
    #[command(flatten)]
    pub(crate) public: PublicArgs,
    /// Runs of each program; medians are told.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) runs: u16,
    /// The Python that has DuckDB.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    pub(crate) python: PathBuf,
}
