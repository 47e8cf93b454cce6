//! Queries over a few records: what they see, what they are refused, and what their files say.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{
    fs,
    sync::{Arc, Mutex},
};

use erewhon_events::{Event, EventKind, EventSource, EventTable, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_sql::{Answer, Part, Records, Tables, Wanted};
use erewhon_types::{Calendar, CellIx, Error, Kind, Result, Subscriber, Window};
use tempfile::TempDir;

/// Noon of Monday 2026-03-02 in Berlin.
const NOON_UTC_MS: i64 = 1_772_449_200_000;
const HOUR_MS: i64 = 3_600_000;

/// Records in memory that remember what was wanted of them.
struct Few {
    parts: Vec<Part>,
    wanted: Mutex<Vec<Wanted>>,
}

impl Records for Few {
    fn parts(&self, wanted: &Wanted) -> Result<Vec<Part>> {
        self.wanted.lock().unwrap().push(wanted.clone());
        Ok(self.parts.clone())
    }
}

/// Subscribers 1 to 9 in three parts; subscriber n has n events, an hour apart, kinds in turn.
fn few() -> Arc<Few> {
    let part = |of: u64| {
        let events = |who: u64| {
            (0..who).map(move |hour| {
                let kind = EventKind::ALL[hour as usize % 2];
                let at = NOON_UTC_MS + hour as i64 * HOUR_MS;
                let mut event = Event::at(at, CellIx((hour % 3) as u32), kind);
                event.duration_s = 60;
                event.peer = (hour > 0).then(|| hour.try_into().unwrap());
                (Subscriber::new(who), event)
            })
        };
        let rows = (1..10).filter(|who| who % 3 == of).flat_map(events);
        Arc::new(EventTable::from_rows(rows.collect())) as Part
    };
    of_parts((0..3).map(part).collect())
}

fn of_parts(parts: Vec<Part>) -> Arc<Few> {
    let wanted = Mutex::default();
    Arc::new(Few { parts, wanted })
}

fn ask_of(records: &Arc<Few>, query: &str, name: &str) -> Result<(TempDir, Vec<u8>)> {
    let april = "2026-04-01T00:00:00Z".parse().ok();
    let before = Cell {
        valid_to_utc: april,
        site: Some("Mill, \"old\"".to_owned()),
        ..Cell::geographic("a", 51.5, 10.0)
    };
    let after = Cell {
        valid_from_utc: april,
        ..Cell::geographic("a", 51.6, 10.0)
    };
    let list = vec![before, after, Cell::geographic("b", 51.7, 10.1)];
    let cells = CellTable::new(Frame::Geographic, list).unwrap();
    let window = Window::parse("2026-03-02", 7, "Europe/Berlin").unwrap();
    let tables = Tables {
        records: Arc::clone(records) as Arc<dyn Records>,
        cells: &cells,
        calendar: &Calendar::new(&window).unwrap(),
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    let answer = Answer::plan(query, &file, &tables, dir.path())?;
    assert!(!file.exists(), "a plan looks at nothing");
    answer.write("INTERNAL")?.put()?;
    let bytes = fs::read(&file).unwrap();
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the answer is left");
    Ok((dir, bytes))
}

fn ask(query: &str) -> Result<String> {
    let (_dir, bytes) = ask_of(&few(), query, "answer.csv")?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn a_row_an_event_with_names_for_codes() {
    let all = ask("SELECT * FROM events WHERE subscriber = 2 ORDER BY time_utc").unwrap();
    assert_eq!(
        all,
        "handling,subscriber,time_utc,time_local,cell,cell_row,kind,duration_s,amount_minor,\
         bytes_up,bytes_down,peer,home_network,device\n\
         INTERNAL,2,2026-03-02T11:00:00Z,2026-03-02T12:00:00,a,0,call_out,60,0,0,0,,,unknown\n\
         INTERNAL,2,2026-03-02T12:00:00Z,2026-03-02T13:00:00,a,1,call_in,60,0,0,0,1,,unknown\n"
    );
    for (query, answer) in [
        ("SELECT count(*) AS n FROM events", "n\nINTERNAL,45\n"),
        (
            "SELECT count(DISTINCT subscriber) AS n FROM events",
            "n\nINTERNAL,9\n",
        ),
        (
            "SELECT kind, sum(duration_s) AS s FROM events GROUP BY kind ORDER BY kind",
            "kind,s\nINTERNAL,call_in,1200\nINTERNAL,call_out,1500\n",
        ),
        (
            "SELECT site, count(*) AS n FROM events JOIN cells USING (cell_row) GROUP BY site \
             ORDER BY n DESC LIMIT 1",
            "site,n\nINTERNAL,,27\n",
        ),
        (
            "SELECT upper(cell) AS c FROM cells WHERE lat > 51.65",
            "c\nINTERNAL,B\n",
        ),
        (
            "SELECT date_part('hour', time_local) AS h FROM events WHERE subscriber = 1",
            "h\nINTERNAL,12\n",
        ),
        ("SELECT kind FROM events WHERE false", "kind\n"),
        (
            "WITH firsts AS (SELECT subscriber, min(time_utc) AS t FROM events GROUP BY subscriber) \
             SELECT count(DISTINCT t) AS n FROM firsts",
            "n\nINTERNAL,1\n",
        ),
    ] {
        assert_eq!(ask(query).unwrap(), format!("handling,{answer}"), "{query}");
    }
}

#[test]
fn no_more_is_wanted_than_the_query_looks_at() {
    for (query, places_only, span) in [
        (
            "SELECT count(DISTINCT cell) AS n FROM events",
            true,
            i64::MIN..i64::MAX,
        ),
        (
            "SELECT count(DISTINCT cell) AS n FROM events WHERE time_utc >= '2026-03-02T13:00:00Z' \
             AND time_utc < '2026-03-02T15:00:00Z'",
            true,
            NOON_UTC_MS + 2 * HOUR_MS..NOON_UTC_MS + 4 * HOUR_MS,
        ),
        (
            "SELECT count(*) AS n FROM events WHERE kind = 'call_out' AND time_utc \
             BETWEEN '2026-03-02T13:00:00Z' AND '2026-03-02T15:00:00Z'",
            false,
            NOON_UTC_MS + 2 * HOUR_MS..NOON_UTC_MS + 4 * HOUR_MS + 1,
        ),
    ] {
        let records = few();
        ask_of(&records, query, "answer.csv").unwrap();
        let span_utc_ms = span;
        let wanted = Wanted {
            places_only,
            span_utc_ms,
        };
        assert_eq!(*records.wanted.lock().unwrap(), [wanted], "{query}");
    }
    // Which rows are counted does not depend on what was left out.
    let late = "SELECT count(*) AS n FROM events WHERE time_utc >= '2026-03-02T17:00:00Z'";
    assert_eq!(ask(late).unwrap(), "handling,n\nINTERNAL,6\n");
}

#[test]
fn whatever_is_no_query_is_refused_and_writes_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("out.csv");
    let to = target.display();
    for statement in [
        "CREATE TABLE t AS SELECT * FROM events".to_owned(),
        "CREATE VIEW v AS SELECT * FROM events".to_owned(),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{to}'"),
        format!("COPY (SELECT * FROM events) TO '{to}' STORED AS CSV"),
        format!("COPY events TO '{to}'"),
        "INSERT INTO events SELECT * FROM events".to_owned(),
        "DELETE FROM events".to_owned(),
        "UPDATE events SET duration_s = 0".to_owned(),
        "DROP TABLE events".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "BEGIN".to_owned(),
        format!("SELECT * FROM '{to}'"),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1; DROP TABLE events".to_owned(),
        String::new(),
    ] {
        let error = ask(&statement).map(drop).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{statement}: {error}");
        assert!(!target.exists(), "{statement}");
    }
}

#[test]
fn a_wrong_query_is_told_what_would_be_right() {
    for (query, words) in [
        (
            "SELECT durations FROM events",
            "Did you mean 'events.duration_s'",
        ),
        ("SELECT * FROM event", "event"),
        ("SELECT nosuch(kind) FROM events", "nosuch"),
        ("SELEC 1", "SELEC"),
        ("SELECT kind FROM events WHERE kind + 1", "Utf8View"),
    ] {
        let error = ask(query).map(drop).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{query}: {error}");
        let text = error.message();
        assert!(
            text.contains(words) && text.lines().count() == 1,
            "{query}: {text}"
        );
        assert!(error.hint().is_some());
    }
    let nested = ask("SELECT array_agg(kind) AS kinds FROM events")
        .map(drop)
        .unwrap_err();
    assert!(nested.message().contains("`kinds` holds lists"), "{nested}");
    let ending = ask_of(&few(), "SELECT 1", "answer.xlsx")
        .map(drop)
        .unwrap_err();
    assert_eq!(ending.kind(), Kind::Usage);
}

#[test]
fn an_error_never_quotes_a_value_of_the_records() {
    for query in [
        "SELECT CAST(kind AS INT) AS n FROM events",
        "SELECT CAST(concat('planted', subscriber) AS INT) AS n FROM events",
        "SELECT 1 / (subscriber - subscriber) AS n FROM events",
    ] {
        let error = ask(query).map(drop).unwrap_err();
        let told = format!("{} {:?}", error.message(), error.hint());
        for value in ["call_out", "call_in", "planted"] {
            assert!(!told.contains(value), "{query}: {told}");
        }
        assert_eq!(error.kind(), Kind::Input, "{query}");
    }
}

#[test]
fn what_reading_fails_with_is_passed_on() {
    struct Broken;
    impl EventSource for Broken {
        fn visit(&self, _each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
            Err(Error::new(Kind::Data, "the store's segment was changed").with_hint("restore it"))
        }
    }
    let mut parts = few().parts.clone();
    parts.push(Arc::new(Broken));
    let failed = ask_of(
        &of_parts(parts),
        "SELECT count(*) AS n FROM events",
        "answer.csv",
    );
    let error = failed.map(drop).unwrap_err();
    assert_eq!(
        (error.kind(), error.hint()),
        (Kind::Data, Some("restore it"))
    );
}

#[test]
fn a_limit_ends_the_reading() {
    /// More events than any machine holds.
    struct Endless;
    impl EventSource for Endless {
        fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
            let events = [Event::at(NOON_UTC_MS, CellIx(0), EventKind::Data)];
            (0..).try_for_each(|who| {
                let subscriber = Subscriber::new(who);
                each(History {
                    subscriber,
                    events: &events,
                })
            })
        }
    }
    let records = of_parts(vec![Arc::new(Endless)]);
    let (_dir, bytes) = ask_of(&records, "SELECT kind FROM events LIMIT 2", "a.csv").unwrap();
    assert_eq!(bytes, b"handling,kind\nINTERNAL,data\nINTERNAL,data\n");
}

#[cfg(unix)]
#[test]
fn an_answer_in_parquet_is_marked_too_and_both_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Field,
    };

    let query = "SELECT subscriber, array_agg(kind) AS kinds FROM events GROUP BY subscriber";
    let (dir, bytes) = ask_of(&few(), query, "answer.parquet").unwrap();
    assert_eq!(&bytes[..4], b"PAR1");
    let path = dir.path().join("answer.parquet");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata();
    let marks = metadata.key_value_metadata().unwrap();
    assert!(
        marks
            .iter()
            .any(|mark| mark.value.as_deref() == Some("INTERNAL"))
    );
    let rows: Vec<_> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap())
        .collect();
    assert_eq!(rows.len(), 9);
    for row in rows {
        let handling = row.get_column_iter().next().unwrap().1.clone();
        assert_eq!(handling, Field::Str("INTERNAL".to_owned()));
    }
}
