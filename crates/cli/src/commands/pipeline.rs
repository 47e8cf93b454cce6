use erewhon_events::QualityReport;
use erewhon_session::{Vault, preview};
use erewhon_types::{Epsilon, Error, Result, Window};
use erewhon_world::{World, WorldSpec};

use super::budget::plan_table;
use crate::{
    args::{
        DemoArgs, DirArgs, FitArgs, GenerateArgs, IngestArgs, RunArgs, SpendArgs, TestArgs,
        VaultArgs,
    },
    dirs::RunDir,
    pages, stages,
    ui::Ui,
};

/// The whole job on a made-up country, with a vault of its own inside the demo's directory.
pub(crate) fn demo(args: &DemoArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::claim_for_demo(&args.out)?;
    let raw = run.root().join("raw");
    let spec = WorldSpec {
        subscribers: args.subscribers,
        days: args.days,
        cells: args.cells,
        seed: args.seed,
        ..WorldSpec::default()
    };
    let window = spec.window()?;
    let mut stage = ui.stage("world");
    World::make(&spec)?.write(&raw, &mut |done, total| stage.at(done, total))?;
    stage.finish();

    // Its people are made up, so its vault and anchors may live and die with it.
    let vault = Vault::open(&run.root().join("vault"), &run.root().join("anchors"))?;
    vault.open_ledger("a made-up country", args.epsilon)?;
    let ingest = IngestArgs {
        events: vec![raw.join("cdr.csv")],
        format: "cdr".to_owned(),
        cells: raw.join("cells.csv"),
        first_day: window.first_day.to_string(),
        days: window.days,
        time_zone: window.time_zone,
        max_quarantined_share: 0.2,
        out: args.out.clone(),
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
    stages::ingest_records(&run, &vault, &ingest, ui)?;
    stages::fit_model(&run, &vault, &spend, "demo".to_owned(), ui)?;
    let summary = finish(&run, &vault, &ingest.vault, args.seed, ui)?;
    super::release::request(&run, &vault, "demo", "whoever runs the demo")?;
    super::release::approve(&run, &vault)?;
    ui.result("erewhon.demo.v1", &outcome(&run), &summary)
}

/// The whole job on the user's files.
pub(crate) fn run(args: &RunArgs, ui: &Ui) -> Result<()> {
    let vault = args.ingest.vault.open()?;
    let run = RunDir::claim(&args.ingest.out)?;
    if !vault.has_ledger() {
        vault.open_ledger("the subscribers of this vault", args.spend.epsilon)?;
        ui.say(&format!(
            "opened a budget of epsilon {} in `{}`: this run will spend all of it",
            args.spend.epsilon,
            vault.dir().display()
        ));
    }
    stages::ingest_records(&run, &vault, &args.ingest, ui)?;
    if !spend_agreed(&run, &vault, &args.spend, ui)? {
        return Ok(());
    }
    stages::fit_model(&run, &vault, &args.spend, args.ingest.vault.who(), ui)?;
    let mut summary = finish(&run, &vault, &args.ingest.vault, args.seed, ui)?;
    super::release::request(&run, &vault, &args.spend.purpose, "unnamed recipient")?;
    summary.push_str(&format!(
        "\nA second person approves with `erewhon release approve {}`.\n",
        run.root().display()
    ));
    ui.result("erewhon.run.v1", &outcome(&run), &summary)
}

/// Everything after the fit: nothing here costs budget.
fn finish(run: &RunDir, vault: &Vault, by: &VaultArgs, seed: u64, ui: &Ui) -> Result<String> {
    stages::generate_records(run, None, seed, ui)?;
    stages::measure_utility(run, vault, &by.asker("run"), seed, ui)?;
    stages::measure_risk(run, vault, &by.asker("run"), seed, ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    let stage = ui.stage("report");
    let summary = pages::write_pages(run)?;
    stage.finish();
    Ok(summary)
}

/// Previews a charge and asks; false when it was only a preview.
fn spend_agreed(run: &RunDir, vault: &Vault, spend: &SpendArgs, ui: &Ui) -> Result<bool> {
    let summary = vault.ledger()?.summary()?;
    if spend.epsilon.micros() > summary.left_micros {
        return Err(Error::new(
            erewhon_types::Kind::Budget,
            format!(
                "epsilon {} is asked, {} is left of {}",
                spend.epsilon,
                erewhon_session::epsilon_text(summary.left_micros),
                erewhon_session::epsilon_text(summary.total_micros)
            ),
        )
        .with_hint("ask for less, or have the steward add to it with `erewhon budget grant`"));
    }
    if spend.yes && !spend.dry_run {
        return Ok(true);
    }
    ui.say(&plan_table(&preview_at(
        run,
        spend.epsilon,
        PREVIEW_SUBSCRIBERS,
    )?));
    ui.say(&format!(
        "This spends epsilon {} of {} left in population `{}`.",
        spend.epsilon,
        erewhon_session::epsilon_text(summary.left_micros),
        summary.population
    ));
    if spend.dry_run {
        return Ok(false);
    }
    ui.confirm("Spend it?").map(|()| true)
}

/// A preview must not look at the records, so it shows a round number of subscribers.
const PREVIEW_SUBSCRIBERS: u64 = 10_000;

/// What a fit in this run directory would ask.
pub(super) fn preview_at(
    run: &RunDir,
    epsilon: Epsilon,
    subscribers: u64,
) -> Result<Vec<erewhon_session::PlannedQuery>> {
    let kinds = run.run_file()?.mapping.kinds();
    preview(&run.store(), epsilon, &kinds, subscribers)
}

pub(crate) fn ingest(args: &IngestArgs, ui: &Ui) -> Result<()> {
    let vault = args.vault.open()?;
    // Refuse before claiming a directory.
    vault.ledger()?;
    Window::parse(&args.first_day, args.days, &args.time_zone)?;
    let run = RunDir::claim(&args.out)?;
    let quality = stages::ingest_records(&run, &vault, args, ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    ui.result("erewhon.ingest.v1", &quality, &quality_table(&quality))
}

pub(crate) fn fit(args: &FitArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::new(&args.at.dir), args.at.vault.open()?);
    if !spend_agreed(&run, &vault, &args.spend, ui)? {
        return Ok(());
    }
    let model = stages::fit_model(&run, &vault, &args.spend, args.at.vault.who(), ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    let statement = model.statement();
    let text = statement.map_or_else(String::new, |s| s.resolution.join("\n"));
    ui.result("erewhon.fit.v1", &statement, &text)
}

pub(crate) fn generate(args: &GenerateArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::new(&args.dir);
    let events = stages::generate_records(&run, args.subscribers, args.seed, ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    let (subscribers, rows) = (events.subscribers(), events.events());
    let path = run.synthetic();
    let text = format!(
        "{rows} events of {subscribers} synthetic subscribers: {}",
        path.display()
    );
    let value = serde_json::json!({ "subscribers": subscribers, "events": rows, "path": path });
    ui.result("erewhon.generate.v1", &value, &text)
}

pub(crate) fn utility(args: &TestArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::new(&args.at.dir), args.at.vault.open()?);
    stages::measure_utility(&run, &vault, &args.at.vault.asker("utility"), args.seed, ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    let value: serde_json::Value = run.read("utility.json", "erewhon utility")?;
    let path = run.internal("measures.csv");
    ui.result(
        "erewhon.utility.v1",
        &value,
        &format!("INTERNAL: {}", path.display()),
    )
}

pub(crate) fn risk(args: &TestArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::new(&args.at.dir), args.at.vault.open()?);
    stages::measure_risk(&run, &vault, &args.at.vault.asker("risk"), args.seed, ui)?;
    run.log(std::env::args().collect::<Vec<_>>().join(" "), ui.stages())?;
    let value: serde_json::Value = run.read("risk.json", "erewhon risk")?;
    let path = run.internal("attacks.csv");
    ui.result(
        "erewhon.risk.v1",
        &value,
        &format!("INTERNAL: {}", path.display()),
    )
}

pub(crate) fn report(args: &DirArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::new(&args.dir);
    let summary = pages::write_pages(&run)?;
    ui.result("erewhon.report.v1", &outcome(&run), &summary)
}

fn outcome(run: &RunDir) -> serde_json::Value {
    serde_json::json!({
        "internal_report": run.internal("report.html"),
        "release": run.release(),
        "release_report": run.release().join("report.html"),
    })
}

fn quality_table(quality: &QualityReport) -> String {
    let mut text = format!(
        "INTERNAL\n{:<28} {:>12}\n{:<28} {:>12}\n",
        "rows read", quality.rows_read, "rows kept", quality.rows_kept
    );
    for rule in quality
        .rules
        .iter()
        .chain(&quality.cell_rules)
        .filter(|rule| rule.rows > 0)
    {
        text.push_str(&format!("  {:<26} {:>12}\n", rule.rule, rule.rows));
    }
    text
}
