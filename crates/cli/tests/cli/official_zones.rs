//! Official statistics by zone: what they want, what they refuse, and what is written where.

use std::{fs, path::Path};

use crate::{Place, Said, official::below, world};

/// Some of the made-up country's people, at home but for two in ten: guests from France, and of a code that no table knows.
///
/// Few enough that all products of all of them are written in a test's time.
fn visited() -> Place {
    let place = Place::new();
    place.open_budget();
    place.write(
        "visited.toml",
        "description = 'cdr with the home network'\n\
         columns = ['subscriber', 'time_utc', 'cell', 'kind', 'duration_s', 'peer', 'bytes_up', \
         'bytes_down', 'home']\n\
         subscriber = 'subscriber'\ntime = { column = 'time_utc', format = 'rfc3339' }\ncell = 'cell'\n\
         kind = { columns = ['kind'] }\nduration_s = 'duration_s'\npeer = 'peer'\n\
         bytes_up = 'bytes_up'\nbytes_down = 'bytes_down'\nhome_network = 'home'\n",
    );
    let home = |line: &str| {
        let who = line.split(',').next().unwrap_or_default();
        match who.bytes().last() {
            Some(b'3') => "208-01",
            Some(b'7') => "999-99",
            _ => "262-01",
        }
    };
    let rows = world().changed(|line| format!("{line},{}", home(line)));
    let (header, rows) = rows.split_once('\n').unwrap();
    let some = |row: &&str| {
        let who = row.split(',').next().unwrap_or_default();
        who.bytes().rev().nth(1).is_some_and(|digit| digit % 5 == 0)
    };
    let rows: Vec<&str> = rows.lines().filter(some).collect();
    place.write(
        "visited.csv",
        format!("{header},home\n{}\n", rows.join("\n")),
    );
    let mut ingest = place.erewhon();
    ingest.args("ingest --format visited.toml --events visited.csv --out out".split(' '));
    ingest.args("--first-day 2026-03-02 --days 7 --time-zone Europe/Berlin".split(' '));
    ingest.arg("--cells").arg(world().cells());
    Said::of("ingest of guests", &mut ingest).done();
    place
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    below(dir, &mut found, dir);
    found.into_iter().collect()
}

fn count(files: &[String], begin: &str) -> usize {
    files.iter().filter(|name| name.starts_with(begin)).count()
}

#[test]
fn migration_and_tourism_are_written_with_their_rules_and_sources() {
    let place = visited();
    place.write("countries.csv", "mcc,iso2,time_zone\n208,FR,Europe/Paris\n");
    let said = place
        .run(
            "official compute out --zones h3-6 --own-mcc 262 --countries countries.csv \
             --migration-from 2026-03-06 --products internal_migration_quality_metrics,internal_migration,\
             tourism_geozone_aggregations,tourism_trip_aggregations,codes_without_country,\
             longterm_permanence_score",
        )
        .done();
    // What is exact is in the files alone.
    assert!(!said.err.contains("left out"), "{}", said.err);
    let root = place.path("out/internal/mobility/official");
    let found = files(&root);
    let terms = "dataset_id=h3-6/level=1/start_date_previous=2026-03-02/end_date_previous=2026-03-05/\
                 season_previous=all/start_date_new=2026-03-06/end_date_new=2026-03-08/season_new=all/";
    let metrics = format!("internal_migration_quality_metrics/{terms}part");
    assert_eq!(count(&found, &metrics), 1, "{found:?}");
    let month = "year=2026/month=3/level=1/dataset_id=h3-6/part";
    for table in ["tourism_geozone_aggregations", "tourism_trip_aggregations"] {
        assert_eq!(count(&found, &format!("{table}/{month}")), 1, "{found:?}");
    }
    assert_eq!(count(&found, "codes_without_country/part"), 1, "{found:?}");
    let long = "longterm_permanence_score/season=all/start_date=2026-03-02/end_date=2026-03-08/";
    // Eight parts of the people each, of all days and of workdays.
    assert!(
        count(
            &found,
            &format!("{long}day_type=all/time_interval=night_time/id_type=grid/")
        ) == 8
    );
    assert!(
        count(
            &found,
            &format!("{long}day_type=workdays/time_interval=working_hours/")
        ) >= 8
    );
    for name in found.iter().filter(|name| name.ends_with(".parquet")) {
        let bytes = fs::read(root.join(name)).unwrap();
        let says = bytes.windows(8).any(|window| window == b"INTERNAL");
        assert!(says, "{name} does not say INTERNAL");
    }
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let definitions = read("definitions.toml");
    for rule in [
        "second_term_from = \"2026-03-06\"\nleast_overlap = 0.5",
        "own_mcc = [262]\nstay_ms = 10800000",
    ] {
        assert!(definitions.contains(rule), "{definitions}");
    }
    let zones = read("zones.toml");
    for line in [
        "zones = \"h3-6\"",
        "countries = \"countries.csv\"",
        "countries_sha256 = \"",
    ] {
        assert!(zones.contains(line), "{zones}");
    }
}

#[test]
fn what_the_inputs_allow_is_computed_and_the_rest_is_named() {
    let place = visited();
    let said = place.run("official compute out --zones inspire-1km").done();
    let line = said
        .err
        .lines()
        .find(|line| line.contains("left out: "))
        .unwrap();
    for name in [
        "tourism_geozone_aggregations",
        "codes_without_country",
        "--own-mcc",
    ] {
        assert!(line.contains(name), "{line}");
    }
    assert!(!line.contains("migration"), "{line}");
    let found = files(&place.path("out/internal/mobility/official"));
    assert_eq!(
        count(
            &found,
            "internal_migration_quality_metrics/dataset_id=INSPIRE_1km/"
        ),
        1
    );
    assert_eq!(count(&found, "tourism"), 0);
    let entries = place.run("budget show --entries").done().out;
    assert!(
        entries.contains("all products but tourism_geozone_aggregations"),
        "{entries}"
    );
}

#[test]
fn what_a_product_lacks_is_refused_before_anything_is_written() {
    let place = visited();
    let refused = |line: &str, code: i32, words: &str, hint: &str| {
        let said = place.run(&format!("official compute out {line}"));
        let said = said.failed(code, words);
        assert!(said.err.contains(hint), "{line}: {}", said.err);
    };
    let tourism = "--products tourism_trip_aggregations";
    refused(
        "--products internal_migration",
        2,
        "`internal_migration` needs a map of zones",
        "--zones inspire-1km",
    );
    refused(
        &format!("{tourism} --own-mcc 262"),
        2,
        "needs a map of zones",
        "--zones",
    );
    refused(
        &format!("{tourism} --zones h3-6"),
        2,
        "needs the codes of this country",
        "--own-mcc 214",
    );
    refused(
        "--products codes_without_country",
        2,
        "codes of this country",
        "--own-mcc",
    );
    refused("--own-mcc 99", 2, "99", "100");
    refused("--countries countries.csv", 2, "--own-mcc", "");
    for day in ["2026-03-02", "2026-03-09"] {
        refused(
            &format!("--zones h3-6 --migration-from {day}"),
            2,
            "can't begin a second term",
            "allowed: 2026-03-03 to 2026-03-08",
        );
    }
    for zones in ["cells", "voronoi", "inspire-2km"] {
        refused(
            &format!("--zones {zones}"),
            2,
            "is no map of tiles to zones",
            "h3-0 to h3-15",
        );
    }
    refused("--zones h3-16", 2, "no resolution `16`", "");
    place.write(
        "elsewhere.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"sea"},
        "geometry":{"type":"Polygon","coordinates":[[[1,40],[2,40],[2,41],[1,41],[1,40]]]}}]}"#,
    );
    refused(
        "--zones elsewhere.geojson",
        1,
        "lies in a zone of `elsewhere`",
        "longitude before",
    );
    for (table, words) in [
        ("mcc,iso2\n208,FR\n", "no column `time_zone`"),
        (
            "mcc,iso2,time_zone\n208,france,Europe/Paris\n",
            "line 2: `france` is no country",
        ),
        (
            "mcc,iso2,time_zone\n8,FR,Europe/Paris\n",
            "line 2: `8` is no mobile country code",
        ),
    ] {
        place.write("countries.csv", table);
        refused("--own-mcc 262 --countries countries.csv", 1, words, "");
    }
    assert!(!place.path("out/internal/mobility").exists());
}
