//! Plane geometry on points in metres.

use geo::{ConvexHull, Coord, LineString, MultiPoint, MultiPolygon, Polygon};

/// Metres east and north.
pub(crate) type Point = (f64, f64);

/// The part of a ring on the near side of a line through `on` with the outward normal `outward`.
///
/// A ring that is not convex may come back with edges that run along the line to and fro; they
/// enclose nothing, so its area is right.
pub(crate) fn cut(ring: &[Point], on: Point, outward: Point) -> Vec<Point> {
    let beyond = |p: Point| (p.0 - on.0) * outward.0 + (p.1 - on.1) * outward.1;
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (i, &from) in ring.iter().enumerate() {
        let to = ring[(i + 1) % ring.len()];
        let (a, b) = (beyond(from), beyond(to));
        if a <= 0.0 {
            kept.push(from);
        }
        if (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0) {
            let t = a / (a - b);
            kept.push((from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1)));
        }
    }
    kept
}

/// Shoelace formula, from the first corner so that large coordinates cost no digits; positive for
/// counter-clockwise rings.
pub(crate) fn area_m2(ring: &[Point]) -> f64 {
    let Some(&(x0, y0)) = ring.first() else {
        return 0.0;
    };
    let twice: f64 = ring
        .windows(2)
        .map(|w| (w[0].0 - x0) * (w[1].1 - y0) - (w[1].0 - x0) * (w[0].1 - y0))
        .sum();
    twice / 2.0
}

/// Area that polygons share with a convex counter-clockwise ring.
pub(crate) fn overlap_m2(polygons: &MultiPolygon, convex: &[Point]) -> f64 {
    let shared = |ring: &LineString| -> f64 {
        // Rings are closed; the ring that is cut is not.
        let open = ring.0.split_last().map_or(&[][..], |(_, open)| open);
        let mut part: Vec<Point> = open.iter().map(Coord::x_y).collect();
        for (i, &from) in convex.iter().enumerate() {
            let to = convex[(i + 1) % convex.len()];
            part = cut(&part, from, (to.1 - from.1, from.0 - to.0));
        }
        area_m2(&part).abs()
    };
    let area = |polygon: &Polygon| {
        shared(polygon.exterior()) - polygon.interiors().iter().map(shared).sum::<f64>()
    };
    polygons.iter().map(area).sum::<f64>().max(0.0)
}

/// Sides of the polygon that stands for a disc around a corner of a hull.
const DISC_SIDES: usize = 32;

/// The convex hull of points, widened by a margin: a counter-clockwise ring that holds every place
/// within `margin_m` of the hull, and none beyond 1.005 times that.
pub(crate) fn hull_m(points_m: &[Point], margin_m: f64) -> Vec<Point> {
    let half_side = std::f64::consts::PI / DISC_SIDES as f64;
    let radius_m = margin_m / half_side.cos();
    let ring = |points: Vec<Point>| -> Vec<Point> {
        let hull = MultiPoint::from(points).convex_hull();
        let closed = hull.exterior().coords().map(Coord::x_y);
        closed.skip(1).collect()
    };
    let disc = |(x, y): Point| {
        (0..DISC_SIDES).map(move |i| {
            let (sin, cos) = (2.0 * half_side * i as f64).sin_cos();
            (x + radius_m * cos, y + radius_m * sin)
        })
    };
    ring(ring(points_m.to_vec()).into_iter().flat_map(disc).collect())
}

/// South-west and north-east corner of points.
pub(crate) fn bounds(points: impl IntoIterator<Item = Point>) -> (Point, Point) {
    points.into_iter().fold(
        ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN)),
        |(low, high), (x, y)| ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y))),
    )
}

/// One polygon without holes.
pub(crate) fn polygon(ring: &[Point]) -> MultiPolygon {
    Polygon::new(LineString::from(ring.to_vec()), Vec::new()).into()
}

#[cfg(test)]
mod tests {
    use geo::{Area, BooleanOps, Contains};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin: the overlay library, on a star with a hole and a convex ring.
        #[test]
        fn overlap_agrees_with_overlay(
            spokes in prop::collection::vec(200.0..1_000.0f64, 5..20),
            points in prop::collection::vec((-900.0..900.0f64, -900.0..900.0f64), 1..6),
            margin_m in 10.0..300.0f64,
        ) {
            let n = spokes.len() as f64;
            let star = |scale: f64| -> Vec<Point> {
                let at = |(i, r): (usize, &f64)| {
                    let (sin, cos) = (i as f64 / n * std::f64::consts::TAU).sin_cos();
                    (r * scale * cos, r * scale * sin)
                };
                spokes.iter().enumerate().map(at).collect()
            };
            let star = MultiPolygon::from(Polygon::new(
                LineString::from(star(1.0)),
                vec![LineString::from(star(0.5))],
            ));
            let convex = hull_m(&points, margin_m);
            let slow_m2 = star.intersection(&polygon(&convex)).unsigned_area();
            prop_assert!((overlap_m2(&star, &convex) - slow_m2).abs() < 1.0);
        }

        #[test]
        fn a_hull_holds_its_margin_and_little_more(
            points in prop::collection::vec((-900.0..900.0f64, -900.0..900.0f64), 1..9),
            which in 0..9usize, angle in 0.0..std::f64::consts::TAU, margin_m in 10.0..300.0f64,
        ) {
            let hull = polygon(&hull_m(&points, margin_m));
            let (x, y) = points[which % points.len()];
            let at = |m: f64| geo::Point::new(x + m * angle.cos(), y + m * angle.sin());
            prop_assert!(hull.contains(&at(margin_m * 0.999_999)));
            // Beyond the outermost point of a direction there is nothing.
            let along = |p: &Point| p.0 * angle.cos() + p.1 * angle.sin();
            let outermost = points.iter().map(along).fold(f64::MIN, f64::max);
            let past = outermost - along(&(x, y)) + 1.005 * margin_m;
            prop_assert!(!hull.contains(&at(past)));
            prop_assert!(hull.0[0].signed_area() > 0.0);
        }
    }
}
