//! One person with several numbers, by a table: one subscriber, on every way into a store and out of it.

use super::*;

const FIRST: &str = "+491701234567";
const SECOND: &str = "0049 170 1234568";
const OTHER: &str = "+491701234569";

/// Calls to and from both numbers, and a table that gives them to one person.
fn bench() -> (Bench, IngestJob) {
    let bench = Bench::new();
    bench.rows(&[
        (FIRST, OTHER),
        (SECOND, OTHER),
        (OTHER, FIRST),
        (OTHER, SECOND),
    ]);
    let mut job = bench.job("2026-03-02");
    job.persons = Some(bench.table("persons.csv", &[("ada", FIRST), ("ada", SECOND)]));
    fs::write(bench.at("out.csv"), format!("subscriber\n{FIRST}\n")).unwrap();
    (bench, job)
}

impl Bench {
    fn table(&self, name: &str, rows: &[(&str, &str)]) -> PathBuf {
        let row = |(person, number): &(&str, &str)| format!("{person},{number}\n");
        let rows: String = rows.iter().map(row).collect();
        let path = self.at(name);
        fs::write(&path, format!("person,subscriber\n{rows}")).unwrap();
        path
    }

    /// Those with events of their own, and those who are somebody's peer.
    fn people(&self, store: &str) -> [Vec<u64>; 2] {
        let source = Session::open(&self.at(store)).unwrap().records().unwrap();
        let (mut subscribers, mut peers) = (Vec::new(), Vec::new());
        erewhon_events::EventSource::visit(&source, &mut |history| {
            subscribers.push(history.subscriber.bits());
            peers.extend(history.events.iter().filter_map(|e| e.peer));
            Ok(())
        })
        .unwrap();
        peers.sort_unstable();
        peers.dedup();
        [subscribers, peers.iter().map(|peer| peer.get()).collect()]
    }

    fn withdraw(&self, store: &str, persons: Option<&Path>) -> Result<()> {
        let list = self.at("out.csv");
        crate::withdraw(&self.vault, &self.at(store), &asker(), &list, persons).map(drop)
    }
}

#[test]
fn two_numbers_of_one_person_are_one_subscriber_and_one_peer() {
    let (bench, mut job) = bench();
    bench.load("joined", &job).unwrap();
    let [subscribers, peers] = bench.people("joined");
    let other = bench.of(OTHER);
    let ada: Vec<u64> = (subscribers.iter().copied())
        .filter(|&bits| bits != other)
        .collect();
    assert_eq!((subscribers.len(), ada.len()), (2, 1));
    assert!(peers.len() == 2 && peers.contains(&other) && peers.contains(&ada[0]));
    assert!(ada[0] != bench.of(FIRST) && ada[0] != bench.of(SECOND));

    job.persons = None;
    bench.load("alone", &job).unwrap();
    assert_eq!(bench.people("alone").map(|people| people.len()), [3, 3]);
}

#[test]
fn one_number_takes_the_whole_person_out() {
    let (bench, mut job) = bench();
    bench.load("march", &job).unwrap();
    let persons = job.persons.clone();
    assert_eq!(
        bench.withdraw("march", None).unwrap_err().kind(),
        Kind::Input
    );
    let another = bench.table("another.csv", &[("ada", FIRST)]);
    let refused = bench.withdraw("march", Some(&another)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Input);
    assert_eq!(bench.people("march")[0].len(), 2);
    bench.withdraw("march", persons.as_deref()).unwrap();
    assert_eq!(bench.people("march")[0], [bench.of(OTHER)]);
    // Nor does the other number bring anybody back.
    bench.rows(&[(SECOND, OTHER), (OTHER, "112")]);
    bench.load("march", &job).unwrap();
    assert_eq!(bench.people("march")[0], [bench.of(OTHER)]);

    job.subjects = Some((Consent::OptOut, bench.at("out.csv")));
    bench.rows(&[(SECOND, OTHER), (OTHER, SECOND)]);
    bench.load("april", &job).unwrap();
    assert_eq!(bench.pseudonyms("april"), [bench.of(OTHER)]);
}

#[test]
fn a_store_takes_no_load_under_another_table() {
    let (bench, mut job) = bench();
    let persons = job.persons.take();
    bench.load("alone", &job).unwrap();
    job.persons = persons;
    bench.load("joined", &job).unwrap();
    assert_eq!(bench.load("joined", &job).unwrap(), Committed::Before);
    // Late data: only the table stands against them.
    bench.rows(&[(SECOND, "112")]);
    assert_eq!(bench.load("alone", &job).unwrap_err().kind(), Kind::Input);
    let table = job.persons.take();
    assert_eq!(bench.load("joined", &job).unwrap_err().kind(), Kind::Input);
    job.persons = Some(bench.table("another.csv", &[("ada", FIRST), ("bob", SECOND)]));
    let refused = bench.load("joined", &job).unwrap_err();
    assert_eq!(refused.kind(), Kind::Input);
    assert!(refused.message().contains("another table"), "{refused}");
    job.persons = table;
    assert_eq!(bench.load("joined", &job).unwrap(), Committed::Now);
}

#[test]
fn a_statement_says_whether_a_table_joins_numbers() {
    let (bench, mut job) = bench();
    let mut said = |store: &str| {
        bench.load(store, &job).unwrap();
        job.persons = None;
        let fit = FitJob {
            epsilon: "0.5".parse().unwrap(),
            release: store.to_owned(),
            purpose: "research".to_owned(),
            who: "steward".to_owned(),
            kinds: job.mapping.kinds(),
        };
        let session = Session::open(&bench.at(store)).unwrap();
        let model = session.fit(&bench.vault, &Policy::default(), &fit, &mut |_| {});
        model.unwrap().statement().unwrap().not_covered.join(" ")
    };
    let joined = "Several numbers of one person that the operator's table does not join: ";
    assert!(said("joined").contains(joined));
    let alone = said("alone");
    assert!(alone.contains("Several numbers of one person: ") && !alone.contains(joined));
}
