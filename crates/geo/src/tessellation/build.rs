use std::collections::{HashSet, VecDeque};

use erewhon_types::{Error, Result};
use geo::{Coord, Intersects, MultiPolygon, unary_union};

use super::{
    Finder, Tessellation, Zone,
    outline::{clip, outline, project},
};
use crate::{
    Areas, CellTable, Frame, GridSize, H3Resolution, InspireGrid, Sites, Voronoi,
    flat::{self, Point},
    h3,
    voronoi::padding_m,
};

/// More zones than this are refused before they are laid out.
const MOST_ZONES: f64 = 1e6;

impl Tessellation {
    /// The Voronoi polygons of sites, clipped to a boundary or else to the padded hull.
    ///
    /// The boundary is given as areas: what lies in any of them is kept. A site outside keeps the
    /// part of its polygon inside, and where nothing is left, a zone without area.
    ///
    /// # Errors
    /// Input, when the boundary is given for cells without degrees, or positions are beyond any map.
    pub fn voronoi(cells: &CellTable, sites: &Sites, boundary: Option<&Areas>) -> Result<Self> {
        let boundary = boundary
            .map(|areas| -> Result<MultiPolygon> {
                geographic(cells, "a boundary in degrees")?;
                let parts = areas.all().iter();
                let parts: Vec<_> = parts
                    .map(|a| project(cells.plane(), a.polygons()))
                    .collect();
                Ok(unary_union(&parts))
            })
            .transpose()?;
        let corners = boundary.iter().flat_map(|b| b.iter());
        let corners = corners.flat_map(|p| p.exterior().coords().map(Coord::x_y));
        let held: Vec<Point> = sites.positions_m().iter().copied().chain(corners).collect();
        let frame = flat::hull_m(&held, padding_m(sites.positions_m()));
        let voronoi = Voronoi::within(sites.clone(), &frame)?;
        let mut taken = HashSet::new();
        let zones = voronoi
            .polygons_m()
            .iter()
            .zip(sites.cells_of())
            .map(|(ring, of)| {
                let id = &cells.cell(of[0]).id;
                let name = if taken.insert(id) {
                    id.clone()
                } else {
                    format!("{id}#{}", of[0].0)
                };
                let whole = flat::polygon(ring);
                let polygons_m = match &boundary {
                    Some(boundary) => clip(ring, whole, boundary),
                    None => whole,
                };
                Zone { name, polygons_m }
            });
        Ok(Self::of(cells, zones.collect(), Finder::Outlines))
    }

    /// The squares of the European grid around the sites of a table.
    ///
    /// # Errors
    /// Input, when cells have no degrees, a cell is outside the grid's area of use, or there would be
    /// over a million squares.
    pub fn inspire(cells: &CellTable, size: GridSize) -> Result<Self> {
        geographic(cells, "the European grid")?;
        let grid = InspireGrid::new()?;
        let side_km = f64::from(size.side_m()) / 1000.0;
        let region = region(cells, side_km * side_km)?;
        let start = cells.cells().iter().map(|c| grid.square_at(size, c.x, c.y));
        let squares = spread(
            start.collect::<Result<_>>()?,
            |square| square.neighbours().collect(),
            |square| -> Result<_> {
                // A square is a few metres from straight-edged on the plane, far less than its side.
                Ok(outline(cells.plane(), &grid.corners(*square)?)
                    .filter(|o| o.intersects(&region)))
            },
        )?;
        let rows = squares
            .iter()
            .enumerate()
            .map(|(row, (square, _))| (*square, row));
        let finder = Finder::Squares(Box::new(grid), size, rows.collect());
        Ok(Self::of(cells, named(squares), finder))
    }

    /// The hexagons of an H3 resolution around the sites of a table.
    ///
    /// # Errors
    /// Input, when cells have no degrees or there would be over a million hexagons.
    pub fn h3(cells: &CellTable, resolution: H3Resolution) -> Result<Self> {
        geographic(cells, "H3")?;
        let region = region(cells, resolution.area_km2())?;
        let start = cells
            .cells()
            .iter()
            .map(|c| resolution.hexagon_at(c.x, c.y));
        let hexagons = spread(
            start.collect::<Result<_>>()?,
            |hexagon| h3::neighbours(*hexagon),
            |hexagon| {
                let outline = outline(cells.plane(), &h3::corners(*hexagon));
                Ok(outline.filter(|o| o.intersects(&region)))
            },
        )?;
        let rows = hexagons
            .iter()
            .enumerate()
            .map(|(row, (hexagon, _))| (*hexagon, row));
        let finder = Finder::Hexagons(resolution, rows.collect());
        Ok(Self::of(cells, named(hexagons), finder))
    }

    /// The areas of a file, whole. Polygons that reach over a quarter of the Earth away from the
    /// middle of the cells are left out of the outlines.
    ///
    /// # Errors
    /// Input, when cells have no degrees.
    pub fn areas(cells: &CellTable, areas: &Areas) -> Result<Self> {
        geographic(cells, "areas in degrees")?;
        let zones = areas.all().iter().map(|area| Zone {
            name: area.name().to_owned(),
            polygons_m: project(cells.plane(), area.polygons()),
        });
        Ok(Self::of(cells, zones.collect(), Finder::Outlines))
    }
}

fn geographic(cells: &CellTable, what: &str) -> Result<()> {
    if cells.frame() == Frame::Geographic {
        return Ok(());
    }
    Err(
        Error::input(format!("{what} needs cells with latitude and longitude"))
            .with_hint("give `lat` and `lon` in the cell list, or use the tessellation `voronoi`"),
    )
}

/// The padded hull of a table's cells, refused where zones of this size would be too many.
fn region(cells: &CellTable, zone_km2: f64) -> Result<MultiPolygon> {
    let ring = flat::hull_m(cells.plane_m(), padding_m(cells.plane_m()));
    let zones = flat::area_m2(&ring) / 1e6 / zone_km2;
    if zones > MOST_ZONES {
        return Err(Error::input(format!(
            "the cells span about {zones:.0} zones of {zone_km2} km²; allowed: a million"
        ))
        .with_hint("choose larger zones, or cells of a smaller region"));
    }
    Ok(flat::polygon(&ring))
}

/// All zones of a grid that can be reached from some of them by steps inside a region, sorted.
fn spread<Z: Copy + Ord + std::hash::Hash>(
    start: HashSet<Z>,
    neighbours: impl Fn(&Z) -> Vec<Z>,
    outline: impl Fn(&Z) -> Result<Option<MultiPolygon>>,
) -> Result<Vec<(Z, MultiPolygon)>> {
    let mut seen = start;
    let mut queue: VecDeque<Z> = seen.iter().copied().collect();
    let mut kept = Vec::new();
    while let Some(zone) = queue.pop_front() {
        if let Some(outline) = outline(&zone)? {
            kept.push((zone, outline));
            let near = neighbours(&zone).into_iter();
            queue.extend(near.filter(|next| seen.insert(*next)));
        }
    }
    kept.sort_unstable_by_key(|(zone, _)| *zone);
    Ok(kept)
}

fn named<Z: ToString>(zones: Vec<(Z, MultiPolygon)>) -> Vec<Zone> {
    let zones = zones.into_iter().map(|(zone, polygons_m)| Zone {
        name: zone.to_string(),
        polygons_m,
    });
    zones.collect()
}
