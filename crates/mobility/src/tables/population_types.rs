use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::seen::Zones;
use crate::{Axis, Bound, Contribution, Kernel, Period, Public, Track, Zoning};

const TYPES: &[&str] = &["resident", "commuter", "regular", "visitor", "passer_by"];

/// Who is what in a zone. Public: chosen by a person, never tuned on the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopulationRule {
    /// Into how many weeks from Monday on, at least, stays of a regular in the zone reach. In a window of fewer
    /// weeks nobody is a regular.
    pub regular_weeks: u32,
}

impl PopulationRule {
    /// 3 weeks.
    pub const fn usual() -> Self {
        Self { regular_weeks: 3 }
    }
}

impl Default for PopulationRule {
    fn default() -> Self {
        Self::usual()
    }
}

/// Population types: distinct subscribers by zone and by the rhythm in which they are there, the first of
/// `resident`, whose home anchor is in the zone; `commuter`, whose work anchor is; `regular`, with a stay there in
/// [`PopulationRule::regular_weeks`] weeks; `visitor`, with a stay there; `passer_by`, who was seen there and
/// never stayed. A subscriber has one type in each zone where they were seen.
///
/// Source: residents, commuters, visitors and people in transit by profiles of calls, Furletti, Gabrielli,
/// Renso and Rinzivillo, "Analysis of GSM Calls Data for Understanding User Mobility Behavior", IEEE Big Data
/// 2013; anchors and stays in place of its clusters.
pub struct PopulationTypes {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for PopulationTypes {
    fn name(&self) -> &'static str {
        "population_types"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Zone("zone", Arc::clone(&self.zones)),
            Axis::Word("population_type", TYPES),
        ]
    }

    /// One type in each zone.
    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: self.zones.len().into(),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let calendar = track.public().calendar;
        let zones = Zones::of(track, &self.zones);
        let place = |cell| zones.known().binary_search(&self.zones.of(cell).0).ok();
        // The weeks of the stays in each zone. A window has 400 days at the most.
        let mut weeks = vec![0_u64; zones.known().len()];
        for stay in track.stays() {
            let week = |event: u32| Period::Week.of(calendar, track.locals()[event as usize].day);
            if let Some(place) = place(stay.cell) {
                for week in week(stay.first)..=week(stay.last) {
                    weeks[place] |= 1 << week.min(63);
                }
            }
        }
        let anchors = track.anchors();
        let home = anchors.home.and_then(|anchor| place(anchor.cell));
        let work = anchors.work.and_then(|anchor| place(anchor.cell));
        let least_weeks = track.definitions().population.regular_weeks;
        for (at, (&zone, weeks)) in zones.known().iter().zip(weeks).enumerate() {
            let kind = match () {
                () if home == Some(at) => 0,
                () if work == Some(at) => 1,
                () if weeks.count_ones() >= least_weeks => 2,
                () if weeks > 0 => 3,
                () => 4,
            };
            out.add([zone, kind], 1);
        }
    }
}
