use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use erewhon_geo::{Cell, CellIssues, CellTable, Frame, SetAside, read_cells};
use erewhon_types::{Calendar, Window};
use proptest::prelude::*;

use super::*;
use crate::{EventKind, Key, Mapping, Rules};

mod real;

const HEADER: &str = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down\n";
const GOOD: &str = "49170,2026-03-02T09:00:00Z,a,call_out,60,49171,,\n";

/// A load from files in a directory of its own.
struct Bench {
    dir: tempfile::TempDir,
    mapping: Mapping,
    cells: CellTable,
    issues: CellIssues,
    calendar: Calendar,
    max_share: f64,
    rules: Rules,
}

impl Bench {
    fn new() -> Self {
        let cells = CellTable::schematic(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        Self::over(cells, "cdr", ("2026-03-02", 7, "UTC"))
    }

    fn over(cells: CellTable, mapping: &str, window: (&str, u16, &str)) -> Self {
        let window = Window::parse(window.0, window.1, window.2).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            mapping: Mapping::load(mapping).unwrap(),
            cells,
            issues: CellIssues::default(),
            calendar: Calendar::new(&window).unwrap(),
            max_share: 1.0,
            rules: Rules::default(),
        }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn load(&self, files: &[PathBuf]) -> Result<Loaded> {
        self.load_at_most(usize::MAX, files)
    }

    fn load_at_most(&self, rows: usize, files: &[PathBuf]) -> Result<Loaded> {
        let key = Key::from_bytes([7; 32]);
        let load = Load {
            files,
            mapping: &self.mapping,
            cells: &self.cells,
            cell_issues: &self.issues,
            calendar: &self.calendar,
            key: &key,
            subjects: None,
            withdrawn: &[],
            max_quarantined_share: self.max_share,
            rules: &self.rules,
        };
        ingest_at_most(rows, load, None, &mut |done, total| assert!(done <= total))
    }

    fn load_text(&self, content: impl AsRef<[u8]>) -> Result<Loaded> {
        self.load(&[self.file("records.csv", content)])
    }

    /// The rules met by rows set beside one good row, with line and column.
    fn rules_of(&self, rows: &[u8]) -> Vec<(&'static str, u64, Option<usize>)> {
        let content = [HEADER.as_bytes(), GOOD.as_bytes(), rows].concat();
        let loaded = self.load_text(content).unwrap();
        assert_eq!(loaded.quality.rows_kept, 1);
        let faults = loaded.examples.iter().map(|e| e.fault);
        faults.map(|f| (f.rule.name(), f.line, f.column)).collect()
    }
}

fn said(result: Result<Loaded>) -> (u8, String, String) {
    let error = result.err().unwrap();
    let hint = error.hint().unwrap_or_default().to_owned();
    (error.kind().exit_code(), error.message().to_owned(), hint)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(content).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn more_rows_than_memory_is_to_hold_are_refused() {
    let bench = Bench::new();
    let rows = GOOD.to_owned() + "491711234567,2026-03-02T10:00:00+01:00,b,data,,,7,8\n";
    let files = [bench.file("records.csv", HEADER.to_owned() + &rows)];
    assert_eq!(bench.load_at_most(2, &files).unwrap().quality.rows_kept, 2);
    let (code, message, _) = said(bench.load_at_most(1, &files));
    assert_eq!(code, Kind::Resource.exit_code());
    assert!(message.contains("than the 1 that"), "{message}");
}

#[test]
fn rows_become_sorted_events_whatever_their_order() {
    let bench = Bench::new();
    let rows = [
        "491701234567,2026-03-02T09:00:00Z,a,call_out,60,491711234567,,\n",
        "491711234567,2026-03-02T10:00:00+01:00,b,call_in,60,+491701234567,,\n",
        "00491701234567,2026-03-03T00:00:00.5Z,b,data,,,7,8\n",
        "491701234567,2026-03-02T09:00:00Z,a,call_out,60,491711234567,,\n",
        "491701234567,2026-03-02T09:00:00Z,a,call_out,61,491711234567,,\n",
    ];
    let forth = bench.load_text(HEADER.to_owned() + &rows.concat()).unwrap();
    let mut back = rows;
    back.reverse();
    let (one, two) = back.split_at(2);
    let files = [
        bench.file(
            "1.csv.gz",
            gzip((HEADER.to_owned() + &one.concat()).as_bytes()),
        ),
        bench.file("2.csv", (HEADER.to_owned() + &two.concat()).trim_end()),
    ];
    let back = bench.load(&files).unwrap();
    let flat = |loaded: &Loaded| -> Vec<(Subscriber, Event)> {
        let histories = loaded.events.histories();
        histories
            .flat_map(|h| h.events.iter().map(move |e| (h.subscriber, *e)))
            .collect()
    };
    assert!(flat(&forth) == flat(&back));
    let key = Key::from_bytes([7; 32]);
    let theirs: Vec<Event> = flat(&forth)
        .into_iter()
        .filter(|(s, _)| *s == key.pseudonym(b"491711234567"))
        .map(|(_, e)| e)
        .collect();
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0].kind, EventKind::CallIn);
    assert_eq!(
        theirs[0].peer.unwrap().get(),
        key.pseudonym(b"491701234567").bits()
    );
    let quality = &forth.quality;
    assert_eq!(
        (quality.rows_read, quality.rows_kept, quality.subscribers),
        (5, 4, 2)
    );
    assert_eq!(quality.events_by_day, [3, 1, 0, 0, 0, 0, 0]);
    assert_eq!(quality.rules.len(), 1);
    assert_eq!(
        (quality.rules[0].rule.as_str(), quality.rules[0].rows),
        ("exact_duplicate", 1)
    );
    assert_eq!(back.quality.inputs[0].name, "1.csv.gz");
}

#[test]
fn columns_may_stand_in_any_order() {
    let bench = Bench::new();
    let loaded = bench
        .load_text(
            "\u{feff}cell,kind,bytes_down,bytes_up,peer,duration_s,subscriber,time_utc\r\n\
             a,data,2,1,,3,x,2026-03-02T09:00:00Z\r\n",
        )
        .unwrap();
    let history = loaded.events.histories().next().unwrap();
    let event = history.events[0];
    assert_eq!(
        (event.bytes_down, event.bytes_up, event.duration_s),
        (2, 1, 3)
    );
}

#[test]
fn each_rule_sets_its_row_aside() {
    let mut bench = Bench::new();
    bench.issues.rules.push(erewhon_geo::CellRule {
        rule: "cell_without_position".to_owned(),
        cells: vec![SetAside {
            id: "q".to_owned(),
            ..SetAside::default()
        }],
        ..erewhon_geo::CellRule::default()
    });
    for (row, rule, column) in [
        (
            &b"1,2026-03-02T09:00:00Z,a,data,,,\n"[..],
            "wrong_field_count",
            None,
        ),
        (
            b"1,2026-03-02T09:00:00Z,a,data,,,,,\n",
            "wrong_field_count",
            None,
        ),
        (
            b" ,2026-03-02T09:00:00Z,a,data,,,,\n",
            "missing_subscriber",
            Some(1),
        ),
        (b"1,yesterday,a,data,,,,\n", "bad_time", Some(2)),
        (
            b"1,2026-03-02T09:00:00,a,data,,,,\n",
            "time_without_zone",
            Some(2),
        ),
        (
            b"1,2026-03-01T23:59:59Z,a,data,,,,\n",
            "time_outside_window",
            Some(2),
        ),
        (
            b"1,2026-03-09T00:00:00Z,a,data,,,,\n",
            "time_outside_window",
            Some(2),
        ),
        (
            b"1,2026-03-02T09:00:00Z,a,fax,,,,\n",
            "unknown_kind",
            Some(4),
        ),
        (
            b"1,2026-03-02T09:00:00Z,z,data,,,,\n",
            "unknown_cell",
            Some(3),
        ),
        (
            b"1,2026-03-02T09:00:00Z,q,data,,,,\n",
            "cell_quarantined",
            Some(3),
        ),
        (
            b"1,2026-03-02T09:00:00Z,a,data,-1,,,\n",
            "bad_number",
            Some(5),
        ),
        (
            b"1,2026-03-02T09:00:00Z,a,data,,,1.5,\n",
            "bad_number",
            Some(7),
        ),
        (
            b"1,2026-03-02T09:00:00Z,a\xff,data,,,,\n",
            "not_utf8",
            Some(3),
        ),
        (
            b"1,2026-03-02T09:00:00Z,a,data,,\",,\n",
            "unclosed_quote",
            None,
        ),
        (
            b"1,2026-03-02T09:00:00Z,a\0,data,,,,\n",
            "unknown_cell",
            Some(3),
        ),
        (
            b"1\xc3,\xa92026-03-02T09:00:00Z,a,data,,,,\n",
            "not_utf8",
            Some(1),
        ),
    ] {
        assert_eq!(bench.rules_of(row), [(rule, 3, column)]);
    }
}

#[test]
fn a_row_of_10_mb_is_set_aside_and_the_next_is_read() {
    let bench = Bench::new();
    let mut rows = b"1,".to_vec();
    rows.resize(10_000_000, b'x');
    rows.extend(b"\n1,2026-03-02T09:00:00Z,z,data,,,,\n");
    assert_eq!(
        bench.rules_of(&rows),
        [("row_too_long", 3, None), ("unknown_cell", 4, Some(3))]
    );
}

#[test]
fn a_file_that_is_wrong_as_a_whole_is_refused() {
    let bench = Bench::new();
    let gone = bench.dir.path().join("gone.csv");
    let (code, message, hint) = said(bench.load(&[gone]));
    assert_eq!(code, 1);
    assert!(message.contains("no such file") && !hint.is_empty());

    let (code, message, _) = said(bench.load(&[bench.dir.path().to_owned()]));
    assert_eq!(code, 1);
    assert!(message.contains("is a directory"), "{message}");

    let row = HEADER.to_owned() + GOOD;
    let many = HEADER.to_owned() + &GOOD.repeat(500);
    let packed = gzip(many.as_bytes());
    let swap = |from: &str, to: &str| row.replacen(from, to, 1).into_bytes();
    for (content, message, hint) in [
        (Vec::new(), "is empty", "copy it again"),
        (HEADER.into(), "have no rows", "header alone"),
        (
            row.replace(',', ";").into(),
            "is not delimited by `,`",
            "delimiter = \";\"",
        ),
        (swap("cell,", "place,"), "no column `cell`", "`place`"),
        (
            swap(",bytes_down", ",bytes_down,fee"),
            "does not know: `fee`",
            "ignore",
        ),
        (
            swap(",bytes_down", ",bytes_down,cell"),
            "`cell` twice",
            "of its own",
        ),
        (
            row.replace('\n', "\r").into(),
            "a carriage return within its header line",
            "line feed",
        ),
        (["\n", &row].concat().into(), "no header line", "first line"),
        (swap("cell", "\"cell"), "no header line", "first line"),
        (
            row.trim_end().trim_end_matches(',').into(),
            "ends inside line 2",
            "copy it again",
        ),
        (
            packed[..packed.len() - 12].to_vec(),
            "is cut short",
            "copy it again",
        ),
    ] {
        let (code, said_message, said_hint) = said(bench.load_text(content));
        assert_eq!(code, 1, "{said_message}");
        assert!(said_message.contains(message), "{said_message}");
        assert!(said_hint.contains(hint), "{said_hint}");
        assert!(!said_message.contains("49170") && !said_hint.contains("49170"));
    }
}

#[test]
fn a_file_without_header_is_not_shown() {
    let (_, message, hint) = said(Bench::new().load_text(GOOD.repeat(2)));
    assert!(message.contains("no column `subscriber`"), "{message}");
    assert!(
        hint.contains("header = false") && !hint.contains("49170"),
        "{hint}"
    );
}

#[test]
fn too_large_a_share_set_aside_is_a_data_error() {
    let mut bench = Bench::new();
    bench.max_share = 0.2;
    let late = GOOD.replace("2026-03-02", "2027-03-02");
    let (code, message, hint) = said(bench.load_text(HEADER.to_owned() + GOOD + &late));
    assert_eq!(code, 5);
    assert!(
        message.contains("the allowed 0.2: `time_outside_window` ("),
        "{message}"
    );
    assert!(hint.contains("window"), "{hint}");

    let hours_only = GOOD.replace("00Z,", "00,");
    let (code, message, hint) = said(bench.load_text(HEADER.to_owned() + GOOD + &hours_only));
    assert_eq!(code, 5);
    assert!(message.contains("`time_without_zone` ("), "{message}");
    assert!(hint.contains("zone ="), "{hint}");

    // From many rows on a share is told, and none that leads back to a row.
    bench.max_share = 0.0001;
    let many: String = (0..1_500)
        .map(|i| GOOD.replace("49170", &i.to_string()))
        .collect();
    let (_, message, _) = said(bench.load_text(HEADER.to_owned() + &many + &late));
    assert!(
        message.contains("the allowed 0.0001, under 1 %: `time_outside_window`, under 1 % ("),
        "{message}"
    );
    bench.max_share = 1.5;
    assert_eq!(said(bench.load_text(HEADER)).0, 2);
}

#[test]
fn rows_that_cleaning_made_equal_are_no_duplicates() {
    let near = [("a", 51.0), ("b", 51.001)];
    let cells = near.map(|(id, lat_deg)| Cell::geographic(id, lat_deg, 10.0));
    let cells = CellTable::new(Frame::Geographic, cells.to_vec()).unwrap();
    let mut bench = Bench::over(cells, "cdr", ("2026-03-02", 7, "UTC"));
    bench.max_share = 0.0;
    bench.rules.ping_pong.apply = true;
    let row = |time: &str, cell: &str| format!("49170,2026-03-02T09:{time}Z,{cell},data,,,,\n");
    // The swing to b gets the cell a, where there is an event of that moment.
    let first = [row("00:00", "a"), row("01:00", "a"), row("01:00", "b")].concat();
    let files = [
        bench.file("1.csv", HEADER.to_owned() + &first),
        bench.file(
            "2.csv",
            HEADER.to_owned() + &row("00:30", "a") + &row("02:00", "a"),
        ),
    ];
    let quality = bench.load(&files).unwrap().quality;
    let rows = (
        quality.rows_read,
        quality.rows_kept,
        quality.rows_made_equal,
    );
    assert_eq!(rows, (5, 4, 1));
    assert!(quality.rules.is_empty(), "{:?}", quality.rules);
    let overlaps = |w: &crate::quality::Warning| w.measure == "file_overlap";
    assert!(!quality.warnings.iter().any(overlaps));
}

#[test]
fn the_same_file_twice_is_refused() {
    let bench = Bench::new();
    let files = ["1.csv", "2.csv"].map(|name| bench.file(name, HEADER.to_owned() + GOOD));
    assert!(said(bench.load(&files)).1.contains("same content"));
}

/// Lines as whoever wishes others harm might write them: any bytes but a line feed.
fn hostile_line() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::sample::select(vec![
            &b"\""[..],
            b"\"\"",
            b",",
            b",\"",
            b"\",",
            b"\r",
            b"\0",
            b"\xff",
            b"\xef\xbb\xbf",
            b"\x1f\x8b",
            b"new,2026-03-02T09:00:00Z,a,data,,,,",
            b"new,2026-03-02T09:00:00,a,data,,,,",
            b"\"new\",2026-03-02T09:00:00Z,\"a\",data,1,\"",
            HEADER.trim_ascii_end().as_bytes(),
        ])
        .prop_map(<[u8]>::to_vec),
        any::<u8>().prop_map(|byte| vec![if byte == b'\n' { b'"' } else { byte }]),
        (any::<u8>(), 60_000..200_000_usize).prop_map(|(byte, bytes)| vec![
            if byte == b'\n' {
                b'"'
            } else {
                byte
            };
            bytes
        ]),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// A good row of one of five subscribers, plain or with quotation marks.
fn good_row() -> impl Strategy<Value = String> {
    let minute = 0..10_080_u32;
    (0..5_u8, minute, any::<bool>(), any::<bool>()).prop_map(|(who, minute, at_a, quoted)| {
        let (day, hour, minute) = (2 + minute / 1440, minute / 60 % 24, minute % 60);
        let cell = if at_a { "a" } else { "b" };
        let time = format!("2026-03-{day:02}T{hour:02}:{minute:02}:00Z");
        if quoted {
            format!("\"known \"\"{who}\"\"\",{time},{cell},call_out,7,\"x,\"\"{minute}\",,")
        } else {
            format!("known \"{who}\",{time},{cell},data,,,{minute},1")
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_line_more_changes_nothing_for_anybody_else(
        rows in prop::collection::vec(good_row(), 1..30),
        line in hostile_line(),
        at in any::<prop::sample::Index>(),
        (header, crlf, packed, unterminated) in any::<(bool, bool, bool, bool)>(),
    ) {
        let mut bench = Bench::new();
        bench.mapping.header = header;
        let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let text = |rows: &[&[u8]]| {
            let first = header.then_some(HEADER.trim_ascii_end().as_bytes());
            let lines: Vec<&[u8]> = first.into_iter().chain(rows.iter().copied()).collect();
            let mut text = lines.join(end);
            if !unterminated || rows.last() == Some(&line.as_slice()) {
                text.extend(end);
            }
            if packed { gzip(&text) } else { text }
        };
        let mut lines: Vec<&[u8]> = rows.iter().map(String::as_bytes).collect();
        let at = at.index(lines.len() + 1);
        // A plain file whose very first bytes are those of gzip is refused, as documented.
        prop_assume!(header || packed || at > 0 || !line.starts_with(&[0x1f, 0x8b]));
        let without = bench.load_text(text(&lines)).unwrap();
        lines.insert(at, &line);
        let with = bench.load_text(text(&lines)).unwrap();

        prop_assert_eq!(without.quality.rows_read, rows.len() as u64);
        prop_assert!(with.quality.rows_read <= rows.len() as u64 + 1);
        let known: HashMap<Subscriber, &[Event]> =
            with.events.histories().map(|h| (h.subscriber, h.events)).collect();
        for history in without.events.histories() {
            prop_assert_eq!(known.get(&history.subscriber), Some(&history.events));
        }
        prop_assert!(with.events.subscribers() <= without.events.subscribers() + 1);
    }
}

/// Cell `a` moves on 4 March at noon; `b` leaves service then.
fn moving() -> CellTable {
    let noon = "2026-03-04T12:00:00Z".parse().ok();
    let until = |id: &str, lat| Cell {
        valid_to_utc: noon,
        ..Cell::geographic(id, lat, 10.0)
    };
    let since = Cell {
        valid_from_utc: noon,
        ..Cell::geographic("a", 51.8, 10.0)
    };
    CellTable::new(
        Frame::Geographic,
        vec![until("a", 51.0), until("b", 51.7), since],
    )
    .unwrap()
}

#[test]
fn a_record_is_where_its_cell_was_at_the_time() {
    let bench = Bench::over(moving(), "cdr", ("2026-03-02", 7, "UTC"));
    let rows = "1,2026-03-04T11:59:59Z,a,data,,,,\n1,2026-03-04T12:00:00Z,a,data,,,,\n\
                1,2026-03-04T11:00:00Z,b,data,,,,\n1,2026-03-04T13:00:00Z,b,data,,,,\n";
    let loaded = bench.load_text(HEADER.to_owned() + rows).unwrap();
    let mut histories = loaded.events.histories();
    let cells: Vec<u32> = histories
        .next()
        .unwrap()
        .events
        .iter()
        .map(|e| e.cell.0)
        .collect();
    assert_eq!(cells, [1, 0, 2]);
    let fault = loaded.examples[0].fault;
    assert_eq!(
        (fault.rule.name(), fault.line, fault.column),
        ("cell_out_of_service", 5, Some(3))
    );
}

#[test]
fn a_global_identity_is_found_however_a_record_writes_it() {
    let cells = CellTable::schematic(vec!["248-1-7-42".to_owned()]).unwrap();
    let bench = Bench::over(cells, "cdr", ("2026-03-02", 7, "UTC"));
    let rows = "1,2026-03-04T11:59:59Z,248:01:00007:42,data,,,,\n";
    let loaded = bench.load_text(HEADER.to_owned() + rows).unwrap();
    assert_eq!(loaded.quality.rows_kept, 1);
}
