use erewhon_types::{Calendar, CellIx, Window};

use super::*;
use crate::Tile;

const H: i64 = 3_600_000;
const RULE: TourismRule = TourismRule::INBOUND;

fn stay(from_h: i64, to_h: i64, zones: &[(u32, f64)], is_night: bool) -> TouristStay {
    TouristStay {
        from_ms: from_h * H,
        to_ms: to_h * H,
        zones: zones.to_vec(),
        is_night,
    }
}

fn names() -> CountryNames {
    let mut names = CountryNames::default();
    names
        .add(Mcc::new(208).unwrap(), "FR", "Europe/Paris")
        .unwrap();
    names
}

fn tables(stays: &[TouristStay], country: i64) -> InboundTables {
    let mut tables = InboundTables::new((0, 744 * H), RULE);
    tables.add(Mcc::new(country).unwrap(), &names(), stays);
    tables
}

#[test]
fn stays_weigh_their_cells_alike_and_a_night_holds_the_morning() {
    let window = Window::parse("2026-03-02", 1, "UTC").unwrap();
    let day = Day::of(&Calendar::new(&window).unwrap(), 0).unwrap();
    let rows = [(0, 0, 1.0), (1, 1, 0.25), (1, 30, 0.75)];
    let rows = rows.map(|(cell, tile, w)| (CellIx(cell), Tile::new(tile, 0), w));
    let posterior = Footprints::new(3, rows.to_vec()).unwrap();
    let zone = |tile: Tile| (tile.east() < 20).then_some(7);
    let segment = |state, from_h: i64, to_h: i64, cells: &[u32]| Segment {
        from_ms: day.start_ms() + from_h * H,
        to_ms: day.start_ms() + to_h * H,
        last_event_ms: None,
        state,
        cells: cells.iter().map(|c| CellIx(*c)).collect(),
        country: None,
        is_last: false,
    };
    let segments = [
        segment(State::Stay, 0, 5, &[0, 1]),
        segment(State::Stay, 5, 7, &[0]),
        segment(State::Move, 7, 12, &[0]),
        segment(State::Stay, 12, 16, &[2]),
        segment(State::Stay, 24, 30, &[0]),
    ];
    let found = tourist_stays(&segments, &day, &posterior, &zone, &RULE);
    // Of the cells half each, of the second a quarter has a zone.
    assert_eq!(found[0].zones, [(7, 0.625)]);
    assert!(found[0].is_night);
    // Too short, no stay, without a footprint, of the next day.
    assert_eq!(found.len(), 2);
    assert!(found[1].zones.is_empty() && !found[1].is_night);
}

#[test]
fn trips_count_where_they_end() {
    let (a, b) = ([(1, 1.0)], [(1, 0.25), (2, 0.75)]);
    let stays = [
        stay(0, 6, &a, true),
        stay(20, 24, &b, false),
        // A day and a half later: another trip.
        stay(60, 66, &b, true),
        // This one is not over when the month is.
        stay(740, 746, &a, true),
    ];
    let found = tables(&stays, 208);
    let zone = |zone, night| {
        let counts = found.by_zone()[&("FR".to_owned(), zone, night)];
        (counts.nights.get(), counts.departures)
    };
    assert_eq!(zone(1, true), (1.25, 2));
    assert_eq!(zone(1, false), (0.0, 1));
    assert_eq!(zone(2, true), (0.75, 1));
    let trips = found.by_country()["FR"];
    assert_eq!((trips.trips, trips.destinations), (2, 4));
    assert_eq!(
        (trips.mean_destinations(), trips.mean_nights()),
        (Some(2.0), Some(0.5))
    );
    // A trip that begins after the month, or ends before it, is another month's; one that ends in it counts whole.
    for (from_h, to_h) in [(750, 760), (-10, -1)] {
        let other = tables(&[stay(from_h, to_h, &a, true)], 208);
        assert!(other.by_zone().is_empty() && other.by_country().is_empty());
    }
    let over = tables(&[stay(-10, -1, &a, true), stay(5, 9, &a, false)], 208);
    assert_eq!(over.by_country()["FR"].nights.get(), 1.0);
}

#[test]
fn a_code_that_no_table_knows_is_counted_as_such() {
    let found = tables(&[stay(0, 6, &[(1, 1.0)], true)], 999);
    assert_eq!(found.by_country()["XX"].trips, 1);
    let mut twice = found.clone();
    twice.merge(found);
    assert_eq!(twice.by_country()["XX"].trips, 2);
    let night = twice.by_zone()[&("XX".to_owned(), 1, true)];
    assert_eq!(night.nights.get(), 2.0);
    assert!(
        names()
            .add(Mcc::new(208).unwrap(), "DE", "Europe/Berlin")
            .is_err()
    );
    assert!(
        names()
            .add(Mcc::new(262).unwrap(), "de", "Europe/Berlin")
            .is_err()
    );
    assert!(names().add(Mcc::new(262).unwrap(), "DE", "Berlin").is_err());
    assert!(
        TourismRule {
            midnight_h: 24,
            ..RULE
        }
        .check()
        .is_err()
    );
}
