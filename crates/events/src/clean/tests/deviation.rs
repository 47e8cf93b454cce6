use super::*;
use crate::clean::deviation::{BESIDE, deviations};

fn after(rule: &SpatialDeviation, history: &[(i64, u32)]) -> Vec<u32> {
    let mut events = data(history);
    for (row, cell) in deviations(rule, cells().plane_m(), &events) {
        events[row].cell = cell;
    }
    path(&events)
}

#[test]
fn a_short_visit_far_off_joins_the_middle() {
    let rule = SpatialDeviation::default();
    let after = |history: &[(i64, u32)]| after(&rule, history);
    assert_eq!(after(&[(0, 0), (400, 3), (800, 0)]), [0, 0, 0]);
    assert_eq!(
        after(&[(0, 0), (400, 3), (800, 1)]),
        [0, 1, 1],
        "the cells around it need not be one: the nearer of the two"
    );
    assert_eq!(
        after(&[
            (0, 1),
            (200, 0),
            (400, 3),
            (500, 4),
            (600, 2),
            (700, 1),
            (800, 0)
        ]),
        [1, 0, 0, 2, 2, 1, 0],
        "two in a row, each by the events around it"
    );
    assert_eq!(
        after(&[(0, 0), (400, 2), (800, 0)]),
        [0, 2, 0],
        "2.5 km are not far"
    );
    assert_eq!(
        after(&[(0, 0), (400, 3), (701, 3), (900, 0)]),
        [0, 3, 3, 0],
        "it stayed too long"
    );
    assert_eq!(
        after(&[(0, 0), (400, 3), (1301, 0)]),
        [0, 3, 0],
        "nobody says where it went"
    );
}

#[test]
fn a_journey_stays_a_journey() {
    // Cells along a road, 10 km from one to the next.
    let road = (0..9).map(|i| Cell::planar(i.to_string(), f64::from(i) * 10_000.0, 0.0));
    let cells = CellTable::new(Frame::Planar, road.collect()).unwrap();
    let rule = SpatialDeviation::default();
    let found = |history: &[(i64, u32)]| deviations(&rule, cells.plane_m(), &data(history)).len();
    let on = (0..9).map(|i| (i64::from(i) * 300, i));
    assert_eq!(found(&on.collect::<Vec<_>>()), 0);
    // Many events before the departure, one on the way, few after the arrival.
    let at_home = (0..12).map(|minute| (minute * 60, 2));
    let away = [(800, 5), (900, 8), (1_000, 8)];
    assert_eq!(found(&at_home.chain(away).collect::<Vec<_>>()), 0);
}

#[test]
fn of_two_cells_as_good_the_lower_row_is_taken() {
    let rule = SpatialDeviation {
        farther_m: 800.0,
        ..SpatialDeviation::default()
    };
    let at = [(0.0, 0.0), (0.0, 500.0), (2_000.0, 250.0)];
    let cells = at.map(|(x, y)| Cell::planar(format!("{x} {y}"), x, y));
    let cells = CellTable::new(Frame::Planar, cells.to_vec()).unwrap();
    for history in [[(0, 0), (60, 2), (120, 1)], [(0, 1), (60, 2), (120, 0)]] {
        let moved = deviations(&rule, cells.plane_m(), &data(&history));
        assert_eq!(moved, [(1, CellIx(0))]);
    }
}

#[test]
fn only_the_nearest_events_are_asked() {
    let rule = SpatialDeviation::default();
    let beside = BESIDE as i64;
    // Before: as many events here as are asked, and many more of the far cell before them.
    let far = (0..100).map(|second| (second, 3));
    let here = (0..beside).map(|second| (200 + second, 0));
    let visit = [(300, 3), (400, 0), (500, 0)];
    let history: Vec<_> = far.chain(here).chain(visit).collect();
    assert_eq!(after(&rule, &history)[100 + beside as usize], 0);
}

/// Looks for the first visit that is off, from the start, has it join, and looks again.
fn slow_deviations(rule: &SpatialDeviation, events: &[Event]) -> Vec<(usize, CellIx)> {
    let cells = cells();
    let metres = |a: CellIx, b: CellIx| cells.distance_m(a, b).round();
    let within_ms = i64::from(rule.within_s) * 1000;
    let mut after = events.to_vec();
    loop {
        let rows: Vec<usize> = (0..events.len()).collect();
        let stays = groups(&rows, &after);
        let off = stays.windows(3).find_map(|three| {
            let (first, last) = (three[1][0], *three[1].last().unwrap());
            let (came, went) = (after[first].time_utc_ms, after[last].time_utc_ms);
            let here = after[first].cell;
            let before: Vec<&Event> = (0..first)
                .rev()
                .take(16)
                .map(|row| &after[row])
                .filter(|e| came - e.time_utc_ms <= within_ms)
                .collect();
            let later: Vec<&Event> = (last + 1..after.len())
                .take(16)
                .map(|row| &after[row])
                .filter(|e| e.time_utc_ms - went <= within_ms)
                .collect();
            if before.is_empty()
                || later.is_empty()
                || went - came > i64::from(rule.lasting_s) * 1000
            {
                return None;
            }
            let sum =
                |side: &[&Event], cell| -> f64 { side.iter().map(|e| metres(cell, e.cell)).sum() };
            let cost = |cell: CellIx| {
                let (b, l) = (before.len() as f64, later.len() as f64);
                l * sum(&before, cell) + b * sum(&later, cell) + b * l * metres(cell, here)
            };
            let (from, to) = (before[0], later[0]);
            let mut joins = match (from.time_utc_ms == came, to.time_utc_ms == went) {
                (true, false) => vec![from],
                (false, true) => vec![to],
                _ => vec![from, to],
            };
            joins.sort_by_key(|e| e.cell);
            let mut best = here;
            for e in joins {
                if cost(e.cell) < cost(best) {
                    best = e.cell;
                }
            }
            (cells.distance_m(best, here) > rule.farther_m).then(|| (three[1].clone(), best))
        });
        let Some((rows, cell)) = off else {
            break;
        };
        rows.into_iter().for_each(|row| after[row].cell = cell);
    }
    let moved = after.iter().zip(events).enumerate();
    moved
        .filter(|(_, (after, before))| after.cell != before.cell)
        .map(|(row, (after, _))| (row, after.cell))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn it_finds_what_its_slow_twin_finds(
        events in history(),
        within_s in prop::sample::select(vec![60_u32, 900, 3_600]),
        lasting_s in prop::sample::select(vec![0_u32, 300]),
        farther_m in prop::sample::select(vec![900.0, 2_000.0, 5_000.0]),
    ) {
        let rule = SpatialDeviation { within_s, lasting_s, farther_m, ..SpatialDeviation::default() };
        let cells = cells();
        let found = deviations(&rule, cells.plane_m(), &events);
        prop_assert_eq!(&found, &slow_deviations(&rule, &events));
        // Nothing is left to do, and rows are in the order that they were.
        let mut after = events;
        found.iter().for_each(|&(row, cell)| after[row].cell = cell);
        prop_assert!(deviations(&rule, cells.plane_m(), &after).is_empty());
        prop_assert!(after.is_sorted_by_key(|e| (e.time_utc_ms, e.cell)));
    }
}
