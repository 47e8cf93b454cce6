use erewhon_geo::{Cell, Frame};
use erewhon_types::CellIx;
use jiff::Timestamp;

use super::*;
use crate::{DeviceClass, EventKind};

fn mapping(more: &str) -> Mapping {
    let time = if more.contains("time =") {
        ""
    } else {
        "time = { column = 't', format = 'rfc3339' }\n"
    };
    let place = if more.contains("cell =") || more.contains("position =") {
        ""
    } else {
        "cell = 'c'\n"
    };
    let text = format!(
        "description = 'x'\nsubscriber = 's'\n{time}{place}kind = {{ constant = 'data' }}\n{more}"
    );
    Mapping::parse(&text, "test").unwrap()
}

#[test]
fn quantities_have_units() {
    let bench = Bench::new(mapping(
        "columns = ['s', 't', 'c', 'd', 'u', 'v']\n\
         duration_s = { column = 'd', unit = 'ms' }\n\
         bytes_up = { column = 'u', unit = 'KiB' }\nbytes_down = { column = 'v', unit = 'MB' }",
    ));
    let row = |end: &str| format!("s,t,c,d,u,v\n1,2026-03-02T09:00:00Z,a,{end}\n");
    let event = bench.events(&row("2999.9,1.5,0.0000019"))[0];
    assert_eq!(
        (event.duration_s, event.bytes_up, event.bytes_down),
        (2, 1536, 1)
    );
    for (bad, column) in [
        ("-1,,", 4),
        ("4294967296000,,", 4),
        (",1.2.3,", 5),
        (",1e3,", 5),
        (",,.5", 6),
    ] {
        assert_eq!(
            bench.rules(&row(bad)),
            [("bad_number", 2, Some(column))],
            "{bad}"
        );
    }
}

#[test]
fn amounts_are_those_of_topups_in_minor_units() {
    let of = |kind: &str, amount: &str| {
        let text = format!(
            "description = 'x'\ncolumns = ['s', 't', 'c', 'm']\nsubscriber = 's'\ncell = 'c'\n\
             time = {{ column = 't', format = 'rfc3339' }}\nkind = {{ constant = '{kind}' }}\n\
             amount_minor = {amount}"
        );
        Mapping::parse(&text, "test")
    };
    let row = |amount: &str| format!("s,t,c,m\n1,2026-03-02T09:00:00Z,a,{amount}\n");
    for (unit, written, minor) in [
        ("'m'", "1250", 1_250),
        ("'m'", "", 0),
        ("{ column = 'm', unit = 'minor' }", "4294967295", u32::MAX),
        ("{ column = 'm', unit = 'hundred' }", "12.509", 1_250),
        (
            "{ column = 'm', unit = 'hundred' }",
            "42949672.95",
            u32::MAX,
        ),
        ("{ column = 'm', unit = 'thousand' }", "0.25", 250),
    ] {
        let bench = Bench::new(of("topup", unit).unwrap());
        let event = bench.events(&row(written))[0];
        assert_eq!(event.amount_minor, minor, "{unit} {written}");
    }
    for (unit, bad) in [("'m'", "12.50"), ("'m'", "-1"), ("'m'", "4294967296")] {
        let bench = Bench::new(of("topup", unit).unwrap());
        assert_eq!(
            bench.rules(&row(bad)),
            [("bad_number", 2, Some(4))],
            "{bad}"
        );
    }
    let hundred = Bench::new(of("topup", "{ column = 'm', unit = 'hundred' }").unwrap());
    let too_much = row("42949672.96");
    assert_eq!(hundred.rules(&too_much), [("bad_number", 2, Some(4))]);
    for kind in [
        "columns = ['k']",
        "columns = ['k']\nvalues = { 'R *' = 'topup' }",
        "columns = ['k']\nvalues = { 'call' = 'call_in' }\ndefault = 'topup'",
    ] {
        let text = format!(
            "description = 'x'\ncolumns = ['s', 't', 'c', 'm', 'k']\nsubscriber = 's'\ncell = 'c'\n\
             time = {{ column = 't', format = 'rfc3339' }}\namount_minor = 'm'\n[kind]\n{kind}"
        );
        Mapping::parse(&text, "test").unwrap();
    }
    let error = of("call_out", "'m'").unwrap_err();
    assert!(error.message().contains("no kind is `topup`"), "{error}");
    let error = of("topup", "{ column = 'm', unit = 'cents' }").unwrap_err();
    assert!(error.message().contains("`hundred`"), "{error}");
}

#[test]
fn a_duration_may_come_from_start_and_end() {
    let bench = Bench::new(mapping(
        "columns = ['s', 't', 'e', 'c']\n\
         time = { column = 't', end = 'e', format = 'rfc3339', zone = 'window' }",
    ));
    let row = |end: &str| format!("s,t,e,c\n1,2026-03-02 09:00:00,{end},a\n");
    assert_eq!(
        bench.events(&row("2026-03-09 10:00:59.9"))[0].duration_s,
        7 * 86_400 + 3_659
    );
    assert_eq!(bench.events(&row(""))[0].duration_s, 0);
    assert_eq!(
        bench.rules(&row("2026-03-02 08:59:59")),
        [("bad_number", 2, Some(3))]
    );
    assert_eq!(bench.rules(&row("noon")), [("bad_time", 2, Some(3))]);
}

#[test]
fn a_cell_may_come_in_parts_or_as_a_row_or_a_constant() {
    let cells = CellTable::schematic(vec!["262-01-7-9".to_owned(), "x".to_owned()]).unwrap();
    let over = |more: &str| Bench::over(mapping(more), cells.clone(), ("2026-03-02", 7, "UTC"));
    let parts =
        over("columns = ['s', 't', 'm', 'n', 'l', 'i']\ncell = { parts = ['m', 'n', 'l', 'i'] }");
    let row = "s,t,m,n,l,i\n1,2026-03-02T09:00:00Z,262,01,7,";
    assert_eq!(parts.events(&format!("{row}9\n"))[0].cell, CellIx(0));
    assert_eq!(
        parts.rules(&format!("{row}8\n")),
        [("unknown_cell", 2, Some(3))]
    );
    let by_row = over("columns = ['s', 't', 'c']\ncell = { row = 'c' }");
    let row = "s,t,c\n1,2026-03-02T09:00:00Z,";
    assert_eq!(by_row.events(&format!("{row}1\n"))[0].cell, CellIx(1));
    assert_eq!(
        by_row.rules(&format!("{row}2\n")),
        [("unknown_cell", 2, Some(3))]
    );
    let all = over("columns = ['s', 't']\ncell = { constant = 'x' }");
    assert_eq!(
        all.events("s,t\n1,2026-03-02T09:00:00Z\n")[0].cell,
        CellIx(1)
    );
    let gone = over("columns = ['s', 't']\ncell = { constant = 'y' }");
    assert!(gone.read("s,t\n").err().unwrap().message().contains("`y`"));
}

#[test]
fn an_empty_cell_falls_back_to_the_position() {
    let cells = vec![
        Cell::geographic("a", 51.0, 10.0),
        Cell::geographic("b", 51.1, 10.0),
    ];
    let cells = CellTable::new(Frame::Geographic, cells).unwrap();
    let more = "columns = ['s', 't', 'c', 'y', 'x']\ndelimiter = ';'\ncell = 'c'\n\
                position = { lat = 'y', lon = 'x', decimal = ',' }";
    let bench = Bench::over(mapping(more), cells, ("2026-03-02", 7, "UTC"));
    let row = |end: &str| format!("s;t;c;y;x\n1;2026-03-02T09:00:00Z;{end}\n");
    assert_eq!(bench.events(&row("a;51,1;10,0"))[0].cell, CellIx(0));
    assert_eq!(bench.events(&row(";51,1;10,0"))[0].cell, CellIx(1));
    for (bad, rule, column) in [
        ("z;51,1;10,0", "unknown_cell", 3),
        (";51.1;10,0", "position_far_from_cells", 4),
        (";;", "position_far_from_cells", 4),
    ] {
        assert_eq!(bench.rules(&row(bad)), [(rule, 2, Some(column))], "{bad}");
    }
}

#[test]
fn what_was_found_for_a_row_is_right_for_another_or_found_anew() {
    let noon: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
    let at = |id: &str, lat_deg: f64| Cell::geographic(id, lat_deg, 10.0);
    let cells = vec![
        Cell {
            valid_to_utc: Some(noon),
            ..at("a", 51.0)
        },
        Cell {
            valid_from_utc: Some(noon),
            ..at("a", 51.1)
        },
        at("b", 51.2),
    ];
    let cells = CellTable::new(Frame::Geographic, cells).unwrap();
    let text = "description = 'x'\nsubscriber = 's'\ncell = 'c'\n\
                columns = ['s', 't', 'c', 'y', 'x', 'k', 'd']\n\
                time = { column = 't', format = 'rfc3339' }\n\
                position = { lat = 'y', lon = 'x' }\n\
                [kind]\ncolumns = ['k', 'd']\n\
                values = { 'call in' = 'call_in', 'call *' = 'call_out', '* in' = 'sms_in' }";
    let mapping = Mapping::parse(text, "test").unwrap();
    let bench = Bench::over(mapping, cells, ("2026-03-02", 7, "UTC"));
    let rows = [
        ("09:00:00Z,a,,,call,in", 0, EventKind::CallIn),
        ("13:00:00Z,a,,,call,out", 1, EventKind::CallOut),
        ("09:00:00Z,a,,,text,in", 0, EventKind::SmsIn),
        ("09:00:00Z,,51.2,10.0,call,in", 2, EventKind::CallIn),
        ("09:00:00Z,,51.0,10.0,call,out", 0, EventKind::CallOut),
        ("13:00:00Z,b,51.0,10.0,calli,n", 2, EventKind::CallIn),
    ];
    let text: Vec<String> = (0..300)
        .map(|at| format!("1,2026-03-02T{}\n", rows[at * 7 % 5].0))
        .collect();
    let read = bench
        .read(format!("s,t,c,y,x,k,d\n{}", text.concat()))
        .unwrap()
        .0;
    let found: Vec<_> = read
        .rows
        .iter()
        .map(|(_, event)| (event.cell, event.kind))
        .collect();
    let due: Vec<_> = (0..300)
        .map(|at| rows[at * 7 % 5])
        .map(|(_, cell, kind)| (CellIx(cell), kind))
        .collect();
    assert!(found == due);
    let wrong = format!(
        "s,t,c,y,x,k,d\n{}1,2026-03-02T{}\n",
        text.concat(),
        rows[5].0
    );
    assert_eq!(bench.rules(&wrong), [("unknown_kind", 302, Some(6))]);
}

#[test]
fn home_network_and_device_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("tac.csv");
    fs::write(&list, "tac,class\n35693803,phone\n86000001, machine\n").unwrap();
    let bench = Bench::new(mapping(&format!(
        "columns = ['s', 't', 'c', 'i']\nhome_network = {{ imsi = 's' }}\n\
         device = {{ tac = 'i', list = '{}' }}",
        list.display()
    )));
    let row = |imsi: &str, imei: &str| format!("s,t,c,i\n{imsi},2026-03-02T09:00:00Z,a,{imei}\n");
    let event = bench.events(&row("262011234567890", "356938035643809"))[0];
    assert_eq!(event.home_network.unwrap().to_string(), "262-01");
    assert_eq!(event.device, DeviceClass::Phone);
    for unknown in ["", "3569", "12345678"] {
        let event = bench.events(&row("262011234567890", unknown))[0];
        assert_eq!(event.device, DeviceClass::Unknown, "{unknown}");
    }
    assert_eq!(
        bench.rules(&row("26201", "")),
        [("bad_network", 2, Some(1))]
    );
    fs::write(&list, "tac,class\n1,phone\n").unwrap();
    assert!(
        bench
            .read(row("262011234567890", ""))
            .err()
            .unwrap()
            .message()
            .contains("line 2")
    );

    let named = Bench::new(mapping(
        "columns = ['s', 't', 'c', 'm', 'n', 'd']\nhome_network = { mcc = 'm', mnc = 'n' }\ndevice = 'd'",
    ));
    let row = |end: &str| format!("s,t,c,m,n,d\n1,2026-03-02T09:00:00Z,a,{end}\n");
    let event = named.events(&row("310,003,modem"))[0];
    assert_eq!(event.home_network.unwrap().to_string(), "310-003");
    assert_eq!(event.device, DeviceClass::Modem);
    assert_eq!(named.rules(&row("310,,")), [("bad_network", 2, Some(4))]);
    assert_eq!(
        named.rules(&row(",,toaster")),
        [("unknown_device", 2, Some(6))]
    );
}

#[test]
fn rows_that_are_not_wanted_are_passed_over() {
    let bench = Bench::new(mapping(
        "columns = ['s', 't', 'c', 'n']\nonly = { column = 'n', values = ['SGW'] }",
    ));
    let row = "1,2026-03-02T09:00:00Z,a,";
    let (batch, _) = bench
        .read(format!("s,t,c,n\n{row}SGW\n{row}PGW\n,,,PGW\n"))
        .unwrap();
    assert_eq!(
        (batch.rows.len(), batch.not_wanted, batch.faults.len()),
        (1, 2, 0)
    );
}
