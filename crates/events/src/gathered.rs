use std::{collections::HashMap, ops::Range};

use erewhon_types::{CellIx, Error, Result, Subscriber};
use foldhash::fast::RandomState;

use crate::{Event, EventKind, EventSource, History};

mod places;

pub use places::read_places;

/// Bits of the cell in a packed event; the rest is the time.
const CELL_BITS: u32 = 24;

/// Milliseconds after the origin that a packed event can say: 34 years.
const SPAN_MS: i64 = 1 << (u64::BITS - CELL_BITS);

/// Events of a part, at the most, unless one subscriber has more.
const PART_EVENTS: usize = 1 << 20;

/// Takes in events in any order, to gather them by subscriber.
pub struct Gathering {
    origin_utc_ms: i64,
    cells: usize,
    known: HashMap<u64, u32, RandomState>,
    /// Pseudonym and number of events, in the order of first appearance.
    subscribers: Vec<(u64, usize)>,
    blocks: Vec<Block>,
}

/// Events as they came: the row of the subscriber, and time and cell packed.
#[derive(Default)]
struct Block {
    of: Vec<u32>,
    packed: Vec<u64>,
}

/// The times and cells of subscribers' events in memory: 8 bytes an event, 12 while they are gathered.
///
/// What is not a time or a cell is that of `Event::at(time, cell, EventKind::Data)`.
pub struct Gathered {
    origin_utc_ms: i64,
    /// Ascending.
    subscribers: Vec<Subscriber>,
    /// `starts[i]..starts[i + 1]` are the events of `subscribers[i]`.
    starts: Vec<usize>,
    /// Ascending for each subscriber.
    packed: Vec<u64>,
}

/// Some of the subscribers of [`Gathered`].
pub struct GatheredPart<'a> {
    all: &'a Gathered,
    rows: Range<usize>,
}

impl Gathering {
    /// Nothing yet; no event may lie before the origin, in milliseconds of UTC since 1970, or at a cell
    /// that a table of so many lacks.
    pub fn from(origin_utc_ms: i64, cells: usize) -> Self {
        Self {
            origin_utc_ms,
            cells: cells.min(1 << CELL_BITS),
            known: HashMap::default(),
            subscribers: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Takes in events: pseudonym, milliseconds of UTC since 1970, and cell.
    ///
    /// # Errors
    /// Input, when a time is before the origin or over 34 years later, or the table has no such cell
    /// or it is 2^24 or more.
    pub fn add(&mut self, events: impl ExactSizeIterator<Item = (u64, i64, CellIx)>) -> Result<()> {
        let mut block = Block {
            of: Vec::with_capacity(events.len()),
            packed: Vec::with_capacity(events.len()),
        };
        for (subscriber, time_utc_ms, cell) in events {
            let since = time_utc_ms.wrapping_sub(self.origin_utc_ms);
            if !(0..SPAN_MS).contains(&since) || cell.index() >= self.cells {
                return Err(Error::input(
                    "an event lies outside the declared times or cells",
                ));
            }
            let row = *self.known.entry(subscriber).or_insert_with(|| {
                self.subscribers.push((subscriber, 0));
                self.subscribers.len() as u32 - 1
            });
            self.subscribers[row as usize].1 += 1;
            block.of.push(row);
            block
                .packed
                .push(since.cast_unsigned() << CELL_BITS | u64::from(cell.0));
        }
        self.blocks.push(block);
        Ok(())
    }

    /// Puts each subscriber's events side by side, ascending in time, then cell.
    pub fn finish(self) -> Gathered {
        let mut order: Vec<u32> = (0..self.subscribers.len() as u32).collect();
        order.sort_unstable_by_key(|&row| self.subscribers[row as usize].0);
        let mut starts = vec![0];
        let mut next = vec![0; order.len()];
        let mut total = 0;
        for &row in &order {
            next[row as usize] = total;
            total += self.subscribers[row as usize].1;
            starts.push(total);
        }
        let mut packed = vec![0; total];
        for block in self.blocks {
            for (row, event) in block.of.into_iter().zip(block.packed) {
                let at = &mut next[row as usize];
                packed[*at] = event;
                *at += 1;
            }
        }
        let mut spare = Vec::new();
        for of_one in starts.windows(2) {
            let events = &mut packed[of_one[0]..of_one[1]];
            if !events.is_sorted() {
                sort_even(events, &mut spare);
            }
        }
        let subscriber = |row: u32| Subscriber::new(self.subscribers[row as usize].0);
        Gathered {
            origin_utc_ms: self.origin_utc_ms,
            subscribers: order.into_iter().map(subscriber).collect(),
            starts,
            packed,
        }
    }
}

/// Sorts numbers, quickest where they lie evenly between the least and the largest, as times do.
fn sort_even(numbers: &mut [u64], spare: &mut Vec<u64>) {
    const BUCKETS: usize = 256;
    let (least, largest) = numbers.iter().fold((u64::MAX, 0), |(least, largest), &n| {
        (least.min(n), largest.max(n))
    });
    if numbers.len() < BUCKETS / 4 || least >= largest {
        numbers.sort_unstable();
        return;
    }
    let bits = u64::BITS - (largest - least).leading_zeros();
    let shift = bits.saturating_sub(BUCKETS.ilog2());
    let bucket = |number: u64| ((number - least) >> shift) as usize;
    let mut ends = [0_usize; BUCKETS];
    for &number in &*numbers {
        ends[bucket(number)] += 1;
    }
    let mut before = 0;
    for end in &mut ends {
        before += std::mem::replace(end, before);
    }
    spare.clear();
    spare.extend_from_slice(numbers);
    for &number in &*spare {
        let end = &mut ends[bucket(number)];
        numbers[*end] = number;
        *end += 1;
    }
    let mut start = 0;
    for end in ends {
        numbers[start..end].sort_unstable();
        start = end;
    }
}

impl Gathered {
    /// The subscribers in parts of about a million events, to be read side by side.
    pub fn parts(&self) -> Vec<GatheredPart<'_>> {
        let mut parts = Vec::new();
        let mut first = 0;
        while first < self.subscribers.len() {
            let until = self.starts[first] + PART_EVENTS;
            let last = self.starts.partition_point(|&start| start <= until) - 1;
            let rows = first..last.max(first + 1);
            first = rows.end;
            parts.push(GatheredPart { all: self, rows });
        }
        parts
    }
}

impl EventSource for GatheredPart<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let all = self.all;
        let event = |&packed: &u64| {
            let since = (packed >> CELL_BITS).cast_signed();
            let cell = (packed & ((1 << CELL_BITS) - 1)) as u32;
            Event::at(all.origin_utc_ms + since, CellIx(cell), EventKind::Data)
        };
        let mut events = Vec::new();
        for row in self.rows.clone() {
            events.clear();
            events.extend(
                all.packed[all.starts[row]..all.starts[row + 1]]
                    .iter()
                    .map(event),
            );
            each(History {
                subscriber: all.subscribers[row],
                events: &events,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EventTable;

    type Seen = Vec<(u64, Vec<(i64, u32)>)>;

    fn seen(parts: &[impl EventSource]) -> Seen {
        let mut seen = Vec::new();
        for part in parts {
            let each = &mut |history: History<'_>| {
                let events = history.events.iter().map(|e| (e.time_utc_ms, e.cell.0));
                seen.push((history.subscriber.bits(), events.collect()));
                Ok(())
            };
            part.visit(each).unwrap();
        }
        seen
    }

    proptest! {
        #[test]
        fn gathered_is_sorted(
            blocks in prop::collection::vec(prop::collection::vec((0u64..9, 5i64..99, 0u32..4), 0..20), 0..5),
        ) {
            let mut gathering = Gathering::from(5, 4);
            for block in &blocks {
                let events = block.iter().map(|&(s, t, c)| (s, t, CellIx(c)));
                gathering.add(events.collect::<Vec<_>>().into_iter()).unwrap();
            }
            let mut rows: Vec<_> = blocks.concat();
            rows.sort_unstable();
            let event = |t, c| Event::at(t, CellIx(c), EventKind::Data);
            let row = |&(s, t, c): &(u64, i64, u32)| (Subscriber::new(s), event(t, c));
            let table = EventTable::from_rows(rows.iter().map(row).collect());
            prop_assert_eq!(seen(&gathering.finish().parts()), seen(&[table]));
        }
    }

    proptest! {
        /// Many or few, spread or all in one place.
        #[test]
        fn numbers_are_sorted(
            mut numbers in prop::collection::vec(prop_oneof![0..9u64, 0..u64::MAX, 1_000_000..1_000_900u64], 0..600),
            mut spare in prop::collection::vec(0..9u64, 0..9),
        ) {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            sort_even(&mut numbers, &mut spare);
            prop_assert_eq!(numbers, sorted);
        }
    }

    #[test]
    fn times_before_the_origin_are_refused() {
        let mut gathering = Gathering::from(5, 4);
        assert!(gathering.add([(1, 4, CellIx(0))].into_iter()).is_err());
        assert!(gathering.add([(1, 5, CellIx(4))].into_iter()).is_err());
    }
}
