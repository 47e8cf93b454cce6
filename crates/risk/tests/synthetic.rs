//! Attacks on synthetic records and on graphs of contacts: what they must catch, and what not.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::num::NonZeroU64;

use erewhon_events::{Event, EventKind, EventTable, History};
use erewhon_risk::{Attack, AttackRow, Release, RiskReport, RiskSpec, Scene, games, run};
use erewhon_types::{CellIx, Subscriber};
use population::Town;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod population;

const FAMILY: [&str; 6] = [
    "singling_out",
    "linkability",
    "inference",
    "outliers",
    "synthetic_membership",
    "portrait",
];

struct Groups {
    town: Town,
    members: EventTable,
    control: EventTable,
}

impl Groups {
    fn new() -> Self {
        let town = Town::new(14, 14);
        let (members, control) = (town.people(300, 6, 1), town.people(300, 6, 2));
        Self {
            town,
            members,
            control,
        }
    }

    fn play(&self, names: &[&str], raw: bool, of: &EventTable) -> RiskReport {
        let (spec, public) = (RiskSpec::default(), self.town.public());
        let scene = Scene::read(public, &self.members, &self.control, spec).unwrap();
        let release = match raw {
            true => Release::records("records", of, &public),
            false => Release::synthetic("synthetic", of, &public),
        };
        let games = games(names).unwrap();
        run(&scene, &[release.unwrap()], &games, &mut |_| {}).unwrap()
    }
}

fn find<'a>(report: &'a RiskReport, id: &str) -> &'a Attack {
    let found = report.attacks.iter().find(|attack| attack.id == id);
    found.unwrap()
}

fn row<'a>(attack: &'a Attack, label: &str) -> &'a AttackRow {
    let found = attack.rows.iter().find(|row| row.label == label);
    found.unwrap_or_else(|| panic!("{label} in {attack:?}"))
}

fn figure(attack: &Attack, label: &str) -> f64 {
    let found = attack.figures.iter().find(|f| f.label.starts_with(label));
    found
        .unwrap_or_else(|| panic!("{label} in {attack:?}"))
        .value
}

/// Each member's whole life under a new name, every event moved.
fn moved(town: &Town, members: &EventTable, seed: u64, days: i64, blurred: bool) -> EventTable {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let side = (town.cells.len() as f64).sqrt() as i64;
    let mut rows = Vec::new();
    for history in members.histories() {
        for event in history.events {
            let mut event = *event;
            event.time_utc_ms += days * 86_400_000;
            if blurred {
                event.time_utc_ms += dice.random_range(-3_600_000..=3_600_000);
                let at = i64::from(event.cell.0);
                let by = |dice: &mut ChaCha8Rng, at: i64| {
                    (at + dice.random_range(-1..=1)).clamp(0, side - 1)
                };
                let (east, north) = (by(&mut dice, at % side), by(&mut dice, at / side));
                event.cell = CellIx((north * side + east) as u32);
            }
            rows.push((Subscriber::new(history.subscriber.bits() + 70_000), event));
        }
    }
    EventTable::from_rows(rows)
}

#[test]
fn a_generator_that_blurs_or_shifts_is_caught() {
    // So few that a third of half of them is taken for outliers, and makes a group.
    let town = Town::new(14, 14);
    let groups = Groups {
        control: town.people(240, 6, 2),
        ..Groups::new()
    };
    for (name, days, blurred) in [("blurred", 0, true), ("a day later", 1, false)] {
        let release = moved(&groups.town, &groups.members, 5, days, blurred);
        let report = groups.play(&["synthetic_membership", "outliers"], false, &release);
        let attack = find(&report, "synthetic_membership");
        let way = row(attack, "way through time, against the distance to others");
        assert!(way.excess.unwrap().low > 0.7, "{name}: {way:?}");
        assert!(way.control.unwrap().share() < 0.25, "{name}: {way:?}");
        assert!(
            figure(
                attack,
                "way through time, against the distance to others: AUC"
            ) > 0.95
        );
        assert!(way.above_zero.unwrap() && attack.verdict.contains("made from"));
        for kind in ["lonely homes", "rare cells"] {
            let far = row(
                find(&report, "outliers"),
                &format!("{kind}, by way through time"),
            );
            assert!(far.excess.unwrap().low > 0.4, "{name}: {far:?}");
        }
    }
}

/// What shares hours and cells exactly does not see it: the reason for the other measures.
#[test]
fn a_blur_hides_from_exact_matches() {
    let groups = Groups::new();
    let release = moved(&groups.town, &groups.members, 5, 0, true);
    let report = groups.play(&["synthetic_membership", "unicity"], false, &release);
    let four = row(find(&report, "unicity"), "4 points");
    assert!(four.excess.unwrap().value < 0.1, "{four:?}");
}

#[test]
fn the_three_tests_catch_a_copy() {
    let groups = Groups::new();
    for raw in [false, true] {
        let report = groups.play(&FAMILY, raw, &groups.members);
        for (id, label, least) in [
            ("singling_out", "4 attributes", 0.7),
            ("linkability", "1 nearest row", 0.5),
            ("inference", "work zone", 0.8),
            ("inference", "home zone", 0.8),
        ] {
            let row = row(find(&report, id), label);
            assert!(row.excess.unwrap().low > least, "{id}: {row:?}");
            assert!(row.random_guess < row.members.low, "{id}: {row:?}");
            assert_eq!(row.above_zero, (!raw).then_some(true), "{id}");
        }
        for id in ["outliers", "synthetic_membership"] {
            assert_eq!(find(&report, id).not_applicable.is_some(), raw, "{id}");
        }
    }
}

/// As many false alarms as the page allows: 20 draws, 6 or more come with odds of .0003.
#[test]
fn an_independent_sample_is_not_accused() {
    let mut accused = 0;
    for seed in 0..20u64 {
        let town = Town::new(8, 7);
        let of = |group: u64| town.people(160, 5, 500 + 3 * seed + group);
        let groups = Groups {
            members: of(0),
            control: of(1),
            town: Town::new(8, 7),
        };
        let report = groups.play(&FAMILY, false, &of(2));
        let mut rows = report.attacks.iter().flat_map(|attack| &attack.rows);
        accused += u32::from(rows.any(|row| row.above_zero == Some(true)));
        for row in &find(&report, "synthetic_membership").rows {
            assert!(row.members.share() < 0.35, "{row:?}");
        }
    }
    assert!(accused < 6, "{accused} of 20");
}

/// Sites are visited by those who live or work nearby, so zones and hours tell; members no better.
#[test]
fn a_planted_attribute_is_learnt_from_the_release() {
    let groups = Groups::new();
    let report = groups.play(&["portrait"], false, &groups.town.people(600, 6, 3));
    let attack = find(&report, "portrait");
    let has = figure(attack, "members with the attribute");
    assert!((0.1..=0.5).contains(&has), "{has}");
    assert!(
        figure(attack, "learnt from the release, control") > 0.65,
        "{attack:?}"
    );
    assert!(figure(attack, "learnt from the members themselves, control") > 0.65);
    assert_eq!(attack.rows[0].above_zero, Some(false));
}

#[test]
fn a_control_group_too_small_to_halve_is_declined() {
    let groups = Groups {
        control: Town::new(14, 14).people(50, 6, 2),
        ..Groups::new()
    };
    let report = groups.play(
        &["outliers", "synthetic_membership"],
        false,
        &groups.members,
    );
    for attack in &report.attacks {
        assert!(
            attack
                .not_applicable
                .as_ref()
                .unwrap()
                .contains("control group of 60")
        );
    }
}

/// Everybody calls a few friends at an hour of their own; both sides of each call are written. In the
/// second week the friends, the hours and how often are those of `later`.
fn callers(town: &Town, people: u64, seed: u64, later: u64) -> EventTable {
    let mut rows: Vec<(Subscriber, Event)> = Vec::new();
    for history in town.people(people, 4, seed).histories() {
        let who = Subscriber::new(history.subscriber.bits() + 1);
        rows.extend(history.events.iter().map(|event| (who, *event)));
    }
    let start = town.calendar.start_utc_ms();
    for (week, seed) in [(0, seed), (1, later)] {
        let mut habits = ChaCha8Rng::seed_from_u64(seed);
        let mut dice = ChaCha8Rng::seed_from_u64(1000 + seed + week);
        for person in 1..=people {
            let hour = habits.random_range(7..20u64);
            for _ in 0..1 + (10.0 * habits.random::<f64>().powi(3)) as u32 {
                let friend = habits.random_range(1..=people);
                for _ in 0..habits.random_range(1..6u32) {
                    let day = 7 * week + dice.random_range(0..7);
                    let hour = 24 * day + hour + dice.random_range(0..3);
                    let at = start + (3_600_000 * hour + dice.random_range(0..3_600_000)) as i64;
                    for (who, peer) in [(person, friend), (friend, person)] {
                        let event = Event::at(at, CellIx(0), EventKind::CallOut);
                        let peer = NonZeroU64::new(peer);
                        rows.push((Subscriber::new(who), Event { peer, ..event }));
                    }
                }
            }
        }
    }
    EventTable::from_rows(rows)
}

/// One caller in eight is left out of the release.
fn calling(later: u64) -> Groups {
    let town = Town::new(10, 14);
    let everybody = callers(&town, 320, 4, later);
    let part = |member: bool| {
        let of = move |h: &History<'_>| h.subscriber.bits().is_multiple_of(8) != member;
        EventTable::from_histories(everybody.histories().filter(of))
    };
    Groups {
        members: part(true),
        control: part(false),
        town,
    }
}

#[test]
fn friends_of_friends_give_people_away() {
    let groups = calling(4);
    let report = groups.play(&["ego_net", "profile"], true, &groups.members);
    let net = find(&report, "ego_net");
    assert!(
        row(net, "alone with these numbers").members.low > 0.5,
        "{net:?}"
    );
    for label in ["found again, one step", "found again, two steps"] {
        let found = row(net, label);
        assert!(found.members.low > 10.0 * found.random_guess, "{found:?}");
        assert!(found.control.is_none() && found.above_zero.is_none());
    }
    let habits = &find(&report, "profile").rows[0];
    assert!(
        habits.members.low > 10.0 * habits.random_guess,
        "{habits:?}"
    );
}

/// Who changes all friends and habits is not found again: the attacker sees one half of the release only.
#[test]
fn new_friends_hide() {
    let groups = calling(77);
    let report = groups.play(&["ego_net", "profile"], true, &groups.members);
    let again = |row: &&AttackRow| !row.label.starts_with("alone");
    let rows = report.attacks.iter().flat_map(|attack| &attack.rows);
    for row in rows.filter(again) {
        assert!(row.members.low < 3.0 * row.random_guess, "{row:?}");
    }
}

#[test]
fn a_copied_graph_tells_homes_and_another_does_not() {
    let groups = calling(4);
    let play = |of: &EventTable| groups.play(&["ego_net", "profile"], false, of);
    let copied = play(&groups.members);
    for label in ["home zone, one step", "home zone, two steps"] {
        let told = row(find(&copied, "ego_net"), label);
        assert!(told.excess.unwrap().low > 0.2, "{told:?}");
    }
    let other = play(&callers(&groups.town, 280, 99, 99));
    for told in &find(&other, "ego_net").rows {
        assert_eq!(told.above_zero, Some(false), "{told:?}");
    }
    for report in [copied, other] {
        assert!(find(&report, "profile").not_applicable.is_some());
    }
}

#[test]
fn without_contacts_there_is_no_graph() {
    let groups = Groups::new();
    for raw in [false, true] {
        for attack in &groups
            .play(&["ego_net", "profile"], raw, &groups.members)
            .attacks
        {
            assert!(attack.not_applicable.is_some() && attack.rows.is_empty());
        }
    }
}
