use std::collections::HashSet;

use erewhon_types::CellIx;
use geo::{LineString, Polygon};
use proptest::prelude::*;

use super::{outline::project, *};
use crate::{Areas, Cell, Frame, Sites, voronoi::padding_m};

fn geographic(points: &[(f64, f64)]) -> CellTable {
    let cells = points.iter().enumerate();
    let cells = cells.map(|(i, &(lon, lat))| Cell::geographic(format!("c{i}"), lat, lon));
    CellTable::new(Frame::Geographic, cells.collect()).unwrap()
}

fn sites(cells: &CellTable) -> Sites {
    Sites::build(cells, |_| None)
}

fn square(
    name: &str,
    (west, south): (f64, f64),
    (east, north): (f64, f64),
) -> (String, Vec<Polygon>) {
    let ring = vec![
        (west, south),
        (east, south),
        (east, north),
        (west, north),
        (west, south),
    ];
    (
        name.to_owned(),
        vec![Polygon::new(LineString::from(ring), vec![])],
    )
}

/// A boundary from the north-west to the south-east corner of a degree, with a hole.
fn triangle() -> Areas {
    let shell = LineString::from(vec![(10.0, 52.0), (11.0, 52.0), (10.0, 53.0), (10.0, 52.0)]);
    let hole = LineString::from(vec![(10.2, 52.2), (10.3, 52.2), (10.2, 52.3), (10.2, 52.2)]);
    let land = vec![Polygon::new(shell, vec![hole])];
    Areas::new([("land".to_owned(), land)]).unwrap().0
}

fn town() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((10.0..10.2f64, 52.0..52.1f64), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The slow twin: the nearest site wins, and clipped polygons fill the boundary.
    #[test]
    fn voronoi_zones_hold_what_is_nearest_and_fill_the_boundary(
        points in prop::collection::vec((9.9..11.1f64, 51.9..53.1f64), 1..30),
        probes in prop::collection::vec((10.0..11.0f64, 52.0..53.0f64), 10),
    ) {
        let cells = geographic(&points);
        let (sites, land) = (sites(&cells), triangle());
        let zones = Tessellation::voronoi(&cells, &sites, Some(&land)).unwrap();
        let whole = project(cells.plane(), land.all()[0].polygons()).unsigned_area() / 1e6;
        let sum: f64 = zones.zones().iter().map(Zone::area_km2).sum();
        prop_assert!((sum / whole - 1.0).abs() < 1e-6, "{} {}", sum, whole);
        for (lon, lat) in probes {
            let at = cells.project_m(lon, lat);
            let far = |s: &Point| (s.0 - at.0).hypot(s.1 - at.1);
            let nearest = sites.positions_m().iter().map(far).fold(f64::MAX, f64::min);
            match zones.zone_at_m(at) {
                Some(zone) => {
                    prop_assert!(far(&sites.positions_m()[zone.index()]) <= nearest + 0.01);
                }
                // Straight edges of the boundary are bent on the plane, by metres at the most.
                None => {
                    let near = [(0.0, 0.0), (-1e-4, -1e-4), (1e-4, 1e-4)];
                    let found = near.map(|(u, v)| land.find(lon + u, lat + v));
                    prop_assert!(found.contains(&None));
                }
            }
        }
    }

    /// The slow twin: a grid zone's outline holds its cells, and outlines do not overlap.
    #[test]
    fn grids_cover_the_region_once(points in town(), probe in (0.0..1.0f64, 0.0..1.0f64)) {
        let cells = geographic(&points);
        let grids = [
            Tessellation::inspire(&cells, GridSize::Km1).unwrap(),
            Tessellation::h3(&cells, H3Resolution::new(7).unwrap()).unwrap(),
        ];
        let (low, high) = flat::bounds(cells.plane_m().iter().copied());
        let at = (low.0 + probe.0 * (high.0 - low.0), low.1 + probe.1 * (high.1 - low.1));
        let hull = flat::polygon(&flat::hull_m(cells.plane_m(), padding_m(cells.plane_m())));
        for zones in grids {
            prop_assert!(zones.zones_of(&cells).iter().all(Option::is_some));
            if hull.intersects(&GeoPoint::from(at)) {
                let zone = zones.zone_at_m(at).unwrap();
                let holds = |z: &&Zone| z.polygons_m.intersects(&GeoPoint::from(at));
                let holding: Vec<&Zone> = zones.zones().iter().filter(holds).collect();
                // Beside a border the straight outline may disagree by a hand's breadth.
                prop_assert!(holding.len() <= 2);
                let own = &zones.zones()[zone.index()];
                prop_assert!(holding.contains(&own) || own.polygons_m.unsigned_area() > 0.0);
            }
            let names: HashSet<&str> = zones.zones().iter().map(|z| z.name.as_str()).collect();
            prop_assert_eq!(names.len(), zones.len());
        }
    }
}

#[test]
fn a_square_kilometre_has_its_area() {
    let cells = geographic(&[(10.0, 52.0), (10.1, 52.05)]);
    let squares = Tessellation::inspire(&cells, GridSize::Km1).unwrap();
    for zone in squares.zones() {
        // Equal area on the ellipsoid against equal area on the sphere of mean radius.
        assert!((zone.area_km2() - 1.0).abs() < 0.006, "{}", zone.area_km2());
        assert!(zone.name.starts_with("1kmN"));
    }
    let at = squares.zones_of(&cells)[0].unwrap();
    let code = InspireGrid::new()
        .unwrap()
        .square_at(GridSize::Km1, 10.0, 52.0)
        .unwrap();
    assert_eq!(squares.zones()[at.index()].name, code.to_string());
}

#[test]
fn degenerate_networks_have_zones() {
    for points in [
        vec![(10.0, 52.0)],
        vec![(10.0, 52.0), (10.0, 52.0)],
        vec![(10.0, 52.0), (10.1, 52.0), (10.2, 52.0), (10.3, 52.0)],
        vec![(179.9, 0.0), (-179.9, 0.0)],
        vec![(0.0, 90.0), (120.0, 89.9)],
    ] {
        let cells = geographic(&points);
        let sites = sites(&cells);
        let voronoi = Tessellation::voronoi(&cells, &sites, None).unwrap();
        assert_eq!(voronoi.len(), sites.len());
        let hexagons = Tessellation::h3(&cells, H3Resolution::new(6).unwrap()).unwrap();
        assert!(hexagons.len() > 1);
        for zones in [voronoi, hexagons] {
            assert!(zones.zones().iter().all(|z| z.area_km2() > 0.0));
            assert!(
                zones.zones_of(&cells).iter().all(Option::is_some),
                "{points:?}"
            );
        }
    }
}

#[test]
fn a_cell_on_a_border_belongs_to_the_first_area() {
    let areas = Areas::new([
        square("west", (10.0, 52.0), (10.1, 52.1)),
        square("east", (10.1, 52.0), (10.2, 52.1)),
    ]);
    let areas = areas.unwrap().0;
    let cells = geographic(&[(10.1, 52.05), (10.15, 52.05), (10.3, 52.05)]);
    let zones = Tessellation::areas(&cells, &areas).unwrap();
    let of = zones.zones_of(&cells);
    // On the plane the border is within a millimetre of the cell; either side is its zone.
    assert!(of[0].is_some());
    assert_eq!(of[1..], [Some(ZoneIx(1)), None]);
}

#[test]
fn areas_at_the_other_end_of_the_earth_do_not_cover_it() {
    // Around the antipode of the cells an outline would be turned inside out.
    let areas = Areas::new([
        square("here", (10.0, 52.0), (10.1, 52.1)),
        square("there", (-175.0, -60.0), (-165.0, -45.0)),
    ]);
    let cells = geographic(&[(10.05, 52.05), (10.3, 52.3)]);
    let zones = Tessellation::areas(&cells, &areas.unwrap().0).unwrap();
    assert_eq!(zones.zones_of(&cells), [Some(ZoneIx(0)), None]);
    assert_eq!(zones.zones()[1].area_km2(), 0.0);
}

#[test]
fn what_has_no_degrees_or_too_many_zones_is_refused() {
    let plane = vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 900.0, 0.0)];
    let plane = CellTable::new(Frame::Planar, plane).unwrap();
    assert!(Tessellation::h3(&plane, H3Resolution::new(7).unwrap()).is_err());
    assert!(Tessellation::inspire(&plane, GridSize::Km1).is_err());
    assert!(Tessellation::areas(&plane, &triangle()).is_err());
    assert!(Tessellation::voronoi(&plane, &sites(&plane), Some(&triangle())).is_err());
    assert!(Tessellation::voronoi(&plane, &sites(&plane), None).is_ok());
    let country = geographic(&[(6.0, 47.0), (15.0, 55.0), (6.0, 55.0), (15.0, 47.0)]);
    let error = Tessellation::inspire(&country, GridSize::M100).unwrap_err();
    assert!(error.message().contains("a million"), "{error}");
    let new_york = geographic(&[(-74.0, 40.7)]);
    assert!(Tessellation::inspire(&new_york, GridSize::Km1).is_err());
}

#[test]
fn a_cell_that_moved_has_two_zones_with_two_names() {
    let cells = geographic(&[(10.0, 52.0), (10.1, 52.0)]);
    let zones = Tessellation::voronoi(&cells, &sites(&cells), None).unwrap();
    assert_eq!(zones.zones()[0].name, "c0");
    assert_eq!(zones.zone_at_m(cells.plane_m()[1]), Some(ZoneIx(1)));
    assert_eq!(cells.cell(CellIx(1)).id, zones.zones()[1].name);
}
