use erewhon_dp::Exact;
use erewhon_events::{EventKind, EventSource, EventTable};
use erewhon_fit::Places;
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_geo::ZoneTree;
use erewhon_model::Model;
use erewhon_types::{Epsilon, Result};
use erewhon_utility::{BaselineRow, Scene, UtilityReport, baseline_row};

use crate::{Session, measure::ExactMeasure, session::fit_spec};

/// What the same model family does without privacy, and what the field's baselines do.
pub struct Reference {
    /// RWP, WRWP, WHERE2 and WHERE3 on exact tables, then DP-WHERE on the private model.
    pub baselines: Vec<BaselineRow>,
    /// Real against WHERE2 on exact tables: what the model loses before any noise.
    pub utility: UtilityReport,
}

impl Session {
    /// Computes the internal references beside a private model's synthetic events; `kinds` are those
    /// that the model was fitted with.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn reference(
        &self,
        synthetic: &EventTable,
        kinds: &[EventKind],
        seed: u64,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Exact<Reference>> {
        progress("fitting without privacy");
        let model = self.exact_model(kinds)?;
        let source = self.source()?;
        let scene = Scene::new(self.public());
        let real = scene.profile(&source)?;
        let subscribers = u32::try_from(real.subscribers()).ok();
        let mut baselines = Vec::new();
        let mut utility = None;
        for variant in Variant::ALL {
            progress(variant.name());
            let spec = GenerateSpec {
                subscribers,
                seed,
                variant,
            };
            let made = generate(&model, self.cells(), self.calendar(), &spec)?;
            baselines.push(baseline_row(variant.name(), &scene, &real, &made)?);
            if variant == Variant::WhereTwo {
                let compared = erewhon_utility::compare(&self.public(), &source, &made, progress)?;
                utility = Some(compared);
            }
        }
        baselines.push(baseline_row(
            "DP-WHERE",
            &scene,
            &real,
            synthetic as &dyn EventSource,
        )?);
        Ok(Exact::new(Reference {
            baselines,
            utility: utility.unwrap_or_default(),
        }))
    }

    /// The model on exact tables of every subscriber; it never leaves this module.
    fn exact_model(&self, kinds: &[EventKind]) -> Result<Model> {
        // Without noise the epsilon has no effect but on rounding of the plan.
        let mut spec = fit_spec(Epsilon::from_micros(100_000_000)?, kinds);
        spec.places = Places::Three;
        erewhon_fit::fit(
            &self.public(),
            &ZoneTree::build(self.cells()),
            &self.source()?,
            &spec,
            &mut ExactMeasure,
            &mut |_| {},
        )
    }
}
