//! Tasks: learn from synthetic records, be examined on real ones.
//!
//! The examined are real subscribers who entered no fit. What learnt from real ones who did, half of
//! them, is the yardstick, and what has learnt next to nothing shows what a figure is worth.

mod anomaly;
mod epidemic;
mod next_place;
mod population;

pub(crate) use anomaly::{DAYPARTS, KnownDay, Sample};

use crate::{Profile, Scene};

/// How well one side did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tasks {
    /// Share of right guesses, of one and of five.
    pub(crate) next_place: Option<[f64; 2]>,
    /// Area under the curve.
    pub(crate) anomaly_auc: Option<f64>,
    /// Mean relative error.
    pub(crate) population_error: Option<f64>,
    /// Error of the peak day in days, of the peak share, total variation of the early and final maps.
    pub(crate) epidemic: Option<[f64; 4]>,
}

impl Tasks {
    /// Learns from one side and is examined on another.
    pub(crate) fn learnt(scene: &Scene<'_>, trained: &Profile, test: &Profile) -> Self {
        Self {
            next_place: next_place::accuracy(&trained.jumps, &test.jumps),
            anomaly_auc: anomaly::auc(scene, trained, test),
            population_error: population::error(scene, &trained.presence, &test.presence),
            epidemic: epidemic::errors(
                epidemic::Country::commuting(scene, trained),
                epidemic::Country::commuting(scene, test),
            ),
        }
    }

    /// Knows which places are popular, and nothing of who goes where, when and from where.
    pub(crate) fn trivial(scene: &Scene<'_>, trained: &Profile, test: &Profile) -> Self {
        Self {
            next_place: next_place::accuracy(
                &next_place::popularity_only(&trained.jumps),
                &test.jumps,
            ),
            // Each day is judged twice, once as its owner's and once as another's.
            anomaly_auc: anomaly::auc(scene, trained, test).map(|_| 0.5),
            population_error: population::error(
                scene,
                &population::all_day(&trained.presence),
                &test.presence,
            ),
            epidemic: epidemic::errors(
                epidemic::Country::mixed(scene, trained),
                epidemic::Country::commuting(scene, test),
            ),
        }
    }
}
