use std::collections::HashMap;

use erewhon_types::{CellIx, Error, Result};
use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use crate::CellTable;

/// The area nearest to each site, as polygons on the table's plane, clipped to a padded box.
///
/// Cells on one site (within a millimetre) share a polygon. For drawing and for areas; a polygon at
/// the rim ends at the box, so its area is a convention and not a coverage.
#[derive(Clone, Debug)]
pub struct Voronoi {
    polygons_m: Vec<Vec<(f64, f64)>>,
    cells_of: Vec<Vec<CellIx>>,
    polygon_of: Vec<usize>,
    low_m: (f64, f64),
    high_m: (f64, f64),
}

struct Site {
    number: usize,
    position: Point2<f64>,
}

impl HasPosition for Site {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        self.position
    }
}

/// The box reaches this share of the longer side beyond the outermost sites …
const PADDING_SHARE: f64 = 0.05;
/// … and at least this far, so that one site, or sites in a line, still have an area.
const PADDING_LEAST_M: f64 = 500.0;

impl Voronoi {
    /// Builds the polygons of a cell table; any number and arrangement of cells works.
    ///
    /// # Errors
    /// Input, when positions lie beyond any map (over 1e12 m from the table's centre).
    pub fn build(cells: &CellTable) -> Result<Self> {
        let mut sites_m: Vec<(f64, f64)> = Vec::new();
        let mut cells_of: Vec<Vec<CellIx>> = Vec::new();
        let mut polygon_of = Vec::with_capacity(cells.len());
        let mut seen = HashMap::new();
        for (row, &(east_m, north_m)) in cells.plane_m().iter().enumerate() {
            if east_m.abs() > 1e12 || north_m.abs() > 1e12 {
                return Err(
                    Error::input("a cell lies over 1e12 m from the table's centre")
                        .with_hint("check the units of the positions in the cell list"),
                );
            }
            let mm = |v: f64| (v * 1000.0).round() as i64;
            let number = *seen.entry((mm(east_m), mm(north_m))).or_insert_with(|| {
                // Whole millimetres also keep spade clear of numbers too small for it.
                sites_m.push((mm(east_m) as f64 / 1000.0, mm(north_m) as f64 / 1000.0));
                cells_of.push(Vec::new());
                sites_m.len() - 1
            });
            cells_of[number].push(CellIx(row as u32));
            polygon_of.push(number);
        }
        let (low_m, high_m) = padded_box(&sites_m);
        Ok(Self {
            polygons_m: polygons(&sites_m, low_m, high_m)?,
            cells_of,
            polygon_of,
            low_m,
            high_m,
        })
    }

    /// Number of polygons: one a site.
    pub const fn len(&self) -> usize {
        self.polygons_m.len()
    }

    /// Never true: a table has at least one cell.
    pub const fn is_empty(&self) -> bool {
        self.polygons_m.is_empty()
    }

    /// Corners of every polygon, counter-clockwise, in metres on the table's plane.
    pub fn polygons_m(&self) -> &[Vec<(f64, f64)>] {
        &self.polygons_m
    }

    /// The cells of every polygon, in row order.
    pub fn cells_of(&self) -> &[Vec<CellIx>] {
        &self.cells_of
    }

    /// The polygon of a cell. The index must come from the table.
    pub fn polygon_of(&self, cell: CellIx) -> usize {
        self.polygon_of[cell.index()]
    }

    /// South-west and north-east corner of the padded box, in metres.
    pub const fn box_m(&self) -> ((f64, f64), (f64, f64)) {
        (self.low_m, self.high_m)
    }

    /// Area of every polygon.
    pub fn areas_km2(&self) -> Vec<f64> {
        self.polygons_m.iter().map(|p| area_m2(p) / 1e6).collect()
    }
}

fn padded_box(sites_m: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for &(x, y) in sites_m {
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    }
    let side = (high.0 - low.0).max(high.1 - low.1);
    let pad = (side * PADDING_SHARE).max(PADDING_LEAST_M);
    ((low.0 - pad, low.1 - pad), (high.0 + pad, high.1 + pad))
}

/// A site's Voronoi polygon is the box cut by the bisectors towards its Delaunay neighbours. Cutting
/// needs no circumcentres and no infinite edges, so one, two or collinear sites are not special.
fn polygons(
    sites_m: &[(f64, f64)],
    low: (f64, f64),
    high: (f64, f64),
) -> Result<Vec<Vec<(f64, f64)>>> {
    let sites = sites_m.iter().enumerate().map(|(number, &(x, y))| Site {
        number,
        position: Point2::new(x, y),
    });
    let delaunay = DelaunayTriangulation::<Site>::bulk_load(sites.collect())
        .map_err(|error| Error::internal(format!("sites can't be triangulated: {error}")))?;
    let frame = vec![low, (high.0, low.1), high, (low.0, high.1)];
    let mut polygons = vec![frame; sites_m.len()];
    for vertex in delaunay.vertices() {
        let number = vertex.data().number;
        for edge in vertex.out_edges() {
            let neighbour = sites_m[edge.to().data().number];
            polygons[number] = cut(&polygons[number], sites_m[number], neighbour);
        }
    }
    Ok(polygons)
}

/// The part of a convex polygon nearer to `site` than to `other`.
fn cut(polygon: &[(f64, f64)], site: (f64, f64), other: (f64, f64)) -> Vec<(f64, f64)> {
    let (nx, ny) = (other.0 - site.0, other.1 - site.1);
    let (mx, my) = ((site.0 + other.0) / 2.0, (site.1 + other.1) / 2.0);
    let beyond = |p: (f64, f64)| (p.0 - mx) * nx + (p.1 - my) * ny;
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (i, &from) in polygon.iter().enumerate() {
        let to = polygon[(i + 1) % polygon.len()];
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

/// Shoelace formula, from the first corner so that large coordinates cost no digits.
fn area_m2(polygon: &[(f64, f64)]) -> f64 {
    let Some(&(x0, y0)) = polygon.first() else {
        return 0.0;
    };
    let twice: f64 = polygon
        .windows(2)
        .map(|w| (w[0].0 - x0) * (w[1].1 - y0) - (w[1].0 - x0) * (w[0].1 - y0))
        .sum();
    twice / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Frame};
    use proptest::prelude::*;

    fn voronoi(points: &[(f64, f64)]) -> (CellTable, Voronoi) {
        let cells = points
            .iter()
            .enumerate()
            .map(|(i, &(x, y))| Cell::planar(i.to_string(), x, y))
            .collect();
        let table = CellTable::new(Frame::Planar, cells).unwrap();
        let voronoi = Voronoi::build(&table).unwrap();
        (table, voronoi)
    }

    fn covers_the_box(voronoi: &Voronoi) -> bool {
        let (low, high) = voronoi.box_m();
        let whole = (high.0 - low.0) * (high.1 - low.1) / 1e6;
        (voronoi.areas_km2().iter().sum::<f64>() / whole - 1.0).abs() < 1e-6
    }

    #[test]
    fn degenerate_tables_still_fill_the_box() {
        for points in [
            vec![(0.0, 0.0)],
            vec![(0.0, 0.0), (900.0, 0.0)],
            vec![(0.0, 0.0), (900.0, 0.0), (1_800.0, 0.0)],
            vec![(0.0, 0.0), (0.0, 700.0), (0.0, 100.0), (0.0, 5_000.0)],
            vec![(0.0, 0.0), (900.0, 0.0), (0.0, 900.0)],
            vec![(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (9.0, 9.0)],
            vec![(0.0, 0.0), (1e3, 0.0), (0.0, 1e3), (1e3, 1e3)],
        ] {
            let (_, voronoi) = voronoi(&points);
            assert_eq!(voronoi.len(), points.len());
            assert!(covers_the_box(&voronoi), "{points:?}");
            assert!(voronoi.areas_km2().iter().all(|&a| a > 0.0), "{points:?}");
        }
    }

    #[test]
    fn cells_on_one_site_share_a_polygon() {
        let (_, voronoi) = voronoi(&[(0.0, 0.0), (5e3, 0.0), (0.0, 0.0), (1e-5, 0.0)]);
        assert_eq!(voronoi.len(), 2);
        assert_eq!(voronoi.cells_of()[0], [CellIx(0), CellIx(2), CellIx(3)]);
        assert_eq!(voronoi.polygon_of(CellIx(1)), 1);
    }

    #[test]
    fn positions_beyond_any_map_are_refused() {
        let cells = vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 1e200, 0.0)];
        let table = CellTable::new(Frame::Planar, cells).unwrap();
        assert!(Voronoi::build(&table).is_err());
    }

    proptest! {
        /// The slow twin: a point of the box lies in the polygon of the site nearest to it.
        #[test]
        fn polygons_hold_what_is_nearest(
            points in prop::collection::vec((0..40i32, 0..40i32), 1..60),
            probes in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 20),
        ) {
            let points: Vec<_> =
                points.iter().map(|&(x, y)| (f64::from(x) * 250.0, f64::from(y) * 250.0)).collect();
            let (table, voronoi) = voronoi(&points);
            prop_assert!(covers_the_box(&voronoi));
            let (low, high) = voronoi.box_m();
            for (u, v) in probes {
                let p = (low.0 + u * (high.0 - low.0), low.1 + v * (high.1 - low.1));
                let far = |c: usize| {
                    let (x, y) = table.plane_m()[c];
                    (x - p.0).hypot(y - p.1)
                };
                let nearest = (0..table.len()).map(far).fold(f64::MAX, f64::min);
                for (number, polygon) in voronoi.polygons_m().iter().enumerate() {
                    let inside = (0..polygon.len()).all(|i| {
                        let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
                        (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) >= 1e-3
                    });
                    if inside {
                        let own = far(voronoi.cells_of()[number][0].index());
                        prop_assert!(own <= nearest + 1e-2);
                    }
                }
            }
        }
    }
}
