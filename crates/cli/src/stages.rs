//! The stages of a run, each a function of a run directory.

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use erewhon_model::Model;
use erewhon_report::{PetStatement, Usefulness, attacks_csv, measures_csv, risk_page};
use erewhon_session::{
    Committed, EventTable, Exact, FitJob, Game, Held, IngestJob, Ingested, Lab, Mapping, Policy,
    QualityReport, ReadAnonymised, RiskPolicy, RiskReport, RiskSpec, RiskVerdict, Session, Utility,
    Vault, What, Written, games, generate, ingest, model_files, read_private_model, read_synthetic,
    write_atomically, write_internal, write_released, write_synthetic,
};
use erewhon_types::{Calendar, Error, Guarantee, Kind, Result, Window};
use serde::Serialize;

use crate::{
    args::{GenerateArgs, IngestArgs, SpendArgs},
    dirs::{Drawn, RunDir, RunFile, give_back},
    interrupt::Watch,
    out, pages,
    ui::Ui,
    vain::leave_nothing,
};

/// Records in the run's store, and what ingest saw of them.
pub(crate) struct Loaded {
    quality: Exact<QualityReport>,
    /// Whether the store changed.
    pub(crate) committed: Committed,
}

/// Reads the records into the run's store; the same records again change nothing.
pub(crate) fn load_records(
    run: &RunDir,
    vault: &Vault,
    job: &IngestJob,
    ui: &Ui,
) -> Result<Loaded> {
    let mut stage = ui.stage("ingest");
    let Ingested {
        quality,
        committed,
        hardly_meets_window,
        nobody_opted_out,
    } = load(run, vault, job, &mut |done, total| stage.at(done, total))?;
    stage.finish();
    if hardly_meets_window {
        ui.say(&format!(
            "attention: most of the {} days from {} ({}) have no event at all: are --first-day, \
             --days and --time-zone right?",
            job.window.days, job.window.first_day, job.window.time_zone
        ));
    }
    if nobody_opted_out {
        ui.say(
            "attention: no record is of anybody who has opted out: does the list write numbers as \
             the records do (number or IMSI, country code)?",
        );
    }
    Ok(Loaded { quality, committed })
}

/// What fails, or is stopped, leaves nothing but rows set aside.
fn load(
    run: &RunDir,
    vault: &Vault,
    job: &IngestJob,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Ingested> {
    let watch = Watch::start(&job.stop)?;
    let ingested = ingest(vault, &run.store(), job, progress);
    drop(watch);
    if job.stop.load(Ordering::Relaxed) && ingested.is_ok() {
        // The request came when the load was as good as whole: nothing may follow it.
        return Err(Error::new(
            Kind::Resource,
            "stopped: the load is whole, and nothing was spent",
        )
        .with_hint("the same command goes on from it"));
    }
    ingested.inspect_err(|_| leave_nothing(run))
}

/// Writes the quality report, and what later stages need to know.
pub(crate) fn write_quality(
    run: &RunDir,
    vault: &Vault,
    args: &IngestArgs,
    loaded: Loaded,
) -> Result<QualityReport> {
    let session = Session::open(&run.store())?;
    let asker = args.vault.asker("ingest");
    let quality = session.export(vault, &asker, "quality", loaded.quality)?;
    run.write("quality.json", "erewhon.quality.v3", &quality)?;
    let window = session.calendar().window();
    pages::write_quality_page(run, window, &args.public.format, &quality)?;
    if run.run_file().is_err() {
        run.write_run_file(&RunFile {
            mapping: Mapping::load(&args.public.format)?
                .in_zone(&session.calendar().window().time_zone),
            format: args.public.format.clone(),
            release: None,
            purpose: None,
            drawn: None,
            commands: Vec::new(),
            stages: Vec::new(),
        })?;
    }
    Ok(quality)
}

/// Charges the ledger, fits the model and writes it with its privacy statement.
pub(crate) fn fit_model(
    run: &RunDir,
    vault: &Vault,
    spend: &SpendArgs,
    who: String,
    ui: &Ui,
) -> Result<Model> {
    if run.has_model() {
        return Err(
            Error::usage(format!("`{}` is there already", run.model().display()))
                .with_hint("use a new run directory; what was spent on this model stays spent"),
        );
    }
    let session = Session::open(&run.store())?;
    let mut file = run.run_file()?;
    let job = FitJob {
        epsilon: spend.epsilon,
        release: session.release_name()?,
        purpose: spend.purpose.clone(),
        who,
        kinds: file.mapping.kinds(),
    };
    if let Some(lost) = file.release.replace(job.release.clone())
        && let Some(epsilon) = vault.ledger()?.summary()?.charged_for(&lost)
    {
        ui.say(&format!(
            "A fit that was stopped here had been charged epsilon {epsilon} before its model was \
             written: that stays spent, and this fit is charged anew."
        ));
    }
    file.purpose = Some(job.purpose.clone());
    // Before the charge, so that a charge without a model is known by its name.
    run.write_run_file(&file)?;
    let mut room = Some(run.take_room(session.cells().len())?);
    let mut stage = ui.stage("fit");
    let model = session.fit(vault, &Policy::default(), &job, &mut |what| {
        give_back(&mut room, what);
        stage.note(what);
    })?;
    for (name, bytes) in model_files(&model)? {
        write_released(&run.release().join(name), &bytes)?;
    }
    // Last: a model that is there means a fit that is complete.
    model.write(&run.model())?;
    stage.finish();
    Ok(model)
}

/// Draws the run's synthetic records from the model and writes them in the layout of the input.
pub(crate) fn generate_records(
    run: &RunDir,
    subscribers: Option<u32>,
    seed: u64,
    ui: &Ui,
) -> Result<Written> {
    run.check_model()?;
    let model = read_private_model(&run.model())?;
    let mut file = run.run_file()?;
    let drawn = Drawn { subscribers, seed };
    file.drawn = Some(drawn);
    run.write_run_file(&file)?;
    let stage = ui.stage("generate");
    let (cells, calendar) = (model.cell_table()?, model.calendar()?);
    let synthetic = generate(&model, &cells, &calendar, &drawn.spec())?;
    let written = write_synthetic(&run.synthetic(), &file.mapping, &cells, synthetic.parts())?;
    stage.finish();
    Ok(written)
}

/// Draws synthetic records from the run's model into another file: any layout, any number of days.
pub(crate) fn generate_apart(
    run: &RunDir,
    out: &Path,
    args: &GenerateArgs,
    ui: &Ui,
) -> Result<Written> {
    out::check_apart(run, out, args.overwrite)?;
    run.check_model()?;
    let model = read_private_model(&run.model())?;
    let window = Window {
        days: args.days.unwrap_or(model.frame.window.days),
        ..model.frame.window.clone()
    };
    let (cells, calendar) = (model.cell_table()?, Calendar::new(&window)?);
    let mapping = match &args.format {
        Some(format) => Mapping::load(format)?.in_zone(&window.time_zone),
        None => run.run_file()?.mapping,
    };
    let stage = ui.stage("generate");
    let drawn = Drawn {
        subscribers: args.subscribers,
        seed: args.seed,
    };
    let synthetic = generate(&model, &cells, &calendar, &drawn.spec())?;
    let written = write_synthetic(out, &mapping, &cells, synthetic.parts())?;
    stage.finish();
    Ok(written)
}

/// The synthetic records of a run, as an outsider would read them.
pub(crate) fn load_synthetic(run: &RunDir, session: &Session) -> Result<EventTable> {
    let mapping = run.run_file()?.mapping;
    read_synthetic(
        &run.synthetic(),
        &mapping,
        session.cells(),
        session.calendar(),
    )
    .map_err(|error| error.with_hint("make them with `erewhon generate`"))
}

/// What a test found: a JSON value, and a table that says INTERNAL in each row.
pub(crate) struct Found {
    pub(crate) value: serde_json::Value,
    pub(crate) csv: String,
}

impl Found {
    fn new<T: Serialize>(value: &T, csv: String) -> Result<Self> {
        let value = serde_json::to_value(value)
            .map_err(|_| Error::internal("what a test found can't be written as JSON"))?;
        Ok(Self { value, csv })
    }
}

/// Compares synthetic with real records, beside the references without privacy.
pub(crate) fn measure_utility(
    run: &RunDir,
    vault: &Vault,
    who: &erewhon_session::Asker,
    seed: u64,
    ui: &Ui,
) -> Result<Found> {
    let session = Session::open(&run.store())?;
    // Before the work: what can't be logged is not opened afterwards.
    session.admit(vault)?;
    let synthetic = load_synthetic(run, &session)?;
    let mut stage = ui.stage("utility");
    let kinds = run.run_file()?.mapping.kinds();
    let utility = session.utility(&synthetic, &kinds, seed, &mut |what| stage.note(what))?;
    let Utility {
        private,
        without_privacy,
        baselines,
    } = session.export(vault, who, "utility", utility)?;
    let found = Found::new(&private, measures_csv(&private, &without_privacy))?;
    if run.can_write() {
        write_atomically(&run.internal("measures.csv"), found.csv.as_bytes())?;
        run.write("utility.json", "erewhon.utility.v2", &private)?;
        run.write("reference.json", "erewhon.utility.v2", &without_privacy)?;
        run.write("baselines.json", "erewhon.baselines.v1", &baselines)?;
    }
    stage.finish();
    Ok(found)
}

/// What attacks are told in.
pub(crate) const RISK_SCHEMA: &str = "erewhon.risk.v4";

/// Which attacks are run on what, and where the result goes.
pub(crate) struct RiskJob {
    /// As on the command line; the run's own where empty.
    pub(crate) releases: Vec<String>,
    pub(crate) games: Vec<&'static Game>,
    pub(crate) policy: Option<RiskPolicy>,
    /// Where the figures go, if not to `internal/`.
    pub(crate) report: Option<RiskFiles>,
    pub(crate) spec: RiskSpec,
}

impl RiskJob {
    /// Every attack on the run's own records and release.
    pub(crate) fn whole(seed: u64) -> Result<Self> {
        Ok(Self {
            releases: Vec::new(),
            games: games(&["all"])?,
            policy: None,
            report: None,
            spec: RiskSpec {
                seed,
                ..RiskSpec::default()
            },
        })
    }

    /// What the files in `internal/` are called: the run's own release has a place of its own.
    pub(crate) const fn name(&self) -> &'static str {
        if self.releases.is_empty() {
            "risk"
        } else {
            "attacked"
        }
    }
}

/// The page, the figures and the table of attacks that go elsewhere, by the page's name.
pub(crate) struct RiskFiles([PathBuf; 3]);

impl RiskFiles {
    /// # Errors
    /// Usage, when the page is no page or lies in a run, or when something else is in the way.
    pub(crate) fn beside(page: &Path, run: &RunDir, overwrite: bool) -> Result<Self> {
        if page.extension().is_none_or(|ending| ending != "html") {
            return Err(
                Error::usage(format!("`{}` does not end in .html", page.display())).with_hint(
                    "name a page; its figures are written beside it, ending in .json and .csv",
                ),
            );
        }
        let files = Self([
            page.to_owned(),
            page.with_extension("json"),
            page.with_extension("csv"),
        ]);
        for file in &files.0 {
            out::check_apart(run, file, overwrite)?;
            out::check_is_ours(file)?;
        }
        Ok(files)
    }
}

/// Runs attacks; what was found, and how it was judged by the policy.
pub(crate) fn measure_risk(
    run: &RunDir,
    vault: &Vault,
    who: &erewhon_session::Asker,
    job: &RiskJob,
    ui: &Ui,
) -> Result<(Found, Option<RiskVerdict>)> {
    let session = Session::open(&run.store())?;
    // Before the work: what can't be logged is not opened afterwards.
    session.admit(vault)?;
    // Records can be attacked before anything is fitted to them.
    let model = run.has_model().then(|| read_private_model(&run.model()));
    let model = model.transpose()?;
    let statement = model.as_ref().and_then(Model::statement);
    let claim = statement.map(|statement| statement.guarantee);
    let own = ["raw".to_owned(), "synthetic".to_owned()];
    let asked = if job.releases.is_empty() {
        &own[..]
    } else {
        &job.releases
    };
    let files = asked
        .iter()
        .map(|name| Loadable::load(run, &session, name))
        .collect::<Result<Vec<_>>>()?;
    let held: Vec<Held<'_>> = asked
        .iter()
        .zip(&files)
        .map(|(name, file)| file.held(name, claim))
        .collect();
    let mut stage = ui.stage("risk");
    let risk = session.attack(held, &job.games, &job.spec, &mut |what| stage.note(what))?;
    let mut risk = session.export(vault, who, "risk", risk)?;
    risk.verdict = job.policy.as_ref().map(|policy| policy.judge(&risk));
    let name = job.name();
    // A report that an older version wrote is nothing to compare with.
    if let Ok(before) = run.read(&format!("{name}.json"), "erewhon risk run") {
        risk.compare(&before);
    }
    let found = Found::new(&risk, attacks_csv(&risk))?;
    let file = run.run_file()?;
    let pet =
        statement.map(|statement| PetStatement::of(file.purpose.as_deref(), statement, &risk));
    let provenance = match &model {
        Some(model) => pages::provenance(model, &file),
        None => pages::provenance_of("Records", session.calendar().window(), &file.format),
    };
    let page = risk_page(&provenance, &risk, &[], pet.as_ref());
    let content = RiskFile {
        risk: &risk,
        pet: pet.as_ref(),
    };
    let own = || ["html", "json", "csv"].map(|ending| run.internal(&format!("{name}.{ending}")));
    let elsewhere = job.report.as_ref().map(|files| files.0.clone());
    if elsewhere.is_some() || run.can_write() {
        let [html, json, csv] = elsewhere.unwrap_or_else(own);
        write_atomically(&csv, found.csv.as_bytes())?;
        write_internal(&json, RISK_SCHEMA, &content)?;
        write_atomically(&html, page.as_bytes())?;
    }
    stage.finish();
    let verdict = risk.verdict.take();
    Ok((found, verdict))
}

/// What `risk.json` holds: the report, and what the run says of itself.
#[derive(Serialize)]
struct RiskFile<'a> {
    #[serde(flatten)]
    risk: &'a RiskReport,
    pet: Option<&'a PetStatement>,
}

/// What a release's word on the command line stands for.
enum Loadable {
    /// Nothing to load: it is made of the run's own records.
    Own,
    Synthetic(EventTable),
    Model(Box<Model>),
    Anonymised(ReadAnonymised),
}

impl Loadable {
    fn load(run: &RunDir, session: &Session, name: &str) -> Result<Self> {
        let path = Path::new(name);
        match name {
            "raw" | "counts" => Ok(Self::Own),
            "synthetic" | "synthetic-counts" => load_synthetic(run, session).map(Self::Synthetic),
            "tables" => Ok(Self::Model(Box::new(read_private_model(&run.model())?))),
            _ if path.is_dir() => session.read_anonymised(path).map(Self::Anonymised),
            _ if path.is_file() => {
                let mapping = run.run_file()?.mapping;
                read_synthetic(path, &mapping, session.cells(), session.calendar())
                    .map(Self::Synthetic)
            }
            _ => Err(
                Error::input(format!("there is no release `{name}`")).with_hint(
                    "allowed: raw, counts, synthetic, synthetic-counts, tables, a directory that \
                     `erewhon anonymise` made, or a file of synthetic records in the run's layout",
                ),
            ),
        }
    }

    fn held(&self, name: &str, claim: Option<Guarantee>) -> Held<'_> {
        let foreign = |name: &str, what| Held {
            name: name.to_owned(),
            claim: None,
            what,
        };
        match (self, name) {
            (Self::Own, "counts") => Held::counts(),
            (Self::Own, _) => Held::raw(),
            (Self::Synthetic(records), "synthetic") => Held::synthetic(records, claim),
            (Self::Synthetic(records), "synthetic-counts") => {
                Held::synthetic_counts(records, claim)
            }
            (Self::Model(model), _) => Held::measured(model),
            (Self::Synthetic(records), _) => foreign(name, What::Synthetic(records)),
            (Self::Anonymised(read), _) => foreign(
                &read.name,
                What::Disclosed {
                    disclosed: &read.disclosed,
                    synthetic: read.claims_synthetic,
                },
            ),
        }
    }
}

/// Attacks everything that could be made of a run, beside how useful it is.
pub(crate) fn measure_matrix(
    run: &RunDir,
    vault: &Vault,
    who: &erewhon_session::Asker,
    (games, spec): (&[&Game], &RiskSpec),
    ui: &Ui,
) -> Result<Found> {
    let session = Session::open(&run.store())?;
    session.admit(vault)?;
    let synthetic = load_synthetic(run, &session)?;
    let (model, file) = (read_private_model(&run.model())?, run.run_file()?);
    let held = Held::all(&synthetic, &model, file.mapping.kinds())?;
    let mut stage = ui.stage("risk matrix");
    let lab = session.lab(held, games, spec, &mut |what| stage.note(what))?;
    let Lab {
        mut risk,
        presence_error_km,
    } = session.export(vault, who, "risk matrix", lab)?;
    if let Ok(before) = run.read("matrix.json", "erewhon risk matrix") {
        risk.compare(&before);
    }
    let found = Found::new(&risk, attacks_csv(&risk))?;
    let useful: Vec<Usefulness> = presence_error_km
        .into_iter()
        .map(|(release, presence_error_km)| Usefulness {
            release,
            presence_error_km,
        })
        .collect();
    let page = risk_page(&pages::provenance(&model, &file), &risk, &useful, None);
    write_atomically(&run.internal("matrix.csv"), found.csv.as_bytes())?;
    run.write("matrix.json", RISK_SCHEMA, &risk)?;
    write_atomically(&run.internal("matrix.html"), page.as_bytes())?;
    stage.finish();
    Ok(found)
}
