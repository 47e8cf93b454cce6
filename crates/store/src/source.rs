use std::path::PathBuf;

use erewhon_events::{Event, EventSource, History};
use erewhon_types::{Result, Subscriber};

use crate::segment::Groups;

/// All events of a store, one subscriber at a time, holding one row group per segment in memory.
#[derive(Clone, Debug)]
pub struct StoreSource {
    /// Path and name of each segment, periods ascending.
    pub(crate) segments: Vec<(PathBuf, String)>,
}

impl EventSource for StoreSource {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let mut cursors = Vec::with_capacity(self.segments.len());
        for (path, name) in &self.segments {
            cursors.push(Cursor::open(Groups::open(path, name)?)?);
        }
        let mut events = Vec::new();
        // Periods do not overlap, so segment after segment is ascending in time.
        while let Some(subscriber) = cursors.iter().filter_map(Cursor::subscriber).min() {
            events.clear();
            for cursor in &mut cursors {
                cursor.take(subscriber, &mut events)?;
            }
            each(History {
                subscriber,
                events: &events,
            })?;
        }
        Ok(())
    }
}

/// A place in a segment.
struct Cursor {
    groups: Groups,
    rows: Vec<(Subscriber, Event)>,
    at: usize,
}

impl Cursor {
    fn open(groups: Groups) -> Result<Self> {
        let mut cursor = Self {
            groups,
            rows: Vec::new(),
            at: 0,
        };
        cursor.refill()?;
        Ok(cursor)
    }

    /// Whose rows are next; `None` at the end.
    fn subscriber(&self) -> Option<Subscriber> {
        self.rows.get(self.at).map(|(subscriber, _)| *subscriber)
    }

    /// Moves a subscriber's rows out, over the borders of row groups.
    fn take(&mut self, subscriber: Subscriber, events: &mut Vec<Event>) -> Result<()> {
        while self.subscriber() == Some(subscriber) {
            let rows = self.rows[self.at..].iter();
            let theirs = rows.take_while(|(s, _)| *s == subscriber);
            let before = events.len();
            events.extend(theirs.map(|(_, event)| *event));
            self.at += events.len() - before;
            self.refill()?;
        }
        Ok(())
    }

    fn refill(&mut self) -> Result<()> {
        while self.at == self.rows.len() {
            // Two groups are never held at once.
            self.rows = Vec::new();
            self.at = 0;
            match self.groups.next()? {
                Some(rows) => self.rows = rows,
                None => break,
            }
        }
        Ok(())
    }
}
