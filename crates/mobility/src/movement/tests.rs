use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::cases::{Case, any_case};

/// Cells by local day, in time order.
fn by_day(case: &Case) -> BTreeMap<u16, Vec<CellIx>> {
    let mut days: BTreeMap<u16, Vec<CellIx>> = BTreeMap::new();
    for event in &case.events {
        if let Some(local) = case.calendar.local(event.time_utc_ms) {
            days.entry(local.day).or_default().push(event.cell);
        }
    }
    days
}

proptest! {
    #[test]
    fn daily_range_is_the_largest_of_all_pairs(case in any_case()) {
        let slow: Vec<f64> = by_day(&case)
            .values()
            .map(|cells| {
                let pairs = cells.iter().flat_map(|&a| cells.iter().map(move |&b| (a, b)));
                pairs.map(|(a, b)| case.cells.distance_m(a, b)).fold(0.0, f64::max)
            })
            .collect();
        let mut fast = Vec::new();
        daily_ranges_m(&case.track(), &mut fast);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn day_jumps_are_changes_of_cell_within_a_day(case in any_case()) {
        let slow: Vec<f64> = by_day(&case)
            .values()
            .flat_map(|cells| cells.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>())
            .filter(|(a, b)| a != b)
            .map(|(a, b)| case.cells.distance_m(a, b))
            .collect();
        let mut fast = Vec::new();
        day_jumps_m(&case.track(), &mut fast);
        prop_assert_eq!(fast, slow);
    }

    /// Half the mean squared distance of all ordered pairs is the mean square about the centre.
    #[test]
    fn radius_of_gyration_follows_from_pairs(case in any_case()) {
        let cells: Vec<CellIx> = by_day(&case).into_values().flatten().collect();
        let fast = radius_of_gyration_m(&case.track());
        prop_assert_eq!(fast.is_none(), cells.is_empty());
        if let Some(fast) = fast {
            let n = cells.len() as f64;
            let squares: f64 = cells
                .iter()
                .flat_map(|&a| cells.iter().map(move |&b| (a, b)))
                .map(|(a, b)| case.cells.distance_m(a, b).powi(2))
                .sum();
            let slow = (squares / (2.0 * n * n)).sqrt();
            prop_assert!((fast - slow).abs() < 1e-3, "{} {}", fast, slow);
        }
    }
}

#[test]
fn cells_of_one_site_have_no_radius() {
    for site in [(13_777.1, 4_211.3), (812.7, 90_001.9), (3.3, 7.7)] {
        let events: Vec<_> = (0..7)
            .map(|hour| (0, hour, (hour % 3) as u32 % 2))
            .collect();
        let case = Case::of(&[site, site], 1, &events);
        assert_eq!(radius_of_gyration_m(&case.track()), Some(0.0), "{site:?}");
    }
}

#[test]
fn a_silent_night_makes_no_day_jump() {
    let case = Case::of(
        &[(0.0, 0.0), (900.0, 0.0)],
        2,
        &[(0, 23, 0), (1, 1, 1), (1, 2, 0)],
    );
    let mut jumps_m = Vec::new();
    day_jumps_m(&case.track(), &mut jumps_m);
    assert_eq!(jumps_m, [900.0]);
}
