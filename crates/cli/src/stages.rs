//! The stages of a run, each a function of a run directory.

use erewhon_model::Model;
use erewhon_report::{attacks_csv, measures_csv};
use erewhon_risk::RiskSpec;
use erewhon_session::{
    EventTable, FitJob, GenerateSpec, IngestJob, Mapping, Policy, QualityReport, Session, Utility,
    Variant, Vault, generate, ingest, read_synthetic, write_atomically, write_synthetic,
};
use erewhon_types::{Error, Result, Window};

use crate::{
    args::{IngestArgs, SpendArgs},
    dirs::{RunDir, RunFile},
    ui::Ui,
};

/// Reads the records into the run's store and writes the quality report.
pub(crate) fn ingest_records(
    run: &RunDir,
    vault: &Vault,
    args: &IngestArgs,
    ui: &Ui,
) -> Result<QualityReport> {
    let job = IngestJob {
        files: args.events.clone(),
        mapping: Mapping::load(&args.format)?,
        cells: args.cells.clone(),
        window: Window::parse(&args.first_day, args.days, &args.time_zone)?,
        max_quarantined_share: args.max_quarantined_share,
    };
    // Before any record is read: a vault that can't log must not open anything exact later.
    vault.ledger()?;
    let mut stage = ui.stage("ingest");
    let quality = ingest(vault, &run.store(), &job, &mut |done, total| {
        stage.at(done, total);
    })?
    .0;
    stage.finish();
    let session = Session::open(&run.store())?;
    let quality = session.export(vault, &args.vault.asker("ingest"), "quality", quality)?;
    run.write("quality.json", "erewhon.quality.v1", &quality)?;
    if run.run_file().is_err() {
        run.write_run_file(&RunFile {
            mapping: job.mapping,
            format: args.format.clone(),
            release: None,
            commands: Vec::new(),
            stages: Vec::new(),
        })?;
    }
    Ok(quality)
}

/// A release's name in the ledger: window and time of asking, so that no two are alike.
fn release_name(session: &Session) -> String {
    let window = session.calendar().window();
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    format!("{}-{}d-{now}", window.first_day, window.days)
}

/// Charges the ledger, fits the model and writes it with its privacy statement.
pub(crate) fn fit_model(
    run: &RunDir,
    vault: &Vault,
    spend: &SpendArgs,
    who: String,
    ui: &Ui,
) -> Result<Model> {
    if run.model().exists() {
        return Err(
            Error::usage(format!("`{}` is there already", run.model().display()))
                .with_hint("use a new run directory; what was spent on this model stays spent"),
        );
    }
    let session = Session::open(&run.store())?;
    let mut file = run.run_file()?;
    let job = FitJob {
        epsilon: spend.epsilon,
        release: release_name(&session),
        purpose: spend.purpose.clone(),
        who,
        kinds: file.mapping.kinds(),
    };
    let mut stage = ui.stage("fit");
    let model = session.fit(vault, &Policy::default(), &job, &mut |what| {
        stage.note(what);
    })?;
    let statement = model
        .statement()
        .ok_or_else(|| Error::internal("a private model came without its statement"))?;
    let privacy = serde_json::to_vec_pretty(statement)
        .map_err(|_| Error::internal("the privacy statement can't be written as JSON"))?;
    write_atomically(&run.release().join("privacy.json"), &privacy)?;
    write_atomically(
        &run.release().join("cells.csv"),
        session.cells_csv().as_bytes(),
    )?;
    file.release = Some(job.release);
    run.write_run_file(&file)?;
    // Last: a model that is there means a fit that is complete.
    model.write(&run.model())?;
    stage.finish();
    Ok(model)
}

/// Draws synthetic records from the model and writes them in the layout of the input.
pub(crate) fn generate_records(
    run: &RunDir,
    subscribers: Option<u32>,
    seed: u64,
    ui: &Ui,
) -> Result<EventTable> {
    let model = Model::read(&run.model())?;
    let mapping = run.run_file()?.mapping;
    let mut stage = ui.stage("generate");
    let (cells, calendar) = (model.cell_table()?, model.calendar()?);
    let spec = GenerateSpec {
        subscribers,
        seed,
        variant: Variant::default(),
    };
    let events = generate(&model, &cells, &calendar, &spec)?;
    stage.note("writing");
    write_synthetic(&run.synthetic(), &mapping, &cells, &events)?;
    stage.finish();
    Ok(events)
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

/// Compares synthetic with real records, beside the references without privacy.
pub(crate) fn measure_utility(
    run: &RunDir,
    vault: &Vault,
    who: &erewhon_session::Asker,
    seed: u64,
    ui: &Ui,
) -> Result<()> {
    let session = Session::open(&run.store())?;
    let synthetic = load_synthetic(run, &session)?;
    let mut stage = ui.stage("utility");
    let kinds = run.run_file()?.mapping.kinds();
    let utility = session.utility(&synthetic, &kinds, seed, &mut |what| stage.note(what))?;
    let Utility {
        private,
        without_privacy,
        baselines,
    } = session.export(vault, who, "utility", utility)?;
    write_atomically(
        &run.internal("measures.csv"),
        measures_csv(&private, &without_privacy).as_bytes(),
    )?;
    run.write("utility.json", "erewhon.utility.v1", &private)?;
    run.write("reference.json", "erewhon.utility.v1", &without_privacy)?;
    run.write("baselines.json", "erewhon.baselines.v1", &baselines)?;
    stage.finish();
    Ok(())
}

/// Runs the attacks.
pub(crate) fn measure_risk(
    run: &RunDir,
    vault: &Vault,
    who: &erewhon_session::Asker,
    seed: u64,
    ui: &Ui,
) -> Result<()> {
    let session = Session::open(&run.store())?;
    let synthetic = load_synthetic(run, &session)?;
    let mut stage = ui.stage("risk");
    let spec = RiskSpec {
        seed,
        ..RiskSpec::default()
    };
    let risk = session.attack(&synthetic, &spec, &mut |what| stage.note(what))?;
    let risk = session.export(vault, who, "risk", risk)?;
    write_atomically(&run.internal("attacks.csv"), attacks_csv(&risk).as_bytes())?;
    run.write("risk.json", "erewhon.risk.v1", &risk)?;
    stage.finish();
    Ok(())
}
