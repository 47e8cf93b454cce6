use proptest::prelude::*;

use super::*;

/// The slow twin of the projection: IOGP Guidance Note 7-2, method 9820, written out.
fn laea_by_hand(lon: f64, lat: f64) -> (f64, f64) {
    let (a, f) = (6_378_137.0_f64, 1.0 / 298.257_222_101_f64);
    let e2 = f * (2.0 - f);
    let e = e2.sqrt();
    let q = |phi: f64| {
        let s = phi.sin();
        let log = ((1.0 - e * s) / (1.0 + e * s)).ln() / (2.0 * e);
        (1.0 - e2) * (s / (1.0 - e2 * s * s) - log)
    };
    let (phi0, lam0) = (52f64.to_radians(), 10f64.to_radians());
    let (phi, lam) = (lat.to_radians(), lon.to_radians());
    let qp = q(std::f64::consts::FRAC_PI_2);
    let (beta0, beta) = ((q(phi0) / qp).asin(), (q(phi) / qp).asin());
    let rq = a * (qp / 2.0).sqrt();
    let d = a * (phi0.cos() / (1.0 - e2 * phi0.sin().powi(2)).sqrt()) / (rq * beta0.cos());
    let cos = beta0.sin() * beta.sin() + beta0.cos() * beta.cos() * (lam - lam0).cos();
    let b = rq * (2.0 / (1.0 + cos)).sqrt();
    let turned = beta0.cos() * beta.sin() - beta0.sin() * beta.cos() * (lam - lam0).cos();
    (
        4_321_000.0 + b * d * beta.cos() * (lam - lam0).sin(),
        3_210_000.0 + b / d * turned,
    )
}

#[test]
fn the_published_example_of_the_projection() {
    let grid = InspireGrid::new().unwrap();
    // IOGP Publication 373-7-2, Lambert Azimuthal Equal Area: 50 N 5 E.
    let (east_m, north_m) = grid.project_m(5.0, 50.0).unwrap();
    assert!((east_m - 3_962_799.45).abs() < 0.01, "{east_m}");
    assert!((north_m - 2_999_718.85).abs() < 0.01, "{north_m}");
    let square = grid.square_at(GridSize::Km1, 5.0, 50.0).unwrap();
    assert_eq!(square.to_string(), "1kmN2999E3962");
    let origin = grid.project_m(10.0, 52.0).unwrap();
    assert!((origin.0 - 4_321_000.0).hypot(origin.1 - 3_210_000.0) < 1e-6);
}

/// Worked out with PROJ 9.5.
#[test]
fn positions_all_over_europe() {
    let grid = InspireGrid::new().unwrap();
    for (lon, lat, east_m, north_m) in [
        (-9.1393, 38.7223, 2_665_519.214, 1_946_764.045),
        (-21.9426, 64.1466, 2_821_215.661, 4_911_736.922),
        (33.3823, 35.1856, 6_436_429.129, 1_672_242.534),
        (26.729, 58.378, 5_290_902.383, 4_034_180.855),
        (15.6356, 78.2232, 4_452_771.694, 6_112_764.529),
        (-15.43, 28.1235, 1_816_707.337, 984_355.313),
    ] {
        let at = grid.project_m(lon, lat).unwrap();
        assert!((at.0 - east_m).hypot(at.1 - north_m) < 0.002, "{at:?}");
    }
}

#[test]
fn codes_as_eurostat_writes_them() {
    // Both spellings of one square; the pairs are those of Eurostat's GridMaker and GEOSTAT files.
    for (old, new, corner_m) in [
        (
            "1kmN2599E4695",
            "CRS3035RES1000mN2599000E4695000",
            (4_695_000, 2_599_000),
        ),
        (
            "100mN25990E46950",
            "CRS3035RES100mN2599000E4695000",
            (4_695_000, 2_599_000),
        ),
        (
            "1kmN2186E5020",
            "CRS3035RES1000mN2186000E5020000",
            (5_020_000, 2_186_000),
        ),
        (
            "1kmN1000E1967",
            "CRS3035RES1000mN1000000E1967000",
            (1_967_000, 1_000_000),
        ),
        (
            "100mN26917E43411",
            "CRS3035RES100mN2691700E4341100",
            (4_341_100, 2_691_700),
        ),
    ] {
        let square: GridSquare = old.parse().unwrap();
        assert_eq!(new.parse::<GridSquare>().unwrap(), square);
        assert_eq!(
            (square.to_string(), square.long_code()),
            (old.into(), new.into())
        );
        assert_eq!(square.corner_m(), corner_m);
    }
    let square: GridSquare = "PL_CRS3035RES1000mN2599000E4695000".parse().unwrap();
    assert_eq!(square.to_string(), "1kmN2599E4695");
    let small: GridSquare = "100mN25999E46950".parse().unwrap();
    assert_eq!(small.km1(), square);
}

#[test]
fn bad_codes_are_refused() {
    for bad in [
        "",
        "1km",
        "1kmN2599",
        "1kmE4695N2599",
        "2kmN2599E4695",
        "1kmN+599E4695",
        "1kmN2599E4695 ",
        "1kmN2599E469x",
        "1kmN99999E4695",
        "1kmN4294967296E1",
        "CRS3035RES1000mN2599500E4695000",
        "CRS3035RES200mN2599000E4695000",
        "CRS25832RES1000mN2599000E4695000",
        "POLANDCRS3035RES1000mN2599000E4695000",
        "CRS3035RES1000mN2599000E46950000",
    ] {
        assert!(bad.parse::<GridSquare>().is_err(), "{bad}");
    }
}

#[test]
fn positions_outside_europe_are_refused() {
    let grid = InspireGrid::new().unwrap();
    for (lon, lat) in [
        (-74.0, 40.7),
        (10.0, 90.0),
        (10.0, 24.5),
        (180.0, 52.0),
        (-35.6, 50.0),
        (f64::NAN, 50.0),
    ] {
        let error = grid.square_at(GridSize::Km1, lon, lat).unwrap_err();
        assert!(error.message().contains("24.6 to 84.73"), "{error}");
        assert!(error.hint().is_some());
    }
    for (lon, lat) in [(44.83, 84.73), (-35.58, 84.73), (44.83, 24.6)] {
        assert!(grid.square_at(GridSize::M100, lon, lat).is_ok());
    }
    // Madeira, the Canaries, the Azores, Cyprus and Svalbard have squares; the open Atlantic hasn't.
    for (lon, lat) in [
        (-16.9, 32.6),
        (-18.2, 27.6),
        (-31.3, 39.5),
        (34.6, 35.6),
        (33.5, 80.7),
    ] {
        assert!(grid.square_at(GridSize::M100, lon, lat).is_ok());
    }
    assert!(grid.project_m(-35.58, 24.6).unwrap().0 < 0.0);
    assert!(grid.square_at(GridSize::Km1, -35.58, 24.6).is_err());
}

#[test]
fn a_position_on_a_side_belongs_to_the_square_it_is_the_west_or_south_side_of() {
    let at = |e, n| GridSquare::at_m(GridSize::Km1, e, n).unwrap().to_string();
    assert_eq!(at(4_695_000.0, 2_599_000.0), "1kmN2599E4695");
    assert_eq!(at(4_694_999.999, 2_599_999.999), "1kmN2599E4694");
    assert_eq!(GridSquare::at_m(GridSize::Km1, -0.1, 5.0), None);
    assert_eq!(GridSquare::at_m(GridSize::Km1, 1e7, 5.0), None);
}

#[test]
fn squares_have_eight_neighbours_and_fewer_at_the_rim() {
    let square: GridSquare = "1kmN2599E4695".parse().unwrap();
    let near: Vec<GridSquare> = square.neighbours().collect();
    assert_eq!(near.len(), 8);
    assert!(
        near.iter()
            .all(|n| n.neighbours().any(|back| back == square))
    );
    let corner: GridSquare = "1kmN0E9999".parse().unwrap();
    assert_eq!(corner.neighbours().count(), 3);
}

proptest! {
    #[test]
    fn projects_as_the_published_formulas(lon in -35.58..44.83f64, lat in 24.6..84.73f64) {
        let (east_m, north_m) = InspireGrid::new().unwrap().project_m(lon, lat).unwrap();
        let slow = laea_by_hand(lon, lat);
        prop_assert!((east_m - slow.0).hypot(north_m - slow.1) < 1e-3);
    }

    #[test]
    fn a_square_holds_what_it_was_made_of(lon in -25.0..44.8f64, lat in 27.0..84.7f64) {
        let grid = InspireGrid::new().unwrap();
        for size in [GridSize::M100, GridSize::Km1] {
            let square = grid.square_at(size, lon, lat).unwrap();
            prop_assert_eq!(square.to_string().parse::<GridSquare>().unwrap(), square);
            prop_assert_eq!(square.long_code().parse::<GridSquare>().unwrap(), square);
            prop_assert_eq!(square.km1(), grid.square_at(GridSize::Km1, lon, lat).unwrap());
            let [(west, south), _, (east, north), _] = grid.corners(square).unwrap();
            let middle = ((west + east) / 2.0, (south + north) / 2.0);
            prop_assert_eq!(grid.square_at(size, middle.0, middle.1).ok(), Some(square));
        }
    }
}
