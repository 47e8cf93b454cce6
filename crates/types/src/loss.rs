use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Delta, Epsilon, Error, Result, Rho};

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

/// What is claimed of a release: an epsilon and, in a population that is kept in rho, the delta at which it
/// holds and the rho that it follows from.
///
/// ```
/// use erewhon_types::Guarantee;
/// let pure = Guarantee { epsilon: "1".parse()?, concentrated: None };
/// assert_eq!(pure.to_string(), "epsilon 1");
/// let concentrated = Some(("1e-6".parse()?, "0.024".parse()?));
/// let rho = Guarantee { concentrated, ..pure };
/// assert_eq!(rho.to_string(), "epsilon 1 at delta 1e-6 (rho 0.024)");
/// assert_eq!(rho.of_several(), "k^2 times rho 0.024");
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct Guarantee {
    /// The bound on the loss.
    pub epsilon: Epsilon,
    /// Its delta, and what adds up; `None` for pure epsilon.
    pub concentrated: Option<(Delta, Rho)>,
}

/// How a guarantee is written: `epsilon`, or `epsilon`, `delta` and `rho`.
#[derive(Serialize, Deserialize)]
struct Stated {
    epsilon: Epsilon,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delta: Option<Delta>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rho: Option<Rho>,
}

impl Guarantee {
    /// What counts.
    pub fn loss(self) -> Loss {
        self.concentrated
            .map_or(self.epsilon.into(), |(_, rho)| rho.into())
    }

    /// The delta; `None` for pure epsilon.
    pub fn delta(self) -> Option<Delta> {
        self.concentrated.map(|(delta, _)| delta)
    }

    /// What *k* subscribers lose who are one person: by how much that is more.
    pub fn of_several(self) -> String {
        match self.loss() {
            Loss::Epsilon(_) => format!("k times {}", self.loss()),
            Loss::Rho(_) => format!("k^2 times {}", self.loss()),
        }
    }
}

impl TryFrom<Stated> for Guarantee {
    type Error = Error;

    fn try_from(stated: Stated) -> Result<Self> {
        if stated.delta.is_some() != stated.rho.is_some() {
            return Err(
                Error::input("a privacy loss has `delta` or `rho` and not both")
                    .with_hint("state both, or neither for pure epsilon"),
            );
        }
        Ok(Self {
            epsilon: stated.epsilon,
            concentrated: stated.delta.zip(stated.rho),
        })
    }
}

impl From<Guarantee> for Stated {
    fn from(guarantee: Guarantee) -> Self {
        Self {
            epsilon: guarantee.epsilon,
            delta: guarantee.delta(),
            rho: guarantee.concentrated.map(|(_, rho)| rho),
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epsilon {}", self.epsilon)?;
        match self.concentrated {
            None => Ok(()),
            Some((delta, rho)) => write!(f, " at delta {delta} (rho {rho})"),
        }
    }
}
