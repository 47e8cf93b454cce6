use erewhon_session::{LedgerSummary, PlannedQuery, Vault, epsilon_text, preview};
use erewhon_types::{Error, Result, count};

use crate::{args::BudgetCommand, inputs, ui::Ui};

pub(crate) fn run(command: BudgetCommand, ui: &Ui) -> Result<()> {
    match command {
        BudgetCommand::Open {
            population,
            epsilon,
            vault,
        } => {
            let who = vault.who();
            let vault = vault.make()?;
            if vault.has_ledger() {
                return Err(taken(&vault));
            }
            show(
                &vault.open_ledger(&population, epsilon, &who)?.summary()?,
                ui,
            )
        }
        BudgetCommand::Show { entries, vault } => {
            let ledger = vault.open()?.ledger()?;
            if entries {
                let entries = ledger.entries()?;
                let line = |entry: &erewhon_session::Entry| {
                    let record = &entry.record;
                    let epsilon = match record.epsilon_micros {
                        0 => "-".to_owned(),
                        micros => epsilon_text(micros),
                    };
                    let why = match record.why.as_str() {
                        "" => String::new(),
                        why => format!(" ({why})"),
                    };
                    format!(
                        "{:>5}  {:<20}  {:<8} {:>10}  {:<10}  {}{why}",
                        entry.seq,
                        utc_text(entry.time_utc_ms),
                        record.kind.name(),
                        epsilon,
                        record.who,
                        record.what,
                    )
                };
                let head = format!(
                    "{:>5}  {:<20}  {:<8} {:>10}  {:<10}  what (why or purpose)\n",
                    "entry", "time_utc", "kind", "epsilon", "who"
                );
                let text = head + &entries.iter().map(line).collect::<Vec<_>>().join("\n");
                return ui.result("erewhon.ledger_entries.v1", &entries, &text);
            }
            show(&ledger.summary()?, ui)
        }
        BudgetCommand::Preview {
            public,
            epsilon,
            subscribers,
        } => {
            let (mapping, cells, window) = inputs::public(&public)?;
            let kinds = mapping.kinds();
            let plan = preview(&cells, &window, &kinds, epsilon, subscribers)?;
            show_plan(&plan, subscribers, ui)
        }
        BudgetCommand::Grant {
            epsilon,
            why,
            vault,
        } => {
            let mut ledger = vault.open()?.ledger()?;
            ledger.grant(epsilon, &vault.who(), &why)?;
            show(&ledger.summary()?, ui)
        }
        BudgetCommand::Adopt { why, vault } => {
            let ledger = vault.open()?.adopt_ledger(&vault.who(), &why)?;
            show(&ledger.summary()?, ui)
        }
    }
}

/// A vault that has its budget already.
fn taken(vault: &Vault) -> Error {
    Error::input(format!(
        "`{}` holds the budget of a population already",
        vault.dir().display()
    ))
    .with_hint(
        "for another population name another --vault; to add to this budget, `erewhon budget grant`",
    )
}

fn show(summary: &LedgerSummary, ui: &Ui) -> Result<()> {
    let mut text = format!(
        "population  {}\ntotal       {}\nspent       {}\nleft        {}\nentries     {} (chain and \
         anchor checked)\n",
        summary.population,
        epsilon_text(summary.total_micros),
        epsilon_text(summary.spent_micros),
        epsilon_text(summary.left_micros),
        summary.entries
    );
    if !summary.releases.is_empty() {
        text.push_str("releases    epsilon and name\n");
    }
    for release in &summary.releases {
        let epsilon = epsilon_text(release.epsilon_micros);
        text.push_str(&format!("  {epsilon:>10}  {}\n", release.release));
    }
    ui.result("erewhon.budget.v1", summary, &text)
}

/// The queries of a fit with their noise, as the result of a command.
pub(super) fn show_plan(plan: &[PlannedQuery], subscribers: u64, ui: &Ui) -> Result<()> {
    let rows: Vec<_> = plan
        .iter()
        .map(|planned| {
            serde_json::json!({
                "query": planned.query.name(),
                "entries": planned.query.entries(),
                "sensitivity_people": planned.query.sensitivity_people(),
                "epsilon": planned.epsilon,
                "noise_sd_people": planned.noise_sd_people,
                "contribution": planned.contribution,
                "for_subscribers": subscribers,
            })
        })
        .collect();
    let table = plan_table(plan, subscribers);
    ui.result("erewhon.budget_preview.v1", &rows, &table)
}

/// The queries of a fit with their noise, as a table for people.
pub(super) fn plan_table(plan: &[PlannedQuery], subscribers: u64) -> String {
    let mut text = format!(
        "Plan for about {} subscribers, a declared number: the tables of the fit follow its noisy \
         count.\n",
        count(subscribers)
    );
    text += &format!(
        "{:<12} {:>8} {:>12} {:>9} {:>16}\n",
        "query", "entries", "sensitivity", "epsilon", "noise sd, people"
    );
    for planned in plan {
        text.push_str(&format!(
            "{:<12} {:>8} {:>12} {:>9} {:>16.1}\n",
            planned.query.name(),
            planned.query.entries(),
            planned.query.sensitivity_people(),
            planned.epsilon.to_string(),
            planned.noise_sd_people
        ));
    }
    let total = plan.iter().map(|planned| planned.epsilon.micros()).sum();
    text.push_str(&format!("{:<34} {:>9}\n", "total", epsilon_text(total)));
    text
}

fn utc_text(utc_ms: i64) -> String {
    jiff::Timestamp::from_second(utc_ms.div_euclid(1000))
        .map_or_else(|_| "-".to_owned(), |time| time.to_string())
}
