use std::cell::OnceCell;

use erewhon_events::{Event, History};
use erewhon_types::{CellIx, Local, Subscriber};

use crate::Public;

/// One subscriber's events inside the window, each with its local time: what a kernel is given.
///
/// What several kernels need is worked out once, when the first of them asks.
pub struct Track<'a> {
    public: Public<'a>,
    subscriber: Subscriber,
    events: &'a [Event],
    locals: Vec<Local>,
    visits: OnceCell<Vec<Visits>>,
}

/// How often a subscriber was seen at a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visits {
    /// The cell.
    pub cell: CellIx,
    /// Events there inside the window, at least 1.
    pub events: u32,
}

impl<'a> Track<'a> {
    /// Leaves out what lies outside the window.
    pub fn new(public: Public<'a>, history: History<'a>) -> Self {
        let calendar = public.calendar;
        let until = |utc_ms: i64| history.events.partition_point(|e| e.time_utc_ms < utc_ms);
        let events = &history.events[until(calendar.start_utc_ms())..until(calendar.end_utc_ms())];
        let mut locals = Vec::with_capacity(events.len());
        locals.extend(calendar.locals(events.iter().map(|event| event.time_utc_ms)));
        Self {
            public,
            subscriber: history.subscriber,
            events,
            locals,
            visits: OnceCell::new(),
        }
    }

    /// What is public about the run.
    pub const fn public(&self) -> &Public<'a> {
        &self.public
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
            let mut cells: Vec<CellIx> = self.events.iter().map(|event| event.cell).collect();
            cells.sort_unstable();
            let of_cell = |cells: &[CellIx]| Visits {
                cell: cells[0],
                events: cells.len() as u32,
            };
            cells.chunk_by(|a, b| a == b).map(of_cell).collect()
        })
    }
}
