use erewhon_geo::CellTable;
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber};

use crate::{Event, EventKind, EventSource, EventTable};

/// One generalised record: a subscriber was somewhere in a place, at some moment of a span of time.
///
/// A plain record is the finest of them: one cell, one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sample {
    /// Start of the span, in seconds since the start of the window.
    pub from_s: u32,
    /// End of the span, in the same seconds; not in it, and after its start.
    pub until_s: u32,
    /// Row of [`Disclosed::places`].
    pub place: u32,
}

impl Sample {
    /// The moment in the middle of the span, in the same seconds.
    pub const fn middle_s(&self) -> u32 {
        self.from_s + (self.until_s - self.from_s) / 2
    }
}

/// Records as an anonymisation leaves them: rows of samples, and the places that these name.
///
/// What an outsider holds, so nothing in it may say more than the technique lets out. The subscriber
/// is the one whose row it began as, by which a lab tells whether an attack hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disclosed {
    /// Cells of each place, ascending, at least one.
    places: Vec<Vec<CellIx>>,
    subscribers: Vec<Subscriber>,
    /// `starts[i]..starts[i + 1]` are the samples of `subscribers[i]`.
    starts: Vec<usize>,
    samples: Vec<Sample>,
}

impl Disclosed {
    /// Rows by subscriber, each with its samples ascending.
    ///
    /// # Errors
    /// Internal, when a sample is empty, names no place, or a place has no cell.
    pub fn new(
        mut places: Vec<Vec<CellIx>>,
        mut rows: Vec<(Subscriber, Vec<Sample>)>,
    ) -> Result<Self> {
        if places.iter().any(Vec::is_empty) {
            return Err(Error::internal("a place without cells is disclosed"));
        }
        places.iter_mut().for_each(|cells| cells.sort_unstable());
        rows.sort_by_key(|(subscriber, _)| *subscriber);
        let mut disclosed = Self {
            places,
            starts: vec![0],
            ..Self::default()
        };
        for (subscriber, mut samples) in rows {
            samples.sort_unstable();
            let sound =
                |s: &Sample| s.from_s < s.until_s && (s.place as usize) < disclosed.places.len();
            if !samples.iter().all(sound) {
                return Err(Error::internal(
                    "a sample without a span or a place is disclosed",
                ));
            }
            disclosed.subscribers.push(subscriber);
            disclosed.samples.append(&mut samples);
            disclosed.starts.push(disclosed.samples.len());
        }
        Ok(disclosed)
    }

    /// The events of a source as they are: a second and a cell each. What lies outside the window is
    /// left out.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn of_events(source: &dyn EventSource, calendar: &Calendar, cells: usize) -> Result<Self> {
        let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
        let mut disclosed = Self {
            places: (0..cells as u32).map(|cell| vec![CellIx(cell)]).collect(),
            starts: vec![0],
            ..Self::default()
        };
        source.visit(&mut |history| {
            let inside = |event: &&Event| (start..end).contains(&event.time_utc_ms);
            let samples = history.events.iter().filter(inside).map(|event| {
                let from_s = ((event.time_utc_ms - start) / 1000) as u32;
                Sample {
                    from_s,
                    until_s: from_s + 1,
                    place: event.cell.0,
                }
            });
            disclosed.samples.extend(samples);
            disclosed.subscribers.push(history.subscriber);
            disclosed.starts.push(disclosed.samples.len());
            Ok(())
        })?;
        Ok(disclosed)
    }

    /// Cells of each place.
    pub fn places(&self) -> &[Vec<CellIx>] {
        &self.places
    }

    /// Number of rows.
    pub const fn len(&self) -> usize {
        self.subscribers.len()
    }

    /// Whether there is no row.
    pub const fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// Number of samples of all rows.
    pub const fn samples(&self) -> usize {
        self.samples.len()
    }

    /// The rows, ascending in subscriber.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (Subscriber, &[Sample])> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// One row, by its number in [`rows`](Self::rows), which must be smaller than [`len`](Self::len).
    pub fn row(&self, row: usize) -> (Subscriber, &[Sample]) {
        let samples = &self.samples[self.starts[row]..self.starts[row + 1]];
        (self.subscribers[row], samples)
    }

    /// One event a sample, for whoever can read events alone: in the middle of its span, at the cell
    /// in the middle of its place ([`CellTable::middle_of`]). Reading such events as if they were the truth
    /// is wrong about half a place and half a span; whoever attacks a release should rather say what they
    /// know in its places and spans.
    pub fn events(&self, calendar: &Calendar, cells: &CellTable) -> EventTable {
        let start = calendar.start_utc_ms();
        let middles: Vec<CellIx> = self
            .places
            .iter()
            .map(|place| cells.middle_of(place).unwrap_or(place[0]))
            .collect();
        let mut events = Vec::new();
        let mut rows = Vec::new();
        for (subscriber, samples) in self.rows() {
            events.clear();
            events.extend(samples.iter().map(|sample| {
                let at = start + i64::from(sample.middle_s()) * 1000;
                let cell = middles[sample.place as usize];
                (subscriber, Event::at(at, cell, EventKind::Data))
            }));
            rows.append(&mut events);
        }
        EventTable::from_rows(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, Frame};
    use erewhon_types::Window;

    fn calendar() -> Calendar {
        Calendar::new(&Window::parse("2026-03-02", 7, "UTC").unwrap()).unwrap()
    }

    #[test]
    fn events_become_samples_of_a_second_and_a_cell_and_come_back() {
        let calendar = calendar();
        let at = |s: i64, cell| {
            Event::at(
                calendar.start_utc_ms() + s * 1000,
                CellIx(cell),
                EventKind::Data,
            )
        };
        let cells = cells(2);
        let table = EventTable::from_rows(vec![
            (Subscriber::new(2), at(70, 1)),
            (Subscriber::new(1), at(10, 0)),
            (Subscriber::new(1), at(-5, 0)),
        ]);
        let disclosed = Disclosed::of_events(&table, &calendar, 2).unwrap();
        assert_eq!((disclosed.len(), disclosed.samples()), (2, 2));
        let back = disclosed.events(&calendar, &cells);
        let seen: Vec<_> = back
            .histories()
            .map(|h| (h.subscriber.bits(), h.events[0].cell.0))
            .collect();
        assert_eq!(seen, [(1, 0), (2, 1)]);
        assert_eq!(back.events(), 2);
    }

    /// Cells 1 km apart from west to east.
    fn cells(many: u32) -> CellTable {
        let place = |i: u32| Cell::planar(i.to_string(), f64::from(i) * 1000.0, 0.0);
        CellTable::new(Frame::Planar, (0..many).map(place).collect()).unwrap()
    }

    /// The middle of a place is where it lies, not the middle of its list.
    #[test]
    fn a_place_stands_for_the_cell_in_its_middle() {
        let calendar = calendar();
        let place = [0, 1, 2, 3, 20].map(CellIx).to_vec();
        let sample = Sample {
            from_s: 0,
            until_s: 3600,
            place: 0,
        };
        let rows = vec![(Subscriber::new(1), vec![sample])];
        let disclosed = Disclosed::new(vec![place], rows).unwrap();
        let events = disclosed.events(&calendar, &cells(21));
        let event = events.histories().next().unwrap().events[0];
        // Their mean is 5.2.
        assert_eq!(event.cell, CellIx(3));
        assert_eq!(event.time_utc_ms, calendar.start_utc_ms() + 1_800_000);
    }

    #[test]
    fn what_names_no_place_or_no_time_is_refused() {
        let row = |from_s, until_s, place| {
            let sample = Sample {
                from_s,
                until_s,
                place,
            };
            Disclosed::new(
                vec![vec![CellIx(0)]],
                vec![(Subscriber::new(1), vec![sample])],
            )
        };
        assert!(row(0, 1, 0).is_ok());
        assert!(row(1, 1, 0).is_err());
        assert!(row(0, 1, 1).is_err());
        assert!(Disclosed::new(vec![vec![]], Vec::new()).is_err());
    }
}
