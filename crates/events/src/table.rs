use erewhon_types::{Result, Subscriber};

use crate::Event;

/// One subscriber's events of the whole period, ascending in time.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Whose events these are.
    pub subscriber: Subscriber,
    /// The events, ascending in time.
    pub events: &'a [Event],
}

/// Anything that can hand over histories one at a time, each subscriber once, in ascending order.
///
/// Kernels, measures and attacks take an `EventSource`, so they never open a store themselves.
pub trait EventSource: Sync {
    /// Calls `each` once per subscriber.
    ///
    /// # Errors
    /// What reading the source or `each` itself fails with.
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()>;
}

impl<T: EventSource + ?Sized> EventSource for &T {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        (**self).visit(each)
    }
}

/// Events in memory, sorted by subscriber and time.
#[derive(Clone, Default)]
pub struct EventTable {
    subscribers: Vec<Subscriber>,
    /// `starts[i]..starts[i + 1]` are the events of `subscribers[i]`.
    starts: Vec<usize>,
    events: Vec<Event>,
}

impl EventTable {
    /// Sorts rows by subscriber and time (a stable sort: equal times keep their order).
    pub fn from_rows(mut rows: Vec<(Subscriber, Event)>) -> Self {
        rows.sort_by_key(|(subscriber, event)| (*subscriber, event.time_utc_ms));
        let mut table = Self::default();
        for (subscriber, event) in rows {
            table.push(subscriber, event);
        }
        table.finish()
    }

    /// Builds a table from one sorted history after another, subscribers ascending.
    pub fn from_histories<'a>(histories: impl IntoIterator<Item = History<'a>>) -> Self {
        let mut table = Self::default();
        histories.into_iter().for_each(|history| table.add(history));
        table.finish()
    }

    /// Reads a source into memory, whole.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn read(source: &dyn EventSource) -> Result<Self> {
        let mut table = Self::default();
        source.visit(&mut |history| {
            table.add(history);
            Ok(())
        })?;
        Ok(table.finish())
    }

    fn add(&mut self, history: History<'_>) {
        if let Some((&first, more)) = history.events.split_first() {
            self.push(history.subscriber, first);
            self.events.extend_from_slice(more);
        }
    }

    fn push(&mut self, subscriber: Subscriber, event: Event) {
        if self.subscribers.last() != Some(&subscriber) {
            self.subscribers.push(subscriber);
            self.starts.push(self.events.len());
        }
        self.events.push(event);
    }

    fn finish(mut self) -> Self {
        self.starts.push(self.events.len());
        self
    }

    /// Number of subscribers with at least one event.
    pub const fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// Number of events.
    pub const fn events(&self) -> usize {
        self.events.len()
    }

    /// The histories, ascending in subscriber.
    pub fn histories(&self) -> impl ExactSizeIterator<Item = History<'_>> {
        self.subscribers
            .iter()
            .enumerate()
            .map(|(row, &subscriber)| History {
                subscriber,
                events: &self.events[self.starts[row]..self.starts[row + 1]],
            })
    }
}

impl EventSource for EventTable {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        self.histories().try_for_each(each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventKind;
    use erewhon_types::CellIx;

    #[test]
    fn rows_come_back_by_subscriber_and_time() {
        let event = |t| Event::at(t, CellIx(0), EventKind::Data);
        let (a, b) = (Subscriber::new(1), Subscriber::new(2));
        let table = EventTable::from_rows(vec![(b, event(3)), (a, event(2)), (b, event(1))]);
        let seen: Vec<(u64, Vec<i64>)> = table
            .histories()
            .map(|h| {
                (
                    h.subscriber.bits(),
                    h.events.iter().map(|e| e.time_utc_ms).collect(),
                )
            })
            .collect();
        assert_eq!(seen, vec![(1, vec![2]), (2, vec![1, 3])]);
    }
}
