use std::collections::VecDeque;

/// Unknown whole counts, each between bounds, and published sums of some of them.
///
/// A sum is any published number with what is known taken off: a line's total, or the difference of two
/// queries of which one has a few people more.
pub(crate) struct Sums {
    /// Least and most of each count.
    pub(crate) bounds: Vec<(i64, i64)>,
    /// The unknown counts of each sum, and what they add up to.
    sums: Vec<(Vec<usize>, i64)>,
    /// The sums that each count is in.
    of: Vec<Vec<usize>>,
}

impl Sums {
    /// Counts of at least nought and at most `most`.
    pub(crate) fn new(counts: usize, most: i64) -> Self {
        Self {
            bounds: vec![(0, most); counts],
            sums: Vec::new(),
            of: vec![Vec::new(); counts],
        }
    }

    /// Learns that these counts add up to `total`; and where one published sum holds all counts of the
    /// other, what the rest adds up to.
    pub(crate) fn add(&mut self, mut counts: Vec<usize>, total: i64) {
        counts.sort_unstable();
        let holds = |all: &[usize], part: &[usize]| {
            all.len() > part.len() && part.iter().all(|count| all.binary_search(count).is_ok())
        };
        let rest = |all: &[usize], part: &[usize]| {
            let others = all.iter().copied();
            let others = others.filter(|count| part.binary_search(count).is_err());
            others.collect::<Vec<usize>>()
        };
        let mut beside: Vec<usize> = counts.iter().flat_map(|&c| self.of[c].clone()).collect();
        beside.sort_unstable();
        beside.dedup();
        let mut differences = Vec::new();
        for (other, sum) in beside.into_iter().map(|sum| &self.sums[sum]) {
            if holds(&counts, other) {
                differences.push((rest(&counts, other), total - sum));
            } else if holds(other, &counts) {
                differences.push((rest(other, &counts), sum - total));
            }
        }
        differences.push((counts, total));
        for (counts, total) in differences {
            for &count in &counts {
                self.of[count].push(self.sums.len());
            }
            self.sums.push((counts, total));
        }
    }

    /// Narrows bounds until no sum narrows another: a count is at least what the others can't make up
    /// for, and at most what they leave. Bounds hold the truth where the sums are true; other methods may
    /// narrow further.
    ///
    /// Each bound narrows in whole steps, so this ends; O(entries × steps).
    pub(crate) fn narrow(&mut self) {
        let mut waits = vec![true; self.sums.len()];
        let mut queue: VecDeque<usize> = (0..self.sums.len()).collect();
        while let Some(sum) = queue.pop_front() {
            waits[sum] = false;
            let (counts, total) = &self.sums[sum];
            let ends = counts.iter().map(|&count| self.bounds[count]);
            let (least, most) = ends.fold((0, 0), |(l, m), (low, high)| (l + low, m + high));
            for &count in counts {
                let (low, high) = self.bounds[count];
                let narrower = (
                    low.max(total - (most - high)),
                    high.min(total - (least - low)),
                );
                // Sums that contradict each other say nothing.
                if narrower == (low, high) || narrower.0 > narrower.1 {
                    continue;
                }
                self.bounds[count] = narrower;
                for &other in &self.of[count] {
                    if !std::mem::replace(&mut waits[other], true) {
                        queue.push_back(other);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two queries that differ by one group give it away.
    #[test]
    fn the_difference_of_two_queries_is_a_count() {
        let mut sums = Sums::new(3, 9);
        sums.add(vec![0, 1, 2], 10);
        sums.add(vec![0, 1], 7);
        sums.narrow();
        assert_eq!(sums.bounds, [(0, 7), (0, 7), (3, 3)]);
    }

    /// The row has one unknown; then the column has one.
    #[test]
    fn what_is_found_finds_more() {
        let mut sums = Sums::new(2, 9);
        sums.add(vec![0], 4);
        sums.add(vec![0, 1], 5);
        sums.narrow();
        assert_eq!(sums.bounds, [(4, 4), (1, 1)]);
    }

    proptest! {
        /// Held against every table that the sums allow.
        #[test]
        fn bounds_hold_every_table_with_these_sums(
            truth in prop::collection::vec(0i64..4, 6),
        ) {
            let columns = 3;
            let mut sums = Sums::new(6, 3);
            let lines: Vec<Vec<usize>> = vec![vec![0, 1, 2], vec![3, 4, 5], vec![0, 3], vec![1, 4], vec![2, 5]];
            for line in &lines {
                sums.add(line.clone(), line.iter().map(|&at| truth[at]).sum());
            }
            sums.narrow();
            let mut hull = vec![(9, -1); 6];
            for code in 0..4_i64.pow(6) {
                let table: Vec<i64> = (0..6).map(|at| code / 4_i64.pow(at) % 4).collect();
                let same = |line: &Vec<usize>| {
                    line.iter().map(|&at| table[at] - truth[at]).sum::<i64>() == 0
                };
                if lines.iter().all(same) {
                    for (hull, value) in hull.iter_mut().zip(&table) {
                        *hull = (hull.0.min(*value), hull.1.max(*value));
                    }
                }
            }
            for (at, (bounds, hull)) in sums.bounds.iter().zip(&hull).enumerate() {
                prop_assert!(bounds.0 <= hull.0 && hull.1 <= bounds.1, "{} of {}", at, columns);
            }
            // In one line of two columns there is no way round: bounds are the hull.
            let pair: i64 = truth[0] + truth[1];
            let mut two = Sums::new(2, 3);
            two.add(vec![0, 1], pair);
            two.narrow();
            let least = (pair - 3).max(0);
            prop_assert_eq!(two.bounds, [(least, pair.min(3)), (least, pair.min(3))]);
        }
    }
}
