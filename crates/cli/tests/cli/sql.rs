//! `erewhon sql`: where the answer goes, and that nothing of it is printed.

use crate::{Place, Said, world};

fn ask(place: &Place, query: &str, more: &str) -> Said {
    let mut command = place.erewhon();
    command
        .args(["sql", "out", query])
        .args(more.split_whitespace());
    Said::of(&format!("sql {query} {more}"), &mut command)
}

fn loaded() -> Place {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
}

#[cfg(not(feature = "sql"))]
#[test]
fn a_build_without_it_says_how_to_build_it_in() {
    let said = ask(&loaded(), "SELECT count(*) FROM events", "").failed(2, "answers no SQL");
    assert!(said.err.contains("--features sql"), "{}", said.err);
}

#[cfg(feature = "sql")]
#[test]
fn an_answer_stays_inside_and_says_so() {
    let place = loaded();
    let query = "SELECT subscriber, count(*) AS events FROM events GROUP BY subscriber";
    let said = ask(&place, query, "").done();
    let path = place.path("out/internal/sql/answer.csv");
    assert_eq!(said.out, "INTERNAL: out/internal/sql/answer.csv\n");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("handling,subscriber,events"));
    let rows: Vec<&str> = lines.collect();
    assert!(rows.len() > 200 && rows.iter().all(|row| row.starts_with("INTERNAL,")));
    for row in rows {
        let pseudonym = row.split(',').nth(1).unwrap();
        assert!(!said.err.contains(pseudonym));
    }

    ask(&place, query, "").failed(2, "is there already");
    let path = ask(&place, query, "--overwrite --json").json("erewhon.sql.v1");
    assert_eq!(path, "out/internal/sql/answer.csv");
    ask(&place, query, "--out a.parquet").done();
    ask(&place, query, "--out a.xlsx").failed(2, ".parquet");
    for outside in ["../a.csv", "/tmp/a.csv", "release/a.csv", ".tmpx.csv"] {
        ask(&place, query, &format!("--out {outside}")).failed(2, "is no name of a file");
    }
    let wrong = ask(&place, "SELECT duration FROM events", "--out b.csv");
    wrong.failed(2, "Did you mean 'events.duration_s'");
    ask(&place, "DROP TABLE events", "--out b.csv").failed(2, "is no query");
    assert!(!place.path("out/internal/sql/b.csv").exists());

    // A query that was killed leaves nothing for long.
    let left = place.path("out/internal/sql/.tmpABC");
    std::fs::create_dir(&left).unwrap();
    ask(&place, query, "--out c.csv").done();
    assert!(!left.exists());
}
