use serde::{Deserialize, Serialize};

use super::{
    Trajectories, TrajectoryQueries,
    grid::{Extent, Gridded, hotspot_loss, kendall_tau},
    patterns::Patterns,
    queries::{average_relative_error, disc_counts, square_counts},
    shape::{Bins, diameters_m, lengths_m},
};
use crate::Better;

/// One metric of a synthetic set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrajectoryScore {
    /// Stable name; `jsd_nat` is a Jensen-Shannon divergence in nats, not square-rooted.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Which direction is good.
    pub better: Better,
    /// Real against synthetic; absent where there is nothing to compare.
    pub value: Option<f64>,
}

impl TrajectoryScore {
    /// The stable name of the metric that goes by this name here or in the peers' own script.
    pub fn id_of(name: &str) -> Option<&'static str> {
        let named = |metric: &&Metric| metric.id == name || metric.peers == name;
        METRICS.iter().find(named).map(|metric| metric.id)
    }
}

/// Share of all trajectories, or points, below which a query's answer counts as that share.
const FLOOR_SHARE: f64 = 0.01;

/// The real trajectories, looked at once, for any number of synthetic sets to be scored against.
///
/// # Privacy
/// Exact and internal, as every score is.
pub struct TrajectoryTruth<'a> {
    queries: &'a TrajectoryQueries,
    extent: Extent,
    /// By diameter and by length; absent where all real ones are equal.
    bins: [Option<Bins>; 2],
    real: Facts,
}

/// All that the metrics need of one set.
struct Facts {
    trajectories: f64,
    points: f64,
    discs: Vec<f64>,
    small_discs: Vec<f64>,
    squares: Vec<f64>,
    coarse: Tables,
    fine: Tables,
    patterns: Patterns,
    /// Shares by diameter and by length, where there are bins.
    shapes: [Option<Vec<f64>>; 2],
}

struct Tables {
    density: Vec<f64>,
    visitors: Vec<f64>,
    trips: Vec<f64>,
    transitions: Vec<f64>,
}

impl Tables {
    fn of(grid: &Gridded) -> Self {
        Self {
            density: grid.density(),
            visitors: grid.visitors(),
            trips: grid.trips(),
            transitions: grid.transitions(),
        }
    }
}

impl Facts {
    fn of(
        all: &Trajectories,
        queries: &TrajectoryQueries,
        extent: Extent,
        shapes: [Option<Vec<f64>>; 2],
    ) -> Self {
        let coarse = Gridded::new(all, extent, 6);
        Self {
            trajectories: all.len() as f64,
            points: all.points_m().len() as f64,
            discs: disc_counts(all, &queries.discs_m),
            small_discs: disc_counts(all, &queries.small_discs_m),
            squares: square_counts(all, &queries.squares_m),
            patterns: Patterns::new(&coarse),
            coarse: Tables::of(&coarse),
            fine: Tables::of(&Gridded::new(all, extent, 15)),
            shapes,
        }
    }
}

impl<'a> TrajectoryTruth<'a> {
    /// `None` when there is no trajectory.
    pub fn new(real: &Trajectories, queries: &'a TrajectoryQueries) -> Option<Self> {
        if real.is_empty() {
            return None;
        }
        let extent = Extent::of(real.points_m());
        let values = [diameters_m(real), lengths_m(real)];
        let bins = values.each_ref().map(|values| Bins::of(values));
        let shapes = shares(&bins, &values);
        let real = Facts::of(real, queries, extent, shapes);
        Some(Self {
            queries,
            extent,
            bins,
            real,
        })
    }

    /// Every metric of a synthetic set; without values when it has no trajectory.
    ///
    /// Counts are scaled to the number of real trajectories, or of real points.
    ///
    /// | id | definition |
    /// |---|---|
    /// | `disc_query_avre`, `small_disc_query_avre` | trajectories that come into a disc: mean over the discs of `abs(real - synthetic) / max(real, 1 % of all)` |
    /// | `point_query_avre` | the same of points in a square |
    /// | `kendall_tau_15`, `_6` | over all pairs of grid cells, concordant less discordant in the trajectories that go through them, by pairs |
    /// | `density_jsd_nat_15`, `_6` | JSD of steps through each grid cell |
    /// | `hotspot_loss_6` | 1 - NDCG of the five busiest cells |
    /// | `trip_jsd_nat_15`, `_6` | JSD of first × last cell |
    /// | `transition_jsd_nat_15`, `_6` | JSD of steps from cell to cell |
    /// | `pattern_f1_6` | of the 100 most frequent runs of 2 to 8 cells, or all where they are fewer, the share that the synthetic 100 have too |
    /// | `pattern_support_avre_6` | over the real 100, mean of `abs(real - synthetic) / real` |
    /// | `diameter_jsd_nat`, `length_jsd_nat` | JSD of the largest distance and of the way, over 20 bins from 0, each a twentieth of the real spread; what lies beyond is in none. Absent where all real ones are equal |
    ///
    /// JSD is `½ Σ p ln(p/m) + ½ Σ q ln(q/m)` with `m = (p + q)/2`. `_15` and `_6` are grids of 15 × 15
    /// and 6 × 6 over the box of the real points, walked by king's moves.
    pub fn score(&self, synthetic: &Trajectories) -> Vec<TrajectoryScore> {
        let theirs = (!synthetic.is_empty()).then(|| {
            let values = [diameters_m(synthetic), lengths_m(synthetic)];
            let shapes = shares(&self.bins, &values);
            Facts::of(synthetic, self.queries, self.extent, shapes)
        });
        let scores = METRICS.iter().map(|metric| {
            let value = theirs
                .as_ref()
                .map(|theirs| (metric.of)(&self.real, theirs))
                // What has nothing to be computed from is absent.
                .filter(|value| !value.is_nan());
            TrajectoryScore {
                id: metric.id.to_owned(),
                title: metric.title.to_owned(),
                better: metric.better,
                value: value.filter(|value| value.is_finite()),
            }
        });
        scores.collect()
    }
}

fn shares(bins: &[Option<Bins>; 2], values: &[Vec<f64>; 2]) -> [Option<Vec<f64>>; 2] {
    [0, 1].map(|shape| Some(bins[shape].as_ref()?.shares(&values[shape])))
}

struct Metric {
    id: &'static str,
    /// Its name in the script that scored the peers.
    peers: &'static str,
    title: &'static str,
    better: Better,
    of: fn(&Facts, &Facts) -> f64,
}

const fn lower(
    [id, peers]: [&'static str; 2],
    title: &'static str,
    of: fn(&Facts, &Facts) -> f64,
) -> Metric {
    Metric {
        id,
        peers,
        title,
        better: Better::Lower,
        of,
    }
}

const fn higher(
    [id, peers]: [&'static str; 2],
    title: &'static str,
    of: fn(&Facts, &Facts) -> f64,
) -> Metric {
    Metric {
        id,
        peers,
        title,
        better: Better::Higher,
        of,
    }
}

const METRICS: [Metric; 16] = [
    lower(
        ["disc_query_avre", "ada_query_avre"],
        "disc query AvRE",
        |a, b| trajectory_error(a, b, |f| &f.discs),
    ),
    lower(
        ["small_disc_query_avre", "query_avre_small"],
        "small disc query AvRE",
        |a, b| trajectory_error(a, b, |f| &f.small_discs),
    ),
    lower(
        ["point_query_avre", "ldp_point_query_avre_raw"],
        "point query AvRE",
        |a, b| {
            let scale = a.points / b.points;
            average_relative_error(&a.squares, &b.squares, scale, FLOOR_SHARE * a.points)
        },
    ),
    higher(
        ["kendall_tau_15", "kendall_tau_15"],
        "Kendall tau 15×15",
        |a, b| kendall_tau(&a.fine.visitors, &b.fine.visitors),
    ),
    higher(
        ["kendall_tau_6", "kendall_tau_6"],
        "Kendall tau 6×6",
        |a, b| kendall_tau(&a.coarse.visitors, &b.coarse.visitors),
    ),
    lower(
        ["density_jsd_nat_15", "density_jsd_15"],
        "density JSD 15×15, nat",
        |a, b| jsd_nat_normalised(&a.fine.density, &b.fine.density),
    ),
    lower(
        ["density_jsd_nat_6", "density_jsd_6"],
        "density JSD 6×6, nat",
        |a, b| jsd_nat_normalised(&a.coarse.density, &b.coarse.density),
    ),
    lower(
        ["hotspot_loss_6", "hotspot_1_minus_ndcg5"],
        "hotspot 1 - NDCG@5, 6×6",
        |a, b| hotspot_loss(&a.coarse.density, &b.coarse.density),
    ),
    lower(
        ["trip_jsd_nat_15", "trip_jsd_15"],
        "trip JSD 15×15, nat",
        |a, b| jsd_nat_normalised(&a.fine.trips, &b.fine.trips),
    ),
    lower(
        ["trip_jsd_nat_6", "trip_jsd_6"],
        "trip JSD 6×6, nat",
        |a, b| jsd_nat_normalised(&a.coarse.trips, &b.coarse.trips),
    ),
    lower(
        ["transition_jsd_nat_15", "transition_jsd_15"],
        "transition JSD 15×15, nat",
        |a, b| jsd_nat_normalised(&a.fine.transitions, &b.fine.transitions),
    ),
    lower(
        ["transition_jsd_nat_6", "transition_jsd_6"],
        "transition JSD 6×6, nat",
        |a, b| jsd_nat_normalised(&a.coarse.transitions, &b.coarse.transitions),
    ),
    higher(
        ["pattern_f1_6", "pattern_f1_top100"],
        "pattern F1 6×6",
        |a, b| a.patterns.f1(&b.patterns),
    ),
    lower(
        ["pattern_support_avre_6", "pattern_support_avre"],
        "pattern support AvRE 6×6",
        |a, b| {
            a.patterns
                .support_error(&b.patterns, a.trajectories / b.trajectories)
        },
    ),
    lower(
        ["diameter_jsd_nat", "diameter_jsd"],
        "diameter JSD, nat",
        |a, b| shapes_jsd_nat(a, b, 0),
    ),
    lower(
        ["length_jsd_nat", "length_jsd"],
        "length JSD, nat",
        |a, b| shapes_jsd_nat(a, b, 1),
    ),
];

fn trajectory_error(a: &Facts, b: &Facts, counts: fn(&Facts) -> &Vec<f64>) -> f64 {
    let scale = a.trajectories / b.trajectories;
    average_relative_error(counts(a), counts(b), scale, FLOOR_SHARE * a.trajectories)
}

/// JSD in nats of one of the shapes; not a number where there are no bins.
fn shapes_jsd_nat(a: &Facts, b: &Facts, shape: usize) -> f64 {
    let shares = a.shapes[shape].as_ref().zip(b.shapes[shape].as_ref());
    shares.map_or(f64::NAN, |(a, b)| jsd_nat(a, b))
}

/// JSD in nats of two tables of counts, each brought to 1 first; a table without mass stays 0.
fn jsd_nat_normalised(p: &[f64], q: &[f64]) -> f64 {
    let shares = |counts: &[f64]| -> Vec<f64> {
        let sum = counts.iter().sum::<f64>().max(1.0);
        counts.iter().map(|count| count / sum).collect()
    };
    jsd_nat(&shares(p), &shares(q))
}

/// `½ Σ p ln(p/m) + ½ Σ q ln(q/m)`, as it stands: neither normalised nor square-rooted.
fn jsd_nat(p: &[f64], q: &[f64]) -> f64 {
    let part = |x: f64, mid: f64| if x > 0.0 { x * (x / mid).ln() } else { 0.0 };
    let each = p.iter().zip(q).map(|(&p, &q)| {
        let mid = f64::midpoint(p, q);
        (part(p, mid) + part(q, mid)) / 2.0
    });
    each.sum()
}
