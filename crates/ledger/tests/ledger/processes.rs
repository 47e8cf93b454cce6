use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use erewhon_ledger::{EntryKind, Ledger};
use erewhon_types::Kind;

use crate::{Place, request};

const CHILD: &str = "EREWHON_TEST_LEDGER_CHILD";

/// The body of the child process: charges until the budget is empty, printing each receipt.
#[test]
fn child_that_charges() {
    let Some(root) = std::env::var_os(CHILD) else {
        return;
    };
    let root = std::path::PathBuf::from(root);
    let mut ledger =
        Ledger::open(&root.join("ledger/budget.sqlite"), &root.join("anchors")).unwrap();
    let mut out = std::io::stdout();
    loop {
        match ledger.charge(&request(1_000)) {
            Ok(receipt) => {
                writeln!(out, "\nreceipt {}", receipt.seq()).unwrap();
                out.flush().unwrap();
            }
            Err(error) => {
                assert_eq!(error.kind(), Kind::Budget);
                break;
            }
        }
    }
}

fn spawn(place: &Place) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_that_charges", "--nocapture"])
        .env(CHILD, place.root.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn receipts(line: std::io::Result<String>) -> Option<u64> {
    line.unwrap()
        .strip_prefix("receipt ")
        .map(|seq| seq.parse().unwrap())
}

#[test]
fn a_killed_process_loses_no_receipt() {
    let place = Place::new();
    drop(place.create("100"));
    let mut printed = 0;
    for round in 0..30 {
        let mut child = spawn(&place);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seqs: Vec<u64> = lines
            .by_ref()
            .filter_map(receipts)
            .take(1 + round % 4)
            .collect();
        child.kill().unwrap(); // SIGKILL, while it is at its next charges
        child.wait().unwrap();
        seqs.extend(lines.filter_map(receipts));

        let ledger = place.open().unwrap();
        let entries = ledger.entries().unwrap();
        assert!(!seqs.is_empty());
        for seq in &seqs {
            let entry = &entries[usize::try_from(*seq).unwrap()];
            assert_eq!(entry.record.kind, EntryKind::Charged);
        }
        printed += seqs.len() as u64;
        // At most one charge a kill was committed without its receipt being printed.
        let charged = entries.len() as u64 - 1;
        assert!(printed <= charged && charged <= printed + round as u64 + 1);
        assert_eq!(ledger.summary().unwrap().spent_micros, charged * 1_000);
    }
}

#[test]
fn processes_together_spend_the_budget_exactly_once() {
    let place = Place::new();
    drop(place.create("0.03"));
    let children = [spawn(&place), spawn(&place), spawn(&place)];
    let mut seqs: Vec<u64> = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        seqs.extend(
            text.lines()
                .filter_map(|line| receipts(Ok(line.to_owned()))),
        );
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=30).collect::<Vec<u64>>());
    assert_eq!(place.open().unwrap().summary().unwrap().left_micros, 0);
}

#[test]
fn threads_together_never_overdraw() {
    let place = Place::new();
    drop(place.create("0.02"));
    let paid: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let mut ledger = place.open().unwrap();
                scope.spawn(move || {
                    (0..10)
                        .filter(|_| ledger.charge(&request(1_000)).is_ok())
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(paid, 20);
}
