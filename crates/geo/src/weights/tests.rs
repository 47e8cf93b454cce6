use geo::{Area, BooleanOps};
use proptest::prelude::*;

use super::*;
use crate::{Cell, Frame, GridSize, H3Resolution};

fn geographic(points: &[(f64, f64)]) -> (CellTable, Sites) {
    let cells = points.iter().enumerate();
    let cells = cells.map(|(i, &(lon, lat))| Cell::geographic(format!("c{i}"), lat, lon));
    let cells = CellTable::new(Frame::Geographic, cells.collect()).unwrap();
    let sites = Sites::build(&cells, |_| None);
    (cells, sites)
}

fn adds_up(weights: &Weights) -> bool {
    weights.rows().iter().all(|row| {
        let sum: f64 = row.iter().map(|(_, w)| w).sum();
        (sum - 1.0).abs() < 1e-12 && row.iter().all(|(_, w)| *w > 0.0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The slow twin: every pair of polygon and zone through the overlay library.
    #[test]
    fn area_weights_agree_with_overlay(
        points in prop::collection::vec((10.0..10.08f64, 52.0..52.05f64), 1..12),
    ) {
        let (cells, sites) = geographic(&points);
        for zones in [
            Tessellation::inspire(&cells, GridSize::Km1).unwrap(),
            Tessellation::h3(&cells, H3Resolution::new(7).unwrap()).unwrap(),
        ] {
            let weights = Weights::build(&cells, &sites, &zones, |_| None).unwrap();
            prop_assert!(adds_up(&weights));
            let voronoi = Tessellation::voronoi(&cells, &sites, None).unwrap();
            for (cell, row) in (0..).map(CellIx).zip(weights.rows()) {
                let own = &voronoi.zones()[sites.site_of(cell)].polygons_m;
                let mut dense = vec![0.0_f64; zones.len()];
                for (zone, weight) in row {
                    dense[zone.index()] = *weight;
                }
                for (zone, weight) in zones.zones().iter().zip(dense) {
                    let slow = own.intersection(&zone.polygons_m).unsigned_area() / own.unsigned_area();
                    prop_assert!((weight - slow).abs() < 1e-4, "{} {}", weight, slow);
                }
            }
        }
    }

    #[test]
    fn footprints_add_up(
        points in prop::collection::vec((10.0..10.08f64, 52.0..52.05f64), 1..12),
        range_m in 100.0..1e4f64, azimuth_deg in 0.0..360.0f64, width_deg in 1.0..360.0f64,
    ) {
        let (cells, sites) = geographic(&points);
        let zones = Tessellation::h3(&cells, H3Resolution::new(7).unwrap()).unwrap();
        let antenna = Antenna::all_round(range_m).unwrap().towards(azimuth_deg, width_deg).unwrap();
        let weights = Weights::build(&cells, &sites, &zones, |_| Some(antenna)).unwrap();
        prop_assert!(adds_up(&weights));
    }
}

#[test]
fn a_network_on_its_own_polygons_is_the_identity() {
    let (cells, sites) = geographic(&[(10.0, 52.0), (10.1, 52.02), (10.0, 52.0), (10.05, 52.1)]);
    let zones = Tessellation::voronoi(&cells, &sites, None).unwrap();
    let weights = Weights::build(&cells, &sites, &zones, |_| None).unwrap();
    for cell in (0..4).map(CellIx) {
        assert_eq!(
            weights.of(cell),
            [(ZoneIx(sites.site_of(cell) as u32), 1.0)]
        );
    }
    assert_eq!(weights.entries(), 4);
}

#[test]
fn rounding_at_a_boundary_is_no_weight() {
    let points: Vec<(f64, f64)> = (0..40)
        .map(|i| {
            (
                10.0 + f64::from(i * 7 % 40) * 0.02,
                52.0 + f64::from(i * 11 % 23) * 0.02,
            )
        })
        .collect();
    let (cells, sites) = geographic(&points);
    let ring = vec![
        (9.9, 51.9),
        (11.0, 51.9),
        (11.0, 52.6),
        (9.9, 52.5),
        (9.9, 51.9),
    ];
    let land = geo::Polygon::new(geo::LineString::from(ring), vec![]);
    let land = crate::Areas::new([("land".to_owned(), vec![land])])
        .unwrap()
        .0;
    let zones = Tessellation::voronoi(&cells, &sites, Some(&land)).unwrap();
    let weights = Weights::build(&cells, &sites, &zones, |_| None).unwrap();
    assert_eq!(weights.entries(), cells.len());
}

#[test]
fn a_sector_weighs_what_it_points_at() {
    let (cells, sites) = geographic(&[(10.0, 52.0), (10.06, 52.0), (10.03, 52.0)]);
    let zones = Tessellation::voronoi(&cells, &sites, None).unwrap();
    let east = Antenna::all_round(1_500.0)
        .unwrap()
        .towards(90.0, 65.0)
        .unwrap();
    let west = Antenna::all_round(1_500.0)
        .unwrap()
        .towards(270.0, 65.0)
        .unwrap();
    let weight = |antenna: Antenna, zone: u32| {
        let weights = Weights::build(&cells, &sites, &zones, |_| Some(antenna)).unwrap();
        let row = weights.of(CellIx(2));
        let found = row.iter().find(|(z, _)| z.0 == zone);
        found.map_or(0.0, |(_, w)| *w)
    };
    assert!(weight(east, 1) > 10.0 * weight(east, 0));
    assert!((weight(east, 1) - weight(west, 0)).abs() < 0.01);
    assert!(weight(east, 2) > weight(east, 1));
}

/// The slow twin: the density summed over a fine square lattice.
#[test]
fn footprints_agree_with_a_fine_lattice() {
    let (cells, sites) = geographic(&[(10.0, 52.0), (10.04, 52.01), (9.97, 52.03)]);
    let zones = Tessellation::voronoi(&cells, &sites, None).unwrap();
    let antenna = Antenna::all_round(4_000.0)
        .unwrap()
        .towards(30.0, 90.0)
        .unwrap();
    let weights = Weights::build(&cells, &sites, &zones, |_| Some(antenna)).unwrap();
    for (cell, at) in (0..).map(CellIx).zip(cells.plane_m()) {
        let mut slow = [0.0; 3];
        for (i, j) in (-200..200).flat_map(|i| (-200..200).map(move |j| (i, j))) {
            let off = (f64::from(i) * 20.0 + 10.0, f64::from(j) * 20.0 + 10.0);
            if let Some(zone) = zones.zone_at_m((at.0 + off.0, at.1 + off.1)) {
                slow[zone.index()] += antenna.density(off);
            }
        }
        let total: f64 = slow.iter().sum();
        for (zone, weight) in weights.of(cell) {
            let slow = slow[zone.index()] / total;
            assert!((weight - slow).abs() < 0.01, "{weight} {slow}");
        }
    }
}

#[test]
fn a_cell_far_from_all_zones_has_an_empty_row() {
    let (cells, sites) = geographic(&[(10.0, 52.0), (10.5, 52.0)]);
    let ring = vec![
        (9.9, 51.9),
        (10.0, 51.9),
        (10.0, 52.1),
        (9.9, 52.1),
        (9.9, 51.9),
    ];
    let land = geo::Polygon::new(geo::LineString::from(ring), vec![]);
    let areas = crate::Areas::new([("west".to_owned(), vec![land])])
        .unwrap()
        .0;
    let zones = Tessellation::areas(&cells, &areas).unwrap();
    let weights = Weights::build(&cells, &sites, &zones, |_| None).unwrap();
    assert_eq!(weights.of(CellIx(0)).len(), 1);
    assert!(weights.of(CellIx(1)).is_empty());
}
