use std::collections::BTreeMap;

use erewhon_geo::{Areas, GridSize, H3Resolution, InspireGrid};
use erewhon_types::{Error, Result};

use crate::{Network, Origin, Tile};

/// What makes zones of tiles.
#[derive(Clone, Copy, Debug)]
pub enum ZoneMap<'a> {
    /// Squares of the European grid.
    Squares(GridSize),
    /// Hexagons of H3.
    Hexagons(H3Resolution),
    /// Areas of a file.
    Areas(&'a Areas),
}

/// Which zone each tile of a network lies in: the one that holds its centre. Public.
///
/// Squares and hexagons have no rim, so that all tiles lie in one, unlike those of a tessellation over cells.
#[derive(Clone, Debug)]
pub struct TileZones {
    dataset: String,
    /// Ascending.
    names: Vec<String>,
    /// Ascending, with the place of the zone's name.
    tiles: Vec<(Tile, u32)>,
    outside: usize,
}

impl TileZones {
    /// The zones of all tiles that a cell reaches, which are counted from `origin`; `dataset` is what the zones are called,
    /// in letters, digits, `-` and `_`, to which anything else is changed.
    ///
    /// # Errors
    /// Input, when a tile lies outside the European grid, or none lies in a zone.
    pub fn of(network: &Network, origin: Origin, dataset: &str, map: ZoneMap<'_>) -> Result<Self> {
        let grid = InspireGrid::new()?;
        let all = network.footprints().tiles();
        let mut found: Vec<(Tile, String)> = Vec::with_capacity(all.len());
        for tile in all {
            let centre = || grid.centre(origin.square(*tile, GridSize::M100)?);
            let name = match map {
                ZoneMap::Squares(size) => Some(origin.square(*tile, size)?.to_string()),
                ZoneMap::Hexagons(resolution) => {
                    let (lon, lat) = centre()?;
                    Some(resolution.index_at(lon, lat)?)
                }
                ZoneMap::Areas(areas) => {
                    let (lon, lat) = centre()?;
                    areas
                        .find(lon, lat)
                        .map(|row| areas.all()[row].name().to_owned())
                }
            };
            found.extend(name.map(|name| (*tile, name)));
        }
        if found.is_empty() {
            return Err(Error::input(format!(
                "none of the {} tiles that a cell reaches lies in a zone of `{dataset}`",
                all.len()
            ))
            .with_hint(
                "areas need longitude before latitude, in degrees of WGS 84 (EPSG:4326), and footprints \
                 the grid that they were made for",
            ));
        }
        let mut places: BTreeMap<&str, u32> = found.iter().map(|f| (f.1.as_str(), 0)).collect();
        (0..)
            .zip(places.values_mut())
            .for_each(|(at, place)| *place = at);
        let tiles = found
            .iter()
            .map(|(tile, name)| (*tile, places[name.as_str()]));
        Ok(Self {
            dataset: dataset.replace(
                |c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c),
                "_",
            ),
            tiles: tiles.collect(),
            names: places.into_keys().map(str::to_owned).collect(),
            outside: all.len() - found.len(),
        })
    }

    /// What the zones are called, for multimno's `dataset_id`.
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The zone of a tile, by its place among the names; `None` where no zone holds it.
    pub fn zone(&self, tile: Tile) -> Option<u32> {
        let at = self.tiles.binary_search_by_key(&tile, |known| known.0);
        at.ok().map(|at| self.tiles[at].1)
    }

    /// The name of a zone.
    pub fn name(&self, zone: u32) -> &str {
        self.names.get(zone as usize).map_or("", String::as_str)
    }

    /// Number of zones that hold a tile.
    pub const fn len(&self) -> usize {
        self.names.len()
    }

    /// Never true: some tile lies in a zone.
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Number of tiles that lie in no zone.
    pub const fn outside(&self) -> usize {
        self.outside
    }
}
