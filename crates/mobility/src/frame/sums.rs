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
const FRESH_ENTRIES: usize = 1 << 19;

/// What subscribers contribute, entry by entry.
pub(super) struct Sums {
    /// The number of the subscriber whose parts came last.
    person: u32,
    held: Held,
}

enum Held {
    /// For each entry the amount, the distinct subscribers and the last of these.
    Dense(Vec<(u64, u32, u32)>),
    Sparse {
        /// Ascending, each entry once.
        sorted: Vec<Sum>,
        /// Ascending in the subscriber, in any order of the entries.
        fresh: Vec<Part>,
    },
}

/// An amount of one subscriber.
#[derive(Clone, Copy)]
struct Part {
    key: u64,
    amount: u32,
    person: u32,
}

impl Sums {
    pub(super) fn new(entries: u64) -> Self {
        let held = if entries <= DENSE_ENTRIES {
            Held::Dense(vec![(0, 0, 0); entries as usize])
        } else {
            Held::Sparse {
                sorted: Vec::new(),
                fresh: Vec::new(),
            }
        };
        Self { person: 0, held }
    }

    /// Adds what one subscriber contributes, in any order, an entry once or more often.
    pub(super) fn add(&mut self, parts: impl Iterator<Item = (u64, u32)>) {
        self.person += 1;
        let person = self.person;
        match &mut self.held {
            Held::Dense(sums) => {
                for (key, amount) in parts {
                    if let Some(sum) = sums.get_mut(key as usize) {
                        sum.0 += u64::from(amount);
                        sum.1 += u32::from(sum.2 != person);
                        sum.2 = person;
                    }
                }
            }
            Held::Sparse { sorted, fresh } => {
                fresh.extend(parts.map(|(key, amount)| Part {
                    key,
                    amount,
                    person,
                }));
                if fresh.len() >= FRESH_ENTRIES.max(sorted.len()) {
                    sort_in(sorted, fresh);
                }
            }
        }
    }

    /// What was summed elsewhere: entries ascending, each once.
    pub(super) const fn summed(sorted: Vec<Sum>) -> Self {
        Self {
            person: 0,
            held: Held::Sparse {
                sorted,
                fresh: Vec::new(),
            },
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.held, other.held) {
            (Held::Dense(into), Held::Dense(from)) => {
                for (into, from) in into.iter_mut().zip(from) {
                    into.0 += from.0;
                    into.1 += from.1;
                }
            }
            (
                Held::Sparse { sorted, fresh },
                Held::Sparse {
                    sorted: theirs,
                    fresh: mut more,
                },
            ) => {
                sort_in(sorted, fresh);
                sort_in(sorted, &mut more);
                join(sorted, theirs);
            }
            (
                Held::Dense(into),
                Held::Sparse {
                    mut sorted,
                    mut fresh,
                },
            ) => {
                sort_in(&mut sorted, &mut fresh);
                for sum in sorted {
                    if let Some(into) = into.get_mut(sum.key as usize) {
                        into.0 += sum.amount;
                        into.1 += sum.subscribers;
                    }
                }
            }
            (Held::Sparse { sorted, fresh }, Held::Dense(from)) => {
                sort_in(sorted, fresh);
                let mut more = Vec::new();
                let held = Held::Dense(from);
                Self { person: 0, held }.each(|sum| more.push(sum));
                join(sorted, more);
            }
        }
    }

    /// Number of entries above zero, at the most.
    pub(super) fn len(&self) -> usize {
        match &self.held {
            Held::Dense(sums) => sums.iter().filter(|sum| sum.1 > 0).count(),
            Held::Sparse { sorted, fresh } => sorted.len() + fresh.len(),
        }
    }

    /// Calls `each` for every entry above zero, ascending.
    pub(super) fn each(self, mut each: impl FnMut(Sum)) {
        match self.held {
            Held::Dense(sums) => {
                for (key, (amount, subscribers, _)) in (0..).zip(sums) {
                    if subscribers > 0 {
                        each(Sum {
                            key,
                            amount,
                            subscribers,
                        });
                    }
                }
            }
            Held::Sparse {
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
fn sort_in(sorted: &mut Vec<Sum>, fresh: &mut Vec<Part>) {
    // Stable, so that the parts of a subscriber stay side by side. Half the digits take half the time.
    if fresh.iter().all(|part| u32::try_from(part.key).is_ok()) {
        radsort::sort_by_key(fresh, |part| part.key as u32);
    } else {
        radsort::sort_by_key(fresh, |part| part.key);
    }
    let of_key = |same: &[Part]| Sum {
        key: same[0].key,
        amount: same.iter().map(|part| u64::from(part.amount)).sum(),
        subscribers: same.chunk_by(|a, b| a.person == b.person).count() as u32,
    };
    let new: Vec<Sum> = fresh.chunk_by(|a, b| a.key == b.key).map(of_key).collect();
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
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map, for both kinds and any split between workers.
        #[test]
        fn sums_are_those_of_a_map(
            people in prop::collection::vec(prop::collection::vec((0u64..40, 1u32..5), 0..20), 0..30),
            cut in 0usize..30,
        ) {
            let mut map = BTreeMap::<u64, (u64, BTreeSet<usize>)>::new();
            for (i, person) in people.iter().enumerate() {
                for &(key, amount) in person {
                    let sum = map.entry(key).or_default();
                    sum.0 += u64::from(amount);
                    sum.1.insert(i);
                }
            }
            let slow = map.into_iter().map(|(key, sum)| (key, (sum.0, sum.1.len() as u32)));
            let slow: Vec<_> = slow.collect();
            for (entries, wide) in [(40, 0), (u64::MAX, 0), (u64::MAX, 1 << 40)] {
                let mut workers = [Sums::new(entries), Sums::new(entries)];
                for (i, person) in people.iter().enumerate() {
                    let worker = &mut workers[usize::from(i >= cut)];
                    worker.add(person.iter().map(|&(key, amount)| (key | wide, amount)));
                    if let (true, Held::Sparse { sorted, fresh }) = (i % 7 == 0, &mut worker.held) {
                        sort_in(sorted, fresh);
                    }
                }
                let [mut whole, rest] = workers;
                whole.merge(rest);
                let mut found = Vec::new();
                whole.each(|sum| found.push((sum.key - wide, (sum.amount, sum.subscribers))));
                prop_assert_eq!(&found, &slow);
            }
        }
    }
}
