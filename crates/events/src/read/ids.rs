use std::hash::{BuildHasher as _, Hasher as _};

use erewhon_types::Subscriber;
use foldhash::quality::RandomState;

use super::{fields::Fields, layout::Layout};

/// The pseudonym of an id; `None` for a subject who has opted out.
pub type Identify<'a> = &'a (dyn Fn(&[u8]) -> Option<Subscriber> + Sync);

/// Ids that one thread met lately, in memory that does not grow: numbers repeat, and a look here is
/// quicker than a keyed digest.
///
/// An id is known again by 64 bits of a hash whose seed is drawn anew for each table. That two ids
/// meet here is rarer by far than that their pseudonyms do, which have 64 bits themselves.
pub(crate) struct Ids<'a> {
    identify: Identify<'a>,
    hash: RandomState,
    lines: Vec<Line>,
    /// Ids that were asked for since the table has its size.
    asked: usize,
}

/// An id as it is written, and the hash by which it is known again.
#[derive(Clone, Copy)]
pub(crate) struct Id<'t> {
    pub(crate) text: &'t [u8],
    print: u64,
}

/// Subscriber and peer.
pub(crate) type Pair<'t> = [Id<'t>; 2];

/// Powers of two. A table begins with 64 KiB, which is little for a few rows, and ends with 4 MiB, for
/// what is larger is no longer near to the processor.
const FIRST_LINES: usize = 1 << 10;
const LINES: usize = 1 << 16;

/// Four ids, the latest first, in one line of the processor's cache.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line([Known; 4]);

/// The hash of an id, 0 in an empty place, and its pseudonym.
#[derive(Clone, Copy, Default)]
struct Known {
    print: u64,
    pseudonym: u64,
}

impl<'a> Ids<'a> {
    pub(crate) fn new(identify: Identify<'a>) -> Self {
        Self {
            identify,
            hash: RandomState::default(),
            lines: vec![Line::default(); FIRST_LINES],
            asked: 0,
        }
    }

    /// Subscriber and peer of a row; empty where the row has none, `stem` is whom its file is named
    /// after.
    #[inline]
    pub(crate) fn of<'t>(&self, layout: &Layout, stem: &'t [u8], fields: Fields<'t>) -> Pair<'t> {
        let subscriber = layout.subscriber.map_or(stem, |column| fields.get(column));
        let peer = layout.peer.map_or(&[][..], |column| fields.get(column));
        [subscriber, peer].map(|text| self.id(text))
    }

    #[inline]
    fn id<'t>(&self, text: &'t [u8]) -> Id<'t> {
        let mut hasher = self.hash.build_hasher();
        hasher.write(text);
        let print = hasher.finish().max(1);
        Id { text, print }
    }

    #[inline]
    const fn place(&self, print: u64) -> usize {
        print as usize & (self.lines.len() - 1)
    }

    /// Has the processor fetch places, all at once, that would else be waited for one by one.
    #[inline]
    pub(crate) fn fetch(&self, pairs: &[Pair<'_>]) {
        let ids = pairs.iter().flatten();
        let seen = ids.map(|id| self.lines[self.place(id.print)].0[0].print);
        std::hint::black_box(seen.fold(0, |all, print| all ^ print));
    }

    /// The pseudonym of an id; who has opted out is asked for each time, and kept nowhere.
    #[inline]
    pub(crate) fn find(&mut self, Id { text, print }: Id<'_>) -> Option<Subscriber> {
        let place = self.place(print);
        let Line(known) = &self.lines[place];
        if let Some(known) = known.iter().find(|known| known.print == print) {
            return Some(Subscriber::new(known.pseudonym));
        }
        let subscriber = (self.identify)(text)?;
        self.asked += 1;
        if self.asked > self.lines.len() && self.lines.len() < LINES {
            self.grow();
        }
        let place = self.place(print);
        let Line(known) = &mut self.lines[place];
        known.rotate_right(1);
        known[0] = Known {
            print,
            pseudonym: subscriber.bits(),
        };
        Some(subscriber)
    }
}

impl Ids<'_> {
    /// A table eight times as large, or the largest, that knows nobody: whoever comes again is asked for
    /// once more.
    #[cold]
    fn grow(&mut self) {
        let lines = (8 * self.lines.len()).min(LINES);
        self.lines = vec![Line::default(); lines];
        self.asked = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A pseudonym for tests; ids that end in `x` have opted out.
    fn plain(id: &[u8]) -> Option<Subscriber> {
        let value = id.iter().fold(7_u64, |n, b| {
            n.wrapping_mul(131).wrapping_add(u64::from(*b))
        });
        (!id.ends_with(b"x")).then(|| Subscriber::new(value))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_known_id_is_whom_it_was(ids in prop::collection::vec("[0-9x]{0,5}", 0..400)) {
            let mut known = Ids::new(&plain);
            // So few places that ids drive each other out.
            known.lines.truncate(2);
            for id in ids.iter().chain(&ids) {
                prop_assert!(known.find(known.id(id.as_bytes())) == plain(id.as_bytes()));
            }
        }
    }

    #[test]
    fn a_table_grows_with_its_ids_to_its_largest_size() {
        let mut known = Ids::new(&plain);
        for id in 0..2 * LINES {
            let id = id.to_string();
            assert!(known.find(known.id(id.as_bytes())) == plain(id.as_bytes()));
            let few = id.len() < 4;
            assert!(!few || known.lines.len() == FIRST_LINES);
        }
        assert_eq!(known.lines.len(), LINES);
    }
}
