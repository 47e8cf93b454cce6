//! Sums over the entries of a table, dense where the table is small and sorted where it is sparse.

use std::mem;

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
                *sorted = joined(mem::take(sorted), theirs);
            }
            // The kind follows from the size of the table, which both have in common.
            (Self::Dense(_), Self::Sparse { .. }) | (Self::Sparse { .. }, Self::Dense(_)) => {}
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
    fresh.sort_unstable_by_key(|entry| entry.0);
    let of_key = |same: &[(u64, u32)]| Sum {
        key: same[0].0,
        amount: same.iter().map(|entry| u64::from(entry.1)).sum(),
        subscribers: same.len() as u32,
    };
    let new: Vec<Sum> = fresh.chunk_by(|a, b| a.0 == b.0).map(of_key).collect();
    fresh.clear();
    *sorted = joined(mem::take(sorted), new);
}

/// Merges two ascending lists.
fn joined(a: Vec<Sum>, b: Vec<Sum>) -> Vec<Sum> {
    if a.is_empty() || b.is_empty() {
        return if a.is_empty() { b } else { a };
    }
    let mut both = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        let (left, right) = (*left, *right);
        if left.key <= right.key {
            a.next();
        }
        if right.key <= left.key {
            b.next();
        }
        both.push(match left.key.cmp(&right.key) {
            std::cmp::Ordering::Less => left,
            std::cmp::Ordering::Greater => right,
            std::cmp::Ordering::Equal => Sum {
                key: left.key,
                amount: left.amount + right.amount,
                subscribers: left.subscribers + right.subscribers,
            },
        });
    }
    both.extend(a);
    both.extend(b);
    both
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
