use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign as _,
};

use erewhon_types::{Error, Result};
use sha2::{Digest, Sha256};

/// A count of subscribers for each of keys that nobody listed beforehand, such as the countries of
/// visitors or the types of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyQuery {
    name: String,
    max_keys: u32,
}

impl KeyQuery {
    /// A query that counts each subscriber under `max_keys` keys at most.
    ///
    /// # Errors
    /// Internal, when `max_keys` is zero or over 2^20.
    pub fn new(name: impl Into<String>, max_keys: u32) -> Result<Self> {
        let name = name.into();
        if (1..=1 << 20).contains(&max_keys) {
            Ok(Self { name, max_keys })
        } else {
            Err(Error::internal(format!(
                "query `{name}` counts a subscriber under {max_keys} keys; allowed are 1 to 2^20"
            )))
        }
    }

    /// The query's name, for the ledger and the privacy statement.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Under how many keys a subscriber is counted at most.
    pub const fn max_keys(&self) -> u32 {
        self.max_keys
    }

    /// SHA-256 of name and bound: what a charge must have been paid for.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"erewhon query of keys v1\0");
        hash.update((self.name.len() as u64).to_le_bytes());
        hash.update(self.name.as_bytes());
        hash.update(self.max_keys.to_le_bytes());
        hash.finalize().into()
    }
}

/// Counts subscribers by key and bounds under how many keys each of them counts.
///
/// Proof: threshold.proof.md
#[must_use]
pub struct KeyAccumulator {
    query: KeyQuery,
    counts: BTreeMap<u64, i64>,
}

/// Counts by key, of which one subscriber changes at most the query's number, each by one. They
/// have no readable value, nor have the keys: noise and a threshold first.
#[must_use]
pub struct BoundedKeys {
    pub(crate) query: KeyQuery,
    pub(crate) counts: BTreeMap<u64, i64>,
}

impl KeyAccumulator {
    /// No keys yet.
    pub const fn new(query: KeyQuery) -> Self {
        Self {
            query,
            counts: BTreeMap::new(),
        }
    }

    /// Adds all keys of one subscriber, the most important first: the first `max_keys` different
    /// ones count.
    ///
    /// # Privacy
    /// Call it once per subscriber with everything they contribute; two calls are two subscribers.
    /// The order must follow from that subscriber's own records and public values.
    pub fn add(&mut self, keys: &[u64]) {
        let mut counted = BTreeSet::new();
        for &key in keys {
            if counted.len() == self.query.max_keys as usize {
                break;
            }
            if counted.insert(key) {
                self.counts.entry(key).or_default().add_assign(1);
            }
        }
    }

    /// Ends the count.
    pub fn finish(self) -> BoundedKeys {
        BoundedKeys {
            query: self.query,
            counts: self.counts,
        }
    }
}

impl BoundedKeys {
    /// What is counted.
    pub const fn query(&self) -> &KeyQuery {
        &self.query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(query: &KeyQuery, subscribers: &[Vec<u64>]) -> BTreeMap<u64, i64> {
        let mut accumulator = KeyAccumulator::new(query.clone());
        subscribers.iter().for_each(|keys| accumulator.add(keys));
        accumulator.finish().counts
    }

    proptest! {
        #[test]
        fn one_subscriber_moves_few_keys_by_one_each(
            crowd in prop::collection::vec(prop::collection::vec(0u64..6, 0..9), 0..6),
            extra in prop::collection::vec(0u64..9, 0..12),
            max_keys in 1u32..5,
        ) {
            let query = KeyQuery::new("q", max_keys).unwrap();
            let without = counts(&query, &crowd);
            let with = counts(&query, &[crowd, vec![extra.clone()]].concat());
            let moved: Vec<i64> = with
                .iter()
                .map(|(key, count)| count - without.get(key).copied().unwrap_or(0))
                .filter(|&change| change != 0)
                .collect();
            prop_assert!(moved.iter().all(|&change| change == 1));
            prop_assert!(without.keys().all(|key| with.contains_key(key)));
            let different = extra.iter().collect::<BTreeSet<_>>().len();
            prop_assert_eq!(moved.len(), different.min(max_keys as usize));
        }
    }
}
