use rayon::prelude::*;

use crate::{
    linkage::{KEPT, Scored},
    sightings::Sightings,
    views::Ping,
};

/// Added to every count, so that a place that a row never names is unlikely and not impossible.
const SMOOTHING: f64 = 0.1;

/// How often each place was visited: (place, visits), ascending, each place once.
pub(crate) type Histogram = Vec<(u32, f64)>;

/// The histograms of the rows of a release, turned round: who was how often at each place.
pub(crate) struct Visits<'a> {
    held: &'a Sightings<'a>,
    /// Whether a place is one of the release's own; else it is a cell.
    own: bool,
    /// `starts[p]..starts[p + 1]` are the entries of place `p`.
    starts: Vec<usize>,
    entries: Vec<Entry>,
    /// Visits of each life.
    totals: Vec<f64>,
    /// Length of each life's weighted histogram.
    lengths: Vec<f64>,
    /// Rarity of each place: log of rows by rows that name it.
    rarity: Vec<f64>,
}

struct Entry {
    life: u32,
    visits: f64,
    /// x ln x of the visits.
    xlnx: f64,
    /// Log of how much likelier a visit is than at a place that the row never names.
    ln_more: f64,
}

/// The best rows for one histogram, by three measures.
pub(crate) struct Matches {
    /// Least n D(G || M) + n' D(G' || M), M both together (Naini and others 2016).
    pub(crate) kl: Vec<Scored>,
    /// Most likely visits, "WYCI" (Rossi and Musolesi 2014; named so in the DPLink comparison).
    pub(crate) wyci: Vec<Scored>,
    /// Cosine of histograms that weigh rare places more, "LRCF" (Goga and others 2013).
    pub(crate) lrcf: Vec<Scored>,
}

fn xlnx(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

fn collect(mut visits: Histogram) -> Histogram {
    visits.sort_unstable_by_key(|visit| visit.0);
    visits.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    visits
}

/// The histogram of a life; a sample of a place that is none of its own counts for each cell of it in
/// equal parts.
fn of_life(held: &Sightings<'_>, own: bool, life: u32) -> Histogram {
    let mut visits = Vec::new();
    for sample in held.samples(life) {
        if own {
            visits.push((sample.place, 1.0));
            continue;
        }
        let cells = held.places.cells(sample.place);
        visits.extend(cells.iter().map(|cell| (cell.0, 1.0 / cells.len() as f64)));
    }
    collect(visits)
}

impl<'a> Visits<'a> {
    /// Over the places of the release where no cell is in two, else over cells.
    pub(crate) fn of(held: &'a Sightings<'a>) -> Self {
        let own = held.places.are_apart();
        let places = if own {
            held.places.len()
        } else {
            held.places.all_cells()
        };
        let n = held.len();
        let of: Vec<Histogram> = (0..held.lives() as u32)
            .into_par_iter()
            .map(|life| of_life(held, own, life))
            .collect();
        let mut starts = vec![0; places + 1];
        for &(place, _) in of.iter().flatten() {
            starts[place as usize + 1] += 1;
        }
        for place in 0..places {
            starts[place + 1] += starts[place];
        }
        let mut all: Vec<(u32, u32, f64)> = Vec::new();
        // Rows that name each place: equal rows are one life, and count all the same.
        let mut named = vec![0; places];
        for (life, visits) in (0..).zip(&of) {
            let rows = held.rows_of(life).len();
            for &(place, visits) in visits {
                all.push((place, life, visits));
                named[place as usize] += rows;
            }
        }
        all.par_sort_unstable_by_key(|&(place, life, _)| (place, life));
        let entry = |(_, life, visits): (u32, u32, f64)| Entry {
            life,
            visits,
            xlnx: xlnx(visits),
            ln_more: ((visits + SMOOTHING) / SMOOTHING).ln(),
        };
        let rarity: Vec<f64> = named
            .into_iter()
            .map(|rows| (n as f64 / rows.max(1) as f64).ln())
            .collect();
        Self {
            held,
            own,
            starts,
            entries: all.into_iter().map(entry).collect(),
            totals: of.iter().map(|h| h.iter().map(|v| v.1).sum()).collect(),
            lengths: of.iter().map(|h| length(h, &rarity)).collect(),
            rarity,
        }
    }

    /// The histogram of a view from elsewhere, over the same places.
    pub(crate) fn of_pings(&self, pings: &[Ping]) -> Histogram {
        let place = |ping: &Ping| {
            if self.own {
                self.held.places.places_of(ping.cell).first().copied()
            } else {
                Some(ping.cell.0)
            }
        };
        collect(
            pings
                .iter()
                .filter_map(place)
                .map(|place| (place, 1.0))
                .collect(),
        )
    }

    /// The histogram of a row of another part of the same release.
    pub(crate) fn of_other(&self, part: &Sightings<'_>, row: u32) -> Histogram {
        of_life(part, self.own, part.life(row))
    }

    /// The best rows for each histogram. Time goes with its places times the rows that name them.
    pub(crate) fn matches(&self, histograms: &[Histogram]) -> Vec<Matches> {
        let all = histograms.par_iter();
        all.map_init(
            || vec![[0.0; 3]; self.held.lives()],
            |sums, histogram| self.matches_of(histogram, sums),
        )
        .collect()
    }

    /// `sums` is room to work in, all 0.
    fn matches_of(&self, histogram: &Histogram, sums: &mut [[f64; 3]]) -> Matches {
        let mut touched = Vec::new();
        for &(place, x) in histogram {
            let place = place as usize;
            let (of_x, rarity) = (xlnx(x), self.rarity[place] * self.rarity[place]);
            for entry in &self.entries[self.starts[place]..self.starts[place + 1]] {
                let sum = &mut sums[entry.life as usize];
                // A shared place adds to the second, whatever else it adds.
                if sum[1] == 0.0 {
                    touched.push(entry.life);
                }
                sum[0] += xlnx(x + entry.visits) - of_x - entry.xlnx;
                sum[1] += x * entry.ln_more;
                sum[2] += x * entry.visits * rarity;
            }
        }
        let n: f64 = histogram.iter().map(|visit| visit.1).sum();
        let own_length = length(histogram, &self.rarity);
        let (of_n, places) = (xlnx(n), self.rarity.len() as f64);
        let (mut kl, mut wyci, mut lrcf) = (Vec::new(), Vec::new(), Vec::new());
        for life in touched {
            let [shared, likely, product] = std::mem::take(&mut sums[life as usize]);
            let total = self.totals[life as usize];
            kl.push((life, shared - (xlnx(n + total) - of_n - xlnx(total))));
            wyci.push((life, likely - n * (total / SMOOTHING + places).ln()));
            let lengths = own_length * self.lengths[life as usize];
            lrcf.push((
                life,
                if lengths > 0.0 {
                    product / lengths
                } else {
                    0.0
                },
            ));
        }
        Matches {
            kl: self.held.best(kl, KEPT),
            wyci: self.held.best(wyci, KEPT),
            lrcf: self.held.best(lrcf, KEPT),
        }
    }
}

fn length(histogram: &Histogram, rarity: &[f64]) -> f64 {
    let square = |&(place, visits): &(u32, f64)| (visits * rarity[place as usize]).powi(2);
    histogram.iter().map(square).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{places::Places, testing::Place};
    use erewhon_events::Sample;
    use erewhon_types::{CellIx, Subscriber};
    use proptest::prelude::*;

    fn at(histogram: &Histogram, place: u32) -> f64 {
        let found = histogram.iter().find(|visit| visit.0 == place);
        found.map_or(0.0, |visit| visit.1)
    }

    fn total(histogram: &Histogram) -> f64 {
        histogram.iter().map(|visit| visit.1).sum()
    }

    /// n D(G || M), as it is defined.
    fn divergence(of: &Histogram, other: &Histogram) -> f64 {
        let (n, both) = (total(of), total(of) + total(other));
        let term = |&(place, x): &(u32, f64)| {
            let middle = (x + at(other, place)) / both;
            x * ((x / n) / middle).ln()
        };
        of.iter().map(term).sum()
    }

    proptest! {
        #[test]
        fn weights_are_those_of_the_definitions(
            rows in prop::collection::vec(prop::collection::vec(0u32..5, 1..9), 1..6),
            target in prop::collection::vec(0u32..5, 1..9),
        ) {
            let lives: Vec<Vec<Sample>> = rows
                .iter()
                .map(|places| {
                    let sample = |(at, &place): (usize, &u32)| {
                        Sample { from_s: at as u32, until_s: at as u32 + 1, place }
                    };
                    places.iter().enumerate().map(sample).collect()
                })
                .collect();
            let table = Place::new(3, 1).cells;
            let places = Places::plain(&table);
            // The first has a second row that is equal to it.
            let mut of: Vec<(Subscriber, u32)> =
                (0..lives.len() as u32).map(|life| (Subscriber::new(life.into()), life)).collect();
            of.push((Subscriber::new(99), 0));
            let held = Sightings::new(&places, lives, of);
            let visits = Visits::of(&held);
            let of_row = |row: u32| of_life(&held, true, held.life(row));
            let ping = |&cell: &u32| Ping { time_s: 0, cell: CellIx(cell) };
            let target = visits.of_pings(&target.iter().map(ping).collect::<Vec<_>>());
            let matches = visits.matches(std::slice::from_ref(&target)).remove(0);
            let n = held.len() as f64;
            let named = |place: u32| {
                (0..held.len() as u32).filter(|&row| at(&of_row(row), place) > 0.0).count()
            };
            let rare = |h: &Histogram| -> Histogram {
                h.iter().map(|&(p, x)| (p, x * (n / named(p).max(1) as f64).ln())).collect()
            };
            let dot = |a: &Histogram, b: &Histogram| a.iter().map(|&(p, x)| x * at(b, p)).sum::<f64>();
            for &(row, score) in &matches.kl {
                let of = of_row(row);
                let slow = divergence(&target, &of) + divergence(&of, &target);
                prop_assert!((score + slow).abs() < 1e-9, "{} {}", score, slow);
            }
            for &(row, score) in &matches.wyci {
                let of = of_row(row);
                let smoothed = |place| (at(&of, place) + SMOOTHING) / (total(&of) + 9.0 * SMOOTHING);
                let slow: f64 = target.iter().map(|&(p, x)| x * smoothed(p).ln()).sum();
                prop_assert!((score - slow).abs() < 1e-9, "{} {}", score, slow);
            }
            for &(row, score) in &matches.lrcf {
                let (a, b) = (rare(&target), rare(&of_row(row)));
                let lengths = (dot(&a, &a) * dot(&b, &b)).sqrt();
                let slow = if lengths > 0.0 { dot(&a, &b) / lengths } else { 0.0 };
                prop_assert!((score - slow).abs() < 1e-9, "{} {}", score, slow);
            }
            // Every row with a place in common is a candidate, best first.
            let common = (0..held.len() as u32)
                .filter(|&row| dot(&target, &of_row(row)) > 0.0)
                .count();
            prop_assert_eq!(matches.kl.len(), common);
            prop_assert!(matches.kl.is_sorted_by(|a, b| a.1 >= b.1));
        }
    }
}
