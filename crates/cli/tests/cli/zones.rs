//! Zones over a network: what is written, and what is refused.

use std::fs;

use serde_json::Value;

use crate::Place;

const CELLS: &str = "\
cell,lat,lon
north,58.386,26.725
south,58.370,26.725
east,58.378,26.745
east2,58.378,26.745
";

fn zones(place: &Place, rest: &str) -> crate::Said {
    place.run(&format!(
        "geo zones --cells cells.csv --out z.geojson {rest}"
    ))
}

#[test]
fn zones_of_every_kind() {
    let place = Place::new();
    place.write("cells.csv", CELLS);
    for (tessellation, least) in [
        ("voronoi", 3),
        ("inspire-1km", 4),
        ("inspire-100m", 400),
        ("h3-8", 4),
    ] {
        let said = zones(
            &place,
            &format!("--tessellation {tessellation} --overwrite --json"),
        );
        let result = said.json("erewhon.zones.v1");
        assert_eq!(
            (result["cells"].as_u64(), result["sites"].as_u64()),
            (Some(4), Some(3))
        );
        let map: Value =
            serde_json::from_slice(&fs::read(place.path("z.geojson")).unwrap()).unwrap();
        let features = map["features"].as_array().unwrap();
        assert_eq!(Some(features.len() as u64), result["zones"].as_u64());
        assert!(features.len() >= least, "{tessellation} {}", features.len());
        let standing = features
            .iter()
            .map(|f| f["properties"]["cells"].as_u64().unwrap());
        assert_eq!(standing.sum::<u64>(), 4);

        let weights = fs::read_to_string(place.path("z.weights.csv")).unwrap();
        let mut lines = weights.lines();
        assert_eq!(lines.next(), Some("cell,zone,weight_share"));
        let of = |cell: &str| -> f64 {
            let cells = weights
                .lines()
                .filter_map(|l| l.strip_prefix(&format!("{cell},")));
            cells
                .map(|l| l.rsplit(',').next().unwrap().parse::<f64>().unwrap())
                .sum()
        };
        for cell in ["north", "south", "east", "east2"] {
            assert!((of(cell) - 1.0).abs() < 1e-9, "{tessellation} {cell}");
        }
    }
}

#[test]
fn a_map_is_a_file_of_areas() {
    let place = Place::new();
    place.write("cells.csv", CELLS);
    zones(&place, "--tessellation inspire-1km").done();
    let again = zones(&place, "--tessellation z.geojson");
    again.failed(2, "`z.geojson` is there already");
    let line = "geo zones --cells cells.csv --tessellation z.geojson --out areas.geojson --json";
    let areas = place.run(line).json("erewhon.zones.v1");
    assert_eq!(areas["cells_outside"], 0);
    let line =
        "geo zones --cells cells.csv --tessellation voronoi --boundary z.geojson --out v.geojson";
    let text = place.run(line).done().out;
    assert!(text.starts_with("3 zones of "), "{text}");
}

#[test]
fn areas_that_hold_no_cell_are_of_another_map() {
    let place = Place::new();
    place.write("cells.csv", CELLS);
    let square = |west: f64, south: f64| {
        let at = |x: f64, y: f64| serde_json::json!([west + x, south + y]);
        let ring = [at(0., 0.), at(1., 0.), at(1., 0.5), at(0., 0.5), at(0., 0.)];
        let area = serde_json::json!({ "type": "FeatureCollection", "features": [{
            "type": "Feature", "properties": { "name": "a" },
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        }] });
        place.write("areas.geojson", area.to_string());
    };
    let areas = "--tessellation areas.geojson";
    square(26.2, 58.2);
    zones(&place, areas).done();
    // The same, latitude first.
    square(58.2, 26.2);
    let said = zones(&place, &format!("{areas} --overwrite"));
    let said = said.failed(
        1,
        "its areas span longitude 58.2 to 59.2, latitude 26.2 to 26.7",
    );
    assert!(said.err.contains("are they swapped"), "{}", said.err);
}

#[test]
fn what_can_not_be_laid_out_is_refused() {
    let place = Place::new();
    place.write("cells.csv", CELLS);
    zones(&place, "--tessellation hexagons").failed(2, "`hexagons` is no tessellation");
    for (typed, meant) in [
        ("inspire-1k", "inspire-1km"),
        ("h3_8", "h3-8"),
        ("voronoy", "voronoi"),
    ] {
        let said = zones(&place, &format!("--tessellation {typed}"));
        let said = said.failed(2, &format!("did you mean `{meant}`? allowed: voronoi"));
        assert!(!said.err.contains("cells, voronoi"), "{}", said.err);
    }
    zones(&place, "--tessellation h3-16").failed(2, "allowed: 0 to 15");
    zones(&place, "--tessellation nowhere.geojson").failed(1, "no such file");
    zones(&place, "--tessellation h3-7 --boundary z.geojson").failed(2, "takes no --boundary");
    place.write("cells.csv", "cell,lat,lon\nnew york,40.7,-74.0\n");
    zones(&place, "--tessellation inspire-1km").failed(1, "outside the European grid");
    place.write("cells.csv", "cell,x_m,y_m\na,0,0\nb,900,0\n");
    zones(&place, "--tessellation voronoi").failed(1, "latitude and longitude");
    assert!(!place.path("z.geojson").exists());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("cells.csv", place.path("z.geojson")).unwrap();
        let said = zones(&place, "--tessellation inspire-1km --overwrite");
        said.failed(2, "`z.geojson` is a symbolic link");
    }
}
