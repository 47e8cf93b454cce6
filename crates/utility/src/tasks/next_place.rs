/// Share of jumps whose end is the best guess, and is among the best five, of a Markov model of order 1.
///
/// Both are counts of jumps `from * places + to`, from one place to another. Guesses are in falling
/// order of the trained jumps from the same place, then of those from anywhere, then by place: where
/// nothing was learnt of a place, and where fewer than five ends were, popularity fills up. `None`
/// without a trained jump or one to guess.
pub(super) fn accuracy(trained: &[f64], test: &[f64]) -> Option<[f64; 2]> {
    let places = trained.len().isqrt();
    let popular = popularity(trained);
    let (mut right, mut among_five, mut all) = (0.0, 0.0, 0.0);
    for (from, (learnt, asked)) in trained.chunks(places).zip(test.chunks(places)).enumerate() {
        let here: f64 = asked.iter().sum();
        if here == 0.0 {
            continue;
        }
        let mut guesses: Vec<usize> = (0..places).filter(|&to| to != from).collect();
        let falling = |&a: &usize, &b: &usize| {
            let by_learnt = learnt[b].total_cmp(&learnt[a]);
            by_learnt
                .then(popular[b].total_cmp(&popular[a]))
                .then(a.cmp(&b))
        };
        if guesses.len() > GUESSES {
            guesses.select_nth_unstable_by(GUESSES, falling);
            guesses.truncate(GUESSES);
        }
        guesses.sort_unstable_by(falling);
        all += here;
        right += guesses.first().map_or(0.0, |&to| asked[to]);
        among_five += guesses.iter().map(|&to| asked[to]).sum::<f64>();
    }
    let learnt = popular.iter().sum::<f64>() > 0.0;
    (learnt && all > 0.0).then(|| [right / all, among_five / all])
}

const GUESSES: usize = 5;

/// Jumps that end at each place.
fn popularity(jumps: &[f64]) -> Vec<f64> {
    let places = jumps.len().isqrt();
    let mut ends = vec![0.0; places];
    for from in jumps.chunks(places) {
        for (end, count) in ends.iter_mut().zip(from) {
            *end += count;
        }
    }
    ends
}

/// The same jumps without where they come from.
pub(super) fn popularity_only(jumps: &[f64]) -> Vec<f64> {
    let ends = popularity(jumps);
    ends.repeat(ends.len())
}

#[cfg(test)]
mod tests {
    use std::{cmp::Reverse, collections::BTreeMap};

    use proptest::prelude::*;

    use super::*;

    /// The slow twin: one jump after the other, with maps.
    fn slow(
        trained: &[(usize, usize)],
        test: &[(usize, usize)],
        places: usize,
    ) -> Option<[f64; 2]> {
        if trained.is_empty() || test.is_empty() {
            return None;
        }
        let mut of = BTreeMap::<(usize, usize), u32>::new();
        let mut ends = BTreeMap::<usize, u32>::new();
        for &(from, to) in trained {
            *of.entry((from, to)).or_default() += 1;
            *ends.entry(to).or_default() += 1;
        }
        let mut hits = [0, 0];
        for &(from, to) in test {
            let mut guesses: Vec<usize> = (0..places).filter(|g| *g != from).collect();
            let known = |g: &usize| (of.get(&(from, *g)).unwrap_or(&0), ends.get(g).unwrap_or(&0));
            guesses.sort_by_key(|g| Reverse(known(g)));
            hits[0] += usize::from(guesses[0] == to);
            hits[1] += usize::from(guesses.iter().take(5).any(|g| *g == to));
        }
        Some(hits.map(|hits| hits as f64 / test.len() as f64))
    }

    fn table(jumps: &[(usize, usize)], places: usize) -> Vec<f64> {
        let mut table = vec![0.0; places * places];
        jumps
            .iter()
            .for_each(|(from, to)| table[from * places + to] += 1.0);
        table
    }

    proptest! {
        #[test]
        fn tables_say_what_jumps_say(
            trained in prop::collection::vec((0usize..8, 0usize..8), 0..60),
            test in prop::collection::vec((0usize..8, 0usize..8), 0..60),
        ) {
            let moves = |jumps: &[(usize, usize)]| -> Vec<_> {
                jumps.iter().copied().filter(|(from, to)| from != to).collect()
            };
            let (trained, test) = (moves(&trained), moves(&test));
            let fast = accuracy(&table(&trained, 8), &table(&test, 8));
            match (fast, slow(&trained, &test, 8)) {
                (Some(fast), Some(slow)) => {
                    prop_assert!((fast[0] - slow[0]).abs() + (fast[1] - slow[1]).abs() < 1e-12);
                }
                (fast, slow) => prop_assert_eq!(fast, slow),
            }
        }
    }

    #[test]
    fn who_knows_the_way_beats_who_knows_the_crowd() {
        // Everybody goes round a ring of eight, and place 0 is somewhat more popular.
        let mut ring: Vec<(usize, usize)> = (0..8).map(|at| (at, (at + 1) % 8)).collect();
        ring.push((7, 0));
        let ring = table(&ring, 8);
        assert_eq!(accuracy(&ring, &ring), Some([1.0, 1.0]));
        let [right, _] = accuracy(&popularity_only(&ring), &ring).unwrap();
        assert!(right < 0.4, "{right}");
        // Nothing was learnt of place 3: the most popular place is the guess.
        let asked = table(&[(3, 0), (3, 4)], 8);
        let mut blank = ring;
        blank[24..32].fill(0.0);
        assert_eq!(accuracy(&blank, &asked).map(|a| a[0]), Some(0.5));
    }
}
