use erewhon_types::CellIx;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::Footprints;

/// Three groups of one tile, two and one.
fn groups() -> Groups {
    let rows = [(0, 0), (1, 1), (1, 2), (2, 3)];
    let rows = rows.map(|(cell, north)| (CellIx(cell), Tile::new(0, north), 1.0));
    Groups::of(&Footprints::new(3, rows.to_vec()).unwrap())
}

const fn tile(north: u16) -> Spot {
    Spot::Tile(Tile::new(0, north))
}

fn at(slot: u8, groups: &[u32]) -> SlotScore {
    let score = Score::Tiles(groups.iter().map(|g| GroupIx(*g)).collect());
    SlotScore { slot, score }
}

#[test]
fn slots_belong_to_the_day_that_their_part_began_on() {
    let rule = MidtermRule::multimno();
    rule.check().unwrap();
    let (today, before) = (date(2023, 1, 10), date(2023, 1, 9));
    let of = |interval, slot| rule.day_of(interval, today, Slots::Hours, slot);
    assert_eq!(
        [of(Interval::All, 3), of(Interval::All, 4)],
        [Some(before), Some(today)]
    );
    let night = [7, 8, 17, 18].map(|slot| of(Interval::Night, slot));
    assert_eq!(night, [Some(before), None, None, Some(today)]);
    let work = [7, 8, 16, 17].map(|slot| of(Interval::Working, slot));
    assert_eq!(work, [None, Some(today), Some(today), None]);
    assert_eq!(
        [of(Interval::Evening, 21), of(Interval::Evening, 22)],
        [Some(today), None]
    );
    let late = MidtermRule {
        evening_min: (20 * 60, 0),
        ..rule.clone()
    };
    late.check().unwrap();
    assert_eq!(
        late.day_of(Interval::Evening, today, Slots::Hours, 23),
        Some(today)
    );
    // A night that lies between midnight and the start of a day is of the day before.
    let small = MidtermRule {
        night_min: (0, 4 * 60),
        ..rule.clone()
    };
    assert_eq!(
        small.day_of(Interval::Night, today, Slots::Hours, 3),
        Some(before)
    );
    for wrong in [
        MidtermRule {
            night_min: (60, 60),
            ..rule.clone()
        },
        MidtermRule {
            night_min: (1_441, 60),
            ..rule.clone()
        },
        MidtermRule {
            working_min: (3 * 60, 9 * 60),
            ..rule.clone()
        },
        MidtermRule {
            night_min: (3 * 60, 2 * 60),
            ..rule.clone()
        },
        MidtermRule {
            day_starts_min: 7,
            ..rule
        },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn slots_and_days_are_counted_by_period() {
    let mut rule = MidtermRule::multimno();
    // A Monday that is a holiday, between a Sunday and a Tuesday.
    rule.holidays.insert(date(2023, 1, 9));
    let month = (date(2023, 1, 1), date(2023, 1, 31));
    let periods = [
        Period::ALL,
        Period::NIGHT,
        Period::WORKING,
        Period {
            days: Days::Holidays,
            interval: Interval::All,
        },
        Period {
            days: Days::Weekends,
            interval: Interval::All,
        },
        Period {
            days: Days::Mondays,
            interval: Interval::All,
        },
    ];
    let mut midterm = Midterm::new(&rule, month, &periods);
    let groups = groups();
    let country = Mcc::new(208).unwrap();
    let abroad = SlotScore {
        slot: 10,
        score: Score::Abroad(country),
    };
    let unknown = SlotScore {
        slot: 12,
        score: Score::Unknown,
    };
    midterm.add(
        date(2023, 1, 8),
        Slots::Hours,
        &[at(3, &[0]), at(10, &[0]), at(20, &[0, 1])],
    );
    midterm.add(
        date(2023, 1, 9),
        Slots::Hours,
        &[at(2, &[0]), at(10, &[1]), abroad, unknown],
    );
    midterm.add(
        date(2023, 1, 10),
        Slots::Hours,
        &[at(9, &[2]), at(10, &[2])],
    );
    // December is no part of the month, but for its last hours.
    let found = midterm.finish(&groups);
    let of = |at: usize| {
        let spots = found[at].1.iter();
        spots
            .map(|(s, p)| (*s, p.slots, p.days))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(0),
        [
            // Hours 3 of the 8th and 2 of the 9th are of the days before.
            (tile(0), 4, 2),
            (tile(1), 2, 2),
            (tile(2), 2, 2),
            (tile(3), 2, 1),
            (Spot::Abroad(country), 1, 1),
            (Spot::Unknown, 1, 1),
            // A slot at two places is one.
            (Spot::Device, 7, 4),
        ]
    );
    assert_eq!(of(1).last(), Some(&(Spot::Device, 3, 2)));
    // On the holiday only who is abroad works.
    assert_eq!(
        of(2),
        [
            (tile(3), 2, 1),
            (Spot::Abroad(country), 1, 1),
            (Spot::Device, 3, 2)
        ]
    );
    assert_eq!(of(3).last(), Some(&(Spot::Device, 1, 1)));
    assert_eq!(of(4).last(), Some(&(Spot::Device, 4, 2)));
    assert_eq!(of(5).last(), of(3).last());
}

proptest! {
    /// Groups that change do not change what is said of tiles: against a count by tile.
    #[test]
    fn spreading_groups_early_or_late_is_the_same(
        days in proptest::collection::vec(
            proptest::collection::btree_map(0_u8..24, proptest::collection::btree_set(0_u32..3, 1..3), 0..8),
            1..6,
        ),
        spread_after in 0_usize..6,
    ) {
        let rule = MidtermRule::multimno();
        let month = (date(2023, 1, 1), date(2023, 1, 31));
        let groups = groups();
        let mut midterm = Midterm::new(&rule, month, &[Period::ALL]);
        let mut slow: BTreeMap<Spot, (u32, BTreeSet<Date>)> = BTreeMap::new();
        for (day, slots) in days.iter().enumerate() {
            let date = date(2023, 1, 10 + day as i8);
            let mut scores = Vec::new();
            for (slot, of_slot) in slots {
                let of_slot: Vec<u32> = of_slot.iter().copied().collect();
                scores.push(at(*slot, &of_slot));
                let counted = if *slot < 4 { date.yesterday().unwrap() } else { date };
                let tiles = of_slot.iter().flat_map(|g| groups.tiles(GroupIx(*g)));
                let spots = tiles.map(|t| Spot::Tile(*t)).chain([Spot::Device]);
                for spot in spots {
                    let count = slow.entry(spot).or_default();
                    count.0 += 1;
                    count.1.insert(counted);
                }
            }
            midterm.add(date, Slots::Hours, &scores);
            if day == spread_after {
                midterm.spread(&groups);
            }
        }
        let found = midterm.finish(&groups).remove(0).1;
        let slow = slow.into_iter().map(|(spot, (slots, days))| {
            (spot, Permanence { slots, days: days.len() as u32 })
        });
        prop_assert_eq!(found, slow.collect::<BTreeMap<_, _>>());
    }
}

#[test]
fn months_add_up_to_a_season() {
    let month = |slots, days| BTreeMap::from([(Spot::Device, Permanence { slots, days })]);
    let months = [month(10, 2), BTreeMap::new(), month(20, 4)];
    let found = long_term(&months)[&Spot::Device];
    assert_eq!(found.all, Permanence { slots: 30, days: 6 });
    assert_eq!(
        (found.days_mean, found.days_std),
        (3.0, Some(2.0_f64.sqrt()))
    );
    assert_eq!(long_term(&months[..1])[&Spot::Device].days_std, None);
}
