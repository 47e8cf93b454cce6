use std::sync::Barrier;

use erewhon_ledger::Ledger;
use erewhon_types::{Error, Kind};
use rusqlite::{Connection, types::Value};

use crate::{Place, request};

/// Runs SQL on the closed ledger behind its back.
fn behind_its_back(place: &Place, sql: &str) {
    let connection = Connection::open(place.file()).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER IF EXISTS entry_is_never_changed; \
             DROP TRIGGER IF EXISTS entry_is_never_deleted;",
        )
        .unwrap();
    connection.execute_batch(sql).unwrap();
}

fn filled() -> Place {
    let place = Place::new();
    fill(&place, place.create("1"));
    place
}

fn fill(place: &Place, mut ledger: Ledger) {
    let _ = ledger
        .charge_all(&[request(100_000), request(200_000)])
        .unwrap();
    ledger
        .grant("0.5".parse().unwrap(), "steward", "more")
        .unwrap();
    drop(ledger);
    assert_eq!(place.open().unwrap().summary().unwrap().entries, 4);
}

fn refused(result: Result<Ledger, Error>) -> String {
    let error = result.expect_err("the ledger must refuse");
    assert_eq!(error.kind(), Kind::Budget, "{error}");
    assert!(error.hint().is_some(), "{error}");
    error.message().to_owned()
}

#[test]
fn the_table_itself_is_append_only() {
    let place = filled();
    let connection = Connection::open(place.file()).unwrap();
    assert!(
        connection
            .execute_batch("UPDATE entry SET who = 'x'")
            .is_err()
    );
    assert!(connection.execute_batch("DELETE FROM entry").is_err());
}

/// Every byte of every column of every row, one at a time; the file's own checks stay out of it.
#[test]
fn any_changed_byte_is_found() {
    assert!(changed_bytes_found(&filled()) > 600);
}

#[test]
fn any_changed_byte_of_a_ledger_in_rho_is_found() {
    let place = Place::new();
    fill(&place, place.create_in_rho("1"));
    assert!(changed_bytes_found(&place) > 900);
}

fn changed_bytes_found(place: &Place) -> usize {
    behind_its_back(place, "");
    let ledger = place.open().unwrap();
    let connection = Connection::open(place.file()).unwrap();
    connection
        .pragma_update(None, "synchronous", "OFF")
        .unwrap();
    let columns: Vec<String> = connection
        .prepare("SELECT * FROM entry")
        .unwrap()
        .column_names()
        .map(str::to_owned)
        .collect();
    let mut tried = 0;
    for seq in 0..4_i64 {
        for column in &columns {
            let select = format!("SELECT {column} FROM entry WHERE seq = ?1");
            let update = format!("UPDATE entry SET {column} = ?1 WHERE seq = ?2");
            let old: Value = connection
                .query_row(&select, [seq], |row| row.get(0))
                .unwrap();
            for new in changed(&old) {
                let row = if column == "seq" { 99 } else { seq };
                connection.execute(&update, (&new, seq)).unwrap();
                let found = ledger.verify();
                connection.execute(&update, (&old, row)).unwrap();
                assert_eq!(
                    found
                        .expect_err(&format!("{column} of {seq}: {new:?}"))
                        .kind(),
                    Kind::Budget
                );
                tried += 1;
            }
        }
    }
    ledger.verify().unwrap();
    tried
}

/// Neighbours of a value: each byte changed, and something cut off or added.
fn changed(old: &Value) -> Vec<Value> {
    match old {
        Value::Null => vec![],
        // A `seq`: the row is moved to 99, where nothing else is.
        Value::Integer(0..4) => vec![Value::Integer(99)],
        Value::Integer(number) => (0..40)
            .map(|bit| Value::Integer(number ^ (1 << bit)))
            .collect(),
        Value::Real(_) => unreachable!("the table has no real columns"),
        Value::Text(text) => (0..text.len())
            .map(|at| {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                Value::Text(String::from_utf8(bytes).unwrap())
            })
            .chain([
                Value::Text(format!("{text} ")),
                Value::Text(format!(" {text}")),
            ])
            .collect(),
        Value::Blob(bytes) => (0..bytes.len())
            .map(|at| {
                let mut bytes = bytes.clone();
                bytes[at] ^= 0x80;
                Value::Blob(bytes)
            })
            .chain([Value::Blob(bytes[1..].to_vec())])
            .collect(),
    }
}

#[test]
fn a_removed_entry_is_found_wherever_it_was() {
    for seq in 0..4 {
        let place = filled();
        behind_its_back(&place, &format!("DELETE FROM entry WHERE seq = {seq}"));
        let message = refused(place.open());
        // The chain alone can't miss its last link; the anchor does.
        assert_eq!(
            message.contains("older than its anchor"),
            seq == 3,
            "{message}"
        );
    }
}

#[test]
fn an_older_copy_put_back_is_refused() {
    let place = filled();
    let old = place.copy_to("backup");
    let _ = place.open().unwrap().charge(&request(1_000)).unwrap();
    std::fs::copy(old, place.file()).unwrap();
    assert!(refused(place.open()).contains("restored or copied back"));
}

#[test]
fn two_copies_cannot_both_spend() {
    let place = filled();
    let copy = place.copy_to("copy");
    let mut second = Ledger::open(&copy, &place.anchors()).unwrap();
    let mut first = place.open().unwrap();
    let _ = first.charge(&request(1_000)).unwrap();
    assert_eq!(
        second.charge(&request(1_000)).unwrap_err().kind(),
        Kind::Budget
    );
    assert!(refused(Ledger::open(&copy, &place.anchors())).contains("older"));
    let _ = first.charge(&request(1_000)).unwrap();

    // The copy charged under anchors of its own forks: the true anchor tells.
    let away = place.root.path().join("away");
    let mut adopted = Ledger::adopt(&copy, &away, "someone", "a try").unwrap();
    adopted
        .grant("0.1".parse().unwrap(), "someone", "a try")
        .unwrap();
    let _ = adopted.charge_all(&[request(5), request(5)]).unwrap();
    assert!(refused(Ledger::open(&copy, &place.anchors())).contains("parted"));
}

/// Both have passed every earlier check when they charge: only the anchor's lock parts them.
#[test]
fn copies_charged_at_the_same_time_spend_once() {
    for round in 0..12 {
        let place = filled();
        let copy = place.copy_to("copy");
        let start = Barrier::new(2);
        let ledgers = [
            place.open().unwrap(),
            Ledger::open(&copy, &place.anchors()).unwrap(),
        ];
        let paid: usize = std::thread::scope(|scope| {
            let threads = ledgers.map(|mut ledger| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    usize::from(ledger.charge(&request(1_000)).is_ok())
                })
            });
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(paid, 1, "round {round}");
    }
}

/// Deleting the anchor and putting an old copy back must not give budget back.
#[test]
fn an_old_copy_without_its_anchor_regains_nothing() {
    let place = filled();
    let old = place.copy_to("backup");
    let _ = place.open().unwrap().charge(&request(700_000)).unwrap();
    std::fs::copy(old, place.file()).unwrap();
    std::fs::remove_file(place.anchor_file()).unwrap();
    let adopted = Ledger::adopt(&place.file(), &place.anchors(), "someone", "a try").unwrap();
    assert_eq!(adopted.summary().unwrap().left_micros, 0);
}

#[test]
fn a_crash_between_commit_and_anchor_is_rolled_forward() {
    let place = filled();
    let before = std::fs::read(place.anchor_file()).unwrap();
    let _ = place.open().unwrap().charge(&request(1_000)).unwrap();
    let after = std::fs::read(place.anchor_file()).unwrap();
    std::fs::write(place.anchor_file(), before).unwrap();
    assert_eq!(
        place.open().unwrap().summary().unwrap().spent_micros,
        301_000
    );
    assert_eq!(std::fs::read(place.anchor_file()).unwrap(), after);
}

#[test]
fn a_lost_anchor_is_refused_until_adopted() {
    let place = filled();
    std::fs::remove_file(place.anchor_file()).unwrap();
    assert!(refused(place.open()).contains("no anchor"));
    let ledger = Ledger::adopt(
        &place.file(),
        &place.anchors(),
        "steward",
        "moved to a new disk",
    )
    .unwrap();
    let summary = ledger.summary().unwrap();
    assert_eq!((summary.left_micros, summary.entries), (0, 5));
    let mut ledger = place.open().unwrap();
    assert_eq!(ledger.charge(&request(1)).unwrap_err().kind(), Kind::Budget);
    let more = "0.1".parse().unwrap();
    ledger.grant(more, "steward", "nothing was lost").unwrap();
    let _ = ledger.charge(&request(100_000)).unwrap();
    let again = Ledger::adopt(&place.file(), &place.anchors(), "steward", "once more");
    assert_eq!(again.unwrap_err().kind(), Kind::Usage);
}

#[test]
fn adopting_against_an_anchor_writes_off_the_rest() {
    let place = filled();
    let copy = place.copy_to("copy");
    let _ = place.open().unwrap().charge(&request(1_000)).unwrap();
    let mut adopted = Ledger::adopt(&copy, &place.anchors(), "steward", "the disk broke").unwrap();
    assert_eq!(adopted.summary().unwrap().left_micros, 0);
    assert_eq!(
        adopted.charge(&request(1)).unwrap_err().kind(),
        Kind::Budget
    );
    assert!(
        place.open().is_err(),
        "the anchor went over to the adopted copy"
    );
}

/// The first ledgers did not record who opened them; they hold and are charged as any other.
#[test]
fn an_opening_without_a_name_still_holds() {
    let place = Place::new();
    let mut opening = place.create("1").entries().unwrap().remove(0);
    let anchor = std::fs::read_to_string(place.anchor_file()).unwrap();
    std::fs::remove_file(place.anchor_file()).unwrap();
    let named = opening.hash.to_string();
    opening.record.who = String::new();
    let unnamed = opening.compute_hash().to_string();
    behind_its_back(
        &place,
        &format!("UPDATE entry SET who = '', hash = x'{unnamed}' WHERE seq = 0"),
    );
    let path = place.anchors().join(format!("{unnamed}.json"));
    std::fs::write(path, anchor.replace(&named, &unnamed)).unwrap();

    let mut ledger = place.open().unwrap();
    let _ = ledger.charge(&request(100_000)).unwrap();
    assert_eq!(place.open().unwrap().entries().unwrap()[0].record.who, "");
}

#[test]
fn a_damaged_anchor_is_refused() {
    let place = filled();
    let good = std::fs::read(place.anchor_file()).unwrap();
    for bad in [&b""[..], b"{}", &good[..good.len() / 2]] {
        std::fs::write(place.anchor_file(), bad).unwrap();
        refused(place.open());
    }
}
