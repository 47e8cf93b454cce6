use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use erewhon_session::AnchorRule;

use super::{DirArgs, SpendArgs, on_record};

const RELEASE_EXAMPLES: &str = "\
FAMILY asks for all columns of a family, FAMILY.COLUMN for one: its amount or `subscribers`. After it, how
much of one subscriber counts: in how many entries, and how much of an amount in each. Left out, they are
what docs/mobility.md has. Budget is shared evenly among the columns.

Examples:
  erewhon mobility release march --families footfall.subscribers --epsilon 1 --dry-run
  erewhon mobility release march --families footfall.subscribers:30,trips_daily.trips:20:3 \\
      --zones inspire-1km --epsilon 1 --purpose statistics --recipient \"statistics office\"";

#[derive(Debug, Subcommand)]
pub(crate) enum MobilityCommand {
    /// Write home × work counts between cells to internal/anchors-RULE.csv.
    ///
    /// Beside it anchors-RULE.toml says by which definitions. Recorded in the ledger with your reason.
    Anchors(AnchorArgs),
    /// Print the definitions of stays, places and anchors as TOML, to start your own from.
    Definitions,
    /// List the families of numbers that `compute` knows.
    List,
    /// Compute families of exact numbers in one pass, to internal/mobility/ZONES/FAMILY.csv.
    ///
    /// The directory appears when all of it is whole; definitions.toml in it says what stays, places
    /// and anchors are there, and zones.toml what the zones are. Recorded in the ledger with your
    /// reason before the first record is read.
    Compute(ComputeArgs),
    /// Spend budget: release families with noise, as a signed request.
    ///
    /// Shows the noise that they would have and what it would cost, from public knowledge alone, and asks.
    /// In DIR/families/RELEASE, families.csv has the noisy entries, privacy.json what they cost and what
    /// was declared. A second person approves: `erewhon release approve`.
    #[command(after_help = RELEASE_EXAMPLES)]
    Release(FamiliesArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FamiliesArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Families to release; `erewhon mobility list` says which are tables.
    #[arg(
        long,
        required = true,
        value_name = "FAMILY[.COLUMN][:ENTRIES[:AMOUNT]]",
        value_delimiter = ','
    )]
    pub(crate) families: Vec<String>,
    /// What tables by zone count by: cells, voronoi, inspire-1km, inspire-100m, h3-0 to h3-15, or a
    /// file of areas.
    #[arg(long, default_value = "cells", value_name = "NAME|FILE")]
    pub(crate) zones: String,
    /// Property or column that names an area of a file.
    #[arg(long, default_value = "name", value_name = "PROPERTY")]
    pub(crate) area_name: String,
    /// What stays, places and anchors are, a TOML file [default: what `erewhon mobility definitions`
    /// prints].
    #[arg(long, value_name = "FILE")]
    pub(crate) definitions: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) spend: SpendArgs,
    /// Who receives it.
    #[arg(long, value_parser = on_record, default_value = "unnamed recipient")]
    pub(crate) recipient: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ComputeArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Families to compute [default: all]; `erewhon mobility list` says which there are.
    #[arg(long, value_name = "FAMILY", value_delimiter = ',')]
    pub(crate) families: Vec<String>,
    /// What tables by zone count by: cells, voronoi, inspire-1km, inspire-100m, h3-0 to h3-15, or a
    /// file of areas.
    #[arg(long, default_value = "cells", value_name = "NAME|FILE")]
    pub(crate) zones: String,
    /// Property or column that names an area of a file.
    #[arg(long, default_value = "name", value_name = "PROPERTY")]
    pub(crate) area_name: String,
    /// What is written: csv or parquet.
    #[arg(long, default_value = "csv", value_parser = ["csv", "parquet"])]
    pub(crate) format: String,
    /// What stays, places and anchors are, a TOML file [default: what `erewhon mobility definitions`
    /// prints].
    #[arg(long, value_name = "FILE")]
    pub(crate) definitions: Option<PathBuf>,
    /// Name of the directory in internal/mobility/ [default: that of the zones].
    #[arg(long, value_name = "NAME")]
    pub(crate) out: Option<PathBuf>,
    /// Replace all tables of a directory of that name.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Have the ranges of the store reduced by the workers of a cluster: its scheduler's address. The tables
    /// are the same. Needs a build with `--features cluster`.
    #[arg(long, value_name = "URL")]
    pub(crate) cluster: Option<String>,
    /// Minutes by the clock that the cluster has for it. What it did in that time stays: the same command
    /// goes on from there.
    #[arg(
        long,
        default_value_t = 1440,
        value_name = "MINUTES",
        requires = "cluster",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub(crate) cluster_limit_min: u32,
    /// Why you need exact numbers; goes into the ledger.
    #[arg(long, default_value = "inspect mobility", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AnchorArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Rule for home and work; docs/anchors.md says what each is good for.
    #[arg(long, default_value = "signalling", value_parser = AnchorRule::PRESETS.map(|(name, _)| name))]
    pub(crate) rule: String,
    /// Definitions for home and work in place of a rule, a TOML file as `erewhon mobility definitions`
    /// prints it: to internal/anchors-own-FILE.csv, without its ending.
    #[arg(long, conflicts_with = "rule", value_name = "FILE")]
    pub(crate) definitions: Option<PathBuf>,
    /// Compare all rules instead: to internal/mobility/presets-ZONES/preset_changes.csv, how many people
    /// each pair of rules puts at the same home and work, near by, and in the same zone.
    #[arg(long, conflicts_with_all = ["rule", "definitions"])]
    pub(crate) compare: bool,
    /// The zones to compare by: cells, voronoi, inspire-1km, inspire-100m, h3-0 to h3-15, or a file
    /// of areas.
    #[arg(
        long,
        default_value = "cells",
        value_name = "NAME|FILE",
        requires = "compare"
    )]
    pub(crate) zones: String,
    /// Property or column that names an area of a file.
    #[arg(
        long,
        default_value = "name",
        value_name = "PROPERTY",
        requires = "compare"
    )]
    pub(crate) area_name: String,
    /// Replace what an earlier command wrote there.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Why you need exact counts; goes into the ledger.
    #[arg(long, default_value = "inspect anchors", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
}
