use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// The best matching of rows with columns among a few candidates of each row: at most one column a
/// row, one row a column, the sum of costs least. A row stays alone for `alone` where that is cheaper;
/// then it is `None`.
///
/// Shortest augmenting paths as in [`assign`](crate::assign::assign), by Dijkstra's algorithm with a
/// heap: memory is that of the candidates, and time is what the paths walk through, which is little
/// where few rows want the same columns.
pub(crate) fn match_among(
    columns: usize,
    candidates: &[Vec<(u32, f64)>],
    alone: impl Fn(usize) -> f64,
) -> Vec<Option<u32>> {
    let mut prices = vec![0.0; columns];
    let mut holder: Vec<Option<u32>> = vec![None; columns];
    // What each row has, and what that costs.
    let mut held: Vec<Option<(u32, f64)>> = vec![None; candidates.len()];
    let mut reached = vec![f64::INFINITY; columns];
    // The row before each column on the shortest way, and the cost of that last step.
    let mut from = vec![(0u32, 0.0); columns];
    let mut closed = vec![false; columns];
    let (mut touched, mut walked) = (Vec::new(), Vec::new());
    let mut heap = BinaryHeap::new();
    for row in 0..candidates.len() {
        let (mut through, mut offset) = (row, 0.0);
        let mut leaves = (f64::INFINITY, row);
        let end = loop {
            let way = alone(through) + offset;
            if way < leaves.0 {
                leaves = (way, through);
            }
            for &(column, cost) in &candidates[through] {
                let at = column as usize;
                let way = cost + prices[at] + offset;
                if !closed[at] && way < reached[at] {
                    if reached[at] == f64::INFINITY {
                        touched.push(at);
                    }
                    reached[at] = way;
                    from[at] = (through as u32, cost);
                    heap.push(Reverse((Way(way), column)));
                }
            }
            let next = loop {
                match heap.pop() {
                    Some(Reverse((Way(way), column))) => {
                        let at = column as usize;
                        if !closed[at] && way <= reached[at] {
                            break Some(at);
                        }
                    }
                    None => break None,
                }
            };
            let Some(at) = next.filter(|&at| reached[at] < leaves.0) else {
                break None;
            };
            let Some((next, cost)) =
                holder[at].and_then(|next| Some((next, held[next as usize]?.1)))
            else {
                break Some(at);
            };
            closed[at] = true;
            walked.push(at);
            through = next as usize;
            offset = reached[at] - (cost + prices[at]);
        };
        let length = end.map_or(leaves.0, |at| reached[at]);
        for &at in &walked {
            prices[at] += length - reached[at];
        }
        // Whoever leaves makes room; then each column on the way goes to the row before it.
        let mut free = match end {
            Some(at) => Some(at),
            None => held[leaves.1].take().map(|(column, _)| column as usize),
        };
        while let Some(at) = free {
            let (giver, cost) = from[at];
            holder[at] = Some(giver);
            free = held[giver as usize]
                .replace((at as u32, cost))
                .map(|(column, _)| column as usize);
        }
        for at in touched.drain(..) {
            reached[at] = f64::INFINITY;
            closed[at] = false;
        }
        walked.clear();
        heap.clear();
    }
    held.into_iter().map(|held| Some(held?.0)).collect()
}

/// A length that can be put in order.
#[derive(PartialEq)]
struct Way(f64);

impl Eq for Way {}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Way {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assign::assign;
    use proptest::prelude::*;

    proptest! {
        /// A row that stays alone has a column of its own in the full assignment.
        #[test]
        fn agrees_with_the_full_assignment(
            columns in 1usize..8,
            of in prop::collection::vec(prop::collection::vec((0u32..8, -9i32..9), 0..5), 0..9),
            alone in -5i32..9,
        ) {
            let mut candidates: Vec<Vec<(u32, f64)>> = Vec::new();
            for row in &of {
                let mut row: Vec<_> =
                    row.iter().map(|&(c, cost)| (c % columns as u32, f64::from(cost))).collect();
                row.sort_by_key(|candidate| candidate.0);
                row.dedup_by_key(|candidate| candidate.0);
                candidates.push(row);
            }
            let cost = |row: usize, column: usize| {
                if column >= columns {
                    return if column - columns == row { f64::from(alone) } else { f64::INFINITY };
                }
                let found = candidates[row].iter().find(|candidate| candidate.0 as usize == column);
                found.map_or(f64::INFINITY, |candidate| candidate.1)
            };
            let full = assign(of.len(), columns + of.len(), cost);
            let full: f64 = full.iter().enumerate().map(|(r, c)| cost(r, c.unwrap())).sum();
            let mut taken = vec![false; columns];
            let mut sum = 0.0;
            for (row, column) in
                match_among(columns, &candidates, |_| f64::from(alone)).into_iter().enumerate()
            {
                sum += column.map_or(f64::from(alone), |c| cost(row, c as usize));
                if let Some(column) = column {
                    prop_assert!(!std::mem::replace(&mut taken[column as usize], true));
                }
            }
            prop_assert_eq!(sum, full);
        }
    }
}
