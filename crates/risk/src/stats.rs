use crate::{Excess, Rate};

/// The 97.5 % point of the normal distribution: all intervals here are two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The middle one, the upper where there are two; 0 of none.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_unstable_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(0.0)
}

/// Odds that one of the first is higher than one of the second, a tie counting half (Mann and Whitney 1947);
/// .5 where a group is empty. Time by n log n.
pub(crate) fn auc(first: &[f64], second: &[f64]) -> f64 {
    let mut sorted = second.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let beaten = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let not_above = sorted.partition_point(|other| other <= score);
        (below + not_above) as f64 / 2.0
    };
    let pairs = (first.len() * second.len()) as f64;
    if pairs == 0.0 {
        return 0.5;
    }
    first.iter().map(beaten).sum::<f64>() / pairs
}

/// The same of scores of which some have a label and the others have not.
pub(crate) fn auc_of(scored: impl Iterator<Item = (f64, bool)>) -> f64 {
    let (with, without): (Vec<_>, Vec<_>) = scored.partition(|scored| scored.1);
    let scores = |of: Vec<(f64, bool)>| of.into_iter().map(|scored| scored.0).collect::<Vec<_>>();
    auc(&scores(with), &scores(without))
}

/// Wilson's score interval for a share seen in `n` independent tries (Wilson 1927, JASA 22:209).
///
/// `n` must be positive; the result lies in 0 to 1 and holds `share`.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At 0 and 1 the formula meets the estimate exactly; rounding must not push it past.
    (
        (centre - half).clamp(0.0, share),
        (centre + half).clamp(share, 1.0),
    )
}

impl Rate {
    /// Hits out of independent tries; `None` without a try.
    pub fn of(hits: u64, tries: u64) -> Option<Self> {
        Self::of_targets(hits, tries, tries)
    }

    /// Hits out of several tries at each of `targets` people; `None` without a try.
    ///
    /// Tries at one person depend on each other, so the interval counts people, not tries: a
    /// person's mean lies in 0 to 1, its variance is at most p(1 - p), and Wilson's interval for
    /// `targets` tries is therefore wide enough whatever the dependence, and too wide where the
    /// tries are nearly independent.
    pub fn of_targets(hits: u64, tries: u64, targets: u64) -> Option<Self> {
        if tries == 0 || targets == 0 || hits > tries {
            return None;
        }
        let (low, high) = wilson(hits as f64 / tries as f64, targets as f64);
        Some(Self {
            hits,
            tries,
            people: targets,
            low,
            high,
        })
    }

    /// The least that the share of hits can be, but for these odds: exact for one try a person (Clopper and
    /// Pearson 1934, one-sided). Several tries at a person count as one, their sum rounded down.
    pub(crate) fn at_least(&self, odds: f64) -> f64 {
        // Rounding errors must not turn a whole number into the next one.
        let hits = (self.share() * self.people as f64 + 1e-9).floor() as u64;
        least(hits, self.people, odds)
    }

    /// The most that it can be, but for these odds; several tries at a person are rounded up.
    pub(crate) fn at_most(&self, odds: f64) -> f64 {
        let hits = (self.share() * self.people as f64 - 1e-9).ceil() as u64;
        1.0 - least(self.people - hits.min(self.people), self.people, odds)
    }

    /// Hits per try, 0 to 1.
    pub fn share(&self) -> f64 {
        self.hits as f64 / self.tries as f64
    }
}

/// The share at which so many hits of `n` tries, or more, come with these odds; 0 of none.
fn least(hits: u64, n: u64, odds: f64) -> f64 {
    let (mut low, mut high) = (0.0, hits as f64 / n.max(1) as f64);
    // 2^-40 is nearer than any rate is told.
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if above(hits, n, middle) < odds {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Odds of so many hits or more of `n` tries at a share that is not above them.
fn above(hits: u64, n: u64, share: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if share <= 0.0 {
        return 0.0;
    }
    let ways: f64 = (1..=hits)
        .map(|i| ((n - hits + i) as f64 / i as f64).ln())
        .sum();
    let misses = (n - hits) as f64;
    let mut odds = (ways + hits as f64 * share.ln() + misses * (-share).ln_1p()).exp();
    let mut sum = 0.0;
    // Beyond the mean each further hit is rarer.
    for k in hits..=n {
        sum += odds;
        odds *= (n - k) as f64 / (k + 1) as f64 * share / (1.0 - share);
        if odds < sum * 1e-16 {
            break;
        }
    }
    sum
}

/// Smallest share of misses in the control group that an excess is divided by.
const LEAST_MISSES: f64 = 0.1;

impl Excess {
    /// Excess risk (members - control) / (1 - control); `None` where the control group is hit in
    /// over nine of ten tries, because then too little is left to exceed for a ratio to say much.
    ///
    /// The excess is one minus the ratio of the two groups' shares of misses. The ratio's interval
    /// is built from the two Wilson intervals by Newcombe's square-and-add method for ratios
    /// (MOVER-R: Donner and Zou 2012; Newcombe 2016, Stat Methods Med Res 25:1774). Unlike the
    /// delta method it needs no symmetry, so it holds at shares of 0 and 1.
    pub fn between(members: &Rate, control: &Rate) -> Option<Self> {
        let (m, m_low, m_high) = misses(members);
        let (c, c_low, c_high) = misses(control);
        if c < LEAST_MISSES || c_low <= 0.0 {
            return None;
        }
        let cross = m * c;
        let root = |above: f64, below: f64| (cross * cross - above * below).max(0.0).sqrt();
        // reach(x, x') = x' (2x - x') is at most x^2, so both roots are real.
        let reach = |estimate: f64, end: f64| end * (2.0 * estimate - end);
        let (above, below) = (reach(m, m_low), reach(c, c_high));
        let sum = cross + root(above, below);
        let ratio_low = if sum > 0.0 { above / sum } else { 0.0 };
        let (above, below) = (reach(m, m_high), reach(c, c_low));
        let ratio_high = (cross + root(above, below)) / below;
        Some(Self {
            value: 1.0 - m / c,
            low: 1.0 - ratio_high,
            high: 1.0 - ratio_low,
        })
    }
}

/// Share of misses with its interval: (estimate, low, high).
fn misses(rate: &Rate) -> (f64, f64, f64) {
    let tries = rate.tries as f64;
    let missed = (rate.tries - rate.hits) as f64 / tries;
    (missed, 1.0 - rate.high, 1.0 - rate.low)
}

#[cfg(test)]
mod tests;
