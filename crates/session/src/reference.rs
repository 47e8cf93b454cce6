use erewhon_dp::Exact;
use erewhon_events::{EventKind, EventSource};
use erewhon_fit::Places;
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_model::Model;
use erewhon_types::{Epsilon, Result};
use erewhon_utility::{BaselineRow, Truth, UtilityReport};

use crate::{
    Session,
    session::fit_spec,
    split::{Side, is_control},
};

/// How far synthetic events are from the real ones, and how far others would be.
pub struct Utility {
    /// Real against the private model's synthetic events.
    pub private: UtilityReport,
    /// Real against the routine model on exact tables: what the model loses before any noise.
    pub without_privacy: UtilityReport,
    /// RWP, WRWP, WHERE2, WHERE3 and routine on exact tables, then the release, which is `private`.
    pub baselines: Vec<BaselineRow>,
}

impl Session {
    /// Compares synthetic with real events, beside the same model family without privacy and the
    /// field's baselines; `kinds` are those that the model was fitted with.
    ///
    /// # Errors
    /// Data, when a file of the store is not what was committed; what reading it fails with.
    pub fn utility(
        &self,
        synthetic: &dyn EventSource,
        kinds: &[EventKind],
        seed: u64,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Exact<Utility>> {
        progress("reading the real records");
        let records = self.records()?;
        let truth = Truth::read(self.public(), &records, &is_control)?;
        progress("comparing");
        let private = truth.compare(synthetic)?;
        progress("fitting without privacy");
        // Of those who enter a fit: the others are examined on.
        let members = Side::members(&records);
        let model = self.exact_model(&members, kinds, Places::All)?;
        let mut baselines = Vec::new();
        let mut without_privacy = None;
        for variant in Variant::ALL {
            progress(variant.name());
            let spec = GenerateSpec {
                subscribers: u32::try_from(truth.subscribers()).ok(),
                seed,
                variant,
            };
            let made = generate(&model, self.cells(), self.calendar(), &spec)?;
            let compared = truth.compare(&made)?;
            baselines.push(BaselineRow::new(variant.name(), &compared));
            if variant == Variant::default() {
                without_privacy = Some(compared);
            }
        }
        baselines.push(BaselineRow::new("release", &private));
        Ok(Exact::new(Utility {
            private,
            without_privacy: without_privacy.unwrap_or_default(),
            baselines,
        }))
    }

    /// The model on exact tables of every subscriber; it never leaves this crate.
    pub(crate) fn exact_model(
        &self,
        records: &dyn EventSource,
        kinds: &[EventKind],
        places: Places,
    ) -> Result<Model> {
        // Without noise the epsilon has no effect but on rounding of the plan.
        let mut spec = fit_spec((Epsilon::from_micros(100_000_000)?, None), kinds);
        spec.places = places;
        spec.control_one_in = None;
        erewhon_fit::fit_exactly(&self.public(), &self.zones(), records, &spec)
    }
}
