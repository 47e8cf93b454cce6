use std::cell::OnceCell;

use erewhon_events::{Event, History};
use erewhon_types::{CellIx, Local, Subscriber};

use crate::{
    Anchors, Contact, Definitions, Places, Public, Stay, Trip, anchors,
    contact::contacts,
    place::{activity_space, places},
    stay::{stays, trips},
};

/// One subscriber's events inside the window, each with its local time: what a kernel is given.
///
/// What several kernels need is worked out once, when the first of them asks, by the track's
/// definitions.
pub struct Track<'a> {
    public: Public<'a>,
    definitions: &'a Definitions,
    subscriber: Subscriber,
    events: &'a [Event],
    locals: Vec<Local>,
    by_cell: OnceCell<Vec<u64>>,
    visits: OnceCell<Vec<Visits>>,
    seen_at: OnceCell<Vec<u32>>,
    hours_of_week: OnceCell<Vec<u8>>,
    stretches: OnceCell<Vec<u32>>,
    jumps_m: OnceCell<Vec<f64>>,
    contacts: OnceCell<Vec<Contact>>,
    stays: OnceCell<Vec<Stay>>,
    trips: OnceCell<Vec<Trip>>,
    places: OnceCell<Places>,
    activity_space: OnceCell<Places>,
    anchors: OnceCell<Anchors>,
}

/// Events below which sorting by comparison is quicker than by digits.
const FEW_EVENTS: usize = 100;

/// How often a subscriber was seen at a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visits {
    /// The cell.
    pub cell: CellIx,
    /// Events there inside the window, at least 1.
    pub events: u32,
    /// Place of the first of them among the subscriber's events.
    pub first: u32,
}

impl<'a> Track<'a> {
    /// Leaves out what lies outside the window; with [`Definitions::DEFAULT`].
    pub fn new(public: Public<'a>, history: History<'a>) -> Self {
        static DEFAULT: Definitions = Definitions::DEFAULT;
        Self::by(public, &DEFAULT, history)
    }

    /// Leaves out what lies outside the window.
    pub fn by(public: Public<'a>, definitions: &'a Definitions, history: History<'a>) -> Self {
        let calendar = public.calendar;
        let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
        let until = |utc_ms: i64| history.events.partition_point(|e| e.time_utc_ms < utc_ms);
        let events = match history.events {
            // As a rule, so that nothing is searched.
            [first, .., last] if start <= first.time_utc_ms && last.time_utc_ms < end => {
                history.events
            }
            _ => &history.events[until(start)..until(end)],
        };
        let mut locals = Vec::with_capacity(events.len());
        locals.extend(calendar.locals(events.iter().map(|event| event.time_utc_ms)));
        Self {
            public,
            definitions,
            subscriber: history.subscriber,
            events,
            locals,
            by_cell: OnceCell::new(),
            visits: OnceCell::new(),
            seen_at: OnceCell::new(),
            hours_of_week: OnceCell::new(),
            stretches: OnceCell::new(),
            jumps_m: OnceCell::new(),
            contacts: OnceCell::new(),
            stays: OnceCell::new(),
            trips: OnceCell::new(),
            places: OnceCell::new(),
            activity_space: OnceCell::new(),
            anchors: OnceCell::new(),
        }
    }

    /// What is public about the run.
    pub const fn public(&self) -> &Public<'a> {
        &self.public
    }

    /// What stays, places and anchors are.
    pub const fn definitions(&self) -> &'a Definitions {
        self.definitions
    }

    /// Whose events these are.
    pub const fn subscriber(&self) -> Subscriber {
        self.subscriber
    }

    /// The events, ascending in time.
    pub const fn events(&self) -> &'a [Event] {
        self.events
    }

    /// The local time of each event.
    pub fn locals(&self) -> &[Local] {
        &self.locals
    }

    /// The events with their local times, ascending in time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Local, &'a Event)> {
        self.locals.iter().copied().zip(self.events)
    }

    /// The cells with the number of events at each, ascending in cell.
    pub fn visits(&self) -> &[Visits] {
        self.visits.get_or_init(|| {
            let of_cell = |of_cell: &[u64]| Visits {
                cell: cell(of_cell[0]),
                events: of_cell.len() as u32,
                first: event(of_cell[0]) as u32,
            };
            self.of_cells().map(of_cell).collect()
        })
    }

    /// For each event the place of its cell among the [`visits`](Self::visits).
    pub fn seen_at(&self) -> &[u32] {
        self.seen_at.get_or_init(|| {
            let mut seen_at = vec![0; self.events.len()];
            for (place, of_cell) in (0..).zip(self.of_cells()) {
                for &key in of_cell {
                    seen_at[event(key)] = place;
                }
            }
            seen_at
        })
    }

    /// For each event the hour of the local week, 0 to 167; Monday's first is 0.
    pub fn hours_of_week(&self) -> &[u8] {
        self.hours_of_week.get_or_init(|| {
            let calendar = self.public.calendar;
            let hour = |local: &Local| 24 * calendar.weekday(local.day) + local.hour();
            self.locals.iter().map(hour).collect()
        })
    }

    /// Where stretches of consecutive events at one cell begin, as places among the events, ascending;
    /// days are no border.
    pub fn stretches(&self) -> &[u32] {
        self.stretches.get_or_init(|| {
            let mut before = None;
            let new = |event: &Event| before.replace(event.cell) != Some(event.cell);
            let begins = self.events.iter().map(new);
            (0..)
                .zip(begins)
                .filter(|pair| pair.1)
                .map(|pair| pair.0)
                .collect()
        })
    }

    /// The distance in metres from each stretch to the next.
    pub fn jumps_m(&self) -> &[f64] {
        self.jumps_m.get_or_init(|| {
            let cell = |first: u32| self.events[first as usize].cell;
            let distance_m = |pair: &[u32]| {
                let cells = self.public.cells;
                cells.distance_m(cell(pair[0]), cell(pair[1]))
            };
            self.stretches().windows(2).map(distance_m).collect()
        })
    }

    /// The known other parties of calls and messages, in no order that means anything.
    pub fn contacts(&self) -> &[Contact] {
        self.contacts.get_or_init(|| contacts(self.events))
    }

    /// The stays by [`Definitions::stays`], ascending in time.
    pub fn stays(&self) -> &[Stay] {
        self.stays
            .get_or_init(|| stays(self, &self.definitions.stays))
    }

    /// The trips between [`stays`](Self::stays), ascending in time.
    pub fn trips(&self) -> &[Trip] {
        self.trips
            .get_or_init(|| trips(self, &self.definitions.stays, self.stays()))
    }

    /// Every cell in one place, by [`Definitions::places`].
    pub fn places(&self) -> &Places {
        self.places
            .get_or_init(|| places(self, &self.definitions.places))
    }

    /// The places of the stays, by [`Definitions::places`].
    pub fn activity_space(&self) -> &Places {
        self.activity_space
            .get_or_init(|| activity_space(self, &self.definitions.places))
    }

    /// Home, work and other places, by [`Definitions::anchors`].
    pub fn anchors(&self) -> &Anchors {
        self.anchors
            .get_or_init(|| anchors(self, &self.definitions.anchors))
    }

    /// The events of each cell, cells ascending and events ascending in time: for each event a key
    /// whose upper half is the cell and whose lower half is its place in [`events`](Self::events).
    pub(crate) fn of_cells(&self) -> impl Iterator<Item = &[u64]> {
        let by_cell = self.by_cell.get_or_init(|| {
            let key = |(event, of): (u64, &Event)| u64::from(of.cell.0) << 32 | event;
            let mut keys: Vec<u64> = (0..).zip(self.events).map(key).collect();
            if keys.len() < FEW_EVENTS {
                keys.sort_unstable();
            } else if self.public.cells.len() <= 1 << 16 {
                // Stable, so that events stay ascending.
                radsort::sort_by_key(&mut keys, |&key| cell(key).0 as u16);
            } else {
                radsort::sort_by_key(&mut keys, |&key| cell(key).0);
            }
            keys
        });
        by_cell.chunk_by(|a, b| a >> 32 == b >> 32)
    }
}

/// Which cell a key of [`Track::of_cells`] stands for.
pub(crate) const fn cell(key: u64) -> CellIx {
    CellIx((key >> 32) as u32)
}

/// Which event a key of [`Track::of_cells`] stands for.
pub(crate) const fn event(key: u64) -> usize {
    key as u32 as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use erewhon_events::{Event, EventKind, History};
    use erewhon_geo::CellTable;
    use erewhon_types::{Calendar, CellIx, Subscriber, Window};
    use proptest::prelude::*;

    use super::Track;
    use crate::{Public, cases::any_case};

    #[test]
    fn the_window_ends_before_its_end_and_has_as_many_cells_as_there_are() {
        let calendar = Calendar::new(&Window::parse("2026-03-02", 1, "UTC").unwrap()).unwrap();
        let cells = CellTable::schematic((0..70_000).map(|id| id.to_string()).collect()).unwrap();
        let public = Public {
            cells: &cells,
            calendar: &calendar,
        };
        let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
        let of = |events: &[Event]| {
            let subscriber = Subscriber::new(1);
            let track = Track::new(public, History { subscriber, events });
            (track.events().len(), track.visits().len())
        };
        let event = |utc_ms, cell| Event::at(utc_ms, CellIx(cell), EventKind::Data);
        // Cells that are one in 16 bits.
        let many: Vec<Event> = (0..200)
            .map(|minute| {
                event(
                    start + 60_000 * minute,
                    if minute % 2 == 0 { 7 } else { 65_543 },
                )
            })
            .collect();
        assert_eq!(of(&many), (200, 2));
        let at = |times: &[i64]| of(&times.iter().map(|&ms| event(ms, 0)).collect::<Vec<_>>()).0;
        assert_eq!(at(&[start, end - 1]), 2);
        assert_eq!(at(&[start, end]), 1);
        assert_eq!(at(&[start - 1, end - 1]), 1);
        assert_eq!(at(&[end]), 0);
        assert_eq!(at(&[]), 0);
    }

    proptest! {
        #[test]
        fn visits_and_stretches_hold_every_event(case in any_case()) {
            let track = case.track();
            let mut visits = BTreeMap::new();
            for (place, event) in (0u32..).zip(track.events()) {
                visits.entry(event.cell).or_insert((0, place)).0 += 1;
            }
            let found = track.visits().iter().map(|v| (v.cell, (v.events, v.first)));
            prop_assert_eq!(found.collect::<Vec<_>>(), visits.into_iter().collect::<Vec<_>>());
            for (&at, event) in track.seen_at().iter().zip(track.events()) {
                prop_assert_eq!(track.visits()[at as usize].cell, event.cell);
            }
            let of_one = track.events().chunk_by(|a, b| a.cell == b.cell);
            let mut first = 0;
            for (stretch, &found) in of_one.zip(track.stretches()) {
                prop_assert_eq!(found, first);
                first += stretch.len() as u32;
            }
            prop_assert_eq!(first as usize, track.events().len());
        }
    }
}
