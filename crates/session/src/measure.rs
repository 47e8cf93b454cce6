use erewhon_dp::{Accumulator, Charge, Private, Query};
use erewhon_fit::Measure;
use erewhon_ledger::Purse;
use erewhon_types::{Epsilon, Result};

/// Pays from a release's purse, clips, and adds noise.
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
    ) -> Result<Private<Vec<i64>>> {
        let charge = Charge::mint(self.purse.pay(query.digest(), epsilon)?);
        let mut sums = Accumulator::new(query.clone());
        for contribution in contributions {
            sums.add(&contribution);
        }
        sums.finish().release(charge)
    }
}
