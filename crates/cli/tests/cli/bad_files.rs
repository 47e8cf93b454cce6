//! Files that as a whole can't be right: one clear line, nothing claimed, nothing opened.

use std::{fs, io::Write as _, path::Path};

use crate::{Place, Said, world};

/// A store with good records, and a vault with a budget that nobody has spent from.
struct Good {
    place: Place,
    manifest: Vec<u8>,
}

impl Good {
    fn new() -> Self {
        let place = Place::new();
        place.open_budget();
        place
            .reads("ingest", &world().cdr(), &world().cells(), "--out good")
            .done();
        let manifest = fs::read(place.path("good/internal/store/manifest.json")).unwrap();
        Self { place, manifest }
    }

    /// The load is refused into the good store and into a new one; the good state stays.
    fn refuses(&self, events: &Path, cells: &Path, code: i32, words: &str) {
        let place = &self.place;
        let into = |out: &str| format!("--out {out}");
        place
            .reads("ingest", events, cells, &into("good"))
            .failed(code, words);
        let now = fs::read(place.path("good/internal/store/manifest.json")).unwrap();
        assert_eq!(now, self.manifest, "{words}");
        place.run("store show good").done();
        assert_eq!(place.spent_micros(), 0);

        let vault = "--out new --epsilon 1 --yes --vault fresh";
        place.reads("run", events, cells, vault).failed(code, words);
        assert!(!place.path("new/release").exists());
        place
            .run("budget show --vault fresh")
            .failed(1, "holds no budget");
        let _ = fs::remove_dir_all(place.path("new"));
    }

    fn refuses_events(&self, content: impl AsRef<[u8]>, words: &str) {
        let events = self.place.write("bad.csv", content);
        self.refuses(&events, &world().cells(), 1, words);
    }

    fn refuses_cells(&self, content: impl AsRef<[u8]>, words: &str) {
        let cells = self.place.write("bad-cells.csv", content);
        self.refuses(&world().cdr(), &cells, 1, words);
    }
}

#[test]
fn files_of_records() {
    let good = Good::new();
    let missing = good.place.path("missing.csv");
    good.refuses(&missing, &world().cells(), 1, "no such file");
    assert!(!good.place.path("new").exists(), "nothing was claimed");
    let below_a_file = world().cdr().join("x.csv");
    good.refuses(&below_a_file, &world().cells(), 1, "not a directory");
    let empty = good.place.path("nothing");
    fs::create_dir(&empty).unwrap();
    good.refuses(&empty, &world().cells(), 1, "no file");
    good.refuses_events("", "is empty");
    good.refuses_events(&world().lines()[0], "no rows");

    let other = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id\n";
    good.refuses_events(other, "did you mean the preset `bandicoot`?");
    let text = world().changed(str::to_owned);
    good.refuses_events(text.replace(',', ";"), "is not delimited by `,`");
    good.refuses_events(text.replacen("kind", "art", 1), "has no column `kind`");
    good.refuses_events(text.split_once('\n').unwrap().1, "has no column");
    let whole = text.trim_end().rsplit_once(',').unwrap().0;
    good.refuses_events(&whole[..whole.len() - 30], "is cut short");

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let cut = good.place.write("cut.csv.gz", &gzip[..gzip.len() / 2]);
    good.refuses(&cut, &world().cells(), 1, "is cut short");
    let whole = good.place.write("whole.csv.gz", &gzip);
    let more = "--out gzip";
    good.place
        .reads("ingest", &whole, &world().cells(), more)
        .done();
}

#[test]
fn lists_of_cells() {
    let good = Good::new();
    good.refuses(
        &world().cdr(),
        &good.place.path("missing.csv"),
        1,
        "no such file",
    );
    good.refuses_cells("", "is empty");
    good.refuses_cells("cell,lat,lon\n", "has no rows");
    good.refuses_cells("name,lat,lon\na,1,2\n", "has no id column");
    good.refuses_cells("cell,lat\na,1\n", "only half a position");
    good.refuses_cells("cell,lat,lon\na,121,31\nb,122,32\n", "seem swapped");
    good.refuses_cells("cell,lat,lon\na,1,2\na,3,4\n", "no usable cell");
    good.refuses_cells(b"cell,lat,lon\n\xff\xfe,1,2\n", "");
}

#[test]
fn one_cell_with_two_positions_is_set_aside() {
    let place = Place::new();
    place.open_budget();
    let mut cells = fs::read_to_string(world().cells()).unwrap();
    let busy = world().lines()[1].split(',').nth(2).unwrap().to_owned();
    cells.push_str(&format!(
        "{busy},{},10,10,0\n",
        busy.split('-').next().unwrap()
    ));
    let cells = place.write("cells.csv", cells);
    let quality = place
        .reads("ingest", &world().cdr(), &cells, "--out out --json")
        .json("erewhon.ingest.v3");
    let rules = quality["rules"].as_array().unwrap();
    let set_aside = rules.iter().find(|r| r["rule"] == "cell_quarantined");
    assert!(set_aside.unwrap()["rows"].as_u64().unwrap() > 0);
}

#[test]
fn words_that_are_none() {
    let place = Place::new();
    let (cdr, cells) = (world().cdr(), world().cells());
    let run = |more: &str| place.reads("run", &cdr, &cells, more);
    let all = "--out out --epsilon 1 --yes";
    run(&format!("{all} --purpose advertising")).failed(3, "not in the policy");
    for (words, code, said) in [
        ("--format nonsense", 2, "no mapping preset"),
        ("--format nowhere.toml", 1, "no such file"),
        ("--days 0", 2, "days"),
        ("--first-day 2026-13-01", 2, "2026-13-01"),
        ("--time-zone Mars/Base", 2, "Mars/Base"),
        ("--max-quarantined-share 1.5", 2, "0 to 1"),
    ] {
        let mut command = place.erewhon();
        let (flag, value) = words.split_once(' ').unwrap();
        command.arg("run").arg("--events").arg(&cdr);
        command.arg("--cells").arg(&cells).args(all.split(' '));
        for pair in crate::place::WINDOW
            .chunks(2)
            .filter(|pair| pair[0] != flag)
        {
            command.args(pair);
        }
        Said::of(words, command.args([flag, value])).failed(code, said);
    }
    assert!(
        !place
            .path("data")
            .join("erewhon/vault/ledger/budget.sqlite")
            .exists()
    );

    fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/thesis.txt", "years of work");
    run("--out mine --epsilon 1 --yes").failed(2, "did not make");
    place.run("demo --out mine").failed(2, "holds no demo");
    let world = place.run("world make --out mine --subscribers 300 --cells 30 --days 7");
    world.failed(2, "is not empty");
    assert_eq!(fs::read_dir(place.path("mine")).unwrap().count(), 1);
    let below = format!("--out {} --epsilon 1 --yes", cdr.join("out").display());
    run(&below).failed(1, "not a directory");
}

#[test]
fn a_missing_file_named_after_a_subscriber_is_called_by_its_number() {
    let place = Place::new();
    let there = place.write("491700000001.csv", "");
    let ingest = |gone: &str| {
        let mut command = place.erewhon();
        command.args(["ingest", "--format", "bandicoot", "--events"]);
        command.arg(&there).arg(gone);
        command.arg("--cells").arg(world().cells());
        command.args(["--first-day", "2026-03-02", "--days", "7", "--out", "out"]);
        Said::of("ingest", &mut command)
    };
    for gone in ["491700000002.csv", "49170000000*.tsv"] {
        let said = ingest(gone).failed(1, "record file 2");
        assert!(!said.err.contains("49170000000"), "{}", said.err);
    }
}
