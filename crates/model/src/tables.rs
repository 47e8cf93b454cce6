use serde::{Deserialize, Serialize};

/// A distribution over cells, and how much of it was really measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellShares {
    /// Probability of each cell.
    pub share: Vec<f64>,
    /// The zone of each cell that stands clear of the noise, numbered from 0. Shares inside it lean on an
    /// even one by as much as the noise deserves; a map shows the zone as one.
    pub zone_of_cell: Vec<u32>,
    /// Number of zones whose count stands clear of the noise.
    pub resolved_zones: u32,
}

/// Distance from home of another place, by coarse home zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistanceTable {
    /// Coarse zone of each cell: an index into `rows`.
    pub zone_of_cell: Vec<u32>,
    /// Upper edges of the distance bins in metres, ascending. The first bin starts just above
    /// zero, the last reaches across the region.
    pub upper_edges_m: Vec<f64>,
    /// One distribution per coarse zone.
    pub rows: Vec<DistanceRow>,
}

/// One row of a [`DistanceTable`]; all its shares add up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistanceRow {
    /// The place is the home cell itself.
    pub same_place_share: f64,
    /// The place lies in a distance bin.
    pub bin_share: Vec<f64>,
    /// There is no such place.
    pub none_share: f64,
}

/// How many events subscribers have a day, as a grid over (mean, dispersion).
///
/// The mean is per day of the window; the dispersion is the variance over days divided by the mean
/// (1 for a Poisson count). Together they hold what WHERE keeps as (mean, standard deviation), on
/// axes along which the mass is less thinly spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityTable {
    /// Borders of the mean bins in events a day, ascending and positive: one more than bins.
    pub mean_edges: Vec<f64>,
    /// Borders of the dispersion bins, ascending and positive: one more than bins.
    pub dispersion_edges: Vec<f64>,
    /// Probability of each bin pair, mean-major.
    pub share: Vec<f64>,
}

/// A class of subscribers with a common hour-of-day profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallClass {
    /// Probability of the class.
    pub share: f64,
    /// Probability of each local hour, 24 values.
    pub hour_share: Vec<f64>,
}

/// Where people are in one part of the day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceBlock {
    /// First local hour of the block.
    pub first_hour: u8,
    /// Length of the block in hours.
    pub length_h: u8,
    /// Share of subscribers that are ever active in this part of the day.
    pub active_share: f64,
    /// Where they are.
    pub cells: CellShares,
}

/// The share of one event kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindShare {
    /// The kind's name in files, for example `call_out`.
    pub kind: String,
    /// Its probability.
    pub share: f64,
}
