//! Whose records are taken, who sees what was set aside, and what a key's end takes with it.

use crate::{Place, world};

fn rows(quality: &serde_json::Value, name: &str) -> u64 {
    let rules = quality["rules"].as_array().unwrap();
    let met = rules.iter().find(|rule| rule["rule"] == name);
    met.map_or(0, |rule| rule["rows"].as_u64().unwrap())
}

#[test]
fn a_list_decides_whose_records_are_taken() {
    let place = Place::new();
    place.open_budget();
    let lines = world().lines();
    let id = lines[5].split(',').next().unwrap().to_owned();
    let theirs = lines
        .iter()
        .skip(1)
        .filter(|line| line.starts_with(&id))
        .count() as u64;
    let (cdr, cells) = (world().cdr(), world().cells());
    // Written in another way than the records write it.
    place.write(
        "list.csv",
        format!("subscriber\n+{} {}\n", &id[..3], &id[3..]),
    );
    let load = |out: &str, flag: &str| {
        let line = format!("--out {out} --json {flag} list.csv --max-quarantined-share 0.99");
        place.reads("ingest", &cdr, &cells, &line)
    };
    let out = load("out", "--opt-out").json("erewhon.ingest.v3");
    assert_eq!(rows(&out, "opted_out"), theirs);
    let only = load("in", "--opt-in").json("erewhon.ingest.v3");
    assert_eq!(only["subscribers"], 1);
    assert!(only["rows_kept"].as_u64().unwrap() <= theirs);

    place.write("list.csv", "subscriber\n+999000111222\n");
    let said = load("nobody", "--opt-out").done();
    assert!(
        said.err.contains("attention: no record is of anybody"),
        "{}",
        said.err
    );
    load("none", "--opt-in").failed(1, "no row is of a subscriber");
    // Whoever has withdrawn is none whom the list met.
    let withdrawn = format!("subscriber\n{id}\n");
    place.write("withdrawn.csv", &withdrawn);
    place
        .run("store withdraw nobody --subjects withdrawn.csv")
        .done();
    let again = place.write("again.csv", world().changed(|row| row.replace("T", "t")));
    let line = "--out nobody --json --opt-out list.csv --max-quarantined-share 0.99";
    let said = place.reads("ingest", &again, &cells, line);
    assert!(
        said.err.contains("attention: no record is of anybody"),
        "{}",
        said.err
    );
    let out = said.json("erewhon.ingest.v3");
    assert_eq!(rows(&out, "opted_out"), theirs);

    place.write("list.csv", "subscriber\n+999000111222");
    load("cut", "--opt-out").failed(1, "is cut short");
    let both = "--out both --opt-out list.csv --opt-in list.csv";
    place
        .reads("ingest", &cdr, &cells, both)
        .failed(2, "cannot be used with");
}

#[test]
fn rows_set_aside_are_shown_on_record_and_then_go() {
    let place = Place::new();
    place.open_budget();
    let quality = place.reads(
        "ingest",
        &world().cdr(),
        &world().cells(),
        "--out out --json",
    );
    let quality = quality.json("erewhon.ingest.v3");
    let kept = quality["rows_in_quarantine"].as_u64().unwrap();
    let aside: u64 = quality["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(kept, aside - rows(&quality, "exact_duplicate"));

    // Raw rows are what is asked for here, so nobody looks for ids in what it says.
    let show = |path: &str| {
        let mut command = place.erewhon();
        let command = command.args(["quarantine", "show", path, "--why", "mend the export"]);
        command.output().unwrap()
    };
    let shown = show("out");
    assert!(shown.status.success());
    let lines = shown.stdout.split(|b| *b == b'\n').count() as u64;
    assert_eq!(lines, 1 + kept + 1);
    let mut command = place.erewhon();
    command.args("quarantine show out --why mend --json".split(' '));
    let told: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(told["schema"], "erewhon.quarantine.v2");
    let told = &told["result"];
    assert_eq!(told["rows"].as_array().unwrap().len() as u64, kept);
    assert_eq!(
        (&told["whole"], &told["lines_not_understood"]),
        (&true.into(), &0.into())
    );
    assert!(
        told["rows"][0]["line"]
            .as_u64()
            .is_some_and(|line| line > 1)
    );
    // Whoever looks at the first rows alone has all that was wanted.
    for line in ["quarantine show out", "quarantine show out --json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.erewhon();
        let shown = command.args(line.split(' ')).stdout(writer).output();
        let shown = shown.unwrap();
        let said = String::from_utf8_lossy(&shown.stderr);
        assert!(shown.status.success(), "{line}: {said}");
    }
    let entries = place.run("budget show --entries").done().out;
    assert!(entries.contains("rows in quarantine") && entries.contains("mend the export"));

    let again = place.reads("ingest", &world().cdr(), &world().cells(), "--out out");
    let again = again.done().out;
    let name = quality["quarantine"].as_str().unwrap();
    for path in [
        "out/internal/quality.html (1 warning)",
        &format!("out/internal/quarantine/{name}, which"),
    ] {
        assert!(again.contains(path), "no `{path}`: {again}");
    }
    let report = std::fs::read(place.path("out/internal/quality.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    for key in ["quarantine", "rows_in_quarantine"] {
        assert_eq!(report["content"][key], quality[key]);
    }
    let expired = place.run("quarantine expire out").done().out;
    assert!(expired.contains("if there were any"), "{expired}");
    assert!(show("out").status.success());
    let file = std::fs::read_dir(place.path("out/internal/quarantine"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    std::fs::rename(
        file.path(),
        place.path("out/internal/quarantine/until-2020-01-01-0.tsv.age"),
    )
    .unwrap();
    let gone = place
        .run("quarantine expire out --json")
        .json("erewhon.quarantine_expire.v1");
    assert_eq!(gone.to_string(), r#"{"expired":true}"#);
    place
        .run("quarantine show out")
        .failed(1, "holds no rows in quarantine");
}

#[test]
fn a_former_key_is_destroyed_by_name_alone() {
    let place = Place::new();
    place
        .run("key rotate --why yearly")
        .failed(1, "holds no budget");
    place.open_budget();
    let rotated = place
        .run("key rotate --why yearly --json")
        .json("erewhon.key_rotate.v1");
    let id = |name: &str| rotated[name].as_str().unwrap().to_owned();
    let destroy =
        |id: &str, more: &str| place.run(&format!("key destroy {id} --why yearly {more}"));
    destroy(&id("former"), "").failed(2, "destroying a key needs a yes");
    destroy(&id("key"), "--yes").failed(3, "is the key in use");
    destroy(&id("former"), "--yes").done();
    destroy(&id("former"), "--yes").failed(1, "no former key");
    assert_eq!(place.spent_micros(), 0);
    let entries = place.run("budget show --entries").done().out;
    for what in ["rotation of pseudonym key", "destruction of pseudonym key"] {
        assert!(entries.contains(what), "{entries}");
    }
}

#[test]
fn the_record_of_a_run_names_nobody_whom_a_file_is_named_after() {
    let place = Place::new();
    place.open_budget();
    let there = place.path("own");
    std::fs::create_dir(&there).unwrap();
    let header = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id";
    let cell = std::fs::read_to_string(world().cells()).unwrap();
    let cell = cell
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    for who in ["4917012345670", "4917012345671"] {
        let row = format!("call,out,4917012345672,2026-03-03 10:00:00,60,{cell}");
        // Two files of the same content would be one.
        let text = format!(
            "{header}\n{row}\n{}\n",
            row.replace("10:00", &format!("11:0{}", &who[12..]))
        );
        std::fs::write(there.join(format!("{who}.csv")), text).unwrap();
    }
    let mut command = place.erewhon();
    command.args([
        "ingest",
        "--events",
        "own/4917012345670.csv",
        "own/491701*1.csv",
    ]);
    command.args([
        "--format",
        "bandicoot",
        "--first-day",
        "2026-03-02",
        "--days",
        "7",
    ]);
    command
        .args(["--out", "out", "--cells"])
        .arg(world().cells());
    let said = crate::Said::of("ingest of named files", &mut command).done();
    assert!(said.out.contains("time zone UTC"), "{}", said.out);
    let run = std::fs::read_to_string(place.path("out/internal/run.json")).unwrap();
    assert!(!run.contains("491701"), "{run}");
    assert!(
        run.contains("--events record file 1 record files --format"),
        "{run}"
    );
}
