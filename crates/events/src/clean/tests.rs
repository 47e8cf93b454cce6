use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use erewhon_geo::Cell;
use erewhon_types::{CellIx, Window};
use proptest::prelude::*;

use super::*;
use crate::{DeviceClass, EventKind};

mod deviation;

/// Metres east of five cells: three neighbours, and two a city away.
const EAST_M: [f64; 5] = [0.0, 1_003.0, 2_517.0, 60_011.0, 61_031.0];

fn cells() -> CellTable {
    let cells = EAST_M.iter().enumerate();
    let cells = cells.map(|(i, &east_m)| Cell::planar(i.to_string(), east_m, 0.0));
    CellTable::new(Frame::Planar, cells.collect()).unwrap()
}

fn calendar() -> Calendar {
    Calendar::new(&Window::parse("2026-03-02", 28, "UTC").unwrap()).unwrap()
}

fn event(second: i64, cell: u32, kind: EventKind) -> Event {
    let start = calendar().start_utc_ms();
    Event::at(start + second * 1000, CellIx(cell), kind)
}

fn data(history: &[(i64, u32)]) -> Vec<Event> {
    let of = |&(second, cell): &(i64, u32)| event(second, cell, EventKind::Data);
    history.iter().map(of).collect()
}

fn path(events: &[Event]) -> Vec<u32> {
    events.iter().map(|e| e.cell.0).collect()
}

/// Histories whose gaps and cells meet every rule now and then.
fn history() -> impl Strategy<Value = Vec<Event>> {
    let gap = prop_oneof![0_i64..8, 30_i64..200, 100_i64..1_500];
    let kind = prop::sample::select(vec![
        EventKind::Data,
        EventKind::SmsOut,
        EventKind::Handover,
    ]);
    let row = (gap, 0_u32..5, kind, prop::option::of(1_u64..3));
    prop::collection::vec(row, 0..60).prop_map(|rows| {
        let mut second = 0;
        let of = |(gap, cell, kind, peer): (i64, u32, EventKind, Option<u64>)| {
            second += gap;
            let peer = peer.and_then(NonZeroU64::new);
            Event {
                peer,
                ..event(second, cell, kind)
            }
        };
        let mut events = rows.into_iter().map(of).collect();
        settle(&mut events);
        events
    })
}

/// Rules that all look and all change rows.
fn strict() -> Rules {
    let mut rules = Rules::default();
    rules.near_duplicate.apply = true;
    rules.too_many_events.apply = true;
    rules.too_many_events.per_day = 30;
    rules.machine.apply = true;
    rules.ping_pong.apply = true;
    rules.spatial_deviation.apply = true;
    rules
}

/// Of these, one.
fn alone(rule: HistoryRule) -> Rules {
    let (mut one, strict) = (Rules::off(), strict());
    match rule {
        HistoryRule::NearDuplicate => one.near_duplicate = strict.near_duplicate,
        HistoryRule::TooManyEvents => one.too_many_events = strict.too_many_events,
        HistoryRule::Machine => one.machine = strict.machine,
        HistoryRule::ImpossibleSpeed => one.impossible_speed = strict.impossible_speed,
        HistoryRule::PingPong => one.ping_pong = strict.ping_pong,
        HistoryRule::SpatialDeviation => one.spatial_deviation = strict.spatial_deviation,
    }
    one
}

fn cleaned(rules: &Rules, events: &[Event]) -> (Vec<Event>, Tally) {
    let (cells, calendar) = (cells(), calendar());
    let cleaner = Cleaner::new(rules, &cells, &calendar).unwrap();
    let (mut events, mut tally) = (events.to_vec(), cleaner.tally());
    cleaner.clean(&mut events, &mut tally);
    (events, tally)
}

#[test]
fn a_double_goes_and_the_next_session_stays() {
    let rule = NearDuplicate::default();
    let events = data(&[(0, 0), (3, 0), (6, 0), (8, 0), (9, 1)]);
    assert_eq!(
        near::doubles(&rule, &events),
        [1, 3],
        "a chain is cut after five seconds"
    );
    let mut to_another = data(&[(0, 0), (3, 0)]);
    to_another[1].peer = NonZeroU64::new(4);
    assert!(near::doubles(&rule, &to_another).is_empty());
    let mut for_more = data(&[(0, 0), (3, 0)]);
    for_more[1].amount_minor = 500;
    assert!(near::doubles(&rule, &for_more).is_empty());
    let calls = NearDuplicate {
        kinds: vec![EventKind::CallOut],
        ..rule
    };
    assert!(near::doubles(&calls, &events).is_empty());
}

#[test]
fn a_flood_is_too_many_within_any_24_hours() {
    let rule = TooManyEvents {
        per_day: 3,
        ..TooManyEvents::default()
    };
    let noon = 43_200;
    let over_midnight = data(&[(noon, 0), (90_000, 0), (100_000, 0), (noon + 86_399, 0)]);
    assert!(whole::too_many(&rule, &over_midnight));
    let a_second_later = data(&[(noon, 0), (90_000, 0), (100_000, 0), (noon + 86_400, 0)]);
    assert!(!whole::too_many(&rule, &a_second_later));
}

#[test]
fn a_machine_stands_and_ticks_or_says_what_it_is() {
    let rule = Machine::default();
    let hourly: Vec<(i64, u32)> = (0..24 * 8).map(|hour| (hour * 3600, 2)).collect();
    assert!(whole::is_machine(&rule, &data(&hourly)));
    let mut meter = data(&hourly[..40]);
    assert!(!whole::is_machine(&rule, &meter), "too short a history");
    meter
        .iter_mut()
        .for_each(|e| e.device = DeviceClass::Machine);
    assert!(whole::is_machine(&rule, &meter));
    let mut person = data(&hourly);
    person[100].kind = EventKind::CallIn;
    assert!(!whole::is_machine(&rule, &person));
    let walks: Vec<(i64, u32)> = hourly
        .iter()
        .map(|&(t, _)| (t, u32::from(t % 86_400 > 80_000)))
        .collect();
    assert!(!whole::is_machine(&rule, &data(&walks)));
}

#[test]
fn of_a_bad_fix_the_bad_row_goes() {
    let rule = ImpossibleSpeed::default();
    let strays = |history: &[(i64, u32)]| {
        let found = speed::strays(&rule, cells().plane_m(), &data(history));
        (found.rows, found.unresolved)
    };
    assert_eq!(strays(&[(0, 0), (60, 3), (120, 1)]), (vec![1], 0));
    assert_eq!(
        strays(&[(0, 0), (60, 3), (70, 3), (120, 0)]),
        (vec![1, 2], 0)
    );
    assert_eq!(
        strays(&[(0, 0), (600, 3), (1200, 0)]),
        (vec![], 0),
        "360 km/h by train"
    );
    assert_eq!(
        strays(&[(0, 0), (60, 3), (900, 3), (960, 0)]),
        (vec![], 2),
        "a fix that stays"
    );
    assert_eq!(
        strays(&[(0, 3), (60, 0), (120, 0)]),
        (vec![], 1),
        "nothing before it to tell"
    );
    assert_eq!(strays(&[(0, 0), (0, 3), (0, 0)]), (vec![1], 0), "at once");
    assert_eq!(
        strays(&[(0, 0), (60, 3), (120, 4), (180, 0)]),
        (vec![], 2),
        "two places, no row"
    );
}

#[test]
fn a_swing_takes_the_cell_around_it() {
    let rule = PingPong::default();
    let after = |history: &[(i64, u32)]| {
        let mut events = data(history);
        for (row, cell) in ping_pong::swings(&rule, cells().plane_m(), &events) {
            events[row].cell = cell;
        }
        path(&events)
    };
    assert_eq!(after(&[(0, 0), (60, 1), (120, 0)]), [0, 0, 0]);
    assert_eq!(
        after(&[(0, 0), (60, 1), (70, 1), (120, 0), (130, 1), (140, 0)]),
        [0; 6]
    );
    assert_eq!(
        after(&[(0, 0), (60, 1), (70, 2), (80, 1), (120, 0)]),
        [0; 5]
    );
    assert_eq!(
        after(&[(0, 0), (60, 1), (301, 0)]),
        [0, 1, 0],
        "too long a trip"
    );
    assert_eq!(after(&[(0, 0), (60, 3), (120, 0)]), [0, 3, 0], "too far");
    assert_eq!(
        after(&[(0, 0), (60, 1), (120, 2)]),
        [0, 1, 2],
        "no way back"
    );
}

/// Rows kept one by one, each compared with all rows kept before.
fn slow_doubles(rule: &NearDuplicate, events: &[Event]) -> Vec<usize> {
    let mut kept: Vec<Event> = Vec::new();
    let mut found = Vec::new();
    for (row, event) in events.iter().enumerate() {
        let twin = |other: &Event| {
            other.kind == event.kind
                && other.cell == event.cell
                && other.peer == event.peer
                && other.amount_minor == event.amount_minor
                && event.time_utc_ms - other.time_utc_ms <= i64::from(rule.within_s) * 1000
        };
        if kept.iter().any(twin) {
            found.push(row);
        } else {
            kept.push(*event);
        }
    }
    found
}

/// Rows in groups of one cell.
fn groups(rows: &[usize], events: &[Event]) -> Vec<Vec<usize>> {
    let same = |a: &usize, b: &usize| events[*a].cell == events[*b].cell;
    rows.chunk_by(same).map(<[usize]>::to_vec).collect()
}

/// Takes the first bad stay out, and looks again from the start.
fn slow_strays(rule: &ImpossibleSpeed, events: &[Event]) -> speed::Strays {
    let cells = cells();
    let too_fast = |a: usize, b: usize| {
        let hours = (events[b].time_utc_ms - events[a].time_utc_ms) as f64 / 3_600_000.0;
        let metres = cells.distance_m(events[a].cell, events[b].cell);
        metres >= rule.farther_m && metres / 1000.0 > rule.over_kmh * hours
    };
    let mut rows: Vec<usize> = (0..events.len()).collect();
    loop {
        let stays = groups(&rows, events);
        let bad = stays.windows(3).find(|three| {
            let (before, after) = (*three[0].last().unwrap(), three[2][0]);
            let (first, last) = (three[1][0], *three[1].last().unwrap());
            let lasts_ms = events[last].time_utc_ms - events[first].time_utc_ms;
            too_fast(before, first)
                && too_fast(last, after)
                && !too_fast(before, after)
                && lasts_ms <= i64::from(rule.lasting_s) * 1000
        });
        let Some(bad) = bad else {
            let moves = stays.windows(2);
            let fast = moves.filter(|two| too_fast(*two[0].last().unwrap(), two[1][0]));
            let unresolved = fast.count() as u64;
            let gone = (0..events.len())
                .filter(|row| !rows.contains(row))
                .collect();
            return speed::Strays {
                rows: gone,
                unresolved,
            };
        };
        let gone = bad[1].clone();
        rows.retain(|row| !gone.contains(row));
    }
}

/// Adds row after row, and closes excursions at the end of what is there until none is left.
fn slow_swings(rule: &PingPong, events: &[Event]) -> Vec<(usize, CellIx)> {
    let cells = cells();
    let mut after = events.to_vec();
    for row in 0..events.len() {
        loop {
            let rows: Vec<usize> = (0..=row).collect();
            let stays = groups(&rows, &after);
            let [.., around, there, back] = stays.as_slice() else {
                break;
            };
            let (cell, away) = (after[around[0]].cell, after[there[0]].cell);
            let ms = after[back[0]].time_utc_ms - after[*around.last().unwrap()].time_utc_ms;
            let closes = after[back[0]].cell == cell
                && ms <= i64::from(rule.within_s) * 1000
                && cells.distance_m(cell, away) < rule.closer_m;
            if !closes {
                break;
            }
            there.iter().for_each(|&row| after[row].cell = cell);
        }
    }
    let moved = after
        .iter()
        .enumerate()
        .filter(|(row, e)| e.cell != events[*row].cell);
    moved.map(|(row, e)| (row, e.cell)).collect()
}

/// What becomes equal in the first round weighs less in the second, in which another row is off.
#[test]
fn a_subscriber_counts_once_whatever_the_rounds() {
    let rule = HistoryRule::SpatialDeviation;
    let (cells, calendar, rules) = (cells(), calendar(), alone(rule));
    let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
    let two_rounds = data(&[(0, 1), (0, 4), (160, 0), (160, 4), (380, 0), (380, 3)]);
    let (mut quality, tally) = (QualityReport::default(), cleaned(&rules, &two_rounds).1);
    cleaner.describe(&tally, &mut quality);
    let found = &quality.history_rules[rule as usize];
    assert_eq!((found.rows, found.subscribers), (2, 1));
}

fn slow_too_many(rule: &TooManyEvents, events: &[Event]) -> bool {
    events.iter().any(|first| {
        let within = |e: &&Event| (0..86_400_000).contains(&(e.time_utc_ms - first.time_utc_ms));
        events.iter().filter(within).count() > rule.per_day as usize
    })
}

fn slow_machine(rule: &Machine, events: &[Event]) -> bool {
    let mut by_cell = BTreeMap::new();
    events
        .iter()
        .for_each(|e| *by_cell.entry(e.cell).or_insert(0) += 1);
    let most = by_cell.into_values().max().unwrap_or(0);
    let n = events.len() as f64;
    let span_ms = events
        .last()
        .map_or(0, |e| e.time_utc_ms - events[0].time_utc_ms);
    let days = span_ms as f64 / 86_400_000.0;
    let by_class = events
        .iter()
        .filter(|e| rule.classes.contains(&e.device))
        .count();
    by_class as f64 > n / 2.0
        || (n > 0.0
            && days >= f64::from(rule.days)
            && n >= rule.per_day * days
            && f64::from(most) >= rule.cell_share * n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn rules_find_what_their_slow_twins_find(events in history(), per_day in 1_u32..40) {
        let cells = cells();
        let near = NearDuplicate::default();
        prop_assert_eq!(near::doubles(&near, &events), slow_doubles(&near, &events));
        let speed = ImpossibleSpeed::default();
        prop_assert_eq!(speed::strays(&speed, cells.plane_m(), &events), slow_strays(&speed, &events));
        let swing = PingPong::default();
        prop_assert_eq!(ping_pong::swings(&swing, cells.plane_m(), &events), slow_swings(&swing, &events));
        let many = TooManyEvents { per_day, ..TooManyEvents::default() };
        prop_assert_eq!(whole::too_many(&many, &events), slow_too_many(&many, &events));
        let machine = Machine { cell_share: 0.6, per_day: 1.0, days: 0, ..Machine::default() };
        prop_assert_eq!(whole::is_machine(&machine, &events), slow_machine(&machine, &events));
    }

    #[test]
    fn each_rule_has_nothing_to_do_twice(events in history()) {
        for rule in HistoryRule::ALL {
            let one = alone(rule);
            let (once, tally) = cleaned(&one, &events);
            let dropped = if rule.drops() { tally.rows(rule) } else { 0 };
            prop_assert_eq!(once.len() as u64 + dropped + tally.doubled, events.len() as u64);
            let (twice, tally) = cleaned(&one, &once);
            prop_assert!(once == twice && tally.rows(rule) == 0, "{}", rule.name());
        }
    }

    /// What stays of a history is made of its own rows, in their order, whatever was cleaned
    /// before it and into whatever tally.
    #[test]
    fn a_history_is_cleaned_by_itself(mine in history(), mut theirs in history()) {
        let (cells, calendar, rules) = (cells(), calendar(), strict());
        let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
        let alone = cleaned(&rules, &mine).0;
        let mut tally = cleaner.tally();
        cleaner.clean(&mut theirs, &mut tally);
        let mut after = mine.clone();
        cleaner.clean(&mut after, &mut tally);
        prop_assert!(alone == after);
        // As a store wants it, also where a change met events of one moment.
        prop_assert!(alone.is_sorted_by(|a, b| a.order(b).is_lt()));
        let times: BTreeSet<i64> = mine.iter().map(|e| e.time_utc_ms).collect();
        prop_assert!(alone.iter().all(|e| times.contains(&e.time_utc_ms)));
    }

    #[test]
    fn rules_that_only_count_change_nothing(events in history()) {
        let mut rules = strict();
        rules.near_duplicate.apply = false;
        rules.too_many_events.apply = false;
        rules.machine.apply = false;
        rules.impossible_speed.apply = false;
        rules.ping_pong.apply = false;
        rules.spatial_deviation.apply = false;
        prop_assert!(cleaned(&rules, &events).0 == events);
        prop_assert!(cleaned(&Rules::off(), &events).0 == events);
    }

    #[test]
    fn tallies_merge_in_any_order(histories in prop::collection::vec(history(), 3)) {
        let (cells, calendar, rules) = (cells(), calendar(), strict());
        let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
        let mut in_one = cleaner.tally();
        let mut each = Vec::new();
        for history in &histories {
            cleaner.clean(&mut history.clone(), &mut in_one);
            each.push(cleaned(&rules, history).1);
        }
        let [a, b, c] = each.as_slice() else { unreachable!() };
        let mut left = a.clone();
        left.merge(b);
        left.merge(c);
        let mut right = c.clone();
        right.merge(b);
        right.merge(a);
        let describe = |tally: &Tally| {
            let mut quality = QualityReport::default();
            cleaner.describe(tally, &mut quality);
            quality
        };
        prop_assert_eq!(describe(&left), describe(&in_one));
        prop_assert_eq!(left, right);
    }
}

#[test]
fn by_default_only_what_could_not_be_changes_rows() {
    let doubles = data(&[(0, 0), (1, 0)]);
    let swing = data(&[(0, 0), (60, 1), (120, 0)]);
    let errand = data(&[(0, 0), (500, 3), (1000, 0)]);
    for events in [doubles, swing, errand] {
        assert!(cleaned(&Rules::default(), &events).0 == events);
    }
    let stray = data(&[(0, 0), (60, 3), (120, 0)]);
    assert_eq!(path(&cleaned(&Rules::default(), &stray).0), [0, 0]);
}

#[test]
fn without_positions_nothing_is_far_or_near() {
    let names = (0..40_000).map(|i| i.to_string()).collect();
    let (cells, calendar, rules) = (CellTable::schematic(names).unwrap(), calendar(), strict());
    let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
    let history = data(&[(0, 0), (60, 39_999), (120, 0), (180, 1), (190, 0)]);
    let mut events = history.clone();
    cleaner.clean(&mut events, &mut cleaner.tally());
    assert!(events == history);
    for rule in [HistoryRule::PingPong, HistoryRule::SpatialDeviation] {
        assert_eq!(cleaner.state(rule), RuleState::NoPositions);
    }
}

#[test]
fn rules_are_read_from_toml() {
    let rules = Rules::parse("[ping_pong]\napply = true\nwithin_s = 60\n", "r.toml").unwrap();
    assert!(rules.ping_pong.on && rules.ping_pong.apply && rules.ping_pong.within_s == 60);
    assert_eq!(rules.machine, Machine::default());
    let text = toml::to_string(&rules).unwrap();
    assert_eq!(Rules::parse(&text, "again").unwrap(), rules);
}

#[test]
fn wrong_rules_are_refused_with_a_hint() {
    for (text, said, hint) in [
        (
            "[pingpong]\non = true",
            "unknown field `pingpong`",
            "did you mean `ping_pong`?",
        ),
        (
            "[machine]\nper_dya = 3",
            "unknown field `per_dya`",
            "did you mean `per_day`?",
        ),
        (
            "[machine]\ncell_share = 0.5",
            "`machine.cell_share` is `0.5`",
            HINT_START,
        ),
        (
            "[impossible_speed]\nover_kmh = nan",
            "`impossible_speed.over_kmh` is `NaN`",
            HINT_START,
        ),
        (
            "[near_duplicate]\nwithin_s = 0",
            "`near_duplicate.within_s` is `0`",
            HINT_START,
        ),
        (
            "[spatial_deviation]\nfarther = 1000",
            "unknown field `farther`",
            "did you mean `farther_m`?",
        ),
        (
            "[spatial_deviation]\nwithin_s = 90000",
            "`spatial_deviation.within_s` is `90000`",
            HINT_START,
        ),
        (
            "[warnings]\nhole_share = 1.5",
            "`warnings.hole_share` is `1.5`",
            HINT_START,
        ),
    ] {
        let error = Rules::parse(text, "r.toml").unwrap_err();
        assert!(error.message().contains(said), "{error}");
        assert!(
            error.hint().unwrap().starts_with(hint),
            "{:?}",
            error.hint()
        );
    }
}

const HINT_START: &str = "the rules and their parameters";

#[test]
fn the_page_on_quality_shows_the_defaults() {
    let page = include_str!("../../../../docs/quality.md");
    let shown = page
        .split("```")
        .find_map(|block| block.strip_prefix("toml\n"));
    let mut rules = Rules::parse(shown.unwrap(), "docs/quality.md").unwrap();
    assert_eq!(rules.near_duplicate.kinds, [EventKind::Data]);
    rules.near_duplicate.kinds = EventKind::ALL.to_vec();
    assert_eq!(rules, Rules::default());
    let text = toml::to_string(&rules).unwrap();
    for key in text.lines().filter_map(|line| line.split(" =").next()) {
        assert!(shown.unwrap().contains(key), "{key} is not shown");
    }
    for rule in HistoryRule::ALL {
        assert!(
            page.contains(&format!("| `{}` |", rule.name())),
            "{}",
            rule.name()
        );
    }
}

#[test]
fn a_load_that_rules_drop_is_refused() {
    let (cells, calendar, rules) = (cells(), calendar(), Rules::default());
    let cleaner = Cleaner::new(&rules, &cells, &calendar).unwrap();
    let mut tally = cleaner.tally();
    cleaner.clean(
        &mut data(&[(0, 0), (60, 3), (120, 0), (180, 1), (240, 0)]),
        &mut tally,
    );
    assert!(cleaner.judge(&tally, 5, 0.2).is_ok());
    let error = cleaner.judge(&tally, 5, 0.19).unwrap_err();
    assert!(error.kind() == Kind::Data && error.message().contains("`impossible_speed`"));
}
