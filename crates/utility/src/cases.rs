//! A small town with commuters, and ways to get it wrong.

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Subscriber, Window};

/// A square lattice of cells 1 km apart and ten days from a Monday.
pub(crate) struct Town {
    pub(crate) cells: CellTable,
    pub(crate) calendar: Calendar,
    side: u64,
}

impl Town {
    pub(crate) fn new(side: u64) -> Self {
        let cell = |i: u64| {
            let (east_m, north_m) = ((i % side) as f64 * 1000.0, (i / side) as f64 * 1000.0);
            Cell::planar(i.to_string(), east_m, north_m)
        };
        Self {
            cells: CellTable::new(Frame::Planar, (0..side * side).map(cell).collect()).unwrap(),
            calendar: Calendar::new(&Window::parse("2026-03-02", 10, "UTC").unwrap()).unwrap(),
            side,
        }
    }

    pub(crate) fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    /// Subscribers who live in the south and work up to three cells away, a few events a day.
    pub(crate) fn commuters(&self, people: u64, seed: u64) -> EventTable {
        self.people(people, seed, |dice, hour, (x, y), (work_x, work_y)| {
            let errand = dice.below(10) == 0;
            match hour {
                _ if errand => (dice.below(self.side), y),
                9..17 => (work_x, work_y),
                _ => (x, y),
            }
        })
    }

    /// The deliberately wrong twin: anybody is anywhere at any time.
    pub(crate) fn ghosts(&self, people: u64, seed: u64) -> EventTable {
        self.people(people, seed, |dice, _, _, _| {
            (dice.below(self.side), dice.below(self.side))
        })
    }

    fn people(
        &self,
        people: u64,
        seed: u64,
        place: impl Fn(&mut Dice, u64, (u64, u64), (u64, u64)) -> (u64, u64),
    ) -> EventTable {
        let mut dice = Dice(seed);
        let mut rows = Vec::new();
        for person in 0..people {
            let home = (dice.below(self.side), dice.below(self.side / 2 + 1));
            let work = (
                (home.0 + dice.below(4)).min(self.side - 1),
                (home.1 + dice.below(4)).min(self.side - 1),
            );
            for day in 0..10 {
                for _ in 0..dice.below(8) {
                    let minute = dice.below(1440);
                    let (x, y) = place(&mut dice, minute / 60, home, work);
                    let at_ms =
                        self.calendar.start_utc_ms() + (day * 1440 + minute as i64) * 60_000;
                    let cell = CellIx((y * self.side + x) as u32);
                    let event = Event::at(at_ms, cell, EventKind::Data);
                    rows.push((Subscriber::new(person * 7919 + 1), event));
                }
            }
        }
        EventTable::from_rows(rows)
    }
}

/// A small congruential generator: tests need the same town each time, not good randomness.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}
