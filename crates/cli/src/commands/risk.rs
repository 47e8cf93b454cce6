//! Attacks on releases.

use erewhon_session::{GAMES, RiskSpec, RiskVerdict, games, read_risk_policy};
use erewhon_types::{Error, Kind, Result};

use super::judge::found_text;
use crate::{
    args::{RiskCommand, RiskMatrixArgs, RiskRunArgs},
    dirs::RunDir,
    stages::{self, RISK_SCHEMA, RiskFiles, RiskJob},
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
    let (games, policy) = (
        games(&args.attack)?,
        args.policy.as_deref().map(read_risk_policy).transpose()?,
    );
    let (run, vault) = (RunDir::open_to_read(&args.against)?, args.vault.open()?);
    let page = args.report.as_deref();
    let report = page.map(|page| RiskFiles::beside(page, &run, args.overwrite));
    let job = RiskJob {
        releases: args.releases.clone(),
        games,
        policy,
        report: report.transpose()?,
        spec: RiskSpec {
            targets: args.targets,
            seed: args.seed,
            ..RiskSpec::default()
        },
    };
    let (found, verdict) = stages::measure_risk(&run, &vault, &args.vault.asker("risk"), &job, ui)?;
    run.log(&words(), ui.stages())?;
    let text = match page {
        Some(page) => format!("INTERNAL: {}", page.display()),
        None if run.can_write() => found_text(&run, &format!("{}.html", job.name()), &found, ui),
        None => found_text(&run, &format!("{}.csv", job.name()), &found, ui),
    };
    ui.internal(RISK_SCHEMA, &found.value, &text)?;
    verdict.as_ref().map_or(Ok(()), judge)
}

/// Ends with 6 where a limit is exceeded, or was not tested at all.
fn judge(verdict: &RiskVerdict) -> Result<()> {
    let mut what = Vec::new();
    match verdict.breaches.len() {
        0 => {}
        1 => what.push("a row of the report gets further than the risk policy allows".to_owned()),
        rows => what.push(format!(
            "{rows} rows of the report get further than the risk policy allows"
        )),
    }
    what.extend(verdict.untested.iter().map(|gap| {
        format!(
            "limit {} of the risk policy was not tested: no row of its attacks had {} (`{}`)",
            gap.limit, gap.lacks, gap.key
        )
    }));
    if what.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Risk, what.join("; ")).with_hint(
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
    ui.internal(RISK_SCHEMA, &found.value, &text)
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
