//! `erewhon mobility`: exact numbers about the subscribers of a store, for internal eyes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_geo::Sites;
use erewhon_session::{
    AnchorRule, CellTable, Family, PresetChanges, Session, TableFormat, Zoning, families,
    write_atomically,
};
use erewhon_types::{Error, Result};

use super::geo::{Wanted, tessellate};
use crate::{
    args::{AnchorArgs, ComputeArgs},
    dirs::RunDir,
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

pub(crate) fn compute(args: &ComputeArgs, ui: &Ui) -> Result<()> {
    let chosen = chosen(&args.families)?;
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    let zones = Arc::new(zoning(&args.zones, &args.area_name, session.cells(), ui)?);
    let format = match args.format.as_str() {
        "parquet" => TableFormat::Parquet,
        _ => TableFormat::Csv,
    };
    let names: Vec<&str> = chosen.iter().map(|family| family.name).collect();
    let what = format!("exact mobility by {}: {}", args.zones, names.join(", "));
    let reducers = chosen.iter().map(|family| family.reducer(&zones)).collect();
    let stage = ui.stage("mobility");
    let paths = session.export_mobility(
        (&vault, &args.at.vault.asker(&args.why), &what),
        reducers,
        (&by_zones(&run, &args.zones), format),
    )?;
    stage.finish();
    let lines = paths
        .iter()
        .map(|path| format!("INTERNAL: {}\n", path.display()));
    ui.result("erewhon.mobility.v1", &paths, &lines.collect::<String>())
}

/// Home × work counts by one rule, or all rules against each other, written to the internal tree.
pub(crate) fn anchors(args: &AnchorArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::open(&args.at.dir)?, args.at.vault.open()?);
    let session = Session::open(&run.store())?;
    session.check()?;
    let asker = args.at.vault.asker(&args.why);
    let stage = ui.stage("anchors");
    let path = if args.compare {
        let zones = Arc::new(zoning(&args.zones, &args.area_name, session.cells(), ui)?);
        let changes = PresetChanges { zones };
        let what = format!("anchors of all rules by {}", args.zones);
        let paths = session.export_mobility(
            (&vault, &asker, &what),
            vec![Box::new(changes)],
            (&by_zones(&run, &args.zones), TableFormat::Csv),
        )?;
        paths.into_iter().next().unwrap_or_default()
    } else {
        let named = AnchorRule::PRESETS
            .into_iter()
            .find(|(name, _)| *name == args.rule);
        let (_, rule) = named.ok_or_else(|| Error::internal("a rule that the arguments refuse"))?;
        let counts = session.anchors_csv(&rule)?;
        let what = format!("anchors of rule {}", args.rule);
        let counts = session.export(&vault, &asker, &what, counts)?;
        let path = run.internal(&format!("anchors-{}.csv", args.rule));
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

/// Where tables by some zones go: a directory for each tessellation, so that none is taken for another.
fn by_zones(run: &RunDir, zones: &str) -> PathBuf {
    let name = Path::new(zones).file_stem().unwrap_or_default();
    run.internal("mobility").join(name)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Family>> {
    if names.is_empty() {
        return Ok(families().iter().collect());
    }
    let find = |name: &String| {
        let found = families().iter().find(|family| family.name == name.trim());
        found.ok_or_else(|| {
            let known: Vec<&str> = families().iter().map(|family| family.name).collect();
            Error::usage(format!("`{name}` is no family of numbers"))
                .with_hint(format!("allowed: {}", known.join(", ")))
        })
    };
    let mut found = names.iter().map(find).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|family| family.name);
    found.dedup_by_key(|family| family.name);
    Ok(found)
}

fn zoning(name: &str, area_name: &str, cells: &CellTable, ui: &Ui) -> Result<Zoning> {
    if name == "cells" {
        return Ok(Zoning::cells(cells));
    }
    let wanted = Wanted {
        tessellation: name,
        boundary: None,
        area_name,
    };
    let sites = Sites::build(cells, |cell| cells.cell(cell).site.as_deref());
    let zones = tessellate(&wanted, cells, &sites, ui)?;
    Ok(Zoning::tessellation(cells, &zones))
}
