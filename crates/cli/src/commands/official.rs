//! `erewhon official`: products of official statistics, for internal eyes.

use std::sync::Arc;

use erewhon_session::{
    Definitions, Network, Product, Session, SignalRule, TableFormat, TableSet, grid_tiles,
    official_inputs, products, read_states, table_to_toml,
};
use erewhon_types::{Error, Result};

use super::mobility::{say_what_changes, set};
use crate::{args::OfficialArgs, dirs::RunDir, ui::Ui};

pub(crate) fn list(ui: &Ui) -> Result<()> {
    let lines = products()
        .iter()
        .map(|p| format!("{:<30} {}\n", p.name, p.about));
    let value: Vec<_> = products()
        .iter()
        .map(|p| serde_json::json!({ "name": p.name, "about": p.about }))
        .collect();
    ui.result("erewhon.products.v1", &value, &lines.collect::<String>())
}

pub(crate) fn compute(args: &OfficialArgs, ui: &Ui) -> Result<()> {
    let chosen = chosen(&args.products)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    let (network, zones) = network(args, &session, ui)?;
    let mut inputs = official_inputs(&session, network)?;
    if let Some(state) = &args.state {
        inputs.states = read_states(state)?;
    }
    inputs.check()?;
    let definitions = inputs.to_toml();
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
    let inputs = Arc::new(inputs);
    let names: Vec<&str> = chosen.iter().map(|product| product.name).collect();
    let what = if names.len() == products().len() {
        "official statistics: all products".to_owned()
    } else {
        format!("official statistics: {}", names.join(", "))
    };
    let reducers = chosen
        .iter()
        .map(|product| product.reducer(&inputs))
        .collect();
    let stage = ui.stage("official");
    let paths = session.export_mobility(
        (&vault, &args.at.vault.asker(&args.why), &what),
        reducers,
        &Definitions::DEFAULT,
        &set,
    )?;
    stage.finish();
    let lines = paths
        .iter()
        .map(|path| format!("INTERNAL: {}\n", path.display()));
    ui.result("erewhon.official.v1", &paths, &lines.collect::<String>())
}

/// The network by tile, and where it is from.
fn network(args: &OfficialArgs, session: &Session, ui: &Ui) -> Result<(Network, String)> {
    let cells = session.cells();
    let Some(table) = &args.footprints else {
        let (network, origin) = Network::computed(cells, &SignalRule::MULTIMNO)?;
        let zones = format!(
            "footprints = \"computed from the cell list\"\norigin = {}\n",
            origin.number()
        );
        return Ok((network, zones));
    };
    let mut zones = table_to_toml("footprints", table)?;
    let mut tiles = None;
    if let Some(grid) = &args.grid {
        zones += &table_to_toml("grid", grid)?;
        tiles = Some(grid_tiles(grid)?);
    }
    let network = Network::read(cells, table, None, tiles)?;
    let covered = network
        .footprints()
        .covered()
        .filter(|cell| cell.index() < cells.len())
        .count();
    if covered < cells.len() {
        ui.say(&format!(
            "attention: {} of the {} cells have no footprint: what happens there is in \
             `cells_without_footprint` and in no table by tile",
            cells.len() - covered,
            cells.len()
        ));
    }
    Ok((network, zones))
}

fn chosen(names: &[String]) -> Result<Vec<&'static Product>> {
    if names.is_empty() {
        return Ok(products().iter().collect());
    }
    let find = |name: &String| {
        let found = products()
            .iter()
            .find(|product| product.name == name.trim());
        found.ok_or_else(|| {
            let known: Vec<&str> = products().iter().map(|product| product.name).collect();
            Error::usage(format!("`{name}` is no product of official statistics"))
                .with_hint(format!("allowed: {}", known.join(", ")))
        })
    };
    let mut found = names.iter().map(find).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|product| product.name);
    found.dedup_by_key(|product| product.name);
    Ok(found)
}
