use erewhon_dp::{Query, noise_sd_people};
use erewhon_types::{Epsilon, Result};

/// What a [`Measure`] adds to the tables it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Nothing: the tables are exact, and the model made of them is marked internal.
    None,
    /// Discrete Laplace noise of scale `bound_units / epsilon` on every entry, after a charge of
    /// epsilon.
    DiscreteLaplace,
}

impl Noise {
    /// Standard deviation of the noise on one entry, in people.
    pub(crate) fn sd_people(self, query: &Query, epsilon: Epsilon) -> f64 {
        match self {
            Self::None => 0.0,
            Self::DiscreteLaplace => noise_sd_people(query, epsilon),
        }
    }
}

/// Turns contributions into a table. The session's measure clips, charges the ledger, adds noise.
pub trait Measure {
    /// Sums one sparse vector `(entry, units)` per subscriber into a table of `query.entries()`.
    ///
    /// # Errors
    /// Budget, when the charge is refused; resource, when the ledger can't be written.
    fn measure(
        &mut self,
        query: &Query,
        epsilon: Epsilon,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>>;

    /// What this measure adds. One that doesn't say is taken for exact: its model can't leave.
    fn noise(&self) -> Noise {
        Noise::None
    }
}
