/// Minimum-cost assignment: the column of each row, no column twice, the sum of costs least.
///
/// A pair whose cost is not finite is forbidden. As many rows as can be are given a column; a row
/// is `None` where the rows before it leave nothing that it may have, and where there are more rows
/// than columns. `cost` is asked once a pair. Of several cheapest assignments one is returned, always
/// the same.
///
/// Shortest augmenting paths with prices of columns (Jonker and Volgenant 1987, Computing 38:325;
/// rectangular as in Crouse 2016), after two rounds in which each row bids for its cheapest column.
/// At most rows² × columns steps, 8 bytes a pair; 2,000 × 2,000 usual costs take half a second in a
/// release build, the worst ones (row × column) ten.
pub(crate) fn assign(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<Option<usize>> {
    let mut costs = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        costs.extend((0..columns).map(|column| {
            let cost = cost(row, column);
            if cost.is_finite() {
                cost
            } else {
                f64::INFINITY
            }
        }));
    }
    let mut market = Market {
        columns,
        costs,
        prices: vec![0.0; columns],
        column_of: vec![None; rows],
        row_of: vec![None; columns],
    };
    let mut without: Vec<usize> = (0..rows).collect();
    for _ in 0..BIDDING_ROUNDS {
        without = market.bid(&without);
    }
    let mut search = Search::default();
    for row in without {
        market.augment(row, &mut search);
    }
    market.column_of
}

/// More rounds settle more rows cheaply, but a contested column can be bid for without end.
const BIDDING_ROUNDS: usize = 2;

/// A matching and prices under which each matched row has the column that is cheapest for it, price
/// included. Prices only rise, and a column that nobody has had costs nothing.
struct Market {
    columns: usize,
    /// `costs[row * columns + column]`, infinite where forbidden.
    costs: Vec<f64>,
    prices: Vec<f64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

/// Shortest paths from one row, kept between searches to save their memory.
#[derive(Default)]
struct Search {
    /// Shortest way to each column.
    distance: Vec<f64>,
    /// The row before each column on it.
    from: Vec<usize>,
    /// Columns whose way may still get shorter.
    open: Vec<usize>,
    /// The others, all taken.
    closed: Vec<usize>,
}

impl Market {
    fn costs_of(&self, row: usize) -> &[f64] {
        &self.costs[row * self.columns..(row + 1) * self.columns]
    }

    /// Gives each row its cheapest column and raises the price until its second choice is as good.
    /// Returns who is without a column after that.
    fn bid(&mut self, without: &[usize]) -> Vec<usize> {
        let mut still = Vec::new();
        for &row in without {
            let (mut best, mut first, mut second) = (0, f64::INFINITY, f64::INFINITY);
            for (column, (cost, price)) in self.costs_of(row).iter().zip(&self.prices).enumerate() {
                let total = cost + price;
                if total < first {
                    (best, second, first) = (column, first, total);
                } else if total < second {
                    second = total;
                }
            }
            let rise = second - first;
            let before = self.row_of.get(best).copied().flatten();
            // At equal choices a bid takes a column away and gains nothing.
            if !rise.is_finite()
                || (before.is_some() && self.prices[best] + rise <= self.prices[best])
            {
                still.push(row);
                continue;
            }
            self.prices[best] += rise;
            self.row_of[best] = Some(row);
            self.column_of[row] = Some(best);
            if let Some(before) = before {
                self.column_of[before] = None;
                still.push(before);
            }
        }
        still
    }

    /// Finds the cheapest way to give `row` a column, others moving on, by Dijkstra's algorithm over
    /// reduced costs.
    fn augment(&mut self, row: usize, search: &mut Search) {
        let Search {
            distance,
            from,
            open,
            closed,
        } = search;
        distance.clear();
        distance.resize(self.columns, f64::INFINITY);
        from.clear();
        from.resize(self.columns, row);
        open.clear();
        open.extend(0..self.columns);
        closed.clear();
        // The row that is walked through, and what all its ways have in common.
        let (mut through, mut offset) = (row, 0.0);
        let (end, length) = loop {
            let (mut at, mut nearest) = (None, f64::INFINITY);
            let costs = self.costs_of(through);
            for (place, &column) in open.iter().enumerate() {
                let way = costs[column] + self.prices[column] + offset;
                if way < distance[column] {
                    distance[column] = way;
                    from[column] = through;
                }
                let way = distance[column];
                if way < nearest
                    || (way == nearest && self.row_of[column].is_none() && at.is_some())
                {
                    (at, nearest) = (Some(place), way);
                }
            }
            let Some(place) = at else {
                return;
            };
            let column = open.swap_remove(place);
            let Some(next) = self.row_of[column] else {
                break (column, nearest);
            };
            closed.push(column);
            through = next;
            offset = nearest - (self.costs_of(next)[column] + self.prices[column]);
        };
        for &column in closed.iter() {
            self.prices[column] += length - distance[column];
        }
        let mut column = end;
        loop {
            let giver = from[column];
            self.row_of[column] = Some(giver);
            let Some(left) = self.column_of[giver].replace(column) else {
                return;
            };
            column = left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// (rows with a column, least sum) over all assignments, one after the other.
    fn slow(costs: &[Vec<f64>], row: usize, taken: &mut Vec<bool>) -> (usize, f64) {
        let Some(of_row) = costs.get(row) else {
            return (0, 0.0);
        };
        let mut best = slow(costs, row + 1, taken);
        for (column, &cost) in of_row.iter().enumerate() {
            if taken[column] || !cost.is_finite() {
                continue;
            }
            taken[column] = true;
            let (rows, sum) = slow(costs, row + 1, taken);
            taken[column] = false;
            if rows + 1 > best.0 || (rows + 1 == best.0 && sum + cost < best.1) {
                best = (rows + 1, sum + cost);
            }
        }
        best
    }

    /// The same, of an assignment that gives no column twice.
    fn found(costs: &[Vec<f64>], columns: usize) -> (usize, f64) {
        let of = assign(costs.len(), columns, |row, column| costs[row][column]);
        let mut taken = vec![false; columns];
        let (mut rows, mut sum) = (0, 0.0);
        for (row, column) in of.into_iter().enumerate() {
            if let Some(column) = column {
                assert!(
                    !std::mem::replace(&mut taken[column], true),
                    "{column} twice"
                );
                rows += 1;
                sum += costs[row][column];
            }
        }
        (rows, sum)
    }

    fn near(a: (usize, f64), b: (usize, f64)) -> bool {
        a.0 == b.0 && (a.1 - b.1).abs() < 1e-9
    }

    proptest! {
        #[test]
        fn no_other_assignment_costs_less(
            rows in 0usize..6,
            more in 0usize..3,
            of in prop::collection::vec((0i32..6, 0.0..1.0), 64),
            fraction in any::<bool>(),
        ) {
            let columns = rows + more;
            // Whole costs have many ties, the others none.
            let cost = |(whole, part): (i32, f64)| f64::from(whole - 2) + if fraction { part } else { 0.0 };
            let costs: Vec<Vec<f64>> = (0..rows)
                .map(|row| (0..columns).map(|column| cost(of[row * columns + column])).collect())
                .collect();
            let slow = slow(&costs, 0, &mut vec![false; columns]);
            prop_assert!(near(found(&costs, columns), slow));
        }

        #[test]
        fn forbidden_pairs_are_left_and_no_row_could_be_added(
            rows in 1usize..6,
            columns in 1usize..6,
            of in prop::collection::vec((0i32..6, 0u8..3), 36),
        ) {
            let cost = |(whole, kind)| if kind == 0 { f64::INFINITY } else { f64::from(whole) };
            let costs: Vec<Vec<f64>> = (0..rows)
                .map(|row| (0..columns).map(|column| cost(of[row * columns + column])).collect())
                .collect();
            let (most, least) = slow(&costs, 0, &mut vec![false; columns]);
            let (matched, sum) = found(&costs, columns);
            prop_assert_eq!(matched, most);
            // Where every row has a column the sum is least; else earlier rows go first.
            prop_assert!(sum.is_finite() && (most < rows || (sum - least).abs() < 1e-9));
        }
    }

    #[test]
    fn nothing_is_assigned_to_nothing() {
        assert_eq!(assign(0, 0, |_, _| 0.0), []);
        assert_eq!(assign(0, 3, |_, _| 0.0), []);
        assert_eq!(assign(2, 0, |_, _| 0.0), [None, None]);
        assert_eq!(assign(2, 1, |_, _| 0.0), [Some(0), None]);
        assert_eq!(assign(1, 2, |_, _| f64::NAN), [None]);
    }

    #[test]
    fn a_hidden_partner_is_found_among_many() {
        let n = 300;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let noise: Vec<f64> = (0..n * n).map(|_| rng.random()).collect();
        let partner = |row: usize| (row * 7 + 3) % n;
        let of = assign(n, n, |row, column| {
            noise[row * n + column] - f64::from(u8::from(column == partner(row)))
        });
        assert!((0..n).all(|row| of[row] == Some(partner(row))));
    }
}
