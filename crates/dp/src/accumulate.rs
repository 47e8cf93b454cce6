use crate::Query;

/// Sums subscribers' vectors and bounds what each of them can add.
///
/// Proof: accumulate.proof.md
///
/// The only way to make a [`Bounded`]: call [`Accumulator::add`] once per subscriber. A vector
/// whose entries add up to more than the query's bound is scaled down in integers, rounding each
/// entry towards zero; entries outside the table are dropped.
#[must_use]
pub struct Accumulator {
    query: Query,
    sums: Vec<i64>,
}

/// A table whose entries change by at most the query's bound, in L1, when one subscriber is added
/// or removed. It has no readable value: noise first.
#[must_use]
pub struct Bounded {
    pub(crate) query: Query,
    pub(crate) sums: Vec<i64>,
}

impl Accumulator {
    /// An empty table.
    pub fn new(query: Query) -> Self {
        let sums = vec![0; query.entries()];
        Self { query, sums }
    }

    /// Adds the whole vector of one subscriber, as `(entry, units)` pairs in any order.
    ///
    /// # Privacy
    /// Call it once per subscriber with everything they contribute; two calls are two subscribers.
    pub fn add(&mut self, contribution: &[(u32, u32)]) {
        let bound = u64::from(self.query.bound_units());
        let total: u64 = contribution
            .iter()
            .map(|&(_, units)| u64::from(units))
            .sum();
        for &(entry, units) in contribution {
            let clipped = if total <= bound {
                u64::from(units)
            } else {
                // Each product is below 2^64: both factors are below 2^32.
                u64::from(units) * bound / total
            };
            if let Some(sum) = self.sums.get_mut(entry as usize) {
                *sum = sum.saturating_add_unsigned(clipped);
            }
        }
    }

    /// Ends the sum.
    pub fn finish(self) -> Bounded {
        Bounded {
            query: self.query,
            sums: self.sums,
        }
    }
}

impl Bounded {
    /// The public shape of the table.
    pub const fn query(&self) -> &Query {
        &self.query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums(query: &Query, subscribers: &[Vec<(u32, u32)>]) -> Vec<i64> {
        let mut accumulator = Accumulator::new(query.clone());
        subscribers
            .iter()
            .for_each(|vector| accumulator.add(vector));
        accumulator.sums
    }

    prop_compose! {
        fn vector()(pairs in prop::collection::vec((0u32..8, prop_oneof![0u32..9, Just(u32::MAX)]), 0..12))
            -> Vec<(u32, u32)> { pairs }
    }

    proptest! {
        #[test]
        fn one_subscriber_moves_the_sums_by_at_most_the_bound(
            crowd in prop::collection::vec(vector(), 0..6),
            extra in vector(),
            bound in 1u32..20,
        ) {
            let query = Query::new("q", 6, 1, bound).unwrap();
            let without = sums(&query, &crowd);
            let with = sums(&query, &[crowd, vec![extra]].concat());
            let moved: u64 = with.iter().zip(&without).map(|(a, b)| a.abs_diff(*b)).sum();
            prop_assert!(moved <= u64::from(bound), "moved {} of {}", moved, bound);
        }

        #[test]
        fn vectors_within_the_bound_are_kept_whole(units in prop::collection::vec(0u32..5, 6)) {
            let query = Query::new("q", 6, 1, 30).unwrap();
            let vector: Vec<_> = (0..).zip(units.iter().copied()).collect();
            let expected: Vec<i64> = units.iter().map(|&u| i64::from(u)).collect();
            prop_assert_eq!(sums(&query, &[vector]), expected);
        }
    }
}
