use geo::{BooleanOps, Coord, LineString, MapCoords, MultiPolygon, Polygon};

use crate::{
    Plane,
    flat::{self, Point},
};

/// Edges of areas are cut into pieces of at most this many degrees before they are projected, so
/// that an edge along a parallel stays within 2 m of it.
const EDGE_DEG: f64 = 0.1;

/// A smaller difference of areas is rounding.
const SLIVER_SHARE: f64 = 1e-9;

/// A ring of corners in degrees as a polygon of the plane; `None` where a corner is at the antipode.
pub(super) fn outline(plane: &Plane, corners: &[(f64, f64)]) -> Option<MultiPolygon> {
    let ring: Vec<Point> = corners
        .iter()
        .map(|&(lon, lat)| plane.project_m(lon, lat))
        .collect();
    let finite = ring.iter().all(|p| p.0.is_finite() && p.1.is_finite());
    finite.then(|| flat::polygon(&ring))
}

/// Polygons in degrees on the plane, without those that reach over a quarter of the Earth away.
pub(super) fn project(plane: &Plane, polygons: &MultiPolygon) -> MultiPolygon {
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
pub(super) fn clip(ring: &[Point], whole: MultiPolygon, boundary: &MultiPolygon) -> MultiPolygon {
    let share = flat::overlap_m2(boundary, ring) / flat::area_m2(ring);
    if share >= 1.0 - SLIVER_SHARE {
        whole
    } else if share <= SLIVER_SHARE {
        MultiPolygon(Vec::new())
    } else {
        whole.intersection(boundary)
    }
}
