//! Attacks on releases.

use erewhon_session::{GAMES, RiskSpec, games, read_risk_policy};
use erewhon_types::{Error, Kind, Result};

use super::judge::found_text;
use crate::{
    args::{RiskCommand, RiskMatrixArgs, RiskRunArgs},
    dirs::RunDir,
    out::check_free,
    stages::{self, RiskJob},
    ui::Ui,
    words::words,
};

pub(crate) fn run(command: RiskCommand, ui: &Ui) -> Result<()> {
    match command {
        RiskCommand::Run(args) => attack(&args, ui),
        RiskCommand::Matrix(args) => matrix(&args, ui),
        RiskCommand::List => list(ui),
    }
}

fn attack(args: &RiskRunArgs, ui: &Ui) -> Result<()> {
    let job = RiskJob {
        releases: args.releases.clone(),
        games: games(&args.attack)?,
        policy: args.policy.as_deref().map(read_risk_policy).transpose()?,
        report: args.report.clone(),
        spec: RiskSpec {
            targets: args.targets,
            seed: args.seed,
            ..RiskSpec::default()
        },
    };
    for path in job.files() {
        check_free(&path, args.overwrite)?;
    }
    let (run, vault) = (RunDir::open_to_read(&args.against)?, args.vault.open()?);
    let (found, breaches) =
        stages::measure_risk(&run, &vault, &args.vault.asker("risk"), &job, ui)?;
    run.log(&words(), ui.stages())?;
    let text = match &job.report {
        Some(page) => format!("INTERNAL: {}", page.display()),
        None if run.can_write() => found_text(&run, "risk.html", &found, ui),
        None => found_text(&run, "attacks.csv", &found, ui),
    };
    ui.result("erewhon.risk.v3", &found.value, &text)?;
    if breaches == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Risk,
        format!("{breaches} rows of the report get further than the risk policy allows"),
    )
    .with_hint(
        "nothing was stopped or chosen by it: read the page, and let a person decide and say why",
    ))
}

fn matrix(args: &RiskMatrixArgs, ui: &Ui) -> Result<()> {
    let spec = RiskSpec {
        targets: args.targets,
        seed: args.seed,
        ..RiskSpec::default()
    };
    let games = games(&args.attack)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let who = args.at.vault.asker("risk matrix");
    let found = stages::measure_matrix(&run, &vault, &who, (&games, &spec), ui)?;
    run.log(&words(), ui.stages())?;
    let text = found_text(&run, "matrix.html", &found, ui);
    ui.result("erewhon.risk.v3", &found.value, &text)
}

fn list(ui: &Ui) -> Result<()> {
    let value: Vec<_> = GAMES
        .iter()
        .map(|game| serde_json::json!({"attack": game.id, "code": game.code, "title": game.title}))
        .collect();
    let text: String = GAMES
        .iter()
        .map(|game| format!("{:<22} {:<5} {}\n", game.id, game.code, game.title))
        .collect();
    ui.result("erewhon.risk-list.v1", &value, &text)
}
