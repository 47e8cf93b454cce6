use erewhon_types::Subscriber;

use crate::points::Point;

/// Into how many parts the rows of a release are told apart, so that smaller releases can be read off.
pub(crate) const PARTS: usize = 4;

/// Sets of known points, and which rows have each of them whole.
///
/// Each set hangs on one of its points; a row walks its own points, and only where a set hangs it looks
/// for the rest of it. So memory goes with the sets, not with the rows, which may stream by: time is
/// one look into a bit table for each point of a row, and a search in the row for each set met.
pub(crate) struct Sieve {
    known: Vec<Point>,
    /// `starts[i]..starts[i + 1]` are the known points of set `i`.
    starts: Vec<usize>,
    hidden: Vec<Option<Point>>,
    own: Vec<Option<Subscriber>>,
    /// Where each set hangs, ascending, once it is closed.
    hooks: Vec<(Point, u32)>,
    seen: Bits,
    met: Vec<Met>,
}

/// What the rows had of one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// Whether the row of the person himself has all the points.
    pub(crate) own: bool,
    /// How many other rows do; of more than two it may say two.
    pub(crate) others: u32,
    /// In how many parts of the release, from the first on, no other row does.
    pub(crate) alone_in: usize,
    /// Whether one of these rows has the hidden point too.
    pub(crate) tells: bool,
}

impl Default for Met {
    fn default() -> Self {
        Self {
            own: false,
            others: 0,
            alone_in: PARTS,
            tells: false,
        }
    }
}

impl Met {
    /// Whether exactly one row has all the points.
    pub(crate) fn is_one(&self) -> bool {
        u32::from(self.own) + self.others == 1
    }

    /// Whether further rows of others change nothing.
    const fn is_settled(&self) -> bool {
        self.others > 1 && self.alone_in == 0
    }
}

impl Default for Sieve {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            starts: vec![0],
            hidden: Vec::new(),
            own: Vec::new(),
            hooks: Vec::new(),
            seen: Bits::of(&[]),
            met: Vec::new(),
        }
    }
}

impl Sieve {
    /// Adds the known points of somebody, at least one, a point that is kept from the attacker, and who
    /// it is.
    pub(crate) fn add(&mut self, known: &[Point], hidden: Option<Point>, own: Option<Subscriber>) {
        self.known.extend(known);
        self.starts.push(self.known.len());
        self.hidden.push(hidden);
        self.own.push(own);
    }

    /// The same, ready for rows.
    #[must_use]
    pub(crate) fn closed(mut self) -> Self {
        let hooks = self.starts.iter().zip(0..self.hidden.len() as u32);
        self.hooks = hooks
            .map(|(&start, set)| (self.known[start], set))
            .collect();
        self.hooks.sort_unstable();
        self.seen = Bits::of(&self.hooks);
        self.met = vec![Met::default(); self.hidden.len()];
        self
    }

    /// Holds every set against some rows that are equal, each with its part: their points, distinct and
    /// ascending.
    pub(crate) fn hold(&mut self, rows: &[(Subscriber, usize)], trace: &[Point]) {
        for &point in trace.iter().filter(|&&point| self.seen.may_hold(point)) {
            let first = self.hooks.partition_point(|&(hook, _)| hook < point);
            let here = self.hooks[first..].iter();
            for &(_, set) in here.take_while(|&&(hook, _)| hook == point) {
                let set = set as usize;
                let is_own = |row: &&(Subscriber, usize)| self.own[set] == Some(row.0);
                let (met, own) = (&mut self.met[set], rows.iter().any(|row| is_own(&row)));
                let known = &self.known[self.starts[set]..self.starts[set + 1]];
                let has = |point: &Point| trace.binary_search(point).is_ok();
                if met.is_settled() && !own || !known.iter().all(has) {
                    continue;
                }
                met.own |= own;
                for (_, part) in rows.iter().filter(|row| !is_own(row)) {
                    met.others += 1;
                    met.alone_in = met.alone_in.min(*part);
                }
                met.tells |= self.hidden[set].as_ref().is_some_and(has);
            }
        }
    }

    /// Number of sets.
    pub(crate) const fn len(&self) -> usize {
        self.hidden.len()
    }

    /// What all rows together had of each set, in the order they were added.
    pub(crate) fn met(&self) -> &[Met] {
        &self.met
    }

    /// The hidden point of each set.
    pub(crate) fn hidden(&self) -> &[Option<Point>] {
        &self.hidden
    }
}

/// A table of bits that holds every point it was made of and one in 32 of all others.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    fn of(hooks: &[(Point, u32)]) -> Self {
        let bits = (hooks.len().max(2) * 32).next_power_of_two();
        let mut table = Self {
            words: vec![0; bits / 64],
            shift: 64 - bits.trailing_zeros(),
        };
        for &(point, _) in hooks {
            let bit = table.bit(point);
            table.words[bit / 64] |= 1 << (bit % 64);
        }
        table
    }

    /// The top bits of a product with an odd number near 2^64 over the golden ratio (Knuth 1973, 6.4).
    const fn bit(&self, point: Point) -> usize {
        (point.bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    fn may_hold(&self, point: Point) -> bool {
        let bit = self.bit(point);
        self.words[bit / 64] >> (bit % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_types::CellIx;
    use proptest::prelude::*;

    fn points(of: &[(u32, u32)]) -> Vec<Point> {
        let mut points: Vec<Point> = of
            .iter()
            .map(|&(hour, cell)| Point::at(hour, 1, CellIx(cell)))
            .collect();
        points.sort_unstable();
        points.dedup();
        points
    }

    proptest! {
        #[test]
        fn the_sieve_agrees_with_a_walk_over_all_rows(
            rows in prop::collection::vec(prop::collection::vec((0u32..4, 0u32..3), 0..8), 0..12),
            sets in prop::collection::vec(
                (prop::collection::vec((0u32..5, 0u32..4), 1..4), (0u32..4, 0u32..3), 0u64..12),
                0..6,
            ),
        ) {
            let rows: Vec<Vec<Point>> = rows.iter().map(|row| points(row)).collect();
            let mut sieve = Sieve::default();
            for (known, hidden, own) in &sets {
                sieve.add(&points(known), points(&[*hidden]).pop(), Some(Subscriber::new(*own)));
            }
            let mut sieve = sieve.closed();
            // Equal rows at once.
            let mut all: Vec<(&Vec<Point>, u64)> = rows.iter().zip(0..).collect();
            all.sort_unstable();
            for same in all.chunk_by(|a, b| a.0 == b.0) {
                let part = |&(_, row): &(_, u64)| (Subscriber::new(row), row as usize % PARTS);
                sieve.hold(&same.iter().map(part).collect::<Vec<_>>(), same[0].0);
            }
            for ((known, hidden, own), met) in sets.iter().zip(sieve.met()) {
                let known = points(known);
                let has: Vec<usize> = (0..rows.len())
                    .filter(|&row| known.iter().all(|point| rows[row].contains(point)))
                    .collect();
                prop_assert_eq!(met.is_one(), has.len() == 1);
                prop_assert_eq!(met.own, has.contains(&(*own as usize)));
                let hidden = points(&[*hidden])[0];
                let tells = has.iter().any(|&row| rows[row].contains(&hidden));
                prop_assert!(!met.is_one() || met.tells == tells);
                let others = has.iter().filter(|&&row| row != *own as usize);
                prop_assert_eq!(met.others.min(2) as usize, others.clone().count().min(2));
                let first = others.map(|row| row % PARTS).min();
                prop_assert_eq!(met.alone_in, first.unwrap_or(PARTS));
            }
        }
    }
}
