use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{DirArgs, VaultArgs};

const RUN_EXAMPLES: &str = "\
Examples:
  erewhon risk run --against march                              the run's own records and release
  erewhon risk run others.csv --against march --attack unicity  a file of synthetic records
  erewhon risk run --against march --policy limits.toml         ends with 6 beyond a limit

A policy is a TOML file of limits; each holds by itself:
  [[limit]]
  kind = \"synthetic\"      # records, synthetic or tables; every kind where left out
  attack = \"unicity\"      # a name of `erewhon risk list`; every attack where left out
  excess_at_most = 0.05     # or success_at_most; by_upper_end = true to hold the interval to it
  never_above_zero = true   # no excess that chance does not explain
  within_claim = true       # no more than the release's epsilon allows

A limit that no attack had a row for is not kept either.";

#[derive(Debug, Subcommand)]
pub(crate) enum RiskCommand {
    /// Attack releases, with the people of a run as targets; internal.
    ///
    /// Writes internal/risk.html, risk.json and risk.csv, or attacked.html, .json and .csv where releases are
    /// named. Recorded in the ledger. What gets further than --policy allows, or was not tested for it,
    /// ends it with 6 and decides nothing: that stays with a person.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RiskRunArgs),
    /// Attack everything that could be made of a run's records, and its release; internal.
    ///
    /// The classical techniques, exact and thinned counts, copies that are a little off, synthetic records
    /// without privacy: all are made for it, attacked and forgotten. Writes internal/matrix.html with risk
    /// against utility, matrix.json and matrix.csv. Recorded in the ledger.
    Matrix(RiskMatrixArgs),
    /// List the attacks.
    List,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RiskMatrixArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Names of attacks, or all.
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub(crate) attack: Vec<String>,
    /// Most people attacked in each group and row.
    #[arg(long, value_name = "PEOPLE", default_value_t = 2000)]
    pub(crate) targets: u32,
    /// Seed of the draws of targets.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RiskRunArgs {
    /// What is attacked: raw (the run's own pseudonymised records), counts (exact counts of them),
    /// synthetic (its synthetic records), synthetic-counts (counts of those), tables (its model's noisy
    /// tables), a directory that `erewhon anonymise` made, or a file of synthetic records in the run's
    /// layout [default: raw and synthetic].
    #[arg(value_name = "RELEASE")]
    pub(crate) releases: Vec<String>,
    /// Run directory whose people are the targets: members, and the control group that entered no fit.
    #[arg(long, value_name = "RUN")]
    pub(crate) against: PathBuf,
    /// Names of attacks, or all.
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub(crate) attack: Vec<String>,
    /// How far attacks may get, a TOML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Page to write elsewhere, NAME.html; NAME.json and NAME.csv lie beside it.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Replace internal files of these names that are there.
    #[arg(long, requires = "report")]
    pub(crate) overwrite: bool,
    /// Most people attacked in each group and row.
    #[arg(long, value_name = "PEOPLE", default_value_t = 2000)]
    pub(crate) targets: u32,
    /// Seed of the draws of targets.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}
