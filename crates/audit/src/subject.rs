use std::collections::BTreeMap;

use erewhon_dp::Query;
use erewhon_events::EventSource;
use erewhon_fit::{FitSpec, Measure};
use erewhon_mobility::Public;
use erewhon_types::{Loss, Result};

/// The noisy vector of a query, drawn as the product draws it.
///
/// # Privacy
/// The vectors are the audit's own; nobody stands behind them.
pub trait NoisyVector {
    /// Adds up one sparse vector `(entry, units)` per subscriber and releases the table at `loss`.
    ///
    /// # Errors
    /// What the mechanism fails with.
    fn release(
        &self,
        query: &Query,
        loss: Loss,
        people: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>>;
}

/// What is audited: a fit with everything that leaves because of it.
pub trait Subject: NoisyVector {
    /// A measure that answers what `spec` asks with noise, worth epsilon 100.
    ///
    /// # Errors
    /// Resource, when it can't be made.
    fn measure(&self, spec: &FitSpec) -> Result<Box<dyn Measure + '_>>;

    /// Fits and returns everything that would leave, by name: files and the words of progress.
    ///
    /// # Errors
    /// What the fit refuses; that leaves as well.
    fn leave(
        &self,
        public: &Public<'_>,
        source: &dyn EventSource,
        spec: &FitSpec,
        measure: &mut dyn Measure,
    ) -> Result<BTreeMap<String, Vec<u8>>>;
}
