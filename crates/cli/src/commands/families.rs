//! `erewhon mobility release`: families of numbers with noise that was paid for.

use std::sync::Arc;

use erewhon_session::{
    AskedFamily, FAMILIES_BIAS, FamiliesJob, FamiliesPlan, NumberStatement, Policy, ReleaseRequest,
    Session, zones_to_toml,
};
use erewhon_types::{Loss, Result, count, percent, sig3};

use super::{
    mobility::{defined, zoning},
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
    let plan = session.plan_families(&asked, &zones, (spend.epsilon, delta(Some(&vault))?))?;
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
         each. An error is the noise's sd as a share of an entry of that size.\n\
         {:<28} {:>9} {:>8} {:>8} {:>11} {:>9} {:>9} {:>8} {:>8} {:>8} {:>10}\n",
        "number",
        "entries",
        "of one",
        "in each",
        whole.measure(),
        "noise sd",
        "95 %",
        "of 10",
        "of 100",
        "of 1,000",
        "shown from",
    );
    for number in plan.statements() {
        text.push_str(&lines(&number));
    }
    text.push_str(&format!(
        "total {:>62}\n{FAMILIES_BIAS}\n",
        whole.value().to_string()
    ));
    text
}

fn lines(number: &NumberStatement) -> String {
    let line = |(place, measure): (usize, &erewhon_session::MeasureStatement)| {
        let name = match &measure.measure {
            None => number.name.clone(),
            Some(word) if place == 0 => format!("{} {word}", number.name),
            Some(word) => format!("  {word}"),
        };
        let once = |text: String| if place == 0 { text } else { String::new() };
        let [ten, hundred, thousand] = measure.relative_error.map(percent);
        let from = measure.shown_from;
        format!(
            "{name:<28} {:>9} {:>8} {:>8} {:>11} {:>9} {:>9} {ten:>8} {hundred:>8} {thousand:>8} {:>10}\n",
            once(count(number.entries)),
            once(number.entries_of_one.to_string()),
            measure.most_of_one,
            once(number.loss.value().to_string()),
            sig3(measure.noise_sd),
            sig3(measure.noise_95),
            from.map_or_else(|| "all".to_owned(), sig3),
        )
    };
    number.measures.iter().enumerate().map(line).collect()
}
