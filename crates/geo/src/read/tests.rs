use std::io::Write;

use proptest::prelude::*;

use super::*;

mod faults;
mod formats;
mod parquet;
mod real;
mod rules;

fn read(bytes: impl AsRef<[u8]>) -> Result<(CellTable, CellIssues)> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    read_cells(file.path())
}

/// Every row read is kept, merged or set aside.
fn adds_up(issues: &CellIssues) -> bool {
    issues.read == issues.kept + issues.merged + issues.quarantined().count()
}

fn rules(issues: &CellIssues) -> Vec<(&str, Vec<&str>)> {
    issues
        .rules
        .iter()
        .map(|rule| {
            (
                rule.rule.as_str(),
                rule.cells.iter().map(|row| row.id.as_str()).collect(),
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
            (cells.cells()[0].y, cells.cells()[0].x),
            (51.5, 10.0),
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
            ("cell_position_zero", vec!["g"]),
            ("cell_position_out_of_range", vec!["d"]),
            ("cell_twice_two_positions", vec!["e", "e"]),
        ]
    );
    let kept: Vec<&str> = cells.cells().iter().map(|c| c.id.as_str()).collect();
    assert_eq!(kept, ["a", "f", "i"]);
    assert_eq!((issues.read, issues.kept, issues.merged), (12, 3, 1));
    assert!(adds_up(&issues));
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
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), head in 0_usize..5) {
        let head: &[u8] = [&b""[..], b"PAR1", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"{\"type\":"][head];
        let outcome = read([head, &bytes].concat());
        prop_assert!(outcome.is_ok() || outcome.is_err_and(|error| error.hint().is_some()));
    }

    #[test]
    fn never_panics_and_never_invents_cells(text in "(cell|id|lat|x)[,;](lat|y)[,;](lon|x)\n([a-c]?[,;][-0-9.]{0,5}[,;][-0-9.]{0,5}\n){0,8}") {
        if let Ok((cells, issues)) = read(&text) {
            prop_assert_eq!(cells.len(), issues.kept);
            prop_assert!(adds_up(&issues));
        }
    }
}
