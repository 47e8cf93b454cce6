use std::collections::{BTreeMap, BTreeSet};

use erewhon_geo::{Cell, CellTable, Frame};
use proptest::prelude::*;

use super::*;
use crate::cases::{Case, any_case, dense_case};

#[test]
fn cells_join_the_first_leader_near_enough() {
    // 0 - 400 m - 1 - 400 m - 2: cell 1 leads, being seen on most days, so all are one place.
    let line = [(0.0, 0.0), (400.0, 0.0), (800.0, 0.0)];
    let middle = Case::of(&line, 7, &[(0, 1, 1), (1, 1, 1), (0, 2, 0), (0, 3, 2)]);
    let track = middle.track();
    assert_eq!(track.places().all().len(), 1);
    let place = track.places().all()[0];
    assert_eq!((place.cell, place.days, place.events), (CellIx(1), 2, 4));
    let end = Case::of(&line, 7, &[(0, 1, 0), (1, 1, 0), (0, 2, 1), (0, 3, 2)]);
    assert_eq!(end.track().places().all().len(), 2);
}

#[test]
fn nobody_has_no_places_and_no_shares() {
    let nobody = Case::of(&[(0.0, 0.0)], 7, &[]);
    assert!(nobody.track().places().all().is_empty());
    let seen_once = Case::of(&[(0.0, 0.0)], 7, &[(0, 1, 0)]);
    let track = seen_once.track();
    let place = track.places().all()[0];
    assert_eq!(track.places().share_of_time(&place), None);
    assert!(track.activity_space().all().is_empty());
    assert_eq!(track.activity_space().of(CellIx(0)), None);
}

/// One mast with two cells, of which one got a new row at the same position in mid-period, and one
/// cell that moved away.
#[test]
fn rows_of_one_mast_are_one_place_and_a_cell_that_moved_is_two() {
    let march = |day: i8| format!("2026-03-{day:02}T00:00:00Z").parse().ok();
    let row = |id: &str, x, from, to| Cell {
        valid_from_utc: from,
        valid_to_utc: to,
        ..Cell::planar(id, x, 0.0)
    };
    let list = vec![
        row("a", 0.0, None, march(4)),
        row("a", 0.0, march(4), None),
        row("b", 0.0, None, None),
        row("c", 5_000.0, None, march(4)),
        row("c", 9_000.0, march(4), None),
    ];
    let mut case = Case::of(
        &[(0.0, 0.0); 1],
        7,
        &[
            (0, 1, 0),
            (0, 2, 0),
            (3, 1, 1),
            (3, 3, 2),
            (0, 9, 3),
            (0, 10, 3),
            (3, 9, 4),
            (3, 10, 4),
        ],
    );
    case.cells = CellTable::new(Frame::Planar, list).unwrap();
    let definitions = crate::Definitions {
        places: PlaceRule { radius_m: 0.0 },
        ..crate::Definitions::default()
    };
    let track = case.track_by(&definitions);
    let places = track.places();
    let of = |cell| places.of(CellIx(cell)).unwrap();
    assert_eq!((of(0), of(0)), (of(1), of(2)));
    assert_ne!(of(3), of(4));
    assert_eq!(places.all().len(), 3);
    // A night over the change of rows of one cell is one stay; a move of the mast is none.
    assert_eq!(track.stays().len(), 4);
    assert_eq!(places.all()[of(0)].stays, 2);
}

proptest! {
    #[test]
    fn places_agree_with_sets(case in prop_oneof![any_case().boxed(), dense_case().boxed()]) {
        let track = case.track();
        let radius_m = PlaceRule::usual().radius_m;
        let events: Vec<(u32, u16)> = track.iter().map(|(l, e)| (e.cell.0, l.day)).collect();
        let mut by_cell = BTreeMap::<u32, (BTreeSet<u16>, u32)>::new();
        for &(cell, day) in &events {
            let (days, events) = by_cell.entry(cell).or_default();
            days.insert(day);
            *events += 1;
        }
        let mut order: Vec<u32> = by_cell.keys().copied().collect();
        order.sort_by_key(|c| Reverse((by_cell[c].0.len(), by_cell[c].1, Reverse(*c))));
        let mut leads: Vec<u32> = Vec::new();
        let mut lead_of = BTreeMap::new();
        for cell in order {
            let near = |&&lead: &&u32| {
                case.cells.distance_m(CellIx(lead), CellIx(cell)) <= radius_m
            };
            let lead = leads.iter().find(near).copied().unwrap_or(cell);
            if lead == cell {
                leads.push(cell);
            }
            lead_of.insert(cell, lead);
        }
        let places = track.places();
        prop_assert_eq!(places.all().iter().map(|p| p.cell.0).collect::<Vec<_>>(), leads);
        for place in places.all() {
            let here = |cell: &u32| lead_of[cell] == place.cell.0;
            let mine: Vec<_> = events.iter().filter(|(cell, _)| here(cell)).collect();
            let days: BTreeSet<u16> = mine.iter().map(|(_, day)| *day).collect();
            let stays: Vec<_> = track.stays().iter().filter(|s| here(&s.cell.0)).collect();
            prop_assert_eq!(usize::from(place.days), days.len());
            prop_assert_eq!(place.events as usize, mine.len());
            prop_assert_eq!(place.stays as usize, stays.len());
            prop_assert_eq!(place.dwell_ms, stays.iter().map(|s| s.dwell_ms()).sum::<u64>());
        }
    }

    #[test]
    fn an_activity_space_shares_out_the_time_of_all_stays(case in dense_case()) {
        let track = case.track();
        let space = track.activity_space();
        let shares = space.all().iter().filter_map(|place| space.share_of_time(place));
        let total: f64 = shares.sum();
        prop_assert!(track.stays().is_empty() || (total - 1.0).abs() < 1e-9);
        let radius_m = PlaceRule::usual().radius_m;
        for (a, place) in space.all().iter().enumerate() {
            prop_assert!(place.stays > 0 && place.days > 0 && place.events > 0);
            for other in &space.all()[a + 1..] {
                prop_assert!(case.cells.distance_m(place.cell, other.cell) > radius_m);
            }
        }
        for stay in track.stays() {
            let place = &space.all()[space.of(stay.cell).unwrap()];
            prop_assert!(case.cells.distance_m(place.cell, stay.cell) <= radius_m);
        }
    }
}
