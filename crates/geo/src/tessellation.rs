use std::collections::{HashMap, HashSet, VecDeque};

use erewhon_types::{Error, Result, ZoneIx};
use geo::{
    Area as _, BooleanOps, BoundingRect, Coord, Intersects, LineString, MapCoords, MultiPolygon,
    Point as GeoPoint, Polygon, unary_union,
};
use h3o::CellIndex;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::{
    Areas, CellTable, Frame, GridSize, GridSquare, H3Resolution, InspireGrid, Plane, Sites,
    Voronoi,
    flat::{self, Point},
    h3,
    voronoi::padding_m,
};

/// A named part of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Unique in its tessellation.
    pub name: String,
    /// Outline on the plane of the cell table, in metres; empty where nothing of it is left.
    pub polygons_m: MultiPolygon,
}

impl Zone {
    /// Area on the plane, which is true to area.
    pub fn area_km2(&self) -> f64 {
        self.polygons_m.unsigned_area() / 1e6
    }
}

/// Zones with names over the plane of a cell table, whatever made them.
///
/// | made of | zone | name | on a border |
/// |---|---|---|---|
/// | [`voronoi`](Self::voronoi) | what is nearest to a site | the site's first cell | the first site |
/// | [`inspire`](Self::inspire) | a square of the European grid | its code | east, north |
/// | [`h3`](Self::h3) | a hexagon | its index | as `h3o` decides |
/// | [`areas`](Self::areas) | an area of a file | its name | the first in the file |
///
/// Squares and hexagons are laid out wherever they touch the padded hull of the sites: the convex
/// hull widened by 5 % of the longer side of the sites' box, at least 500 m.
#[derive(Clone, Debug)]
pub struct Tessellation {
    plane: Plane,
    zones: Vec<Zone>,
    boxes: RTree<Boxed>,
    finder: Finder,
}

type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// How a position finds its zone.
#[derive(Clone, Debug)]
enum Finder {
    Outlines,
    Squares(Box<InspireGrid>, GridSize, HashMap<GridSquare, usize>),
    Hexagons(H3Resolution, HashMap<CellIndex, usize>),
}

/// More zones than this are refused before they are laid out.
const MOST_ZONES: f64 = 1e6;

/// Edges of areas are cut into pieces of at most this many degrees before they are projected, so
/// that an edge along a parallel stays within 2 m of it.
const EDGE_DEG: f64 = 0.1;

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
                let parts: Vec<_> = parts.map(|a| project(cells.plane(), a.polygons())).collect();
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

    fn of(cells: &CellTable, zones: Vec<Zone>, finder: Finder) -> Self {
        let boxes = zones.iter().enumerate().filter_map(|(row, zone)| {
            let bounds = zone.polygons_m.bounding_rect()?;
            let corners = Rectangle::from_corners(bounds.min().into(), bounds.max().into());
            Some(Boxed::new(corners, row))
        });
        Self {
            plane: *cells.plane(),
            boxes: RTree::bulk_load(boxes.collect()),
            zones,
            finder,
        }
    }

    /// Number of zones, at least one.
    pub const fn len(&self) -> usize {
        self.zones.len()
    }

    /// Never true: there is at least one zone.
    pub const fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// All zones; a [`ZoneIx`] is a row number among them.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The plane that the zones lie on.
    pub const fn plane(&self) -> &Plane {
        &self.plane
    }

    /// The zone at a point of the plane, in metres; `None` outside all zones.
    pub fn zone_at_m(&self, at_m: (f64, f64)) -> Option<ZoneIx> {
        let row = match &self.finder {
            Finder::Outlines => {
                let point = GeoPoint::from(at_m);
                let near = self.boxes.locate_all_at_point(&at_m.into()).map(|b| b.data);
                near.filter(|&row| self.zones[row].polygons_m.intersects(&point))
                    .min()
            }
            Finder::Squares(grid, size, rows) => {
                let (lon, lat) = self.plane.unproject(at_m);
                let square = grid.square_at(*size, lon, lat).ok();
                square.and_then(|square| rows.get(&square).copied())
            }
            Finder::Hexagons(resolution, rows) => {
                let (lon, lat) = self.plane.unproject(at_m);
                let hexagon = resolution.hexagon_at(lon, lat).ok();
                hexagon.and_then(|hexagon| rows.get(&hexagon).copied())
            }
        };
        row.map(|row| ZoneIx(row as u32))
    }

    /// The zone that every cell of the table stands in, by row; `None` outside all zones.
    pub fn zones_of(&self, cells: &CellTable) -> Vec<Option<ZoneIx>> {
        let at = cells.plane_m().iter();
        at.map(|&at_m| self.zone_at_m(at_m)).collect()
    }

    /// The zones whose box meets the box of a ring.
    pub(crate) fn near(&self, ring: &[Point]) -> impl Iterator<Item = ZoneIx> {
        let (low, high) = flat::bounds(ring.iter().copied());
        let envelope = AABB::from_corners(low.into(), high.into());
        self.boxes
            .locate_in_envelope_intersecting(&envelope)
            .map(|boxed| ZoneIx(boxed.data as u32))
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

/// A ring of corners in degrees as a polygon of the plane; `None` where a corner is at the antipode.
fn outline(plane: &Plane, corners: &[(f64, f64)]) -> Option<MultiPolygon> {
    let ring: Vec<Point> = corners
        .iter()
        .map(|&(lon, lat)| plane.project_m(lon, lat))
        .collect();
    let finite = ring.iter().all(|p| p.0.is_finite() && p.1.is_finite());
    finite.then(|| flat::polygon(&ring))
}

/// Polygons in degrees on the plane, without those that reach over a quarter of the Earth away.
fn project(plane: &Plane, polygons: &MultiPolygon) -> MultiPolygon {
    let is_near = |c: &Coord| plane.error_share(c.x.hypot(c.y)) < std::f64::consts::SQRT_2 - 1.0;
    let near = polygons.iter().filter_map(|polygon| {
        let fine = Polygon::new(
            finer(polygon.exterior()),
            polygon.interiors().iter().map(finer).collect(),
        );
        let flat = fine.map_coords(|c| plane.project_m(c.x, c.y).into());
        let near = flat.exterior().coords().all(is_near);
        near.then_some(flat)
    });
    MultiPolygon(near.collect())
}

/// A ring in degrees with its long edges cut into pieces.
fn finer(ring: &LineString) -> LineString {
    let pieces = ring.lines().flat_map(|edge| {
        let (step, longest) = (edge.delta(), edge.dx().abs().max(edge.dy().abs()));
        let n = (longest / EDGE_DEG).ceil().max(1.0);
        (0..n as u32).map(move |i| edge.start + step * (f64::from(i) / n))
    });
    let mut ring = LineString::new(pieces.collect());
    ring.close();
    ring
}

/// The part of a convex ring inside a boundary. The overlay is asked at the border alone.
fn clip(ring: &[Point], whole: MultiPolygon, boundary: &MultiPolygon) -> MultiPolygon {
    let share = flat::overlap_m2(boundary, ring) / flat::area_m2(ring);
    if share >= 1.0 - 1e-12 {
        whole
    } else if share <= 1e-12 {
        MultiPolygon(Vec::new())
    } else {
        whole.intersection(boundary)
    }
}

#[cfg(test)]
mod tests;
