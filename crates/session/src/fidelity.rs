use erewhon_dp::Exact;
use erewhon_events::{EventKind, EventSource};
use erewhon_fit::{Ablation, Places, fit_ablated};
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_model::Model;
use erewhon_store::StoreSource;
use erewhon_types::{Error, Result};
use erewhon_utility::{Better, Trajectories, TrajectoryQueries, TrajectoryTruth, Truth};

use crate::{
    FitJob, Session, Vault,
    measure::PrivateMeasure,
    session::fit_spec,
    split::{Side, is_control},
};
use tables::{Commuters, Entered};

mod tables;

/// The real records, read once, for any number of synthetic sets to be held against.
///
/// # Privacy
/// None: every figure is exact, and leaves through [`Session::export`] alone.
pub struct Fidelity<'a> {
    session: &'a Session,
    records: StoreSource,
    truth: Truth<'a>,
    commuters: Commuters,
    trajectories: Option<TrajectoryTruth<'a>>,
}

/// One figure of one synthetic set.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Stable name.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Unit for people; empty where there is none, and where the title says it.
    pub unit: String,
    /// Which direction is good; none where the figure has a sign and is best at nought.
    pub better: Option<Better>,
    /// Real against synthetic; absent where it can't be computed.
    pub value: Option<f64>,
    /// The same between two halves of the real subscribers, where that is computed.
    pub halves: Option<f64>,
}

impl Session {
    /// Reads the real side; with queries, also as trajectories.
    ///
    /// # Errors
    /// Data, when a file of the store is not what was committed; what reading it fails with. With
    /// queries as [`TrajectoryQueries::check`]; input, when there is no trajectory.
    pub fn fidelity<'a>(&'a self, queries: Option<&'a TrajectoryQueries>) -> Result<Fidelity<'a>> {
        let records = self.records()?;
        let trajectories = queries.map(|queries| {
            queries.check(self.cells())?;
            let real = Trajectories::of_days(self.public(), &records)?;
            TrajectoryTruth::new(&real, queries).ok_or_else(|| {
                Error::input("no subscriber has two events on one day: there is no trajectory")
                    .with_hint("leave the queries out, or name records that follow people")
            })
        });
        Ok(Fidelity {
            session: self,
            trajectories: trajectories.transpose()?,
            truth: Truth::read(self.public(), &records, &is_control)?,
            commuters: Commuters::read(self.public(), &records)?,
            records,
        })
    }
}

impl Fidelity<'_> {
    /// Every figure of synthetic events: of trajectories, where there are queries, then the measures of
    /// [`UtilityReport`](crate::UtilityReport). The same ones in the same order for every set.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn compare(&self, synthetic: &dyn EventSource) -> Result<Exact<Vec<Figure>>> {
        self.figures(synthetic).map(Exact::new)
    }

    /// The figures of what `fit` and `generate` would make without noise, on tables of every
    /// subscriber: what the model can't say at any epsilon. It is fitted once and drawn from with the
    /// seeds from 1 to `draws`.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn ceiling(&self, kinds: &[EventKind], draws: u16) -> Result<Exact<Vec<Vec<Figure>>>> {
        let session = self.session;
        let model = session.exact_model(&self.records, kinds, Places::Routine)?;
        let draw = |seed: u16| {
            let spec = GenerateSpec {
                subscribers: u32::try_from(self.truth.subscribers()).ok(),
                seed: seed.into(),
                variant: Variant::default(),
            };
            let drawn = generate(&model, session.cells(), session.calendar(), &spec)?;
            let mut figures = self.figures(&drawn)?;
            figures.extend(self.figures_of_tables(&model, Entered::Everybody, &drawn)?);
            Ok(figures)
        };
        let sets: Result<_> = (1..=draws).map(draw).collect();
        Ok(Exact::new(sets?))
    }

    /// The figures of what a fit and a draw make when one query of the fit is answered without noise, or left
    /// blank: what its share of the budget is worth. All others are paid for, as by
    /// [`Session::fit`](crate::Session::fit).
    ///
    /// # Errors
    /// As [`Session::fit`](crate::Session::fit) but for its purpose; usage, when no query has that name or it
    /// can't be left blank.
    pub fn ablated(
        &self,
        vault: &Vault,
        job: &FitJob,
        what: (&str, Ablation),
        seed: u64,
    ) -> Result<Exact<Vec<Figure>>> {
        let session = self.session;
        let mut ledger = session.ledger_of(vault)?;
        let request = session.charge_of(job);
        let delta = ledger.delta()?;
        let mut measure = PrivateMeasure::new(|| ledger.fill_purse(&request));
        let model = fit_ablated(
            &session.public(),
            &session.zones(),
            &Side::members(&self.records),
            &fit_spec((job.epsilon, delta), &job.kinds),
            what,
            &mut measure,
        )?;
        let spec = GenerateSpec {
            subscribers: None,
            seed,
            variant: Variant::default(),
        };
        let drawn = generate(&model, session.cells(), session.calendar(), &spec)?;
        let mut figures = self.figures(&drawn)?;
        figures.extend(self.figures_of_tables(&model, Entered::Members, &drawn)?);
        Ok(Exact::new(figures))
    }

    /// How true the tables of a model are, and the pairs of home and work of what was drawn from it.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn compare_tables(
        &self,
        model: &Model,
        synthetic: &dyn EventSource,
    ) -> Result<Exact<Vec<Figure>>> {
        self.figures_of_tables(model, Entered::Members, synthetic)
            .map(Exact::new)
    }

    fn figures_of_tables(
        &self,
        model: &Model,
        entered: Entered,
        synthetic: &dyn EventSource,
    ) -> Result<Vec<Figure>> {
        let drawn = Commuters::read(self.session.public(), synthetic)?;
        Ok(self.commuters.figures(model, entered, &drawn))
    }

    fn figures(&self, synthetic: &dyn EventSource) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        if let Some(truth) = &self.trajectories {
            let synthetic = Trajectories::of_days(self.session.public(), synthetic)?;
            figures.extend(truth.score(&synthetic).into_iter().map(|score| Figure {
                id: score.id,
                title: score.title,
                unit: String::new(),
                better: Some(score.better),
                value: score.value,
                halves: None,
            }));
        }
        let report = self.truth.compare(synthetic)?;
        figures.extend(report.measures.into_iter().map(|measure| Figure {
            id: measure.id,
            title: measure.title,
            unit: measure.unit,
            better: Some(measure.better),
            value: measure.value,
            halves: measure.sampling_error,
        }));
        Ok(figures)
    }
}
