//! Exact families: what is written, and what is on record.

use std::{fs, path::Path};

use crate::{Place, Said, world};

#[test]
fn families_are_computed_on_record_and_say_internal() {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();

    let all = place
        .run("mobility list --json")
        .json("erewhon.families.v1");
    let all: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        // Of corridors and hubs, none are declared.
        .filter(|name| !name.starts_with("corridor_") && !name.starts_with("hub_"))
        .collect();
    place.run("mobility compute out --why audit").done();
    let written = names(&place.path("out/internal/mobility/cells"));
    assert_eq!(written.len(), all.len() + 2, "{written:?}");
    for family in &all {
        let text =
            fs::read_to_string(place.path(&format!("out/internal/mobility/cells/{family}.csv")));
        let text = text.unwrap();
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("handling,"), "{family}");
        assert!(lines.all(|line| line.starts_with("INTERNAL,")), "{family}");
    }
    // The ledger's lines are short, and hold every choice of families.
    for families in [&all[1..], &all[..all.len() / 2]] {
        let line = format!(
            "mobility compute out --overwrite --families {}",
            families.join(",")
        );
        place.run(&line).done();
    }
    let entries = place.run("budget show --entries").done().out;
    let but = format!(
        "exact mobility by cells: all families but {}, definitions of",
        all[0]
    );
    for what in [
        "exact mobility by cells: all families, definitions of",
        &but,
    ] {
        assert!(entries.contains(what), "{entries}");
    }
    let exports = || {
        let shown = place.run("budget show --json").done().out;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["result"]["exports"].as_u64().unwrap()
    };
    let before = exports();
    place
        .run("mobility compute out --families footfall --zones h3-6 --format parquet")
        .done();
    assert_eq!(exports(), before + 1);
    let bytes = fs::read(place.path("out/internal/mobility/h3-6/footfall.parquet")).unwrap();
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(bytes.starts_with(b"PAR1") && has(b"handling") && has(b"INTERNAL"));
}

#[test]
fn an_unknown_family_is_refused_before_anything_is_read() {
    let place = Place::new();
    place
        .run("mobility compute nowhere --families presense")
        .failed(2, "presence_hourly");
}

fn ingested() -> Place {
    let place = Place::new();
    place.open_budget();
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
    place
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[test]
fn a_directory_holds_the_tables_of_one_pass() {
    let place = ingested();
    let tables = place.path("out/internal/mobility");
    let compute = |more: &str| place.run(&format!("mobility compute out --families {more}"));
    compute("footfall,visitors").done();
    compute("footfall").failed(2, "--overwrite");
    let both = [
        "definitions.toml",
        "footfall.csv",
        "visitors.csv",
        "zones.toml",
    ];
    assert_eq!(names(&tables.join("cells")), both);

    // What a killed process left goes, and so do the tables of another pass.
    fs::create_dir(tables.join(".tmpKilled")).unwrap();
    compute("footfall --overwrite").done();
    assert_eq!(
        names(&tables.join("cells")),
        ["definitions.toml", "footfall.csv", "zones.toml"]
    );
    compute("visitors --out again").done();
    assert_eq!(names(&tables), ["again", "cells"]);
    compute("visitors --out ../again").failed(2, "--out wide-stays");
    compute("visitors --out .tmpMine").failed(2, "--out wide-stays");

    place.run("mobility anchors out").done();
    place.run("mobility anchors out").failed(2, "--overwrite");
    place.run("mobility anchors out --overwrite").done();
    place.run("mobility anchors out --compare").done();
    assert_eq!(names(&tables), ["again", "cells", "presets-cells"]);

    // A name that a file of ours might end in is a name as any other.
    for name in ["march.new", "march.partial"] {
        compute(&format!("visitors --out {name}")).done();
    }
    compute("footfall --overwrite").done();
    let kept = [
        "again",
        "cells",
        "march.new",
        "march.partial",
        "presets-cells",
    ];
    assert_eq!(names(&tables), kept);
}

#[cfg(unix)]
#[test]
fn tables_are_for_one_account_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = ingested();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for format in ["csv", "parquet"] {
        let line = "mobility compute out --families footfall,space --zones cells --overwrite";
        place.run(&format!("{line} --format {format}")).done();
        let dir = place.path("out/internal/mobility/cells");
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(names(&dir).len(), 4);
        for name in names(&dir) {
            assert_eq!(mode(&dir.join(&name)), 0o600, "{name}");
        }
    }
}

#[test]
fn a_store_that_was_changed_is_found_before_anything_is_computed_or_on_record() {
    let place = ingested();
    let range = place.path("out/internal/store/period=20260302_7d/range=0000");
    let segment = fs::read_dir(range).unwrap().next().unwrap().unwrap();
    let mut bytes = fs::read(segment.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(segment.path(), bytes).unwrap();
    let exports = || {
        let shown = place.run("budget show --json").done().out;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["result"]["exports"].as_u64().unwrap()
    };
    let before = exports();
    place
        .run("mobility compute out --families footfall")
        .failed(5, "segment");
    assert_eq!(exports(), before);
    assert!(!place.path("out/internal/mobility/cells").exists());
}

#[test]
fn definitions_come_from_a_file_and_stay_beside_the_tables() {
    let place = ingested();
    let usual = place.run("mobility definitions").done().out;
    let wide = usual.replace("min_s = 1800", "min_s = 7200");
    assert_ne!(wide, usual);
    place.write("long.toml", &wide);
    let compute = |more: &str| place.run(&format!("mobility compute out --families dwell {more}"));
    compute("").done();
    compute("--definitions long.toml --out long").done();
    let read = |name: &str| fs::read_to_string(place.path("out/internal/mobility").join(name));
    assert_ne!(
        read("cells/dwell.csv").unwrap(),
        read("long/dwell.csv").unwrap()
    );
    assert!(
        read("long/definitions.toml")
            .unwrap()
            .contains("min_s = 7200")
    );
    assert!(
        read("cells/definitions.toml")
            .unwrap()
            .contains("min_s = 1800")
    );
    // What was recorded gives the same again.
    fs::rename(
        place.path("out/internal/mobility/long/definitions.toml"),
        place.path("again.toml"),
    )
    .unwrap();
    compute("--definitions again.toml --out again").done();
    assert_eq!(
        read("again/dwell.csv").unwrap(),
        read("long/dwell.csv").unwrap()
    );

    place
        .run("mobility anchors out --definitions long.toml")
        .done();
    assert!(place.path("out/internal/anchors-own-long.csv").is_file());
    assert!(place.path("out/internal/anchors-own-long.toml").is_file());

    place.write("far.toml", "[places]\nradius_m = 2e6\n");
    compute("--definitions far.toml --out far").failed(
        1,
        "`places.radius_m` is `2000000`; allowed is 0 to 1,000,000 metres",
    );
    place.write("odd.toml", "[stays]\nradius = 5.0\n");
    compute("--definitions odd.toml --out odd").failed(1, "unknown field `radius`");

    // Two files of areas may have one name, so what they are is beside the tables.
    let area = |side: f64| {
        format!(
            "{{\"type\": \"FeatureCollection\", \"features\": [{{\"type\": \"Feature\", \
             \"properties\": {{\"id\": \"all\"}}, \"geometry\": {{\"type\": \"Polygon\", \"coordinates\": \
             [[[-{side}, 20], [0, 20], [0, 70], [-{side}, 70], [-{side}, 20]]]}}}}]}}"
        )
    };
    let by_areas = |more: &str| compute(&format!("--zones areas.geojson --area-name id {more}"));
    place.write("areas.geojson", area(60.0));
    let said = by_areas("").done();
    assert!(!said.err.contains("attention"), "{}", said.err);
    let zones = read("areas/zones.toml").unwrap();
    assert!(
        zones.contains("area_name = \"id\"") && zones.contains("sha256 = "),
        "{zones}"
    );
    let said = by_areas("--overwrite").done();
    assert!(!said.err.contains("attention"), "{}", said.err);
    place.write("areas.geojson", area(61.0));
    let said = by_areas("--overwrite").done();
    assert!(said.err.contains("had another zones.toml"), "{}", said.err);
    assert_ne!(read("areas/zones.toml").unwrap(), zones);

    // The ledger says by which, too, and a comparison of all rules holds all of them.
    let entries = place.run("budget show --entries").done().out;
    let digest = |text: &str| {
        use std::io::Write as _;
        let mut sum = place.command("sha256sum");
        sum.stdin(std::process::Stdio::piped());
        sum.stdout(std::process::Stdio::piped());
        let mut sum = sum.spawn().ok()?;
        sum.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let said = String::from_utf8(sum.wait_with_output().ok()?.stdout).ok()?;
        said.get(..16).map(str::to_owned)
    };
    let own = fs::read_to_string(place.path("out/internal/anchors-own-long.toml")).unwrap();
    match digest(&own) {
        None => eprintln!("skipped: there is no sha256sum"),
        Some(digest) => {
            let what = format!("anchors of rule own-long, definitions of SHA-256 {digest}");
            assert!(entries.contains(&what), "{entries}");
            let what = format!("exact mobility by cells: dwell, definitions of SHA-256 {digest}");
            assert!(entries.contains(&what), "{entries}");
        }
    }
    place.run("mobility anchors out --compare").done();
    let presets = read("presets-cells/definitions.toml").unwrap();
    for rule in ["signalling", "nights", "last_of_day"] {
        assert!(presets.contains(&format!("[presets.{rule}]")), "{presets}");
    }
}

/// Records of `user,minute,tower` into a store, and all families of it.
fn all_families(place: &Place, cells: &str, records: &str, window: &str) -> Said {
    place.open_budget();
    let cells = place.write("cells.csv", cells);
    let events = place.write("cdr.csv", format!("user,minute,tower\n{records}"));
    let mut ingest = place.erewhon();
    ingest
        .arg("ingest")
        .arg("--events")
        .arg(events)
        .arg("--cells")
        .arg(cells);
    ingest
        .args(["--format", "minutes", "--out", "out"])
        .args(window.split_whitespace());
    Said::of("ingest", &mut ingest).done();
    place.run("mobility compute out --zones cells")
}

#[test]
fn thin_records_give_defined_numbers_or_none() {
    const PLACES: &str = "cell,x_m,y_m\na,0,0\nb,900,0\n";
    const NAMES: &str = "cell\na\nb\n";
    const WEEK: &str = "--first-day 2026-03-02 --days 7 --time-zone UTC";
    // 29 March has 23 hours in Berlin.
    const CLOCK: &str = "--first-day 2026-03-27 --days 4 --time-zone Europe/Berlin";
    let steps = |minutes: &mut dyn Iterator<Item = u32>, cells: [char; 2]| -> String {
        let line = |(i, minute): (usize, u32)| format!("1,{minute},{}\n", cells[i % 2]);
        minutes.enumerate().map(line).collect()
    };
    let one_event = "1,600,a\n".to_owned();
    let one_place = steps(&mut (0..7 * 24 * 60).step_by(90), ['a', 'a']);
    let one_person = steps(&mut (0..7 * 24 * 60).step_by(90), ['a', 'b']);
    let no_tuesday = steps(&mut (0..1440).chain(2880..7 * 1440).step_by(90), ['a', 'b']);
    let clock = steps(&mut (25 * 1440 + 120..28 * 1440).step_by(30), ['a', 'b']);
    for (records, cells, window) in [
        (&one_event, PLACES, WEEK),
        (&one_place, PLACES, WEEK),
        (&one_person, PLACES, WEEK),
        (&no_tuesday, PLACES, WEEK),
        (&clock, PLACES, CLOCK),
        (&one_person, NAMES, WEEK),
    ] {
        let place = Place::new();
        all_families(&place, cells, records, window).done();
        let tables = place.path("out/internal/mobility/cells");
        for name in names(&tables) {
            let text = fs::read_to_string(tables.join(&name)).unwrap();
            let mut fields = text.split([',', '\n']);
            let odd = |field: &str| ["NaN", "inf", "-inf", "-0.0"].contains(&field);
            assert!(!fields.any(odd), "{name}: {text}");
        }
        if cells == NAMES {
            let space = fs::read_to_string(tables.join("space.csv")).unwrap();
            let mut row = space.lines().nth(1).unwrap().split(',');
            let header = space.lines().next().unwrap().split(',');
            let at = header
                .clone()
                .position(|name| name == "radius_of_gyration_m");
            assert_eq!(row.nth(at.unwrap()), Some(""), "no position, no radius");
        }
    }
}

#[test]
fn zones_are_named_and_hold_cells() {
    let place = ingested();
    let compute = |zones: &str| {
        let line = "mobility compute out --families footfall --overwrite --zones";
        place.run(&format!("{line} {zones}"))
    };
    compute("cels").failed(2, "did you mean `cells`? allowed: cells, voronoi");
    let area = |[west, east]: [f64; 2]| {
        let ring = [
            [west, 0.0],
            [east, 0.0],
            [east, 89.0],
            [west, 89.0],
            [west, 0.0],
        ];
        let area = serde_json::json!({ "type": "FeatureCollection", "features": [{
            "type": "Feature", "properties": { "name": "a" },
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        }] });
        place.write("areas.geojson", area.to_string());
    };
    let list = fs::read_to_string(world().cells()).unwrap();
    let lon = list
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "lon");
    let lons = list
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(lon.unwrap()).unwrap());
    // Some cells have none.
    let mut lons: Vec<f64> = lons.filter_map(|lon| lon.parse().ok()).collect();
    lons.sort_by(f64::total_cmp);
    let middle = lons[lons.len() / 2];
    area([middle - 5.0, middle]);
    let said = compute("areas.geojson");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("cells lie in no zone of `areas.geojson`"),
        "{}",
        said.err
    );
    area([middle + 40.0, middle + 41.0]);
    compute("areas.geojson").failed(1, "no cell lies in an area");
}
