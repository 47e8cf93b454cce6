//! Attacks by what somebody knows of a person: points, habits, anchors, attributes, the number itself.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::{HashMap, HashSet};

use erewhon_events::{Event, EventKind, EventTable, History, Key};
use erewhon_risk::{
    Attack, AttackRow, NumberRange, Release, RiskReport, RiskSpec, Scene, enumerate, games, run,
    unicity,
};
use erewhon_types::{CellIx, Subscriber};
use population::Town;
use sha2::{Digest, Sha256};

mod population;

/// One attack on a release of members.
fn play(town: &Town, id: &str, members: &EventTable, control: &EventTable, of: Release) -> Attack {
    let spec = RiskSpec {
        targets: 300,
        draws_per_target: 3,
        seed: 1,
    };
    let scene = Scene::read(town.public(), members, control, spec).unwrap();
    let report: RiskReport = run(&scene, &[of], &games(&[id]).unwrap(), &mut |_| {}).unwrap();
    report.attacks.into_iter().next().unwrap()
}

fn records(town: &Town, of: &EventTable) -> Release {
    Release::records("records", of, &town.public()).unwrap()
}

fn synthetic(town: &Town, of: &EventTable) -> Release {
    Release::synthetic("synthetic", of, &town.public()).unwrap()
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

/// The same people with changed events or pseudonyms.
fn changed(
    table: &EventTable,
    change: impl Fn(Subscriber, Event) -> (Subscriber, Event),
) -> EventTable {
    let rows = table
        .histories()
        .flat_map(|History { subscriber, events }| {
            events.iter().map(move |&event| (subscriber, event))
        });
    EventTable::from_rows(rows.map(|(who, event)| change(who, event)).collect())
}

/// Whoever shifts copies by half an hour escapes an attacker who asks for exact hours, not one who asks
/// for parts of the day.
#[test]
fn copies_moved_in_time_are_caught_at_a_coarser_grain() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(400, 6, 1), town.people(300, 6, 2));
    let moved = changed(&members, |who, mut event| {
        event.time_utc_ms += 60 * 60_000;
        (who, event)
    });
    let attack = play(
        &town,
        "unicity",
        &members,
        &control,
        synthetic(&town, &moved),
    );
    let excess = |label| row(&attack, label).excess.unwrap();
    assert!(excess("4 points").high < 0.05, "{attack:?}");
    assert!(excess("4 points, 4 h").low > 0.05, "{attack:?}");
    assert!(excess("4 points, 24 h").low > 0.2, "{attack:?}");
}

/// Every row goes to the next pseudonym, as where records were swapped: whoever finds the one row that fits finds
/// a stranger's, which is no success but a false match.
#[test]
fn a_strangers_row_is_no_success() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(300, 6, 1), town.people(300, 6, 2));
    let others = changed(&members, |who, event| {
        (Subscriber::new((who.bits() + 1) % 300), event)
    });
    for (id, label, figure_of) in [
        ("unicity", "4 points", ""),
        ("home_work", "cell, median set 1", "cell, a stranger's row"),
        (
            "background",
            "4 visits and their hours",
            "4 visits and their hours, a stranger's row",
        ),
        (
            "copula",
            "one of 100 rows fits, 90 % sure",
            "a stranger's row",
        ),
    ] {
        let attack = play(&town, id, &members, &control, records(&town, &others));
        let found = row(&attack, label).members;
        assert!(found.share() < 0.05, "{id}: {found:?}");
        if figure_of.is_empty() {
            let right = figure(
                &attack,
                "4 points, share of single matches that are the right row",
            );
            assert!(right < 0.05, "{right}");
        } else {
            assert!(figure(&attack, figure_of) > 0.1, "{attack:?}");
        }
    }
}

/// The deciles of most visited places are those of the largest number of them, by cell, over the whole window:
/// with three of nine cells known, few sets are of one.
#[test]
fn deciles_are_those_that_the_verdict_names() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(300, 6, 1), town.people(60, 6, 2));
    let attack = play(
        &town,
        "top_places",
        &members,
        &control,
        records(&town, &members),
    );
    let (_, told) = attack.verdict.split_once("deciles").unwrap_or_else(|| {
        attack
            .verdict
            .split_once("Deciles")
            .unwrap_or_else(|| panic!("{}", attack.verdict))
    });
    assert!(told.contains("with 3 by cell"), "{told}");
    let median = told.split(": ").nth(1).unwrap().split(", ").nth(4).unwrap();
    let label = format!("top 3, cell, median set {median}");
    assert!(
        attack.rows.iter().any(|row| row.label == label),
        "{label} in {attack:?}"
    );
}

/// Each person's share of points, or pairs of points, that nobody else has: by a walk over everybody.
fn exact(people: &[Vec<(u64, u32)>], points: usize) -> f64 {
    let sets: Vec<HashSet<_>> = people
        .iter()
        .map(|points| points.iter().collect())
        .collect();
    let alone = |known: &[&(u64, u32)]| {
        let has = |set: &&HashSet<_>| known.iter().all(|point| set.contains(point));
        sets.iter().filter(has).count() == 1
    };
    let shares = people.iter().map(|own| {
        let each = own.iter().enumerate();
        let tries: Vec<bool> = match points {
            1 => own.iter().map(|point| alone(&[point])).collect(),
            _ => each
                .flat_map(|(i, a)| own[i + 1..].iter().map(move |b| (a, b)))
                .map(|(a, b)| alone(&[a, b]))
                .collect(),
        };
        tries.iter().filter(|&&alone| alone).count() as f64 / tries.len() as f64
    });
    shares.sum::<f64>() / people.len() as f64
}

#[test]
fn unicity_is_that_of_a_walk_over_everybody() {
    let town = Town::new(6, 7);
    let table = town.people(120, 2, 5);
    let start = town.calendar.start_utc_ms();
    for bin_h in [1, 24] {
        let people: Vec<Vec<(u64, u32)>> = table
            .histories()
            .map(|history| {
                let bin = |event: &Event| (event.time_utc_ms - start) as u64 / 3_600_000 / bin_h;
                let points = history
                    .events
                    .iter()
                    .map(|event| (bin(event), event.cell.0));
                points.collect::<HashSet<_>>().into_iter().collect()
            })
            .collect();
        for points in [1, 2] {
            let rate = unicity(&table, &town.public(), points, bin_h as u16, 400, 3);
            let rate = rate.unwrap().unwrap();
            assert_eq!((rate.people, rate.tries), (120, 48_000));
            // 48,000 draws: four standard errors are at most .01.
            let exact = exact(&people, points as usize);
            assert!((rate.share() - exact).abs() < 0.01, "{rate:?}, not {exact}");
        }
    }
}

/// Of more than ten thousand people some are drawn, and fairly: the first third have points of their own.
#[test]
fn a_reservoir_stands_for_a_crowd() {
    let town = Town::new(40, 30);
    let at = |hour: u64, cell| {
        let time = town.calendar.start_utc_ms() + hour as i64 * 3_600_000;
        Event::at(time, CellIx(cell), EventKind::Data)
    };
    let event = |person: u64| match person {
        0..10_000 => at(person % 700, (person / 700) as u32),
        _ => at(719, 1000),
    };
    let crowd = (0..30_000).map(|person| (Subscriber::new(person), event(person)));
    let crowd = EventTable::from_rows(crowd.collect());
    let rate = unicity(&crowd, &town.public(), 1, 1, 2, 1)
        .unwrap()
        .unwrap();
    assert_eq!((rate.people, rate.tries), (10_000, 20_000));
    assert!((rate.share() - 1.0 / 3.0).abs() < 0.02, "{rate:?}");
    assert_eq!(unicity(&crowd, &town.public(), 2, 1, 2, 1).unwrap(), None);
}

#[test]
fn uniqueness_falls_with_the_crowd_and_is_carried_on() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(600, 6, 1), town.people(60, 6, 2));
    let attack = play(
        &town,
        "unicity",
        &members,
        &control,
        records(&town, &members),
    );
    let [eighth, quarter, half, nation, floor] = [
        "1 point, share unique among an eighth",
        "1 point, share unique among a quarter",
        "1 point, share unique among half",
        "1 point, share unique among 10 million people in the same cells (extrapolated, gamma",
        "1 point, share unique among 10 million people in the same cells (extrapolated, least",
    ]
    .map(|label| figure(&attack, label));
    let all = row(&attack, "1 point").members.share();
    let falling = [eighth, quarter, half, all, nation, floor];
    assert!(
        falling.is_sorted_by(|more, less| more >= less),
        "{falling:?}"
    );
    assert!(eighth > all + 0.1 && nation < 0.1, "{falling:?}");
    assert_eq!(figure(&attack, "2 points, share of single matches"), 1.0);
}

#[test]
fn background_knowledge_finds_raw_rows_and_copies_and_accuses_no_sample() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(300, 6, 1), town.people(300, 6, 2));
    let raw = play(
        &town,
        "background",
        &members,
        &control,
        records(&town, &members),
    );
    let share = |label| row(&raw, label).members.share();
    assert!(share("4 visits and their hours") > 0.95, "{raw:?}");
    assert!(
        share("4 visits and their days") > share("4 visits"),
        "{raw:?}"
    );
    assert!(
        share("4 places and their counts") >= share("4 places"),
        "{raw:?}"
    );
    // Who has more than a fifth of the combinations wrong is still found by the best of them.
    let (mean, highest) = (
        figure(&raw, "4 visits, mean risk"),
        figure(&raw, "4 visits, highest risk"),
    );
    assert!(0.0 < mean && mean < highest && highest <= 1.0, "{raw:?}");
    let copies = play(
        &town,
        "background",
        &members,
        &control,
        synthetic(&town, &members),
    );
    for label in ["4 visits and their hours", "4 places and their counts"] {
        assert!(row(&copies, label).excess.unwrap().low > 0.5, "{copies:?}");
    }
    let sample = town.people(300, 6, 3);
    let clean = play(
        &town,
        "background",
        &members,
        &control,
        synthetic(&town, &sample),
    );
    assert!(clean.rows.len() == 9 && clean.rows.iter().all(|row| row.above_zero == Some(false)));
}

#[test]
fn the_home_rule_reads_raw_rows_and_is_at_chance_when_rows_change_owners() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(300, 6, 1), town.people(300, 6, 2));
    let raw = play(
        &town,
        "home_rule",
        &members,
        &control,
        records(&town, &members),
    );
    for row in &raw.rows {
        assert_eq!(row.members.share(), 1.0, "{row:?}");
        assert!(row.control.unwrap().share() < 0.3, "{row:?}");
    }
    assert_eq!(figure(&raw, "median distance"), 0.0);
    // Every row goes to the next pseudonym: the rule works as before, on a stranger.
    let others = changed(&members, |who, event| {
        (Subscriber::new((who.bits() + 1) % 300), event)
    });
    let attack = play(
        &town,
        "home_rule",
        &members,
        &control,
        records(&town, &others),
    );
    let cell = row(&attack, "home, the very cell");
    assert!(
        cell.members.share() < 0.1 && cell.excess.unwrap().low < 0.0,
        "{cell:?}"
    );
    let nobody = play(
        &town,
        "home_rule",
        &members,
        &control,
        synthetic(&town, &members),
    );
    assert!(nobody.not_applicable.unwrap().contains("nobody's"));
}

#[test]
fn a_sample_predicts_who_is_unique_in_the_whole() {
    // Towns in which few, some, and almost all are unique.
    for (side, days, low, high) in [(2, 5, 0.0, 0.2), (3, 7, 0.6, 0.9), (6, 7, 0.95, 1.0)] {
        let town = Town::new(side, days);
        let (members, control) = (town.people(2000, 5, 1), town.people(300, 5, 2));
        let raw = play(
            &town,
            "copula",
            &members,
            &control,
            records(&town, &members),
        );
        let (predicted, counted) = (figure(&raw, "predicted from"), figure(&raw, "counted"));
        assert!((low..high).contains(&counted), "{side}: {counted}");
        assert!(
            (predicted - counted).abs() < 0.1,
            "{side}: {predicted} {counted}"
        );
        let area = figure(&raw, "predicted uniqueness, area");
        assert!(area > 0.65, "{side}: {area}");
    }
}

#[test]
fn the_copula_believes_in_rows_of_members_and_copies_and_in_no_sample() {
    let town = Town::new(6, 7);
    let (members, control) = (town.people(1000, 5, 1), town.people(300, 5, 2));
    let raw = play(
        &town,
        "copula",
        &members,
        &control,
        records(&town, &members),
    );
    assert!(raw.rows[0].excess.unwrap().low > 0.5, "{raw:?}");
    let copies = play(
        &town,
        "copula",
        &members,
        &control,
        synthetic(&town, &members),
    );
    assert_eq!(copies.rows[0].above_zero, Some(true), "{copies:?}");
    let sample = town.people(1000, 5, 3);
    let clean = play(
        &town,
        "copula",
        &members,
        &control,
        synthetic(&town, &sample),
    );
    assert_eq!(clean.rows[0].above_zero, Some(false), "{clean:?}");
}

#[test]
fn plain_hashes_of_numbers_are_turned_back_and_keyed_ones_are_not() {
    let town = Town::new(6, 7);
    let people = town.people(60, 5, 1);
    let number = |who: Subscriber| format!("491700{:06}", who.bits() * 15_013);
    let hashed = |who: Subscriber| {
        let hash: [u8; 32] = Sha256::digest(number(who)).into();
        Subscriber::new(u64::from_be_bytes(*hash.first_chunk().unwrap()))
    };
    let key = Key::from_bytes([9; 32]);
    let pseudonym = |who: Subscriber| key.pseudonym(number(who).as_bytes());
    let plain = changed(&people, |who, event| (hashed(who), event));
    let attack = play(
        &town,
        "enumeration",
        &plain,
        &people,
        records(&town, &plain),
    );
    let rate = attack.rows[0].members;
    assert_eq!((rate.hits, rate.tries), (60, 60));
    assert!(attack.verdict.contains("SHA-256"), "{}", attack.verdict);
    let keyed = changed(&people, |who, event| (pseudonym(who), event));
    let attack = play(
        &town,
        "enumeration",
        &keyed,
        &people,
        records(&town, &keyed),
    );
    assert_eq!(attack.rows[0].members.hits, 0);
    // As a file's tokens; numbers outside the range are not found.
    let tokens: HashMap<u64, u64> = people
        .histories()
        .map(|history| (hashed(history.subscriber).bits(), history.subscriber.bits()))
        .collect();
    let numbers = NumberRange::new("4917000", 5).unwrap();
    let tokens_of: Vec<u64> = tokens.keys().copied().collect();
    let inside = tokens
        .values()
        .filter(|&&who| who * 15_013 < 100_000)
        .count();
    assert_eq!(enumerate(&tokens_of, &numbers).reversed, inside as u64);
}
