use std::path::Path;

use erewhon_events::nearest_name;
use erewhon_geo::{
    Antenna, Areas, CellTable, GridSize, H3Resolution, Sites, Tessellation, Weights, Zone,
    read_areas, read_cells, weights_csv, zones_geojson,
};
use erewhon_session::write_atomically;
use erewhon_types::{Error, Result};

use crate::{args::ZonesArgs, out::check_free, ui::Ui};

pub(crate) fn zones(args: &ZonesArgs, ui: &Ui) -> Result<()> {
    let weights_out = args.out.with_extension("weights.csv");
    for path in [&args.out, &weights_out] {
        check_free(path, args.overwrite)?;
    }
    let (cells, issues) = read_cells(&args.cells)?;
    for rule in &issues.rules {
        ui.say(&format!(
            "{} cells set aside: {}",
            rule.cells.len(),
            rule.description
        ));
    }
    let sites = Sites::build(&cells, |cell| cells.cell(cell).site.as_deref());
    let wanted = Wanted {
        tessellation: &args.tessellation,
        boundary: args.boundary.as_deref(),
        area_name: &args.area_name,
        named: &TESSELLATIONS,
    };
    let zones = tessellate(&wanted, &cells, &sites, ui)?;
    let weights = Weights::build(&cells, &sites, &zones, |cell| Antenna::of(cells.cell(cell)))?;
    let map = zones_geojson(&cells, &zones)?;
    write_atomically(&args.out, map.as_bytes())?;
    let lines = weights_csv(&cells, &zones, &weights)?;
    write_atomically(&weights_out, lines.as_bytes())?;

    let stand_outside = cells_outside(&zones, &cells);
    let without_weight = weights.rows().iter().filter(|row| row.is_empty()).count();
    let area_km2: f64 = zones.zones().iter().map(Zone::area_km2).sum();
    let text = format!(
        "{} zones of {area_km2:.1} km² in {}\n{} weights of {} cells on {} sites in {}\n\
         {stand_outside} cells stand outside all zones, {without_weight} serve none of them",
        zones.len(),
        args.out.display(),
        weights.entries(),
        cells.len(),
        sites.len(),
        weights_out.display(),
    );
    let value = serde_json::json!({
        "tessellation": args.tessellation,
        "zones": zones.len(),
        "area_km2": area_km2,
        "cells": cells.len(),
        "cells_set_aside": issues.quarantined().count(),
        "sites": sites.len(),
        "weights": weights.entries(),
        "cells_outside": stand_outside,
        "cells_without_weight": without_weight,
        "plane_error_share": cells.plane_error_share(),
        "zones_file": args.out,
        "weights_file": weights_out,
    });
    ui.result("erewhon.zones.v1", &value, &text)
}

/// The tessellations that have a name of their own, besides those of H3.
pub(super) const TESSELLATIONS: [&str; 3] = ["voronoi", "inspire-1km", "inspire-100m"];

/// What makes zones.
pub(super) struct Wanted<'a> {
    pub(super) tessellation: &'a str,
    pub(super) boundary: Option<&'a Path>,
    pub(super) area_name: &'a str,
    /// The names that are allowed there, besides those of H3.
    pub(super) named: &'a [&'a str],
}

pub(super) fn tessellate(
    wanted: &Wanted<'_>,
    cells: &CellTable,
    sites: &Sites,
    ui: &Ui,
) -> Result<Tessellation> {
    let name = wanted.tessellation;
    if wanted.boundary.is_some() && name != "voronoi" {
        return Err(Error::usage(format!("`{name}` takes no --boundary"))
            .with_hint("a boundary clips --tessellation voronoi alone"));
    }
    match name {
        "voronoi" => {
            let boundary = wanted
                .boundary
                .map(|path| areas(wanted.area_name, path, ui));
            let boundary = boundary.transpose()?;
            Tessellation::voronoi(cells, sites, boundary.as_ref())
        }
        "inspire-1km" => Tessellation::inspire(cells, GridSize::Km1),
        "inspire-100m" => Tessellation::inspire(cells, GridSize::M100),
        _ => match name.strip_prefix("h3-") {
            Some(resolution) => Tessellation::h3(cells, resolution.parse::<H3Resolution>()?),
            None if name.contains('.') => by_areas(wanted, cells, ui),
            None => Err(no_tessellation(name, wanted.named)),
        },
    }
}

fn no_tessellation(name: &str, named: &[&str]) -> Error {
    let hexagons: Vec<String> = (0..=15).map(|size| format!("h3-{size}")).collect();
    let known = named.iter().copied();
    let meant = nearest_name(name, known.chain(hexagons.iter().map(String::as_str)));
    let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    Error::usage(format!("`{name}` is no tessellation")).with_hint(format!(
        "{meant}allowed: {}, h3-0 to h3-15, or a file of areas (.geojson, .json, .shp)",
        named.join(", ")
    ))
}

/// Areas of a file, which are those of the network where one of its cells lies in one of them.
fn by_areas(wanted: &Wanted<'_>, cells: &CellTable, ui: &Ui) -> Result<Tessellation> {
    let path = Path::new(wanted.tessellation);
    let areas = areas(wanted.area_name, path, ui)?;
    let zones = Tessellation::areas(cells, &areas)?;
    if cells_outside(&zones, cells) < cells.len() {
        return Ok(zones);
    }
    let ((west, south), (east, north)) = areas.bounds();
    let [cells_west, cells_south, cells_east, cells_north] = cells.summary().bounds;
    Err(Error::input(format!(
        "no cell lies in an area of `{}`: its areas span longitude {west} to {east}, latitude {south} to \
         {north}, the cells longitude {cells_west} to {cells_east}, latitude {cells_south} to \
         {cells_north}",
        path.display()
    ))
    .with_hint(
        "areas need longitude before latitude, in degrees of WGS 84 (EPSG:4326): are they swapped, in \
         another coordinate system, of another region, or over a quarter of the Earth wide?",
    ))
}

/// Cells that stand in no zone.
pub(super) fn cells_outside(zones: &Tessellation, cells: &CellTable) -> usize {
    let zones = zones.zones_of(cells);
    zones.iter().filter(|zone| zone.is_none()).count()
}

/// The areas of a file; says which are set aside.
pub(super) fn areas(name: &str, path: &Path, ui: &Ui) -> Result<Areas> {
    let (areas, issues) = read_areas(path, name)?;
    for rule in &issues.rules {
        ui.say(&format!(
            "{} areas set aside: {}",
            rule.areas.len(),
            rule.description
        ));
    }
    Ok(areas)
}
