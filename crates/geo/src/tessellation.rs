use std::collections::HashMap;

use erewhon_types::ZoneIx;
use geo::{Area as _, BoundingRect, Intersects, MultiPolygon, Point as GeoPoint};
use h3o::CellIndex;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::{
    CellTable, GridSize, GridSquare, H3Resolution, InspireGrid, Plane,
    flat::{self, Point},
};

mod build;
mod outline;

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

impl Tessellation {
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

#[cfg(test)]
mod tests;
