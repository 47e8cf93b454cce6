//! Visitors from other countries, and segments over midnight, which their nights rest on.

use arrow_array::types::{Int8Type, Int16Type, TimestampMicrosecondType};

use erewhon_events::EventSource as _;
use erewhon_mobility::{Reducer as _, Track};

use super::*;

const TABLES: [&str; 3] = [
    "tourism_geozone_aggregations",
    "tourism_trip_aggregations",
    "codes_without_country",
];
const FAR: CellIx = CellIx(2);

/// Events at half past each hour, from an hour of the window to before another, at a cell.
fn hourly(
    who: u64,
    home: Option<&str>,
    hours: std::ops::Range<u16>,
    cell: CellIx,
) -> Vec<(Subscriber, Event)> {
    let calendar = calendar();
    let event = |hour: u16| {
        let (day, minute) = (hour / 24, hour % 24 * 60 + 30);
        let at_ms = calendar.utc_ms(Local { day, minute });
        let event = Event {
            home_network: home.map(|home| home.parse().unwrap()),
            ..Event::at(at_ms, cell, EventKind::Data)
        };
        (Subscriber::new(who << 60), event)
    };
    hours.map(event).collect()
}

/// What a table says: month, zone, country, whether with a night, nights and departures.
type Row = (String, String, String, bool, f32, f32);

fn by_zone(found: &Said) -> Vec<Row> {
    let batch = &found[TABLES[0]][0];
    let texts = ["time_period", "zone_id", "country_of_origin"]
        .map(|name| batch.column_by_name(name).unwrap().as_string::<i32>());
    let night = batch.column_by_name("is_overnight").unwrap().as_boolean();
    let [nights, gone] = ["nights_spent", "num_of_departures"].map(|name| real(batch, name));
    let row = |row: usize| {
        let [period, zone, country] = texts.map(|column| column.value(row).to_owned());
        let night = night.value(row);
        (period, zone, country, night, nights[row], gone[row])
    };
    (0..batch.num_rows()).map(row).collect()
}

#[test]
fn nights_and_departures_are_those_of_visitors_alone() {
    // Noon of 27 March to noon of the 29th, from France and from a code that no table knows; the rest are no visitors.
    let stay = 36..84;
    let people = [
        hourly(1, Some("208-01"), stay.clone(), FAR),
        hourly(2, Some("999-01"), stay.clone(), FAR),
        hourly(3, Some("262-01"), stay.clone(), FAR),
        hourly(4, None, stay.clone(), FAR),
        hourly(5, Some("001-01"), stay, FAR),
    ];
    let events = [EventTable::from_rows(people.concat())];
    let found = said_of(&events, &Arc::new(inputs(0..14)), &TABLES);
    // Two nights hold 4:00; the afternoon of the 27th is a stay too, and the trip ends in March.
    let row = |country: &str, night, nights| {
        let [month, zone, country] = ["2026-03", "north", country].map(str::to_owned);
        (month, zone, country, night, nights, 1.0)
    };
    let expected = [
        row("FR", false, 0.0),
        row("FR", true, 2.0),
        row("XX", false, 0.0),
        row("XX", true, 2.0),
    ];
    let near = |(a, b): (&Row, &Row)| {
        let same = (&a.0, &a.1, &a.2, a.3, a.5) == (&b.0, &b.1, &b.2, b.3, b.5);
        same && (a.4 - b.4).abs() < 1e-5
    };
    let rows = by_zone(&found);
    assert_eq!(rows.len(), expected.len());
    assert!(rows.iter().zip(&expected).all(near), "{rows:?}");
    let trips = &found[TABLES[1]][0];
    let countries = trips.column_by_name("country_of_origin").unwrap();
    let countries: Vec<_> = countries.as_string::<i32>().iter().flatten().collect();
    assert_eq!(countries, ["FR", "XX"]);
    assert_eq!(real(trips, "avg_destinations"), [1.0, 1.0]);
    let nights = real(trips, "avg_nights_spent_per_destination");
    assert!(nights.iter().all(|nights| (nights - 2.0).abs() < 1e-5));
    let month = trips.column_by_name("month").unwrap();
    assert_eq!(month.as_primitive::<Int8Type>().values()[..], [3, 3]);
    let without = &found[TABLES[2]][0];
    let codes = without.column_by_name("mcc").unwrap();
    assert_eq!(codes.as_primitive::<Int16Type>().values()[..], [0, 1, 999]);
    assert_eq!(whole(without, "subscribers"), [1, 1, 1]);
}

#[test]
fn a_trip_over_the_end_of_a_month_counts_where_it_ends() {
    // Noon of 31 March to noon of 1 April, in a village that lies in two zones.
    let person = hourly(1, Some("208-01"), 132..156, CellIx(0));
    let events = [EventTable::from_rows(person)];
    let found = by_zone(&said_of(&events, &Arc::new(inputs(0..14)), &TABLES));
    let (march, april): (Vec<Row>, Vec<Row>) =
        found.into_iter().partition(|row| row.0 == "2026-03");
    assert!(march.iter().all(|row| (row.4, row.5) == (0.0, 0.0)));
    let nights: f32 = april.iter().map(|row| row.4).sum();
    assert!((nights - 1.0).abs() < 1e-5, "{nights}");
    for row in &april {
        assert!(row.0 == "2026-04" && row.1.starts_with("south") && row.5 == 1.0);
        let cut = (0.2..0.8).contains(&row.4);
        assert_eq!(cut, row.3, "{row:?}");
    }
    assert_eq!((march.len(), april.len()), (4, 4));
}

#[test]
fn who_sees_whom_first_changes_nothing() {
    let mut people: Vec<_> = (1..13_u16)
        .map(|who| {
            let home = ["208-01", "310-410", "999-01"][usize::from(who) % 3];
            let cell = CellIx(u32::from(who) % 3);
            hourly(who.into(), Some(home), 10 * who..10 * who + 40, cell)
        })
        .collect();
    let inputs = Arc::new(inputs(0..14));
    let tables = |people: &[Vec<(Subscriber, Event)>]| -> Vec<EventTable> {
        let table = |rows: &Vec<_>| EventTable::from_rows(rows.clone());
        people.iter().map(table).collect()
    };
    let apart = said_of(&tables(&people), &inputs, &TABLES);
    assert!(by_zone(&apart).len() > 6);
    people.reverse();
    assert_eq!(said_of(&tables(&people), &inputs, &TABLES), apart);
    let together = [EventTable::from_rows(people.concat())];
    assert_eq!(said_of(&together, &inputs, &TABLES), apart);
    // In a run it is chance how many workers see somebody; here each subscriber has one.
    assert_eq!(merged(&tables(&people), &inputs), apart[TABLES[0]][0]);
}

/// The table by zone, from a worker for each part.
fn merged(parts: &[EventTable], inputs: &Arc<Inputs>) -> RecordBatch {
    let reducer = inbound::Inbound {
        inputs: Arc::clone(inputs),
        table: inbound::InboundTable::ByZone,
    };
    let (cells, calendar) = (cells(), calendar());
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let mut whole = reducer.start(&public);
    for part in parts {
        let mut partial = reducer.start(&public);
        part.visit(&mut |history| {
            let track = Track::new(public, history);
            reducer.subscriber(&track, &mut partial);
            Ok(())
        })
        .unwrap();
        reducer.merge(&mut whole, partial);
    }
    reducer.finish(&public, whole).unwrap().unwrap()
}

#[test]
fn segments_leave_no_gap_from_day_to_day() {
    let who = |who, hours: std::ops::Range<u16>| hourly(who, None, hours, CellIx(0));
    let people = [
        // At one place for days; silent for days; on the way at midnight, and silent after.
        who(1, 0..336),
        [who(2, 5..30), who(2, 200..210)].concat(),
        [who(3, 20..24), hourly(3, None, 24..25, FAR), who(3, 60..61)].concat(),
    ];
    let events = [EventTable::from_rows(people.concat())];
    let found = said_of(&events, &Arc::new(inputs(0..14)), &["time_segments"]);
    let batch = &found["time_segments"][0];
    let users = batch.column_by_name("user_id").unwrap().as_binary::<i32>();
    let at = |name: &str| {
        let column = batch.column_by_name(name).unwrap();
        let column = column.as_primitive::<TimestampMicrosecondType>();
        column.values().to_vec()
    };
    let (from, to) = (at("start_timestamp"), at("end_timestamp"));
    let states = batch.column_by_name("state").unwrap();
    let states = states.as_primitive::<Int8Type>();
    let mut stay_s = 0;
    for row in 0..batch.num_rows() {
        if row > 0 && users.value(row) == users.value(row - 1) {
            // A day ends a second before the next begins.
            let gap_s = (from[row] - to[row - 1]) / 1_000_000;
            assert!((0..=1).contains(&gap_s), "row {row}: {gap_s} s");
        }
        if users.value(row)[0] == 0x10 && states.value(row) == 1 {
            stay_s += (to[row] - from[row]) / 1_000_000;
        }
    }
    // All but the hour that the clock skips and the two ends of the window.
    let hours = 14 * 24 - 1;
    let found = stay_s / 3_600;
    assert!((hours - 2..=hours).contains(&found), "{found} of {hours} h");
}
