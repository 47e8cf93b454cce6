use erewhon_dp::{Accumulator, Charge, Query};
use erewhon_fit::{Measure, Noise};
use erewhon_ledger::Purse;
use erewhon_types::{Epsilon, Result};

/// Pays from a release's purse, clips, and adds noise: the only measure whose model may leave.
pub(crate) struct PrivateMeasure {
    purse: Purse,
}

impl PrivateMeasure {
    pub(crate) const fn new(purse: Purse) -> Self {
        Self { purse }
    }
}

impl Measure for PrivateMeasure {
    fn measure(
        &mut self,
        query: &Query,
        epsilon: Epsilon,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let charge = Charge::mint(self.purse.pay(query.digest(), epsilon)?);
        let mut sums = Accumulator::new(query.clone());
        for contribution in contributions {
            sums.add(&contribution);
        }
        Ok(sums.finish().release(charge)?.into_value())
    }

    fn noise(&self) -> Noise {
        Noise::DiscreteLaplace
    }
}

/// Plain sums, for references that stay inside an `Exact`.
pub(crate) struct ExactMeasure;

impl Measure for ExactMeasure {
    fn measure(
        &mut self,
        query: &Query,
        _epsilon: Epsilon,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let mut sums = vec![0; query.entries()];
        for (entry, units) in contributions.flatten() {
            if let Some(sum) = sums.get_mut(entry as usize) {
                *sum += i64::from(units);
            }
        }
        Ok(sums)
    }

    fn noise(&self) -> Noise {
        Noise::None
    }
}
