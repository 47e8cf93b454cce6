//! `erewhon mobility`: exact numbers about the subscribers of a store, for internal eyes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_geo::Sites;
use erewhon_session::{
    AnchorRule, CellTable, Definitions, Family, Ground, PresetChanges, Session, TableFormat,
    TableSet, Zoning, digest_of, families, write_atomically, zones_to_toml,
};
use erewhon_types::{Error, Result};

#[cfg(feature = "cluster")]
use erewhon_session::{ClusterFamilies, ClusterSpec, Limits};

use super::{
    chosen::{chosen, say_without_rows},
    geo::{TESSELLATIONS, Wanted, cells_outside, tessellate},
};
use crate::{
    args::{AnchorArgs, ComputeArgs},
    dirs::{RunDir, is_free_name},
    ui::Ui,
};

pub(crate) fn list(ui: &Ui) -> Result<()> {
    let lines = families()
        .iter()
        .map(|f| format!("{:<22} {}\n", f.name, f.about));
    let value: Vec<_> = families()
        .iter()
        .map(|f| serde_json::json!({ "name": f.name, "about": f.about }))
        .collect();
    ui.result("erewhon.families.v1", &value, &lines.collect::<String>())
}

pub(crate) fn definitions(ui: &Ui) -> Result<()> {
    let value = Definitions::DEFAULT;
    ui.result("erewhon.definitions.v1", &value, Definitions::TOML)
}

pub(crate) fn compute(args: &ComputeArgs, ui: &Ui) -> Result<()> {
    let mut chosen = chosen(families(), |f| f.name, "family of numbers", &args.families)?;
    let definitions = defined(args.definitions.as_deref())?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let name = args.out.as_deref().unwrap_or_else(|| stem(&args.zones));
    let set = TableSet {
        dir: &set(&run, name)?,
        format: match args.format.as_str() {
            "parquet" => TableFormat::Parquet,
            _ => TableFormat::Csv,
        },
        overwrite: args.overwrite,
        definitions: &definitions.to_toml()?,
        zones: &zones_to_toml(&args.zones, &args.area_name)?,
    };
    say_what_changes(&set, ui);
    let session = Session::open(&run.store())?;
    let zones = Arc::new(zoning(&args.zones, &args.area_name, session.cells(), ui)?);
    let ground = Ground::new(Arc::clone(&zones), session.cells(), &definitions)?;
    if args.families.is_empty() {
        let (there, missing): (Vec<_>, Vec<_>) = chosen
            .into_iter()
            .partition(|family| family.check(&ground).is_ok());
        say_left_out(&missing, ui);
        chosen = there;
    }
    chosen.iter().try_for_each(|family| family.check(&ground))?;
    say_no_own_country(chosen.iter().map(|family| family.name), &definitions, ui);
    let zones_name = Path::new(&args.zones).file_name().unwrap_or_default();
    let what = format!(
        "exact mobility by {}: {}",
        zones_name.display(),
        named(&chosen, &ground)
    );
    let asker = args.at.vault.asker(&args.why);
    let asked = (&vault, &asker, what.as_str());
    let stage = ui.stage("mobility");
    let paths = match &args.cluster {
        None => {
            let reducers = chosen
                .iter()
                .map(|family| family.reducer(&ground))
                .collect();
            session.export_mobility(asked, reducers, &definitions, &set)?
        }
        #[cfg(feature = "cluster")]
        Some(url) => {
            let spec = ClusterSpec {
                scheduler: url.parse()?,
                limits: Limits::minutes(args.cluster_limit_min),
                dir: run.internal("cluster"),
            };
            let wanted = ClusterFamilies {
                families: &chosen,
                zones: &zones,
            };
            session.export_mobility_by(&spec, asked, &wanted, &definitions, &set)?
        }
        #[cfg(not(feature = "cluster"))]
        Some(_) => return Err(super::cluster::without()),
    };
    stage.finish();
    say_without_rows(chosen.iter().map(|family| family.name), &paths, ui);
    let lines = paths
        .iter()
        .map(|path| format!("INTERNAL: {}\n", path.display()));
    ui.result("erewhon.mobility.v1", &paths, &lines.collect::<String>())
}

/// Home × work counts by one rule, or all rules against each other, written to the internal tree.
pub(crate) fn anchors(args: &AnchorArgs, ui: &Ui) -> Result<()> {
    let (name, definitions) = rule(args)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    let asker = args.at.vault.asker(&args.why);
    let stage = ui.stage("anchors");
    let path = if args.compare {
        let zones = Arc::new(zoning(&args.zones, &args.area_name, session.cells(), ui)?);
        let changes = PresetChanges { zones };
        let what = format!("anchors of all rules by {}", args.zones);
        let name = format!("presets-{}", stem(&args.zones).display());
        let set = TableSet {
            dir: &set(&run, Path::new(&name))?,
            format: TableFormat::Csv,
            overwrite: args.overwrite,
            definitions: &definitions.presets_to_toml()?,
            zones: &zones_to_toml(&args.zones, &args.area_name)?,
        };
        say_what_changes(&set, ui);
        let paths = session.export_mobility(
            (&vault, &asker, &what),
            vec![Box::new(changes)],
            &definitions,
            &set,
        )?;
        paths.into_iter().next().unwrap_or_default()
    } else {
        let path = run.internal(&format!("anchors-{name}.csv"));
        if path.exists() && !args.overwrite {
            return Err(
                Error::usage(format!("`{}` is there already", path.display()))
                    .with_hint("replace it with --overwrite"),
            );
        }
        let counts = session.anchors_csv(&definitions)?;
        let rule = definitions.to_toml()?;
        let what = format!(
            "anchors of rule {name}, {}",
            digest_of("definitions", &rule)
        );
        let counts = session.export(&vault, &asker, &what, counts)?;
        write_atomically(&path.with_extension("toml"), rule.as_bytes())?;
        write_atomically(&path, counts.as_bytes())?;
        path
    };
    stage.finish();
    ui.result(
        "erewhon.anchors.v1",
        &path,
        &format!("INTERNAL: {}", path.display()),
    )
}

/// The rule for home and work, and its name for files.
fn rule(args: &AnchorArgs) -> Result<(String, Definitions)> {
    if let Some(file) = &args.definitions {
        let name = format!("own-{}", stem(file).display());
        return Ok((name, Definitions::read(file)?));
    }
    let mut presets = AnchorRule::PRESETS.into_iter();
    let named = presets.find(|(name, _)| *name == args.rule);
    let (name, anchors) =
        named.ok_or_else(|| Error::internal("a rule that the arguments refuse"))?;
    let definitions = Definitions {
        anchors,
        ..Definitions::DEFAULT
    };
    Ok((name.to_owned(), definitions))
}

/// Says where tables that go were computed by something else, since their names don't tell.
pub(super) fn say_what_changes(set: &TableSet<'_>, ui: &Ui) {
    for (name, now) in [
        ("definitions.toml", set.definitions),
        ("zones.toml", set.zones),
    ] {
        let before = std::fs::read_to_string(set.dir.join(name));
        if set.overwrite && before.is_ok_and(|before| before != now) {
            let dir = set.dir.display();
            ui.say(&format!(
                "attention: the tables of `{dir}` had another {name}"
            ));
        }
    }
}

pub(super) fn defined(file: Option<&Path>) -> Result<Definitions> {
    file.map_or(Ok(Definitions::DEFAULT), Definitions::read)
}

/// A file's name without its ending, or the name of a tessellation.
fn stem<T: AsRef<Path> + ?Sized>(file: &T) -> &Path {
    Path::new(file.as_ref().file_stem().unwrap_or_default())
}

/// Where a set of tables goes: each has a directory of its own, so that none is taken for another.
pub(super) fn set(run: &RunDir, name: &Path) -> Result<PathBuf> {
    if !is_free_name(name) {
        return Err(
            Error::usage(format!("`{}` is no name of a directory", name.display()))
                .with_hint("tables stay in internal/mobility/: write for example --out wide-stays"),
        );
    }
    Ok(run.internal("mobility").join(name))
}

/// Says that nobody's network is told apart, where visits of hubs are asked for and no own country is declared.
pub(super) fn say_no_own_country<'a>(
    mut families: impl Iterator<Item = &'a str>,
    definitions: &Definitions,
    ui: &Ui,
) {
    if definitions.own_mcc.is_empty() && families.any(|name| name.starts_with("hub_visits")) {
        ui.say(
            "attention: the definitions have no `own_mcc`, so that every `home_network` of a hub's visits is \
             `unknown`",
        );
    }
}

/// Says in one line which families count by something that was not declared.
fn say_left_out(families: &[&Family], ui: &Ui) {
    if !families.is_empty() {
        let names: Vec<&str> = families.iter().map(|family| family.name).collect();
        ui.say(&format!(
            "left out: {}, for want of corridors or hubs in the definitions",
            names.join(", ")
        ));
    }
}

/// Families by their names, or by the names of the others that there are on the ground, where these are fewer.
fn named(chosen: &[&Family], ground: &Ground) -> String {
    let is_chosen = |name: &str| chosen.iter().any(|family| family.name == name);
    let names = |wanted: bool| -> Vec<&str> {
        let there = families().iter().filter(|f| f.check(ground).is_ok());
        let names = there.map(|family| family.name);
        names.filter(|name| is_chosen(name) == wanted).collect()
    };
    let (chosen, others) = (names(true), names(false));
    if others.is_empty() {
        "all families".to_owned()
    } else if others.len() < chosen.len() {
        format!("all families but {}", listed(&others))
    } else {
        listed(&chosen)
    }
}

/// What a line of the ledger has room for.
const MOST_NAMES_BYTES: usize = 200;

/// The names, or as many as there is room for, with how many more there are and a digest of all.
fn listed(names: &[&str]) -> String {
    let all = names.join(", ");
    if all.len() <= MOST_NAMES_BYTES {
        return all;
    }
    let fits = |number: &usize| names[..*number].join(", ").len() <= MOST_NAMES_BYTES;
    let number = (0..names.len()).rev().find(fits).unwrap_or(0);
    let (some, more) = (names[..number].join(", "), names.len() - number);
    format!("{some} and {more} more, {}", digest_of("families", &all))
}

pub(super) fn zoning(name: &str, area_name: &str, cells: &CellTable, ui: &Ui) -> Result<Zoning> {
    if name == "cells" {
        return Ok(Zoning::cells(cells));
    }
    let wanted = Wanted {
        tessellation: name,
        boundary: None,
        area_name,
        named: &[&["cells"], TESSELLATIONS.as_slice()].concat(),
    };
    let sites = Sites::build(cells, |cell| cells.cell(cell).site.as_deref());
    let zones = tessellate(&wanted, cells, &sites, ui)?;
    let outside = cells_outside(&zones, cells);
    if outside > 0 {
        ui.say(&format!(
            "attention: {outside} of the {} cells lie in no zone of `{name}`: they make the zone \
             `outside`",
            cells.len()
        ));
    }
    Ok(Zoning::tessellation(cells, &zones))
}
