use crate::{Excess, Rate};

/// The 97.5 % point of the normal distribution: all intervals here are two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

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

    /// Hits per try, 0 to 1.
    pub fn share(&self) -> f64 {
        self.hits as f64 / self.tries as f64
    }
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
