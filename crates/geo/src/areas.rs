use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use erewhon_types::{Error, Result};
use geo::{
    Area as _, BoundingRect, Contains, Coord, GeodesicArea, InteriorPoint, Intersects, LineString,
    MultiPolygon, Orient, Polygon, Rect, coord, orient::Direction,
};
use rstar::RTree;

mod features;
mod read;
mod rings;
mod shapes;

pub use read::{AreaIssues, AreaRule, read_areas};

use rings::Indexed;

/// A named part of the map: one or more polygons, perhaps with holes, in WGS 84 degrees.
///
/// Edges are straight in longitude and latitude, as on a plate carrée map. The border belongs to the
/// area, that of its holes too.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    name: String,
    polygons: MultiPolygon<f64>,
    area_km2: f64,
    interior: Coord<f64>,
    bounds: Rect<f64>,
}

/// Named areas, in the order of their file; an area is known by its row.
///
/// Areas may overlap and may leave gaps. They make a tessellation only where their file does.
#[derive(Clone, Debug)]
pub struct Areas {
    areas: Vec<Area>,
    rows: HashMap<String, usize>,
    /// The box of every polygon, with its area.
    index: RTree<Indexed>,
}

impl Area {
    /// Checks and measures one area; `None` where its rings enclose no land.
    ///
    /// # Errors
    /// Input, when a corner is no place on Earth or an edge crosses the date line.
    fn new(name: &str, polygons: Vec<Polygon<f64>>) -> Result<Option<Self>> {
        for ring in polygons.iter().flat_map(rings_of) {
            check_ring(name, ring)?;
        }
        let land = |polygon: &Polygon<f64>| polygon.unsigned_area() > 0.0;
        let polygons: Vec<_> = polygons.into_iter().filter(land).collect();
        let polygons = MultiPolygon(polygons).orient(Direction::Default);
        let interior = polygons.interior_point().filter(|p| polygons.contains(p));
        let (Some(interior), Some(bounds)) = (interior, polygons.bounding_rect()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            name: name.to_owned(),
            area_km2: polygons.geodesic_area_unsigned() / 1e6,
            interior: interior.into(),
            bounds,
            polygons,
        }))
    }

    /// The area's name, unique in its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The polygons: shells counter-clockwise, holes clockwise, rings closed.
    pub const fn polygons(&self) -> &MultiPolygon<f64> {
        &self.polygons
    }

    /// Area of the land on the WGS 84 ellipsoid (Karney 2013), edges taken as shortest lines.
    pub const fn area_km2(&self) -> f64 {
        self.area_km2
    }

    /// Longitude and latitude of a point well inside the area, whatever its shape.
    pub const fn interior(&self) -> (f64, f64) {
        (self.interior.x, self.interior.y)
    }

    /// (west, south) and (east, north) corner in degrees.
    pub fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        (self.bounds.min().x_y(), self.bounds.max().x_y())
    }

    /// Whether a point lies in the area or on its border.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        let point = coord! { x: lon, y: lat };
        self.bounds.intersects(&point) && self.polygons.intersects(&point)
    }
}

impl Areas {
    /// Builds areas from names and their polygons; what encloses no land is set aside.
    ///
    /// # Errors
    /// Input, when two areas share a name, a corner is no place on Earth, an edge crosses the date
    /// line, or no area is left.
    pub fn new(
        named: impl IntoIterator<Item = (String, Vec<Polygon<f64>>)>,
    ) -> Result<(Self, AreaIssues)> {
        let named = named
            .into_iter()
            .map(|(name, polygons)| (Some(name), polygons));
        read::build(named.collect(), Path::new("areas"))
    }

    fn of(areas: Vec<Area>) -> Result<Self> {
        let mut rows = HashMap::new();
        for (row, area) in areas.iter().enumerate() {
            if rows.insert(area.name.clone(), row).is_some() {
                return Err(Error::input(format!("two areas are named `{}`", area.name))
                    .with_hint(
                        "name a property that tells all areas apart, for example an official code",
                    ));
            }
        }
        let boxes = areas.iter().enumerate().flat_map(|(row, area)| {
            let polygons = area.polygons.iter();
            polygons.filter_map(move |p| rings::indexed(p.exterior(), row))
        });
        let index = RTree::bulk_load(boxes.collect());
        Ok(Self { areas, rows, index })
    }

    /// Number of areas, at least one.
    pub const fn len(&self) -> usize {
        self.areas.len()
    }

    /// Never true: there is at least one area.
    pub const fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// All areas, in the order of their file.
    pub fn all(&self) -> &[Area] {
        &self.areas
    }

    /// The row of the area of a name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.rows.get(name).copied()
    }

    /// The row of the area at a point; where borders meet or areas overlap, the first row of them.
    ///
    /// A tree of boxes leaves a few polygons to look at; the cost is in their corners.
    pub fn find(&self, lon: f64, lat: f64) -> Option<usize> {
        let boxes = self.index.locate_all_at_point(&[lon, lat]);
        let rows: BTreeSet<usize> = boxes.map(|b| b.data).collect();
        rows.into_iter()
            .find(|&row| self.areas[row].contains(lon, lat))
    }

    /// (west, south) and (east, north) corner of all areas in degrees.
    pub fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let envelope = self.index.root().envelope();
        let ([west, south], [east, north]) = (envelope.lower(), envelope.upper());
        ((west, south), (east, north))
    }
}

fn rings_of(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn check_ring(name: &str, ring: &LineString<f64>) -> Result<()> {
    let on_earth = |c: &Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if let Some(corner) = ring.coords().find(|c| !on_earth(c)) {
        return Err(Error::input(format!(
            "area `{name}` has a corner at longitude `{}`, latitude `{}`; \
             allowed: -180 to 180 and -90 to 90 degrees",
            corner.x, corner.y
        ))
        .with_hint(
            "convert the file to WGS 84 degrees (EPSG:4326), longitude first; \
             cut areas at the date line",
        ));
    }
    // An edge along a pole has no length on Earth; maps of Antarctica have one.
    let at_pole = |c: Coord<f64>| c.y.abs() == 90.0;
    let crosses = |from: Coord<f64>, to: Coord<f64>| {
        (to.x - from.x).abs() > 180.0 && !(at_pole(from) && from.y == to.y)
    };
    if ring.lines().any(|line| crosses(line.start, line.end)) {
        return Err(Error::input(format!("area `{name}` crosses the date line"))
            .with_hint("cut it there into parts that end at longitude 180 and begin at -180"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
