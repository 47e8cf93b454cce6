use std::cmp::Reverse;

use erewhon_geo::CellTable;
use erewhon_types::CellIx;
use serde::{Deserialize, Serialize};

use crate::{Stay, Track, track::event};

/// Which cells of a subscriber are one place. Public: chosen by a person, never tuned on the data.
///
/// Hartigan's leader algorithm ("Clustering Algorithms", 1975): cells in the order of their evidence;
/// each joins the first place whose leading cell is at most [`radius_m`](Self::radius_m) away, or
/// leads a new one. So no place is wider than twice the radius, however dense the cells. The order
/// says what a place is:
///
/// * [`Track::places`]: every cell, most days first, then most events, then the lowest row; as in
///   Isaacman and others, "Identifying Important Places in People's Lives from Cellular Network Data",
///   2011.
/// * [`Track::activity_space`]: clustered in time first and in space then, that is, the cells of
///   stays, longest dwell first, then most stays, then the lowest row; the two steps of Calabrese and
///   others 2011 and Jiang and others 2013 ([`StayRule`](crate::StayRule)).
///
/// Rows of a cell that moved are one place if they are near enough; cells on one mast always are.
/// Without positions, cells stand on a lattice of 1 km, and each is a place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceRule {
    /// Cells this near to a place's leading cell, in metres, belong to the place; at 0 a place is a
    /// mast.
    pub radius_m: f64,
}

impl PlaceRule {
    /// 500 m, the radius of [`StayRule::usual`](crate::StayRule::usual).
    pub const fn usual() -> Self {
        Self { radius_m: 500.0 }
    }
}

impl Default for PlaceRule {
    fn default() -> Self {
        Self::usual()
    }
}

/// A place of one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The cell that leads it.
    pub cell: CellIx,
    /// Local days with an event there; in an activity space, days that a stay there touches.
    pub days: u16,
    /// Events there; in an activity space, events of the stays there.
    pub events: u32,
    /// Stays there.
    pub stays: u32,
    /// Time of the stays there, in milliseconds.
    pub dwell_ms: u64,
}

/// The places of one subscriber, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    places: Vec<Place>,
    /// (cell, its place), ascending in cell.
    of_cell: Vec<(CellIx, u32)>,
    dwell_ms: u64,
}

impl Places {
    /// The places; those found first have the most evidence in their leading cell.
    pub fn all(&self) -> &[Place] {
        &self.places
    }

    /// The place of a cell, as a place in [`all`](Self::all); `None` for a cell of no place.
    pub fn of(&self, cell: CellIx) -> Option<usize> {
        let row = self.of_cell.binary_search_by_key(&cell, |of| of.0);
        row.ok().map(|row| self.of_cell[row].1 as usize)
    }

    /// Share of the time of all stays that is spent at a place, 0 to 1; `None` without a stay.
    pub fn share_of_time(&self, place: &Place) -> Option<f64> {
        (self.dwell_ms > 0).then(|| place.dwell_ms as f64 / self.dwell_ms as f64)
    }

    fn group(cells: &CellTable, rule: &PlaceRule, ranked: &[CellIx]) -> Self {
        let led = leaders(cells, ranked, rule.radius_m);
        let mut of_cell: Vec<_> = ranked.iter().copied().zip(led.of).collect();
        of_cell.sort_unstable();
        let empty = |cell| Place {
            cell,
            days: 0,
            events: 0,
            stays: 0,
            dwell_ms: 0,
        };
        Self {
            places: led.leads.into_iter().map(empty).collect(),
            of_cell,
            dwell_ms: 0,
        }
    }

    fn add_stays(&mut self, stays: &[Stay]) {
        for stay in stays {
            self.dwell_ms += stay.dwell_ms();
            if let Some(place) = self.of(stay.cell) {
                self.places[place].stays += 1;
                self.places[place].dwell_ms += stay.dwell_ms();
            }
        }
    }

    /// Counts each different day of ascending (place, day) pairs.
    fn add_days(&mut self, mut seen: Vec<(u32, u16)>) {
        seen.sort_unstable();
        seen.dedup();
        for (place, _) in seen {
            self.places[place as usize].days += 1;
        }
    }
}

pub(crate) fn places(track: &Track<'_>, rule: &PlaceRule) -> Places {
    let (locals, visits) = (track.locals(), track.visits());
    // (cell as a place in `visits`, day), each once, ascending.
    let mut days: Vec<(u32, u16)> = Vec::new();
    for (cell, of_cell) in (0..).zip(track.of_cells()) {
        let mut before = None;
        for &key in of_cell {
            let day = locals[event(key)].day;
            if before.replace(day) != Some(day) {
                days.push((cell, day));
            }
        }
    }
    let mut days_of = vec![0_u16; visits.len()];
    for &(cell, _) in &days {
        days_of[cell as usize] += 1;
    }
    let mut ranked: Vec<_> = visits.iter().zip(&days_of).collect();
    ranked.sort_unstable_by_key(|(visits, days)| {
        Reverse((**days, visits.events, Reverse(visits.cell)))
    });
    let ranked: Vec<CellIx> = ranked.into_iter().map(|(visits, _)| visits.cell).collect();

    let mut places = Places::group(track.public().cells, rule, &ranked);
    // Rows of `of_cell` are those of `visits`: both hold every cell, ascending.
    for (visits, &(_, place)) in visits.iter().zip(&places.of_cell) {
        places.places[place as usize].events += visits.events;
    }
    for (cell, _) in &mut days {
        *cell = places.of_cell[*cell as usize].1;
    }
    places.add_days(days);
    places.add_stays(track.stays());
    places
}

pub(crate) fn activity_space(track: &Track<'_>, rule: &PlaceRule) -> Places {
    let (stays, locals) = (track.stays(), track.locals());
    let mut of_cell: Vec<(CellIx, u64)> = stays.iter().map(|s| (s.cell, s.dwell_ms())).collect();
    of_cell.sort_unstable();
    let sum = |of_cell: &[(CellIx, u64)]| {
        let dwell_ms: u64 = of_cell.iter().map(|of| of.1).sum();
        Reverse((dwell_ms, of_cell.len(), Reverse(of_cell[0].0)))
    };
    let mut ranked: Vec<_> = of_cell.chunk_by(|a, b| a.0 == b.0).map(sum).collect();
    ranked.sort_unstable();
    let ranked: Vec<CellIx> = ranked
        .into_iter()
        .map(|Reverse((.., cell))| cell.0)
        .collect();

    let mut places = Places::group(track.public().cells, rule, &ranked);
    let mut days = Vec::new();
    for stay in stays {
        if let Some(place) = places.of(stay.cell) {
            places.places[place].events += stay.events().len() as u32;
            let (first, last) = (
                locals[stay.first as usize].day,
                locals[stay.last as usize].day,
            );
            days.extend((first..=last).map(|day| (place as u32, day)));
        }
    }
    places.add_days(days);
    places.add_stays(stays);
    places
}

pub(crate) struct Led {
    /// The leading cells, in the order in which they were found.
    pub(crate) leads: Vec<CellIx>,
    /// For each ranked cell its place in `leads`.
    pub(crate) of: Vec<u32>,
}

/// Hartigan's leader algorithm over cells in the order given.
pub(crate) fn leaders(cells: &CellTable, ranked: &[CellIx], radius_m: f64) -> Led {
    let mut leads: Vec<CellIx> = Vec::new();
    let mut of = Vec::with_capacity(ranked.len());
    for &cell in ranked {
        let near = |&lead: &CellIx| cells.are_within_m(lead, cell, radius_m);
        let place = leads.iter().position(near).unwrap_or(leads.len());
        if place == leads.len() {
            leads.push(cell);
        }
        of.push(place as u32);
    }
    Led { leads, of }
}

#[cfg(test)]
mod tests;
