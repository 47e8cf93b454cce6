use std::sync::Arc;

use erewhon_geo::CellTable;
use erewhon_types::{CellIx, Error, Result};
use serde::{Deserialize, Serialize};

use super::{check_frame, check_names, check_position, check_range, no_cell};
use crate::Track;

/// A place where people change from one way of travelling to another, such as an airport or a station, and
/// what a visit there is. Public: declared by a person, never tuned on the data.
///
/// Cells within [`within_m`](Self::within_m) are the hub. A visit is a row of events there, as long as each
/// comes at most [`max_silence_s`](Self::max_silence_s) after the one before, or, where events elsewhere lie
/// between the two, at most [`max_excursion_s`](Self::max_excursion_s). It lasts from the first event to the
/// last: as long at least as that, since nobody is seen before a phone is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hub {
    /// What tables call it.
    pub name: String,
    /// Where it is: longitude and latitude in degrees, or metres east and north where the cells are in a
    /// planar frame.
    pub at: (f64, f64),
    /// Cells this near are the hub, in metres.
    pub within_m: f64,
    /// Longest silence within a visit, in seconds.
    pub max_silence_s: u32,
    /// Longest time from the last event before events elsewhere to the first one after, in seconds.
    pub max_excursion_s: u32,
    /// From how many seconds on somebody visits the hub and does not just pass.
    pub visit_s: u32,
    /// From how many seconds on a visit is a long one.
    pub long_s: u32,
}

impl Default for Hub {
    /// Nowhere yet; 1 km, silence of up to two hours, excursions of up to 5 minutes, a visit from 15 minutes
    /// (as long as a stay of multimno's) and a long one from 4 hours on.
    fn default() -> Self {
        Self {
            name: String::new(),
            at: (f64::NAN, f64::NAN),
            within_m: 1_000.0,
            max_silence_s: 7_200,
            max_excursion_s: 300,
            visit_s: 900,
            long_s: 14_400,
        }
    }
}

impl Hub {
    /// Refuses numbers that mean nothing.
    ///
    /// # Errors
    /// Input, when one is outside its range or missing.
    pub fn check(&self) -> Result<()> {
        let what = ("hub", self.name.as_str());
        if self.at.0.is_nan() || self.at.1.is_nan() {
            return Err(Error::input(format!("the hub `{}` is nowhere", self.name))
                .with_hint("write where it is: at = [13.50, 52.36]"));
        }
        let time = (0.0, 864_000.0);
        for (key, value, range) in [
            ("at", self.at.0, (-1e8, 1e8)),
            ("at", self.at.1, (-1e8, 1e8)),
            ("within_m", self.within_m, (1.0, 1e5)),
            ("max_silence_s", self.max_silence_s.into(), (1.0, 864_000.0)),
            ("max_excursion_s", self.max_excursion_s.into(), time),
            ("visit_s", self.visit_s.into(), (0.0, self.long_s.into())),
            ("long_s", self.long_s.into(), time),
        ] {
            check_range(what, key, value, range)?;
        }
        Ok(())
    }
}

/// Hubs over the cells of one network. Public.
#[derive(Clone, Debug, Default)]
pub struct Hubs {
    names: Arc<[String]>,
    on: Vec<(Hub, Vec<bool>)>,
}

/// A visit of a hub.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HubVisit {
    /// Its first event, as a place in [`Track::events`].
    pub first: u32,
    /// Its last event. Between the two there may be events elsewhere.
    pub last: u32,
    /// Milliseconds between the two.
    pub dwell_ms: i64,
}

impl Hubs {
    /// The hubs of a network.
    ///
    /// # Errors
    /// Input, as [`Hub::check`], when two have one name, or no cell is near one; usage, when the cells have no
    /// positions.
    pub fn new(hubs: &[Hub], cells: &CellTable) -> Result<Self> {
        if hubs.is_empty() {
            return Ok(Self::default());
        }
        check_frame(cells)?;
        check_names("hub", hubs.iter().map(|hub| hub.name.as_str()))?;
        let on = hubs.iter().map(|hub| {
            hub.check()?;
            check_position(("hub", &hub.name), hub.at, cells)?;
            let (x, y) = cells.project_m(hub.at.0, hub.at.1);
            let far_m = |at: &(f64, f64)| (at.0 - x).hypot(at.1 - y);
            let near = |at| far_m(at) <= hub.within_m;
            let near: Vec<bool> = cells.plane_m().iter().map(near).collect();
            if near.contains(&true) {
                return Ok((hub.clone(), near));
            }
            let nearest_m = cells.plane_m().iter().map(far_m).fold(f64::MAX, f64::min);
            Err(no_cell(
                ("hub", &hub.name),
                (hub.within_m, nearest_m),
                cells,
            ))
        });
        Ok(Self {
            names: hubs.iter().map(|hub| hub.name.clone()).collect(),
            on: on.collect::<Result<_>>()?,
        })
    }

    /// Their names, in the order in which they were declared.
    pub fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    /// A hub.
    pub fn get(&self, hub: usize) -> Option<&Hub> {
        self.on.get(hub).map(|on| &on.0)
    }

    /// Whether a cell is a hub.
    pub fn holds(&self, hub: usize, cell: CellIx) -> bool {
        self.on.get(hub).is_some_and(|on| on.1[cell.index()])
    }

    /// The visits of one subscriber at each hub, ascending in time: which hub, and the visit.
    pub fn visits(&self, track: &Track<'_>) -> Vec<(u32, HubVisit)> {
        let mut visits = Vec::new();
        for (place, (rule, near)) in (0..).zip(&self.on) {
            visits_of(track, rule, near, |visit| visits.push((place, visit)));
        }
        visits
    }
}

fn visits_of(track: &Track<'_>, rule: &Hub, near: &[bool], mut each: impl FnMut(HubVisit)) {
    let events = track.events();
    let utc_ms = |event: u32| events[event as usize].time_utc_ms;
    let begins = track.stretches();
    let ends = begins.iter().skip(1).copied().chain([events.len() as u32]);
    let mut open: Option<(u32, u32)> = None;
    let mut close = |open: Option<(u32, u32)>| {
        if let Some((first, last)) = open {
            let dwell_ms = utc_ms(last) - utc_ms(first);
            each(HubVisit {
                first,
                last,
                dwell_ms,
            });
        }
    };
    for (&begin, end) in begins.iter().zip(ends) {
        if !near[events[begin as usize].cell.index()] {
            continue;
        }
        for event in begin..end {
            let goes_on = open.is_some_and(|(_, last)| {
                let elsewhere = last + 1 < event;
                let most_s = if elsewhere {
                    rule.max_excursion_s
                } else {
                    rule.max_silence_s
                };
                utc_ms(event) - utc_ms(last) <= i64::from(most_s) * 1_000
            });
            match &mut open {
                Some((_, last)) if goes_on => *last = event,
                _ => {
                    close(open.replace((event, event)));
                }
            }
        }
    }
    close(open);
}
