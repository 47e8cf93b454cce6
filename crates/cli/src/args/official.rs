use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use super::{DirArgs, day, on_record};

#[derive(Debug, Subcommand)]
pub(crate) enum OfficialCommand {
    /// List the products that `compute` knows.
    List,
    /// Compute products of official statistics in one pass, to internal/mobility/NAME/.
    ///
    /// They follow Eurostat's multimno and are written in its schemas; docs/official.md says what each is,
    /// and where it differs. Recorded in the ledger with your reason before the first record is read.
    Compute(Box<OfficialArgs>),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OfficialArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Products to compute [default: all that the inputs are enough for]; `erewhon official list` says which
    /// there are and what they want.
    #[arg(long, value_name = "PRODUCT", value_delimiter = ',')]
    pub(crate) products: Vec<String>,
    /// Footprints of the cells: multimno's table `cell_footprint`, of which the first day counts
    /// [default: computed from the cell list].
    #[arg(long, value_name = "TABLE")]
    pub(crate) footprints: Option<PathBuf>,
    /// Tiles of the country: multimno's table `grid` [default: those that a cell reaches].
    #[arg(long, value_name = "TABLE", requires = "footprints")]
    pub(crate) grid: Option<PathBuf>,
    /// What internal migration and tourism count by: inspire-1km, inspire-100m, h3-0 to h3-15, or a file of
    /// areas. A tile belongs to the zone that holds its centre.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) zones: Option<String>,
    /// Property or column that names an area of a file.
    #[arg(
        long,
        default_value = "name",
        value_name = "PROPERTY",
        requires = "zones"
    )]
    pub(crate) area_name: String,
    /// First day of the second of the two terms that migration is between [default: the middle of the
    /// window].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) migration_from: Option<Date>,
    /// Mobile country codes of this country: phones of others are visitors, for example 214, or 234,235.
    #[arg(
        long,
        value_name = "MCC",
        value_delimiter = ',',
        value_parser = clap::value_parser!(u16).range(100..=999)
    )]
    pub(crate) own_mcc: Vec<u16>,
    /// Which country a code is of: a CSV with mcc, iso2 and time_zone, or multimno's table `mcc_iso_tz`
    /// [default: ITU-T E.212].
    #[arg(long, value_name = "TABLE", requires = "own_mcc")]
    pub(crate) countries: Option<PathBuf>,
    /// Longitudinal state that the days are added to: what an earlier run wrote as `longitudinal_state`.
    #[arg(long, value_name = "TABLE")]
    pub(crate) state: Option<PathBuf>,
    /// What is written: multimno (its directories of Parquet) or parquet (a file each).
    #[arg(long, default_value = "multimno", value_parser = ["multimno", "parquet"])]
    pub(crate) format: String,
    /// Name of the directory in internal/mobility/.
    #[arg(long, default_value = "official", value_name = "NAME")]
    pub(crate) out: PathBuf,
    /// Replace all tables of a directory of that name.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Why you need exact numbers; goes into the ledger.
    #[arg(long, default_value = "official statistics", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
}
