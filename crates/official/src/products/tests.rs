use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
};

use arrow_array::{
    RecordBatch,
    cast::AsArray as _,
    types::{Float32Type, Int32Type},
};
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{Definitions, Public, run};
use erewhon_types::{Calendar, CellIx, Local, Subscriber, Window};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::{Day, Mcc, Network, Origin, SegmentRule, SignalRule, TileZones, ZoneMap};

mod moves;
mod visitors;

/// A village, its mill 2 km to the east, and a far cell; the clocks change on the fourth day.
fn cells() -> CellTable {
    let at = |id: &str, lat, lon| Cell {
        range_m: Some(1_500.0),
        ..Cell::geographic(id, lat, lon)
    };
    let cells = vec![
        at("village", 52.5, 13.4),
        at("mill", 52.5, 13.43),
        at("far", 52.9, 13.4),
    ];
    CellTable::new(Frame::Geographic, cells).unwrap()
}

fn calendar() -> Calendar {
    Calendar::new(&Window::parse("2026-03-26", 14, "Europe/Berlin").unwrap()).unwrap()
}

/// With all that a product may need.
fn inputs(days: std::ops::Range<u16>) -> Inputs {
    let (network, origin) = Network::computed(&cells(), &SignalRule::MULTIMNO).unwrap();
    let days = days.map(|day| Day::of(&calendar(), day).unwrap());
    let mut inputs = Inputs::multimno(network, days.collect()).unwrap();
    inputs.zones = Some(zones(&inputs.network, origin));
    inputs.own = BTreeSet::from([Mcc::new(262).unwrap()]);
    inputs.check().unwrap();
    inputs
}

/// The north, where the far cell is, and the south cut at the village.
fn zones(network: &Network, origin: Origin) -> TileZones {
    let place = tempfile::tempdir().unwrap();
    let area = |name: &str, west: f64, south: f64, east: f64, north: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
        )
    };
    let areas = [
        area("north", 12.0, 52.7, 15.0, 54.0),
        area("south-west", 12.0, 51.0, 13.4, 52.7),
        area("south-east", 13.4, 51.0, 15.0, 52.7),
    ];
    let path = place.path().join("areas.geojson");
    let features = areas.join(",");
    let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    std::fs::write(&path, text).unwrap();
    let (areas, _) = erewhon_geo::read_areas(&path, "name").unwrap();
    TileZones::of(network, origin, "three areas", ZoneMap::Areas(&areas)).unwrap()
}

/// Three subscribers that live in the village and work at the mill every other day, in two parts.
fn events() -> [EventTable; 2] {
    let calendar = calendar();
    let mut rows = Vec::new();
    for who in 1..=3_u64 {
        for day in 0..14_u16 {
            for hour in 0..24_u16 {
                let at_mill = (9..17).contains(&hour) && (day + who as u16).is_multiple_of(2);
                let minute = hour * 60 + 7 * who as u16;
                let at_ms = calendar.utc_ms(Local { day, minute });
                let cell = CellIx(u32::from(at_mill));
                rows.push((
                    Subscriber::new(who << 60),
                    Event::at(at_ms, cell, EventKind::Data),
                ));
            }
        }
    }
    let (first, second) = rows.split_at(14 * 24);
    [first, second].map(|rows| EventTable::from_rows(rows.to_vec()))
}

/// What each product says, by its name, all batches of it.
type Said = BTreeMap<&'static str, Vec<RecordBatch>>;

fn said(inputs: Inputs, wanted: &[&str]) -> Said {
    said_of(&events(), &Arc::new(inputs), wanted)
}

fn said_of(events: &[EventTable], inputs: &Arc<Inputs>, wanted: &[&str]) -> Said {
    let chosen: Vec<&Product> = PRODUCTS
        .iter()
        .filter(|p| wanted.is_empty() || wanted.contains(&p.name))
        .collect();
    let reducers: Vec<_> = chosen
        .iter()
        .map(|product| product.reducer(inputs).unwrap())
        .collect();
    let (cells, calendar) = (cells(), calendar());
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let mut found: BTreeMap<&str, Vec<RecordBatch>> = BTreeMap::new();
    let mut keep = |place: usize, batch| {
        found.entry(chosen[place].name).or_default().push(batch);
        Ok(())
    };
    run(events, &public, &Definitions::DEFAULT, &reducers, &mut keep).unwrap();
    found
}

fn whole(batch: &RecordBatch, name: &str) -> Vec<i32> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Int32Type>()
        .values()
        .to_vec()
}

fn real(batch: &RecordBatch, name: &str) -> Vec<f32> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Float32Type>()
        .values()
        .to_vec()
}

#[test]
fn names_differ_and_are_those_of_the_reducers() {
    let inputs = Arc::new(inputs(0..2));
    let mut names = BTreeSet::new();
    for product in PRODUCTS {
        assert_eq!(product.reducer(&inputs).unwrap().name(), product.name);
        assert!(names.insert(product.name));
    }
}

#[test]
fn every_product_has_one_schema_and_the_columns_of_its_directories() {
    let found = said(inputs(0..14), &[]);
    for product in PRODUCTS {
        let Some(batches) = found.get(product.name) else {
            // Every cell reaches a tile, nobody moves, and nobody's home network is told.
            let silent = ["cells_without_footprint", "internal_migration"];
            assert!(silent.contains(&product.name) || product.name.starts_with("tourism"));
            continue;
        };
        for batch in batches {
            assert_eq!(batch.schema(), batches[0].schema(), "{}", product.name);
            for column in product.partitions {
                assert!(
                    batch.column_by_name(column).is_some(),
                    "{} {column}",
                    product.name
                );
            }
        }
    }
}

#[test]
fn phones_are_where_people_are() {
    let found = said(inputs(0..14), &["present_population"]);
    let batch = &found["present_population"][0];
    let phones: f32 = real(batch, "population").iter().sum();
    // Three at each of two moments of 14 days.
    assert!((phones - 84.0).abs() < 0.1, "{phones}");
}

#[test]
fn home_is_in_the_village_for_everybody() {
    let found = said(
        inputs(0..14),
        &["usual_environment_labels", "aggregated_usual_environments"],
    );
    let inputs = inputs(0..14);
    let village = inputs.network.footprints().of(CellIx(0));
    let tiles: BTreeSet<i32> = village
        .iter()
        .map(|e| inputs.network.footprints().tiles()[e.0 as usize].grid_id())
        .collect();
    let mut people = BTreeSet::new();
    for batch in &found["usual_environment_labels"] {
        let label = batch.column_by_name("label").unwrap().as_string::<i32>();
        let who = batch.column_by_name("user_id").unwrap().as_binary::<i32>();
        for (row, tile) in whole(batch, "grid_id").into_iter().enumerate() {
            if label.value(row) == "home" {
                assert!(tiles.contains(&tile));
                people.insert(who.value(row).to_vec());
            }
        }
    }
    assert_eq!(people.len(), 3);
    let batch = &found["aggregated_usual_environments"][0];
    let label = batch.column_by_name("label").unwrap().as_string::<i32>();
    let devices = real(batch, "weighted_device_count");
    let homes = devices
        .iter()
        .enumerate()
        .filter(|(row, _)| label.value(*row) == "home");
    assert!((homes.map(|(_, d)| d).sum::<f32>() - 3.0).abs() < 1e-3);
}

/// Subscriber, tile and sums of a state.
type Sums = BTreeMap<(Vec<u8>, i32), [f32; 4]>;

fn sums(batches: &[RecordBatch]) -> Sums {
    let mut sums = Sums::new();
    for batch in batches {
        let who = batch.column_by_name("user_id").unwrap().as_binary::<i32>();
        let parts = ["whole_day", "part_1", "part_2", "part_3"].map(|name| real(batch, name));
        for (row, tile) in whole(batch, "grid_id").into_iter().enumerate() {
            let key = (who.value(row).to_vec(), tile);
            assert!(
                sums.insert(key, std::array::from_fn(|part| parts[part][row]))
                    .is_none()
            );
        }
    }
    sums
}

#[test]
fn a_state_that_days_are_added_to_is_that_of_all_days() {
    let wanted = ["longitudinal_state", "longitudinal_environment"];
    let all = said(inputs(0..14), &wanted);
    let first = said(inputs(0..6), &wanted);
    assert!(
        !first.contains_key("longitudinal_environment"),
        "six days are fewer than ten"
    );

    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("state.parquet");
    let batches = &first["longitudinal_state"];
    let mut file =
        ArrowWriter::try_new(File::create(&path).unwrap(), batches[0].schema(), None).unwrap();
    batches.iter().for_each(|batch| file.write(batch).unwrap());
    file.close().unwrap();
    let states = read_states(&path).unwrap();
    assert_eq!(
        (states.len(), states.until()),
        (3, Some(jiff::civil::date(2026, 3, 31)))
    );

    // Days that are in the state already are not added again.
    let rest = said(
        Inputs {
            states,
            ..inputs(4..14)
        },
        &wanted,
    );
    let (all_sums, rest_sums) = (
        sums(&all["longitudinal_state"]),
        sums(&rest["longitudinal_state"]),
    );
    assert!(all_sums.keys().eq(rest_sums.keys()));
    for (key, sums) in &all_sums {
        let same = sums
            .iter()
            .zip(rest_sums[key])
            .all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(same, "{sums:?} {:?}", rest_sums[key]);
    }
    let rows = |batches: &[RecordBatch]| {
        batches
            .iter()
            .map(|b| whole(b, "rank").len())
            .sum::<usize>()
    };
    let environments = [&all, &rest].map(|said| rows(&said["longitudinal_environment"]));
    assert_eq!(environments[0], environments[1]);

    // Whoever has a state and is silent keeps it.
    let none = Inputs {
        states: read_states(&path).unwrap(),
        ..inputs(0..6)
    };
    assert_eq!(
        sums(&said(none, &wanted)["longitudinal_state"]),
        sums(batches)
    );
    let damaged = place.path().join("damaged.parquet");
    std::fs::write(&damaged, b"PAR1 and no more").unwrap();
    assert!(read_states(&damaged).is_err());
}

#[test]
fn rules_are_said_as_toml() {
    let one = inputs(0..1);
    assert!(!one.to_toml().contains("second_term_from"));
    let text = Inputs {
        second_term: Some(one.days[0].date()),
        ..one
    }
    .to_toml();
    for line in [
        "tolerance_ms = 3600000",
        "max_speed_m_s = 13.89",
        "night_min = [1080, 480]",
        "second_term_from = \"2026-03-26\"",
        "own_mcc = [262]",
        "trip_gap_ms = 86400000",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let bad = Inputs {
        segments: SegmentRule {
            pad_ms: -1,
            ..SegmentRule::MULTIMNO
        },
        ..inputs(0..1)
    };
    assert!(bad.check().is_err());
    let (network, _) = Network::computed(&cells(), &SignalRule::MULTIMNO).unwrap();
    assert!(Inputs::multimno(network, Vec::new()).is_err());
}

#[test]
fn a_product_without_what_it_needs_is_refused() {
    let (network, _) = Network::computed(&cells(), &SignalRule::MULTIMNO).unwrap();
    let day = Day::of(&calendar(), 0).unwrap();
    let bare = Arc::new(Inputs::multimno(network, vec![day]).unwrap());
    let lacks = |name: &str| -> Vec<Need> {
        let product = PRODUCTS.iter().find(|p| p.name == name).unwrap();
        let refused = product.reducer(&bare).err();
        let lacks: Vec<Need> = product.lacks(&bare).collect();
        assert_eq!(refused.is_some(), !lacks.is_empty(), "{name}");
        assert!(refused.is_none_or(|error| error.hint() == Some(lacks[0].hint())));
        lacks
    };
    assert_eq!(lacks("present_population"), []);
    assert_eq!(lacks("internal_migration"), [Need::Zones, Need::TwoTerms]);
    assert_eq!(
        lacks("tourism_trip_aggregations"),
        [Need::Zones, Need::OwnCodes]
    );
    assert_eq!(lacks("codes_without_country"), [Need::OwnCodes]);
    let outside = |date| {
        Inputs {
            second_term: Some(date),
            ..inputs(0..14)
        }
        .check()
    };
    let refused = outside(jiff::civil::date(2026, 3, 26)).unwrap_err();
    assert_eq!(
        refused.hint().unwrap()[..34],
        *"allowed: 2026-03-27 to 2026-04-08,"
    );
    outside(jiff::civil::date(2026, 4, 8)).unwrap();
}
