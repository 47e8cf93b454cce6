use erewhon_events::EventSource;
use erewhon_mobility::Public;
use erewhon_types::{Result, Subscriber};

use crate::{
    Flow, Presence, Profile, Scene, UtilityReport,
    chart::{self, shares},
    impossible::Findings,
    lanes,
    measure::{self, Pair, Yardstick},
    tasks::Tasks,
};

/// The real side, read once, for any number of synthetic ones to be held against.
///
/// Memory does not grow with the number of subscribers.
///
/// # Privacy
/// It is exact and internal, and so is every report it gives: nothing in them was paid for.
pub struct Truth<'a> {
    scene: Scene<'a>,
    /// Two halves of the subscribers, and all of them.
    halves: [Profile; 3],
    /// The subscribers whom no release was made from: who learnt from one is examined on them.
    examined: Profile,
    yardstick: Yardstick,
}

impl<'a> Truth<'a> {
    /// Reads the real events once.
    ///
    /// `held_out` says which subscribers entered no fit of what is going to be compared. Tasks are examined on
    /// them, and on nobody else: whoever is examined on what he learnt from is told his own words. Without
    /// any, tasks are absent. All other measures are about everybody.
    ///
    /// # Errors
    /// What reading the source fails with. Sparse and empty data are no error.
    pub fn read(
        public: Public<'a>,
        real: &dyn EventSource,
        held_out: &(dyn Fn(Subscriber) -> bool + Sync),
    ) -> Result<Self> {
        let scene = Scene::new(public);
        let parts = lanes::parts(&scene, real, held_out)?;
        let ([a, b, _], learnt, examined) = (&parts.halves, &parts.learnt, &parts.held_out);
        let tasks = Tasks::learnt(&scene, learnt, examined);
        let yardstick = Yardstick::new(
            &Pair::new(&scene, a, b, tasks),
            Tasks::trivial(&scene, learnt, examined),
        );
        Ok(Self {
            scene,
            halves: parts.halves,
            examined: parts.held_out,
            yardstick,
        })
    }

    /// Number of real subscribers with an event inside the window.
    pub const fn subscribers(&self) -> u64 {
        self.halves[2].subscribers
    }

    /// Reads synthetic events once and compares them.
    ///
    /// Measures that can't be computed are absent.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn compare(&self, synthetic: &dyn EventSource) -> Result<UtilityReport> {
        let (scene, [_, _, real]) = (&self.scene, &self.halves);
        let [_, _, synthetic] = lanes::parts(scene, synthetic, &|_| false)?.halves;
        let tasks = Tasks::learnt(scene, &synthetic, &self.examined);
        let pair = Pair::new(scene, real, &synthetic, tasks);
        Ok(UtilityReport {
            subscribers_real: real.subscribers,
            subscribers_synthetic: synthetic.subscribers,
            events_real: real.events,
            events_synthetic: synthetic.events,
            measures: measure::all(scene, &pair, &self.yardstick),
            impossible: Findings::list(&real.impossible, &synthetic.impossible),
            charts: chart::all(&self.halves, &synthetic),
            presence: Presence {
                real: by_hour(real),
                synthetic: by_hour(&synthetic),
            },
            flows: flows(scene, real, &synthetic),
            flow_zones_m: scene.zone_centres_m(),
        })
    }
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
