use std::io::Write;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<(CellTable, CellIssues)> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    read_cells(file.path())
}

fn rules(issues: &CellIssues) -> Vec<(&str, Vec<&str>)> {
    issues
        .rules
        .iter()
        .map(|rule| {
            (
                rule.rule.as_str(),
                rule.cells.iter().map(String::as_str).collect(),
            )
        })
        .collect()
}

#[test]
fn reads_degrees_under_several_names() {
    for text in [
        "cell,lat,lon\na,51.5,10.0\nb,51.6,10.1\n",
        "Antenna_ID;Longitude;Latitude;radio\na;10.0;51.5;LTE\nb;10.1;51.6;NR\n",
        "\u{feff}tower\tlng\tlatitude\r\na\t10.0\t51.5\r\nb\t10.1\t51.6\r\n",
        "id|lat|lon\n a | 51.5 | 10.0 \nb|51.6|10.1",
    ] {
        let (cells, issues) = read(text).unwrap();
        assert_eq!(cells.frame(), Frame::Geographic, "{text}");
        assert_eq!(
            cells.cells()[0],
            Cell::geographic("a", 51.5, 10.0),
            "{text}"
        );
        assert_eq!((issues.read, issues.kept), (2, 2), "{text}");
        assert!(issues.rules.is_empty(), "{text}");
    }
}

#[test]
fn reads_metres_and_reads_names_alone() {
    let (cells, _) = read("tower,x,y\n0,6007,18897\n1,12229,19093\n").unwrap();
    assert_eq!(cells.frame(), Frame::Planar);
    assert_eq!(cells.cells()[1], Cell::planar("1", 12229.0, 19093.0));
    let (cells, issues) = read("cell\n7\n8\n7\n").unwrap();
    assert_eq!((cells.frame(), cells.len()), (Frame::Schematic, 2));
    assert!(issues.note.unwrap().contains("lattice"));
}

#[test]
fn reads_gzip() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"cell,x_m,y_m\na,0,0\n").unwrap();
    let bytes = gzip.finish().unwrap();
    file.write_all(&bytes).unwrap();
    assert_eq!(read_cells(file.path()).unwrap().0.len(), 1);
    let mut cut = tempfile::NamedTempFile::new().unwrap();
    cut.write_all(&bytes[..bytes.len() - 9]).unwrap();
    let error = read_cells(cut.path()).unwrap_err();
    assert!(error.message().contains("damaged gzip"), "{error}");
}

#[test]
fn sets_bad_cells_aside_by_rule() {
    let (cells, issues) = read(
        "cell,lat,lon\na,51.5,10\nb,,10\nc,51.5,abc\nd,95,10\ne,51.5,10\ne,51.6,10\n\
         f,51.6,10.1\nf,51.6,10.1\ng,0,0\n,51.5,10\nh,51.5,NaN\ni,51.55,10\n",
    )
    .unwrap();
    assert_eq!(
        rules(&issues),
        vec![
            ("cell_without_id", vec![""]),
            ("cell_without_position", vec!["b", "c", "h"]),
            ("cell_position_out_of_range", vec!["d"]),
            ("cell_twice_two_positions", vec!["e", "e"]),
            ("cells_far_outside", vec!["g"]),
        ]
    );
    let kept: Vec<&str> = cells.cells().iter().map(|c| c.id.as_str()).collect();
    assert_eq!(kept, ["a", "f", "i"]);
    assert_eq!((issues.read, issues.kept), (12, 3));
    assert_eq!(issues.quarantined().count(), 8);
}

#[test]
fn refuses_what_is_no_cell_list() {
    for (text, message, hint) in [
        ("", "is empty", "name the columns"),
        ("cell,lat,lon\n", "no rows", "one line per cell"),
        ("name,lat,lon\na,1,2\n", "no id column", "`name`"),
        ("cell,lat\na,1\n", "half a position", "`lat`"),
        (
            "cell,lat,lon\na,139,35\nb,139.5,35.5\n",
            "swapped",
            "exchange",
        ),
        (
            "cell,lat,lon\na,,\n",
            "no usable cell",
            "cell_without_position",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().contains(message), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
    }
    let missing = read_cells(Path::new("no-such-file.csv")).unwrap_err();
    assert_eq!(missing.kind().exit_code(), 1);
}

proptest! {
    #[test]
    fn never_panics_and_never_invents_cells(text in "(cell|id|lat|x)[,;](lat|y)[,;](lon|x)\n([a-c]?[,;][-0-9.]{0,5}[,;][-0-9.]{0,5}\n){0,8}") {
        if let Ok((cells, issues)) = read(&text) {
            prop_assert_eq!(cells.len(), issues.kept);
            prop_assert!(issues.kept + issues.quarantined().count() <= issues.read);
        }
    }
}
