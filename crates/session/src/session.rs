use std::path::Path;

use erewhon_dp::{Exact, Permit};
use erewhon_events::{EventKind, EventSource, QualityReport};
use erewhon_fit::{FitSpec, Measure, Places};
use erewhon_geo::{CellTable, ZoneTree};
use erewhon_govern::Policy;
use erewhon_ledger::{ChargeRequest, Digest, Ledger};
use erewhon_mobility::{AnchorRule, Public};
use erewhon_model::Model;
use erewhon_store::{Manifest, Store, StoreSource};
use erewhon_types::{Calendar, Delta, Epsilon, Error, Result, Window};
use jiff::ToSpan;

use crate::{
    Asker, Vault,
    measure::PrivateMeasure,
    release::fit_record,
    split::{CONTROL_ONE_IN, Side},
};

/// An open store with the public knowledge around it.
pub struct Session {
    store: Store,
    manifest: Manifest,
    cells: CellTable,
    calendar: Calendar,
}

/// What a fit is for and what it may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitJob {
    /// Total privacy loss of the release.
    pub epsilon: Epsilon,
    /// Name of the release in the ledger; a name is charged once.
    pub release: String,
    /// A purpose of the policy.
    pub purpose: String,
    /// Who asks.
    pub who: String,
    /// The kinds of event that the layout can express, which synthetic records will keep to.
    pub kinds: Vec<EventKind>,
}

impl Session {
    /// Opens a store that holds at least one load. Its window is the span of its periods.
    ///
    /// # Errors
    /// Input, when there is no store or it is empty; data, when it was changed.
    pub fn open(store: &Path) -> Result<Self> {
        let none = || {
            Error::input(format!("`{}` holds no records", store.display()))
                .with_hint("fill it with `erewhon ingest`")
        };
        if !store.is_dir() {
            return Err(none());
        }
        let store = Store::create_or_open(store)?;
        let manifest = store.manifest().ok_or_else(none)?.clone();
        let window = span(&manifest).ok_or_else(none)?;
        let cells = store.cells()?;
        let calendar = Calendar::new(&window)?;
        Ok(Self {
            store,
            manifest,
            cells,
            calendar,
        })
    }

    /// The public cell table.
    pub const fn cells(&self) -> &CellTable {
        &self.cells
    }

    /// The public window.
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Whether a table joined the numbers of one person when the records were taken in; declared, so
    /// not private.
    pub const fn joins_persons(&self) -> bool {
        self.manifest.persons_digest.is_some()
    }

    /// A name for a new release: the window and a few random digits.
    ///
    /// No time, because a time would tell how long the work on the records took.
    ///
    /// # Errors
    /// Internal, when the machine gives no randomness.
    pub fn release_name(&self) -> Result<String> {
        let mut digits = [0; 4];
        getrandom::fill(&mut digits)
            .map_err(|error| Error::internal(format!("no randomness for a name: {error}")))?;
        let window = self.calendar.window();
        let digits = u32::from_be_bytes(digits);
        Ok(format!(
            "{}-{}d-{digits:08x}",
            window.first_day, window.days
        ))
    }

    /// Checks every file of the store against its manifest; how many there are is not told.
    ///
    /// # Errors
    /// Data, when a file is missing, changed or unsorted.
    pub fn check(&self) -> Result<()> {
        self.store.check().map(|_| ())
    }

    /// The store's manifest; its counts are exact.
    pub fn manifest(&self) -> Exact<Manifest> {
        Exact::new(self.manifest.clone())
    }

    /// What ingest saw of the newest load of the newest period.
    ///
    /// # Errors
    /// Internal, when the store has no load.
    pub fn quality(&self) -> Result<Exact<QualityReport>> {
        let newest = self.manifest.periods.last();
        let newest = newest.and_then(|period| period.loads.last());
        let newest = newest.ok_or_else(|| Error::internal("an open store has no load"))?;
        Ok(Exact::new(newest.quality.clone()))
    }

    pub(crate) fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn store_dir(&self) -> &Path {
        self.store.dir()
    }

    /// What the store's manifest is known by: it names every file with its digest.
    #[cfg(feature = "cluster")]
    pub(crate) fn manifest_digest(&self) -> Result<Digest> {
        let text = serde_json::to_vec(&self.manifest);
        let text = text.map_err(|_| Error::internal("a manifest can't be written as JSON"))?;
        Ok(Digest::of(&text))
    }

    /// All records, once every file is what was committed: a reader would take some damage for fewer
    /// records.
    ///
    /// # Errors
    /// As [`Session::check`].
    pub(crate) fn records(&self) -> Result<StoreSource> {
        self.check()?;
        self.unchecked()
    }

    /// All records, whatever their files are by now: to time how they are read, or to be checked by whoever
    /// reads some of them, and for nothing that is kept else.
    pub(crate) fn unchecked(&self) -> Result<StoreSource> {
        self.store.source()
    }

    /// Opens an exact value for an internal file, after who asks and why is on record.
    ///
    /// # Errors
    /// Refused, when the vault is not that of the records; budget, when the ledger can't be
    /// trusted; resource, when it can't be written.
    pub fn export<T>(
        &self,
        vault: &Vault,
        asker: &Asker,
        what: &str,
        value: Exact<T>,
    ) -> Result<T> {
        let mut ledger = self.ledger_of(vault)?;
        let receipt = ledger.record_export(&asker.who, &asker.why, what)?;
        Ok(value.open(Permit::mint(receipt)))
    }

    /// Fits a private model: reads, charges the whole release, then measures, then assembles.
    ///
    /// The control group of the attacks, a public share of the pseudonyms, stays out; the model's
    /// number of subscribers is that of everybody.
    ///
    /// Proof: session.proof.md
    ///
    /// # Privacy
    /// Neighbours add or remove all records of one subscriber; the loss is `job.epsilon`, in pure
    /// differential privacy or, where the population has a delta, the rho that this comes to there. It is
    /// charged before the first sum is made, and stays spent if anything
    /// fails afterwards.
    ///
    /// # Errors
    /// Refused, when the purpose is not in the policy; budget, when the ledger refuses the charge;
    /// usage, when the release was charged before.
    pub fn fit(
        &self,
        vault: &Vault,
        policy: &Policy,
        job: &FitJob,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Model> {
        policy.allow(&job.purpose)?;
        vault.check_key(&self.manifest.key_id)?;
        let records = self.records()?;
        let mut ledger = vault.ledger()?;
        let spec = FitSpec {
            persons: self.joins_persons(),
            ..fit_spec((job.epsilon, ledger.delta()?), &job.kinds)
        };
        // A plan that can't be followed is refused before it is paid for.
        erewhon_fit::plan(&self.public(), &self.zones(), &spec, 1)?;
        vault.bind_key(&ledger, &self.manifest.key_id)?;
        ledger.check_affords(&job.release, job.epsilon)?;
        let request = self.charge_of(job);
        let mut measure = PrivateMeasure::new(|| ledger.fill_purse(&request));
        let model = fit_members(&self.public(), &records, &spec, &mut measure, progress)?;
        drop(measure);
        // Before its files are written: what is released later must be this.
        ledger.record_fit(&fit_record(job, &model)?)?;
        Ok(model)
    }

    /// Refuses a vault that is not that of these records, before the work that it would have to log.
    ///
    /// # Errors
    /// Refused, when the vault is not that of the records; budget, when the ledger can't be trusted.
    pub fn admit(&self, vault: &Vault) -> Result<()> {
        self.ledger_of(vault).map(drop)
    }

    /// What the records are, whoever merges their files: the key of their pseudonyms, what was loaded and
    /// who has withdrawn.
    pub(crate) fn origin(&self) -> Result<Digest> {
        let manifest = &self.manifest;
        let loads = manifest.periods.iter().flat_map(|period| &period.loads);
        let inputs: Vec<_> = loads.map(|load| &load.quality.inputs).collect();
        let withdrawn = manifest.withdrawn.as_ref().map(|list| &list.blake3);
        let windows: Vec<_> = manifest
            .periods
            .iter()
            .map(|period| &period.window)
            .collect();
        let is = (&manifest.key_id, windows, inputs, withdrawn);
        let bytes = serde_json::to_vec(&is)
            .map_err(|_| Error::internal("what was loaded can't be written as JSON"))?;
        Ok(Digest::of(&bytes))
    }

    /// The ledger that pays for these records.
    pub(crate) fn ledger_of(&self, vault: &Vault) -> Result<Ledger> {
        vault.check_key(&self.manifest.key_id)?;
        let ledger = vault.ledger()?;
        vault.bind_key(&ledger, &self.manifest.key_id)?;
        Ok(ledger)
    }

    /// What a fit is charged, all at once.
    pub(crate) fn charge_of(&self, job: &FitJob) -> ChargeRequest {
        ChargeRequest {
            release: job.release.clone(),
            query_name: "all queries of the model".to_owned(),
            query_digest: *Digest::of(job.release.as_bytes()).bytes(),
            epsilon: job.epsilon,
            who: job.who.clone(),
            purpose: job.purpose.clone(),
            window: self.calendar.window().clone(),
        }
    }

    pub(crate) fn zones(&self) -> ZoneTree {
        ZoneTree::build(&self.cells)
    }
}

/// Everything of a fit but the paying: what a release holds may depend on the records through
/// `measure` alone. The audit runs it on made-up people.
pub(crate) fn fit_members(
    public: &Public<'_>,
    records: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
    progress: &mut dyn FnMut(&str),
) -> Result<Model> {
    let (members, zones) = (Side::members(records), ZoneTree::build(public.cells));
    let model = erewhon_fit::fit(public, &zones, &members, spec, measure, progress)?;
    model.validate()?;
    Ok(model)
}

/// The plan that `fit` follows at an epsilon, and at the delta of a population that has one.
pub(crate) fn fit_spec((epsilon, delta): (Epsilon, Option<Delta>), kinds: &[EventKind]) -> FitSpec {
    FitSpec {
        epsilon,
        delta,
        places: Places::Routine,
        anchors: AnchorRule::signalling(),
        kinds: kinds.to_vec(),
        control_one_in: Some(CONTROL_ONE_IN),
        persons: false,
    }
}

/// First day of the first period to last day of the last.
fn span(manifest: &Manifest) -> Option<Window> {
    let first_day = manifest.periods.iter().map(|p| p.window.first_day).min()?;
    let end = |window: &Window| {
        window
            .first_day
            .checked_add(i32::from(window.days).days())
            .ok()
    };
    let end = manifest
        .periods
        .iter()
        .filter_map(|p| end(&p.window))
        .max()?;
    let days = first_day.until(end).ok()?.get_days();
    let days = u16::try_from(days).ok()?;
    Some(Window {
        first_day,
        days,
        time_zone: manifest.time_zone.clone(),
    })
}

#[cfg(test)]
mod tests;
