use std::num::NonZeroU64;

use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{CellIx, Local, Window};

use super::*;
use crate::{Cleaner, Event, EventKind, Rule};

/// Four weeks over a clock change: on 29 March Berlin jumps from 02:00 to 03:00.
fn calendar() -> Calendar {
    Calendar::new(&Window::parse("2026-03-09", 28, "Europe/Berlin").unwrap()).unwrap()
}

/// Three cells a kilometre apart, and one a city away.
fn cells() -> CellTable {
    let cells = [0.0, 1_000.0, 2_000.0, 80_000.0].into_iter().enumerate();
    let cells = cells.map(|(i, east_m)| Cell::planar(format!("c{i}"), east_m, 0.0));
    CellTable::new(Frame::Planar, cells.collect()).unwrap()
}

/// A report of one subscriber's events.
fn report(events: &[Event]) -> QualityReport {
    let (cells, calendar, rules) = (cells(), calendar(), Rules::default());
    let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
    let mut tally = cleaner.tally();
    cleaner.clean(&mut events.to_vec(), &mut tally);
    let mut quality = QualityReport::default();
    cleaner.describe(&tally, &mut quality);
    quality
}

/// `per_hour` events in every hour of the window that the local clock had.
fn steady(cell: u32, per_hour: i64) -> Vec<Event> {
    let calendar = calendar();
    let hours = (calendar.start_utc_ms()..calendar.end_utc_ms()).step_by(3_600_000);
    let events = hours.flat_map(|ms| (0..per_hour).map(move |i| ms + i * 3_600_000 / per_hour));
    let at = |ms: i64| Event::at(ms, CellIx(cell), EventKind::CallIn);
    events.map(at).collect()
}

fn local(event: &Event) -> Local {
    calendar().local(event.time_utc_ms).unwrap()
}

fn measures(quality: &QualityReport) -> Vec<(&str, Option<Date>)> {
    let warnings = quality.warnings.iter();
    warnings.map(|w| (w.measure.as_str(), w.day)).collect()
}

fn march(day: i8) -> Date {
    Date::constant(2026, 3, day)
}

#[test]
fn a_steady_network_has_no_warning_not_even_when_the_clock_changes() {
    let quality = report(&steady(0, 40));
    assert_eq!(measures(&quality), [("silent_cells", None)]);
    assert_eq!(quality.network.silent_cells_listed, ["c1", "c2", "c3"]);
    assert_eq!(quality.network.network_holes, []);
    assert_eq!(quality.events_by_day[20], 23 * 40);
}

#[test]
fn what_a_cell_lacks_and_what_the_network_lacks_are_told_apart() {
    let mut events = steady(0, 40);
    events.extend(steady(1, 40));
    events.sort_by_key(|e| e.time_utc_ms);
    events.retain(|e| {
        let Local { day, minute } = local(e);
        let dark = day == 10 && (600..660).contains(&minute);
        let down = e.cell.0 == 1 && day == 3 && (780..900).contains(&minute);
        !dark && !down
    });
    let network = report(&events).network;
    let hole = |cell: Option<&str>, day, hour, hours, expected_events| Hole {
        cell: cell.map(str::to_owned),
        day: march(day),
        hour,
        hours,
        expected_events,
    };
    assert_eq!(network.network_holes, [hole(None, 19, 10, 1, 80)]);
    assert_eq!(network.cell_holes, 1);
    assert_eq!(network.cell_holes_listed, [hole(Some("c1"), 12, 13, 2, 80)]);
}

#[test]
fn days_are_held_against_days_of_their_type() {
    let mut events = steady(0, 40);
    events.retain(|e| {
        let Local { day, minute } = local(e);
        let weekend = !calendar().is_workday(day);
        let half = day == 8 && minute % 2 == 0;
        day != 15 && !half && !(weekend && minute % 2 == 0)
    });
    let found = report(&events);
    let days: Vec<_> = measures(&found)
        .into_iter()
        .filter(|(m, _)| m.contains("day"))
        .collect();
    assert_eq!(
        days,
        [
            ("silent_day", Some(march(24))),
            ("day_size", Some(march(17)))
        ]
    );
}

#[test]
fn missing_values_and_durations_are_counted_by_kind() {
    let noon = calendar().start_utc_ms() + 43_200_000;
    let call = |i: i64, duration_s: u32, peer: u64| Event {
        duration_s,
        peer: NonZeroU64::new(peer),
        ..Event::at(noon + i * 60_000, CellIx(0), EventKind::CallOut)
    };
    let session = Event {
        bytes_down: 7,
        ..Event::at(noon + 600_000, CellIx(1), EventKind::Data)
    };
    let topup = |i: i64, amount_minor: u32| Event {
        amount_minor,
        ..Event::at(noon + i * 60_000, CellIx(1), EventKind::Topup)
    };
    let quality = report(&[
        call(0, 0, 0),
        call(1, 30, 5),
        call(2, 90, 5),
        call(3, 60, 5),
        session,
        topup(11, 0),
        topup(12, 500),
        topup(13, 0),
    ]);
    let [calls, data, topups] = quality.contents.kinds.as_slice() else {
        panic!("three kinds")
    };
    assert_eq!((calls.kind.as_str(), calls.events), ("call_out", 4));
    assert_eq!((calls.without_peer, calls.without_duration), (1, 1));
    let q = calls.duration_s;
    assert_eq!((q.n, q.p50, q.max), (3, 60, 90));
    assert_eq!((data.without_bytes, data.bytes_down), (0, 7));
    assert_eq!((topups.events, topups.without_amount), (3, 2));
    assert_eq!(quality.contents.cells_met, 2);
    assert_eq!(quality.contents.subscribers_by_day[0], 1);
    assert_eq!(quality.contents.events_by_hour[12], 8);
    assert_eq!(quality.contents.first_utc.unwrap().as_millisecond(), noon);
}

#[test]
fn a_cell_that_nobody_can_reach_is_doubtful_and_the_rule_warns_of_the_day() {
    let start = calendar().start_utc_ms();
    let trip = |i: i64| {
        Event::at(
            start + i * 60_000,
            CellIx(if i % 2 == 1 { 3 } else { 0 }),
            EventKind::Data,
        )
    };
    let events: Vec<Event> = (0..61).map(trip).collect();
    let quality = report(&events);
    let cell = DoubtfulCell {
        cell: "c3".to_owned(),
        strays: 30,
        kept: 0,
    };
    assert_eq!(quality.network.doubtful_cells, [cell]);
    assert_eq!(quality.rows_kept, 31);
    let warned = quality
        .warnings
        .iter()
        .find(|w| w.measure == "history_rule")
        .unwrap();
    assert_eq!(
        (warned.subject.as_str(), warned.day),
        ("impossible_speed", Some(march(9)))
    );
    assert_eq!(warned.value, 30.0 / 61.0);
}

#[test]
fn numbers_far_from_the_crowd_are_counted() {
    let (cells, calendar, rules) = (cells(), calendar(), Rules::default());
    let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
    let mut tally = cleaner.tally();
    let events = steady(0, 1);
    for n in [4, 5, 6, 7, 8, 9, 10, 600] {
        cleaner.clean(&mut events[..n].to_vec(), &mut tally);
    }
    let mut quality = QualityReport::default();
    cleaner.describe(&tally, &mut quality);
    // Quartiles 5 and 9.
    let fence = (9.0 * (9.0_f64 / 5.0).powi(3)).ceil() as u64;
    assert_eq!(
        (quality.crowd.fence, quality.crowd.beyond_fence),
        (fence, 1)
    );
}

#[test]
fn files_warn_of_their_share_and_of_overlap() {
    let file = |name: &str, hours: [i64; 2], bad: u64| {
        let mut tally = FileTally::default();
        let span = hours.map(|hour| hour * 3_600_000);
        tally.good(2, Some((span[0], span[1])));
        tally.bad(Rule::UnknownCell, bad);
        tally.describe(name)
    };
    let mut quality = QualityReport {
        files: vec![
            file("a", [0, 10], 0),
            file("b", [8, 20], 1),
            file("c", [21, 30], 0),
        ],
        rules: vec![RuleCount {
            rule: "exact_duplicate".to_owned(),
            description: String::new(),
            rows: 4,
        }],
        ..QualityReport::default()
    };
    let warn = |quality: &QualityReport| -> Vec<(String, String)> {
        let warnings = quality.warn(&Rules::default().warnings, &calendar());
        warnings
            .into_iter()
            .map(|w| (w.measure, w.subject))
            .collect()
    };
    let share = ("row_rule".to_owned(), "b: unknown_cell".to_owned());
    let overlap = ("file_overlap".to_owned(), "a, b".to_owned());
    assert_eq!(warn(&quality), [share.clone(), overlap]);
    quality.rules.clear();
    assert_eq!(
        warn(&quality),
        [share],
        "hours in common alone are no fault"
    );
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let quality = report(&steady(2, 3));
    let text = serde_json::to_string(&quality).unwrap();
    assert_eq!(
        serde_json::from_str::<QualityReport>(&text).unwrap(),
        quality
    );
}
