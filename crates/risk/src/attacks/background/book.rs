use crate::people::Seen;

/// Where each row of a group was, how often, and in which order; and who was at each place.
///
/// A place is a number: a cell, or a cell in a time bin.
#[derive(Default)]
pub(super) struct Book {
    rows: Vec<Page>,
    /// Every place with every row that was there, ascending.
    there: Vec<(u64, u32)>,
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
        let there = rows.iter().zip(0..);
        let mut there: Vec<(u64, u32)> = there
            .flat_map(|(page, row)| page.places.iter().map(move |&place| (place, row)))
            .collect();
        there.sort_unstable();
        Self { rows, there }
    }

    pub(super) fn page(&self, row: u32) -> &Page {
        &self.rows[row as usize]
    }

    /// The rows that were at every one of some places, ascending; none of no place. Walks through their lists
    /// side by side, the shortest first, which is far cheaper than to open the pages of one of them.
    pub(super) fn at_all(&self, places: impl Iterator<Item = u64>) -> Vec<u32> {
        let mut lists: Vec<&[(u64, u32)]> = places.map(|place| self.there(place)).collect();
        lists.sort_unstable_by_key(|list| list.len());
        let Some((rarest, others)) = lists.split_first() else {
            return Vec::new();
        };
        let mut rows: Vec<u32> = rarest.iter().map(|&(_, row)| row).collect();
        for list in others {
            let mut rest = list.iter().peekable();
            rows.retain(|&row| {
                while rest.next_if(|(_, other)| *other < row).is_some() {}
                rest.peek().is_some_and(|(_, other)| *other == row)
            });
        }
        rows
    }

    /// The rows that were at a place.
    fn there(&self, place: u64) -> &[(u64, u32)] {
        let from = self.there.partition_point(|&(other, _)| other < place);
        let many = self.there[from..].partition_point(|&(other, _)| other == place);
        &self.there[from..from + many]
    }
}

/// The number of a cell in a bin of so many hours; of the cell alone at 0.
pub(super) const fn place(seen: &Seen, bin_h: u32) -> u64 {
    let bin = match bin_h {
        0 => 0,
        _ => seen.hour / bin_h,
    };
    (bin as u64) << 32 | seen.cell.0 as u64
}
