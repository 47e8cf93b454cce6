use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A privacy loss bound of pure differential privacy, counted in whole micro-epsilons.
///
/// Whole numbers make sums exact: a ledger that adds a thousand charges adds no rounding.
/// Allowed: 0.000001 to 100. More than 100 protects nobody and is refused as a slip of the pen.
///
/// ```
/// use erewhon_types::Epsilon;
/// let total: Epsilon = "1".parse()?;
/// let parts = total.split(&[3, 1])?;
/// assert_eq!(parts[0].to_string(), "0.75");
/// assert_eq!(parts[0].micros() + parts[1].micros(), total.micros());
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Epsilon(u64);

const MICROS_PER_UNIT: u64 = 1_000_000;
const MAX_MICROS: u64 = 100 * MICROS_PER_UNIT;

impl Epsilon {
    /// From whole micro-epsilons.
    ///
    /// # Errors
    /// Usage, when `micros` is not within 1 to 100,000,000.
    pub fn from_micros(micros: u64) -> Result<Self> {
        if (1..=MAX_MICROS).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(out_of_range(&format!(
                "{}",
                micros as f64 / MICROS_PER_UNIT as f64
            )))
        }
    }

    /// The bound in micro-epsilons.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// The bound as a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / MICROS_PER_UNIT as f64
    }

    /// Splits the bound into parts in the given proportions; the parts add up to it exactly.
    ///
    /// # Errors
    /// Usage, when the bound is too small to give each part a micro-epsilon; internal, when no part is
    /// asked or one of weight 0.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>> {
        let parts = shares(self.0, weights, |enough| {
            Error::usage(format!(
                "epsilon `{self}` is too small for {} queries; {} is enough",
                weights.len(),
                enough as f64 / MICROS_PER_UNIT as f64
            ))
            .with_hint("a micro-epsilon a query is the least that is counted, and drowns in noise")
        })?;
        parts.into_iter().map(Self::from_micros).collect()
    }
}

/// Whole shares of `whole` in the given proportions, none of them 0; they add up to it exactly.
/// `too_small` says so, given what would have been enough.
pub(crate) fn shares(
    whole: u64,
    weights: &[u64],
    too_small: impl FnOnce(u128) -> Error,
) -> Result<Vec<u64>> {
    let total: u128 = weights.iter().map(|&w| u128::from(w)).sum();
    let least = match weights.iter().min() {
        None | Some(0) => return Err(Error::internal("a budget was split into an empty part")),
        Some(least) => u128::from(*least),
    };
    let mut left = whole;
    let mut parts = Vec::with_capacity(weights.len());
    for &weight in weights {
        let share = (u128::from(whole) * u128::from(weight) / total) as u64;
        left -= share;
        parts.push(share);
    }
    // Rounding left less than one a part; the first part takes it.
    if let Some(first) = parts.first_mut() {
        *first += left;
    }
    if parts.contains(&0) {
        return Err(too_small(total.div_ceil(least)));
    }
    Ok(parts)
}

fn out_of_range(given: &str) -> Error {
    Error::usage(format!(
        "epsilon `{given}` is outside the allowed range 0.000001 to 100"
    ))
    .with_hint("1 is a common choice for one person over the whole period; smaller is safer")
}

impl TryFrom<f64> for Epsilon {
    type Error = Error;

    fn try_from(value: f64) -> Result<Self> {
        let micros = (value * MICROS_PER_UNIT as f64).round();
        if micros.is_finite() && micros >= 1.0 && micros <= MAX_MICROS as f64 {
            Ok(Self(micros as u64))
        } else {
            Err(out_of_range(&value.to_string()))
        }
    }
}

impl From<Epsilon> for f64 {
    fn from(epsilon: Epsilon) -> Self {
        epsilon.value()
    }
}

impl FromStr for Epsilon {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let value: f64 = text.trim().parse().map_err(|_| {
            Error::usage(format!("epsilon `{text}` is not a number"))
                .with_hint("write it as a decimal number such as 0.5 or 1")
        })?;
        Self::try_from(value)
    }
}

impl fmt::Display for Epsilon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// Whose records a guarantee covers: what neighbouring data sets differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivacyUnit {
    /// All records served to one subscriber in the whole release period, added or removed.
    SubscriberWholePeriod,
}

impl fmt::Display for PrivacyUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubscriberWholePeriod => {
                f.write_str("one subscriber, all records served to them in the whole period")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_epsilon() {
        for text in ["0", "-1", "1e9", "one", "nan", "inf", ""] {
            let error = text.parse::<Epsilon>().unwrap_err();
            assert_eq!(error.kind().exit_code(), 2, "{text}");
            assert!(error.hint().is_some(), "{text}");
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let whole: Epsilon = "0.1".parse().unwrap();
        let parts = whole.split(&[1, 1, 1, 4, 7]).unwrap();
        assert_eq!(
            parts.iter().map(|p| p.micros()).sum::<u64>(),
            whole.micros()
        );
    }

    #[test]
    fn too_small_to_split_is_refused_and_what_is_enough_is_named() {
        let small = Epsilon::from_micros(50).unwrap();
        let error = small.split(&[18, 2, 119]).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        assert!(error.message().contains("`0.00005`"), "{error}");
        assert!(error.message().contains("3 queries; 0.00007 is"), "{error}");
        let enough = Epsilon::from_micros(70).unwrap();
        let parts = enough.split(&[18, 2, 119]).unwrap();
        assert!(parts.iter().all(|part| part.micros() > 0));
        for nothing in [&[] as &[u64], &[0, 1]] {
            assert_eq!(small.split(nothing).unwrap_err().kind().exit_code(), 70);
        }
    }
}
