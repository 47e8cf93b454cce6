//! A made-up population with homes, works and errands; nothing in it is learnt from anyone.

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Local, Subscriber, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) struct Town {
    pub(crate) cells: CellTable,
    pub(crate) calendar: Calendar,
}

impl Town {
    /// A square town of `side` times `side` cells, watched for `days` days from a Monday on.
    pub(crate) fn new(side: u32, days: u16) -> Self {
        let place = |i: u32| {
            let (east, north) = (i % side, i / side);
            Cell::planar(
                i.to_string(),
                f64::from(east) * 900.0,
                f64::from(north) * 900.0,
            )
        };
        let cells = CellTable::new(Frame::Planar, (0..side * side).map(place).collect()).unwrap();
        let window = Window::parse("2026-03-02", days, "UTC").unwrap();
        Self {
            cells,
            calendar: Calendar::new(&window).unwrap(),
        }
    }

    pub(crate) fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    /// A sample of `people` with `per_day` events a day each; another seed draws other people.
    pub(crate) fn people(&self, people: u64, per_day: u32, seed: u64) -> EventTable {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let cells = self.cells.len() as f64;
        // Squaring crowds the low cells, as a city does.
        let crowded = |u: f64| CellIx((u * u * cells) as u32);
        let mut rows = Vec::new();
        for person in 0..people {
            let (home, work) = (crowded(rng.random()), crowded(rng.random()));
            for day in 0..self.calendar.days() {
                for _ in 0..per_day {
                    let minute = rng.random_range(0..1440u16);
                    let cell = match minute / 60 {
                        _ if rng.random_bool(0.1) => crowded(rng.random()),
                        8..18 => work,
                        _ => home,
                    };
                    let at = self.calendar.utc_ms(Local { day, minute });
                    let event = Event::at(at, cell, EventKind::Data);
                    rows.push((Subscriber::new(person), event));
                }
            }
        }
        EventTable::from_rows(rows)
    }
}
