//! Made-up people for the tests beside the code.

use std::num::NonZeroU64;

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Local, Subscriber, Window};

use crate::People;

/// One event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) person: u64,
    /// Minute of the window, by the local clock.
    pub(crate) minute: u32,
    pub(crate) cell: u32,
    /// 0 for none.
    pub(crate) peer: u64,
}

/// A square of cells, and a calendar from a Monday on.
pub(crate) struct Place {
    pub(crate) cells: CellTable,
    pub(crate) calendar: Calendar,
}

impl Place {
    pub(crate) fn new(side: u32, days: u16) -> Self {
        let at = |i: u32| {
            let (east, north) = (f64::from(i % side), f64::from(i / side));
            Cell::planar(i.to_string(), east * 1000.0, north * 1000.0)
        };
        let cells = CellTable::new(Frame::Planar, (0..side * side).map(at).collect()).unwrap();
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

    pub(crate) fn people(&self, rows: &[Row]) -> People {
        let event = |row: &Row| {
            let (day, minute) = ((row.minute / 1440) as u16, (row.minute % 1440) as u16);
            let at = self.calendar.utc_ms(Local { day, minute });
            let event = Event {
                peer: NonZeroU64::new(row.peer),
                ..Event::at(at, CellIx(row.cell), EventKind::CallOut)
            };
            (Subscriber::new(row.person), event)
        };
        let table = EventTable::from_rows(rows.iter().map(event).collect());
        People::read(&table, &self.public()).unwrap()
    }
}
