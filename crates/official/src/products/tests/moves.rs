//! Long terms, and who has moved between two of them.

use arrow_array::types::{Date32Type, Int64Type};
use jiff::civil::date;

use super::*;

const VILLAGE: CellIx = CellIx(0);
const FAR: CellIx = CellIx(2);
const MOVES: [&str; 2] = ["internal_migration", "internal_migration_quality_metrics"];

/// A subscriber's events at half past each hour of some days, at a cell.
fn hourly(who: u64, days: std::ops::Range<u16>, cell: CellIx) -> Vec<(Subscriber, Event)> {
    let calendar = calendar();
    let hours = days.flat_map(|day| (0..24).map(move |hour| (day, 60 * hour + 30)));
    let event = |(day, minute)| {
        let at_ms = calendar.utc_ms(Local { day, minute });
        (
            Subscriber::new(who << 60),
            Event::at(at_ms, cell, EventKind::Data),
        )
    };
    hours.map(event).collect()
}

/// One stays, one moves to the north, one from there, one is gone after a week, and one comes a day after it: a night's
/// end would still be the first week's.
fn people() -> Vec<Vec<(Subscriber, Event)>> {
    let both = |who, before, now| [hourly(who, 0..7, before), hourly(who, 7..14, now)].concat();
    vec![
        both(1, VILLAGE, VILLAGE),
        both(2, VILLAGE, FAR),
        both(3, FAR, VILLAGE),
        hourly(4, 0..7, VILLAGE),
        hourly(5, 8..14, FAR),
    ]
}

fn tables(people: &[Vec<(Subscriber, Event)>]) -> Vec<EventTable> {
    let table = |rows: &Vec<_>| EventTable::from_rows(rows.clone());
    people.iter().map(table).collect()
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Vec<&'b str> {
    let column = batch.column_by_name(name).unwrap().as_string::<i32>();
    column.iter().map(Option::unwrap).collect()
}

/// The share of the village's tiles that lies in its west.
fn west(inputs: &Inputs) -> f32 {
    let zones = inputs.zones.as_ref().unwrap();
    let footprints = inputs.network.footprints();
    let tiles = footprints.of(VILLAGE);
    let is_west = |entry: &&(u32, f32)| {
        let zone = zones.zone(footprints.tiles()[entry.0 as usize]);
        zones.name(zone.unwrap()) == "south-west"
    };
    tiles.iter().filter(is_west).count() as f32 / tiles.len() as f32
}

#[test]
fn whoever_moves_is_spread_over_the_zones_of_both_homes() {
    let inputs = Arc::new(inputs(0..14));
    let found = said_of(&tables(&people()), &inputs, &MOVES);
    let (batch, metrics) = (&found[MOVES[0]][0], &found[MOVES[1]][0]);
    let west = west(&inputs);
    assert!((0.3..0.7).contains(&west), "the village is cut: {west}");
    let zones = texts(batch, "previous_zone")
        .into_iter()
        .zip(texts(batch, "new_zone"));
    let pairs: Vec<_> = zones.zip(real(batch, "migration")).collect();
    let expected = [
        (("north", "south-east"), 1.0 - west),
        (("north", "south-west"), west),
        (("south-east", "north"), 1.0 - west),
        (("south-west", "north"), west),
    ];
    assert_eq!(pairs.len(), expected.len());
    for (found, expected) in pairs.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!(
            (found.1 - expected.1).abs() < 1e-6,
            "{found:?} {expected:?}"
        );
    }
    assert_eq!(texts(batch, "dataset_id")[0], "three_areas");

    let count = |name: &str| {
        let column = metrics.column_by_name(name).unwrap();
        column.as_primitive::<Int64Type>().value(0)
    };
    assert_eq!(count("previous_home_users"), 4);
    assert_eq!(count("new_home_users"), 4);
    assert_eq!(count("common_home_users"), 3);
    assert_eq!((count("moved_users"), count("users_outside_zones")), (2, 0));
    let day = |name: &str| {
        let column = metrics.column_by_name(name).unwrap();
        let days = column.as_primitive::<Date32Type>().value(0);
        date(1970, 1, 1) + jiff::Span::new().days(days)
    };
    let ends = [
        "start_date_previous",
        "end_date_previous",
        "start_date_new",
        "end_date_new",
    ];
    let expected = [
        date(2026, 3, 26),
        date(2026, 4, 1),
        date(2026, 4, 2),
        date(2026, 4, 8),
    ];
    assert_eq!(ends.map(day), expected);
}

#[test]
fn the_second_term_begins_when_it_is_told_to() {
    let later = Inputs {
        second_term: Some(date(2026, 4, 7)),
        ..inputs(0..14)
    };
    // Of twelve days seven in the village are no home, since four fifths make one; the first and the last have one in both.
    let found = said_of(&tables(&people()), &Arc::new(later), &MOVES);
    let metrics = &found[MOVES[1]][0];
    let common = metrics.column_by_name("common_home_users").unwrap();
    assert_eq!(common.as_primitive::<Int64Type>().value(0), 2);
    assert!(!found.contains_key(MOVES[0]));
}

#[test]
fn who_sees_whom_first_changes_nothing() {
    let inputs = Arc::new(inputs(0..14));
    let mut people = people();
    people.extend((6..12).map(|who| {
        let (before, now) = (CellIx(who as u32 % 3), CellIx((who as u32 + 1) % 3));
        [hourly(who, 0..7, before), hourly(who, 7..14, now)].concat()
    }));
    let apart = said_of(&tables(&people), &inputs, &MOVES);
    people.reverse();
    assert_eq!(said_of(&tables(&people), &inputs, &MOVES), apart);
    let together = [EventTable::from_rows(people.concat())];
    assert_eq!(said_of(&together, &inputs, &MOVES), apart);
}

#[test]
fn a_long_term_is_the_sum_of_its_months() {
    let (long, mid) = ("longterm_permanence_score", "midterm_permanence_score");
    let person = [EventTable::from_rows(hourly(1, 0..14, VILLAGE))];
    let found = said_of(&person, &Arc::new(inputs(0..14)), &[long, mid]);
    let batch = &found[long][0];
    let kinds = texts(batch, "id_type");
    let (types, parts) = (texts(batch, "day_type"), texts(batch, "time_interval"));
    let device = (0..batch.num_rows())
        .filter(|row| kinds[*row] == "device_observation")
        .find(|row| (types[*row], parts[*row]) == ("all", "all"))
        .unwrap();
    // An hour is skipped on 29 March. What is before 4:00 of 26 March is of the 25th, and what is before 4:00 of 1 April
    // of the month before: seven days there and eight here.
    assert_eq!(whole(batch, "lps")[device], 14 * 24 - 1);
    assert_eq!(whole(batch, "total_frequency")[device], 15);
    assert!((real(batch, "frequency_mean")[device] - 7.5).abs() < 1e-6);
    assert!((real(batch, "frequency_std")[device] - 0.5_f32.sqrt()).abs() < 1e-6);
    let seasons = texts(batch, "season");
    assert!(seasons.iter().all(|season| *season == "all"));

    // Beside it every spot of the months, summed the slow way.
    let mut slow: BTreeMap<(String, String, i32), (i32, i32)> = BTreeMap::new();
    for month in &found[mid] {
        let (types, parts) = (texts(month, "day_type"), texts(month, "time_interval"));
        let [spots, slots, days] = ["grid_id", "mps", "frequency"].map(|name| whole(month, name));
        for row in 0..month.num_rows() {
            let key = (types[row].to_owned(), parts[row].to_owned(), spots[row]);
            let sums = slow.entry(key).or_default();
            *sums = (sums.0 + slots[row], sums.1 + days[row]);
        }
    }
    let [spots, slots, days] = ["grid_id", "lps", "total_frequency"].map(|name| whole(batch, name));
    assert_eq!(batch.num_rows(), slow.len());
    for row in 0..batch.num_rows() {
        let key = (types[row].to_owned(), parts[row].to_owned(), spots[row]);
        assert_eq!(slow[&key], (slots[row], days[row]));
    }
}
