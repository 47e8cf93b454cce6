use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

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
    /// One pass, as `bench mobility` times it.
    #[command(hide = true)]
    Pass(BenchPassArgs),
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
