//! Trips along a line and visits of a place, by hand and against slower words.

use erewhon_events::{Event, EventKind};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::CellIx;
use proptest::prelude::*;

use super::*;
use crate::cases::{Case, dense_case};

/// Cells every 2 km along a line to the east, of which one stands 5 km aside; minutes and cells from noon on.
fn case(events: &[(i64, u32)]) -> Case {
    let mut places: Vec<(f64, f64)> = (0..20).map(|i| (f64::from(i) * 2_000.0, 300.0)).collect();
    places.push((10_000.0, 5_000.0));
    let mut case = Case::of(&places, 2, &[]);
    let noon_ms = case.calendar.start_utc_ms() + 12 * 3_600_000;
    let at = |&(minute, cell): &(i64, u32)| {
        Event::at(noon_ms + minute * 60_000, CellIx(cell), EventKind::Data)
    };
    case.events = events.iter().map(at).collect();
    case
}

fn line() -> Corridor {
    Corridor {
        name: "line".into(),
        line: vec![(0.0, 0.0), (38_000.0, 0.0)],
        free_flow_km_h: Some(120.0),
        ..Corridor::default()
    }
}

/// Direction, kilometres and minutes of each trip.
fn trips(events: &[(i64, u32)]) -> Vec<(bool, i64, i64)> {
    let case = case(events);
    let corridors = Corridors::new(&[line()], &case.cells).unwrap();
    let trips = corridors.trips(&case.track());
    let said = |(_, t): &(u32, CorridorTrip)| {
        (
            t.forward,
            (t.along_m / 1_000.0).round() as i64,
            t.travel_ms / 60_000,
        )
    };
    trips.iter().map(said).collect()
}

#[test]
fn a_trip_is_told_by_sequence_and_speed() {
    // 10 km from cell to cell, at home before, at work after; 6 km in 4 minutes from border to border.
    let there = [(-90, 0), (-10, 0), (0, 0), (2, 2), (4, 3), (6, 5), (200, 5)];
    assert_eq!(trips(&there), [(true, 6, 4)]);
    // And back in the evening.
    let back = [(300, 5), (303, 3), (306, 0)];
    let day: Vec<(i64, u32)> = there.iter().chain(&back).copied().collect();
    assert_eq!(trips(&day), [(true, 6, 4), (false, 5, 3)]);
}

#[test]
fn what_is_too_slow_short_silent_or_scattered_is_no_trip() {
    // On foot.
    assert_eq!(trips(&[(0, 0), (40, 2), (80, 3), (120, 5)]), []);
    assert_eq!(trips(&[(0, 0), (15, 2), (29, 3), (43, 5)]), []);
    // 6 km.
    assert_eq!(trips(&[(0, 0), (2, 1), (4, 3)]), []);
    // Two cells.
    assert_eq!(trips(&[(0, 0), (6, 5)]), []);
    // Longer silent than half an hour.
    assert_eq!(trips(&[(0, 0), (4, 2), (35, 14), (36, 15)]), []);
    // Faster than anything.
    assert_eq!(trips(&[(0, 0), (1, 5), (2, 15)]), []);
    // Back and forth.
    assert_eq!(trips(&[(0, 0), (3, 2), (6, 0), (9, 2), (12, 0)]), []);
}

#[test]
fn a_phone_that_swings_is_still_on_its_way() {
    // A cell aside, and one that lies a kilometre back, are no turn; two cells back are.
    assert_eq!(
        trips(&[(0, 0), (2, 2), (3, 20), (5, 4), (7, 6)]),
        [(true, 8, 5)]
    );
    let half = Corridor {
        slack_m: 2_500.0,
        ..line()
    };
    let case = case(&[(0, 0), (2, 2), (3, 1), (5, 4), (7, 6)]);
    let corridors = Corridors::new(&[half], &case.cells).unwrap();
    let trips = corridors.trips(&case.track());
    // From where it was last seen within the slack of the start to where it was first seen within that of the end.
    assert_eq!(trips.len(), 1);
    assert!((trips[0].1.along_m - 5_000.0).abs() < 1.0, "{trips:?}");
    assert_eq!((trips[0].1.depart, trips[0].1.arrive), (2, 4));
}

#[test]
fn a_stop_makes_two_trips_of_one_way() {
    let way = [(0, 0), (3, 3), (6, 6), (20, 6), (60, 6), (63, 9), (66, 12)];
    assert_eq!(trips(&way), [(true, 6, 3), (true, 6, 3)]);
    // Ten minutes at a station are none.
    let way = [(0, 0), (3, 3), (6, 6), (16, 6), (19, 9), (22, 12)];
    assert_eq!(trips(&way), [(true, 18, 19)]);
}

#[test]
fn a_bent_line_is_as_long_as_its_parts() {
    let places = [
        (0.0, 0.0),
        (6_000.0, 0.0),
        (6_000.0, 6_000.0),
        (0.0, 8_000.0),
    ];
    let case = Case::of(&places, 1, &[]);
    let bent = Corridor {
        line: vec![(0.0, 0.0), (6_000.0, 0.0), (6_000.0, 7_000.0)],
        ..line()
    };
    let corridors = Corridors::new(&[bent], &case.cells).unwrap();
    let along = (0..4).map(|cell| corridors.along_m(0, CellIx(cell)));
    assert!(along.eq([Some(0.0), Some(6_000.0), Some(12_000.0), None]));
}

/// Kind by dwell of each visit: first minute and length.
fn visits(events: &[(i64, u32)]) -> Vec<(i64, i64)> {
    let case = case(events);
    let hub = Hub {
        name: "hub".into(),
        at: (6_000.0, 0.0),
        ..Hub::default()
    };
    let hubs = Hubs::new(&[hub], &case.cells).unwrap();
    let noon_ms = case.calendar.start_utc_ms() + 12 * 3_600_000;
    let track = case.track();
    let said = |(_, v): &(u32, HubVisit)| {
        let first_ms = track.events()[v.first as usize].time_utc_ms;
        ((first_ms - noon_ms) / 60_000, v.dwell_ms / 60_000)
    };
    hubs.visits(&track).iter().map(said).collect()
}

#[test]
fn a_visit_ends_with_silence_or_with_an_event_elsewhere() {
    assert_eq!(visits(&[(0, 3), (30, 3), (100, 3)]), [(0, 100)]);
    assert_eq!(visits(&[(0, 3), (30, 3), (151, 3)]), [(0, 30), (151, 0)]);
    assert_eq!(visits(&[(0, 3), (4, 4), (5, 3), (9, 3)]), [(0, 9)]);
    assert_eq!(visits(&[(0, 3), (4, 4), (6, 3), (9, 3)]), [(0, 0), (6, 3)]);
    assert_eq!(visits(&[(0, 4), (4, 5)]), []);
}

#[test]
fn what_is_declared_wrong_is_refused_with_a_hint() {
    let case = case(&[]);
    let corridor = |change: fn(&mut Corridor)| {
        let mut corridor = line();
        change(&mut corridor);
        Corridors::new(&[corridor], &case.cells)
            .unwrap_err()
            .to_string()
    };
    for (said, part) in [
        (corridor(|c| c.name = " ".into()), "has no name"),
        (
            corridor(|c| c.name = "a\tb".into()),
            "\"a\\tb\" has a character",
        ),
        (
            corridor(|c| c.line[1].0 = 3e6),
            "a leg of the corridor `line` is 3000 km long; allowed is up to 1000 km",
        ),
        (corridor(|c| c.line.truncate(1)), "`line` has 1 points"),
        (corridor(|c| c.line[0].0 = f64::NAN), "each two numbers"),
        (
            corridor(|c| c.line = vec![(0.0, 9e6), (9.0, 9e6)]),
            "no cell is within 2000 m",
        ),
        (
            corridor(|c| c.within_m = 0.0),
            "`within_m` of the corridor `line` is `0`",
        ),
        (
            corridor(|c| c.min_km_h = 300.0),
            "`min_km_h` of the corridor `line` is `300`; allowed is 0.1 to 250",
        ),
        (corridor(|c| c.min_cells = 2), "`min_cells`"),
        (
            corridor(|c| c.min_m = 80_000.0),
            "20 cells stand on 38000 m of it",
        ),
        (
            corridor(|c| c.min_cells = 99),
            "a trip takes 99 cells and 8000 m",
        ),
        (
            corridor(|c| c.free_flow_km_h = Some(0.0)),
            "`free_flow_km_h`",
        ),
    ] {
        assert!(said.contains(part), "{said}");
    }
    let twice = Corridors::new(&[line(), line()], &case.cells).unwrap_err();
    assert!(
        twice
            .to_string()
            .contains("two of the corridors are named `line`")
    );
    let hub = |change: fn(&mut Hub)| {
        let mut hub = Hub {
            name: "hub".into(),
            at: (0.0, 0.0),
            ..Hub::default()
        };
        change(&mut hub);
        Hubs::new(&[hub], &case.cells).unwrap_err().to_string()
    };
    for (said, part) in [
        (hub(|h| h.at.0 = f64::NAN), "is nowhere"),
        (
            hub(|h| h.at.1 = 1e6),
            "no cell is within 1000 m of the hub `hub`; the nearest is",
        ),
        (
            hub(|h| h.long_s = 10),
            "`visit_s` of the hub `hub` is `900`; allowed is 0 to 10",
        ),
    ] {
        assert!(said.contains(part), "{said}");
    }
    let schematic = CellTable::schematic(vec!["a".into()]).unwrap();
    assert!(Corridors::new(&[line()], &schematic).is_err());
    let geographic = CellTable::new(Frame::Geographic, vec![Cell::geographic("a", 52.0, 13.0)]);
    let swapped = Corridor {
        line: vec![(52.0, 13.0), (52.1, 13.1)],
        ..line()
    };
    let swapped = Corridors::new(&[swapped], &geographic.unwrap()).unwrap_err();
    assert!(swapped.hint().unwrap().contains("longitude, then latitude"));
}

/// Every pair of events that could be ends of a trip, in the words of the rule.
fn is_a_trip(rule: &Corridor, seen: &[(f64, i64, u32)], from: usize, to: usize) -> bool {
    let part = &seen[from..=to];
    let (far_m, took_ms) = (
        part[part.len() - 1].0 - part[0].0,
        part[part.len() - 1].1 - part[0].1,
    );
    let mut furthest_m = f64::MIN;
    let mut cells: Vec<u32> = part.iter().map(|seen| seen.2).collect();
    cells.sort_unstable();
    cells.dedup();
    let silence_ms = i64::from(rule.max_silence_s) * 1_000;
    let border =
        |a: &(f64, i64, u32), b: &(f64, i64, u32)| (0.5 * (a.0 + b.0), 0.5 * (a.1 + b.1) as f64);
    let (left, entered) = (
        border(&part[0], &part[1]),
        border(&part[part.len() - 2], &part[part.len() - 1]),
    );
    let km_h = 3_600.0 * (entered.0 - left.0) / (entered.1 - left.1);
    part.windows(2)
        .all(|pair| pair[1].1 - pair[0].1 <= silence_ms)
        && part.iter().all(|seen| {
            let behind = seen.0 < furthest_m - rule.slack_m;
            furthest_m = furthest_m.max(seen.0);
            !behind
        })
        && far_m >= rule.min_m
        && took_ms > 0
        && part.len() > 2
        && cells.len() >= rule.min_cells as usize
        && (0.999 * rule.min_km_h..=1.001 * rule.max_km_h).contains(&km_h)
}

proptest! {
    /// What is told as a trip is one in the words of the rule, trips of a direction do not overlap, and the way
    /// back is the way there along the reversed line.
    #[test]
    fn trips_are_what_the_rule_says(case in dense_case(), slack_m in 0.0..600.0f64, stop_s in 60..7_200u32) {
        let ends = case.cells.cells();
        let (first, last) = (&ends[0], &ends[ends.len() - 1]);
        let rule = Corridor {
            line: vec![(first.x - 10.0, first.y), (last.x, last.y + 10.0)],
            slack_m,
            max_stop_s: stop_s,
            min_m: 200.0,
            min_cells: 3,
            min_km_h: 0.5,
            ..line()
        };
        let reversed = Corridor { name: "reversed".into(), line: rule.line.iter().rev().copied().collect(), ..rule.clone() };
        let corridors = Corridors::new(&[rule.clone(), reversed], &case.cells);
        prop_assume!(corridors.is_ok());
        let corridors = corridors.unwrap();
        let track = case.track();
        let found = corridors.trips(&track);
        for (place, rule_at) in [(0, 0), (1, 1)] {
            for forward in [true, false] {
                let mut before = 0;
                for (_, trip) in found.iter().filter(|t| t.0 == place && t.1.forward == forward) {
                    let (from, to) = (trip.depart as usize, trip.arrive as usize);
                    prop_assert!(before <= from && from < to);
                    before = to;
                    let along = |cell| corridors.along_m(rule_at, cell);
                    let sign = if forward { 1.0 } else { -1.0 };
                    let on: Vec<(usize, (f64, i64, u32))> = track.events().iter().enumerate()
                        .filter_map(|(i, e)| Some((i, (sign * along(e.cell)?, e.time_utc_ms, e.cell.0))))
                        .collect();
                    let find = |event: usize| on.iter().position(|seen| seen.0 == event).unwrap();
                    let seen: Vec<_> = on.iter().map(|seen| seen.1).collect();
                    prop_assert!(is_a_trip(&rule, &seen, find(from), find(to)), "{trip:?}");
                }
            }
        }
        let said = |place: u32, forward: bool| {
            let of = found.iter().filter(move |t| t.0 == place && t.1.forward == forward);
            of.map(|t| (t.1.depart, t.1.arrive)).collect::<Vec<_>>()
        };
        prop_assert_eq!(said(0, true), said(1, false));
        prop_assert_eq!(said(0, false), said(1, true));
    }

    /// A visit holds every event at the hub from its first to its last, and each event there is in one visit.
    #[test]
    fn every_event_at_a_hub_is_in_one_visit(case in dense_case(), excursion_s in 0..3_600u32) {
        let first = &case.cells.cells()[0];
        let hub = Hub {
            name: "hub".into(),
            at: (first.x, first.y),
            within_m: 500.0,
            max_excursion_s: excursion_s,
            ..Hub::default()
        };
        let hubs = Hubs::new(std::slice::from_ref(&hub), &case.cells).unwrap();
        let track = case.track();
        let visits = hubs.visits(&track);
        let mut in_visits = vec![0; track.events().len()];
        for (_, visit) in &visits {
            for event in visit.first..=visit.last {
                in_visits[event as usize] += 1;
            }
        }
        for (event, visits) in track.events().iter().zip(in_visits) {
            prop_assert!(visits <= 1);
            prop_assert!(visits == 1 || !hubs.holds(0, event.cell));
        }
        for pair in visits.windows(2) {
            let (end, next) = (pair[0].1.last as usize, pair[1].1.first as usize);
            let apart_ms = track.events()[next].time_utc_ms - track.events()[end].time_utc_ms;
            let most_s = if next > end + 1 { excursion_s } else { hub.max_silence_s };
            prop_assert!(apart_ms > i64::from(most_s) * 1_000);
        }
    }
}

proptest! {
    /// Who drives along the line at an even pace, through cells that swing by less than the slack, and stays at both
    /// ends, has made one trip, there or back, over no less than all but the ends.
    #[test]
    fn who_travels_is_found_once(
        from in 0..4u32,
        cells in 8..15u32,
        minutes_a_cell in 1..8i64,
        back in any::<bool>(),
        swings in prop::collection::vec(0..3u32, 16),
    ) {
        let way: Vec<u32> = if back { (from..from + cells).rev().collect() } else { (from..from + cells).collect() };
        let mut events = vec![(-300, way[0]), (-200, way[0]), (0, way[0])];
        for (place, &cell) in way.iter().enumerate() {
            let minute = minutes_a_cell * place as i64;
            events.push((minute, cell));
            // A cell aside, now and then.
            if swings[place] == 0 {
                events.push((minute, 20));
            }
        }
        let arrived = minutes_a_cell * i64::from(cells - 1);
        let last = way[way.len() - 1];
        events.extend([(arrived + 20, last), (arrived + 300, last)]);
        let found = trips(&events);
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        let (forward, along_km, minutes) = found[0];
        prop_assert_eq!(forward, !back);
        prop_assert_eq!(along_km, 2 * i64::from(cells - 2));
        prop_assert_eq!(minutes, minutes_a_cell * i64::from(cells - 2));
    }
}
