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
    /// Single numbers, group by group.
    pub measures: Vec<Measure>,
    /// Records that can't be, or hardly.
    pub impossible: Vec<Impossible>,
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

/// What a measure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Where people are, and when.
    Presence,
    /// How far they move.
    Range,
    /// When and how often they are seen.
    Rhythm,
    /// At how many places, which and in what order.
    Places,
    /// From where to where.
    Flows,
    /// What is learnt from synthetic records, examined on real ones.
    Tasks,
}

impl Group {
    /// Name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Presence => "Presence",
            Self::Range => "Range",
            Self::Rhythm => "Rhythm",
            Self::Places => "Places",
            Self::Flows => "Flows",
            Self::Tasks => "Tasks",
        }
    }

    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::Range => "range",
            Self::Rhythm => "rhythm",
            Self::Places => "places",
            Self::Flows => "flows",
            Self::Tasks => "tasks",
        }
    }
}

/// A number of findings among so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many were found.
    pub found: u64,
    /// Among how many; 0 where nothing could be judged.
    pub of: u64,
}

impl Count {
    /// Found by all; absent of nothing.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.found as f64 / self.of as f64)
    }
}

/// One kind of record that can't be, or hardly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impossible {
    /// Stable name, for example `too_fast`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Exact definition.
    pub definition: String,
    /// In the real records.
    pub real: Count,
    /// In the synthetic records.
    pub synthetic: Count,
}

/// One measure between real and synthetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Stable name with its unit, for example `hourly_emd_km`.
    pub id: String,
    /// What it is about.
    pub group: Group,
    /// Name for people.
    pub title: String,
    /// Unit for people: `km`, `bit`, `d`, `share`; empty where there is none.
    pub unit: String,
    /// Exact definition in one or two sentences.
    pub definition: String,
    /// Real against synthetic; absent where it can't be computed (the definition says when).
    pub value: Option<f64>,
    /// The same between two random halves of the real subscribers: what sampling alone does. Of a task:
    /// learnt from half of those who entered a fit, examined on those who never did.
    pub sampling_error: Option<f64>,
    /// Of a task: what who has learnt next to nothing makes of it. Absent for all others.
    pub trivial: Option<f64>,
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
