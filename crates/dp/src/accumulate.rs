use crate::{Norm, Query};

/// Sums subscribers' vectors and bounds what each of them can add.
///
/// Proof: accumulate.proof.md
///
/// The only way to make a [`Bounded`]: call [`Accumulator::add`] once per subscriber. A vector
/// whose norm is above the query's bound is scaled down in integers, rounding each entry towards
/// zero; entries outside the table are dropped.
#[must_use]
pub struct Accumulator {
    query: Query,
    sums: Vec<i64>,
}

/// A table that changes by at most the query's bound, in the query's norm, when one subscriber is
/// added or removed. It has no readable value: noise first.
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
        match self.query.norm() {
            Norm::L1 => self.add_in_l1(contribution),
            Norm::L2 => self.add_in_l2(contribution),
        }
    }

    fn add_in_l1(&mut self, contribution: &[(u32, u32)]) {
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
            self.add_to(entry, clipped);
        }
    }

    fn add_in_l2(&mut self, contribution: &[(u32, u32)]) {
        let bound = u64::from(self.query.bound_units());
        let merged = merge(contribution);
        // Fewer than 2^32 entries, each square below 2^64.
        let squares: u128 = merged
            .iter()
            .map(|&(_, units)| u128::from(units).pow(2))
            .sum();
        let whole = squares <= u128::from(bound).pow(2);
        // Below 2^48; rounded up, so that the clipped vector is never too long.
        let length = squares.isqrt() + u128::from(squares.isqrt().pow(2) < squares);
        for (entry, units) in merged {
            let clipped = if whole {
                units
            } else {
                units * bound / length as u64
            };
            self.add_to(entry, clipped);
        }
    }

    fn add_to(&mut self, entry: u32, units: u64) {
        if let Some(sum) = self.sums.get_mut(entry as usize) {
            *sum = sum.saturating_add_unsigned(units);
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

/// One pair for each entry that is named: squares don't add up over pairs that share an entry.
/// Units stop at 2^32 - 1, which no bound exceeds.
fn merge(contribution: &[(u32, u32)]) -> Vec<(u32, u64)> {
    let mut sorted = contribution.to_vec();
    sorted.sort_unstable();
    sorted
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| {
            let units: u64 = same.iter().map(|&(_, units)| u64::from(units)).sum();
            same.first()
                .map(|&(entry, _)| (entry, units.min(u64::from(u32::MAX))))
        })
        .collect()
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
        fn one_subscriber_moves_the_sums_by_at_most_the_bound_in_l2(
            crowd in prop::collection::vec(vector(), 0..6),
            extra in vector(),
            bound in prop_oneof![1u32..20, Just(u32::MAX)],
        ) {
            let query = Query::new("q", 6, 1, bound).unwrap().bounded_in(Norm::L2);
            let without = sums(&query, &crowd);
            let with = sums(&query, &[crowd, vec![extra]].concat());
            let moved = squared_distance(&with, &without);
            prop_assert!(moved <= u128::from(bound).pow(2), "moved {} of {}", moved, bound);
        }

        #[test]
        fn vectors_within_the_bound_are_kept_whole(units in prop::collection::vec(0u32..5, 6)) {
            let query = Query::new("q", 6, 1, 30).unwrap();
            let vector: Vec<_> = (0..).zip(units.iter().copied()).collect();
            let expected: Vec<i64> = units.iter().map(|&u| i64::from(u)).collect();
            prop_assert_eq!(&sums(&query, std::slice::from_ref(&vector)), &expected);
            // 10 = ceil(4 * sqrt(6)).
            let query = Query::new("q", 6, 1, 10).unwrap().bounded_in(Norm::L2);
            prop_assert_eq!(sums(&query, &[vector]), expected);
        }
    }

    fn squared_distance(a: &[i64], b: &[i64]) -> u128 {
        let gaps = a.iter().zip(b).map(|(a, b)| u128::from(a.abs_diff(*b)));
        gaps.map(|gap| gap * gap).sum()
    }

    /// Every vector of three pairs over two entries, every small bound: the norm after clipping is
    /// within the bound, no entry grows, and at most one unit an entry and one of length is lost.
    #[test]
    fn every_small_vector_is_clipped_in_l2_and_no_further_than_needed() {
        const UNITS: u32 = 5;
        let pairs = || (0..2).flat_map(|entry| (0..UNITS).map(move |units| (entry, units)));
        for bound in 1..9 {
            let query = Query::new("q", 2, 1, bound).unwrap().bounded_in(Norm::L2);
            for (a, b, c) in
                pairs().flat_map(|a| pairs().flat_map(move |b| pairs().map(move |c| (a, b, c))))
            {
                let mut whole = [0.0, 0.0];
                for (entry, units) in [a, b, c] {
                    whole[entry as usize] += f64::from(units);
                }
                let clipped = sums(&query, &[vec![a, b, c]]);
                assert!(squared_distance(&clipped, &[0, 0]) <= u128::from(bound).pow(2));
                let length = whole[0].hypot(whole[1]);
                let kept = (f64::from(bound) / length.max(1e-9)).min(1.0);
                let shorter = f64::from(bound) / (length + 1.0);
                for (clipped, whole) in clipped.into_iter().zip(whole) {
                    let (clipped, least) = (clipped as f64, (shorter * whole).floor());
                    assert!(clipped <= whole * kept + 1e-9 && clipped >= least.min(whole));
                }
            }
        }
    }
}
