use erewhon_dp::Query;
use erewhon_types::{Epsilon, Result};

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
}
