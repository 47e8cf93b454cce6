use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Epsilon, Result, Rho};

/// What an answer or a release costs one subscriber, in the measure that its population is kept in.
///
/// Losses of one measure add up; those of two are never added.
///
/// ```
/// use erewhon_types::{Epsilon, Loss};
/// let loss: Loss = "0.5".parse::<Epsilon>()?.into();
/// assert_eq!((loss.to_string(), loss.units()), ("epsilon 0.5".to_owned(), 500_000));
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Pure differential privacy.
    Epsilon(Epsilon),
    /// Zero-concentrated differential privacy.
    Rho(Rho),
}

impl Loss {
    /// The loss in what it is counted in: micro-epsilons or nano-rhos.
    pub const fn units(self) -> u64 {
        match self {
            Self::Epsilon(epsilon) => epsilon.micros(),
            Self::Rho(rho) => rho.nanos(),
        }
    }

    /// The loss as a number.
    pub fn value(self) -> f64 {
        match self {
            Self::Epsilon(epsilon) => epsilon.value(),
            Self::Rho(rho) => rho.value(),
        }
    }

    /// What it is a loss of: `epsilon` or `rho`.
    pub const fn measure(self) -> &'static str {
        match self {
            Self::Epsilon(_) => "epsilon",
            Self::Rho(_) => "rho",
        }
    }

    /// Another loss of the same measure.
    ///
    /// # Errors
    /// Usage, when it is out of range.
    pub fn of_units(self, units: u64) -> Result<Self> {
        match self {
            Self::Epsilon(_) => Epsilon::from_micros(units).map(Self::Epsilon),
            Self::Rho(_) => Rho::from_nanos(units).map(Self::Rho),
        }
    }

    /// Splits the loss into parts in the given proportions; the parts add up to it exactly.
    ///
    /// # Errors
    /// As [`Epsilon::split`] and [`Rho::split`].
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>> {
        Ok(match self {
            Self::Epsilon(epsilon) => {
                let parts = epsilon.split(weights)?.into_iter();
                parts.map(Self::Epsilon).collect()
            }
            Self::Rho(rho) => rho.split(weights)?.into_iter().map(Self::Rho).collect(),
        })
    }
}

impl From<Epsilon> for Loss {
    fn from(epsilon: Epsilon) -> Self {
        Self::Epsilon(epsilon)
    }
}

impl From<Rho> for Loss {
    fn from(rho: Rho) -> Self {
        Self::Rho(rho)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.measure(), self.value())
    }
}
