use erewhon_events::EventSource;
use erewhon_mobility::Public;
use erewhon_types::Result;

use crate::{
    Flow, Presence, Profile, Scene, UtilityReport,
    chart::{self, shares},
    measure,
};

/// Compares synthetic with real events. `progress` hears what begins.
///
/// Reads each source once; memory does not grow with the number of subscribers.
///
/// # Privacy
/// The report is exact and internal: nothing in it was paid for.
///
/// # Errors
/// What reading a source fails with. Sparse and empty data are no error: measures that can't be
/// computed are absent.
pub fn compare(
    public: &Public<'_>,
    real: &dyn EventSource,
    synthetic: &dyn EventSource,
    progress: &mut dyn FnMut(&str),
) -> Result<UtilityReport> {
    let scene = Scene::new(*public);
    progress("reading the real records");
    let halves = scene.halves(real)?;
    progress("reading the synthetic records");
    let synthetic = scene.profile(synthetic)?;
    progress("comparing them");
    let real = &halves[2];
    Ok(UtilityReport {
        subscribers_real: real.subscribers,
        subscribers_synthetic: synthetic.subscribers,
        events_real: real.events,
        events_synthetic: synthetic.events,
        measures: measure::all(&scene, &halves, &synthetic),
        charts: chart::all(&halves, &synthetic),
        presence: Presence {
            real: by_hour(real),
            synthetic: by_hour(&synthetic),
        },
        flows: flows(&scene, real, &synthetic),
        flow_zones_m: scene.zone_centres_m(),
    })
}

fn by_hour(profile: &Profile) -> Vec<Vec<f64>> {
    profile
        .presence
        .chunks(profile.home.len())
        .map(shares)
        .collect()
}

/// Pairs of zones with anybody on either side, largest real share first, then by zone.
fn flows(scene: &Scene<'_>, real: &Profile, synthetic: &Profile) -> Vec<Flow> {
    let zones = scene.zones.zones();
    let (real, synthetic) = (shares(&real.home_work), shares(&synthetic.home_work));
    let mut flows: Vec<Flow> = real
        .into_iter()
        .zip(synthetic)
        .enumerate()
        .map(|(at, (real, synthetic))| Flow {
            home_zone: (at / zones) as u32,
            work_zone: (at % zones) as u32,
            real,
            synthetic,
        })
        .filter(|flow| flow.real > 0.0 || flow.synthetic > 0.0)
        .collect();
    flows.sort_by(|a, b| b.real.total_cmp(&a.real));
    flows
}

#[cfg(test)]
mod tests;
