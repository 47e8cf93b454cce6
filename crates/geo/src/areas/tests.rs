use std::{fs, path::PathBuf};

use geo::{Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use shapefile::{
    PolygonRing, Writer,
    dbase::{FieldValue, Record, TableWriterBuilder},
};
use tempfile::TempDir;

use super::*;

type Points = Vec<(f64, f64)>;

fn polygon(shell: &[(f64, f64)], holes: &[Points]) -> Polygon<f64> {
    let ring = |points: &[(f64, f64)]| LineString::from(points.to_vec());
    Polygon::new(ring(shell), holes.iter().map(|hole| ring(hole)).collect())
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Points {
    vec![
        (west, south),
        (east, south),
        (east, north),
        (west, north),
        (west, south),
    ]
}

fn areas(polygons: Vec<Vec<Polygon<f64>>>) -> Areas {
    let named = polygons.into_iter().enumerate();
    Areas::new(named.map(|(row, polygons)| (row.to_string(), polygons)))
        .unwrap()
        .0
}

/// The slow twin: a ray to the east crosses the edges of all rings an odd number of times.
fn ray_says_inside(polygons: &MultiPolygon<f64>, (lon, lat): (f64, f64)) -> bool {
    let crossings = polygons
        .iter()
        .flat_map(rings_of)
        .flat_map(|ring| ring.lines());
    let crossings = crossings.filter(|edge| {
        let (a, b) = (edge.start, edge.end);
        (a.y > lat) != (b.y > lat) && lon < a.x + (lat - a.y) / (b.y - a.y) * (b.x - a.x)
    });
    crossings.count() % 2 == 1
}

/// A star about a centre, which never meets itself, with the same star at 0.4 of its size as hole.
fn star() -> impl Strategy<Value = (Points, Points)> {
    let radii = prop::collection::vec(0.3..3.0f64, 3..40);
    (-20.0..20.0f64, -20.0..20.0f64, radii).prop_map(|(lon, lat, radii)| {
        let ring = |scale: f64| {
            let corner = |(i, r): (usize, &f64)| {
                let angle = std::f64::consts::TAU * i as f64 / radii.len() as f64;
                (lon + scale * r * angle.cos(), lat + scale * r * angle.sin())
            };
            let mut ring: Points = radii.iter().enumerate().map(corner).collect();
            ring.push(ring[0]);
            ring
        };
        (ring(1.0), ring(0.4))
    })
}

proptest! {
    #[test]
    fn finds_what_a_ray_over_all_edges_finds(
        stars in prop::collection::vec((star(), any::<bool>()), 1..12),
        probes in prop::collection::vec((-23.0..23.0f64, -23.0..23.0f64), 60),
    ) {
        let shapes = stars.iter().map(|((shell, hole), holed)| {
            let holes: &[Points] = if *holed { std::slice::from_ref(hole) } else { &[] };
            vec![polygon(shell, holes)]
        });
        let areas = areas(shapes.collect());
        let near = stars.iter().flat_map(|((shell, hole), _)| {
            let centre = |ring: &[(f64, f64)]| ((ring[0].0 + ring[1].0) / 2.0, ring[0].1);
            [centre(shell), centre(hole)]
        });
        for probe in probes.into_iter().chain(near) {
            let slow = areas.all().iter().position(|a| ray_says_inside(a.polygons(), probe));
            prop_assert_eq!(areas.find(probe.0, probe.1), slow);
        }
    }

    #[test]
    fn measures_and_bounds_hold(stars in prop::collection::vec(star(), 1..8)) {
        let (shell, hole): (Vec<_>, Vec<_>) = stars.into_iter().unzip();
        let whole = areas(shell.iter().map(|s| vec![polygon(s, &[])]).collect());
        let holed = shell.iter().zip(&hole).map(|(s, h)| vec![polygon(s, std::slice::from_ref(h))]);
        let holed = areas(holed.collect());
        for (whole, holed) in whole.all().iter().zip(holed.all()) {
            // Edges bend a little less in a smaller star, so the share isn't quite 0.16.
            let share = 1.0 - holed.area_km2() / whole.area_km2();
            prop_assert!((share - 0.16).abs() < 2e-3, "{}", share);
            let (lon, lat) = holed.interior();
            prop_assert!(ray_says_inside(holed.polygons(), (lon, lat)));
            let ((west, south), (east, north)) = holed.bounds();
            prop_assert!(west < lon && lon < east && south < lat && lat < north);
        }
        for (shell, hole) in shell.iter().zip(&hole) {
            let border = shell.iter().chain(hole);
            prop_assert!(border.clone().all(|&(x, y)| whole.find(x, y).is_some()));
        }
    }

    /// Corners and edges of a grid belong to the first of the areas that meet there.
    #[test]
    fn a_shared_border_goes_to_the_first_in_order(
        order in Just((0..12).collect::<Vec<i32>>()).prop_shuffle(),
        probe in (-1..17i32, -1..13i32),
    ) {
        let box_of = |cell: i32| {
            let (west, south) = (f64::from(cell % 4) * 4.0, f64::from(cell / 4) * 4.0);
            (west, south, west + 4.0, south + 4.0)
        };
        let shapes = order.iter().map(|&cell| {
            let (west, south, east, north) = box_of(cell);
            vec![polygon(&rectangle(west, south, east, north), &[])]
        });
        let areas = areas(shapes.collect());
        let (lon, lat) = (f64::from(probe.0), f64::from(probe.1));
        let slow = order.iter().position(|&cell| {
            let (west, south, east, north) = box_of(cell);
            (west..=east).contains(&lon) && (south..=north).contains(&lat)
        });
        prop_assert_eq!(areas.find(lon, lat), slow);
    }

    /// Lakes, islands in them and ponds on those, in any order and orientation.
    #[test]
    fn rings_nest_whatever_their_order_and_orientation(
        order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(),
        turned in prop::collection::vec(any::<bool>(), 10),
        probes in prop::collection::vec((-1.0..25.0f64, -1.0..11.0f64), 30),
    ) {
        let all: Vec<Points> = (0..10)
            .map(|i| {
                let (west, inset) = (f64::from(i / 5) * 12.0, f64::from(i % 5));
                let mut ring =
                    rectangle(west + inset, inset, west + 10.0 - inset, 10.0 - 0.9 * inset);
                if turned[i as usize] {
                    ring.reverse();
                }
                ring
            })
            .collect();
        let rings = order.iter().map(|&i| LineString::from(all[i].clone())).collect();
        let nested = MultiPolygon(rings::nest(rings));
        prop_assert_eq!(nested.0.len(), 6);
        let flat = MultiPolygon(all.iter().map(|ring| polygon(ring, &[])).collect());
        for (lon, lat) in probes {
            let inside = nested.contains(&Coord { x: lon, y: lat });
            prop_assert_eq!(inside, ray_says_inside(&flat, (lon, lat)));
        }
    }

    /// Whatever is written over a shapefile, reading ends in areas or in one error.
    #[test]
    fn damaged_shapefiles_never_panic(
        dbf in any::<bool>(),
        cut in 0.0..1.5f64,
        spots in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let dir = shape_dir();
        let path = dir.path().join("a.shp");
        let target = if dbf { path.with_extension("dbf") } else { path.clone() };
        let mut bytes = fs::read(&target).unwrap();
        bytes.truncate((cut * bytes.len() as f64) as usize);
        for (at, byte) in spots {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        fs::write(&target, bytes).unwrap();
        let _ = read_areas(&path, "GEOID");
    }

    #[test]
    fn damaged_feature_collections_never_panic(
        cut in 0..COLLECTION.len(),
        spots in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = COLLECTION.as_bytes().to_vec();
        bytes.truncate(cut);
        for (at, byte) in spots {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        let (_dir, path) = file("a.geojson", &bytes);
        let _ = read_areas(&path, "name");
    }
}

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

/// Two squares side by side, the first with a hole, and a row without a name.
fn shape_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let name = "GEOID".try_into().unwrap();
    let table = TableWriterBuilder::new().add_character_field(name, 12);
    let mut writer = Writer::from_path(dir.path().join("a.shp"), table).unwrap();
    let points = |ring: Points| {
        ring.into_iter()
            .map(|(x, y)| shapefile::Point::new(x, y))
            .collect()
    };
    for (west, id) in [(0.0, "first"), (4.0, "second"), (8.0, "")] {
        let mut rings = vec![PolygonRing::Outer(points(rectangle(
            west,
            0.0,
            west + 4.0,
            4.0,
        )))];
        if west == 0.0 {
            rings.push(PolygonRing::Inner(points(rectangle(1.0, 1.0, 2.0, 2.0))));
        }
        let mut record = Record::default();
        record.insert("GEOID".into(), FieldValue::Character(Some(id.into())));
        writer
            .write_shape_and_record(&shapefile::Polygon::with_rings(rings), &record)
            .unwrap();
    }
    dir
}

const COLLECTION: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"name":"A","code":7},"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]}},
{"type":"Feature","properties":{"name":"B","code":8},"geometry":{"type":"MultiPolygon","coordinates":[[[[10,0],[12,0],[12,2],[10,0]]],[[[20,0,9],[20,2,9],[22,2,9]]]]}},
{"type":"Feature","properties":{"name":null,"code":9},"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]]]}},
{"type":"Feature","properties":{"name":"C","code":10},"geometry":{"type":"Point","coordinates":[0,0]}},
{"type":"Feature","properties":{"name":"D","code":11},"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[8,0],[0,0]]]}},
{"type":"Feature","properties":{"name":"E","code":12},"geometry":null}]}"#;

#[test]
fn reads_a_feature_collection_and_says_what_it_sets_aside() {
    let (_dir, path) = file("a.geojson", COLLECTION.as_bytes());
    let (areas, issues) = read_areas(&path, "name").unwrap();
    let names: Vec<&str> = areas.all().iter().map(Area::name).collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!((issues.read, issues.kept), (6, 2));
    let aside = issues
        .rules
        .iter()
        .map(|rule| (rule.rule.as_str(), rule.areas.join(" ")));
    let aside: Vec<_> = aside.collect();
    let expected = [
        ("area_without_name", "feature 3".to_owned()),
        ("area_without_polygon", "C E".to_owned()),
        ("area_without_land", "D".to_owned()),
    ];
    assert_eq!(aside, expected);
    assert_eq!(areas.named("B"), Some(1));
    assert_eq!(areas.find(1.5, 1.5), None, "in the hole");
    assert_eq!(areas.find(1.0, 1.5), Some(0), "on the rim of the hole");
    assert_eq!(
        areas.find(20.5, 1.5),
        Some(1),
        "in the second part, whose ring is open"
    );
    assert_eq!(areas.bounds(), ((0.0, 0.0), (22.0, 4.0)));
    let codes = read_areas(&path, "code").unwrap().0;
    assert_eq!(codes.all()[0].name(), "7");
}

#[test]
fn one_degree_at_the_equator_has_its_known_area() {
    let areas = areas(vec![vec![polygon(&rectangle(0.0, 0.0, 1.0, 1.0), &[])]]);
    // Karney's Planimeter: 12308778361.469 m2.
    assert!((areas.all()[0].area_km2() - 12_308.778_361_469).abs() < 1e-6);
}

#[test]
fn reads_a_shapefile_with_its_table() {
    let dir = shape_dir();
    let path = dir.path().join("a.shp");
    let (areas, issues) = read_areas(&path, "GEOID").unwrap();
    assert_eq!((issues.read, issues.kept), (3, 2));
    assert_eq!(areas.find(3.0, 3.0), areas.named("first"));
    assert_eq!(areas.find(4.0, 3.0), areas.named("first"), "the border");
    assert_eq!(areas.find(5.0, 3.0), areas.named("second"));
    assert_eq!(areas.find(1.5, 1.5), None, "the hole");
    let utm = "PROJCS[\"WGS_1984_UTM_Zone_18N\",GEOGCS[\"GCS_WGS_1984\"]]";
    let old = "GEOGCS[\"GCS_North_American_1927\"]";
    for (text, fine) in [
        ("GEOGCS[\"GCS_North_American_1983\"]", true),
        (utm, false),
        (old, false),
    ] {
        fs::write(path.with_extension("prj"), text).unwrap();
        assert_eq!(read_areas(&path, "GEOID").is_ok(), fine, "{text}");
    }
}

fn message(path: &Path, property: &str) -> (String, String) {
    let error = read_areas(path, property).unwrap_err();
    assert_eq!(error.kind(), erewhon_types::Kind::Input);
    (
        error.message().to_owned(),
        error.hint().unwrap_or_default().to_owned(),
    )
}

#[test]
fn bad_shapefiles_give_one_clear_error() {
    let dir = shape_dir();
    let path = dir.path().join("a.shp");
    assert!(
        message(&path, "geoid")
            .1
            .starts_with("did you mean `GEOID`?")
    );
    assert!(
        message(&path, "population")
            .1
            .starts_with("its properties are: `GEOID`")
    );
    let whole = fs::read(&path).unwrap();
    for (at, value, what) in [
        (26, 0, "longer than it says"),
        (24, 0x7f, "is cut short"),
        (104, 0x7f, "has a record"),
        (100 + 8 + 39, 0x7f, "has a record"),
        (100 + 8 + 43, 0x7f, "has a record"),
    ] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        fs::write(&path, bytes).unwrap();
        let told = message(&path, "GEOID").0;
        assert!(told.contains(what), "{told}");
    }
    fs::write(&path, &whole[..whole.len() - 7]).unwrap();
    assert!(message(&path, "GEOID").0.ends_with("is cut short"));
    fs::write(&path, whole).unwrap();
    let dbf = path.with_extension("dbf");
    let table = fs::read(&dbf).unwrap();
    let mut short = table;
    short[4] = 2;
    fs::write(&dbf, short).unwrap();
    assert!(
        message(&path, "GEOID")
            .0
            .ends_with("has 3 shapes and its `.dbf` 2 rows")
    );
    fs::remove_file(&dbf).unwrap();
    assert!(message(&path, "GEOID").1.contains("keeps its names there"));
}

#[test]
fn bad_collections_give_one_clear_error() {
    let told = |text: &str| {
        let (_dir, path) = file("a.geojson", text.as_bytes());
        message(&path, "name")
    };
    let one = |ring: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"name":"A"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}]}}"#
        )
    };
    assert!(told("{").0.contains("is not GeoJSON"));
    assert!(
        told(r#"{"type":"Point","coordinates":[0,0]}"#)
            .0
            .contains("bare geometry")
    );
    assert!(
        told(r#"{"type":"FeatureCollection","features":[]}"#)
            .0
            .contains("no usable area")
    );
    assert!(
        told(&one("[500000,0],[500001,0],[500001,1]"))
            .1
            .contains("WGS 84 degrees")
    );
    assert!(
        told(&one("[179,0],[-179,0],[-179,1],[179,1]"))
            .0
            .ends_with("crosses the date line")
    );
    assert!(
        told(&one("[0],[1,0],[1,1]"))
            .0
            .contains("fewer than two numbers")
    );
    let twice = COLLECTION.replace("\"B\"", "\"A\"");
    assert!(told(&twice).0.ends_with("two areas are named `A`"));
    let projected = COLLECTION.replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"#,
        1,
    );
    assert!(told(&projected).0.contains("EPSG::3857"));
    let (_dir, path) = file("a.geojson", COLLECTION.as_bytes());
    assert!(message(&path, "nmae").1.starts_with("did you mean `name`?"));
    let (_dir, path) = file("a.kml", b"");
    assert!(message(&path, "name").0.contains("no known format"));
}

#[test]
fn a_map_to_the_date_line_and_the_pole_is_fine() {
    let antarctica = rectangle(-180.0, -90.0, 180.0, -70.0);
    let east = rectangle(177.0, -20.0, 180.0, -15.0);
    let west = rectangle(-180.0, -20.0, -178.0, -15.0);
    // The cap's northern edge follows the parallel as a map has it, in steps.
    let mut cap = antarctica[..2].to_vec();
    cap.extend((0..=12).map(|i| (180.0 - 30.0 * f64::from(i), -70.0)));
    let areas = areas(vec![
        vec![polygon(&cap, &[])],
        vec![polygon(&east, &[]), polygon(&west, &[])],
    ]);
    assert_eq!(areas.find(0.0, -89.0), Some(0));
    assert_eq!(areas.find(178.0, -17.0), Some(1));
    assert_eq!(areas.find(-179.0, -17.0), Some(1));
    assert_eq!(areas.find(0.0, -17.0), None);
}
