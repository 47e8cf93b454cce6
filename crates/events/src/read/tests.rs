use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use erewhon_geo::{Cell, Frame};
use erewhon_types::{CellIx, Window};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{DeviceClass, EventKind};

mod formats;
mod presets;

const HEADER: &str = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down";

/// A file in a directory of its own, and what its rows are read with.
pub(super) struct Bench {
    dir: tempfile::TempDir,
    mapping: Mapping,
    cells: CellTable,
    calendar: Calendar,
    block_bytes: usize,
}

/// What a file came to.
#[derive(Default)]
pub(super) struct Taken {
    rows: Vec<(Subscriber, Event)>,
    faults: Vec<(Fault, Vec<u8>)>,
    opted_out: u64,
    not_wanted: u64,
}

pub(super) type Read = Result<(Taken, InputFile)>;

impl Bench {
    pub(super) fn new(mapping: Mapping) -> Self {
        let cells = CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        Self::over(mapping, cells, ("2026-03-02", 7, "UTC"))
    }

    pub(super) fn over(mapping: Mapping, cells: CellTable, window: (&str, u16, &str)) -> Self {
        let window = Window::parse(window.0, window.1, window.2).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            mapping,
            cells,
            calendar: Calendar::new(&window).unwrap(),
            block_bytes: BLOCK_BYTES,
        }
    }

    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn read(&self, content: impl AsRef<[u8]>) -> Read {
        self.read_file(&self.file("records", content))
    }

    pub(super) fn read_file(&self, path: &Path) -> Read {
        let issues = CellIssues::default();
        let mut reader = RowReader::new(&self.mapping, &self.cells, &issues, &self.calendar)?;
        reader.block_bytes = self.block_bytes;
        let rows = Mutex::new(Vec::new());
        let on_rows = |batch: &[_]| {
            rows.lock().unwrap().extend_from_slice(batch);
            Ok(())
        };
        let mut all = Taken::default();
        let mut rows_read = 0;
        let file = reader.read(path, &identify, &mut |_| {}, &on_rows, &mut |batch| {
            rows_read += batch.rows_read();
            all.faults.extend(batch.faults);
            all.opted_out += batch.opted_out;
            all.not_wanted += batch.not_wanted;
            Ok(())
        })?;
        all.rows = rows.into_inner().unwrap();
        assert_eq!(file.rows, rows_read);
        Ok((all, file))
    }

    pub(super) fn events(&self, content: &str) -> Vec<Event> {
        let (batch, _) = self.read(content).unwrap();
        let faults: Vec<_> = batch.faults.iter().map(|(fault, _)| fault).collect();
        assert!(faults.is_empty(), "{faults:?}");
        batch.rows.into_iter().map(|(_, event)| event).collect()
    }

    pub(super) fn rules(&self, content: &str) -> Vec<(&'static str, u64, Option<usize>)> {
        let (batch, _) = self.read(content).unwrap();
        let faults = batch.faults.into_iter();
        faults
            .map(|(f, _)| (f.rule.name(), f.line, f.column))
            .collect()
    }
}

/// A plain pseudonym; ids that begin with `out` have opted out.
pub(super) fn identify(id: &[u8]) -> Option<Subscriber> {
    let number = id.iter().fold(1_u64, |n, b| {
        n.wrapping_mul(257).wrapping_add(u64::from(*b))
    });
    (!id.starts_with(b"out")).then(|| Subscriber::new(number.max(1)))
}

/// One row as anybody would read it, with the `csv` crate and the standard library.
fn slow(line: &[u8], bench: &Bench) -> std::result::Result<(Subscriber, Event), Rule> {
    let text = [line, b"\nend\n"].concat();
    let records: Vec<csv::ByteRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_slice())
        .byte_records()
        .collect::<std::result::Result<_, _>>()
        .unwrap();
    let [row, end] = records.as_slice() else {
        return Err(Rule::UnclosedQuote);
    };
    if end != &csv::ByteRecord::from(vec!["end"]) {
        return Err(Rule::UnclosedQuote);
    }
    if std::str::from_utf8(&row.iter().collect::<Vec<_>>().join(&b',')).is_err() {
        return Err(Rule::NotUtf8);
    }
    let fields: Vec<&str> = row
        .iter()
        .map(|f| std::str::from_utf8(f).unwrap().trim_ascii())
        .collect();
    let [who, when, place, kind, duration, peer, up, down] = fields.as_slice() else {
        return Err(Rule::WrongFieldCount);
    };
    if who.is_empty() {
        return Err(Rule::MissingSubscriber);
    }
    let subscriber = identify(who.as_bytes()).ok_or(Rule::OptedOut)?;
    let time =
        when.parse::<Timestamp>()
            .map_err(|_| match when.parse::<jiff::civil::DateTime>() {
                Ok(_) => Rule::TimeWithoutZone,
                Err(_) => Rule::BadTime,
            })?;
    let (start, end) = (bench.calendar.start_utc_ms(), bench.calendar.end_utc_ms());
    if !(start..end).contains(&time.as_millisecond()) {
        return Err(Rule::TimeOutsideWindow);
    }
    let kind: EventKind = kind.parse().map_err(|_| Rule::UnknownKind)?;
    let cell = bench.cells.find(place).ok_or(Rule::UnknownCell)?;
    let whole = |text: &str| match text {
        "" => Ok(0),
        text => text.parse::<u64>().map_err(|_| Rule::BadNumber),
    };
    let mut event = Event::at(time.as_millisecond(), cell, kind);
    event.duration_s = whole(duration)?.try_into().map_err(|_| Rule::BadNumber)?;
    (event.bytes_up, event.bytes_down) = (whole(up)?, whole(down)?);
    event.peer = identify(peer.as_bytes())
        .filter(|_| !peer.is_empty())
        .and_then(|peer| peer.bits().try_into().ok());
    Ok((subscriber, event))
}

fn field(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let broken = prop::sample::select(b"\",a0\xc3\xa9 \t+-.".to_vec());
    prop_oneof![
        6 => Just(good.as_bytes().to_vec()),
        1 => Just(format!("\"{good}\"").into_bytes()),
        1 => Just(format!(" {good} ").into_bytes()),
        1 => Just(Vec::new()),
        1 => prop::collection::vec(broken, 0..6),
    ]
}

/// Lines near to good ones.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let who = prop_oneof![field("491"), field("out1"), field("\u{e9}")];
    let when = prop_oneof![
        4 => field("2026-03-02T09:00:00Z"),
        1 => field("2026-03-03 11:30:01+02:00"),
        1 => field("2026-03-02T09:00:00"),
        1 => field("2026-03-02T09:00:00.25Z"),
        1 => field("2027-03-02T09:00:00Z"),
    ];
    let place = prop_oneof![field("a"), field("b")];
    let kind = prop_oneof![field("data"), field("call_in")];
    let number = || {
        prop_oneof![
            field("7"),
            field("4294967296"),
            field("18446744073709551616")
        ]
    };
    let row = (
        who,
        when,
        place,
        kind,
        number(),
        field("out9"),
        number(),
        number(),
    );
    let broken = prop::collection::vec(prop::sample::select(b"\",a \xff\r".to_vec()), 1..20);
    prop_oneof![
        8 => row.prop_map(|r| [r.0, r.1, r.2, r.3, r.4, r.5, r.6, r.7].join(&b',')),
        1 => broken,
        1 => Just(Vec::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn reads_what_the_slow_twin_reads(
        lines in prop::collection::vec(line(), 0..12),
        crlf: bool,
        block_bytes in prop_oneof![1_usize..200, Just(BLOCK_BYTES)],
        threads in 1_usize..5,
    ) {
        let mut bench = Bench::new(Mapping::load("cdr").unwrap());
        bench.block_bytes = block_bytes;
        let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let mut content = HEADER.as_bytes().to_vec();
        content.extend(end);
        let (mut rows, mut faults, mut opted_out) = (Vec::new(), Vec::new(), 0);
        for (line, number) in lines.iter().zip(2..) {
            content.extend(line);
            content.extend(end);
            let line = line.strip_suffix(b"\r").filter(|_| !crlf).unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            match slow(line, &bench) {
                Ok(row) => rows.push(row),
                Err(Rule::OptedOut) => opted_out += 1,
                Err(rule) => faults.push((rule, number, line.to_vec())),
            }
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (mut batch, _) = pool.install(|| bench.read(&content)).unwrap();
        let order = |(who, event): &(Subscriber, Event)| {
            (*who, event.time_utc_ms, event.cell, event.bytes_up, event.bytes_down, event.peer)
        };
        batch.rows.sort_by_key(order);
        rows.sort_by_key(order);
        prop_assert!(batch.rows == rows);
        let met: Vec<_> = batch.faults.into_iter().map(|(f, raw)| (f.rule, f.line, raw)).collect();
        prop_assert_eq!(met, faults);
        prop_assert_eq!(batch.opted_out, opted_out);
    }
}

const GOOD: &str = "491,2026-03-02T09:00:00Z,a,data,,,1,2\n";

#[test]
fn who_has_opted_out_leaves_no_trace() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let rows = "out1,2026-03-02T09:00:00Z,a,data,,,1,2\n\
                out1,never,a,data,,,1,2\n\
                491,2026-03-02T09:00:00Z,a,call_out,,out1,,\n";
    let (batch, _) = bench.read(format!("{HEADER}\n{rows}")).unwrap();
    assert_eq!(
        (batch.opted_out, batch.faults.len(), batch.rows.len()),
        (2, 0, 1)
    );
    assert!(batch.rows[0].1.peer.is_none());
}

#[test]
fn what_is_set_aside_keeps_its_bytes_up_to_the_longest_row() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let long = "x".repeat(3_000_000);
    let (batch, _) = bench
        .read(format!("{HEADER}\n{long}\n\"49\"1,x\n{GOOD}"))
        .unwrap();
    assert_eq!(batch.rows.len(), 1);
    let faults: Vec<_> = batch
        .faults
        .iter()
        .map(|(f, raw)| (f.rule, f.line, raw.len()))
        .collect();
    assert_eq!(
        faults,
        [
            (Rule::RowTooLong, 2, 64 * 1024),
            (Rule::WrongFieldCount, 3, 7)
        ]
    );
    assert_eq!(batch.faults[1].1, b"\"49\"1,x");
}

#[test]
fn a_sink_that_fails_stops_the_reading() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let path = bench.file("records", format!("{HEADER}\n{}", GOOD.repeat(200_000)));
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    let full = || Error::internal("full");
    let error = reader
        .read(&path, &identify, &mut |_| {}, &|_| Ok(()), &mut |_| {
            Err(full())
        })
        .unwrap_err();
    assert_eq!(error.message(), full().message());
    let error = reader
        .read(&path, &identify, &mut |_| {}, &|_| Err(full()), &mut |_| {
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.message(), full().message());
}

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

#[test]
fn a_preview_shows_rows_and_no_ids() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let rows = "491701234567,2026-03-02T09:00:00+01:00,a,call_out,60,491709999999,,\nout1,noon,a,data,,,,\n";
    let path = bench.file("records", format!("{HEADER}\n{rows}{}", GOOD.repeat(9)));
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    let preview = reader.preview(&path, 3).unwrap();
    assert_eq!(preview.rows.len(), 3);
    let said = |row: usize, column: usize| {
        let field = &preview.rows[row].fields[column];
        (
            field.meaning,
            field.written.as_str(),
            field.understood.as_deref(),
        )
    };
    assert_eq!(said(0, 0), ("subscriber", "*********567", None));
    assert_eq!(
        said(0, 1),
        (
            "time",
            "2026-03-02T09:00:00+01:00",
            Some("2026-03-02T08:00:00Z")
        )
    );
    assert_eq!(said(0, 3), ("kind", "call_out", Some("call_out")));
    assert_eq!(said(0, 5), ("peer", "*********999", None));
    assert_eq!(said(1, 0).1, "***1");
    assert_eq!(
        preview.rows[1].breaks,
        Some(("bad_time", Some("time_utc".to_owned())))
    );
    assert_eq!(
        (preview.rows[2].line, preview.rows[2].breaks.as_ref()),
        (4, None)
    );
}

#[test]
fn a_preview_of_another_layout_names_it() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    for (content, preset) in [
        (
            "msisdn,call_datetime,location_id\n1,2026-03-02 09:00:00,a\n",
            "worldbank",
        ),
        ("1,2026-03-02 09:00:00,a\n", "d4d"),
        (
            "1;22;77;78;2013-12-16 07:30:30;0;42.3;-71.5\n",
            "bandicoot_orange",
        ),
    ] {
        let error = reader.preview(&bench.file("r", content), 3).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(
            hint.contains(&format!("did you mean the preset `{preset}`?")),
            "{hint}"
        );
    }
    let error = reader.preview(&bench.file("r", "x,y\n"), 3).unwrap_err();
    assert!(!error.hint().unwrap().contains("did you mean"));
}
