//! What ingest sets aside of a world's records is what was planted in them.

use std::{collections::BTreeMap, fs};

use erewhon_events::{Key, Load, Mapping, Rules, ingest};
use erewhon_geo::read_cells;
use erewhon_types::Calendar;
use erewhon_world::{World, WorldSpec};

/// Each flaw with the rules that find it; flaws without a rule leave rows that look right.
const FOUND_BY: [(&str, &[&str]); 10] = [
    ("exact_duplicate", &["exact_duplicate"]),
    ("near_duplicate", &[]),
    ("unknown_cell", &["unknown_cell"]),
    ("cell_without_position", &["cell_quarantined"]),
    ("wrong_year", &["time_outside_window"]),
    ("clock_off_by_hour", &[]),
    ("wrong_field_count", &["wrong_field_count"]),
    (
        "unreadable_value",
        &["missing_subscriber", "bad_time", "unknown_kind"],
    ),
    ("not_utf8", &["not_utf8"]),
    ("out_of_order", &[]),
];

#[test]
fn ingest_sets_aside_what_was_planted() {
    let spec = WorldSpec {
        subscribers: 1_000,
        days: 10,
        cells: 40,
        seed: 12,
        ..WorldSpec::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let world = World::make(&spec).unwrap();
    let written = world.write(dir.path(), &mut |_, _| {}).unwrap();
    let flaws = fs::read_to_string(dir.path().join("flaws.csv")).unwrap();
    let planted: BTreeMap<&str, u64> = flaws
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0], fields[1].parse().unwrap())
        })
        .collect();
    assert_eq!(planted.len(), FOUND_BY.len());

    let (cells, issues) = read_cells(&dir.path().join("cells.csv")).unwrap();
    let loaded = ingest(
        Load {
            files: &[dir.path().join("cdr.csv")],
            mapping: &Mapping::load("cdr").unwrap(),
            cells: &cells,
            cell_issues: &issues,
            calendar: &Calendar::new(&spec.window().unwrap()).unwrap(),
            key: &Key::from_bytes([5; 32]),
            subjects: None,
            withdrawn: &[],
            max_quarantined_share: 0.2,
            rules: &Rules::off(),
        },
        None,
        &mut |_, _| {},
    )
    .unwrap();
    let quality = loaded.quality;
    let mut found: BTreeMap<&str, u64> = quality
        .rules
        .iter()
        .map(|rule| (rule.rule.as_str(), rule.rows))
        .collect();
    let mut lost = 0;
    for (flaw, rules) in FOUND_BY {
        assert!(planted[flaw] > 0, "{flaw} was not planted");
        if !rules.is_empty() {
            let rows: u64 = rules.iter().filter_map(|rule| found.remove(rule)).sum();
            assert_eq!(rows, planted[flaw], "{flaw}");
            lost += rows;
        }
    }
    assert!(found.is_empty(), "nothing else was set aside: {found:?}");
    assert_eq!(quality.rows_read, written.rows);
    assert_eq!(quality.rows_kept, written.rows - lost);
    assert_eq!(quality.cells_read, u64::from(spec.cells) + 1);
    assert_eq!(quality.cells_kept, u64::from(spec.cells));
}
