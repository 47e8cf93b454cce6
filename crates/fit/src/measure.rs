use erewhon_dp::{
    Private, Query, gaussian_reach_95_people, gaussian_sd_people, noise_reach_people,
    noise_sd_people,
};
use erewhon_types::{Error, Loss, Result};

use crate::PlannedQuery;

/// Answers queries with noise that was paid for.
///
/// What it answers is a [`Private`] table, which nothing but a release against a charge makes. So a
/// measure can't pass exact sums for noisy ones:
///
/// ```compile_fail,E0053
/// # use erewhon_dp::{Private, Query};
/// # use erewhon_fit::Measure;
/// # use erewhon_types::{Loss, Result};
/// struct Plain;
/// impl Measure for Plain {
///     fn measure(
///         &mut self,
///         query: &Query,
///         _loss: Loss,
///         _contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
///     ) -> Result<Vec<i64>> {
///         Ok(vec![0; query.entries()])
///     }
/// }
/// ```
/// ```
/// # use erewhon_dp::{Private, Query};
/// # use erewhon_fit::Measure;
/// # use erewhon_types::{Loss, Result};
/// struct Known(Private<Vec<i64>, Loss>);
/// impl Measure for Known {
///     fn measure(
///         &mut self,
///         _query: &Query,
///         _loss: Loss,
///         _contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
///     ) -> Result<Private<Vec<i64>, Loss>> {
///         Ok(self.0.clone())
///     }
/// }
/// ```
pub trait Measure {
    /// Sums one sparse vector `(entry, units)` per subscriber into a table of `query.entries()` and
    /// releases it at `loss`, with the noise that is charged in that measure.
    ///
    /// # Errors
    /// Budget, when the charge is refused; resource, when the ledger can't be written.
    fn measure(
        &mut self,
        query: &Query,
        loss: Loss,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>, Loss>>;
}

/// The noise on the tables of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// None: the tables are exact, and the model made of them is marked internal.
    None,
    /// That of `Bounded::release` or of `Bounded::release_gaussian`, as was paid for.
    Released,
}

impl Noise {
    /// Standard deviation of the noise on one entry, in people.
    pub(crate) fn sd_people(self, query: &Query, loss: Loss) -> f64 {
        match (self, loss) {
            (Self::None, _) => 0.0,
            (Self::Released, Loss::Epsilon(epsilon)) => noise_sd_people(query, epsilon),
            (Self::Released, Loss::Rho(rho)) => gaussian_sd_people(query, rho),
        }
    }

    /// How far the noise on one entry reaches at least 95 times in 100, in people.
    pub(crate) fn reach_95_people(self, query: &Query, loss: Loss) -> f64 {
        match (self, loss) {
            (Self::None, _) => 0.0,
            (Self::Released, Loss::Epsilon(epsilon)) => noise_reach_people(query, epsilon, 0.95),
            (Self::Released, Loss::Rho(rho)) => gaussian_reach_95_people(query, rho),
        }
    }
}

/// Where the tables of a fit come from. Crate-private: outside there is [`Measure`] alone.
pub(crate) trait Answers {
    fn noise(&self) -> Noise;

    /// Whether all answers were paid for: no other model may leave.
    fn is_paid(&self) -> bool;

    /// Standard deviation of what an answer is off by, in people.
    fn sd_people(&self, planned: &PlannedQuery) -> f64 {
        planned.noise_sd_people
    }

    /// A table of as many entries as the query has.
    fn answer(
        &mut self,
        planned: &PlannedQuery,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>>;
}

/// Tables that were paid for.
pub(crate) struct Paid<'a>(pub(crate) &'a mut dyn Measure);

impl Answers for Paid<'_> {
    fn noise(&self) -> Noise {
        Noise::Released
    }

    fn is_paid(&self) -> bool {
        true
    }

    /// Refuses an answer to another query, or at another price, than the statement will say.
    fn answer(
        &mut self,
        planned: &PlannedQuery,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let (query, loss) = (&planned.query, planned.loss);
        let table = self.0.measure(query, loss, contributions)?;
        if table.query() != query || table.loss() != loss {
            return Err(Error::internal(format!(
                "the answer to query `{}` at {loss} is that to `{}` at {}",
                query.name(),
                table.query().name(),
                table.loss()
            )));
        }
        Ok(table.into_value())
    }
}

/// Plain sums.
pub(crate) struct Sums;

impl Answers for Sums {
    fn noise(&self) -> Noise {
        Noise::None
    }

    fn is_paid(&self) -> bool {
        false
    }

    fn answer(
        &mut self,
        planned: &PlannedQuery,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let mut sums = vec![0; planned.query.entries()];
        for (entry, units) in contributions.flatten() {
            if let Some(sum) = sums.get_mut(entry as usize) {
                *sum += i64::from(units);
            }
        }
        Ok(sums)
    }
}

/// What becomes of one query of a fit, all others being paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ablation {
    /// It is answered without noise: as good as any share of the budget could make it.
    Exact,
    /// It is not asked: priors stand in for it.
    Blank,
}

/// An answer that nothing is known of may be off by so many people.
const UNKNOWN_PEOPLE: f64 = 1e9;

/// Tables that were paid for, but for one.
pub(crate) struct Ablated<'a> {
    pub(crate) paid: Paid<'a>,
    pub(crate) query: &'a str,
    pub(crate) ablation: Ablation,
}

impl Answers for Ablated<'_> {
    fn noise(&self) -> Noise {
        Noise::Released
    }

    fn is_paid(&self) -> bool {
        false
    }

    fn sd_people(&self, planned: &PlannedQuery) -> f64 {
        match self.ablation {
            _ if planned.query.name() != self.query => planned.noise_sd_people,
            Ablation::Exact => 0.0,
            Ablation::Blank => UNKNOWN_PEOPLE,
        }
    }

    fn answer(
        &mut self,
        planned: &PlannedQuery,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        match self.ablation {
            _ if planned.query.name() != self.query => self.paid.answer(planned, contributions),
            Ablation::Exact => Sums.answer(planned, contributions),
            Ablation::Blank => Sums.answer(planned, &mut std::iter::empty()),
        }
    }
}
