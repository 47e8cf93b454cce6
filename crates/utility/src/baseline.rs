use erewhon_events::EventSource;
use erewhon_types::Result;
use serde::{Deserialize, Serialize};

use crate::{Profile, Scene, emd::mean};

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

/// Compares one more synthetic source with the real profile of the same scene.
///
/// # Errors
/// What reading the source fails with.
pub fn baseline_row(
    name: impl Into<String>,
    scene: &Scene<'_>,
    real: &Profile,
    synthetic: &dyn EventSource,
) -> Result<BaselineRow> {
    let synthetic = scene.profile(synthetic)?;
    let errors_km = scene.daily_range_errors_km(real, &synthetic);
    Ok(BaselineRow {
        name: name.into(),
        hourly_emd_km: mean(scene.hourly_emd_km(real, &synthetic)),
        daily_range_error_km: errors_km.map(|e| e[0].max(e[1]).max(e[2])),
    })
}
