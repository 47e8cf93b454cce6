//! One person with several numbers, from the table to the statement of a release.

use crate::{Place, world};

#[test]
fn a_table_of_persons_joins_numbers_from_ingest_to_statement() {
    let place = Place::new();
    place.open_budget();
    let lines = world().lines();
    let id = |line: &str| line.split(',').next().unwrap().to_owned();
    let first = id(&lines[5]);
    let second = lines.iter().skip(6).map(|line| id(line));
    let second =
        second.filter(|id| id.len() == first.len() && id.bytes().all(|b| b.is_ascii_digit()));
    let second = second.clone().find(|id| *id != first).unwrap();
    let rows = |id: &str| lines.iter().filter(|line| line.starts_with(id)).count() as u64;
    // Written in another way than the records write it.
    let two = format!("person,subscriber\nada,{first}\nada,00{second}\n");
    place.write("persons.csv", two);
    place.write("list.csv", format!("subscriber\n{second}\n"));
    place.write("lists.csv", format!("person,subscriber\nada,{first}\n"));
    let load = |out: &str, more: &str| {
        let line = format!("--out {out} --json --max-quarantined-share 0.99 {more}");
        place.reads("ingest", &world().cdr(), &world().cells(), &line)
    };
    let subscribers = |quality: &serde_json::Value| quality["subscribers"].as_u64().unwrap();
    let alone = load("alone", "").json("erewhon.ingest.v3");
    let joined = load("out", "--persons persons.csv").json("erewhon.ingest.v3");
    assert_eq!(subscribers(&joined) + 1, subscribers(&alone));
    let without = load("without", "--persons persons.csv --opt-out list.csv");
    let without = without.json("erewhon.ingest.v3");
    let rules = without["rules"].as_array().unwrap();
    let left_out = rules.iter().find(|rule| rule["rule"] == "opted_out");
    assert_eq!(left_out.unwrap()["rows"], rows(&first) + rows(&second));

    load("out", "").failed(1, "with a table of persons, and none is given");
    load("out", "--persons lists.csv").failed(1, "another table of persons");
    load("alone", "--persons persons.csv").failed(1, "without a table of persons");
    load("new", "--persons list.csv").failed(1, "one column named `person`");
    load("new", "--persons nowhere.csv").failed(1, "nowhere.csv");
    place.write(
        "both.csv",
        format!("person,subscriber\nada,{first}\nbob,+{first}\n"),
    );
    load("new", "--persons both.csv").failed(1, "line 3 to two persons");
    assert!(!place.path("new").exists());

    let withdraw = |more: &str| {
        let line = format!("store withdraw out --subjects list.csv {more}");
        place.run(&line)
    };
    withdraw("").failed(1, "with a table of persons, and none is given");
    withdraw("--persons lists.csv").failed(1, "another table of persons");
    withdraw("--persons persons.csv").done();
    let shown = place.run("store show out --exact audit").done().out;
    assert!(shown.contains("have withdrawn: 1\n"), "{shown}");

    let several = "Each number that the table of persons does not join counts as a subscriber";
    let offered = place.run("fit out --epsilon 0.5 --dry-run").done();
    assert!(offered.err.contains(several), "{}", offered.err);
    let statement = place.run("fit out --epsilon 0.5 --yes --json");
    let statement = statement.json("erewhon.fit.v1");
    let said = "Several numbers of one person that the operator's table does not join: ";
    let all = statement["not_covered"].as_array().unwrap();
    let found = |sentence: &&serde_json::Value| sentence.as_str().unwrap().starts_with(said);
    assert_eq!(all.iter().filter(found).count(), 1);
    // Before there is a store, the command says whether there will be a table.
    let line = "--out run --epsilon 0.5 --dry-run --persons persons.csv";
    let offered = place.reads("run", &world().cdr(), &world().cells(), line);
    assert!(offered.done().err.contains(several));
}
