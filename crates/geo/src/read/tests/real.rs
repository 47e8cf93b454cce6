//! On real lists beside the workspace; they are not part of it.

use super::*;

fn shared(name: &str) -> Option<(CellTable, CellIssues)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: no `{}`", path.display());
        return None;
    }
    let (cells, issues) = read_cells(&path).unwrap();
    assert!(adds_up(&issues), "{name}");
    Some((cells, issues))
}

#[test]
fn shanghai_loses_its_thirty_stations_elsewhere() {
    if let Some((cells, issues)) = shared("shanghai-telecom-base-stations/base_stations_all.csv") {
        assert_eq!((issues.read, issues.kept), (3042, 3012));
        let far = &issues.rules[0];
        assert_eq!(
            (far.rule.as_str(), far.cells.len(), issues.rules.len()),
            ("cells_far_outside", 30, 1)
        );
        assert!(
            cells
                .cells()
                .iter()
                .all(|c| (30.0..32.0).contains(&c.y) && (120.0..122.5).contains(&c.x))
        );
    }
}

#[test]
fn tartu_keeps_every_cell_under_its_global_identity() {
    if let Some((cells, issues)) = shared("opencellid-tartu/tartu_city_celltowers_edu.geojson") {
        assert_eq!(
            (issues.read, issues.kept, issues.rules.len()),
            (1996, 1996, 0)
        );
        assert_eq!(cells.summary().sites, 1838);
        assert!(cells.find("248:01:00007:196901").is_some());
    }
}

#[test]
fn bandicoots_towers_on_three_continents_have_no_bulk_to_be_far_from() {
    for (list, cells) in [("antennas.csv", 27), ("towers.csv", 11)] {
        if let Some((_, issues)) = shared(&format!("bandicoot-samples/{list}")) {
            assert_eq!((issues.read, issues.kept), (cells, cells), "{list}");
        }
    }
}

#[test]
fn multimno_snapshots_of_five_days_are_one_row_a_cell() {
    for size in ["S", "L"] {
        let Some((table, issues)) = shared(&format!("multimno-events/{size}/bronze/mno_network"))
        else {
            return;
        };
        assert_eq!((issues.kept, issues.rules.len()), (100, 0), "{size}");
        let summary = table.summary();
        assert_eq!((summary.cells, summary.with_period), (100, 100), "{size}");
        assert!(
            table
                .cells()
                .iter()
                .all(|c| c.power_w.is_some() && c.range_m.is_some() && c.tilt_deg.is_some())
        );
    }
}
