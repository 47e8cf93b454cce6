use proptest::prelude::*;

use super::*;
use crate::Mcc;

fn seen(at: &[i64]) -> Vec<Seen> {
    (0..)
        .zip(at)
        .map(|(cell, at_ms)| Seen::at(*at_ms, CellIx(cell)))
        .collect()
}

proptest! {
    /// Against all events sorted by what the rule says.
    #[test]
    fn nearest_is_the_first_of_all_by_distance_then_time(
        mut at in proptest::collection::vec(0_i64..40, 0..12),
        moment in 0_i64..40,
        tolerance in 0_i64..20,
    ) {
        at.sort_unstable();
        let seen = seen(&at);
        let mut all: Vec<&Seen> = seen.iter().collect();
        all.sort_by_key(|s| ((s.at_ms - moment).abs(), s.at_ms));
        let slow = all.first().filter(|s| (s.at_ms - moment).abs() <= tolerance);
        prop_assert_eq!(nearest(&seen, moment, tolerance), slow.map(|s| s.place));
    }

    /// Every phone at a cell with a footprint is in some tile, whatever the numbers.
    #[test]
    fn no_phone_is_lost(
        phones in proptest::collection::vec(0_u32..50, 5),
        reach in proptest::collection::btree_set((0_u32..4, 0_u16..30), 1..60),
        rounds in 1_u32..30,
    ) {
        let rows = reach.iter().map(|(c, t)| (CellIx(*c), Tile::new(0, *t), 0.1 + f32::from(*t)));
        let connection = Footprints::new(5, rows.collect()).unwrap().connection();
        let mut counts = CellCounts::none(5);
        for (cell, phones) in (0..).map(CellIx).zip(&phones) {
            (0..*phones).for_each(|_| counts.add(Some(Place::Cell(cell))));
        }
        let rule = PresentRule { max_rounds: rounds, min_change: 0.0, ..PresentRule::MULTIMNO };
        if let Ok(found) = present(&counts, &connection, 40, &rule) {
            let all: u64 = phones.iter().map(|p| u64::from(*p)).sum();
            let placed: f64 = found.tiles.iter().map(|t| t.1).sum();
            prop_assert!((placed + found.unplaced as f64 - all as f64).abs() < 1e-6);
        }
    }
}

/// Two cells of which one reaches a part of the other's tiles: solved by hand.
///
/// Tile 0 is reached by `a` alone, tile 1 by both with equal dominance. With 10 phones at each the likeliest
/// population has nobody at tile 0 beyond what explains a surplus at `a`: 10 = x0 + x1/2 and 10 = x1/2.
#[test]
fn rounds_lead_to_the_likeliest_population() {
    let rows = [(0, 0), (0, 1), (1, 1)].map(|(c, t)| (CellIx(c), Tile::new(0, t), 0.5));
    let connection = Footprints::new(2, rows.to_vec()).unwrap().connection();
    let mut counts = CellCounts::none(2);
    for cell in [0, 1] {
        (0..10).for_each(|_| counts.add(Some(Place::Cell(CellIx(cell)))));
    }
    counts.add(Some(Place::Abroad(Mcc::new(208).unwrap())));
    let rule = PresentRule {
        max_rounds: 5_000,
        min_change: 0.0,
        ..PresentRule::MULTIMNO
    };
    let found = present(&counts, &connection, 2, &rule).unwrap();
    // The maximum lies on the border, so that the way there is slow.
    assert!(
        found.tiles[0].1 < 0.01 && (found.tiles[1].1 - 20.0).abs() < 0.01,
        "{found:?}"
    );
    assert_eq!(counts.abroad(), 1);
    // The first round by hand: of `a`'s ten two thirds stay at tile 0.
    let once = PresentRule {
        max_rounds: 1,
        ..rule
    };
    let found = present(&counts, &connection, 2, &once).unwrap();
    assert!((found.tiles[0].1 - 20.0 / 3.0).abs() < 1e-12, "{found:?}");
    assert!((found.change - 20.0 / 3.0).abs() < 1e-12);
}

#[test]
fn footprints_that_do_not_fit_are_refused_and_the_rest_is_counted() {
    let rows = vec![(CellIx(0), Tile::new(0, 0), 1.0)];
    let connection = Footprints::new(2, rows).unwrap().connection();
    let mut counts = CellCounts::none(2);
    let rule = PresentRule::MULTIMNO;
    let said = |counts: &CellCounts, tiles| present(counts, &connection, tiles, &rule);
    assert!(said(&counts, 1).unwrap_err().message().contains("no phone"));
    counts.add(Some(Place::Cell(CellIx(1))));
    assert!(said(&counts, 1).unwrap_err().message().contains("no phone"));
    counts.add(Some(Place::Cell(CellIx(0))));
    assert_eq!(said(&counts, 1).unwrap().unplaced, 1);
    assert!(
        said(&counts, 0)
            .unwrap_err()
            .message()
            .contains("the grid has 0")
    );
    let bad = PresentRule {
        min_change: f64::NAN,
        ..rule
    };
    assert!(present(&counts, &connection, 1, &bad).is_err());
}
