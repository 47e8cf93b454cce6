use std::hash::BuildHasher as _;

use erewhon_types::Subscriber;
use foldhash::fast::RandomState;

/// The pseudonym of an id; `None` for a subject who has opted out.
pub type Identify<'a> = &'a (dyn Fn(&[u8]) -> Option<Subscriber> + Sync);

/// Ids that one thread met lately, in memory that does not grow: numbers repeat, and a look here is
/// quicker than a keyed digest.
///
/// # Privacy
/// Holds raw identifiers while a file is read; there is no `Debug`.
pub(crate) struct Ids<'a> {
    identify: Identify<'a>,
    hash: RandomState,
    /// Pairs of places, of which an id may take either; the one taken last stands first.
    pairs: Vec<[Known; 2]>,
}

const PAIRS: usize = 1 << 16;
/// The longest id that is kept, so that one place is one line of the processor's cache.
const ID_BYTES: usize = 55;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Known {
    pseudonym: u64,
    /// Length of the id and one more; 0 in an empty place.
    length: u8,
    id: [u8; ID_BYTES],
}

impl Known {
    const NONE: Self = Self {
        pseudonym: 0,
        length: 0,
        id: [0; ID_BYTES],
    };

    fn is(&self, id: &[u8]) -> bool {
        usize::from(self.length) == id.len() + 1 && self.id.get(..id.len()) == Some(id)
    }

    fn subscriber(&self) -> Subscriber {
        Subscriber::new(self.pseudonym)
    }
}

impl<'a> Ids<'a> {
    pub(crate) fn new(identify: Identify<'a>) -> Self {
        Self {
            identify,
            hash: RandomState::default(),
            pairs: vec![[Known::NONE; 2]; PAIRS],
        }
    }

    /// The pseudonym of an id; who has opted out is asked for each time, and kept nowhere.
    #[inline]
    pub(crate) fn find(&mut self, id: &[u8]) -> Option<Subscriber> {
        if id.len() > ID_BYTES {
            return (self.identify)(id);
        }
        let row = self.hash.hash_one(id) as usize % PAIRS;
        let pair = &mut self.pairs[row];
        if pair[0].is(id) {
            return Some(pair[0].subscriber());
        }
        if !pair[1].is(id) {
            let subscriber = (self.identify)(id)?;
            let mut known = Known::NONE;
            known.pseudonym = subscriber.bits();
            known.length = id.len() as u8 + 1;
            known.id[..id.len()].copy_from_slice(id);
            pair[1] = known;
        }
        pair.swap(0, 1);
        Some(pair[0].subscriber())
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
        fn a_known_id_is_whom_it_was(ids in prop::collection::vec("[0-9x]{0,3}|[0-9]{53,57}", 0..400)) {
            let mut known = Ids::new(&plain);
            // Two pairs of places for all, so that ids drive each other out.
            known.pairs.truncate(PAIRS);
            for id in ids.iter().chain(&ids) {
                prop_assert!(known.find(id.as_bytes()) == plain(id.as_bytes()));
            }
        }
    }
}
