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

/// Check-ins: who, when, venue, latitude, longitude.
type CheckIn = (u64, i64, u64, f64, f64);

fn check_ins() -> Option<Vec<CheckIn>> {
    let shared = env::var_os("EREWHON_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("data/foursquare-nyc/events.derived.csv.gz");
    let file = File::open(&path).ok()?;
    let reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let read = |record: csv::StringRecord| {
        let time: jiff::Timestamp = record[1].parse().unwrap();
        (
            record[0].parse().unwrap(),
            time.as_millisecond(),
            record[2].parse().unwrap(),
            record[3].parse().unwrap(),
            record[4].parse().unwrap(),
        )
    };
    Some(
        reader
            .into_records()
            .map(|record| read(record.unwrap()))
            .collect(),
    )
}

/// Distinct places of about so many kilometres, of venues at 0, and each check-in at its place.
fn at_places(check_ins: &[CheckIn], km: f64) -> (CellTable, EventTable) {
    let mut cells = HashMap::new();
    let rows = check_ins
        .iter()
        .map(|&(person, time_utc_ms, venue, lat, lon)| {
            let place = if km == 0.0 {
                (venue as i64, 0)
            } else {
                (
                    (lat / (0.009 * km)).round() as i64,
                    (lon / (0.0119 * km)).round() as i64,
                )
            };
            let next = cells.len() as u32;
            let cell = CellIx(*cells.entry(place).or_insert(next));
            (
                Subscriber::new(person),
                Event::at(time_utc_ms, cell, EventKind::Data),
            )
        });
    let events = EventTable::from_rows(rows.collect());
    let ids = (0..cells.len()).map(|i| i.to_string()).collect();
    (CellTable::schematic(ids).unwrap(), events)
}

/// The other program drew 5 times from each person. Here 50 draws leave almost its own error alone.
#[test]
fn unicity_meets_the_published_count() {
    let Some(check_ins) = check_ins() else {
        eprintln!("skipped: the check-ins are not here; set EREWHON_SHARED to where they are");
        return;
    };
    let window = Window::parse("2012-04-03", 330, "UTC").unwrap();
    let calendar = Calendar::new(&window).unwrap();
    for (km, bin_h, figures) in [
        (0.0, 1, [0.958, 1.000, 1.000, 1.000]),
        (0.5, 1, [0.831, 0.998, 0.999, 1.000]),
        (1.0, 1, [0.692, 0.989, 0.998, 1.000]),
        (5.0, 1, [0.313, 0.929, 0.994, 0.999]),
        (0.5, 24, [0.413, 0.943, 0.988, 0.997]),
        (1.0, 24, [0.284, 0.830, 0.961, 0.988]),
        (5.0, 24, [0.037, 0.362, 0.624, 0.782]),
    ] {
        let (cells, events) = at_places(&check_ins, km);
        let public = Public {
            cells: &cells,
            calendar: &calendar,
        };
        for (points, figure) in (1..).zip(figures) {
            let rate = unicity(&events, &public, points, bin_h, 50, 1)
                .unwrap()
                .unwrap();
            let seen = rate.share();
            println!("{km} km, {bin_h} h, {points} points: {seen:.4}, published {figure:.3}");
            assert!(
                (seen - figure).abs() < 0.01,
                "{points} at {km} km, {bin_h} h: {seen}, not {figure}"
            );
        }
    }
}
