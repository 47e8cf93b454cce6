use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use erewhon_types::{Calendar, CellIx, Window};
use proptest::prelude::*;

use super::*;
use crate::{Footprints, Tile};

const MIN: i64 = 60_000;
const RULE: PermanenceRule = PermanenceRule::MULTIMNO;

fn day() -> Day {
    let window = Window::parse("2026-03-03", 1, "UTC").unwrap();
    Day::of(&Calendar::new(&window).unwrap(), 0).unwrap()
}

/// Four cells in a row, two tiles wide each: 0 and 1 share a tile, 2 is 10 km away, 3 has no footprint.
fn footprints() -> Footprints {
    let rows = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 100), (2, 101)];
    let rows = rows.map(|(cell, east)| (CellIx(cell), Tile::new(east, 0), 1.0));
    Footprints::new(4, rows.to_vec()).unwrap()
}

/// Events at minutes of the day; cell 9 is France.
fn seen(events: &[(i64, u32)]) -> Vec<Seen> {
    let place = |cell| match cell {
        9 => Place::Abroad(Mcc::new(208).unwrap()),
        cell => Place::Cell(CellIx(cell)),
    };
    let event = |(minute, cell): &(i64, u32)| Seen {
        at_ms: day().start_ms() + minute * MIN,
        place: place(*cell),
    };
    events.iter().map(event).collect()
}

fn held_min(events: &[(i64, u32)]) -> Vec<(i64, i64, usize)> {
    let footprints = Arc::new(footprints());
    let held = held(&seen(events), &day(), &RULE, &mut Reach::over(&footprints));
    let minute = |ms: i64| (ms - day().start_ms()) / MIN;
    held.iter()
        .map(|h| (minute(h.from_ms), minute(h.to_ms), h.event))
        .collect()
}

#[test]
fn silence_is_bridged_by_place_and_hour() {
    // Two hours at one place by day, and no more; an event speaks for 7.5 minutes beyond.
    assert_eq!(
        held_min(&[(600, 0), (720, 0)]),
        [(592, 660, 0), (660, 727, 1)]
    );
    assert_eq!(
        held_min(&[(600, 0), (722, 0)]),
        [(592, 607, 0), (714, 729, 1)]
    );
    // Eight hours by night, for which the other event is before 9:00.
    assert_eq!(
        held_min(&[(60, 0), (539, 0)]),
        [(52, 299, 0), (299, 546, 1)]
    );
    // Each side is judged by the hour of the other event, so that the later one reaches back alone.
    assert_eq!(held_min(&[(90, 0), (541, 0)]), [(82, 97, 0), (315, 548, 1)]);
    // A quarter of an hour at two places.
    assert_eq!(
        held_min(&[(600, 0), (614, 1)]),
        [(592, 607, 0), (607, 621, 1)]
    );
    assert_eq!(
        held_min(&[(600, 0), (620, 1)]),
        [(592, 607, 0), (612, 627, 1)]
    );
    // Abroad an event without another one beside it speaks for two hours.
    assert_eq!(held_min(&[(600, 9)]), [(480, 720, 0)]);
}

#[test]
fn whoever_is_too_fast_is_nowhere() {
    // 9.8 km to and 9.8 km from cell 2 in 20 minutes: 16 m/s.
    let there_and_back = [(600, 1), (610, 2), (620, 1)];
    assert_eq!(
        held_min(&there_and_back)
            .iter()
            .map(|h| h.2)
            .collect::<Vec<_>>(),
        [0, 2]
    );
    // In 30 minutes it is 10.9 m/s.
    assert_eq!(held_min(&[(600, 1), (615, 2), (630, 1)]).len(), 3);
    // No distance is known to a place without a footprint, so nobody is too fast.
    assert_eq!(held_min(&[(600, 3), (601, 2), (602, 3)]).len(), 3);
    // The straight way past it is.
    assert_eq!(held_min(&[(600, 1), (601, 3), (602, 2)]).len(), 2);
    assert!(held_min(&[(600, 1), (610, 1), (610, 2), (610, 1)]).len() < 4);
}

fn said(events: &[(i64, u32)]) -> BTreeMap<u8, Vec<Score>> {
    let footprints = Arc::new(footprints());
    let (seen, groups) = (seen(events), Groups::of(&footprints));
    let held = held(&seen, &day(), &RULE, &mut Reach::over(&footprints));
    let mut said: BTreeMap<u8, Vec<Score>> = BTreeMap::new();
    for SlotScore { slot, score } in scores(&seen, &held, &day(), &RULE, &groups) {
        said.entry(slot).or_default().push(score);
    }
    said
}

#[test]
fn half_a_slot_is_enough_and_cells_that_share_tiles_add_up() {
    let tiles = |groups: &[u32]| vec![Score::Tiles(groups.iter().map(|g| GroupIx(*g)).collect())];
    // Groups: 0 is tile 0, 1 the shared tile, 2 tile 2, 3 the far ones.
    let found = said(&[(600, 0), (615, 0), (625, 0), (635, 1), (650, 1), (660, 1)]);
    // From 10:00 to 10:30 at cell 0, from then on at cell 1: both tiles, and the shared one all hour.
    assert_eq!(found[&10], tiles(&[0, 1, 2]));
    assert_eq!(found[&12], vec![Score::Unknown]);
    // A quarter of an hour each is enough for the tile in common alone.
    let found = said(&[(600, 0), (610, 0), (620, 1), (630, 1)]);
    assert_eq!(found[&10], tiles(&[1]));
    // For less than half of the slot there is nothing to say.
    assert_eq!(said(&[(600, 0)]).get(&10), None);
    assert_eq!(said(&[(600, 0)]).len(), 22);
}

#[test]
fn places_without_tiles_are_said() {
    let country = Score::Abroad(Mcc::new(208).unwrap());
    assert_eq!(said(&[(600, 9)])[&9], [country]);
    assert_eq!(said(&[(600, 3), (650, 3)])[&10], [Score::NoFootprint]);
    assert!(said(&[]).is_empty());
}

proptest! {
    /// Against a count of every second of the day, place by place.
    #[test]
    fn scores_are_those_of_a_count_of_seconds(
        mut events in proptest::collection::vec((0_i64..1_440, 0_u32..4), 1..14),
    ) {
        events.sort_unstable();
        let (footprints, day) = (Arc::new(footprints()), day());
        let (seen, groups) = (seen(&events), Groups::of(&footprints));
        let held = held(&seen, &day, &RULE, &mut Reach::over(&footprints));
        let found = scores(&seen, &held, &day, &RULE, &groups);
        let mut slow = Vec::new();
        for slot in 0..24_u8 {
            let from_s = day.start_ms() / 1_000 + i64::from(slot) * 3_600;
            let (mut any, mut all, mut nowhere) = (false, 0, 0);
            let mut by_group: BTreeMap<GroupIx, i64> = BTreeMap::new();
            for h in &held {
                let (from, to) = (h.from_ms.div_euclid(1_000), h.to_ms.div_euclid(1_000));
                let overlaps = h.from_ms < (from_s + 3_600) * 1_000 && h.to_ms > from_s * 1_000;
                any |= overlaps;
                for second in from_s..from_s + 3_600 {
                    if !(from..to).contains(&second) {
                        continue;
                    }
                    all += 1;
                    let Place::Cell(cell) = seen[h.event].place else { unreachable!() };
                    nowhere += i64::from(groups.of_cell(cell).is_empty());
                    for group in groups.of_cell(cell) {
                        *by_group.entry(*group).or_default() += 1;
                    }
                }
            }
            let long: BTreeSet<GroupIx> =
                by_group.into_iter().filter(|(_, s)| *s >= 1_800).map(|(g, _)| g).collect();
            let score = match (any, all >= 1_800, long.is_empty(), nowhere >= 1_800) {
                (false, ..) => Some(Score::Unknown),
                (_, true, false, _) => Some(Score::Tiles(long.into_iter().collect())),
                (_, true, true, true) => Some(Score::NoFootprint),
                _ => None,
            };
            slow.extend(score.map(|score| SlotScore { slot, score }));
        }
        if held.is_empty() {
            slow.clear();
        }
        prop_assert_eq!(found, slow);
    }
}

#[test]
fn a_rule_out_of_range_is_refused() {
    RULE.check().unwrap();
    assert!(
        PermanenceRule {
            max_speed_m_s: 0.0,
            ..RULE
        }
        .check()
        .is_err()
    );
    assert!(
        PermanenceRule {
            night_ms: -1,
            ..RULE
        }
        .check()
        .is_err()
    );
}
