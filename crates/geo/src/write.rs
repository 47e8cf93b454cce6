use erewhon_types::{CellIx, Error, Result};
use geo::{Coord, LineString, Orient, Polygon, orient::Direction};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject};

use crate::{
    CellTable, Frame, Tessellation, Weights,
    flat::{Point, area_m2, cut},
};

/// Zones as a GeoJSON FeatureCollection (RFC 7946): outlines in WGS 84 degrees to a centimetre, with
/// the properties `name`, `area_km2` and `cells`, the number of cells that stand in the zone.
///
/// A zone across the date line is cut there; one of which nothing is left has no geometry. Edges
/// are straight on the plane of the cells, not in degrees.
///
/// # Errors
/// Input, when cells have no degrees, or a zone holds a pole, which no outline in degrees can say.
pub fn zones_geojson(cells: &CellTable, zones: &Tessellation) -> Result<String> {
    if cells.frame() != Frame::Geographic {
        return Err(
            Error::input("a map of zones needs cells with latitude and longitude")
                .with_hint("give `lat` and `lon` in the cell list"),
        );
    }
    let poles = [(0.0, 90.0), (0.0, -90.0)].map(|(lon, lat)| zones.plane().project_m(lon, lat));
    if let Some(zone) = poles.iter().find_map(|&pole| zones.zone_at_m(pole)) {
        let name = &zones.zones()[zone.index()].name;
        return Err(Error::input(format!(
            "zone `{name}` holds a pole, which no outline in degrees can say"
        ))
        .with_hint("choose smaller zones, or leave out the cells at the pole"));
    }
    let mut standing = vec![0_usize; zones.len()];
    for zone in zones.zones_of(cells).into_iter().flatten() {
        standing[zone.index()] += 1;
    }
    let features = zones.zones().iter().zip(standing).map(|(zone, cells)| {
        let polygons = zone.polygons_m.orient(Direction::Default);
        let coordinates: Vec<_> = polygons.iter().flat_map(|p| in_degrees(zones, p)).collect();
        let mut properties = JsonObject::new();
        properties.insert("name".to_owned(), zone.name.as_str().into());
        properties.insert("area_km2".to_owned(), rounded(zone.area_km2(), 1e6).into());
        properties.insert("cells".to_owned(), cells.into());
        Feature {
            geometry: (!coordinates.is_empty())
                .then(|| Geometry::new(GeometryValue::new_multi_polygon(coordinates))),
            properties: Some(properties),
            ..Feature::default()
        }
    });
    Ok(FeatureCollection::new(features).to_string())
}

type Rings = Vec<Vec<[f64; 2]>>;

/// The parts of a polygon on either side of the date line, as closed rings in degrees.
fn in_degrees(zones: &Tessellation, polygon: &Polygon) -> Vec<Rings> {
    let open = |ring: &LineString| -> Vec<Point> {
        let corners = ring.coords().map(Coord::x_y).skip(1);
        corners.map(|at| zones.plane().unproject(at)).collect()
    };
    let rings: Vec<Vec<Point>> = std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(open)
        .collect();
    // Longitudes are those around the plane's centre, so they reach beyond one end at the most.
    let part = |turn: f64| -> Option<Rings> {
        let mut rings = rings.iter().map(|ring| {
            let ring = cut(ring, (180.0 + turn, 0.0), (1.0, 0.0));
            let ring = cut(&ring, (-180.0 + turn, 0.0), (-1.0, 0.0));
            let ring = ring
                .iter()
                .map(|at| [at.0 - turn, at.1].map(|d| rounded(d, 1e7)));
            ring.collect::<Vec<_>>()
        });
        let land = |ring: &Vec<[f64; 2]>| {
            area_m2(&ring.iter().map(|c| (c[0], c[1])).collect::<Vec<_>>()).abs() > 0.0
        };
        let shell = rings.next().filter(land)?;
        let holes = rings.filter(land);
        let closed = |mut ring: Vec<[f64; 2]>| {
            ring.extend(ring.first().copied());
            ring
        };
        Some(std::iter::once(shell).chain(holes).map(closed).collect())
    };
    [0.0, 360.0, -360.0].into_iter().filter_map(part).collect()
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// Weights as CSV: `cell,zone,weight_share`, one line for each weight above 0, cells in table order.
///
/// # Errors
/// Internal, when the lines can't be put together.
pub fn weights_csv(cells: &CellTable, zones: &Tessellation, weights: &Weights) -> Result<String> {
    let failed = |_| Error::internal("weights can't be written as CSV");
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines
        .write_record(["cell", "zone", "weight_share"])
        .map_err(failed)?;
    for (cell, row) in (0..).map(CellIx).zip(weights.rows()) {
        for (zone, weight) in row {
            let zone = &zones.zones()[zone.index()].name;
            lines
                .write_record([&cells.cell(cell).id, zone, &weight.to_string()])
                .map_err(failed)?;
        }
    }
    let bytes = lines.into_inner().unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| Error::internal("weights can't be written as CSV"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Cell, GridSize, H3Resolution, Sites, read_areas};

    fn geographic(points: &[(f64, f64)]) -> (CellTable, Sites) {
        let cells = points.iter().enumerate();
        let cells = cells.map(|(i, &(lon, lat))| Cell::geographic(format!("c,{i}"), lat, lon));
        let cells = CellTable::new(Frame::Geographic, cells.collect()).unwrap();
        let sites = Sites::build(&cells, |_| None);
        (cells, sites)
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_areas() {
        for points in [
            vec![(10.0, 52.0), (10.1, 52.05), (10.2, 52.0)],
            vec![(179.9, -17.0), (-179.9, -17.05)],
            vec![(-179.95, 65.0), (-179.8, 65.0), (179.8, 65.1)],
        ] {
            let (cells, sites) = geographic(&points);
            for zones in [
                Tessellation::voronoi(&cells, &sites, None).unwrap(),
                Tessellation::h3(&cells, H3Resolution::new(6).unwrap()).unwrap(),
            ] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("zones.geojson");
                fs::write(&path, zones_geojson(&cells, &zones).unwrap()).unwrap();
                let (areas, issues) = read_areas(&path, "name").unwrap();
                assert!(issues.rules.is_empty(), "{issues:?}");
                assert_eq!(areas.len(), zones.len());
                for (zone, area) in zones.zones().iter().zip(areas.all()) {
                    assert_eq!(zone.name, area.name());
                    // The sphere of mean radius against the ellipsoid.
                    assert!((zone.area_km2() / area.area_km2() - 1.0).abs() < 0.01);
                }
                for (at, zone) in cells.cells().iter().zip(zones.zones_of(&cells)) {
                    assert_eq!(areas.find(at.x, at.y), zone.map(|z| z.index()));
                }
            }
        }
    }

    #[test]
    fn a_pole_or_a_plane_has_no_outline_in_degrees() {
        let (cells, sites) = geographic(&[(0.0, 89.95), (180.0, 89.8)]);
        let zones = Tessellation::voronoi(&cells, &sites, None).unwrap();
        let error = zones_geojson(&cells, &zones).unwrap_err();
        assert!(error.message().contains("holds a pole"), "{error}");
        let plane = CellTable::new(Frame::Planar, vec![Cell::planar("a", 0.0, 0.0)]).unwrap();
        let sites = Sites::build(&plane, |_| None);
        let zones = Tessellation::voronoi(&plane, &sites, None).unwrap();
        assert!(zones_geojson(&plane, &zones).is_err());
    }

    #[test]
    fn weights_are_lines() {
        let (cells, sites) = geographic(&[(10.0, 52.0), (10.1, 52.05)]);
        let zones = Tessellation::voronoi(&cells, &sites, None).unwrap();
        let weights = Weights::build(&cells, &sites, &zones, |_| None).unwrap();
        let text = weights_csv(&cells, &zones, &weights).unwrap();
        assert_eq!(
            text,
            "cell,zone,weight_share\n\"c,0\",\"c,0\",1\n\"c,1\",\"c,1\",1\n"
        );
        let squares = Tessellation::inspire(&cells, GridSize::Km1).unwrap();
        let weights = Weights::build(&cells, &sites, &squares, |_| None).unwrap();
        let text = weights_csv(&cells, &squares, &weights).unwrap();
        assert_eq!(text.lines().count(), 1 + weights.entries());
    }
}
