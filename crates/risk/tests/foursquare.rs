//! Unicity on real check-ins, against figures counted by another program on the same file.
//!
//! 1,083 people in New York, 2012 to 2013 (Yang et al. 2015); the data is not in this repository.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as tests do")]

use std::{collections::HashMap, env, fs::File, path::PathBuf};

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::CellTable;
use erewhon_mobility::Public;
use erewhon_risk::unicity;
use erewhon_types::{Calendar, CellIx, Subscriber, Window};

/// Distinct places of about 1 km, and each check-in at its place.
fn check_ins() -> Option<(CellTable, EventTable)> {
    let shared = env::var_os("EREWHON_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("data/foursquare-nyc/events.derived.csv.gz");
    let file = File::open(&path).ok()?;
    let mut cells = HashMap::new();
    let mut rows = Vec::new();
    for record in csv::Reader::from_reader(flate2::read::GzDecoder::new(file)).records() {
        let record = record.unwrap();
        let number = |column: usize| record[column].parse::<f64>().unwrap();
        let place = (
            (number(3) / 0.009).round() as i64,
            (number(4) / 0.0119).round() as i64,
        );
        let next = cells.len() as u32;
        let cell = CellIx(*cells.entry(place).or_insert(next));
        let time: jiff::Timestamp = record[1].parse().unwrap();
        let event = Event::at(time.as_millisecond(), cell, EventKind::Data);
        rows.push((Subscriber::new(record[0].parse().unwrap()), event));
    }
    let ids = (0..cells.len()).map(|i| i.to_string()).collect();
    Some((
        CellTable::schematic(ids).unwrap(),
        EventTable::from_rows(rows),
    ))
}

#[test]
fn unicity_meets_the_published_count() {
    let Some((cells, events)) = check_ins() else {
        eprintln!("skipped: the check-ins are not here; set EREWHON_SHARED to where they are");
        return;
    };
    assert_eq!(cells.len(), 845);
    let window = Window::parse("2012-04-03", 330, "UTC").unwrap();
    let calendar = Calendar::new(&window).unwrap();
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    for (bin_h, figures) in [
        (1, [0.692, 0.989, 0.998, 1.000]),
        (24, [0.284, 0.830, 0.961, 0.988]),
    ] {
        for (points, figure) in (1..).zip(figures) {
            let rate = unicity(&events, &public, points, bin_h, 5, 1)
                .unwrap()
                .unwrap();
            let seen = rate.share();
            assert!(
                (seen - figure).abs() < 0.02,
                "{points} at {bin_h} h: {seen}, not {figure}"
            );
            assert!(rate.low <= figure && figure <= rate.high, "{rate:?}");
        }
    }
}
