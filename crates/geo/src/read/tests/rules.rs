use super::*;

#[test]
fn each_field_has_its_rule_and_column() {
    let text = "cell,lat,lon,radio,azimuth,range_m,tilt,power,valid_from,valid_to\n\
        a,51,10,6G,,,,,,\n\
        b,51,10,,361,,,,,\n\
        c,51,10,,-1,,,,,\n\
        d,51,10,,,far,,,,\n\
        e,51,10,,,-5,,,,\n\
        f,51,10,,,,91,,,\n\
        g,51,10,,,,,-1,,\n\
        h,51,10,,,,,,spring,\n\
        i,51,10,,,,,,2026-03-02,2026-03-02\n\
        j,51,10,nr,0,1,2,3,2026-03-02,9999-12-31\n\
        k,51.1,10,N/A,null,-,,NA,,\n";
    let (cells, issues) = read(text).unwrap();
    assert_eq!(
        rules(&issues),
        vec![
            ("cell_unknown_radio", vec!["a"]),
            ("cell_azimuth_out_of_range", vec!["b", "c"]),
            ("cell_number_unreadable", vec!["d", "e", "f", "g"]),
            ("cell_period_unreadable", vec!["h", "i"]),
        ]
    );
    let columns = issues.rules.iter().flat_map(|rule| &rule.cells);
    let columns: Vec<&str> = columns.map(|row| row.column.as_deref().unwrap()).collect();
    let expected = [
        "radio",
        "azimuth",
        "azimuth",
        "range_m",
        "range_m",
        "tilt",
        "power",
        "valid_from",
        "valid_to",
    ];
    assert_eq!(columns, expected);
    assert_eq!(issues.rules[3].cells[1].line, 10);
    assert_eq!(cells.cells()[0].valid_to_utc, None);
    assert_eq!(cells.cells()[1], Cell::geographic("k", 51.1, 10.0));
}

/// A square of towns, `side` × `side` sites, `step` degrees apart.
fn square(name: &str, lat: f64, lon: f64, side: usize, step: f64) -> String {
    let site = |i: usize| {
        let (north, east) = ((i / side) as f64 * step, (i % side) as f64 * step);
        format!("{name}{i},{},{}\n", lat + north, lon + east)
    };
    (0..side * side).map(site).collect()
}

#[test]
fn a_nation_keeps_its_islands_and_loses_its_slips() {
    // Like Portugal: a mainland most of whose cells crowd two cities, islands 900 to 1,900 km off.
    let islands = [
        ("madeira", 32.65, -16.95, 5, 0.03),
        ("porto_santo", 33.05, -16.35, 2, 0.02),
        ("sao_miguel", 37.74, -25.67, 5, 0.03),
        ("flores", 39.40, -31.20, 2, 0.03),
        ("corvo", 39.70, -31.11, 1, 0.0),
    ];
    let mut text = "cell,lat,lon\n".to_owned();
    text += &square("lisboa", 38.70, -9.20, 20, 0.01);
    text += &square("setubal", 38.52, -8.90, 8, 0.01);
    text += &square("interior", 37.2, -8.3, 10, 0.4);
    for (name, lat, lon, side, step) in islands {
        text += &square(name, lat, lon, side, step);
    }
    let nation = read(&text).unwrap().1;
    assert!(nation.rules.is_empty(), "{:?}", rules(&nation));
    // Three sectors of one mast are one site, and no company to each other.
    text += "paris,48.85,2.35\nmast_1,60.001,20.001\nmast_2,60.002,20.002\nmast_3,60.002,20.001\n";
    text += "swapped_1,-9.15,38.75\nswapped_2,-9.14,38.75\nswapped_3,-9.16,38.77\nslip,3870,-9.2\nslip_2,-9.2,387\n";
    let (cells, issues) = read(&text).unwrap();
    assert_eq!(
        rules(&issues),
        vec![
            (
                "cell_position_swapped",
                vec!["swapped_1", "swapped_2", "swapped_3"]
            ),
            ("cell_position_out_of_range", vec!["slip", "slip_2"]),
            (
                "cells_far_outside",
                vec!["paris", "mast_1", "mast_2", "mast_3"]
            ),
        ]
    );
    assert_eq!(cells.len(), nation.kept);
}

#[test]
fn a_plane_has_outliers_but_no_latitudes() {
    let mut text = "cell,x_m,y_m\n".to_owned();
    text += &(0..100)
        .map(|i| format!("{i},{},{}\n", i % 10 * 500, i / 10 * 500))
        .collect::<String>();
    text += "far,0,900000\nzero,0,0\n";
    assert_eq!(
        rules(&read(text).unwrap().1),
        vec![("cells_far_outside", vec!["far"])]
    );
}

const HEAD: &str = "cell,lat,lon,azimuth,valid_from,valid_to\n";

#[test]
fn a_cell_that_moves_keeps_a_row_for_each_period() {
    let rows = "a,51.5,10,0,2026-03-01,2026-04-01\na,51.6,10,0,2026-04-01,\nb,51.5,10.1,,,\n";
    let (cells, issues) = read(format!("{HEAD}{rows}")).unwrap();
    assert_eq!((cells.len(), issues.kept, issues.merged), (3, 3, 0));
    let at = |time: &str| {
        let time: jiff::Timestamp = time.parse().unwrap();
        cells
            .find_at("a", time.as_millisecond())
            .map(|row| cells.cell(row).y)
    };
    assert_eq!(at("2026-02-28T23:59:59Z"), None);
    assert_eq!(at("2026-03-01T00:00:00Z"), Some(51.5));
    assert_eq!(at("2026-04-01T00:00:00Z"), Some(51.6));
}

#[test]
fn rows_of_one_place_are_merged_and_rows_of_two_set_aside() {
    // One position: a snapshot with an open end, one that knows the end, one that contradicts.
    let snapshots =
        "a,51.5,10,0,2026-03-01,\na,51.5,10,120,2026-03-01,2026-04-01\na,51.5,10,0,2026-03-01,\n";
    // Touching and alike: one row. Touching and turned: two.
    let chains = "b,51.5,10,0,2026-03-01,2026-04-01\nb,51.5,10,0,2026-04-01,2026-05-01\n\
                  b,51.5,10,90,2026-05-01,\n";
    let torn = "c,51.5,10,,,\nc,51.6,10,,,\nd,51.5,10,,2026-03-01,\nd,51.6,10,,2026-04-01,\n";
    let (cells, issues) = read(format!("{HEAD}{snapshots}{chains}{torn}")).unwrap();
    let kept: Vec<(&str, Option<f64>, Option<String>)> = cells
        .cells()
        .iter()
        .map(|c| {
            (
                c.id.as_str(),
                c.azimuth_deg,
                c.valid_to_utc.map(|t| t.to_string()),
            )
        })
        .collect();
    let (april, may) = (
        Some("2026-04-01T00:00:00Z".to_owned()),
        Some("2026-05-01T00:00:00Z".to_owned()),
    );
    assert_eq!(
        kept,
        vec![
            ("a", None, april),
            ("b", Some(0.0), may),
            ("b", Some(90.0), None)
        ]
    );
    assert_eq!(
        rules(&issues),
        vec![
            ("cell_twice_two_positions", vec!["c", "c"]),
            ("cell_periods_overlap", vec!["d", "d"]),
        ]
    );
    assert_eq!((issues.read, issues.merged), (10, 3));
    assert!(adds_up(&issues));
}

#[test]
fn an_id_written_in_two_ways_is_one_cell() {
    let (cells, issues) =
        read("cgi,lat,lon\n248-01-7-1,51.5,10\n248:1:07:1,51.5,10\n248_1_7_2,51,10\n").unwrap();
    assert_eq!((cells.len(), issues.merged), (2, 1));
    assert_eq!(cells.cells()[0].id, "248-01-7-1");
}

#[test]
fn of_a_text_that_is_too_long_the_beginning_is_kept() {
    let (long, name) = ("ü".repeat(400), format!("lat{}", "-".repeat(1_000)));
    let text = format!("cell,{name},lon,site\n{long},51,10,\nb,51,10,{long}\nc,x,10,\nd,51,10,s\n");
    let (cells, issues) = read(text).unwrap();
    assert_eq!(cells.len(), 1);
    let rows = issues.rules.iter().flat_map(|rule| &rule.cells);
    let kept: Vec<usize> = rows
        .map(|row| row.id.len() + row.column.as_ref().unwrap().len())
        .collect();
    assert_eq!(issues.rules[0].rule, "cell_text_too_long");
    assert_eq!(kept, [256 + 4, 1 + 4, 1 + 256]);
}
