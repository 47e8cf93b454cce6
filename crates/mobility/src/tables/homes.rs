use std::sync::Arc;

use super::seen::{Zones, days};
use crate::{
    Axis, Bound, Contribution, Kernel, Public, Track, Zoning,
    track::{cell, event},
};

/// Home × work: distinct subscribers by zone of the home anchor and of the work anchor; those who lack
/// one of them are left out.
pub struct HomeWork {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for HomeWork {
    fn name(&self) -> &'static str {
        "home_work"
    }

    fn axes(&self) -> Vec<Axis> {
        let zones = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![zones("home_zone"), zones("work_zone")]
    }

    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: 1,
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        if let (Some(home), Some(work)) = (track.anchors().home, track.anchors().work) {
            out.add([self.zones.of(home.cell).0, self.zones.of(work.cell).0], 1);
        }
    }
}

/// Homes: distinct subscribers by zone of the home anchor.
pub struct Homes {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for Homes {
    fn name(&self) -> &'static str {
        "homes"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Zone("home_zone", Arc::clone(&self.zones))]
    }

    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: 1,
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        if let Some(home) = track.anchors().home {
            out.add([self.zones.of(home.cell).0], 1);
        }
    }
}

/// Who is active, by local day and home zone: in how many zones they were seen on the day, added up, and
/// distinct subscribers with an event on it anywhere. By [`Homes`] the latter is the share of residents who
/// are active; those without a home are left out.
pub struct ActiveByHome {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for ActiveByHome {
    fn name(&self) -> &'static str {
        "active_by_home"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Day, Axis::Zone("home_zone", Arc::clone(&self.zones))]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("zones")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(public.calendar.days()),
            amount: u64::from(self.zones.len()),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let Some(home) = track.anchors().home else {
            return;
        };
        let home = self.zones.of(home.cell).0;
        let mut zones = Zones::of(track, &self.zones);
        for (day, events) in days(track) {
            let seen = zones.within(track, events).len();
            out.add([u32::from(day), home], seen as u32);
        }
    }
}

/// Visitors by home zone: on how many local days somebody with a home in the one zone was seen in the
/// other, and distinct subscribers. Being seen in the home zone counts too; those without a home are
/// left out.
pub struct VisitorsByHome {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for VisitorsByHome {
    fn name(&self) -> &'static str {
        "visitors_by_home"
    }

    fn axes(&self) -> Vec<Axis> {
        let zones = |name| Axis::Zone(name, Arc::clone(&self.zones));
        vec![zones("home_zone"), zones("zone")]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("days")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(self.zones.len()),
            amount: u64::from(public.calendar.days()),
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let Some(home) = track.anchors().home else {
            return;
        };
        let home = self.zones.of(home.cell).0;
        // Zone and day in one word, each once.
        let (mut seen, locals) = (Vec::new(), track.locals());
        for of_cell in track.of_cells() {
            let zone = u64::from(self.zones.of(cell(of_cell[0])).0);
            let mut before = None;
            for &key in of_cell {
                let day = locals[event(key)].day;
                if before.replace(day) != Some(day) {
                    seen.push(zone << 16 | u64::from(day));
                }
            }
        }
        seen.sort_unstable();
        seen.dedup();
        for of_zone in seen.chunk_by(|a, b| a >> 16 == b >> 16) {
            out.add([home, (of_zone[0] >> 16) as u32], of_zone.len() as u32);
        }
    }
}
