use erewhon_events::{Event, EventKind, EventTable};
use erewhon_types::{CellIx, Subscriber};

use super::*;
use crate::{BaselineRow, Better, Group, cases::Town};

fn report(town: &Town, real: &EventTable, synthetic: &EventTable) -> UtilityReport {
    let truth = Truth::read(town.public(), real, &one_in_four).unwrap();
    truth.compare(synthetic).unwrap()
}

/// Who is examined.
fn one_in_four(who: Subscriber) -> bool {
    who.bits().is_multiple_of(4)
}

fn perfect(better: Better) -> f64 {
    match better {
        Better::Lower => 0.0,
        Better::Higher => 1.0,
    }
}

#[test]
fn a_copy_is_perfect_in_every_measure() {
    let town = Town::new(6);
    let real = town.commuters(300, 1);
    let report = report(&town, &real, &real);
    for measure in &report.measures {
        let value = measure.value.unwrap();
        if measure.group == Group::Tasks {
            // What it is examined on, it has learnt by heart.
            let off = |value: f64| (value - perfect(measure.better)).abs();
            let from_half = off(measure.sampling_error.unwrap());
            assert!(off(value) <= from_half + 0.01, "{measure:?}");
            continue;
        }
        assert_eq!(measure.trivial, None);
        let off = (value - perfect(measure.better)).abs();
        assert!(off < 1e-9, "{}: {value}", measure.id);
        assert!(measure.sampling_error.is_some(), "{}", measure.id);
    }
    assert_eq!(report.events_real, real.events() as u64);
    assert_eq!(report.subscribers_real, real.subscribers() as u64);
    for hour in &report.presence.real {
        assert!((hour.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    let flows: f64 = report.flows.iter().map(|f| f.real).sum();
    assert!((flows - 1.0).abs() < 1e-9);
    assert!(report.flows.is_sorted_by(|a, b| a.real >= b.real));
    for chart in &report.charts {
        assert_eq!(chart.bin_edges.len(), chart.real.len() + 1, "{}", chart.id);
        assert!(
            (chart.real.iter().sum::<f64>() - 1.0).abs() < 1e-9,
            "{}",
            chart.id
        );
    }
}

#[test]
fn ghosts_score_worse_than_a_half_sample_and_another_draw_does_not() {
    let town = Town::new(6);
    let real = town.commuters(1200, 1);
    let ghosts = report(&town, &real, &town.ghosts(1200, 2));
    let another = report(&town, &real, &town.commuters(1200, 3));
    // What ghosts share with the town by construction: when they call, and how often.
    let told_apart = |id: &str| {
        ![
            "events_per_day",
            "inter_event",
            "burstiness",
            "hour_of_week",
        ]
        .iter()
        .any(|same| id.starts_with(same))
    };
    for (ghost, twin) in ghosts.measures.iter().zip(&another.measures) {
        let off = |value: Option<f64>| (value.unwrap() - perfect(ghost.better)).abs();
        let yardstick = off(ghost.sampling_error);
        if told_apart(&ghost.id) {
            assert!(off(ghost.value) > yardstick, "{}: {ghost:?}", ghost.id);
            assert!(off(twin.value) < off(ghost.value), "{}", ghost.id);
        }
        // Twice the yardstick plus a fine bin: halves of 600 stand for draws of 1,200.
        assert!(
            off(twin.value) <= 2.0 * yardstick + 0.011,
            "{}: {twin:?}",
            twin.id
        );
    }
}

/// A copy of those who are not held out knows nothing of those who are: it is examined on strangers, and does no
/// better than half as many real people. A copy of everybody has learnt the answers.
#[test]
fn nobody_is_examined_on_what_was_learnt() {
    let town = Town::new(6);
    // Everybody calls from two places of their own, to and fro: who knows the person knows the next place.
    let rows = (0..400u64).flat_map(|who| {
        let places = [who % 36, who * 7 % 36].map(|cell| CellIx(cell as u32));
        let start = town.calendar.start_utc_ms();
        (0..60i64).map(move |hour| {
            let at = start + hour * 3_600_000;
            let event = Event::at(at, places[(hour % 2) as usize], EventKind::CallOut);
            (Subscriber::new(who), event)
        })
    });
    let real = EventTable::from_rows(rows.collect());
    let part = |held_out: bool| {
        let of = real
            .histories()
            .filter(|h| one_in_four(h.subscriber) == held_out);
        EventTable::from_histories(of)
    };
    let task = |of: &EventTable| {
        let report = report(&town, &real, of);
        let measure = report.measure("anomaly_auc").unwrap();
        (measure.value.unwrap(), measure.sampling_error.unwrap())
    };
    let (learnt, yardstick) = task(&part(false));
    let (by_heart, _) = task(&part(true));
    assert!(by_heart > learnt + 0.02, "{by_heart} {learnt}");
    assert!((learnt - yardstick).abs() < 0.1, "{learnt} {yardstick}");
    // Who holds nobody out has nobody to examine.
    let truth = Truth::read(town.public(), &real, &|_| false).unwrap();
    let report = truth.compare(&real).unwrap();
    let tasks = report.measures.iter().filter(|m| m.group == Group::Tasks);
    assert!(tasks.clone().count() > 3);
    assert!(
        tasks
            .into_iter()
            .all(|m| m.value.is_none() && m.sampling_error.is_none())
    );
}

#[test]
fn one_move_is_measured_in_km() {
    // Everybody sits at one cell; in the synthetic data they sit three cells to the east.
    let town = Town::new(5);
    let sit = |cell| {
        let event = |hour: i64| {
            let at_ms = town.calendar.start_utc_ms() + hour * 3_600_000;
            Event::at(at_ms, CellIx(cell), EventKind::Data)
        };
        let rows = (0..20).flat_map(|s| (0..24).map(move |h| (Subscriber::new(s), event(h))));
        EventTable::from_rows(rows.collect())
    };
    let report = report(&town, &sit(0), &sit(3));
    let value = |id: &str| {
        let measure = report.measures.iter().find(|m| m.id == id).unwrap();
        measure.value.unwrap()
    };
    assert!((value("hourly_emd_km") - 3.0).abs() < 1e-9);
    assert!((value("night_emd_km") - 3.0).abs() < 1e-9);
    assert_eq!(value("home_density_jsd_bit"), 1.0);
    assert_eq!(value("daily_range_error_km"), 0.0);
    assert_eq!(value("hour_of_week_jsd_bit"), 0.0);
}

#[test]
fn sparse_data_give_absent_values_and_no_nan() {
    let town = Town::new(3);
    let single = |subscriber, hour: i64| {
        let at_ms = town.calendar.start_utc_ms() + hour * 3_600_000;
        let event = Event::at(at_ms, CellIx(4), EventKind::CallOut);
        (Subscriber::new(subscriber), event)
    };
    let none = EventTable::default();
    let outside = EventTable::from_rows(vec![single(1, -5), single(2, 24 * 11)]);
    let one = EventTable::from_rows(vec![single(1, 3)]);
    let some = EventTable::from_rows((0..9).map(|s| single(s, s as i64)).collect());
    let sources = [&none, &outside, &one, &some];
    for real in sources {
        for synthetic in sources {
            let report = report(&town, real, synthetic);
            for measure in &report.measures {
                for value in [measure.value, measure.sampling_error]
                    .into_iter()
                    .flatten()
                {
                    assert!(value.is_finite(), "{}", measure.id);
                }
            }
            let charts = report
                .charts
                .iter()
                .flat_map(|c| [&c.real, &c.synthetic, &c.real_error]);
            assert!(charts.flatten().all(|share| share.is_finite()));
            assert!(
                report
                    .presence
                    .real
                    .iter()
                    .flatten()
                    .all(|share| share.is_finite())
            );
        }
    }
    let measures = report(&town, &some, &one).measures;
    let value = |id: &str| measures.iter().find(|m| m.id == id).unwrap().value;
    assert_eq!(value("hourly_emd_km"), Some(0.0));
    assert_eq!(value("morning_emd_km"), None);
    assert_eq!(value("jump_length_jsd_bit"), None);
    assert_eq!(report(&town, &none, &some).subscribers_real, 0);
    assert_eq!(report(&town, &outside, &some).events_real, 0);
}

#[test]
fn one_truth_serves_several_comparisons() {
    let town = Town::new(5);
    let (real, ghosts) = (town.commuters(200, 1), town.ghosts(200, 2));
    let truth = Truth::read(town.public(), &real, &one_in_four).unwrap();
    let first = truth.compare(&ghosts).unwrap();
    let row = BaselineRow::new("ghosts", &first);
    assert!(row.hourly_emd_km.unwrap() > 0.1);
    assert_eq!(
        row.daily_range_error_km,
        first.measure("daily_range_error_km").unwrap().value
    );
    truth.compare(&real).unwrap();
    assert_eq!(truth.compare(&ghosts).unwrap(), first);
    assert_eq!(truth.subscribers(), first.subscribers_real);
}

#[test]
fn more_than_256_cells_are_joined_and_the_definition_says_so() {
    let town = Town::new(17);
    let report = report(&town, &town.commuters(60, 1), &town.ghosts(60, 2));
    let emd = &report.measures[0];
    assert!(emd.definition.contains("joined into at most 256 zones"));
    assert!(emd.value.unwrap() > 1.0);
}

#[test]
fn lattice_steps_are_not_sold_as_kilometres() {
    let town = Town::new(3);
    let ids = (0..9).map(|i| i.to_string()).collect();
    let cells = erewhon_geo::CellTable::schematic(ids).unwrap();
    let public = Public {
        cells: &cells,
        calendar: &town.calendar,
    };
    let real = town.commuters(40, 1);
    let truth = Truth::read(public, &real, &one_in_four).unwrap();
    let report = truth.compare(&real).unwrap();
    for measure in report.measures {
        let warned = measure.definition.contains("lattice");
        assert_eq!(warned, measure.unit == "step", "{}", measure.id);
        assert_ne!(measure.unit, "km");
    }
}

#[test]
fn days_without_events_count_and_a_heavy_caller_weighs_no_more() {
    let town = Town::new(3);
    let at = |subscriber, minute: i64, cell| {
        let at_ms = town.calendar.start_utc_ms() + minute * 60_000;
        let event = Event::at(at_ms, CellIx(cell), EventKind::CallOut);
        (Subscriber::new(subscriber), event)
    };
    let mut rows: Vec<_> = (0..30).map(|minute| at(1, minute, 0)).collect();
    rows.push(at(2, 5, 8));
    let real = EventTable::from_rows(rows);
    let report = report(&town, &real, &real);
    assert_eq!(report.presence.real[0][0], 0.5);
    assert_eq!(report.presence.real[0][8], 0.5);
    // Twenty subscriber-days: eighteen silent, one with 1 event, one with 30.
    let chart = report
        .charts
        .iter()
        .find(|c| c.id == "events_per_day")
        .unwrap();
    assert_eq!(chart.real[..2], [0.9, 0.05]);
    assert_eq!(chart.real.last(), Some(&0.05));
    assert_eq!(chart.bin_edges[chart.real.len() - 1..], [26.0, 51.0]);
}

#[test]
fn two_halves_that_share_nothing_give_the_largest_error() {
    let town = Town::new(3);
    let at = |subscriber, minute: i64| {
        let at_ms = town.calendar.start_utc_ms() + minute * 60_000;
        let event = Event::at(at_ms, CellIx(0), EventKind::CallOut);
        (Subscriber::new(subscriber), event)
    };
    let scene = Scene::new(town.public());
    let in_first_half = |subscriber: &u64| {
        let alone = EventTable::from_rows(vec![at(*subscriber, 0)]);
        lanes::parts(&scene, &alone, &one_in_four).unwrap().halves[0].subscribers == 1
    };
    let first = (0..99).find(in_first_half).unwrap();
    let second = (0..99).find(|s| !in_first_half(s)).unwrap();
    // One calls thirty times in the first hour, the other once in the second: they weigh the same.
    let mut rows: Vec<_> = (0..30).map(|minute| at(first, minute)).collect();
    rows.push(at(second, 60));
    let real = EventTable::from_rows(rows);
    let report = report(&town, &real, &real);
    let chart = report
        .charts
        .iter()
        .find(|c| c.id == "hour_of_week")
        .unwrap();
    assert!(chart.real.iter().all(|share| (share - 0.5).abs() < 1e-9));
    assert!(
        chart
            .real_error
            .iter()
            .all(|error| (error - 0.5).abs() < 1e-9)
    );
}
