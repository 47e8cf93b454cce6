use crate::{
    fit::Table,
    project::{normalise, pool},
};

/// What part of itself what everybody does may be wrong by for some, as its standard deviation.
const ROW_ERROR: f64 = 1.0;
/// The same for a guess that knows nothing.
pub(crate) const NO_IDEA: f64 = 4.0;

/// One row of choices in each part of a table; each part goes by something else.
///
/// What the parts say together is their product over what everybody does: given the choice, what they
/// go by is taken to have nothing to do with one another. Post-processing.
pub(crate) struct Margins {
    allowed: Vec<usize>,
    everybody: Vec<f64>,
    /// Shares of the allowed choices, by part of the table and by its own rows.
    parts: Vec<Vec<Vec<f64>>>,
}

impl Margins {
    /// Of parts that begin at `starts`, the last being the end; a part has blocks of `step` entries,
    /// in each of which the row of choices begins at `at`.
    pub(crate) fn of(
        table: &Table,
        starts: &[usize],
        (at, step): (usize, usize),
        allowed: impl Iterator<Item = usize>,
    ) -> Self {
        let allowed: Vec<usize> = allowed.collect();
        let rows = |part: &[usize]| -> Vec<Vec<f64>> {
            let row = |block: &[f64]| allowed.iter().map(|to| block[at + to]).collect();
            table.people[part[0]..part[1]]
                .chunks(step)
                .map(row)
                .collect()
        };
        let parts: Vec<Vec<Vec<f64>>> = starts.windows(2).map(rows).collect();
        // Every part counts the same: the fewer rows, the less noise in their sum.
        let sums: Vec<(Vec<f64>, f64)> = (parts.iter())
            .map(|rows| {
                (
                    sum(rows.iter().cloned()),
                    table.sd.powi(2) * rows.len() as f64,
                )
            })
            .collect();
        let pooled = |to: usize| {
            let of: Vec<(f64, f64)> = sums.iter().map(|(row, noise)| (row[to], *noise)).collect();
            pool(&of)
        };
        let counts: Vec<f64> = (0..allowed.len()).map(pooled).collect();
        let precision: f64 = sums.iter().map(|(_, noise)| noise.recip()).sum();
        let even = vec![1.0 / allowed.len() as f64; allowed.len()];
        let everybody = lean(&counts, precision.recip().sqrt(), &even, NO_IDEA);
        let leaning = |rows: &Vec<Vec<f64>>| {
            let row = |row: &Vec<f64>| lean(row, table.sd, &everybody, ROW_ERROR);
            rows.iter().map(row).collect()
        };
        Self {
            parts: parts.iter().map(leaning).collect(),
            everybody,
            allowed,
        }
    }

    /// Shares among `width` choices by one row of each part of the table.
    pub(crate) fn row(&self, rows: &[usize], width: usize) -> Vec<f64> {
        let mut row = vec![0.0; width];
        if self.allowed.is_empty() {
            // Nobody is ever there: the first, for want of anything else.
            row[0] = 1.0;
            return row;
        }
        let mut shares = self.everybody.clone();
        for (part, at) in self.parts.iter().zip(rows) {
            for ((share, of_row), all) in shares.iter_mut().zip(&part[*at]).zip(&self.everybody) {
                *share *= if *all > 0.0 { of_row / all } else { 0.0 };
            }
        }
        for (to, share) in self.allowed.iter().zip(normalise(&shares)) {
            row[*to] = share;
        }
        row
    }
}

/// Moves a guess towards noisy counts, entry by entry, as far as the noise deserves it; shares.
///
/// A guess at an entry may be wrong by `error` times itself, and by chance.
pub(crate) fn lean(counts: &[f64], sd: f64, guess: &[f64], error: f64) -> Vec<f64> {
    let total = counts.iter().sum::<f64>();
    if total <= 0.0 {
        return normalise(guess);
    }
    let noise = sd * sd;
    let entry = |(count, guess): (&f64, &f64)| {
        let guess = guess * total;
        let spread = (error * guess).powi(2) + guess;
        if spread + noise <= 0.0 {
            return count.max(0.0);
        }
        ((count * spread + guess * noise) / (spread + noise)).max(0.0)
    };
    normalise(&counts.iter().zip(guess).map(entry).collect::<Vec<f64>>())
}

fn sum(rows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    rows.reduce(|sum, row| sum.iter().zip(row).map(|(a, b)| a + b).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 3;

    /// Two parts of two rows each, of one population in which the two have nothing to do with one
    /// another, given the choice.
    fn table(choice: &[f64], by: [&[f64]; 2], sd: f64) -> Table {
        let part = |shares: &[f64]| -> Vec<f64> {
            let row = |share: &dyn Fn(f64) -> f64| -> Vec<f64> {
                let all = choice.iter().zip(shares);
                all.map(|(people, of)| people * share(*of)).collect()
            };
            [row(&|of| of), row(&|of| 1.0 - of)].concat()
        };
        let people = by.iter().flat_map(|shares| part(shares)).collect();
        Table { people, sd }
    }

    proptest! {
        /// What was measured in parts comes out whole, where nothing else ties the parts together.
        #[test]
        fn independent_parts_give_the_whole_table(
            choice in prop::collection::vec(1.0..100.0f64, WIDTH),
            first in prop::collection::vec(0.05..0.95f64, WIDTH),
            second in prop::collection::vec(0.05..0.95f64, WIDTH),
        ) {
            let table = table(&choice, [&first, &second], 0.0);
            let margins = Margins::of(&table, &[0, 6, 12], (0, WIDTH), 0..WIDTH);
            for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let of = |share: f64, row: usize| if row == 0 { share } else { 1.0 - share };
                let people = |to: usize| choice[to] * of(first[to], a) * of(second[to], b);
                let total: f64 = (0..WIDTH).map(people).sum();
                for (to, share) in margins.row(&[a, b], WIDTH).into_iter().enumerate() {
                    prop_assert!((share - people(to) / total).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn noise_makes_rows_lean_on_everybody_and_impossible_choices_stay_so() {
        let table = table(&[90.0, 0.0, 10.0], [&[0.9, 0.0, 0.1], &[0.5; 3]], 1e6);
        let margins = Margins::of(&table, &[0, 6, 12], (0, WIDTH), [0, 2].into_iter());
        let row = margins.row(&[0, 0], WIDTH);
        assert_eq!(row[1], 0.0);
        let other = margins.row(&[1, 0], WIDTH);
        assert!((row[0] - other[0]).abs() < 1e-3, "{row:?} {other:?}");
        let nobody = Margins::of(&table, &[0, 6, 12], (0, WIDTH), std::iter::empty());
        assert_eq!(nobody.row(&[0, 0], WIDTH), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_guess_gives_way_as_far_as_the_noise_lets_it() {
        let guess = [0.5, 0.5];
        assert_eq!(lean(&[80.0, 20.0], 0.0, &guess, 1.0), [0.8, 0.2]);
        assert_eq!(lean(&[-3.0, 2.0], 5.0, &guess, 1.0), guess);
        let some = lean(&[80.0, 20.0], 50.0, &guess, 1.0);
        assert!(some[0] > 0.6 && some[0] < 0.75, "{some:?}");
    }
}
