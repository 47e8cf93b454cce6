//! `erewhon mobility release`: families of numbers with noise that was paid for.

use std::sync::Arc;

use erewhon_session::{
    AskedFamily, FAMILIES_BIAS, FamiliesJob, FamiliesPlan, MeasureStatement, Policy,
    ReleaseRequest, Session, zones_to_toml,
};
use erewhon_types::{Loss, Result, count, percent, sig3};

use super::{
    mobility::{defined, say_no_own_country, zoning},
    release::next_step,
    spend::{Offer, delta},
};
use crate::{args::FamiliesArgs, dirs::RunDir, ui::Ui, words::words};

pub(crate) fn release(args: &FamiliesArgs, ui: &Ui) -> Result<()> {
    let asked = args.families.iter().map(|text| text.parse());
    let asked: Vec<AskedFamily> = asked.collect::<Result<_>>()?;
    let definitions = defined(args.definitions.as_deref())?;
    let zones_toml = zones_to_toml(&args.zones, &args.area_name)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    let zones = Arc::new(zoning(&args.zones, &args.area_name, session.cells(), ui)?);
    let spend = &args.spend;
    let counted = (&zones, &definitions);
    let plan = session.plan_families(&asked, counted, (spend.epsilon, delta(Some(&vault))?))?;
    say_no_own_country(args.families.iter().map(String::as_str), &definitions, ui);
    let table = table(&plan);
    let offer = Offer::make(
        Some(&vault),
        spend,
        (plan.guarantee, table.clone()),
        session.joins_persons(),
        ui,
    )?;
    if spend.dry_run {
        offer.say(ui);
        return ui.result("erewhon.families_plan.v1", &plan.statements(), &table);
    }
    offer.ask(ui)?;

    let request = ReleaseRequest {
        release: session.release_name()?,
        purpose: spend.purpose.clone(),
        recipient: args.recipient.clone(),
    };
    let job = FamiliesJob {
        asked: &asked,
        zones: &zones,
        zones_toml: &zones_toml,
        definitions: &definitions,
        epsilon: spend.epsilon,
        request: &request,
        who: &args.at.vault.who(),
    };
    let directory = run.families(&request.release);
    let stage = ui.stage("families");
    let manifest = session.release_families(&vault, &Policy::default(), &job, &directory)?;
    stage.finish();
    run.log(&words(), ui.stages())?;
    let text = format!(
        "requested: {}\n{}",
        directory.display(),
        next_step(&directory, &vault)
    );
    let value = serde_json::json!({ "directory": directory, "manifest": manifest });
    ui.result("erewhon.families_release.v1", &value, &text)
}

/// What would be asked and how far it would be off, for people.
fn table(plan: &FamiliesPlan) -> String {
    let whole = plan.guarantee.loss();
    let noise = match whole {
        Loss::Epsilon(_) => "Laplace",
        Loss::Rho(_) => "Gaussian",
    };
    let mut text = format!(
        "Noise: discrete {noise}, on each entry. Of one subscriber so many entries count, and so much in \
         each.\nAn error is the noise's sd as a share of an entry of that size.\n"
    );
    text += &line([
        "number",
        "entries",
        "of one",
        whole.measure(),
        "in each",
        "noise sd",
        "95 %",
        "of 10",
        "of 100",
        "of 1,000",
        "shown from",
    ]);
    for number in plan.statements() {
        let (entries, of_one) = (count(number.entries), count(number.entries_of_one.into()));
        let loss = number.loss.value().to_string();
        let head = [number.name.as_str(), &entries, &of_one, &loss];
        match number.measures.as_slice() {
            [one] => text += &measured(head, one),
            several => {
                text += &line(std::array::from_fn(|i| {
                    head.get(i).copied().unwrap_or_default()
                }));
                for one in several {
                    let word = format!("  {}", one.measure.as_deref().unwrap_or_default());
                    text += &measured([&word, "", "", ""], one);
                }
            }
        }
    }
    let total = whole.value().to_string();
    text += &line(std::array::from_fn(|i| match i {
        0 => "total",
        3 => total.as_str(),
        _ => "",
    }));
    text + "`-` is an error of over 1,000 %.\n" + FAMILIES_BIAS + "\n"
}

/// A line of the plan that says how far entries are off.
fn measured(head: [&str; 4], measure: &MeasureStatement) -> String {
    let [ten, hundred, thousand] = measure.relative_error.map(|error| match error {
        // Nothing is left to see there.
        error if error >= 10.0 => "-".to_owned(),
        error => percent(error),
    });
    let from = measure.shown_from.map_or_else(|| "all".to_owned(), sig3);
    let [name, entries, of_one, loss] = head;
    line([
        name,
        entries,
        of_one,
        loss,
        &count(measure.most_of_one.into()),
        &sig3(measure.noise_sd),
        &sig3(measure.noise_95),
        &ten,
        &hundred,
        &thousand,
        &from,
    ])
}

fn line(words: [&str; 11]) -> String {
    let [name, words @ ..] = words;
    let widths = [10, 7, 14, 10, 14, 14, 8, 8, 9, 12];
    let words = words.iter().zip(widths);
    let words: String = words
        .map(|(word, width)| format!("{word:>width$}"))
        .collect();
    format!("{}\n", format!("{name:<36}{words}").trim_end())
}
