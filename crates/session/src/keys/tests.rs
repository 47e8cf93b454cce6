mod persons;

use std::sync::Barrier;

use tempfile::TempDir;

use super::*;
use crate::{Committed, Consent, FitJob, IngestJob, Mapping, Policy, Session, ingest};

/// A vault with a budget, and loads of a few people into stores of their own.
struct Bench {
    dir: TempDir,
    vault: Vault,
}

const HEADER: &str = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down\n";

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        let vault = Vault::open(&at("vault"), &at("anchors")).unwrap();
        vault
            .open_ledger("these", ("1".parse().unwrap(), None), "steward")
            .unwrap();
        fs::write(at("cells.csv"), "cell,x_m,y_m\na,0,0\nb,900,0\n").unwrap();
        Self { dir, vault }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Rows of `from` to `to`, in both ways.
    fn rows(&self, pairs: &[(&str, &str)]) -> PathBuf {
        let row = |(from, to): &(&str, &str)| {
            format!("{from},2026-03-02T09:00:00Z,a,call_out,60,{to},,\n")
        };
        let rows: String = pairs.iter().map(row).collect();
        let path = self.at("cdr.csv");
        fs::write(&path, format!("{HEADER}{rows}")).unwrap();
        path
    }

    fn job(&self, first_day: &str) -> IngestJob {
        IngestJob {
            files: vec![self.at("cdr.csv")],
            mapping: Mapping::load("cdr").unwrap(),
            cells: self.at("cells.csv"),
            hide: None,
            window: erewhon_types::Window::parse(first_day, 7, "UTC").unwrap(),
            max_quarantined_share: 0.9,
            rules: erewhon_events::Rules::off(),
            alone: false,
            stop: Default::default(),
            numbering: None,
            persons: None,
            subjects: None,
            quarantine: None,
        }
    }

    fn load(&self, store: &str, job: &IngestJob) -> Result<Committed> {
        ingest(&self.vault, &self.at(store), job, &mut |_, _| {}).map(|done| done.committed)
    }

    /// All pseudonyms in a store, as subscribers and as peers.
    fn pseudonyms(&self, store: &str) -> Vec<u64> {
        let source = Session::open(&self.at(store)).unwrap().records().unwrap();
        let mut found = Vec::new();
        erewhon_events::EventSource::visit(&source, &mut |history| {
            found.push(history.subscriber.bits());
            found.extend(
                history
                    .events
                    .iter()
                    .filter_map(|e| e.peer)
                    .map(|p| p.get()),
            );
            Ok(())
        })
        .unwrap();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn of(&self, id: &str) -> u64 {
        self.vault
            .pseudonym_key()
            .unwrap()
            .pseudonym(id.as_bytes())
            .bits()
    }
}

fn asker() -> Asker {
    Asker {
        who: "steward".to_owned(),
        why: "a new year".to_owned(),
    }
}

#[test]
fn a_rotated_key_has_the_same_people_and_no_fresh_budget() {
    let bench = Bench::new();
    bench.rows(&[("+491701234567", "+491701234568")]);
    bench.load("march", &bench.job("2026-03-02")).unwrap();
    let spent = |micros: &str| {
        let mut ledger = bench.vault.ledger().unwrap();
        ledger
            .grant(micros.parse().unwrap(), "steward", "test")
            .unwrap();
        ledger.summary().unwrap()
    };
    let before = spent("1");
    let (former, new) = bench.vault.rotate_key(&asker()).unwrap();
    assert_ne!(former, new);
    bench.load("april", &bench.job("2026-03-01")).unwrap();

    let after = bench.vault.ledger().unwrap().summary().unwrap();
    assert_eq!(
        (before.ledger, before.total_micros),
        (after.ledger, after.total_micros)
    );
    let recorded = bench.vault.ledger().unwrap().entries().unwrap();
    assert!(
        recorded
            .iter()
            .any(|entry| entry.record.what.contains(&new))
    );
    // A ledger that is lost leaves no room for another, under the new key as under the old one.
    fs::rename(bench.at("vault/ledger"), bench.at("lost")).unwrap();
    fs::create_dir(bench.at("vault/ledger")).unwrap();
    let again = bench
        .vault
        .open_ledger("these", ("1".parse().unwrap(), None), "steward");
    assert_eq!(again.err().unwrap().kind(), Kind::Budget);
    fs::remove_dir(bench.at("vault/ledger")).unwrap();
    fs::rename(bench.at("lost"), bench.at("vault/ledger")).unwrap();

    // The periods have no pseudonym in common, and each store takes late data under its own key.
    let march = bench.pseudonyms("march");
    assert!(
        bench
            .pseudonyms("april")
            .iter()
            .all(|bits| !march.contains(bits))
    );
    for store in ["march", "april"] {
        let key = bench.vault.key_of_store(&bench.at(store)).unwrap();
        assert!(
            bench
                .pseudonyms(store)
                .contains(&key.pseudonym(b"+491701234567").bits())
        );
        bench.vault.check_key(&key.id()).unwrap();
    }

    // Nor does a new key keep anybody in an old store: who withdraws is found there by its own key.
    fs::write(bench.at("out.csv"), "subscriber\n+491701234567\n").unwrap();
    crate::withdraw(
        &bench.vault,
        &bench.at("march"),
        &asker(),
        &bench.at("out.csv"),
        None,
    )
    .unwrap();
    assert!(bench.pseudonyms("march").is_empty());
}

#[test]
fn a_destroyed_key_is_gone_and_its_people_keep_their_ledger() {
    let bench = Bench::new();
    bench.rows(&[("+491701234567", "")]);
    bench.load("march", &bench.job("2026-03-02")).unwrap();
    let in_use = bench.vault.pseudonym_key().unwrap().id();
    let refused = bench.vault.destroy_key(&in_use, &asker()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
    let (former, _) = bench.vault.rotate_key(&asker()).unwrap();
    for unknown in ["00000000", "../requester", ""] {
        assert!(
            bench.vault.destroy_key(unknown, &asker()).is_err(),
            "{unknown}"
        );
    }
    bench.vault.destroy_key(&former, &asker()).unwrap();
    assert!(!bench.vault.former_path(&former).exists());
    assert_eq!(
        bench
            .load("march", &bench.job("2026-03-09"))
            .unwrap_err()
            .kind(),
        Kind::Refused
    );
    bench.vault.check_key(&former).unwrap();
    // Another vault with a ledger of its own gets nowhere with these records.
    let other = Vault::open(&bench.at("other"), &bench.at("anchors")).unwrap();
    assert!(other.check_key(&former).is_err());
    other
        .open_ledger("others", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    assert!(other.check_key(&former).is_err());
}

#[test]
fn a_rotation_that_was_stopped_goes_on_with_the_same_key() {
    let bench = Bench::new();
    let before = bench.vault.pseudonym_key().unwrap().id();
    let next = Key::create_new(&bench.vault.dir.join("pseudonym.next")).unwrap();
    assert_eq!(
        bench.vault.rotate_key(&asker()).unwrap(),
        (before, next.id())
    );
}

#[test]
fn who_opted_out_is_in_no_event_and_nobodys_peer() {
    let bench = Bench::new();
    let (out, stays) = ("+491701234567", "+491701234568");
    bench.rows(&[(out, stays), (stays, out), (stays, "112")]);
    fs::write(bench.at("out.csv"), "subscriber\n0049 170 1234567\n").unwrap();
    let mut job = bench.job("2026-03-02");
    job.subjects = Some((Consent::OptOut, bench.at("out.csv")));
    bench.load("march", &job).unwrap();
    let mut wanted = [bench.of(stays), bench.of("112")];
    wanted.sort_unstable();
    assert_eq!(bench.pseudonyms("march"), wanted);

    // The same list is the same load; the same file without it has no room beside it.
    assert_eq!(bench.load("march", &job).unwrap(), Committed::Before);
    assert!(bench.load("march", &bench.job("2026-03-02")).is_err());
    assert_eq!(bench.pseudonyms("march"), wanted);
    // Who opts out later is withdrawn, by the same list.
    crate::withdraw(
        &bench.vault,
        &bench.at("march"),
        &asker(),
        &bench.at("out.csv"),
        None,
    )
    .unwrap();
    let source = Session::open(&bench.at("march")).unwrap();
    let mut left = Vec::new();
    erewhon_events::EventSource::visit(&source.records().unwrap(), &mut |history| {
        left.push(history.subscriber.bits());
        Ok(())
    })
    .unwrap();
    assert_eq!(left, [bench.of(stays)]);

    job.subjects = Some((Consent::OptIn, bench.at("out.csv")));
    bench.load("those", &job).unwrap();
    assert_eq!(bench.pseudonyms("those"), [bench.of(out)]);
    // A list that can't be read whole stops the load before a store is there.
    fs::write(bench.at("out.csv"), "subscriber\n0049 170 1234567").unwrap();
    assert!(bench.load("none", &job).is_err());
    assert!(!bench.at("none").exists());
}

#[test]
fn a_vault_reads_national_numbers_in_one_way() {
    let bench = Bench::new();
    let german = Numbering::new("49", "0").unwrap();
    bench.rows(&[("0170 1234567", "+491701234568")]);
    let mut job = bench.job("2026-03-02");
    // A load that fails declares nothing.
    job.files = vec![bench.at("nowhere.csv")];
    job.numbering = Some(Numbering::new("43", "0").unwrap());
    assert!(bench.load("march", &job).is_err());
    job = bench.job("2026-03-02");
    job.numbering = Some(german);
    bench.load("march", &job).unwrap();
    assert!(
        bench
            .pseudonyms("march")
            .contains(&bench.of("+491701234567"))
    );
    // It need not be said again, and can't be said otherwise.
    let mut later = bench.job("2026-03-01");
    bench.load("april", &later).unwrap();
    assert_eq!(bench.pseudonyms("april"), bench.pseudonyms("march"));
    later.numbering = Some(Numbering::new("43", "0").unwrap());
    assert_eq!(bench.load("april", &later).unwrap_err().kind(), Kind::Input);
}

#[test]
fn rows_set_aside_are_shown_on_record_and_to_this_vault_alone() {
    let bench = Bench::new();
    fs::write(
        bench.at("cdr.csv"),
        format!(
            "{HEADER}+491701234567,2026-03-02T09:00:00Z,a,call_out,60,,,\n\
             +491701234568,yesterday,a,call_out,60,,,\n+491701234569,yesterday,a,call_out,60,,,\n\
             +491701234568,yesterday,a,call_out,60,\"0049 170 1234569\",,\n\
             +491701234569,2026-03-02T09:00:00Z,a,call_out,60,,,,one field too many\n"
        ),
    )
    .unwrap();
    fs::write(bench.at("out.csv"), "subscriber\n+491701234569\n").unwrap();
    let mut job = bench.job("2026-03-02");
    let dir = bench.at("quarantine");
    job.subjects = Some((Consent::OptOut, bench.at("out.csv")));
    job.quarantine = Some(crate::QuarantineSpec {
        dir: dir.clone(),
        days: 30,
    });
    bench.load("march", &job).unwrap();
    let files = || erewhon_events::quarantined_files(&dir).unwrap();
    assert_eq!(files().len(), 1);
    // The same load again leaves no second copy.
    assert_eq!(bench.load("march", &job).unwrap(), Committed::Before);
    assert_eq!(files().len(), 1);

    let mut shown = Vec::new();
    crate::show_quarantine(&bench.vault, &asker(), &dir, &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains("cdr.csv\t3\t2\tbad_time\t+491701234568,yesterday"),
        "{shown}"
    );
    // Who opted out is not in quarantine either.
    assert!(!shown.contains("491701234569"));
    let entries = bench.vault.ledger().unwrap().entries().unwrap();
    let last = &entries.last().unwrap().record;
    assert!(last.what.starts_with("rows in quarantine") && last.who == "steward");

    let other = Vault::open(&bench.at("other"), &bench.at("anchors")).unwrap();
    other
        .open_ledger("others", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let refused = crate::show_quarantine(&other, &asker(), &dir, &mut Vec::new()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);

    // A load that is refused for its bad rows keeps them, for whoever mends the export.
    job.max_quarantined_share = 0.1;
    assert_eq!(bench.load("april", &job).unwrap_err().kind(), Kind::Data);
    assert_eq!(files().len(), 2);

    // A look is one entry, however many files there are, and none.
    let looks = || bench.vault.ledger().unwrap().summary().unwrap().exports;
    let before = looks();
    crate::show_quarantine(&bench.vault, &asker(), &dir, &mut Vec::new()).unwrap();
    assert_eq!(looks(), before + 1);
    for file in files() {
        fs::remove_file(file).unwrap();
    }
    assert!(crate::show_quarantine(&bench.vault, &asker(), &dir, &mut Vec::new()).is_err());
    assert_eq!(looks(), before + 2);
}

#[test]
fn who_withdrew_is_left_out_of_later_loads_and_of_their_quarantine() {
    let bench = Bench::new();
    let (out, stays) = ("+491701234567", "+491701234568");
    bench.rows(&[(out, stays), (stays, "112")]);
    bench.load("march", &bench.job("2026-03-02")).unwrap();
    fs::write(bench.at("out.csv"), "subscriber\n+491701234567\n").unwrap();
    crate::withdraw(
        &bench.vault,
        &bench.at("march"),
        &asker(),
        &bench.at("out.csv"),
        None,
    )
    .unwrap();
    let late = format!(
        "{HEADER}{stays},2026-03-03T09:00:00Z,a,call_out,60,{out},,\n{out},yesterday,a,call_out,60,,,\n"
    );
    fs::write(bench.at("cdr.csv"), late).unwrap();
    let mut job = bench.job("2026-03-02");
    let dir = bench.at("quarantine");
    job.quarantine = Some(crate::QuarantineSpec {
        dir: dir.clone(),
        days: 30,
    });
    assert_eq!(bench.load("march", &job).unwrap(), Committed::Now);
    assert!(!bench.pseudonyms("march").contains(&bench.of(out)));
    assert!(erewhon_events::quarantined_files(&dir).unwrap().is_empty());
}

/// A copy of a former key in a vault that has a key and a budget of its own.
#[test]
fn a_former_key_put_into_another_vault_pays_from_no_other_ledger() {
    let bench = Bench::new();
    bench.rows(&[("+491701234567", "112")]);
    bench.load("march", &bench.job("2026-03-02")).unwrap();
    let key = bench.vault.pseudonym_key().unwrap().id();
    let other = bench.at("other");
    let vault = Vault::open(&other, &bench.at("anchors")).unwrap();
    fs::copy(
        bench.vault.dir.join("pseudonym.key"),
        other.join(format!("pseudonym-{key}.key")),
    )
    .unwrap();
    vault
        .open_ledger("the same again", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let session = Session::open(&bench.at("march")).unwrap();
    let opened = session.export(&vault, &asker(), "manifest", session.manifest());
    assert_eq!(opened.unwrap_err().kind(), Kind::Budget);
    let job = FitJob {
        epsilon: "1".parse().unwrap(),
        release: "first".to_owned(),
        purpose: "research".to_owned(),
        who: "analyst".to_owned(),
        kinds: Mapping::load("cdr").unwrap().kinds(),
    };
    let fitted = session.fit(&vault, &Policy::default(), &job, &mut |_| {});
    assert_eq!(fitted.unwrap_err().kind(), Kind::Budget);
    let summary = vault.ledger().unwrap().summary().unwrap();
    assert_eq!((summary.spent_micros, summary.exports), (0, 0));
}

/// Each has seen that nobody has the key's people when it takes them.
#[test]
fn vaults_that_take_a_key_at_the_same_time_have_one_ledger() {
    for round in 0..12 {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        let vaults = ["one", "two"].map(|name| Vault::open(&at(name), &at("anchors")).unwrap());
        vaults[0].pseudonym_key().unwrap();
        fs::copy(vaults[0].key_path(), vaults[1].key_path()).unwrap();
        let start = Barrier::new(2);
        let opened = std::thread::scope(|scope| {
            let threads = vaults.each_ref().map(|vault| {
                scope.spawn(|| {
                    start.wait();
                    let budget = ("1".parse().unwrap(), None);
                    vault.open_ledger("these", budget, "steward").is_ok()
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert!(opened[0] != opened[1], "round {round}: {opened:?}");
        let usable = vaults.each_ref().map(|vault| vault.ledger().is_ok());
        assert_eq!(usable, opened, "round {round}");
    }
}

#[test]
fn a_change_of_keys_removes_what_a_crash_left_and_keeps_others_out() {
    let bench = Bench::new();
    let left = bench.at("vault/pseudonym.4711.partial");
    fs::write(&left, "half a key").unwrap();
    let lock = bench.vault.key_lock().unwrap();
    lock.lock().unwrap();
    let refused = bench.vault.rotate_key(&asker()).err().unwrap();
    assert_eq!(refused.kind(), Kind::Resource);
    drop(lock);

    let (former, _) = bench.vault.rotate_key(&asker()).unwrap();
    assert!(!left.exists());
    fs::write(&left, "half a key").unwrap();
    bench.vault.destroy_key(&former, &asker()).unwrap();
    assert!(!left.exists());
    let entries = bench.vault.ledger().unwrap().entries().unwrap();
    let changes = entries
        .iter()
        .filter(|entry| entry.record.kind.name() == "changed");
    assert_eq!(changes.count(), 2);
}

#[test]
fn who_has_opted_out_is_not_taken_in_by_a_national_number() {
    let bench = Bench::new();
    bench.rows(&[
        ("01701234567", "+491701234568"),
        ("+491701234569", "+491701234568"),
    ]);
    fs::write(bench.at("list.csv"), "subscriber\n+491701234567\n").unwrap();
    let mut job = bench.job("2026-03-02");
    job.subjects = Some((Consent::OptOut, bench.at("list.csv")));
    let error = bench.load("march", &job).err().unwrap();
    assert!(error.message().contains("national numbers"), "{error}");
    assert!(error.hint().unwrap().contains("--country-code"));
    job.numbering = Some(Numbering::new("49", "0").unwrap());
    bench.load("march", &job).unwrap();
    assert!(
        !bench
            .pseudonyms("march")
            .contains(&bench.of("+491701234567"))
    );
}

#[test]
fn quarantine_goes_with_its_load() {
    let bench = Bench::new();
    let dir = bench.at("quarantine");
    let load = |day: &str, alone: bool| {
        let row = |day: &str| format!("+491701234567,{day},a,call_out,60,,,\n");
        let rows = [row(&format!("{day}T09:00:00Z")), row(day)].concat();
        fs::write(bench.at("cdr.csv"), format!("{HEADER}{rows}")).unwrap();
        let mut job = bench.job(day);
        job.alone = alone;
        job.quarantine = Some(crate::QuarantineSpec {
            dir: dir.clone(),
            days: 30,
        });
        bench.load("store", &job)
    };
    let files = || erewhon_events::quarantined_files(&dir).unwrap();
    load("2026-03-02", false).unwrap();
    load("2026-03-09", false).unwrap();
    let two = files();
    assert_eq!(two.len(), 2);
    let refused = load("2026-03-16", true).unwrap_err();
    assert!(refused.message().contains("another load"), "{refused}");
    assert_eq!(
        files(),
        two,
        "a load that is refused as another one leaves nothing"
    );

    let expire = |day: &str| {
        let day = day.parse().unwrap();
        let store = bench.at("store");
        crate::expire(&bench.vault, &store, &dir, &asker(), day)
            .unwrap()
            .len()
    };
    assert_eq!(expire("2026-03-09"), 1);
    assert_eq!(files().len(), 1);
    assert!(two.contains(&files()[0]));
    assert_eq!(expire("2026-03-16"), 1);
    assert!(files().is_empty());
}

#[test]
fn no_file_is_called_by_the_name_of_a_subscriber() {
    let bench = Bench::new();
    let mut job = bench.job("2026-03-02");
    job.mapping = Mapping::load("bandicoot").unwrap();
    assert!(job.mapping.subscriber_from_file_name);
    fs::create_dir(bench.at("people")).unwrap();
    job.files = vec![bench.at("people/491701234567.csv")];
    for content in [
        None,
        Some(""),
        Some("no,such,header\n1,2,3\n"),
        Some("PAR1"),
    ] {
        if let Some(content) = content {
            fs::write(&job.files[0], content).unwrap();
        }
        let error = bench.load("store", &job).unwrap_err();
        let said = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(
            said.contains("record file 1") && !said.contains("1701234567"),
            "{said}"
        );
    }
}
