use std::{fmt, path::Path, sync::Arc};

use erewhon_geo::{CellTable, Frame, InspireGrid};
use erewhon_types::{Error, Result};
use jiff::civil::Date;

use crate::{
    CellType, Footprints, Groups, Origin, Overlaps, Reach, SignalRule, TILE_M, Tile, Transmitter,
    footprints,
    multimno::{Names, first_date, read_footprints},
    signal::Beam,
};

/// What is known of the network by tile, ready for the products. Public.
pub struct Network {
    names: Names,
    footprints: Arc<Footprints>,
    connection: Footprints,
    posterior: Footprints,
    groups: Groups,
    overlaps: Overlaps,
    reach: Reach,
    grid_tiles: usize,
}

/// How far footprints are widened before overlaps are looked for, in metres; multimno's number.
const OVERLAP_BUFFER_M: f64 = 100.0;

impl Network {
    /// Puts a network together; the names are those of the cells that the footprints are of, and the number of tiles is that
    /// of the country, or of the footprints where it is not known.
    ///
    /// # Errors
    /// Input, when the grid has fewer tiles than the footprints.
    pub fn new(names: Names, footprints: Footprints, grid_tiles: Option<usize>) -> Result<Self> {
        let reached = footprints.tiles().len();
        let grid_tiles = grid_tiles.unwrap_or(reached);
        if grid_tiles < reached {
            return Err(Error::input(format!(
                "the footprints reach {reached} tiles and the grid has {grid_tiles}"
            ))
            .with_hint("give the grid that the footprints were made for"));
        }
        let footprints = Arc::new(footprints);
        let connection = footprints.connection();
        let posterior = connection.posterior(&vec![1.0; reached])?;
        let groups = Groups::of(&footprints);
        let overlaps = Overlaps::of_footprints(&footprints, OVERLAP_BUFFER_M);
        Ok(Self {
            names,
            reach: Reach::over(&footprints),
            footprints,
            connection,
            posterior,
            groups,
            overlaps,
            grid_tiles,
        })
    }

    /// By the footprints of a table of multimno's for the cells of a table: those of a day, or of the first day that the
    /// table has.
    ///
    /// # Errors
    /// Input, when the table can't be read, or none of its cells is one of the network.
    pub fn read(
        cells: &CellTable,
        table: &Path,
        date: Option<Date>,
        grid_tiles: Option<usize>,
    ) -> Result<Self> {
        let mut names = Names::of(cells);
        let date = match date {
            Some(date) => date,
            None => first_date(table)?,
        };
        let footprints = read_footprints(table, "signal_dominance", date, &mut names)?;
        let ours = footprints
            .covered()
            .filter(|cell| cell.index() < cells.len())
            .count();
        if ours == 0 {
            return Err(Error::input(format!(
                "`{}` has a footprint of no cell of this network",
                table.display()
            ))
            .with_hint("check that its `cell_id` are those of the cell list"));
        }
        Self::new(names, footprints, grid_tiles)
    }

    /// By the signal strength of each cell, for all tiles that one reaches. What the cell list does not say of a cell is
    /// taken from the default of multimno's cell types.
    ///
    /// # Errors
    /// Input, when cells have no position in degrees, or lie outside the European grid or too far apart for it.
    pub fn computed(cells: &CellTable, rule: &SignalRule) -> Result<(Self, Origin)> {
        let (transmitters, origin) = transmitters(cells)?;
        let grid = tiles_around(&transmitters);
        let footprints = footprints(&transmitters, &grid, rule)?;
        Ok((Self::new(Names::of(cells), footprints, None)?, origin))
    }

    /// The cells' names.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Signal dominance by cell and tile.
    pub fn footprints(&self) -> &Footprints {
        &self.footprints
    }

    /// p(c|t).
    pub const fn connection(&self) -> &Footprints {
        &self.connection
    }

    /// p(t|c), by a uniform prior.
    pub const fn posterior(&self) -> &Footprints {
        &self.posterior
    }

    /// The tiles by the cells that reach them.
    pub const fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Which cells overlap.
    pub const fn overlaps(&self) -> &Overlaps {
        &self.overlaps
    }

    /// How far footprints are from each other; to be cloned by each worker.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Number of tiles of the country.
    pub const fn grid_tiles(&self) -> usize {
        self.grid_tiles
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cells, tiles) = (self.footprints.cells(), self.footprints.tiles().len());
        write!(f, "Network {{ cells: {cells}, tiles: {tiles} }}")
    }
}

/// Sides of a square of 1 km.
const KM_SIDES: u32 = 10;

/// The transmitters of a cell list, in metres from an origin that is a corner of the grid of 1 km.
fn transmitters(cells: &CellTable) -> Result<(Vec<Transmitter>, Origin)> {
    if cells.frame() != Frame::Geographic {
        return Err(
            Error::input("footprints need cells with latitude and longitude")
                .with_hint("give `lat` and `lon` in the cell list, or footprints of your own"),
        );
    }
    let grid = InspireGrid::new()?;
    let mut all = Vec::with_capacity(cells.len());
    for cell in cells.cells() {
        let (east_m, north_m) = grid.project_m(cell.x, cell.y)?;
        let kind = CellType::named("");
        let beam = cell.azimuth_deg.map(|azimuth_deg| Beam {
            azimuth_deg,
            tilt_deg: cell.tilt_deg.unwrap_or(CellType::BEAM.tilt_deg),
            ..CellType::BEAM
        });
        all.push(Transmitter {
            east_m,
            north_m,
            height_m: kind.height_m,
            power_w: cell.power_w.filter(|w| *w > 0.0).unwrap_or(kind.power_w),
            range_m: cell.range_m.filter(|m| *m > 0.0).unwrap_or(kind.range_m),
            path_loss_exponent: kind.path_loss_exponent,
            beam,
        });
    }
    let low = |of: fn(&Transmitter) -> f64| {
        let low = all
            .iter()
            .map(|t| of(t) - t.range_m)
            .fold(f64::INFINITY, f64::min);
        let sides = (low.max(0.0) / TILE_M).floor() as u32;
        sides / KM_SIDES * KM_SIDES
    };
    let origin = Origin {
        east: low(|t| t.east_m),
        north: low(|t| t.north_m),
    };
    for at in &mut all {
        at.east_m -= f64::from(origin.east) * TILE_M;
        at.north_m -= f64::from(origin.north) * TILE_M;
        let far = f64::from(u16::MAX) * TILE_M;
        if at.east_m + at.range_m > far || at.north_m + at.range_m > far {
            return Err(
                Error::input("the cells are too far apart for one grid of tiles")
                    .with_hint("6,553 km on a side at the most: leave out what lies overseas"),
            );
        }
    }
    Ok((all, origin))
}

/// Every tile that is within reach of a transmitter.
fn tiles_around(transmitters: &[Transmitter]) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let sides = |m: f64| (m / TILE_M).clamp(0.0, f64::from(u16::MAX)) as u16;
    for at in transmitters {
        let (north, south) = (
            sides(at.north_m + at.range_m),
            sides(at.north_m - at.range_m),
        );
        for east in sides(at.east_m - at.range_m)..=sides(at.east_m + at.range_m) {
            tiles.extend((south..=north).map(|north| Tile::new(east, north)));
        }
        // Antennas of one site have the same tiles.
        if tiles.len() > 1 << 22 {
            tiles.sort_unstable();
            tiles.dedup();
        }
    }
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}
