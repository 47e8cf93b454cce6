//! Real files, where they are there.

use super::*;

/// The real record sets, where they are at hand.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("EREWHON_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: `{}` is not here", path.display());
    None
}

fn rules_met(loaded: &Loaded) -> Vec<(&str, u64)> {
    loaded
        .quality
        .rules
        .iter()
        .map(|r| (r.rule.as_str(), r.rows))
        .collect()
}

#[test]
fn reads_the_vast_calls() {
    let Some(path) = shared("data/vast2008-cdr/cdr.csv") else {
        return;
    };
    let ids = (1..=30).map(|i| i.to_string()).collect();
    let cells = CellTable::schematic(ids).unwrap();
    let bench = Bench::over(cells, "vast2008", ("2006-06-01", 10, "America/New_York"));
    let loaded = bench.load(&[path]).unwrap();
    // Four calls of the source last less than no time.
    assert_eq!(rules_met(&loaded), [("bad_number", 4)]);
    assert_eq!(
        (loaded.quality.rows_read, loaded.quality.rows_kept),
        (9_834, 9_830)
    );
}

#[test]
fn reads_the_check_ins() {
    let Some(path) = shared("data/foursquare-nyc/events.derived.csv.gz") else {
        return;
    };
    let mut cells = Vec::new();
    for north in 0..=54 {
        for east in 0..=51 {
            let (lat, lon) = (
                40.50 + f64::from(north) * 0.009,
                -74.28 + f64::from(east) * 0.0119,
            );
            cells.push(Cell::geographic(format!("{north}_{east}"), lat, lon));
        }
    }
    let cells = CellTable::new(Frame::Geographic, cells).unwrap();
    let bench = Bench::over(cells, "checkin", ("2012-04-03", 330, "America/New_York"));
    let loaded = bench.load(&[path]).unwrap();
    assert_eq!(loaded.quality.rows_read, 147_938);
    // 458 rows repeat another exactly. The source's times are whole minutes and many venues share
    // a cell of the grid, so that visits to several of them within a minute become equal too:
    // 5,039 in all, as rounding each coordinate to the grid and counting gives as well.
    assert_eq!(rules_met(&loaded), [("exact_duplicate", 5_039)]);
    assert_eq!(loaded.quality.subscribers, 1_083);
}

#[test]
fn reads_the_simulated_minutes() {
    let Some(path) = shared("peers/fidelity/cdr/cdr.csv.gz") else {
        return;
    };
    let (cells, _) = read_cells(&path.with_file_name("towers.csv")).unwrap();
    let bench = Bench::over(cells, "minutes", ("2026-03-02", 28, "UTC"));
    let loaded = bench.load(&[path]).unwrap();
    assert_eq!(rules_met(&loaded), []);
    assert_eq!(loaded.quality.rows_kept, 681_905);
}

#[test]
fn reads_a_bandicoot_file_named_after_its_subscriber() {
    let Some(path) = shared("data/bandicoot-samples/ego.csv") else {
        return;
    };
    let (cells, _) = read_cells(&path.with_file_name("antennas.csv")).unwrap();
    let bench = Bench::over(cells, "bandicoot", ("2014-03-01", 100, "America/New_York"));
    let loaded = bench.load(&[path]).unwrap();
    assert_eq!(
        (loaded.quality.rows_read, loaded.quality.subscribers),
        (314, 1)
    );
    assert!(!loaded.quality.inputs[0].name.contains("ego"));
}
