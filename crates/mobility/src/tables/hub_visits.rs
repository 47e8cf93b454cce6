use std::sync::Arc;

use erewhon_events::Event;

use crate::{Axis, Bound, Contribution, HubVisit, Hubs, Kernel, Public, Track};

const NETWORKS: &[&str] = &["unknown", "own", "abroad"];
const VISITS: &[&str] = &["passing", "visiting", "long", "anchored"];

/// Visits of [`Hubs`], by local day or hour of arrival, by where the subscriber's network is, and by how long
/// it is: `passing`, `visiting` or `long` ([`Hub`](crate::Hub)), or `anchored` for somebody whose home or work
/// anchor is at the hub, however long.
///
/// A network is `own` if its country is among [`Definitions::own_mcc`](crate::Definitions::own_mcc), `abroad`
/// if it is not, and `unknown` where no record of the visit has it or no own country is declared. How long a visit is, is the time between
/// its first and last event: with a record now and then, most visits look like passing.
pub struct HubVisits {
    /// Its name as a table.
    pub name: &'static str,
    /// The hubs.
    pub hubs: Arc<Hubs>,
    /// By hour of arrival, all days together, else by day.
    pub hourly: bool,
}

impl Kernel for HubVisits {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            if self.hourly { Axis::Hour } else { Axis::Day },
            Axis::Name("hub", self.hubs.names()),
            Axis::Word("home_network", NETWORKS),
            Axis::Word("visit", VISITS),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("visits")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (hub, visit) in self.hubs.visits(track) {
            let arrives = track.locals()[visit.first as usize];
            let when = if self.hourly {
                u32::from(arrives.hour())
            } else {
                u32::from(arrives.day)
            };
            let events = &track.events()[visit.first as usize..=visit.last as usize];
            let network = network(track, events);
            out.add([when, hub, network, self.kind(track, hub, visit)], 1);
        }
    }
}

impl HubVisits {
    fn kind(&self, track: &Track<'_>, hub: u32, visit: HubVisit) -> u32 {
        let hub = hub as usize;
        let anchors = track.anchors();
        let mut anchors = anchors.home.iter().chain(&anchors.work);
        let lasts = |seconds: u32| visit.dwell_ms >= i64::from(seconds) * 1_000;
        match self.hubs.get(hub) {
            _ if anchors.any(|anchor| self.hubs.holds(hub, anchor.cell)) => 3,
            Some(rule) if lasts(rule.long_s) => 2,
            Some(rule) if lasts(rule.visit_s) => 1,
            _ => 0,
        }
    }
}

fn network(track: &Track<'_>, events: &[Event]) -> u32 {
    let own = &track.definitions().own_mcc;
    let known = events.iter().find_map(|event| event.home_network);
    let known = known.filter(|_| !own.is_empty());
    known.map_or(
        0,
        |network| if own.contains(&network.mcc()) { 1 } else { 2 },
    )
}
