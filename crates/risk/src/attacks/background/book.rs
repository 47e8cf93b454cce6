use crate::people::Seen;

/// Where each row of a group was, how often, and in which order; and who was at each place.
///
/// A place is a number: a cell, or a cell in a time bin.
#[derive(Default)]
pub(super) struct Book {
    rows: Vec<Page>,
    /// Every place that a row was at, ascending.
    places: Vec<u64>,
    /// `starts[i]..starts[i + 1]` are the entries of `places[i]`.
    starts: Vec<usize>,
    there: Vec<There>,
    /// When the visits of the entries were, one entry after the other, as a page has it.
    order: Vec<u32>,
}

/// A row, ascending at each place, and its visits there as a part of `order`.
#[derive(Clone, Copy)]
struct There {
    row: u32,
    times: u32,
    from: usize,
}

/// One row of a book.
#[derive(Clone, Default)]
pub(super) struct Page {
    /// Distinct places, ascending.
    places: Vec<u64>,
    /// `ends[i]` is the end in `order` of the visits to `places[i]`.
    ends: Vec<u32>,
    /// When each visit was, counted in events; ascending for each place.
    order: Vec<u32>,
    /// The places with most visits, at most two; the lower number first of equals.
    pub(super) top: Vec<u64>,
}

impl Page {
    /// Of the places of a row in the order of its events.
    pub(super) fn of(visits: &[u64]) -> Self {
        let mut sorted: Vec<(u64, u32)> = visits.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut page = Self::default();
        for same in sorted.chunk_by(|a, b| a.0 == b.0) {
            page.places.extend(same.first().map(|&(place, _)| place));
            page.order.extend(same.iter().map(|&(_, at)| at));
            page.ends.push(page.order.len() as u32);
        }
        let mut by_count: Vec<usize> = (0..page.places.len()).collect();
        by_count.sort_by_key(|&at| (u32::MAX - page.times_at(at), at));
        page.top = by_count.iter().take(2).map(|&at| page.places[at]).collect();
        page
    }

    /// The distinct places, ascending.
    pub(super) fn places(&self) -> &[u64] {
        &self.places
    }

    /// Number of all visits.
    pub(super) fn visits(&self) -> u32 {
        self.order.len() as u32
    }

    /// Number of visits to a place.
    pub(super) fn times(&self, place: u64) -> u32 {
        self.find(place).map_or(0, |at| self.times_at(at))
    }

    /// When a place was visited next after a visit; `None` where it was not, or never.
    pub(super) fn next(&self, place: u64, after: Option<u32>) -> Option<u32> {
        let visits = &self.order[self.range(self.find(place)?)];
        let first = visits.partition_point(|&at| after.is_some_and(|after| at <= after));
        visits.get(first).copied()
    }

    fn find(&self, place: u64) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    fn times_at(&self, at: usize) -> u32 {
        self.range(at).len() as u32
    }

    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[at] as usize
    }
}

impl Book {
    /// Of rows, each the places of its events in order.
    pub(super) fn of(rows: impl Iterator<Item = Vec<u64>>) -> Self {
        let rows: Vec<Page> = rows.map(|visits| Page::of(&visits)).collect();
        let all = rows.iter().zip(0..).flat_map(|(page, row)| {
            let places = page.places.iter().enumerate();
            places.map(move |(at, &place)| (place, row, at))
        });
        let mut all: Vec<(u64, u32, usize)> = all.collect();
        all.sort_unstable();
        let mut book = Self::default();
        for (place, row, at) in all {
            if book.places.last() != Some(&place) {
                book.places.push(place);
                book.starts.push(book.there.len());
            }
            let page = &rows[row as usize];
            let visits = &page.order[page.range(at)];
            book.there.push(There {
                row,
                times: visits.len() as u32,
                from: book.order.len(),
            });
            book.order.extend(visits);
        }
        book.starts.push(book.there.len());
        book.rows = rows;
        book
    }

    pub(super) fn page(&self, row: u32) -> &Page {
        &self.rows[row as usize]
    }

    /// The rows that were at every one of some distinct places, ascending, and that `may` be meant by how often:
    /// it hears which of the places, which row, and the number of its visits. None of no place.
    ///
    /// Walks through the lists of the places side by side, the shortest first, which is far cheaper than to
    /// open the pages of one of them.
    pub(super) fn at_all(&self, places: &[u64], may: impl Fn(usize, u32, u32) -> bool) -> Vec<u32> {
        let lists = places.iter().map(|&place| self.there(place)).enumerate();
        let mut lists: Vec<(usize, &[There])> = lists.collect();
        lists.sort_unstable_by_key(|(_, list)| list.len());
        let Some(((rarest, list), others)) = lists.split_first() else {
            return Vec::new();
        };
        let meant = list.iter().filter(|t| may(*rarest, t.row, t.times));
        let mut rows: Vec<u32> = meant.map(|there| there.row).collect();
        for &(place, mut rest) in others {
            rows.retain(|&row| {
                rest = from(rest, row);
                let here = rest.first().filter(|there| there.row == row);
                here.is_some_and(|there| may(place, row, there.times))
            });
        }
        rows
    }

    /// Those of some rows, ascending, that were at places in this order, at some time or other in between.
    pub(super) fn in_order(&self, rows: Vec<u32>, places: impl Iterator<Item = u64>) -> Vec<u32> {
        // Each with what comes after its visits so far.
        let mut rows: Vec<(u32, u32)> = rows.into_iter().map(|row| (row, 0)).collect();
        for place in places {
            let mut rest = self.there(place);
            rows.retain_mut(|(row, after)| {
                rest = from(rest, *row);
                let Some(there) = rest.first().filter(|there| there.row == *row) else {
                    return false;
                };
                let visits = &self.order[there.from..there.from + there.times as usize];
                let next = visits.get(visits.partition_point(|at| at < after));
                *after = next.map_or(0, |at| at + 1);
                next.is_some()
            });
        }
        rows.into_iter().map(|(row, _)| row).collect()
    }

    /// The rows that were at a place.
    fn there(&self, place: u64) -> &[There] {
        self.places
            .binary_search(&place)
            .map_or(&[], |at| &self.there[self.starts[at]..self.starts[at + 1]])
    }
}

/// The rest of a list from a row on, looked for in steps that double.
fn from(list: &[There], row: u32) -> &[There] {
    let mut step = 1;
    while list.get(step).is_some_and(|there| there.row < row) {
        step *= 2;
    }
    let (before, near) = (step / 2, list.len().min(step + 1));
    &list[before + list[before..near].partition_point(|there| there.row < row)..]
}

/// The number of a cell in a bin of so many hours; of the cell alone at 0.
pub(super) const fn place(seen: &Seen, bin_h: u32) -> u64 {
    let bin = match bin_h {
        0 => 0,
        _ => seen.hour / bin_h,
    };
    (bin as u64) << 32 | seen.cell.0 as u64
}
