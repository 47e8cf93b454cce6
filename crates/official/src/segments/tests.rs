use erewhon_types::{Calendar, Window};
use proptest::prelude::*;

use super::*;

const MIN: i64 = 60_000;
const RULE: SegmentRule = SegmentRule::MULTIMNO;

fn day(of: u16) -> Day {
    let window = Window::parse("2026-03-02", 4, "UTC").unwrap();
    Day::of(&Calendar::new(&window).unwrap(), of).unwrap()
}

/// Cells 0, 1 and 2 in a row: neighbours overlap.
fn overlaps() -> Overlaps {
    Overlaps::new(5, [(CellIx(0), CellIx(1)), (CellIx(1), CellIx(2))])
}

/// Events at minutes after the first midnight; cells from 100 up are countries.
fn seen(events: &[(i64, u32)]) -> Vec<Seen> {
    let place = |cell| match cell {
        100.. => Place::Abroad(Mcc::new(cell.into()).unwrap()),
        cell => Place::Cell(CellIx(cell)),
    };
    let event = |(minute, cell): &(i64, u32)| Seen {
        at_ms: day(0).start_ms() + minute * MIN,
        place: place(*cell),
    };
    events.iter().map(event).collect()
}

fn cut(before: Option<&Segment>, of: u16, events: &[(i64, u32)]) -> Vec<Segment> {
    segments(before, &seen(events), &day(of), &overlaps(), &RULE).unwrap()
}

fn said(segments: &[Segment]) -> Vec<(State, i64, i64)> {
    let seconds = |ms: i64| (ms - day(0).start_ms()) / 1_000;
    segments
        .iter()
        .map(|s| (s.state, seconds(s.from_ms), seconds(s.to_ms)))
        .collect()
}

const fn minutes(state: State, from: i64, to: i64) -> (State, i64, i64) {
    (state, from * 60, to * 60)
}

#[test]
fn a_stay_a_move_and_silence() {
    let found = cut(
        None,
        0,
        &[(10, 0), (20, 1), (40, 0), (60, 3), (400, 3), (1_450, 3)],
    );
    let expected = [
        minutes(State::Unknown, 0, 5),
        // After 15 minutes at cells that overlap it is a stay.
        minutes(State::Stay, 5, 40),
        minutes(State::Move, 40, 50),
        minutes(State::Move, 50, 60),
        // At one place, padded against a longer silence than a stay has.
        minutes(State::Undetermined, 60, 405),
        (State::Unknown, 405 * 60, 86_399),
        // What the first event of the day after says of its first hours.
        minutes(State::Unknown, 1_440, 1_445),
        minutes(State::Undetermined, 1_445, 1_450),
    ];
    assert_eq!(said(&found), expected);
    assert_eq!(found[1].cells, [CellIx(0), CellIx(1)]);
    assert_eq!(found[2].cells, found[1].cells);
    let last: Vec<bool> = found.iter().map(|s| s.is_last).collect();
    assert_eq!(last.iter().position(|is_last| *is_last), Some(5));
}

#[test]
fn cells_must_overlap_with_all_that_a_stay_has() {
    // 0 and 2 overlap with 1, and not with each other.
    let found = cut(None, 0, &[(10, 0), (20, 1), (30, 2)]);
    assert_eq!(found[2].state, State::Move);
    let found = cut(None, 0, &[(10, 1), (20, 0), (30, 1)]);
    assert_eq!(found.len(), 3);
}

#[test]
fn longer_silence_between_two_places_is_unknown() {
    let found = cut(None, 0, &[(10, 0), (130, 3), (251, 0)]);
    let expected = [
        minutes(State::Unknown, 0, 5),
        minutes(State::Undetermined, 5, 10),
        // Two hours are a move, a minute more is not known but for a pad at either end.
        minutes(State::Move, 10, 70),
        minutes(State::Move, 70, 135),
        minutes(State::Unknown, 135, 246),
        minutes(State::Undetermined, 246, 251),
    ];
    assert_eq!(said(&found)[..6], expected);
}

#[test]
fn the_next_day_goes_on_where_the_last_one_ended() {
    let first = cut(None, 0, &[(1_300, 0), (1_330, 0), (1_500, 1)]);
    let last = first.iter().find(|s| s.is_last).unwrap();
    assert_eq!(
        (last.state, last.to_ms),
        (State::Stay, day(0).end_ms() - 1_000)
    );
    // The stay goes on to 1:00 and beyond.
    let second = cut(Some(last), 1, &[(1_500, 1), (1_510, 0)]);
    assert_eq!(said(&second)[0], (State::Stay, 1_440 * 60, 1_510 * 60));
    // A move does not, after more than two hours.
    let moving = Segment {
        state: State::Move,
        ..last.clone()
    };
    let second = cut(Some(&moving), 1, &[(1_630, 1)]);
    assert_eq!(said(&second)[0], minutes(State::Unknown, 1_440, 1_625));
    // What the day before has said of this day's first hours goes on with its events.
    let said_before = first.last().unwrap();
    assert_eq!(said_before.from_ms, day(1).start_ms());
    let second = cut(Some(said_before), 1, &[(1_500, 1), (1_510, 0), (1_520, 3)]);
    let expected = [
        minutes(State::Stay, 1_440, 1_510),
        minutes(State::Move, 1_510, 1_515),
    ];
    assert_eq!(said(&second)[..2], expected);
}

#[test]
fn abroad_lasts_and_a_silent_day_is_said() {
    let found = cut(
        None,
        0,
        &[
            (60, 0),
            (120, 208),
            (600, 208),
            (700, 310),
            (800, 1),
            (900, 1),
        ],
    );
    let states: Vec<State> = found.iter().map(|s| s.state).collect();
    use State::{Abroad, Stay, Undetermined, Unknown};
    assert_eq!(
        states,
        [Unknown, Undetermined, Abroad, Abroad, Stay, Unknown]
    );
    assert_eq!(found[2].country, Some(Mcc::new(208).unwrap()));
    assert_eq!(said(&found)[3], minutes(Abroad, 600, 700));

    let away = cut(None, 0, &[(120, 208)]);
    let last = away.iter().find(|s| s.is_last).unwrap();
    // A day ends with nothing known, but who is abroad may be silent for three days.
    let abroad = Segment {
        state: Abroad,
        country: found[2].country,
        ..last.clone()
    };
    assert_eq!(cut(Some(&abroad), 1, &[])[0].state, Abroad);
    assert_eq!(cut(Some(last), 1, &[])[0].state, Unknown);
    assert_eq!(segments(None, &[], &day(1), &overlaps(), &RULE), None);
    // Whoever is unknown for longer than a week is forgotten.
    let old = Segment {
        last_event_ms: Some(day(1).start_ms() - RULE.forgotten_ms - 1),
        ..last.clone()
    };
    assert_eq!(segments(Some(&old), &[], &day(1), &overlaps(), &RULE), None);
}

proptest! {
    /// Segments of a day leave no gap, and end a second before midnight.
    #[test]
    fn segments_cover_the_day(
        mut events in proptest::collection::vec((0_i64..1_440, 0_u32..5), 1..20),
        next in proptest::option::of(1_440_i64..2_880),
        country in proptest::option::of(0_i64..1_440),
    ) {
        events.extend(country.map(|at| (at, 208)));
        events.sort_unstable();
        events.extend(next.map(|at| (at, 0)));
        let found = cut(None, 0, &events);
        let today: Vec<_> = found.iter().filter(|s| s.from_ms < day(0).end_ms() - 1_000).collect();
        prop_assert_eq!(today[0].from_ms, day(0).start_ms());
        for pair in today.windows(2) {
            prop_assert_eq!(pair[0].to_ms, pair[1].from_ms);
            prop_assert!(pair[0].from_ms <= pair[0].to_ms);
        }
        let last: Vec<_> = found.iter().filter(|s| s.is_last).collect();
        prop_assert_eq!(last.len(), 1);
        prop_assert_eq!(last[0].to_ms, day(0).end_ms() - 1_000);
        for s in &found {
            let placed = matches!(s.state, State::Stay | State::Move | State::Undetermined);
            prop_assert_eq!(placed, !s.cells.is_empty());
            prop_assert_eq!(s.state == State::Abroad, s.country.is_some());
        }
    }
}

#[test]
fn a_rule_out_of_range_is_refused() {
    RULE.check().unwrap();
    assert!(
        SegmentRule {
            pad_ms: RULE.move_silence_ms,
            ..RULE
        }
        .check()
        .is_err()
    );
    assert!(
        SegmentRule {
            stay_ms: -1,
            ..RULE
        }
        .check()
        .is_err()
    );
}
