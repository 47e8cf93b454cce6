use erewhon_events::QualityReport;
use erewhon_geo::CellTable;
use erewhon_model::PrivacyStatement;
use erewhon_risk::RiskReport;
use erewhon_utility::UtilityReport;

/// Below this many resolved home zones a map would show noise, so the pages say so instead.
pub const MAP_LEAST_ZONES: u32 = 8;

/// Where a page comes from: public facts only, because the release page prints it too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// What the run is called.
    pub title: String,
    /// The day the page was made, UTC; a time would tell how long the work on the records took.
    pub made_utc: String,
    /// Version of the program.
    pub version: String,
    /// Parameters as name and value, in the order they should be read.
    pub parameters: Vec<(String, String)>,
}

/// How the run went. Internal: run times grow with the records read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The command lines, in order.
    pub commands: Vec<String>,
    /// Every stage with its wall time in seconds.
    pub stages: Vec<(String, f64)>,
}

/// One generator in the comparison with the baselines of the field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Name, for example `WHERE2`.
    pub name: String,
    /// Hourly earth mover's distance to the real presence, in km; absent where it was not run.
    pub hourly_emd_km: Option<f64>,
    /// Error of the daily range quartiles, in km; absent where it was not run.
    pub daily_range_error_km: Option<f64>,
}

/// How useful a release is, for the picture of risk against utility.
#[derive(Clone, Debug, PartialEq)]
pub struct Usefulness {
    /// The release's name, as in the risk report.
    pub release: String,
    /// Mean hourly earth mover's distance of its presence to the real one, in km; absent where it has no
    /// records.
    pub presence_error_km: Option<f64>,
}

/// Everything the internal report shows. It compares with real data, so it stays inside.
#[derive(Clone, Copy, Debug)]
pub struct InternalPage<'a> {
    /// Where the page comes from.
    pub provenance: &'a Provenance,
    /// How the run went.
    pub run: &'a Run,
    /// The public cells.
    pub cells: &'a CellTable,
    /// What ingest saw.
    pub quality: &'a QualityReport,
    /// What the release cost.
    pub statement: &'a PrivacyStatement,
    /// Zones that the noisy home table can tell apart; see [`MAP_LEAST_ZONES`].
    pub resolved_home_zones: u32,
    /// Real against synthetic.
    pub utility: &'a UtilityReport,
    /// Real against the same model family on exact tables; empty where it was not run.
    pub without_privacy: &'a UtilityReport,
    /// The attacks.
    pub risk: &'a RiskReport,
    /// The baselines of the field; empty where they were not run.
    pub baselines: &'a [Baseline],
}

/// Everything the release page shows: the paid-for statement, and sums over synthetic records.
#[derive(Clone, Copy, Debug)]
pub struct ReleasePage<'a> {
    /// Where the page comes from.
    pub provenance: &'a Provenance,
    /// The public cells.
    pub cells: &'a CellTable,
    /// What the release cost and protects.
    pub statement: &'a PrivacyStatement,
    /// Zones that the noisy home table can tell apart; see [`MAP_LEAST_ZONES`].
    pub resolved_home_zones: u32,
    /// Share of synthetic subscribers whose home is each cell, by cell; sums to 1.
    pub home_share: &'a [f64],
    /// Measured zone of each cell in `home_share`, which knows nothing finer; nor do the maps.
    pub home_zone_of_cell: &'a [u32],
    /// Share of the presence of the synthetic subscribers, `presence[hour][cell]`; each hour sums to 1, or
    /// to 0 where there is nobody.
    pub presence: &'a [Vec<f64>],
}
