//! SQL over a store with all that a store may hold: late loads, several periods, people who withdrew.

#![cfg(feature = "sql")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{collections::BTreeSet, fs};

use erewhon_ledger::Digest;
use erewhon_session::{Asker, IngestJob, Mapping, Rules, Session, Vault, ingest, withdraw};
use erewhon_types::{Kind, Window};
use tempfile::TempDir;

/// Who, minute since the first Monday, and cell.
type Row = (u32, u32, u32);

const WEEK_MINUTES: u32 = 7 * 24 * 60;

fn rows(people: std::ops::Range<u32>, week: u32) -> Vec<Row> {
    let minutes = || (0..WEEK_MINUTES).step_by(700);
    let row = move |who, minute| (who, week * WEEK_MINUTES + minute, who % 4);
    people
        .flat_map(|who| minutes().map(move |minute| row(who, minute)))
        .collect()
}

fn asker() -> Asker {
    Asker {
        who: "analyst".to_owned(),
        why: "to look".to_owned(),
    }
}

/// A week in two loads that overlap in ten people, a second week, and one who withdrew.
fn store(dir: &TempDir) -> (Vault, Session, BTreeSet<Row>) {
    let at = |name: &str| dir.path().join(name);
    let vault = Vault::open(&at("vault"), &at("anchors")).unwrap();
    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    fs::write(
        at("cells.csv"),
        "cell,x_m,y_m\nt0,0,0\nt1,900,0\nt2,0,900\nt3,900,900\n",
    )
    .unwrap();
    let mut all = BTreeSet::new();
    for (load, people, week, first_day) in [
        ("one", 0..25, 0, "2026-03-02"),
        ("late", 15..40, 0, "2026-03-02"),
        ("next", 5..35, 1, "2026-03-09"),
    ] {
        let rows = rows(people, week);
        let line = |(who, minute, cell): &Row| format!("{who},{minute},t{cell}\n");
        let text: String = rows.iter().map(line).collect();
        fs::write(at(load), format!("user,minute,tower\n{text}")).unwrap();
        all.extend(rows);
        let job = IngestJob {
            files: vec![at(load)],
            mapping: Mapping::load("minutes").unwrap(),
            cells: at("cells.csv"),
            hide: None,
            window: Window::parse(first_day, 7, "UTC").unwrap(),
            max_quarantined_share: 0.0,
            rules: Rules::off(),
            alone: false,
            stop: Default::default(),
            numbering: None,
            persons: None,
            subjects: None,
            quarantine: None,
        };
        let _quality = ingest(&vault, &at("store"), &job, &mut |_, _| {}).unwrap();
    }
    fs::write(at("gone.csv"), "subscriber\n20\n").unwrap();
    withdraw(&vault, &at("store"), &asker(), &at("gone.csv"), None).unwrap();
    all.retain(|row| row.0 != 20);
    (vault, Session::open(&at("store")).unwrap(), all)
}

#[test]
fn each_event_is_there_once_whatever_the_store_holds() {
    let dir = TempDir::new().unwrap();
    let (vault, session, all) = store(&dir);
    let file = dir.path().join("internal/sql/answer.csv");
    let ask = |query: &str| {
        session.sql(&vault, &asker(), query, &file).unwrap();
        fs::read_to_string(&file).unwrap()
    };
    let people: BTreeSet<u32> = all.iter().map(|row| row.0).collect();
    assert_eq!(
        ask("SELECT count(*) AS events, count(DISTINCT subscriber) AS people FROM events"),
        format!(
            "handling,events,people\nINTERNAL,{},{}\n",
            all.len(),
            people.len()
        )
    );
    let late: Vec<&Row> = all.iter().filter(|row| row.1 >= WEEK_MINUTES).collect();
    assert!(late.len() < all.len());
    // Once with every field and once with the places alone; the first week is skipped in both.
    for kind in ["", "AND kind = 'call_out'"] {
        let query = format!(
            "SELECT cell, count(*) AS events FROM events WHERE time_utc >= '2026-03-09' {kind} \
             GROUP BY cell ORDER BY cell"
        );
        let count = |cell| late.iter().filter(|row| row.2 == cell).count();
        let lines = (0..4).map(|cell| format!("INTERNAL,t{cell},{}\n", count(cell)));
        assert_eq!(
            ask(&query),
            format!("handling,cell,events\n{}", lines.collect::<String>())
        );
    }
}

#[test]
fn a_query_reads_no_other_files_than_it_must() {
    let dir = TempDir::new().unwrap();
    let (vault, session, all) = store(&dir);
    let file = dir.path().join("internal/sql/answer.csv");
    let ask = |during: &str| {
        let query = format!("SELECT count(*) AS events FROM events {during}");
        session.sql(&vault, &asker(), &query, &file)
    };
    let (first, second) = (
        "WHERE time_utc < '2026-03-09'",
        "WHERE time_utc >= '2026-03-12' AND time_utc < '2026-03-13'",
    );
    let segment = |period: &str| {
        let range = dir.path().join(format!("store/period={period}/range=0000"));
        fs::read_dir(range).unwrap().next().unwrap().unwrap().path()
    };
    for (period, damaged, whole) in [
        ("20260302_7d", first, second),
        ("20260309_7d", second, first),
    ] {
        let path = segment(period);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(&path, &bad).unwrap();
        for during in [damaged, ""] {
            let error = ask(during).unwrap_err();
            assert_eq!(error.kind(), Kind::Data, "{error}");
            assert!(error.message().contains(period), "{error}");
        }
        ask(whole).unwrap();
        fs::write(&path, &good).unwrap();
    }
    ask("").unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, format!("handling,events\nINTERNAL,{}\n", all.len()));
}

#[test]
fn who_asks_is_on_record_before_anything_is_written() {
    let dir = TempDir::new().unwrap();
    let (vault, session, _) = store(&dir);
    let exports = || vault.ledger().unwrap().summary().unwrap().exports;
    let before = exports();
    let file = dir.path().join("internal/sql/answer.csv");
    let ask = |query: &str| session.sql(&vault, &asker(), query, &file);

    for wrong in ["SELECT nothing FROM events", "DROP TABLE events"] {
        assert_eq!(ask(wrong).unwrap_err().kind(), Kind::Usage);
    }
    assert_eq!(exports(), before, "what can't be answered is not on record");
    assert!(!file.exists() && !file.with_added_extension("sql").exists());

    let query = "SELECT count(*) AS n FROM events WHERE subscriber = 7";
    ask(query).unwrap();
    assert_eq!(exports(), before + 1);
    let kept = fs::read(file.with_added_extension("sql")).unwrap();
    assert_eq!(kept, format!("-- INTERNAL\n{query}\n").as_bytes());
    let entries = vault.ledger().unwrap().entries().unwrap();
    let what = &entries.last().unwrap().record.what;
    assert!(what.ends_with(&Digest::of(&kept).to_string()), "{what}");
    assert!(!what.contains("SELECT"), "{what}");

    // Without a ledger nothing is opened.
    let bare = Vault::open(&dir.path().join("bare"), &dir.path().join("bare-anchors")).unwrap();
    let other = dir.path().join("internal/sql/other.csv");
    assert!(session.sql(&bare, &asker(), query, &other).is_err());
    assert!(!other.exists());
}

#[test]
fn no_answer_lies_beside_the_query_of_another() {
    let dir = TempDir::new().unwrap();
    let (vault, session, _) = store(&dir);
    let file = dir.path().join("internal/sql/answer.csv");
    let beside = dir.path().join("internal/sql/answer.csv.sql");
    let ask = |query: &str| session.sql(&vault, &asker(), query, &file);
    let pair = || (fs::read_to_string(&file), fs::read_to_string(&beside));
    let ones = |(answer, query): (std::io::Result<String>, std::io::Result<String>)| {
        (
            answer.unwrap().ends_with(",1\n"),
            query.unwrap().ends_with(" 1 AS n\n"),
        )
    };
    ask("SELECT 1 AS n").unwrap();
    assert_eq!(ones(pair()), (true, true));

    // An answer that fails on a value leaves both; so does a query that can't be removed.
    let broken = "SELECT 1 / (subscriber - subscriber) AS n FROM events";
    assert_eq!(ask(broken).unwrap_err().kind(), Kind::Input);
    assert_eq!(ones(pair()), (true, true));
    fs::remove_file(&beside).unwrap();
    fs::create_dir(&beside).unwrap();
    ask("SELECT 2 AS n").unwrap_err();
    assert!(pair().0.unwrap().ends_with(",1\n"));

    // Stopped where the answer is put in its place: the query of the one before is gone already.
    fs::remove_dir(&beside).unwrap();
    ask("SELECT 1 AS n").unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    ask("SELECT 2 AS n").unwrap_err();
    assert!(!beside.exists());
}
