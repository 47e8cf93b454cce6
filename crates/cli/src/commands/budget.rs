use erewhon_session::{LedgerSummary, Preview, Vault, epsilon_text, preview};
use erewhon_types::{Epsilon, Error, Loss, Result, count, sig3};

use crate::{args::BudgetCommand, inputs, ui::Ui};

pub(crate) fn run(command: BudgetCommand, ui: &Ui) -> Result<()> {
    match command {
        BudgetCommand::Open {
            population,
            epsilon,
            delta,
            vault,
        } => {
            let who = vault.who();
            let vault = vault.make()?;
            if vault.has_ledger() {
                return Err(taken(&vault));
            }
            let ledger = vault.open_ledger(&population, (epsilon, delta), &who)?;
            show(&ledger.summary()?, ui)
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
            delta,
            subscribers,
        } => {
            let (mapping, cells, window) = inputs::public(&public)?;
            let kinds = mapping.kinds();
            let plan = preview(&cells, &window, &kinds, (epsilon, delta), subscribers)?;
            show_plan(&plan, ui)
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
    let rho = summary.concentrated.map(|rho| {
        [rho.total_rho_nanos, rho.spent_rho_nanos, rho.left_rho_nanos]
            .map(|nanos| format!("{:<10} rho {}", "", nanos as f64 / 1e9))
    });
    let rho = rho.unwrap_or_default();
    let mut text = format!("population  {}\n", summary.population);
    if let Some(delta) = summary.delta() {
        text +=
            &format!("kept in     rho, which adds up; epsilon at delta {delta}, which does not\n");
    }
    for ((name, micros), rho) in [
        ("total", summary.total_micros),
        ("spent", summary.spent_micros),
        ("left", summary.left_micros),
    ]
    .into_iter()
    .zip(rho)
    {
        text += &format!("{name:<11} {}{rho}\n", epsilon_text(micros));
    }
    text += &format!(
        "entries     {} (chain and anchor checked)\n",
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
pub(super) fn show_plan(plan: &Preview, ui: &Ui) -> Result<()> {
    let rows: Vec<_> = plan
        .queries
        .iter()
        .enumerate()
        .map(|(place, planned)| {
            let other = plan.other_queries.get(place);
            serde_json::json!({
                "query": planned.query.name(),
                "entries": planned.query.entries(),
                "sensitivity_people": planned.query.sensitivity_people(),
                planned.loss.measure(): planned.loss.value(),
                "noise": noise(planned.loss),
                "noise_sd_people": planned.noise_sd_people,
                "noise_95_people": planned.noise_95_people,
                "other_noise_sd_people": other.map(|other| other.noise_sd_people),
                "contribution": planned.contribution,
                "for_subscribers": plan.subscribers,
            })
        })
        .collect();
    ui.result("erewhon.budget_preview.v1", &rows, &plan_table(plan)?)
}

const fn noise(loss: Loss) -> &'static str {
    match loss {
        Loss::Epsilon(_) => "laplace",
        Loss::Rho(_) => "gaussian",
    }
}

/// The queries of a fit with their noise, as a table for people.
pub(super) fn plan_table(plan: &Preview) -> Result<String> {
    let mut text = format!(
        "Plan for about {} subscribers, a declared number: the tables of the fit, and their shares, \
         follow its noisy count.\n",
        count(plan.subscribers)
    );
    let twelve = |epsilon: Option<Epsilon>| {
        epsilon.map_or_else(|| "over 100".to_owned(), |epsilon| sig3(epsilon.value()))
    };
    let [here, there] = plan.of_twelve;
    let named = match plan.guarantee.delta() {
        None => "Laplace",
        Some(_) => "Gaussian",
    };
    text += &format!("Noise: discrete {named}.");
    if let Some(other) = plan.other {
        let other = match other.delta() {
            Some(delta) => format!("In a population that is opened with --delta {delta}"),
            None => "In pure epsilon".to_owned(),
        };
        text += &format!(
            " {other} the same epsilon has noise of {} times the sd, and twelve such releases come to \
             epsilon {} instead of {}.",
            sig3(plan.other_noise_times()?),
            twelve(there),
            twelve(here)
        );
    }
    text.push('\n');
    let whole = plan.guarantee.loss();
    text += &format!(
        "{:<12} {:>8} {:>12} {:>11} {:>16} {:>8}\n",
        "query",
        "entries",
        "sensitivity",
        whole.measure(),
        "noise sd, people",
        "95 %"
    );
    for planned in &plan.queries {
        text.push_str(&format!(
            "{:<12} {:>8} {:>12} {:>11} {:>16.1} {:>8.1}\n",
            planned.query.name(),
            planned.query.entries(),
            sig3(planned.query.sensitivity_people()),
            planned.loss.value().to_string(),
            planned.noise_sd_people,
            planned.noise_95_people
        ));
    }
    text.push_str(&format!(
        "{:<34} {:>11}\n",
        "total",
        whole.value().to_string()
    ));
    Ok(text)
}

fn utc_text(utc_ms: i64) -> String {
    jiff::Timestamp::from_second(utc_ms.div_euclid(1000))
        .map_or_else(|_| "-".to_owned(), |time| time.to_string())
}
