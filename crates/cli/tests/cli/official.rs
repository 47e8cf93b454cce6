//! Official statistics: what is written where, and what is on record.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{Place, world};

/// The directories below one, as deep as they go, and the files in them.
pub(crate) fn below(dir: &Path, found: &mut BTreeSet<String>, root: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, found, root);
        } else {
            let name = path.strip_prefix(root).unwrap();
            found.insert(name.to_string_lossy().into_owned());
        }
    }
}

#[test]
fn products_are_written_in_multimnos_directories_and_on_record() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
        .run("official compute out --products present_population,time_segments --why census")
        .done();
    let root = place.path("out/internal/mobility/official");
    let mut found = BTreeSet::new();
    below(&root, &mut found, &root);
    assert!(
        found.contains("definitions.toml") && found.contains("zones.toml"),
        "{found:?}"
    );
    let of = |table: &str| found.iter().filter(|name| name.starts_with(table)).count();
    // A directory for each day; of segments eight below each.
    assert_eq!(of("present_population/year="), 7, "{found:?}");
    assert!(of("time_segments/year=") >= 7 * 8, "{found:?}");
    let file = found
        .iter()
        .find(|name| name.starts_with("present_population"))
        .unwrap();
    let bytes = fs::read(root.join(file)).unwrap();
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(bytes.starts_with(b"PAR1") && has(b"INTERNAL") && has(b"grid_id"));
    let entries = place.run("budget show --entries").done().out;
    let what = "official statistics: present_population, time_segments, definitions of";
    assert!(
        entries.contains(what) && entries.contains("census"),
        "{entries}"
    );

    place
        .run("official compute out --products present_population")
        .failed(2, "is there already");
    place
        .run("official compute out --products present_population --format parquet --out table")
        .done();
    assert!(
        place
            .path("out/internal/mobility/table/present_population.parquet")
            .is_file()
    );
}

#[test]
fn a_longitudinal_state_goes_on_from_the_one_before() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    let state = "official compute out --products longitudinal_state --format parquet";
    place.run(&format!("{state} --out first")).done();
    place
        .run("official compute out --products longitudinal_state --out kept")
        .done();
    // All days are in it, so that nothing is added.
    place
        .run(&format!(
            "{state} --out second --state out/internal/mobility/kept/longitudinal_state"
        ))
        .done();
    let read = |name: &str| {
        let path = format!("out/internal/mobility/{name}/longitudinal_state.parquet");
        fs::read(place.path(&path)).unwrap()
    };
    assert!(
        read("first") == read("second"),
        "days were added twice, or states were lost"
    );
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_read() {
    let place = Place::new();
    place
        .run("official compute nowhere --products present_populaton")
        .failed(2, "present_population");
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
        .run("official compute out --footprints nowhere")
        .failed(1, "no such file");
    fs::write(place.path("not.parquet"), "cell_id,grid_id\n").unwrap();
    place
        .run("official compute out --footprints not.parquet")
        .failed(1, "says a date");
    let made = place.path("out/internal/mobility");
    assert!(!made.exists());
    let listed = place.run("official list").done().out;
    assert!(listed.contains("daily_permanence_score"));
}
