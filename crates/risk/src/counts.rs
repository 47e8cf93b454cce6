/// A published table of people: lines of entries, with the sums that stand at its edges.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// Entries in a line.
    pub columns: usize,
    /// Line after line; absent where a count was suppressed.
    pub entries: Vec<Option<f64>>,
    /// Sum of each line, where sums are published; empty where not.
    pub line_sums: Vec<f64>,
    /// Sum of each column, as above.
    pub column_sums: Vec<f64>,
    /// Counts under this were suppressed; 0 where none was.
    pub suppressed_below: u32,
    /// Standard deviation of the noise of an entry; 0 where it has none. Public, as part of a mechanism.
    pub noise_sd: f64,
}

impl Counts {
    /// Whole numbers of people, with their sums.
    pub fn exact(columns: usize, entries: Vec<f64>) -> Self {
        let lines = entries.chunks_exact(columns);
        let mut column_sums = vec![0.0; columns];
        for line in lines.clone() {
            (column_sums.iter_mut().zip(line)).for_each(|(sum, entry)| *sum += entry);
        }
        Self {
            columns,
            line_sums: lines.map(|line| line.iter().sum()).collect(),
            column_sums,
            entries: entries.into_iter().map(Some).collect(),
            suppressed_below: 0,
            noise_sd: 0.0,
        }
    }

    /// Numbers with noise of this standard deviation on each, and no sums beside them.
    pub fn noisy(columns: usize, entries: Vec<f64>, noise_sd: f64) -> Self {
        Self {
            columns,
            entries: entries.into_iter().map(Some).collect(),
            line_sums: Vec::new(),
            column_sums: Vec::new(),
            suppressed_below: 0,
            noise_sd,
        }
    }

    /// Blanks counts under `below`, nought among them, and leaves the sums.
    pub(crate) fn suppress(&mut self, below: u32) {
        let shown = |count: &f64| *count >= f64::from(below);
        for entry in &mut self.entries {
            *entry = entry.filter(shown);
        }
        self.suppressed_below = self.suppressed_below.max(below);
    }

    /// Line `lines[i]` is the mean of all lines `i` here that name it.
    pub(crate) fn means_of_lines(&self, lines: &[usize]) -> Self {
        let most = lines.iter().max().map_or(0, |line| line + 1);
        let mut sums = vec![0.0; most * self.columns];
        let mut times = vec![0.0; most];
        let entries = self.filled();
        for (line, &into) in entries.chunks_exact(self.columns.max(1)).zip(lines) {
            times[into] += 1.0;
            let into = &mut sums[into * self.columns..][..self.columns];
            into.iter_mut()
                .zip(line)
                .for_each(|(sum, entry)| *sum += entry);
        }
        for (line, times) in sums.chunks_exact_mut(self.columns.max(1)).zip(times) {
            line.iter_mut().for_each(|sum| *sum /= times);
        }
        Self::exact(self.columns, sums)
    }

    /// Number of lines.
    pub(crate) fn lines(&self) -> usize {
        self.entries.len().checked_div(self.columns).unwrap_or(0)
    }

    /// How many people a line holds: the mean sum, with suppressed entries half way up to the threshold
    /// where sums are not published.
    pub(crate) fn people(&self) -> f64 {
        let sum: f64 = match self.line_sums.is_empty() {
            true => self.filled().iter().sum(),
            false => self.line_sums.iter().sum(),
        };
        sum / self.lines().max(1) as f64
    }

    /// Every entry; a suppressed one half way up to the threshold.
    pub(crate) fn filled(&self) -> Vec<f64> {
        let middle = (f64::from(self.suppressed_below) - 1.0).max(0.0) / 2.0;
        let entries = self.entries.iter();
        entries.map(|entry| entry.unwrap_or(middle)).collect()
    }

    /// What is published above the true counts, where that can be the stated noise: none without noise,
    /// else no more than twice as much as stated. A suppressed entry has none. `None` where these are
    /// other people's counts.
    ///
    /// This is the referee's question, not the attacker's: games whose attacker knows all people but one,
    /// or that are played on a part of the people, are about counts of these people only.
    pub(crate) fn noise_over(&self, truth: &Self) -> Option<Vec<f64>> {
        if self.entries.len() != truth.entries.len() || self.columns != truth.columns {
            return None;
        }
        let pairs = self.entries.iter().zip(&truth.entries);
        let noise: Vec<f64> = pairs
            .map(|(published, truth)| published.zip(*truth).map_or(0.0, |(p, t)| p - t))
            .collect();
        let squares: f64 = noise.iter().map(|noise| noise * noise).sum();
        let shown = self.entries.iter().flatten().count().max(1);
        ((squares / shown as f64).sqrt() <= 2.0 * self.noise_sd + 1e-9).then_some(noise)
    }

    /// These exact counts with somebody else's noise on them, suppressed as that table is.
    pub(crate) fn in_the_manner_of(mut self, other: &Self, noise: &[f64]) -> Self {
        if other.noise_sd > 0.0 {
            let entries = self.filled().into_iter().zip(noise);
            self = Self::noisy(
                self.columns,
                entries.map(|(e, n)| e + n).collect(),
                other.noise_sd,
            );
        }
        if other.suppressed_below > 0 {
            self.suppress(other.suppressed_below);
        }
        self
    }

    /// Whole numbers of at least nought that add up to `people` in each line and are nearest to what is
    /// published.
    ///
    /// The nearest point of the simplex (Held, Wolfe, Crowder 1974) takes the same from every entry that
    /// stays above nought; then the largest remainders are rounded up. Suppressed entries share what a
    /// line lacks. O(entries log columns).
    pub(crate) fn whole(&self, people: u32) -> Vec<Vec<u32>> {
        let lines = self.entries.chunks_exact(self.columns.max(1));
        lines.map(|line| whole(line, people)).collect()
    }
}

fn whole(line: &[Option<f64>], people: u32) -> Vec<u32> {
    let shown: f64 = line.iter().flatten().sum();
    let hidden = line.iter().filter(|entry| entry.is_none()).count();
    let each = (f64::from(people) - shown).max(0.0) / hidden.max(1) as f64;
    let filled: Vec<f64> = line.iter().map(|entry| entry.unwrap_or(each)).collect();
    let mut sorted = filled.clone();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut taken) = (-f64::from(people), 0.0);
    for (above, entry) in sorted.iter().enumerate() {
        sum += entry;
        let take = sum / (above + 1) as f64;
        if *entry < take {
            break;
        }
        taken = take;
    }
    let nearest: Vec<f64> = filled.iter().map(|v| (v - taken).max(0.0)).collect();
    let mut counts: Vec<u32> = nearest.iter().map(|v| (v + 1e-9).floor() as u32).collect();
    let left = people.saturating_sub(counts.iter().sum());
    let mut order: Vec<usize> = (0..line.len()).collect();
    let remainder = |at: &usize| nearest[*at] - f64::from(counts[*at]);
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
    for at in order.into_iter().cycle().take(left as usize) {
        counts[at] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_numbers_keep_the_total_and_are_nearest(
            line in prop::collection::vec(-9.0f64..9.0, 1..4),
            people in 0u32..9,
        ) {
            let entries = line.len();
            let found = &Counts::noisy(entries, line.clone(), 1.0).whole(people)[0];
            prop_assert_eq!(found.iter().sum::<u32>(), people);
            let far = |counts: &[u32]| -> f64 {
                line.iter().zip(counts).map(|(v, c)| (v - f64::from(*c)).powi(2)).sum()
            };
            // Every other way of placing so many people in at most three entries.
            for a in 0..=people {
                for b in 0..=people - a {
                    let mut other = [a, b, people - a - b];
                    other.rotate_right(1);
                    if other[entries..].iter().all(|&rest| rest == 0) {
                        // Rounding a nearest point is within half a step an entry of the nearest.
                        prop_assert!(far(found).sqrt() <= far(&other[..entries]).sqrt() + 1.0);
                    }
                }
            }
        }
    }

    #[test]
    fn exact_counts_stay_as_they_are() {
        let counts = Counts::exact(3, vec![5.0, 0.0, 2.0, 1.0, 3.0, 3.0]);
        assert_eq!(counts.whole(7), [[5, 0, 2], [1, 3, 3]]);
        assert_eq!(counts.line_sums, [7.0, 7.0]);
        assert_eq!(counts.column_sums, [6.0, 3.0, 5.0]);
        let mut hidden = counts;
        hidden.suppress(2);
        assert_eq!(hidden.whole(7), [[5, 0, 2], [1, 3, 3]]);
        assert_eq!(hidden.people(), 7.0);
    }

    #[test]
    fn noise_is_told_from_other_peoples_counts() {
        let truth = Counts::exact(2, vec![5.0, 3.0, 6.0, 2.0]);
        let noisy = |entries, sd| Counts::noisy(2, entries, sd).noise_over(&truth);
        assert_eq!(
            noisy(vec![6.0, 3.0, 5.0, 2.0], 1.0),
            Some(vec![1.0, 0.0, -1.0, 0.0])
        );
        assert_eq!(noisy(vec![6.0, 3.0, 5.0, 2.0], 0.0), None);
        assert_eq!(noisy(vec![50.0, 3.0, 5.0, 2.0], 1.0), None);
        assert_eq!(truth.noise_over(&truth), Some(vec![0.0; 4]));
    }
}
