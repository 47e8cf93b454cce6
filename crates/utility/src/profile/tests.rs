use std::collections::BTreeMap;

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_types::{CellIx, Subscriber};

use super::*;
use crate::{cases::Town, motifs::Network};

const DAY_MS: i64 = 86_400_000;

fn profile(scene: &Scene<'_>, table: &EventTable) -> Profile {
    let mut profile = Profile::empty(scene);
    let mut scratch = Vec::new();
    table
        .histories()
        .for_each(|history| profile.add(scene, history, &mut scratch));
    profile
}

/// The slow twin goes day by day, cell by cell.
#[test]
fn days_and_runs_are_what_lists_of_them_say() {
    let town = Town::new(6);
    let scene = Scene::new(town.public());
    let people = town.commuters(200, 9);
    let fast = profile(&scene, &people);

    let mut slow = Profile::empty(&scene);
    for history in people.histories() {
        let day_of = |event: &Event| (event.time_utc_ms - town.calendar.start_utc_ms()) / DAY_MS;
        for day in history.events.chunk_by(|a, b| day_of(a) == day_of(b)) {
            let cells: Vec<CellIx> = day.iter().map(|event| event.cell).collect();
            let mut distinct = Vec::new();
            for cell in &cells {
                if !distinct.contains(cell) {
                    distinct.push(*cell);
                }
            }
            let place = |cell: CellIx| distinct.iter().position(|known| *known == cell).unwrap();
            let (mut network, mut travel_km) = (Network::default(), 0.0);
            for step in cells.windows(2) {
                network.change(place(step[0]), place(step[1]));
                travel_km += town.cells.distance_m(step[0], step[1]) / 1000.0;
                if step[0] != step[1] {
                    slow.jumps[step[0].index() * 36 + step[1].index()] += 1.0;
                }
            }
            slow.motifs[scene.motifs.class(distinct.len(), network)] += 1.0;
            slow.daily_cells.add(distinct.len() as f64, 1.0);
            slow.daily_travel_km.add(travel_km, 1.0);
            slow.travel_km_sum += travel_km;
        }
        let mut by_cell = BTreeMap::<CellIx, f64>::new();
        for run in history.events.chunk_by(|a, b| a.cell == b.cell) {
            let ms = run[run.len() - 1].time_utc_ms - run[0].time_utc_ms;
            slow.dwell_s.add(ms as f64 / 1000.0, 1.0);
            *by_cell.entry(run[0].cell).or_default() += run.len() as f64;
        }
        let mut counts: Vec<f64> = by_cell.into_values().collect();
        counts.sort_by(|a, b| b.total_cmp(a));
        for (rank, count) in counts.iter().enumerate() {
            slow.own_ranks[rank.min(10)] += count / history.events.len() as f64;
        }
    }
    assert_eq!(fast.jumps, slow.jumps);
    assert_eq!(fast.motifs, slow.motifs);
    assert_eq!(fast.daily_cells.weights(), slow.daily_cells.weights());
    assert_eq!(fast.dwell_s.weights(), slow.dwell_s.weights());
    assert_eq!(
        fast.daily_travel_km.weights(),
        slow.daily_travel_km.weights()
    );
    assert!((fast.travel_km_sum - slow.travel_km_sum).abs() < 1e-6);
    for (fast, slow) in fast.own_ranks.iter().zip(&slow.own_ranks) {
        assert!((fast - slow).abs() < 1e-9);
    }
    assert!(slow.motifs.iter().filter(|days| **days > 0.0).count() > 9);
}

#[test]
fn burstiness_by_hand() {
    assert_eq!(burstiness(&[5.0, 5.0, 5.0]), Some(-1.0));
    // Mean 2, deviation 1.
    assert_eq!(burstiness(&[1.0, 3.0]), Some(-1.0 / 3.0));
    assert_eq!(burstiness(&[1.0]), None);
    assert_eq!(burstiness(&[0.0, 0.0]), None);
}

/// Home at cell 0, work at cell 4, one evening at cell 24: the corner of a square of 4 km.
#[test]
fn one_life_by_hand() {
    let town = Town::new(5);
    let scene = Scene::new(town.public());
    let mut rows = Vec::new();
    let mut at = |day: i64, hour: i64, cell| {
        let at_ms = town.calendar.start_utc_ms() + day * DAY_MS + hour * 3_600_000;
        let event = Event::at(at_ms, CellIx(cell), EventKind::Data);
        rows.push((Subscriber::new(7), event));
    };
    for day in 0..3 {
        at(day, 2, 0);
        at(day, 10, 4);
        at(day, 15, 4);
    }
    at(2, 20, 24);
    let profile = profile(&scene, &EventTable::from_rows(rows));
    let only = |histogram: &Histogram, value: f64| {
        let mut other = Histogram::new(&histogram.edges().into());
        other.add(value, 1.0);
        assert_eq!(histogram.weights(), other.weights(), "{value}");
    };
    only(&profile.home_distance_km, 32f64.sqrt());
    only(&profile.commute_km, 4.0);
    // Three events at 0 and six at 4: sqrt(2/9) of 4 km.
    only(&profile.k_gyration_km[0], 4.0 * (2.0f64 / 9.0).sqrt());
    let shares = [0.6f64, 0.3, 0.1];
    only(
        &profile.uncorrelated_bits,
        -shares.iter().map(|p| p * p.log2()).sum::<f64>(),
    );
    assert_eq!(profile.own_ranks[..4], [0.6, 0.3, 0.1, 0.0]);
    assert_eq!(profile.travel_km_sum, 16.0);
    // Three days of three to four stretches, and home's zone at night on each of them.
    let zones = scene.zones.zones();
    let home = scene.zones.zone_of(CellIx(0)).index();
    assert_eq!(profile.by_home[home * DAYPARTS * zones + home], 3.0);
    assert_eq!(profile.by_home.iter().sum::<f64>(), 10.0);
}

#[test]
fn cells_that_are_not_there_are_left_out_of_everything_else() {
    let town = Town::new(3);
    let scene = Scene::new(town.public());
    let at = |minute: i64, cell| {
        let at_ms = town.calendar.start_utc_ms() + minute * 60_000;
        (
            Subscriber::new(1),
            Event::at(at_ms, CellIx(cell), EventKind::Data),
        )
    };
    let with = profile(
        &scene,
        &EventTable::from_rows(vec![at(1, 0), at(2, 9), at(3, 1)]),
    );
    let without = profile(&scene, &EventTable::from_rows(vec![at(1, 0), at(3, 1)]));
    assert_eq!(with.events, 2);
    assert_eq!(with.jumps, without.jumps);
    assert_ne!(with.impossible, without.impossible);
}
