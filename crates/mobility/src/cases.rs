//! Random small networks, windows and histories for the property tests.

use std::sync::Arc;

use erewhon_events::{Event, EventKind, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{Calendar, CellIx, Subscriber, Window};
use proptest::prelude::*;

use crate::{Corridor, Corridors, Definitions, Ground, Hub, Public, Track, Zoning};

/// A network, a window over a clock change and one subscriber's events.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) cells: CellTable,
    pub(crate) calendar: Calendar,
    pub(crate) events: Vec<Event>,
}

impl Case {
    /// A case of planar cells and (day, hour, cell) triples in `UTC` from Monday 2026-03-02.
    pub(crate) fn of(places_m: &[(f64, f64)], days: u16, events: &[(u16, u16, u32)]) -> Self {
        let calendar = calendar("2026-03-02", days, "UTC");
        let at = |&(day, hour, cell): &(u16, u16, u32)| {
            let utc_ms = calendar.start_utc_ms() + (i64::from(day) * 24 + i64::from(hour)) * HOUR;
            Event::at(utc_ms, CellIx(cell), EventKind::Data)
        };
        let mut events: Vec<Event> = events.iter().map(at).collect();
        events.sort_by_key(|e| e.time_utc_ms);
        Self {
            cells: table(places_m),
            events,
            calendar,
        }
    }

    pub(crate) fn track(&self) -> Track<'_> {
        static DEFAULT: Definitions = Definitions::DEFAULT;
        self.track_by(&DEFAULT)
    }

    pub(crate) fn track_by<'a>(&'a self, definitions: &'a Definitions) -> Track<'a> {
        let history = History {
            subscriber: Subscriber::new(1),
            events: &self.events,
        };
        Track::by(self.public(), definitions, history)
    }

    /// The cells as zones, with the corridor and the hub of [`travel`].
    pub(crate) fn ground(&self) -> Ground {
        ground(&self.cells)
    }

    pub(crate) fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }
}

/// Definitions with a corridor through the first and the last cell and a hub at the first, for cells near to each
/// other.
pub(crate) fn travel(cells: &CellTable) -> Definitions {
    let at = |cell: &Cell| (cell.x, cell.y);
    let first = at(&cells.cells()[0]);
    let last = cells.cells().last().map_or(first, at);
    let corridor = Corridor {
        name: "road".into(),
        line: vec![first, last],
        slack_m: 50.0,
        min_m: 100.0,
        min_cells: 3,
        min_km_h: 0.1,
        max_silence_s: 86_400,
        max_stop_s: 86_400,
        free_flow_km_h: Some(36.0),
        ..Corridor::default()
    };
    let hub = Hub {
        name: "station".into(),
        at: first,
        within_m: 400.0,
        ..Hub::default()
    };
    Definitions {
        own_mcc: vec![262],
        // Along few cells nobody can be seen to travel.
        corridors: Corridors::new(std::slice::from_ref(&corridor), cells)
            .map_or_else(|_| Vec::new(), |_| vec![corridor]),
        hubs: vec![hub],
        ..Definitions::default()
    }
}

/// The cells as zones, with [`travel`].
pub(crate) fn ground(cells: &CellTable) -> Ground {
    Ground::new(Arc::new(Zoning::cells(cells)), cells, &travel(cells)).unwrap()
}

const HOUR: i64 = 3_600_000;

fn table(places_m: &[(f64, f64)]) -> CellTable {
    let cell = |(i, &(x, y)): (usize, &(f64, f64))| Cell::planar(i.to_string(), x, y);
    CellTable::new(
        Frame::Planar,
        places_m.iter().enumerate().map(cell).collect(),
    )
    .unwrap()
}

fn calendar(first: &str, days: u16, zone: &str) -> Calendar {
    Calendar::new(&Window::parse(first, days, zone).unwrap()).unwrap()
}

/// Up to 6 cells within 2 km, 9 days around Berlin's spring clock change, events before and after
/// the window too.
pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    let places = prop::collection::vec((0.0..2_000.0f64, 0.0..2_000.0f64), 1..6);
    places.prop_flat_map(|places_m| {
        let cells = places_m.len() as u32;
        let events = prop::collection::vec((-24 * 60..10 * 24 * 60i64, 0..cells), 0..60);
        events.prop_map(move |events| {
            let calendar = calendar("2026-03-24", 9, "Europe/Berlin");
            let at = |&(minute, cell): &(i64, u32)| {
                let utc_ms = calendar.start_utc_ms() + minute * 60_000;
                Event::at(utc_ms, CellIx(cell), EventKind::CallOut)
            };
            let mut events: Vec<Event> = events.iter().map(at).collect();
            events.sort_by_key(|e| e.time_utc_ms);
            Case {
                cells: table(&places_m),
                events,
                calendar,
            }
        })
    })
}

/// Up to 5 cells within 2 km and an event every few minutes for some hours or days, over Berlin's
/// spring clock change.
pub(crate) fn dense_case() -> impl Strategy<Value = Case> {
    let places = prop::collection::vec((0.0..2_000.0f64, 0.0..2_000.0f64), 1..6);
    places.prop_flat_map(|places_m| {
        let cells = places_m.len() as u32;
        let step = prop_oneof![4 => 0..8i64, 2 => 8..60i64, 1 => 60..900i64];
        let events = prop::collection::vec((step, 0..cells), 0..80);
        events.prop_map(move |steps| {
            let calendar = calendar("2026-03-28", 3, "Europe/Berlin");
            let mut utc_ms = calendar.start_utc_ms() + 18 * HOUR;
            let at = |&(minutes, cell): &(i64, u32)| {
                utc_ms += minutes * 60_000;
                Event::at(utc_ms, CellIx(cell), EventKind::Data)
            };
            Case {
                events: steps.iter().map(at).collect(),
                cells: table(&places_m),
                calendar,
            }
        })
    })
}
