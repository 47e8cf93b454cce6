use serde::{Deserialize, Serialize};

use crate::UtilityReport;

/// One generator in a table of baselines, by the two measures that WHERE made customary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineRow {
    /// Name of the generator, for people.
    pub name: String,
    /// Mean hourly earth mover's distance to the real presence; absent when no hour has events on
    /// both sides.
    pub hourly_emd_km: Option<f64>,
    /// Worst error of the three quartiles of the daily range; absent when either side is empty.
    pub daily_range_error_km: Option<f64>,
}

impl BaselineRow {
    /// The row of a generator that was compared.
    pub fn new(name: impl Into<String>, report: &UtilityReport) -> Self {
        let value = |id| report.measure(id).and_then(|measure| measure.value);
        Self {
            name: name.into(),
            hourly_emd_km: value("hourly_emd_km"),
            daily_range_error_km: value("daily_range_error_km"),
        }
    }
}
