use super::*;

fn refused(bytes: impl AsRef<[u8]>, message: &str, hint: &str) {
    let error = read(bytes).unwrap_err();
    assert!(error.message().contains(message), "{error}");
    assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
    assert_eq!(error.kind().exit_code(), 1, "{error}");
}

#[test]
fn text_that_is_none_is_refused_with_its_place() {
    refused(
        b"cell,lat,lon\na,1,2\nb,\xff,2\n",
        "line 3, field 2",
        "UTF-8",
    );
    refused(b"\xff\xfec\0e\0l\0l\0", "not UTF-8", "UTF-8");
    refused("\u{feff}", "is empty", "name the columns");
    refused("\n\n \n", "is empty", "name the columns");
    refused("PK\u{3}\u{4}xl/workbook", "spreadsheet", "CSV");
    refused("cell lat lon\na 51 10\n", "no id column", "`cell lat lon`");
    refused(
        "cell;lat;lon\na,51,10\n",
        "no usable cell",
        "cell_without_position",
    );
    refused(
        "cell,lat,lon,lat\na,51,10,9\n",
        "two columns named `lat`",
        "another name",
    );
}

#[test]
fn a_name_that_is_nearly_right_is_guessed() {
    refused(
        "cel_id,lat,lon\na,1,2\n",
        "no id column",
        "did you mean `cel_id`",
    );
    refused(
        "cell,lattitude,longitud\na,1,2\n",
        "no position",
        "did you mean `latitude` by `lattitude`",
    );
    refused(
        "cell,latitude,longitud\na,1,2\n",
        "half a position",
        "did you mean `longitude` by `longitud`",
    );
    let record = "262070000001,2026-03-02T09:00:00Z,a,call_out\n";
    refused(record, "no id column", "seems to hold data");
    assert!(!read(record).unwrap_err().hint().unwrap().contains("2620"));
    refused("altitude,colour\n1,2\n", "no id column", "name it `cell`");
}

#[test]
fn a_row_without_end_is_refused_before_it_is_in_memory() {
    let long = "x".repeat(10 << 20);
    refused(
        format!("cell,lat,lon\na,51,10\nb,{long},10\n"),
        "row 3",
        "quotation mark",
    );
    refused(long.clone(), "row 1", "another kind of file");
    let feature = format!(
        r#"{{"type": "FeatureCollection", "features": [{{"properties": {{"id": "{long}"}}}}]}}"#
    );
    refused(feature, "row 1", "another kind of file");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&vec![b'\n'; 64 << 20]).unwrap();
    refused(gzip.finish().unwrap(), "row 1", "another kind of file");
}

#[test]
fn geojson_that_is_no_list_of_points_is_refused() {
    let polygon = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties":
        {"NIMI": "x"}, "geometry": {"type": "Polygon", "coordinates": []}}]}"#;
    refused(polygon, "no id column", "`NIMI`");
    for text in [
        r#"{"type": "Feature", "properties": {"id": 1}}"#,
        r#"{"type": "Topology", "features": []}"#,
        r#"{"features": 7}"#,
        "[1, 2]",
        r#"{"type": "FeatureCollection", "features": [1]}"#,
    ] {
        refused(text, "no GeoJSON FeatureCollection", "FeatureCollection");
    }
    refused(
        r#"{"type": "FeatureCollection", "features": [}"#,
        "no valid JSON: line 1, column",
        "GeoJSON tool",
    );
    refused(
        r#"{"type": "FeatureCollection", "features": ["#,
        "cut short",
        "copy it again",
    );
    refused(
        r#"{"type": "FeatureCollection", "features": []}"#,
        "no rows",
        "per cell",
    );
    refused(
        "[".repeat(100_000),
        "FeatureCollection",
        "FeatureCollection",
    );
}
