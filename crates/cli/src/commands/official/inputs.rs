use std::path::Path;

use erewhon_geo::{Areas, GridSize};
use erewhon_session::{
    Mcc, Network, OfficialInputs, Origin, Session, SignalRule, TileZones, ZoneMap, grid_of,
    official_inputs, read_countries, read_states, table_to_toml, zones_to_toml,
};
use erewhon_types::{Error, Result};

use crate::{args::OfficialArgs, commands::geo, ui::Ui};

/// What the products are computed from, and as TOML where it is from.
pub(super) fn inputs(
    args: &OfficialArgs,
    session: &Session,
    ui: &Ui,
) -> Result<(OfficialInputs, String)> {
    let (network, origin, mut sources) = network(args, session, ui)?;
    let mut inputs = official_inputs(session, network)?;
    if let Some(name) = &args.zones {
        inputs.zones = Some(zones(args, name, &inputs.network, origin, ui)?);
        sources += &zones_to_toml(name, &args.area_name)?;
    }
    if let Some(state) = &args.state {
        inputs.states = read_states(state)?;
    }
    if args.migration_from.is_some() {
        inputs.second_term = args.migration_from;
    }
    let own = args.own_mcc.iter().map(|code| Mcc::new((*code).into()));
    inputs.own = own.collect::<Result<_>>()?;
    if let Some(table) = &args.countries {
        inputs.countries = read_countries(table)?;
        sources += &table_to_toml("countries", table)?;
    } else if !inputs.own.is_empty() {
        sources += "countries = \"ITU-T E.212\"\n";
    }
    inputs.check()?;
    Ok((inputs, sources))
}

/// The network by tile, what its tiles are counted from where that is known, and where it is from.
fn network(
    args: &OfficialArgs,
    session: &Session,
    ui: &Ui,
) -> Result<(Network, Option<Origin>, String)> {
    let cells = session.cells();
    let Some(table) = &args.footprints else {
        let (network, origin) = Network::computed(cells, &SignalRule::MULTIMNO)?;
        let sources = format!(
            "footprints = \"computed from the cell list\"\norigin = {}\n",
            origin.number()
        );
        return Ok((network, Some(origin), sources));
    };
    let mut sources = table_to_toml("footprints", table)?;
    let (mut tiles, mut origin) = (None, None);
    if let Some(grid) = &args.grid {
        sources += &table_to_toml("grid", grid)?;
        let (number, from) = grid_of(grid)?;
        (tiles, origin) = (Some(number), Some(from));
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
    Ok((network, origin, sources))
}

/// The zones that `mobility compute` has, but those that are made of cells: here tiles lie in them.
fn zones(
    args: &OfficialArgs,
    name: &str,
    network: &Network,
    origin: Option<Origin>,
    ui: &Ui,
) -> Result<TileZones> {
    let origin = origin.ok_or_else(|| {
        Error::usage("--zones needs to know where the tiles of --footprints lie")
            .with_hint("give the grid that the footprints were made for with --grid")
    })?;
    let areas: Areas;
    // What multimno calls these two sets of zones.
    let (dataset, map) = match name {
        "inspire-1km" => ("INSPIRE_1km", ZoneMap::Squares(GridSize::Km1)),
        "inspire-100m" => ("INSPIRE_100m", ZoneMap::Squares(GridSize::M100)),
        _ => match name.strip_prefix("h3-") {
            Some(resolution) => (name, ZoneMap::Hexagons(resolution.parse()?)),
            None if name.contains('.') => {
                let path = Path::new(name);
                areas = geo::areas(&args.area_name, path, ui)?;
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                (stem.unwrap_or("areas"), ZoneMap::Areas(&areas))
            }
            None => {
                return Err(
                    Error::usage(format!("`{name}` is no map of tiles to zones")).with_hint(
                        "allowed: inspire-1km, inspire-100m, h3-0 to h3-15, or a file of areas \
                         (.geojson, .json, .shp)",
                    ),
                );
            }
        },
    };
    let zones = TileZones::of(network, origin, dataset, map)?;
    if zones.outside() > 0 {
        ui.say(&format!(
            "attention: {} of the {} tiles that a cell reaches lie in no zone of `{name}`: what happens \
             there is in no table by zone",
            zones.outside(),
            network.footprints().tiles().len()
        ));
    }
    Ok(zones)
}
