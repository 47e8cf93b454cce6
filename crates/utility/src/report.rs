use serde::{Deserialize, Serialize};

/// Everything measured between real and synthetic events. Exact, therefore internal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UtilityReport {
    /// Subscribers with at least one event inside the window.
    pub subscribers_real: u64,
    /// The same in the synthetic events.
    pub subscribers_synthetic: u64,
    /// Events inside the window.
    pub events_real: u64,
    /// The same in the synthetic events.
    pub events_synthetic: u64,
    /// Single numbers.
    pub measures: Vec<Measure>,
    /// Distributions.
    pub charts: Vec<Chart>,
    /// Where people are, hour by hour.
    pub presence: Presence,
    /// Home to work between zones, largest real flows first.
    pub flows: Vec<Flow>,
    /// Centre of each flow zone in metres east and north of the cell table's centre.
    pub flow_zones_m: Vec<(f64, f64)>,
}

impl UtilityReport {
    /// The measure of that name.
    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }
}

/// Which direction of a measure is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Smaller is closer to the truth.
    Lower,
    /// Larger is closer to the truth.
    Higher,
}

/// One measure between real and synthetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Stable name with its unit, for example `hourly_emd_km`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Unit for people: `km`, `bit`, `share`; empty where there is none.
    pub unit: String,
    /// Exact definition in one or two sentences.
    pub definition: String,
    /// Real against synthetic; absent where it can't be computed (the definition says when).
    pub value: Option<f64>,
    /// The same between two random halves of the real subscribers: what sampling alone does.
    pub sampling_error: Option<f64>,
    /// Which direction is good.
    pub better: Better,
}

/// One distribution, real and synthetic, on shared bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Stable name, for example `jump_length_km`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Horizontal axis with its unit.
    pub x_label: String,
    /// Vertical axis with its unit.
    pub y_label: String,
    /// Start of each bin; one more entry than bins, the last is the end.
    pub bin_edges: Vec<f64>,
    /// Share of the real data per bin.
    pub real: Vec<f64>,
    /// Share of the synthetic data per bin.
    pub synthetic: Vec<f64>,
    /// Standard error of `real` from two random halves, per bin.
    pub real_error: Vec<f64>,
    /// Whether the horizontal axis reads best logarithmically.
    pub log_x: bool,
}

/// Share of presence per hour of the day and cell; each hour sums to 1 (or 0 without events).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    /// `real[hour][cell]`.
    pub real: Vec<Vec<f64>>,
    /// `synthetic[hour][cell]`.
    pub synthetic: Vec<Vec<f64>>,
}

/// People who live in one zone and work in another, as a share of all with both anchors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Index into `flow_zones_m`.
    pub home_zone: u32,
    /// Index into `flow_zones_m`.
    pub work_zone: u32,
    /// Share in the real data.
    pub real: f64,
    /// Share in the synthetic data.
    pub synthetic: f64,
}
