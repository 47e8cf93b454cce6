use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Epsilon, Error, Result, privacy::shares};

/// A privacy loss bound of zero-concentrated differential privacy, in whole nano-rhos.
///
/// Whole numbers make sums exact. Allowed: 0.000000001 to 5,000, which is what epsilon 100 implies.
///
/// ```
/// use erewhon_types::Rho;
/// let total: Rho = "0.024".parse()?;
/// let parts = total.split(&[1, 2])?;
/// assert_eq!(parts[1].to_string(), "0.016");
/// assert_eq!(parts[0].nanos() + parts[1].nanos(), total.nanos());
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Rho(u64);

impl Rho {
    const NANOS_PER_UNIT: f64 = 1e9;

    /// The largest that is allowed.
    pub const MAX: Self = Self(5_000_000_000_000);

    /// From whole nano-rhos.
    ///
    /// # Errors
    /// Usage, when `nanos` is not within 1 to 5,000,000,000,000.
    pub fn from_nanos(nanos: u64) -> Result<Self> {
        if (1..=Self::MAX.0).contains(&nanos) {
            Ok(Self(nanos))
        } else {
            Err(Self::outside(nanos as f64 / Self::NANOS_PER_UNIT))
        }
    }

    fn outside(given: f64) -> Error {
        Error::usage(format!(
            "rho `{given}` is outside the allowed range 0.000000001 to 5000"
        ))
        .with_hint("0.0244 is epsilon 1 at delta 1e-6; smaller is safer")
    }

    /// The loss that pure differential privacy implies, epsilon^2 / 2, rounded up.
    ///
    /// Source: Bun and Steinke, TCC 2016, proposition 1.4.
    pub const fn from_pure(epsilon: Epsilon) -> Self {
        // Micro-epsilons squared are 10^-12: halves of them are 2,000 to a nano-rho. Epsilon is at
        // most 10^8 micros, so the square fits and the result is at most `MAX`.
        let micros = epsilon.micros();
        Self((micros * micros).div_ceil(2_000))
    }

    /// The bound in nano-rhos.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The bound as a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / Self::NANOS_PER_UNIT
    }

    /// Splits the bound into parts in the given proportions; the parts add up to it exactly.
    ///
    /// # Errors
    /// Usage, when the bound is too small to give each part a nano-rho; internal, when no part is asked
    /// or one of weight 0.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>> {
        let parts = shares(self.0, weights, |enough| {
            Error::usage(format!(
                "rho `{self}` is too small for {} queries; {} is enough",
                weights.len(),
                enough as f64 / Self::NANOS_PER_UNIT
            ))
            .with_hint("a nano-rho a query is the least that is counted, and drowns in noise")
        })?;
        parts.into_iter().map(Self::from_nanos).collect()
    }
}

impl FromStr for Rho {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(number("rho", text)?)
    }
}

impl TryFrom<f64> for Rho {
    type Error = Error;

    fn try_from(value: f64) -> Result<Self> {
        // What is negative or no number becomes 0, which is refused.
        let nanos = (value * Self::NANOS_PER_UNIT).round() as u64;
        Self::from_nanos(nanos).map_err(|_| Self::outside(value))
    }
}

impl From<Rho> for f64 {
    fn from(rho: Rho) -> Self {
        rho.value()
    }
}

impl fmt::Display for Rho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// What a chance may grow by beyond the factor of epsilon, in whole 10^-15.
///
/// Allowed: 1e-15 to 0.001. It should stay far below one over the number of subscribers: at that
/// size, publishing one subscriber's records outright would be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Delta(u64);

impl Delta {
    const FEMTOS_PER_UNIT: f64 = 1e15;
    const MAX_FEMTOS: u64 = 1_000_000_000_000;

    /// From whole 10^-15.
    ///
    /// # Errors
    /// Usage, when `femtos` is not within 1 to 1,000,000,000,000.
    pub fn from_femtos(femtos: u64) -> Result<Self> {
        if (1..=Self::MAX_FEMTOS).contains(&femtos) {
            Ok(Self(femtos))
        } else {
            Err(Self::outside(femtos as f64 / Self::FEMTOS_PER_UNIT))
        }
    }

    fn outside(given: f64) -> Error {
        Error::usage(format!(
            "delta `{given:e}` is outside the allowed range 1e-15 to 0.001"
        ))
        .with_hint("take far less than one over the number of subscribers, such as 1e-9")
    }

    /// Delta in 10^-15.
    pub const fn femtos(self) -> u64 {
        self.0
    }

    /// Delta as a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / Self::FEMTOS_PER_UNIT
    }
}

impl FromStr for Delta {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(number("delta", text)?)
    }
}

impl TryFrom<f64> for Delta {
    type Error = Error;

    fn try_from(value: f64) -> Result<Self> {
        // What is negative or no number becomes 0, which is refused.
        let femtos = (value * Self::FEMTOS_PER_UNIT).round() as u64;
        Self::from_femtos(femtos).map_err(|_| Self::outside(value))
    }
}

impl From<Delta> for f64 {
    fn from(delta: Delta) -> Self {
        delta.value()
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:e}", self.value())
    }
}

/// A privacy loss bound of approximate differential privacy.
///
/// Losses of releases add up, epsilon to epsilon and delta to delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approximate {
    /// The bound on the loss.
    pub epsilon: Epsilon,
    /// What a chance may grow by beyond it.
    pub delta: Delta,
}

fn number(name: &str, text: &str) -> Result<f64> {
    let value = text.trim().parse::<f64>();
    // What is no number, a negative one included, must not be taken for zero or for the largest.
    value.ok().filter(|value| *value >= 0.0).ok_or_else(|| {
        Error::usage(format!("{name} `{text}` is not a positive number"))
            .with_hint("write it as a decimal number such as 0.02 or 1e-6")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_rho_and_no_delta() {
        for text in ["0", "-1", "1e9", "one", "nan", "inf", ""] {
            let errors = [
                text.parse::<Rho>().unwrap_err(),
                text.parse::<Delta>().unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind().exit_code(), 2, "{text}");
                assert!(error.hint().is_some(), "{text}");
            }
        }
        assert!("0.01".parse::<Delta>().is_err());
        assert_eq!("1e-6".parse::<Delta>().unwrap().femtos(), 1_000_000_000);
    }

    #[test]
    fn a_refusal_names_what_was_given() {
        for (text, named) in [("1e-10", "`0.0000000001`"), ("1e30", "`1000000000")] {
            let error = text.parse::<Rho>().unwrap_err();
            assert!(error.message().contains(named), "{error}");
        }
        let error = "1e-16".parse::<Delta>().unwrap_err();
        assert!(error.message().contains("`1e-16`"), "{error}");
        let error = Rho::from_nanos(2).unwrap().split(&[1, 1, 2]).unwrap_err();
        assert!(error.message().contains("`0.000000002`"), "{error}");
        assert!(error.message().contains("0.000000004 is enough"), "{error}");
        assert_eq!(error.kind().exit_code(), 2);
    }

    #[test]
    fn pure_epsilon_never_becomes_less_than_half_its_square() {
        for micros in [1, 2, 1_001, 333_333, 1_000_000, 100_000_000] {
            let epsilon = Epsilon::from_micros(micros).unwrap();
            let twice_square = u128::from(Rho::from_pure(epsilon).nanos()) * 2_000;
            let square = u128::from(micros).pow(2);
            assert!((square..square + 2_000).contains(&twice_square), "{micros}");
        }
        assert_eq!(Rho::from_pure("100".parse().unwrap()), Rho::MAX);
    }
}
