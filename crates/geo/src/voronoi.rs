use erewhon_types::{CellIx, Error, Result};
use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use crate::{
    CellTable, Sites,
    flat::{Point, area_m2, bounds, cut},
};

/// The area nearest to each site, as polygons on the table's plane.
///
/// The polygons fill a convex frame without overlap; one at the rim ends at the frame, so its area
/// is a convention and not a coverage.
#[derive(Clone, Debug)]
pub struct Voronoi {
    polygons_m: Vec<Vec<Point>>,
    sites: Sites,
    low_m: Point,
    high_m: Point,
}

struct Mast {
    site: usize,
    position: Point2<f64>,
}

impl HasPosition for Mast {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        self.position
    }
}

/// A frame reaches this share of the longer side of the sites' box beyond the outermost sites …
const PADDING_SHARE: f64 = 0.05;
/// … and at least this far, so that one site, or sites in a line, still have an area.
const PADDING_LEAST_M: f64 = 500.0;

/// How far a frame should reach beyond points: 5 % of their longer side, and at least 500 m.
pub(crate) fn padding_m(points_m: &[Point]) -> f64 {
    let (low, high) = bounds(points_m.iter().copied());
    let side_m = (high.0 - low.0).max(high.1 - low.1);
    (side_m * PADDING_SHARE).max(PADDING_LEAST_M)
}

impl Voronoi {
    /// The polygons of a table's sites in their padded box, for drawing; any number and arrangement
    /// of cells works.
    ///
    /// # Errors
    /// Input, when positions lie beyond any map (over 1e12 m from the table's centre).
    pub fn build(cells: &CellTable) -> Result<Self> {
        let sites = Sites::build(cells, |_| None);
        let pad_m = padding_m(sites.positions_m());
        let (low, high) = bounds(sites.positions_m().iter().copied());
        let (low, high) = (
            (low.0 - pad_m, low.1 - pad_m),
            (high.0 + pad_m, high.1 + pad_m),
        );
        let frame = [low, (high.0, low.1), high, (low.0, high.1)];
        Self::within(sites, &frame)
    }

    /// The polygons of sites inside a convex frame, a counter-clockwise ring that holds all sites.
    ///
    /// # Errors
    /// Input, when positions lie beyond any map (over 1e12 m from the table's centre).
    pub(crate) fn within(sites: Sites, frame: &[Point]) -> Result<Self> {
        let off_the_map = |p: &Point| p.0.abs() > 1e12 || p.1.abs() > 1e12;
        if sites.positions_m().iter().any(off_the_map) {
            return Err(
                Error::input("a cell lies over 1e12 m from the table's centre")
                    .with_hint("check the units of the positions in the cell list"),
            );
        }
        let (low_m, high_m) = bounds(frame.iter().copied());
        Ok(Self {
            polygons_m: polygons(sites.positions_m(), frame)?,
            sites,
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

    /// The sites, numbered like their polygons.
    pub const fn sites(&self) -> &Sites {
        &self.sites
    }

    /// Corners of every polygon, counter-clockwise, in metres on the table's plane.
    pub fn polygons_m(&self) -> &[Vec<(f64, f64)>] {
        &self.polygons_m
    }

    /// The cells of every polygon, in row order.
    pub fn cells_of(&self) -> &[Vec<CellIx>] {
        self.sites.cells_of()
    }

    /// The polygon of a cell. The index must come from the table.
    pub fn polygon_of(&self, cell: CellIx) -> usize {
        self.sites.site_of(cell)
    }

    /// South-west and north-east corner of the frame, in metres.
    pub const fn box_m(&self) -> ((f64, f64), (f64, f64)) {
        (self.low_m, self.high_m)
    }

    /// Area of every polygon.
    pub fn areas_km2(&self) -> Vec<f64> {
        self.polygons_m.iter().map(|p| area_m2(p) / 1e6).collect()
    }
}

/// A site's Voronoi polygon is the frame cut by the bisectors towards its Delaunay neighbours.
/// Cutting needs no circumcentres and no infinite edges, so one, two or collinear sites are not
/// special.
fn polygons(sites_m: &[Point], frame: &[Point]) -> Result<Vec<Vec<Point>>> {
    // Whole millimetres keep spade clear of numbers too small for it; sites are a metre apart.
    let mm = |v: f64| (v * 1000.0).round() / 1000.0;
    let sites_m: Vec<Point> = sites_m.iter().map(|&(x, y)| (mm(x), mm(y))).collect();
    let masts = sites_m.iter().enumerate().map(|(site, &(x, y))| Mast {
        site,
        position: Point2::new(x, y),
    });
    let delaunay = DelaunayTriangulation::<Mast>::bulk_load(masts.collect())
        .map_err(|error| Error::internal(format!("sites can't be triangulated: {error}")))?;
    let mut polygons = vec![frame.to_vec(); sites_m.len()];
    for vertex in delaunay.vertices() {
        let site = vertex.data().site;
        let (x, y) = sites_m[site];
        for edge in vertex.out_edges() {
            let other = sites_m[edge.to().data().site];
            let middle = ((x + other.0) / 2.0, (y + other.1) / 2.0);
            polygons[site] = cut(&polygons[site], middle, (other.0 - x, other.1 - y));
        }
    }
    Ok(polygons)
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
            vec![(0.0, 0.0), (1.1, 0.0)],
            vec![(0.0, 0.0), (900.0, 0.0), (1_800.0, 0.0)],
            vec![(0.0, 0.0), (0.0, 700.0), (0.0, 100.0), (0.0, 5_000.0)],
            vec![(0.0, 0.0), (900.0, 0.0), (0.0, 900.0)],
            vec![(0.0, 0.0), (2.0, 2.0), (4.0, 4.0), (6.0, 6.0), (9.0, 9.0)],
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
