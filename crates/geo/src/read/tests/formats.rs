use super::*;
use crate::Radio;

const OPENCELLID: &str = "\
radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal
UMTS,248,1,7,196901,0,26.726892,58.381053,1000,7,1,1282569574,1300155341,0
LTE,248,01,0007,42,0,26.73008,58.376999,0,12,1,1282569574,1300155341,0
";

#[test]
fn reads_opencellid_with_its_header_and_without() {
    let rows = OPENCELLID.split_once('\n').unwrap().1;
    for text in [OPENCELLID, rows] {
        let (cells, issues) = read(text).unwrap();
        assert_eq!((issues.read, issues.kept), (2, 2));
        let first = &cells.cells()[0];
        assert_eq!(first.id, "248-1-7-196901");
        assert_eq!((first.y, first.x), (58.381053, 26.726892));
        assert_eq!(
            (first.radio, first.range_m),
            (Some(Radio::Umts), Some(1000.0))
        );
        assert_eq!(cells.cells()[1].range_m, None);
        assert_eq!(cells.find("248:01:007:42").map(|row| row.0), Some(1));
    }
}

const GEOJSON: &str = r#"{ "type": "FeatureCollection", "name": "n", "features": [
{"type": "Feature", "properties": {"radio": "GSM", "mcc": 248, "net": 1, "area": 7, "cell": 1, "lon": 1, "lat": 2, "range": 500},
 "geometry": {"type": "Point", "coordinates": [26.7, 58.4]}},
{"type": "Feature", "properties": {"cell": 2, "area": 7, "net": 1, "mcc": 248, "more": [1]},
 "geometry": {"type": "Point", "coordinates": [26.8, 58.5, 90]}},
{"type": "Feature", "properties": {"mcc": 248, "net": 1, "area": 7, "cell": 3}, "geometry": null}
]}"#;

#[test]
fn reads_geojson_points_with_properties_in_any_order() {
    for text in [GEOJSON.to_owned(), format!("\u{feff}\n {GEOJSON}\n")] {
        let (cells, issues) = read(text).unwrap();
        assert_eq!(
            rules(&issues),
            vec![("cell_without_position", vec!["248-1-7-3"])]
        );
        assert_eq!(issues.rules[0].cells[0].line, 3);
        assert_eq!((cells.cells()[0].y, cells.cells()[0].x), (58.4, 26.7));
        assert_eq!(cells.cells()[0].range_m, Some(500.0));
        assert_eq!(cells.cells()[1].id, "248-1-7-2");
    }
    let first_without = r#"{"type": "FeatureCollection", "features": [
        {"properties": {"id": 1}, "geometry": null},
        {"properties": {"id": 2}, "geometry": {"type": "Point", "coordinates": [10, 50]}}]}"#;
    let (cells, issues) = read(first_without).unwrap();
    assert_eq!(
        (cells.frame(), issues.quarantined().count()),
        (Frame::Geographic, 1)
    );
    let by_id = r#"{"features": [{"id": "a", "properties": null, "geometry": {"type": "Point",
        "coordinates": [10, 50]}}], "type": "FeatureCollection"}"#;
    assert_eq!(
        read(by_id).unwrap().0.cells()[0],
        Cell::geographic("a", 50.0, 10.0)
    );
}

#[test]
fn units_in_names_are_converted() {
    let (cells, _) = read(
        "CGI;Site Name;Easting (km);Northing [km];range_km;Power dBm;Azimuth;Downtilt;valid_from;valid_until\n\
         a;mill;1.5;2;0.7;43;360;4;2026-03-01;2026-04-01T12:00:00+02:00\n",
    )
    .unwrap();
    let cell = &cells.cells()[0];
    assert_eq!((cell.x, cell.y), (1500.0, 2000.0));
    assert_eq!(cell.site.as_deref(), Some("mill"));
    assert_eq!(cell.range_m, Some(700.0));
    assert!(
        (cell.power_w.unwrap() - 19.9526).abs() < 1e-3,
        "{:?}",
        cell.power_w
    );
    assert_eq!((cell.azimuth_deg, cell.tilt_deg), (Some(0.0), Some(4.0)));
    assert_eq!(cell.valid_from_utc, "2026-03-01T00:00:00Z".parse().ok());
    assert_eq!(cell.valid_to_utc, "2026-04-01T10:00:00Z".parse().ok());
}

#[test]
fn reads_site_lists_and_decimal_commas() {
    let (cells, _) = read(",index,latitude,longitude,address,id\n0,7,31.2,121.4,road,0\n").unwrap();
    assert_eq!(cells.cells()[0].id, "0");
    let (cells, _) = read("site_id;lat;lon\na;51,5;10,25\n").unwrap();
    assert_eq!(cells.cells()[0], Cell::geographic("a", 51.5, 10.25));
}

#[test]
fn reads_gzip_and_zstd_and_says_when_they_are_cut() {
    let text = format!(
        "cell,x_m,y_m\n{}",
        (0..999).map(|i| format!("{i},{i},0\n")).collect::<String>()
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    for (name, bytes) in [
        ("gzip", gzip.finish().unwrap()),
        ("zstd", zstd::encode_all(text.as_bytes(), 1).unwrap()),
    ] {
        assert_eq!(read(&bytes).unwrap().0.len(), 999, "{name}");
        let error = read(&bytes[..bytes.len() - 9]).unwrap_err();
        assert!(
            error.message().contains(&format!("damaged {name}")),
            "{error}"
        );
    }
}

#[test]
fn reads_a_directory_in_the_order_of_names() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("day=2/part-0.csv", "lat,lon,cell\n51.5,10,b\nx,10,c\n");
    write("day=1/part-0.csv", "cell,lat,lon\na,51.4,10\nb,51.5,10\n");
    write("day=1/.part-0.csv.crc", "crc");
    write("_SUCCESS", "");
    let (cells, issues) = read_cells(dir.path()).unwrap();
    let ids: Vec<&str> = cells.cells().iter().map(|c| c.id.as_str()).collect();
    assert_eq!((ids, issues.merged), (vec!["a", "b"], 1));
    let aside = &issues.rules[0].cells[0];
    assert!(aside.file.as_ref().unwrap().ends_with("part-0.csv"));
    assert_eq!((aside.line, aside.column.as_deref()), (3, Some("lat")));
    write("day=3.csv", "cell,x_m,y_m\nd,0,0\n");
    assert!(
        read_cells(dir.path())
            .unwrap_err()
            .message()
            .contains("in another way")
    );
}
