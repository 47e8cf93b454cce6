//! The greedy grouping of people who stand near.

use super::{Bounds, Fingerprint, KAnonymity};

/// Somebody to be grouped.
pub(super) struct Person {
    pub(super) row: usize,
    /// Home zone.
    pub(super) class: u32,
    pub(super) print: Fingerprint,
}

/// People whose rows are equal.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) rows: Vec<usize>,
    /// Home zones of the members, each once, ascending.
    pub(super) classes: Vec<u32>,
    pub(super) print: Fingerprint,
}

/// The groups of a block; who is in none is suppressed.
pub(super) struct Grouping {
    pub(super) groups: Vec<Group>,
}

impl Group {
    fn with(&self, other: &Self, bounds: &Bounds) -> Self {
        let mut classes = [&self.classes[..], &other.classes[..]].concat();
        classes.sort_unstable();
        classes.dedup();
        Self {
            rows: [&self.rows[..], &other.rows[..]].concat(),
            classes,
            print: self.print.merged(&other.print, bounds),
        }
    }

    fn is_done(&self, rule: &KAnonymity) -> bool {
        self.rows.len() >= rule.k as usize && self.classes.len() >= rule.diverse as usize
    }
}

/// Joins the two nearest groups until each has enough people and home zones.
///
/// The distances of all pairs are worked out once, and those of each new group; what remains is looked
/// through at every step: quadratic in the block, in comparisons of fingerprints and in memory.
pub(super) fn group(people: Vec<Person>, rule: &KAnonymity) -> Grouping {
    let bounds = rule.bounds();
    let mut open: Vec<Option<Group>> = people
        .into_iter()
        .map(|person| {
            Some(Group {
                rows: vec![person.row],
                classes: vec![person.class],
                print: person.print,
            })
        })
        .collect();
    let mut distances = Distances::new(&open, &bounds);
    let mut may_go = (rule.max_outlier_share * open.len() as f64) as usize;
    for outlier in distances.outliers(rule.k as usize - 1, may_go) {
        open[outlier] = None;
        distances.remove(outlier);
        may_go -= 1;
    }
    let mut done: Vec<Group> = Vec::new();
    while let Some((a, b)) = distances.nearest() {
        let (Some(one), Some(two)) = (open[a].take(), open[b].take()) else {
            break;
        };
        let both = one.with(&two, &bounds);
        distances.remove(b);
        if both.is_done(rule) {
            distances.remove(a);
            done.push(both);
        } else {
            open[a] = Some(both);
            distances.renew(a, &open, &bounds);
        }
    }
    // What is too few still goes while that is allowed, and else joins the nearest group.
    for rest in open.into_iter().flatten() {
        let way = |group: &Group| group.print.distance(&rest.print, &bounds);
        let ways = done.iter().enumerate().map(|(at, group)| (way(group), at));
        let nearest = ways.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if rest.rows.len() <= may_go {
            may_go -= rest.rows.len();
        } else if let Some((_, at)) = nearest.filter(|(way, _)| *way < 1.0) {
            done[at] = done[at].with(&rest, &bounds);
        }
    }
    done.retain(|group| !group.print.samples.is_empty());
    Grouping { groups: done }
}

/// How far the open groups of a block are from each other, and which is nearest to each.
struct Distances {
    n: usize,
    /// By pair, both ways; 1 is too far, as is whatever is no more.
    of: Vec<f32>,
    nearest: Vec<usize>,
}

impl Distances {
    fn new(open: &[Option<Group>], bounds: &Bounds) -> Self {
        let n = open.len();
        let mut distances = Self {
            n,
            of: vec![1.0; n * n],
            nearest: vec![0; n],
        };
        for a in 0..n {
            for b in a + 1..n {
                distances.measure(a, b, open, bounds);
            }
        }
        (0..n).for_each(|a| distances.look(a));
        distances
    }

    fn measure(&mut self, a: usize, b: usize, open: &[Option<Group>], bounds: &Bounds) {
        if let (Some(one), Some(two)) = (&open[a.min(b)], &open[a.max(b)]) {
            let way = one.print.distance(&two.print, bounds);
            self.of[a * self.n + b] = way;
            self.of[b * self.n + a] = way;
        }
    }

    fn row(&self, a: usize) -> &[f32] {
        &self.of[a * self.n..(a + 1) * self.n]
    }

    /// Finds the nearest to one anew, of several the first.
    fn look(&mut self, a: usize) {
        let row = self.row(a);
        let nearest = (0..self.n).min_by(|&b, &c| row[b].total_cmp(&row[c]).then(b.cmp(&c)));
        self.nearest[a] = nearest.unwrap_or(0);
    }

    fn remove(&mut self, gone: usize) {
        for other in 0..self.n {
            self.of[gone * self.n + other] = 1.0;
            self.of[other * self.n + gone] = 1.0;
        }
        self.refresh(gone);
    }

    /// Measures a group anew that has become another.
    fn renew(&mut self, changed: usize, open: &[Option<Group>], bounds: &Bounds) {
        for other in (0..self.n).filter(|&other| other != changed) {
            self.measure(changed, other, open, bounds);
            let key = |place: usize| (self.row(other)[place], place);
            if key(changed) < key(self.nearest[other]) {
                self.nearest[other] = changed;
            }
        }
        self.refresh(changed);
    }

    /// Looks again for whom this one was the nearest.
    fn refresh(&mut self, changed: usize) {
        for other in 0..self.n {
            if self.nearest[other] == changed || other == changed {
                self.look(other);
            }
        }
    }

    /// The nearest pair, unless all are too far.
    fn nearest(&self) -> Option<(usize, usize)> {
        let way = |a: usize| self.row(a)[self.nearest[a]];
        let a = (0..self.n).min_by(|&a, &b| way(a).total_cmp(&way(b)).then(a.cmp(&b)))?;
        (way(a) < 1.0).then_some((a, self.nearest[a]))
    }

    /// Who is farther from their nearest few than Tukey's upper fence for the block, at most so many, the
    /// farthest first. The mean way to the k - 1 nearest is the k-gap of Gramaglia and Fiore, "On the
    /// anonymizability of mobile traffic datasets" (arXiv 1501.00100).
    fn outliers(&self, few: usize, most: usize) -> Vec<usize> {
        let gap = |a: usize| {
            let mut ways = self.row(a).to_vec();
            ways.sort_unstable_by(f32::total_cmp);
            ways.iter().take(few).sum::<f32>() / few as f32
        };
        let mut gaps: Vec<(f32, usize)> = (0..self.n).map(|a| (gap(a), a)).collect();
        gaps.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let quartile = |q: usize| gaps.get(self.n * q / 4).map_or(1.0, |(gap, _)| *gap);
        let fence = quartile(3) + 1.5 * (quartile(3) - quartile(1));
        let beyond = gaps.into_iter().rev().filter(|(gap, _)| *gap > fence);
        beyond.take(most).map(|(_, a)| a).collect()
    }
}
