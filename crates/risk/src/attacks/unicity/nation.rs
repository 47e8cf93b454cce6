use crate::{
    report::Figure,
    sieve::{Met, PARTS},
};

/// As many people as a nation has, to whom figures are carried over.
pub(super) const NATION: f64 = 1e7;

/// Fewest draws that must have lost their uniqueness for its fall to be measured.
const LEAST_LOST: usize = 30;

/// A b of a hundred times the people, in twentieths of powers of ten: the logarithm of the share is then
/// straight within the release to a part in two hundred.
const STRAIGHT: i32 = 40;

/// How uniqueness falls with the crowd: what was measured, what follows, and what is a model's word.
///
/// Each set of known points meets a row of somebody else with odds q of its own. Among n people it
/// stays unique with odds exp(-nq), and the share unique is the mean of that over sets, whatever the q
/// are: it falls, ever more slowly (Farzanehfar, Houssiau and de Montjoye 2021 prove the same). So
/// - at N people it is at least (share at n)^(N/n), by Jensen's inequality, and at most the share at n;
/// - if the q spread as a gamma distribution does, it is (1 + n/b)^-a; a and b are fitted to nested
///   parts of the release.
///
/// Both hold for more people of the same kind among the *same* cells. A nation has more cells, so its
/// shares are higher; and nothing here checks the gamma distribution beyond the release.
pub(super) struct Fall {
    people: f64,
    /// Share unique among an eighth, a quarter, a half, and all of the people.
    shares: [f64; PARTS],
}

/// The part of a release that a row falls into: an eighth, an eighth, a quarter, a half.
pub(super) const fn part(row_bits: u64, seed: u64) -> usize {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the row moves the top ones.
    let mut bits = row_bits ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    match (bits ^ bits >> 31) >> 61 {
        0 => 0,
        1 => 1,
        2 | 3 => 2,
        _ => 3,
    }
}

impl Fall {
    /// What sets of points met in a release of so many rows; `None` where too few sets met anybody.
    /// Sets that the person's own row does not have say nothing about a crowd, and are left out.
    pub(super) fn of(met: &[Met], people: usize) -> Option<Self> {
        let own: Vec<&Met> = met.iter().filter(|met| met.own).collect();
        let shares = [1, 2, 3, 4].map(|parts| {
            let alone = own.iter().filter(|met| met.alone_in >= parts).count();
            alone as f64 / own.len().max(1) as f64
        });
        let lost = own.iter().filter(|met| met.alone_in < PARTS).count();
        (lost >= LEAST_LOST && lost < own.len()).then_some(Self {
            people: people as f64,
            shares,
        })
    }

    /// The least share unique among so many people.
    fn floor(&self, people: f64) -> f64 {
        self.shares[PARTS - 1].powf(people / self.people)
    }

    /// The share unique among so many people, if odds spread as a gamma distribution does. `None` where
    /// the fall is so straight within the release that any spread would do.
    fn carried_to(&self, people: f64) -> Option<f64> {
        let sizes = [0.125, 0.25, 0.5, 1.0].map(|part| part * self.people);
        let pairs = || sizes.iter().zip(&self.shares);
        // For each b the best a on logarithms; of these the b that misses the shares least.
        let fit = |step: i32| {
            let b = self.people * 10f64.powf(f64::from(step) / 20.0);
            let x = |n: f64| (n / b).ln_1p();
            let a = -pairs().map(|(&n, s)| x(n) * s.ln()).sum::<f64>()
                / pairs().map(|(&n, _)| x(n) * x(n)).sum::<f64>();
            let missed = |(&n, s): (&f64, &f64)| ((-a * x(n)).exp() - s).powi(2);
            let missed = pairs().map(missed).sum::<f64>();
            (missed, step, (-a * x(people)).exp())
        };
        let best = (-60..=STRAIGHT)
            .map(fit)
            .min_by(|one, other| one.0.total_cmp(&other.0));
        best.and_then(|(_, step, share)| (step < STRAIGHT).then_some(share))
    }

    /// The figures for so many known points.
    pub(super) fn figures(&self, known: &str) -> Vec<Figure> {
        let halves = ["an eighth", "a quarter", "half"].into_iter();
        let measured = halves.zip(self.shares).map(|(part, share)| Figure {
            label: format!("{known}, share unique among {part} of the people"),
            value: share,
        });
        let carried = [
            ("extrapolated, gamma model", self.carried_to(NATION)),
            (
                "extrapolated, least whatever the model",
                Some(self.floor(NATION)),
            ),
        ];
        let carried = carried.into_iter().filter_map(|(how, value)| {
            Some(Figure {
                label: format!(
                    "{known}, share unique among 10 million people in the same cells ({how})"
                ),
                value: value?,
            })
        });
        measured.chain(carried).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of a made-up crowd whose odds are known, at 1,000 to 8,000 people.
    fn fall(unique: impl Fn(f64) -> f64) -> Fall {
        Fall {
            people: 8000.0,
            shares: [1000.0, 2000.0, 4000.0, 8000.0].map(unique),
        }
    }

    #[test]
    fn a_gamma_crowd_is_carried_over_exactly() {
        let unique = |n: f64| (1.0 + n / 5000.0).powf(-0.4);
        let carried = fall(unique).carried_to(NATION).unwrap();
        assert!((carried - unique(NATION)).abs() < 0.01, "{carried}");
    }

    #[test]
    fn a_straight_fall_is_not_carried_over() {
        assert_eq!(fall(|n: f64| (-n / 1e5).exp()).carried_to(NATION), None);
    }

    #[test]
    fn no_mixture_falls_below_the_floor() {
        // One set in two meets one row in a million, the other one in ten thousand.
        let unique = |n: f64| 0.5 * (-n / 1e6).exp() + 0.5 * (-n / 1e4).exp();
        for people in [8e3, 1e5, 1e6] {
            let floor = fall(unique).floor(people);
            assert!(floor <= unique(people) + 1e-12, "{people}: {floor}");
        }
        // Where all sets are alike the floor is met.
        let alike = |n: f64| (-n / 1e5).exp();
        assert!((fall(alike).floor(1e6) - alike(1e6)).abs() < 1e-12);
    }

    #[test]
    fn parts_are_an_eighth_an_eighth_a_quarter_and_a_half() {
        let mut rows = [0u32; PARTS];
        for row in 0..80_000 {
            rows[part(row, 3)] += 1;
        }
        for (rows, share) in rows.into_iter().zip([0.125, 0.125, 0.25, 0.5]) {
            assert!((f64::from(rows) / 80_000.0 - share).abs() < 0.01, "{rows}");
        }
    }

    #[test]
    fn nothing_is_carried_over_from_a_crowd_that_hides_nobody() {
        let alone = Met {
            own: true,
            ..Met::default()
        };
        assert!(Fall::of(&[alone; 1000], 1000).is_none());
        assert!(Fall::of(&[], 0).is_none());
    }
}
