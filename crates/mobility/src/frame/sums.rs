//! Sums over the entries of a table, dense where the table is small and sorted where it is sparse.

/// The sum of one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) key: u64,
    pub(super) amount: u64,
    pub(super) subscribers: u32,
}

/// Largest table, in entries, that is held whole: 32 MiB.
const DENSE_ENTRIES: u64 = 1 << 21;

/// Entries that are gathered before they are sorted in, at the least.
const FRESH_ENTRIES: usize = 1 << 18;

pub(super) enum Sums {
    Dense(Vec<(u64, u32)>),
    Sparse {
        /// Ascending, each entry once.
        sorted: Vec<Sum>,
        fresh: Vec<(u64, u32)>,
    },
}

impl Sums {
    pub(super) fn new(entries: u64) -> Self {
        if entries <= DENSE_ENTRIES {
            Self::Dense(vec![(0, 0); entries as usize])
        } else {
            Self::Sparse {
                sorted: Vec::new(),
                fresh: Vec::new(),
            }
        }
    }

    /// Adds what one subscriber contributes, each entry once.
    pub(super) fn add(&mut self, entries: &[(u64, u32)]) {
        match self {
            Self::Dense(sums) => {
                for &(key, amount) in entries {
                    if let Some(sum) = sums.get_mut(key as usize) {
                        sum.0 += u64::from(amount);
                        sum.1 += 1;
                    }
                }
            }
            Self::Sparse { sorted, fresh } => {
                fresh.extend_from_slice(entries);
                if fresh.len() >= FRESH_ENTRIES.max(sorted.len() / 2) {
                    sort_in(sorted, fresh);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Dense(into), Self::Dense(from)) => {
                for (into, from) in into.iter_mut().zip(from) {
                    into.0 += from.0;
                    into.1 += from.1;
                }
            }
            (
                Self::Sparse { sorted, fresh },
                Self::Sparse {
                    sorted: theirs,
                    fresh: more,
                },
            ) => {
                sort_in(sorted, fresh);
                *fresh = more;
                sort_in(sorted, fresh);
                join(sorted, theirs);
            }
            // The kind follows from the size of the table, which both have in common.
            (Self::Dense(_), Self::Sparse { .. }) | (Self::Sparse { .. }, Self::Dense(_)) => {}
        }
    }

    /// Number of entries above zero, at the most.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Dense(sums) => sums.iter().filter(|sum| sum.1 > 0).count(),
            Self::Sparse { sorted, fresh } => sorted.len() + fresh.len(),
        }
    }

    /// Calls `each` for every entry above zero, ascending.
    pub(super) fn each(self, mut each: impl FnMut(Sum)) {
        match self {
            Self::Dense(sums) => {
                for (key, (amount, subscribers)) in (0..).zip(sums) {
                    if subscribers > 0 {
                        each(Sum {
                            key,
                            amount,
                            subscribers,
                        });
                    }
                }
            }
            Self::Sparse {
                mut sorted,
                mut fresh,
            } => {
                sort_in(&mut sorted, &mut fresh);
                sorted.into_iter().for_each(each);
            }
        }
    }
}

/// Empties `fresh` into `sorted`.
fn sort_in(sorted: &mut Vec<Sum>, fresh: &mut Vec<(u64, u32)>) {
    radsort::sort_by_key(fresh, |entry| entry.0);
    let of_key = |same: &[(u64, u32)]| Sum {
        key: same[0].0,
        amount: same.iter().map(|entry| u64::from(entry.1)).sum(),
        subscribers: same.len() as u32,
    };
    let new: Vec<Sum> = fresh.chunk_by(|a, b| a.0 == b.0).map(of_key).collect();
    fresh.clear();
    join(sorted, new);
}

/// Adds an ascending list to another, in place.
fn join(sorted: &mut Vec<Sum>, mut new: Vec<Sum>) {
    // What is known is added to; what is left in `new` has entries of its own.
    let mut at = 0;
    new.retain(|sum| {
        at += sorted[at..]
            .iter()
            .take_while(|known| known.key < sum.key)
            .count();
        match sorted.get_mut(at).filter(|known| known.key == sum.key) {
            Some(known) => {
                known.amount += sum.amount;
                known.subscribers += sum.subscribers;
                false
            }
            None => true,
        }
    });
    // From the back, so that nothing is written over before it is read.
    let mut left = sorted.len();
    sorted.resize(left + new.len(), Sum::default());
    let mut to = sorted.len();
    while let Some(sum) = new.pop() {
        while left > 0 && sorted[left - 1].key > sum.key {
            left -= 1;
            to -= 1;
            sorted[to] = sorted[left];
        }
        to -= 1;
        sorted[to] = sum;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map, for both kinds and any split between workers.
        #[test]
        fn sums_are_those_of_a_map(
            people in prop::collection::vec(prop::collection::btree_map(0u64..40, 1u32..5, 0..10), 0..30),
            cut in 0usize..30,
        ) {
            let mut map = BTreeMap::<u64, (u64, u32)>::new();
            for (&key, &amount) in people.iter().flatten() {
                let sum = map.entry(key).or_default();
                sum.0 += u64::from(amount);
                sum.1 += 1;
            }
            for entries in [40, DENSE_ENTRIES + 1] {
                let mut workers = [Sums::new(entries), Sums::new(entries)];
                for (i, person) in people.iter().enumerate() {
                    let person: Vec<_> = person.iter().map(|(&k, &a)| (k, a)).collect();
                    let worker = &mut workers[usize::from(i >= cut)];
                    worker.add(&person);
                    if let (true, Sums::Sparse { sorted, fresh }) = (i % 7 == 0, worker) {
                        sort_in(sorted, fresh);
                    }
                }
                let [mut whole, rest] = workers;
                whole.merge(rest);
                let mut found = Vec::new();
                whole.each(|sum| found.push((sum.key, (sum.amount, sum.subscribers))));
                prop_assert_eq!(found, map.clone().into_iter().collect::<Vec<_>>());
            }
        }
    }
}
