use erewhon_types::Result;
use rayon::prelude::*;

use crate::{
    Attack, ReleaseKind,
    draw::Group,
    linkage::{Claim, KEPT, Linked, Scored, hidden_point},
    scene::MIN_TARGETS,
    sightings::Sightings,
    stage::Stage,
    views::{View, end_s, same_time},
    words,
};

/// Bins of time, in seconds; a coarser release has coarser ones.
const BIN_S: u32 = 3600;

/// Shares of a person's true visits that the views and the release show, before they are tuned.
const SHOWN: (f64, f64) = (0.3, 0.5);

/// Rounds of tuning the shares to pairs that are clear already.
const TUNING_ROUNDS: usize = 2;

/// A pair is clear where the next row is a twentieth as likely, in nats.
const CLEAR: f64 = 3.0;

/// Fewest clear pairs that shares are tuned to.
const FEWEST_CLEAR: usize = 10;

/// A5b: whose row is likeliest to be of the person whom another source sees?
///
/// The attacker has what he has in [`co_occurrence`](super::co_occurrence). Visits to a bin of place
/// and hour are Poisson; the views show each with one chance, the release with another. A pair's
/// weight is the log of how much likelier its counts are for one person than for two (Riederer and
/// others, "Linking users across domains with location data", WWW 2016; with the bivariate Poisson
/// worked out, so that bins where one side has nothing cost a constant). Rates of bins are those of the
/// release; the two chances are tuned to pairs that are clear already. Then all are matched at once.
///
/// Time goes with the sightings times the records in their bins, memory with the records.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to link a person to",
        ));
    };
    let ground = stage.ground;
    let [members, control] = Group::BOTH.map(|group| same_time(scene, ground, group));
    let held = Sightings::of(rows, 0..end_s(scene), BIN_S);
    let able_to = "are seen by the other source";
    if members.len() < MIN_TARGETS || held.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let bins = Bins::of(&held);
    let mut shown = SHOWN;
    for _ in 0..TUNING_ROUNDS {
        let all = members.iter().chain(&control);
        shown = bins.tune(all, shown).unwrap_or(shown);
    }
    let [linked, outside] = [&members, &control].map(|views| {
        let links = views.par_iter().map_init(
            || vec![0.0; held.lives()],
            |weights, view| {
                let weighed = bins.weigh(&bins.of_view(view), shown, weights);
                held.best(weighed, KEPT)
            },
        );
        Linked::new(links.collect(), views.iter().map(|view| view.who), &held)
    });
    if release.kind() == ReleaseKind::Synthetic {
        let told = hidden_point(
            (&members, &linked),
            (&control, &outside),
            &held,
            &rows.people,
            ground,
        );
        return Ok(Attack::played(
            "Another source sees a third of a real person's events, roughly. The attacker looks for \
             the synthetic subscriber who is likeliest to be this person, and reads from it where \
             the person was at another hour.",
            able_to,
            told,
        ));
    }
    let n = held.len();
    let mut found = linked.ranked("one by one", n);
    // As likely as not, where any row may be the person's.
    let least = (n as f64).ln();
    let claim = Claim { by: CLEAR, least };
    found.extend(linked.claimed(&outside, claim, "claims at 20 to 1".to_owned(), n));
    found.extend(linked.matched(
        Some(&outside),
        Some(least),
        "all matched at once".to_owned(),
        n,
    ));
    let verdict = found.last().map_or_else(String::new, |row| {
        format!(
            "Matching all at once by likelihood links {} of the subscribers to their own row.",
            words::share(&row.members)
        )
    });
    let attack = Attack {
        verdict,
        ..Attack::played(
            "Another source sees a third of a person's events, with a clock that is off by up to 10 \
             minutes and a nearby cell 1 time in 4. The attacker weighs for each row how much \
             likelier it is of this person than of another. For a control person, who is not in the \
             records, any claim is a false match.",
            able_to,
            found,
        )
    };
    Ok(attack
        .with_figure("tuned share of visits that the other source shows", shown.0)
        .with_figure("tuned share of visits that the release shows", shown.1))
}

/// Lives of a release by bin of place and span.
struct Bins<'a> {
    held: &'a Sightings<'a>,
    /// The bin of each of [`Sightings::by_place`].
    bin_of: Vec<u32>,
    /// `starts[i]..starts[i + 1]` are the entries of bin `i`.
    starts: Vec<usize>,
    /// Lives of a bin with their records there.
    entries: Vec<(u32, u32)>,
    /// Records of a row in each bin, mean over rows.
    rates: Vec<f64>,
    /// Records of a row, mean over rows.
    mean: f64,
}

impl<'a> Bins<'a> {
    fn of(held: &'a Sightings<'a>) -> Self {
        let records = held.by_place();
        let n = held.len() as f64;
        // Equal rows are one life with the records of all.
        let of_rows = |life: u32| held.rows_of(life).len();
        let all: usize = records.iter().map(|&(_, life)| of_rows(life)).sum();
        let mut bins = Self {
            held,
            bin_of: Vec::with_capacity(records.len()),
            starts: vec![0],
            entries: Vec::new(),
            rates: Vec::new(),
            mean: all as f64 / n,
        };
        for bin in records.chunk_by(|a, b| a.0 == b.0) {
            let ix = bins.rates.len() as u32;
            bins.bin_of.extend(bin.iter().map(|_| ix));
            let lives = bin.chunk_by(|a, b| a.1 == b.1);
            bins.entries
                .extend(lives.map(|life| (life[0].1, life.len() as u32)));
            bins.starts.push(bins.entries.len());
            let of_rows = bin.iter().map(|&(_, life)| of_rows(life)).sum::<usize>();
            bins.rates.push(of_rows as f64 / n);
        }
        bins
    }

    /// The bins of a view with the sightings in each, and the number of all its sightings.
    fn of_view(&self, view: &View) -> (Vec<(u32, u32)>, usize) {
        let mut bins = Vec::new();
        for ping in &view.seen {
            let begin = bins.len();
            self.held.at_cell(ping.cell, ping.time_s, 0, |at, _| {
                bins.push(self.bin_of[at]);
            });
            bins[begin..].sort_unstable();
            let mut kept = begin;
            for at in begin..bins.len() {
                if kept == begin || bins[kept - 1] != bins[at] {
                    bins[kept] = bins[at];
                    kept += 1;
                }
            }
            bins.truncate(kept);
        }
        bins.sort_unstable();
        let runs = bins.chunk_by(|a, b| a == b);
        let counted = runs.map(|run| (run[0], run.len() as u32)).collect();
        (counted, view.seen.len())
    }

    /// Log of how much likelier each life with a bin in common is for one person than for two. `weights`
    /// is room to work in, all 0.
    fn weigh(
        &self,
        (bins, sightings): &(Vec<(u32, u32)>, usize),
        (p1, p2): (f64, f64),
        weights: &mut [f64],
    ) -> Vec<Scored> {
        let mut touched = Vec::new();
        for &(bin, a) in bins {
            let z = p2 / (self.rates[bin as usize] * (1.0 - p1) * (1.0 - p2));
            for &(life, b) in self.lives_of(bin) {
                if weights[life as usize] == 0.0 {
                    touched.push(life);
                }
                weights[life as usize] += ln_together(a, b, z);
            }
        }
        let alone = *sightings as f64 * (1.0 - p2).ln() + p1 * self.mean;
        let of_life = |life: u32| {
            let records = self.held.samples(life).len() as f64;
            let weight = std::mem::take(&mut weights[life as usize]);
            (life, weight + records * (1.0 - p1).ln() + alone)
        };
        touched.into_iter().map(of_life).collect()
    }

    fn lives_of(&self, bin: u32) -> &[(u32, u32)] {
        &self.entries[self.starts[bin as usize]..self.starts[bin as usize + 1]]
    }

    /// The shares of visits that views and release show, by the pairs that are clear; `None` where
    /// these are too few.
    fn tune<'v>(
        &self,
        views: impl Iterator<Item = &'v View>,
        shown: (f64, f64),
    ) -> Option<(f64, f64)> {
        let mut weights = vec![0.0; self.held.lives()];
        let (mut clear, mut both, mut seen, mut recorded) = (0, 0, 0, 0);
        for view in views {
            let bins = self.of_view(view);
            let best = self.held.best(self.weigh(&bins, shown, &mut weights), 2);
            let second = best.get(1).map_or(0.0, |second| second.1);
            let Some(&(row, _)) = best.first().filter(|first| first.1 - second >= CLEAR) else {
                continue;
            };
            let life = self.held.life(row);
            let shared = bins.0.iter().map(|&(bin, a)| {
                let there = self.lives_of(bin);
                let entry = there.binary_search_by_key(&life, |entry| entry.0);
                entry.map_or(0, |entry| a.min(there[entry].1))
            });
            both += shared.sum::<u32>();
            seen += bins.1;
            recorded += self.held.samples(life).len();
            clear += 1;
        }
        let share = |of: usize| (f64::from(both) / of as f64).clamp(0.01, 0.99);
        (clear >= FEWEST_CLEAR).then(|| (share(recorded), share(seen)))
    }
}

/// Log of the sum over k of a! b! z^k / ((a-k)! (b-k)! k!): k of the a sightings and b records are of
/// the same visits.
fn ln_together(a: u32, b: u32, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..a.min(b) {
        term *= f64::from(a - k) * f64::from(b - k) * z / f64::from(k + 1);
        sum += term;
    }
    f64::ln(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poisson(n: u32, rate: f64) -> f64 {
        (1..=n).fold((-rate).exp(), |p, i| p * rate / f64::from(i))
    }

    /// The weight of one bin is the log ratio of the two probabilities, summed over what may have been.
    #[test]
    fn the_weight_of_a_bin_is_a_ratio_of_likelihoods() {
        let (rate, p1, p2) = (0.7, 0.3, 0.6);
        for (a, b) in [(0, 0), (1, 0), (0, 2), (1, 1), (2, 3), (4, 2)] {
            let shared = |k: u32| {
                poisson(k, rate * p1 * p2)
                    * poisson(a - k, rate * p1 * (1.0 - p2))
                    * poisson(b - k, rate * p2 * (1.0 - p1))
            };
            let one: f64 = (0..=a.min(b)).map(shared).sum();
            let two = poisson(a, rate * p1) * poisson(b, rate * p2);
            let z = 1.0 / (rate * (1.0 - p1) * (1.0 - p2));
            let weight = ln_together(a, b, z)
                + f64::from(a) * (1.0 - p2).ln()
                + f64::from(b) * (1.0 - p1).ln()
                + rate * p1 * p2;
            assert!((weight - (one / two).ln()).abs() < 1e-9, "{a} {b}");
        }
    }
}
