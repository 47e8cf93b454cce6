use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use erewhon_session::{AUDITED, QUARANTINE_DAYS, not_audited};
use erewhon_types::{Epsilon, Error, Result};
use jiff::civil::Date;

mod anonymise;
mod bench;
mod cluster;
mod generate;
mod mobility;
mod official;
mod risk;
mod steward;

pub(crate) use anonymise::AnonymiseCommand;
pub(crate) use bench::{
    BenchCommand, BenchFidelityArgs, BenchIngestArgs, BenchMobilityArgs, BenchPassArgs,
};
pub(crate) use cluster::ClusterCommand;
#[cfg(feature = "cluster")]
pub(crate) use cluster::{SchedulerArgs, WorkerArgs};
pub(crate) use generate::GenerateArgs;
pub(crate) use mobility::{AnchorArgs, ComputeArgs, FamiliesArgs, MobilityCommand};
pub(crate) use official::{OfficialArgs, OfficialCommand};
pub(crate) use risk::{RiskCommand, RiskMatrixArgs, RiskRunArgs};
pub(crate) use steward::{BudgetCommand, KeyCommand, QuarantineCommand, ReleaseCommand};

/// Raw mobile network records in; private models, synthetic records and their tests out.
#[derive(Debug, Parser)]
#[command(name = "erewhon", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Print one JSON object on standard output instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by policy or a changed release, 4 budget
would be exceeded, 5 data failed its checks, 6 risk threshold exceeded or a privacy check failed, 70 internal defect,
75 try again.

Start with `erewhon demo`. On your own files: `erewhon budget open`, then `erewhon run`
(which opens a budget of just its own epsilon where there is none).";

const RUN_EXAMPLES: &str = "\
Examples:
  erewhon run --events cdr.csv.gz --format cdr --cells cells.csv --first-day 2026-03-02 \\
      --days 28 --time-zone Europe/Berlin --epsilon 1 --out march --dry-run   what it would spend
  erewhon run ... --yes                                             the same, and spend it";

const INGEST_EXAMPLES: &str = "\
Example, the stages of a run one by one:
  erewhon ingest --events cdr.csv.gz --format cdr --cells cells.csv --first-day 2026-03-02 \\
      --days 28 --time-zone Europe/Berlin --out march
  erewhon fit march --epsilon 1
  erewhon generate march";

const WORLD_EXAMPLES: &str = "\
Example:
  erewhon world make --out country --subscribers 2000 --days 14
  erewhon run --events country/cdr.csv --cells country/cells.csv --format cdr \\
      --first-day 2026-03-02 --days 14 --time-zone Europe/Berlin --epsilon 1 --out trial";

const RELEASE_EXAMPLES: &str = "\
Example, after `erewhon run` has signed the request:
  erewhon key new --out approver.key                   the approver, once
  erewhon release approve COPY --key approver.key      the approver, on a copy of DIR/release
  cp COPY/approval.sig DIR/release/                    back to the requester
  erewhon release verify DIR/release --trust requester.key.pub approver.key.pub";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole pipeline on a made-up country: records, model, synthetic records, reports.
    Demo(DemoArgs),
    /// The whole pipeline on your own files, up to a release that waits for its approval.
    ///
    /// Stopped half-way, the same command goes on where it was; a model that was paid for is never
    /// paid for twice. It reads the records, shows what it would spend and asks; then it fits,
    /// generates, compares, attacks, writes the reports and signs the request for a release.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// The made-up reference country.
    #[command(subcommand)]
    World(WorldCommand),
    /// The public cell list.
    #[command(subcommand)]
    Cells(CellsCommand),
    /// Public geography of a network; reads no records and costs no budget.
    #[command(subcommand)]
    Geo(GeoCommand),
    /// Clean and pseudonymise record files into the store of a run directory.
    ///
    /// Needs a budget (`erewhon budget open`), because what is seen of the records goes on record in
    /// its ledger; costs none of it.
    #[command(after_help = INGEST_EXAMPLES)]
    Ingest(IngestCommand),
    /// What a store holds, and its upkeep.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Families of numbers about the records: exact and internal, or released with noise.
    #[command(subcommand)]
    Mobility(MobilityCommand),
    /// The parts of a cluster, which reduces the ranges of a store on several machines.
    ///
    /// `erewhon mobility compute … --cluster URL` sends it work. All parts are this program, of one
    /// version, and see the run directory under one path. They ask nobody for a password: keep them in a
    /// network of their own. Needs a build with `--features cluster`; docs/scale.md has the rest.
    #[command(subcommand, after_help = cluster::EXAMPLES)]
    Cluster(ClusterCommand),
    /// Products of official statistics, after Eurostat's multimno; internal.
    #[command(subcommand)]
    Official(OfficialCommand),
    /// Ask the records with SQL; internal.
    ///
    /// The answer goes to internal/sql/ with INTERNAL in every row, and the query beside it. Nothing of
    /// it is printed. Recorded in the ledger with your reason. Queries alone are answered: nothing can
    /// be changed, and no other file is read or written. Needs a build with `--features sql`.
    #[command(after_help = SQL_EXAMPLES)]
    Sql(SqlArgs),
    /// Spend budget: fit a private model to the records of a run directory.
    ///
    /// Shows what it would spend and asks. A directory holds one model; another needs a new `ingest`.
    Fit(FitArgs),
    /// Draw synthetic records from a private model; costs no budget.
    ///
    /// Writes release/synthetic.csv in the layout of the input, which `utility`, `risk` and `release`
    /// take up; with --out another file instead, of any layout and length. Memory does not grow with
    /// the number of subscribers, but for Parquet's index.
    #[command(after_help = generate::EXAMPLES)]
    Generate(GenerateArgs),
    /// The classical techniques of anonymisation, as baselines for the risk lab; internal.
    ///
    /// Each writes changed records of real people to internal/anonymised/: they are no release, and
    /// claim nothing. docs/anonymise.md says what each does and does not protect. Subscribers of the
    /// control group are left out. Recorded in the ledger with your reason.
    #[command(subcommand, after_help = anonymise::EXAMPLES)]
    Anonymise(AnonymiseCommand),
    /// Compare synthetic with real records; internal.
    ///
    /// Writes internal/measures.csv; `erewhon report` puts it on the page. Recorded in the ledger.
    Utility(TestArgs),
    /// Attacks on releases; internal.
    #[command(subcommand)]
    Risk(RiskCommand),
    /// The privacy budget of a population.
    #[command(subcommand)]
    Budget(BudgetCommand),
    /// Check that this program keeps its privacy guarantee, on made-up neighbours.
    ///
    /// Reads no records and spends no budget. Ends with 6 when the guarantee is broken, and with 5 when
    /// noise is more than was paid for, or of another kind. docs/audit.md says what each check sees.
    AuditPrivacy {
        /// The epsilon whose fit is audited, from 0.1 to 10.
        #[arg(
            long,
            default_value = "1",
            value_name = "EPSILON",
            allow_negative_numbers = true,
            value_parser = audited
        )]
        epsilon: Epsilon,
    },
    /// Write the internal and the release page of a run directory anew.
    ///
    /// Once the release is signed, its page stays as it is and only the internal one is written.
    Report(DirArgs),
    /// Signing keys, and the pseudonym keys of a vault.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Rows that were set aside: raw records, encrypted to the vault.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Request, approve and verify a release.
    #[command(subcommand, after_help = RELEASE_EXAMPLES)]
    Release(ReleaseCommand),
    /// How fast this program is on this machine, beside another one.
    #[command(subcommand)]
    Bench(BenchCommand),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DemoArgs {
    /// Directory of the demo; a demo that is there is made anew.
    #[arg(long, default_value = "erewhon-demo", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Subscriber numbers in the country.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) subscribers: u32,
    /// Days of records.
    #[arg(long, default_value_t = 28)]
    pub(crate) days: u16,
    /// Cells of the network, about.
    #[arg(long, default_value_t = 250)]
    pub(crate) cells: u32,
    /// Privacy loss of the release, per subscriber over the whole period.
    #[arg(long, default_value = "1", allow_negative_numbers = true)]
    pub(crate) epsilon: Epsilon,
    /// Seed of the country and of the draws from the model. Noise has no seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) ingest: IngestArgs,
    #[command(flatten)]
    pub(crate) spend: SpendArgs,
    /// Run directory; internal/ and release/ are made in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Seed of the draws from the model. Noise has no seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct IngestCommand {
    #[command(flatten)]
    pub(crate) ingest: IngestArgs,
    /// Run directory; internal/ and release/ are made in it.
    #[arg(long, value_name = "DIR", required_unless_present = "preview")]
    pub(crate) out: Option<PathBuf>,
    /// Show how the first rows of each file would be read, and change nothing. Internal: it shows
    /// rows, of ids the last digits, and those of people who have opted out too.
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct IngestArgs {
    /// Record files (text, plain or packed by gzip or zstd, or Parquet), directories of them, or
    /// patterns such as 'records/*.csv.gz'. In a build with `--features object-store` also URLs:
    /// 's3://bucket/march/*.csv.gz', gs://, az://, file://.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) events: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) public: PublicArgs,
    /// Public places that no map is to show apart: CSV with lat, lon and radius_m. Their cells count
    /// as the nearest others.
    #[arg(long, value_name = "PLACES.csv")]
    pub(crate) hide: Option<PathBuf>,
    /// Largest share of rows that may be set aside before the command fails.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE")]
    pub(crate) max_quarantined_share: f64,
    /// Rules of one subscriber's history and limits of the warnings, a TOML file [default: drop
    /// only fixes at impossible speed; count the rest].
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) people: PeopleArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

/// Whose records are taken, and how their numbers are written.
#[derive(Debug, ClapArgs)]
pub(crate) struct PeopleArgs {
    /// Leave out whoever is on this list, as a peer too: a CSV with a column `subscriber`.
    ///
    /// A list that can't be read whole is refused. It acts on this load alone: whoever is in the store
    /// already stays there until `erewhon store withdraw`, which holds for loads to come too.
    #[arg(long, value_name = "FILE", conflicts_with = "opt_in")]
    pub(crate) opt_out: Option<PathBuf>,
    /// Take only the records of whoever is on this list.
    #[arg(long, value_name = "FILE")]
    pub(crate) opt_in: Option<PathBuf>,
    /// Which numbers are one person's: a CSV with the columns `person` and `subscriber`.
    ///
    /// They are one subscriber then, also as a peer and on the lists. A number that it lacks stands for
    /// itself. A store has one such table, or none, from its first load on.
    #[arg(long, value_name = "FILE")]
    pub(crate) persons: Option<PathBuf>,
    /// Country code of national numbers; declared with a vault's first load, for all to come.
    #[arg(long, value_name = "DIGITS")]
    pub(crate) country_code: Option<String>,
    /// What national numbers begin with; empty where every number without + or 00 is national.
    #[arg(
        long,
        default_value = "0",
        value_name = "DIGITS",
        requires = "country_code"
    )]
    pub(crate) trunk_prefix: String,
    /// Days that rows set aside are kept in quarantine.
    #[arg(long, default_value_t = QUARANTINE_DAYS, value_name = "DAYS")]
    pub(crate) quarantine_days: u16,
}

/// What everybody may know: the layout, the cells and the window.
#[derive(Debug, ClapArgs)]
pub(crate) struct PublicArgs {
    /// Layout of the records: a preset (docs/formats.md lists them, for example cdr) or a mapping
    /// file ending in .toml.
    #[arg(long, value_name = "PRESET|MAPPING.toml")]
    pub(crate) format: String,
    /// Cell list: CSV, OpenCelliD, GeoJSON or Parquet, or a directory of such files;
    /// `erewhon cells show` says what is read of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) cells: PathBuf,
    /// First local day of the public window.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) first_day: String,
    /// Days of the public window, 1 to 400. The window is declared, never read from the records.
    #[arg(long)]
    pub(crate) days: u16,
    /// IANA time zone of local days and hours [default: that of the layout's times, else UTC].
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VaultArgs {
    /// Directory of the operator's keys and budget ledger [default: the user's data directory].
    #[arg(long, env = "EREWHON_VAULT", value_name = "DIR")]
    pub(crate) vault: Option<PathBuf>,
    /// Who asks; goes into the ledger [default: the account's name].
    #[arg(long, value_name = "ACCOUNT", value_parser = on_record)]
    pub(crate) who: Option<String>,
}

/// Words that are kept for years must say something.
fn on_record(words: &str) -> Result<String> {
    if words.trim().is_empty() {
        return Err(Error::usage("empty words can't go on record")
            .with_hint("say who, what or why in a few words: they are read for years"));
    }
    Ok(words.to_owned())
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SpendArgs {
    /// Privacy loss of the release, per subscriber over the whole period: 0.000001 to 100. It is pure, or
    /// holds at the delta that the budget was opened with.
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) epsilon: Epsilon,
    /// What the release is for, a purpose of the policy: demo, research or statistics.
    #[arg(long, default_value = "research")]
    pub(crate) purpose: String,
    /// Spend without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Show what would be spent, and spend nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DirArgs {
    /// Run directory.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FitArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    #[command(flatten)]
    pub(crate) spend: SpendArgs,
}

/// An epsilon that can be audited; the error names that range, not the wider one of a fit.
fn audited(text: &str) -> Result<Epsilon> {
    match text.parse::<Epsilon>() {
        Err(_) if text.trim().parse::<f64>().is_ok() => Err(not_audited(text)),
        Ok(epsilon) if !AUDITED.contains(&epsilon.value()) => Err(not_audited(text)),
        parsed => parsed,
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Seed of the draws of targets and references.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorldCommand {
    /// Write the raw records of a made-up country, with the flaws of real exports, and its truth.
    ///
    /// Records are cdr.csv, cells are cells.csv; the command prints the format and the window to read
    /// them with.
    #[command(after_help = WORLD_EXAMPLES)]
    Make(WorldArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WorldArgs {
    /// Directory to write; it must be new or empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Subscriber numbers in the country.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) subscribers: u32,
    /// Days of records, from 2026-03-02.
    #[arg(long, default_value_t = 28)]
    pub(crate) days: u16,
    /// Cells of the network, about.
    #[arg(long, default_value_t = 250)]
    pub(crate) cells: u32,
    /// Have each phone tell its cell so often, used or not.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) location_updates: Option<u16>,
    /// Have rush hours slow travel down, and visitors from abroad roam.
    ///
    /// Records then have a column `home_network` and are read with `--format cdr_roaming`.
    #[arg(long)]
    pub(crate) travel: bool,
    /// Seed of the country.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Home × work tables, one directory a county, in place of the country's own city.
    ///
    /// A directory holds `od.npy` (jobs, home by row, work by column), `tract_order.csv` (index,
    /// geoid, lon_approx, lat_approx) and perhaps one shapefile with a `GEOID`. With it, homes, firms,
    /// shops and masts stand on the land of their tract; without it, on a disc about its centroid.
    /// Jobs stay within their county.
    #[arg(long, num_args = 1.., value_name = "DIR")]
    pub(crate) commuting: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CellsCommand {
    /// Print what is read of a cell list: cells kept and set aside by rule, extent, spacing.
    ///
    /// Looks at no record and needs no vault.
    Show {
        /// Cell list, as for --cells.
        #[arg(value_name = "FILE")]
        cells: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GeoCommand {
    /// Lay zones over a network: a map of them, and how much of each cell falls into each zone.
    ///
    /// Writes OUT, a GeoJSON file that any map program opens without a network, and beside it
    /// OUT's name with `.weights.csv`: lines of cell, zone and share. The shares of a cell add up
    /// to 1: what part of the cell's footprint lies in the zone, by range and azimuth where the cell
    /// list has them, else of the area nearest to its site. Use them to turn counts
    /// by cell into counts by zone.
    #[command(after_help = ZONES_EXAMPLES)]
    Zones(ZonesArgs),
}

const ZONES_EXAMPLES: &str = "\
Tessellations:
  voronoi       what is nearest to each site; --boundary clips it to a country
  inspire-1km   squares of the European grid (EPSG:3035), named as Eurostat does: 1kmN2599E4695
  inspire-100m  the same, 100 m
  h3-7          hexagons of H3, resolution 0 to 15; 7 is about 5 km²
  FILE          areas of a .geojson, .json or .shp file, for example municipalities

Examples:
  erewhon geo zones --cells cells.csv --tessellation inspire-1km --out zones.geojson
  erewhon geo zones --cells cells.csv --tessellation voronoi --boundary country.geojson --out v.geojson
  erewhon geo zones --cells cells.csv --tessellation nuts3.shp --area-name NUTS_ID --out n.geojson";

#[derive(Debug, ClapArgs)]
pub(crate) struct ZonesArgs {
    /// Cell list with latitude and longitude.
    #[arg(long, value_name = "FILE")]
    pub(crate) cells: PathBuf,
    /// What makes the zones: voronoi, inspire-1km, inspire-100m, h3-0 to h3-15, or a file of areas.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) tessellation: String,
    /// Areas that clip Voronoi polygons [default: the hull of the sites with a margin of 5 %].
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<PathBuf>,
    /// Property or column that names an area of a file.
    #[arg(long, default_value = "name", value_name = "PROPERTY")]
    pub(crate) area_name: String,
    /// GeoJSON file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace the files of an earlier run.
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Print the store's public facts; check every file against its digest.
    Show(StoreArgs),
    /// Read every file whole: checksums, order, ranges, codes, statistics and counts.
    ///
    /// Exit code 5 and the name of the first file that is not what was committed, else 0. Files
    /// that a stopped command left do no harm; the next change removes them.
    Check(DirArgs),
    /// Write the loads of each period as one, and erase who withdrew.
    ///
    /// Late data and daily loads make a period of several loads, which readers merge each time.
    /// A period that is one load already, with nobody to erase, is left as it is. What a load holds
    /// twice goes; nothing else changes. Stopped half-way, the store is as before or done, period
    /// by period.
    Compact(UpkeepArgs),
    /// Delete the periods that ended before a day.
    ///
    /// Files are removed from the disk; the manifest keeps the day of the deletion and the window.
    /// Models and releases that were made of the period stay.
    Expire {
        /// Periods whose last day lies before this day are deleted.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        older_than: Date,
        #[command(flatten)]
        upkeep: UpkeepArgs,
    },
    /// Hide subscribers from everything that reads the store from now on.
    ///
    /// `erewhon store compact` then erases their rows. The list keeps their pseudonyms, so that late
    /// data can't bring them back. As the other party of somebody else's events their pseudonyms
    /// stay. Models and releases that were made before stay as they are.
    Withdraw {
        /// A CSV with a column `subscriber`; a list that can't be read whole is refused.
        #[arg(long, value_name = "FILE")]
        subjects: PathBuf,
        /// The table of persons that the store's loads were given: with one number all of a person's
        /// are hidden.
        #[arg(long, value_name = "FILE")]
        persons: Option<PathBuf>,
        #[command(flatten)]
        upkeep: UpkeepArgs,
    },
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| {
        Error::usage(format!("`{text}` is not a date")).with_hint("write the day as YYYY-MM-DD")
    })
}

#[derive(Debug, ClapArgs)]
pub(crate) struct UpkeepArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Why; goes into the ledger.
    #[arg(long, default_value = "upkeep of the store", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct StoreArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Also print exact counts; recorded in the ledger with your reason.
    #[arg(long, value_name = "REASON", value_parser = on_record)]
    pub(crate) exact: Option<String>,
}

const SQL_EXAMPLES: &str = "\
Tables, whatever periods and loads the store has:
  events  a row an event, each once, without who has withdrawn: subscriber (the pseudonym), time_utc,
          time_local (the clock of the store's zone), cell, cell_row, kind, duration_s,
          amount_minor (of a top-up), bytes_up, bytes_down, peer (the other party's pseudonym),
          home_network, device
  cells   a row a cell of the list: cell_row, cell, site, lat, lon, x_m, y_m, radio, azimuth_deg,
          range_m, tilt_deg, power_w, valid_from_utc, valid_to_utc
Join them on cell_row: a cell that moved has a row for each of its periods.

The language is that of Apache DataFusion. Conditions on time_utc skip the periods outside them.

Examples:
  erewhon sql march \"SELECT kind, count(*) AS events FROM events GROUP BY kind\" --why 'odd Sunday'
  erewhon sql march --out hours.parquet \"SELECT site, date_part('hour', time_local) AS hour,
      count(DISTINCT subscriber) AS subscribers
      FROM events JOIN cells USING (cell_row)
      WHERE time_utc >= '2026-03-08' AND time_utc < '2026-03-09' GROUP BY site, hour\"";

#[derive(Debug, ClapArgs)]
pub(crate) struct SqlArgs {
    /// Run directory.
    pub(crate) dir: PathBuf,
    /// The query.
    pub(crate) query: String,
    /// Name of the answer's file in internal/sql/, ending in .csv or .parquet.
    #[arg(long, default_value = "answer.csv", value_name = "NAME")]
    pub(crate) out: PathBuf,
    /// Replace an earlier answer of that name.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Why you need exact values; goes into the ledger.
    #[arg(long, default_value = "inspect records", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}
