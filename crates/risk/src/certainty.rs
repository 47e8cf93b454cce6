use erewhon_types::{Delta, Guarantee};

/// The noise of each count of a table, as its mechanism states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Two-sided exponential: density exp(-|x| / scale) / 2 scale.
    Laplace {
        /// In people.
        scale: f64,
    },
    /// Normal.
    Gaussian {
        /// Standard deviation in people.
        sd: f64,
    },
}

impl Noise {
    /// Of this standard deviation: normal where the claim is kept in rho, else Laplace.
    pub(crate) fn of(sd: f64, claim: Option<Guarantee>) -> Self {
        match claim.and_then(|claim| claim.concentrated) {
            Some(_) => Self::Gaussian { sd },
            None => Self::Laplace {
                scale: sd / std::f64::consts::SQRT_2,
            },
        }
    }

    /// How much likelier a count is that is `above` what all others add up to when somebody adds `added`
    /// to it than when not: the logarithm of the ratio, infinite without noise.
    pub(crate) fn log_ratio(self, above: f64, added: f64) -> f64 {
        match self {
            Self::Laplace { scale: spread } | Self::Gaussian { sd: spread } if spread <= 0.0 => {
                (above.abs() - (above - added).abs()).signum() * f64::INFINITY
            }
            Self::Laplace { scale } => (above.abs() - (above - added).abs()) / scale,
            Self::Gaussian { sd } => added * (2.0 * above - added) / (2.0 * sd * sd),
        }
    }
}

/// How sure somebody gets whether a person is in noisy counts, who knows everybody else in them and what
/// this person would add to each: the share of right guesses by the likelihood ratio, at even odds
/// beforehand, 0.5 to 1. It is as well the mean certainty after seeing the counts.
///
/// Nothing is drawn: for Gaussian noise it is a closed form, for Laplace noise the distribution of the
/// sum of log likelihood ratios is convolved on a grid of 4,096 steps. One ratio is -a or a in the atoms
/// exp(-a) / 2 and 1/2 and has density exp(-(a - l) / 2) / 4 between, with a = added / scale.
///
/// After Houssiau, Rocher, de Montjoye (Nature Communications 13:29, 2022): flows between zones with
/// Laplace noise of epsilon .66 a *trip*, said to tell 16 % about anyone, name somebody with 32 trips.
///
/// ```
/// use erewhon_risk::{Noise, certainty};
///
/// let a_trip = Noise::Laplace { scale: 1.0 / 0.66 };
/// assert!(certainty(&[1.0], a_trip) < 0.66);
/// assert!(certainty(&[1.0; 32], a_trip) > 0.95);
/// let a_person = Noise::Laplace { scale: 32.0 / 0.66 };
/// assert!(certainty(&[1.0; 32], a_person) < 0.66);
/// ```
pub fn certainty(added: &[f64], noise: Noise) -> f64 {
    match noise {
        Noise::Gaussian { sd } => {
            let length = added.iter().map(|a| a * a).sum::<f64>().sqrt();
            if length == 0.0 {
                return 0.5;
            }
            normal_below(length / (2.0 * sd))
        }
        Noise::Laplace { scale } => {
            let losses: Vec<f64> = (added.iter().filter(|a| **a != 0.0))
                .map(|a| a.abs() / scale)
                .collect();
            positive_sum(&losses)
        }
    }
}

/// The most that a guarantee allows of [`certainty`]: (e^epsilon + delta) / (1 + e^epsilon).
pub(crate) fn most_certain(claim: Guarantee) -> f64 {
    let odds = claim.epsilon.value().exp();
    let delta = claim.delta().map_or(0.0, Delta::value);
    ((odds + delta) / (1.0 + odds)).min(1.0)
}

/// Steps of the grid on each side of nought.
const HALF: usize = 2048;

/// Odds that the log likelihood ratios of Laplace noise sum to more than nought, half of those that they
/// sum to nought.
fn positive_sum(losses: &[f64]) -> f64 {
    let most: f64 = losses.iter().sum();
    if most <= 0.0 {
        return 0.5;
    }
    if !most.is_finite() {
        return 1.0;
    }
    let step = most / HALF as f64;
    // Always of odd length, its middle at nought.
    let mut sum = vec![1.0];
    for loss in losses {
        let one = one_ratio(*loss, step);
        let mut next = vec![0.0; sum.len() + one.len() - 1];
        for (at, odds) in sum.iter().enumerate().filter(|(_, odds)| **odds > 0.0) {
            let into = &mut next[at..at + one.len()];
            into.iter_mut().zip(&one).for_each(|(n, o)| *n += odds * o);
        }
        sum = next;
    }
    let middle = sum.len() / 2;
    (sum[middle] / 2.0 + sum[middle + 1..].iter().sum::<f64>()).min(1.0)
}

/// Distribution of one log likelihood ratio on a grid; mass between two steps goes to both so that its
/// mean stays.
fn one_ratio(loss: f64, step: f64) -> Vec<f64> {
    let half = (loss / step).ceil() as usize;
    let mut odds = vec![0.0; 2 * half + 1];
    let mut place = |at: f64, mass: f64| {
        let place = (at / step + half as f64).clamp(0.0, 2.0 * half as f64);
        let (low, part) = (place.floor() as usize, place.fract());
        odds[low] += mass * (1.0 - part);
        if part > 0.0 {
            odds[low + 1] += mass * part;
        }
    };
    place(-loss, (-loss).exp() / 2.0);
    place(loss, 0.5);
    let pieces = 2 * half;
    let width = 2.0 * loss / pieces as f64;
    let below = |l: f64| ((l - loss) / 2.0).exp() / 2.0;
    for piece in 0..pieces {
        let from = width.mul_add(piece as f64, -loss);
        place(from + width / 2.0, below(from + width) - below(from));
    }
    odds
}

/// Share of a normal distribution below `z` standard deviations, to within 2e-7 (Press and others,
/// Numerical Recipes, 6.2).
fn normal_below(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let terms = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let poly = terms.iter().fold(0.0, |sum, term| sum * t + term);
    let beyond = t * (-x * x + poly).exp() / 2.0;
    if z >= 0.0 { 1.0 - beyond } else { beyond }
}

#[cfg(test)]
mod tests;
