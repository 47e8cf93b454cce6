//! `erewhon official`: products of official statistics, for internal eyes.

use std::sync::Arc;

use erewhon_session::{
    Definitions, Need, OfficialInputs, Product, Session, TableFormat, TableSet, products,
};
use erewhon_types::Result;

use super::{
    chosen::{chosen, say_without_rows},
    mobility::{say_what_changes, set},
};
use crate::{args::OfficialArgs, dirs::RunDir, ui::Ui};

mod inputs;

pub(crate) fn list(ui: &Ui) -> Result<()> {
    let needs = |p: &Product| -> Vec<&str> { p.needs.iter().map(|n| n.given_by()).collect() };
    let lines = products().iter().map(|p| match needs(p)[..] {
        [] => format!("{:<34} {}\n", p.name, p.about),
        ref needs => format!(
            "{:<34} {}; wants {}\n",
            p.name,
            p.about,
            needs.join(" and ")
        ),
    });
    let value: Vec<_> = products()
        .iter()
        .map(|p| serde_json::json!({ "name": p.name, "about": p.about, "wants": needs(p) }))
        .collect();
    ui.result("erewhon.products.v1", &value, &lines.collect::<String>())
}

pub(crate) fn compute(args: &OfficialArgs, ui: &Ui) -> Result<()> {
    let what = "product of official statistics";
    let named = chosen(products(), |p| p.name, what, &args.products)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    let (inputs, zones) = inputs::inputs(args, &session, ui)?;
    let definitions = inputs.to_toml();
    let inputs = Arc::new(inputs);
    let chosen = if args.products.is_empty() {
        possible(named, &inputs, ui)
    } else {
        named
    };
    let reducers = chosen.iter().map(|product| product.reducer(&inputs));
    let reducers = reducers.collect::<Result<Vec<_>>>()?;
    let dir = set(&run, &args.out)?;
    let set = TableSet {
        dir: &dir,
        format: match args.format.as_str() {
            "parquet" => TableFormat::Parquet,
            _ => TableFormat::Multimno,
        },
        overwrite: args.overwrite,
        definitions: &definitions,
        zones: &zones,
    };
    say_what_changes(&set, ui);
    let what = format!("official statistics: {}", on_record(&chosen));
    let stage = ui.stage("official");
    let paths = session.export_mobility(
        (&vault, &args.at.vault.asker(&args.why), &what),
        reducers,
        &Definitions::DEFAULT,
        &set,
    )?;
    stage.finish();
    say_without_rows(chosen.iter().map(|product| product.name), &paths, ui);
    let lines = paths
        .iter()
        .map(|path| format!("INTERNAL: {}\n", path.display()));
    ui.result("erewhon.official.v1", &paths, &lines.collect::<String>())
}

/// The products that the inputs are enough for; says in one line which are left out, and what they want.
fn possible(all: Vec<&'static Product>, inputs: &OfficialInputs, ui: &Ui) -> Vec<&'static Product> {
    let mut left_out: Vec<(Vec<Need>, Vec<&str>)> = Vec::new();
    let enough = |product: &&Product| {
        let lacks: Vec<Need> = product.lacks(inputs).collect();
        if lacks.is_empty() {
            return true;
        }
        match left_out.iter_mut().find(|(needs, _)| *needs == lacks) {
            Some((_, names)) => names.push(product.name),
            None => left_out.push((lacks, vec![product.name])),
        }
        false
    };
    let found = all.into_iter().filter(enough).collect();
    if !left_out.is_empty() {
        let group = |(needs, names): &(Vec<Need>, Vec<&str>)| {
            let needs: Vec<&str> = needs.iter().map(|need| need.given_by()).collect();
            format!("{} (for want of {})", names.join(", "), needs.join(" and "))
        };
        let groups: Vec<String> = left_out.iter().map(group).collect();
        ui.say(&format!("left out: {}", groups.join("; ")));
    }
    found
}

/// Products by their names, or by the names of the others where these are fewer: a line of the ledger is short.
fn on_record(chosen: &[&Product]) -> String {
    let names = |wanted: bool| -> Vec<&str> {
        let is_chosen = |name: &str| chosen.iter().any(|product| product.name == name);
        let names = products().iter().map(|product| product.name);
        names.filter(|name| is_chosen(name) == wanted).collect()
    };
    let (chosen, others) = (names(true), names(false));
    if others.is_empty() {
        "all products".to_owned()
    } else if others.len() < chosen.len() {
        format!("all products but {}", others.join(", "))
    } else {
        chosen.join(", ")
    }
}
