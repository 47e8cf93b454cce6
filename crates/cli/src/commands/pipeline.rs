use std::path::Path;

use erewhon_model::Model;
use erewhon_report::quality_table;
use erewhon_session::{
    Committed, PublicKey, QUARANTINE_DAYS, QualityReport, Session, Vault, Written, preview,
};
use erewhon_types::{Error, Kind, Result, Window, count};
use erewhon_world::{World, WorldSpec};
use serde::Serialize;

use super::{
    release::{check_requester, check_signed},
    spend::{Offer, PREVIEW_SUBSCRIBERS, delta},
};
use crate::{
    args::{
        DemoArgs, FitArgs, GenerateArgs, IngestArgs, PeopleArgs, PublicArgs, RunArgs, SpendArgs,
        VaultArgs,
    },
    dirs::RunDir,
    inputs::Inputs,
    pages,
    stages::{self, RiskJob},
    ui::Ui,
    words::words,
};

/// The whole job on a made-up country, with a vault of its own inside the demo's directory.
pub(crate) fn demo(args: &DemoArgs, ui: &Ui) -> Result<()> {
    let spec = WorldSpec {
        subscribers: args.subscribers,
        days: args.days,
        cells: args.cells,
        seed: args.seed,
        ..WorldSpec::default()
    };
    let window = spec.window()?;
    let mut stage = ui.stage("world");
    let world = World::make(&spec)?;
    // Claiming erases the demo before, so what can be refused is refused first.
    let run = RunDir::claim_for_demo(&args.out)?;
    let raw = run.root().join("raw");
    world.write(&raw, &mut |done, total| stage.at(done, total))?;
    stage.finish();

    let vault = Vault::of_demo(run.root())?;
    vault.open_demo_ledger(args.epsilon)?;
    let ingest = IngestArgs {
        events: vec![raw.join("cdr.csv")],
        public: PublicArgs {
            format: "cdr".to_owned(),
            cells: raw.join("cells.csv"),
            first_day: window.first_day.to_string(),
            days: window.days,
            time_zone: Some(window.time_zone),
        },
        max_quarantined_share: 0.2,
        rules: None,
        people: PeopleArgs {
            opt_out: None,
            opt_in: None,
            persons: None,
            country_code: None,
            trunk_prefix: "0".to_owned(),
            quarantine_days: QUARANTINE_DAYS,
        },
        vault: VaultArgs {
            vault: None,
            who: Some("demo".to_owned()),
        },
    };
    let spend = SpendArgs {
        epsilon: args.epsilon,
        purpose: "demo".to_owned(),
        yes: true,
        dry_run: false,
    };
    let loaded = stages::load_records(
        &run,
        &vault,
        &Inputs::check(&ingest, Some(&args.out))?.job,
        ui,
    )?;
    stages::write_quality(&run, &vault, &ingest, loaded)?;
    stages::fit_model(&run, &vault, &spend, "demo".to_owned(), ui)?;
    let summary = finish(&run, &vault, (&ingest.vault, &words()), args.seed, ui)?;
    super::release::request(&run, &vault, "demo", None, "whoever runs the demo")?;
    super::release::approve_demo(&run, &vault, ui)?;
    ui.result("erewhon.demo.v1", &outcome(&run), &summary)
}

/// The whole job on the user's files; a run that was stopped goes on where its files end.
pub(crate) fn run(args: &RunArgs, ui: &Ui) -> Result<()> {
    let (ingest, spend) = (&args.ingest, &args.spend);
    // Everything that can be wrong is looked at before anything is made, opened or spent.
    let mut inputs = Inputs::check(ingest, Some(&args.out))?;
    // A run is of just the files it names; late data are for `ingest` and a fit of its own.
    inputs.job.alone = true;
    let window = &inputs.job.window;
    RunDir::check_ours(&args.out)?;
    let before = RunDir::new(&args.out);
    let request = before
        .is_requested()
        .then(|| check_signed(&before))
        .transpose()?;
    refuse_other_run(&RunDir::new(&args.out), window, args)?;
    ingest.vault.refuse_demo()?;
    let vault = ingest.vault.open_existing()?;
    if let Some(vault) = vault.as_ref().filter(|vault| vault.has_ledger()) {
        vault.ledger()?;
    }
    let (kinds, budget) = (
        inputs.job.mapping.kinds(),
        (spend.epsilon, delta(vault.as_ref())?),
    );
    let persons = inputs.job.persons.is_some();
    let plan = || preview(&inputs.cells, window, &kinds, budget, PREVIEW_SUBSCRIBERS);
    if spend.dry_run && RunDir::new(&args.out).has_model() {
        ui.say("The model is there and paid for: a run goes on from it and spends nothing more.");
        return Ok(());
    }
    if spend.dry_run {
        Offer::make(vault.as_ref(), spend, plan()?, persons, ui)?.show(ui)?;
        ui.say("No record was read: a run reads them before it asks, and says what looks wrong.");
        return Ok(());
    }
    let offer = if RunDir::new(&args.out).has_model() {
        None
    } else {
        let offer = Offer::make(vault.as_ref(), spend, plan()?, persons, ui);
        Some(offer.map_err(|error| name_lost_charge(error, &args.out, vault.as_ref()))?)
    };

    let vault = ingest.vault.make()?;
    let run = RunDir::claim(&args.out)?;
    let loaded = stages::load_records(&run, &vault, &inputs.job, ui)?;
    if let Some(request) = request.filter(|_| loaded.committed == Committed::Before) {
        check_requester(&request, &vault)?;
        ui.say("This run is complete: nothing was done and nothing was spent.");
        let text = format!(
            "Report: {}\n{}",
            run.internal("report.html").display(),
            next_step(&run, &vault, request.approver)
        );
        return ui.result("erewhon.run.v1", &outcome(&run), &text);
    }
    // Reading costs nothing, so whoever answers has seen what it found.
    let asked = offer.map(|offer| offer.ask(ui)).transpose();
    let agreed = asked.map_err(|error| error.with_hint(GOES_ON))?.is_some();
    if !vault.has_ledger() {
        vault.open_ledger(
            "the subscribers of this vault",
            (spend.epsilon, None),
            &ingest.vault.who(),
        )?;
        ui.say(&format!(
            "opened a budget of epsilon {} in `{}`: this run will spend all of it",
            spend.epsilon,
            vault.dir().display()
        ));
    }
    stages::write_quality(&run, &vault, ingest, loaded)?;
    if run.has_model() {
        ui.say("The model is there and paid for: going on from it, nothing more is spent.");
    } else if !agreed {
        // It was there when the question was left out.
        let model = run.model();
        return Err(Error::new(
            Kind::Resource,
            format!("`{}` was removed meanwhile", model.display()),
        )
        .with_hint("repeat the command: it asks before it spends"));
    } else {
        stages::fit_model(&run, &vault, spend, ingest.vault.who(), ui)?;
    }
    let words = inputs.words(&ingest.events);
    let mut summary = finish(&run, &vault, (&ingest.vault, &words), args.seed, ui)?;
    super::release::request(
        &run,
        &vault,
        &ingest.vault.who(),
        Some(&spend.purpose),
        "unnamed recipient",
    )?;
    summary.push('\n');
    summary.push_str(&next_step(&run, &vault, None));
    ui.result("erewhon.run.v1", &outcome(&run), &summary)
}

/// Says of a budget that is gone what a fit that was stopped here took of it.
fn name_lost_charge(error: Error, out: &Path, vault: Option<&Vault>) -> Error {
    let lost = || {
        let release = RunDir::new(out).run_file().ok()?.release?;
        let summary = vault?.ledger().ok()?.summary().ok()?;
        summary.charged_for(&release)
    };
    match lost() {
        Some(epsilon) if error.kind() == Kind::Budget => error.with_hint(format!(
            "a fit that was stopped here was charged epsilon {epsilon} before its model was \
             written, which stays spent; the steward may add with `erewhon budget grant`"
        )),
        _ => error,
    }
}

/// What else a no to the question of a run leaves open.
const GOES_ON: &str = "the same command goes on from here and asks again; for another window or \
                       layout name a new --out, and delete this one with the records in its \
                       `internal/store`";

fn next_step(run: &RunDir, vault: &Vault, approver: Option<PublicKey>) -> String {
    let Some(approver) = approver else {
        return super::release::next_step(&run.release(), vault);
    };
    // Whose key that is, nobody has checked here.
    format!(
        "An approval of these files by key {} is in {}; `erewhon release verify` says whether \
         that is a key you trust.\n",
        approver.fingerprint(),
        run.release().display()
    )
}

/// Refuses to go on in a directory whose run was asked for something else.
fn refuse_other_run(run: &RunDir, window: &Window, args: &RunArgs) -> Result<()> {
    let spend = &args.spend;
    let refuse = |what: String| {
        Err(Error::usage(format!("`{}` {what}", run.root().display()))
            .with_hint("name a new directory for another run, or repeat the first command"))
    };
    if let Ok(session) = Session::open(&run.store()) {
        if session.calendar().window() != window {
            return refuse("holds the records of another window".to_owned());
        }
        args.ingest.vault.open()?;
    }
    if !run.has_model() {
        return Ok(());
    }
    let model = Model::read(&run.model())?;
    let epsilon = model.statement().map(|s| s.guarantee.epsilon);
    if let Some(epsilon) = epsilon.filter(|&epsilon| epsilon != spend.epsilon) {
        return refuse(format!(
            "holds a model that was fitted at epsilon `{epsilon}`"
        ));
    }
    let file = run.run_file()?;
    if let Some(purpose) = file.purpose.filter(|purpose| *purpose != spend.purpose) {
        return refuse(format!("holds a model for the purpose `{purpose}`"));
    }
    match file.drawn.filter(|_| run.is_requested()) {
        Some(drawn) if drawn.seed != args.seed => refuse(format!(
            "holds a complete run that was drawn with seed `{}`",
            drawn.seed
        )),
        _ => Ok(()),
    }
}

/// Everything after the fit: nothing here costs budget.
fn finish(
    run: &RunDir,
    vault: &Vault,
    (by, words): (&VaultArgs, &[String]),
    seed: u64,
    ui: &Ui,
) -> Result<String> {
    stages::generate_records(run, None, seed, ui)?;
    stages::measure_utility(run, vault, &by.asker("run"), seed, ui)?;
    stages::measure_risk(run, vault, &by.asker("run"), &RiskJob::whole(seed)?, ui)?;
    run.log(words, ui.stages())?;
    let stage = ui.stage("report");
    let mut summary = pages::write_pages(run)?;
    summary.push_str(&kept_inside(
        run,
        &run.read("quality.json", "erewhon ingest")?,
    ));
    stage.finish();
    Ok(summary)
}

pub(crate) fn ingest(args: &IngestArgs, out: &Path, ui: &Ui) -> Result<()> {
    let inputs = Inputs::check(args, Some(out))?;
    args.vault.refuse_demo()?;
    let vault = args.vault.open()?;
    // Before any record is read: a vault that can't log must not open anything exact later.
    vault.ledger()?;
    let run = RunDir::claim(out)?;
    let loaded = stages::load_records(&run, &vault, &inputs.job, ui)?;
    let committed = loaded.committed;
    let quality = stages::write_quality(&run, &vault, args, loaded)?;
    run.log(&inputs.words(&args.events), ui.stages())?;
    let kept = quality.rows_kept;
    let (events_added, added) = match committed {
        Committed::Before => (
            0,
            format!(
                "nothing: the same files, read alike, are a load of it already, {} events",
                count(kept)
            ),
        ),
        Committed::Now if kept == 0 => (0, "nothing: no row was kept".to_owned()),
        Committed::Now => (kept, format!("{} events", count(kept))),
    };
    let added = format!("added to store   {added}\n");
    let table = quality_table(&quality, &inputs.job.window);
    let text = format!("{table}\n{added}{}", kept_inside(&run, &quality));
    let told = Added {
        quality: &quality,
        events_added,
    };
    ui.result("erewhon.ingest.v3", &told, &text)
}

/// A load's report, and what it added to the store.
#[derive(Serialize)]
struct Added<'a> {
    #[serde(flatten)]
    quality: &'a QualityReport,
    events_added: u64,
}

/// Where the words about a load and its rows set aside are; none of it may leave.
fn kept_inside(run: &RunDir, quality: &QualityReport) -> String {
    let warnings = match quality.warnings.len() {
        1 => "1 warning".to_owned(),
        n => format!("{n} warnings"),
    };
    let mut text = format!(
        "quality report   {} ({warnings})\n",
        run.internal("quality.html").display()
    );
    let held = quality.quarantine.as_ref();
    let held = held.map(|name| run.quarantine().join(name));
    if let Some(path) = held.filter(|path| path.is_file()) {
        text.push_str(&format!(
            "rows set aside   {}, which `erewhon quarantine show {}` decrypts\n",
            path.display(),
            run.root().display()
        ));
    }
    text
}

pub(crate) fn fit(args: &FitArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    vault.ledger()?;
    let session = Session::open(&run.store())?;
    let plan = preview(
        session.cells(),
        session.calendar().window(),
        &run.run_file()?.mapping.kinds(),
        (args.spend.epsilon, delta(Some(&vault))?),
        PREVIEW_SUBSCRIBERS,
    )?;
    let offer = Offer::make(Some(&vault), &args.spend, plan, session.joins_persons(), ui)?;
    if args.spend.dry_run {
        return offer.show(ui);
    }
    offer.ask(ui)?;
    let model = stages::fit_model(&run, &vault, &args.spend, args.at.vault.who(), ui)?;
    run.log(&words(), ui.stages())?;
    let statement = model.statement();
    let text = statement.map_or_else(String::new, |s| s.resolution.join("\n"));
    ui.result("erewhon.fit.v1", &statement, &text)
}

pub(crate) fn generate(args: &GenerateArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::open(&args.dir)?;
    let (path, written) = match &args.out {
        Some(out) => (out.clone(), stages::generate_apart(&run, out, args, ui)?),
        None => {
            run.refuse_signed()?;
            let written = stages::generate_records(&run, args.subscribers, args.seed, ui)?;
            (run.synthetic(), written)
        }
    };
    run.log(&words(), ui.stages())?;
    let Written {
        subscribers,
        events,
    } = written;
    let text = format!(
        "{events} events of {subscribers} synthetic subscribers: {}",
        path.display()
    );
    let value = serde_json::json!({ "subscribers": subscribers, "events": events, "path": path });
    ui.result("erewhon.generate.v1", &value, &text)
}

pub(super) fn outcome(run: &RunDir) -> serde_json::Value {
    serde_json::json!({
        "internal_report": run.internal("report.html"),
        "release": run.release(),
        "release_report": run.release().join("report.html"),
    })
}
