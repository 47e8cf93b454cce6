//! The attacks that link people to rows: what they must find, and where they must find nothing.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::num::NonZeroU64;

use erewhon_events::{Disclosed, Event, EventKind, EventTable, Sample};
use erewhon_risk::{Attack, AttackRow, Release, RiskSpec, Scene, games, run};
use erewhon_types::{CellIx, Subscriber};
use population::Town;

mod population;

const LINKS: [&str; 7] = [
    "top_places",
    "co_occurrence",
    "pois",
    "histograms",
    "rotation",
    "trips",
    "public_post",
];

fn play(town: &Town, members: &EventTable, control: &EventTable, release: Release) -> Vec<Attack> {
    play_all(&LINKS, town, [members, control], release)
}

fn play_all(
    names: &[&str],
    town: &Town,
    [members, control]: [&EventTable; 2],
    release: Release,
) -> Vec<Attack> {
    let spec = RiskSpec {
        targets: 200,
        draws_per_target: 3,
        seed: 1,
    };
    let scene = Scene::read(town.public(), members, control, spec).unwrap();
    let report = run(&scene, &[release], &games(names).unwrap(), &mut |_| {}).unwrap();
    report.attacks
}

fn records(town: &Town, of: &EventTable) -> Release {
    Release::records("records", of, &town.public()).unwrap()
}

fn synthetic(town: &Town, of: &EventTable) -> Release {
    Release::synthetic("synthetic", of, &town.public()).unwrap()
}

fn row<'a>(attacks: &'a [Attack], id: &str, label: &str) -> &'a AttackRow {
    let attack = attacks.iter().find(|attack| attack.id == id).unwrap();
    let found = attack.rows.iter().find(|row| row.label.contains(label));
    found.unwrap_or_else(|| panic!("{label} in {attack:?}"))
}

fn share(attacks: &[Attack], id: &str, label: &str) -> f64 {
    row(attacks, id, label).members.share()
}

#[test]
fn raw_records_are_linked() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(200, 6, 1), town.people(120, 6, 2));
    let found = play(&town, &members, &control, records(&town, &members));
    for (id, label, least) in [
        ("top_places", "top 3, cell,", 0.5),
        ("co_occurrence", "whole period, top 1", 0.8),
        ("co_occurrence", "whole period, hit", 0.8),
        ("co_occurrence", "impossible rows left out", 0.8),
        ("co_occurrence", "claims", 0.5),
        ("pois", "one by one, top 1", 0.8),
        ("pois", "all matched", 0.8),
        ("histograms", "divergence, top 1", 0.6),
        ("histograms", "likely visits (WYCI), top 1", 0.6),
        ("histograms", "rare places (LRCF), top 1", 0.6),
        ("histograms", "divergence, all matched", 0.7),
        ("rotation", "divergence, all matched", 0.7),
        ("trips", "one trip", 0.4),
        ("public_post", "alone within 5 minutes", 0.5),
    ] {
        let row = row(&found, id, label);
        assert!(row.members.share() > least, "{id}: {row:?}");
        assert!(
            row.members.share() > 3.0 * row.random_guess,
            "{id}: {row:?}"
        );
    }
    // Who is not there is seldom claimed to be.
    for (id, label) in [
        ("co_occurrence", "claims"),
        ("pois", "claims"),
        ("pois", "all matched"),
    ] {
        let row = row(&found, id, label);
        assert!(row.control.unwrap().share() < 0.2, "{id}: {row:?}");
    }
    for id in ["histograms", "rotation"] {
        let row = row(&found, id, "divergence, claims");
        assert!(
            row.control.unwrap().share() < 0.6 * row.members.share(),
            "{id}: {row:?}"
        );
    }
}

/// With fewer events one by one is wrong more often, and matching everybody at once mends some of it. A
/// week tells less than all.
#[test]
fn more_is_found_with_more_of_the_data() {
    let town = Town::new(12, 28);
    let (members, control) = (town.people(1000, 2, 1), town.people(60, 2, 2));
    let spec = RiskSpec {
        targets: 1000,
        draws_per_target: 1,
        seed: 1,
    };
    let scene = Scene::read(town.public(), &members, &control, spec).unwrap();
    let games = games(&["co_occurrence", "histograms"]).unwrap();
    let found = run(&scene, &[records(&town, &members)], &games, &mut |_| {}).unwrap();
    for (id, less, more) in [
        ("histograms", "divergence, top 1", "divergence, all"),
        ("co_occurrence", "one week", "whole period, top 1"),
    ] {
        let [less, more] = [less, more].map(|label| share(&found.attacks, id, label));
        assert!(less < more, "{id}: {less} {more}");
    }
}

/// Rows of other people under the members' pseudonyms: whoever looks at what the rows say, and not at whose
/// they are, is right by chance.
#[test]
fn nobody_is_found_among_strangers() {
    let town = Town::new(12, 14);
    let [members, control, strangers] = [1, 2, 3].map(|seed| town.people(120, 6, seed));
    let found = play(&town, &members, &control, records(&town, &strangers));
    let mut asked = 0;
    for attack in found
        .iter()
        .filter(|a| !["rotation", "trips"].contains(&a.id.as_str()))
    {
        for row in attack
            .rows
            .iter()
            .filter(|row| !row.label.starts_with("hidden"))
        {
            // About one of 120, and three where the first five count; eight more come with 10^-5 a row.
            let hits = row.members.share() * row.members.people as f64;
            let chance = row.random_guess * row.members.people as f64;
            assert!(hits < chance + 7.0, "{}: {row:?}", attack.id);
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}

/// All rows are the same: only their order in the release could help, and it must not.
#[test]
fn the_order_of_rows_tells_nothing() {
    let town = Town::new(6, 14);
    let one: Vec<Event> = town
        .people(1, 6, 1)
        .histories()
        .next()
        .unwrap()
        .events
        .to_vec();
    let same = (0..150).flat_map(|who| one.iter().map(move |&e| (Subscriber::new(who), e)));
    let same = EventTable::from_rows(same.collect());
    let found = play(&town, &same, &town.people(60, 6, 2), records(&town, &same));
    // One of 150 expected; 8 or more come with odds of 1 in 10^5 a row.
    for attack in found.iter().filter(|attack| attack.id != "trips") {
        for row in &attack.rows {
            let n = row.members.people as f64;
            let told = row.label.starts_with("hidden");
            assert!(
                told || row.members.share() * n < 8.0,
                "{}: {row:?}",
                attack.id
            );
        }
    }
}

/// Everybody calls both neighbours of a ring at the same hours: contacts tell nothing either.
#[test]
fn the_order_of_rows_tells_nothing_of_contacts() {
    let town = Town::new(6, 14);
    let people = 150u64;
    let start = town.calendar.start_utc_ms();
    let rows = (0..people).flat_map(|who| {
        let next = (who + 1) % people;
        (0..14).flat_map(move |day| {
            let at = start + day * 86_400_000 + 40_000_000;
            [(who, next), (next, who)].map(|(who, peer)| {
                let event = Event::at(at, CellIx(0), EventKind::CallOut);
                let peer = NonZeroU64::new(peer + 1);
                (Subscriber::new(who + 1), Event { peer, ..event })
            })
        })
    });
    let same = EventTable::from_rows(rows.collect());
    let games = ["ego_net", "profile"];
    let release = records(&town, &same);
    let found = play_all(&games, &town, [&same, &town.people(60, 6, 2)], release);
    let mut asked = 0;
    for row in found.iter().flat_map(|attack| &attack.rows) {
        assert!(row.members.hits < 8, "{row:?}");
        asked += 1;
    }
    assert!(asked >= 4, "{found:?}");
}

#[test]
fn copies_are_caught_and_so_are_blurred_ones() {
    let town = Town::new(12, 14);
    let (members, control) = (town.people(250, 6, 1), town.people(250, 6, 2));
    let found = play(&town, &members, &control, synthetic(&town, &members));
    for (id, label) in [
        ("top_places", "top 2 tells the next, cell"),
        ("co_occurrence", "hidden"),
        ("pois", "hidden"),
        ("histograms", "hidden"),
        ("public_post", "hidden point, within 5"),
    ] {
        let row = row(&found, id, label);
        assert_eq!(row.above_zero, Some(true), "{id}: {row:?}");
    }
    // Every event a few minutes and one cell off: no point matches any more.
    let blurred = members.histories().flat_map(|history| {
        let moved = |event: &Event| {
            let mut event = *event;
            event.time_utc_ms += 240_000;
            event.cell = CellIx(event.cell.0 ^ 1);
            (history.subscriber, event)
        };
        history.events.iter().map(moved).collect::<Vec<_>>()
    });
    let blurred = EventTable::from_rows(blurred.collect());
    let found = play(&town, &members, &control, synthetic(&town, &blurred));
    assert_eq!(row(&found, "co_occurrence", "hidden").members.hits, 0);
    let caught = row(&found, "co_occurrence", "a cell beside");
    assert_eq!(caught.above_zero, Some(true), "{caught:?}");
}

/// Plain records said in samples are the same release; one place and one span for all says nothing.
#[test]
fn generalised_records_are_read_as_they_are_said() {
    let town = Town::new(8, 14);
    let (members, control) = (town.people(150, 6, 1), town.people(60, 6, 2));
    let public = town.public();
    let plain = play(&town, &members, &control, records(&town, &members));
    let said = Disclosed::of_events(&members, &town.calendar, town.cells.len()).unwrap();
    let said = Release::disclosed("said", said, &public).unwrap();
    let said = play(&town, &members, &control, said);
    for (plain, said) in plain.iter().zip(&said) {
        assert_eq!(plain.rows, said.rows, "{}", plain.id);
    }
    let half_s = 7 * 86_400;
    let rows = members.histories().map(|history| {
        let span = |from_s| Sample {
            from_s,
            until_s: from_s + half_s,
            place: 0,
        };
        (history.subscriber, vec![span(0), span(half_s)])
    });
    let everywhere = (0..town.cells.len() as u32).map(CellIx).collect();
    let coarse = Disclosed::new(vec![everywhere], rows.collect()).unwrap();
    let coarse = Release::disclosed("coarse", coarse, &public).unwrap();
    for attack in play(&town, &members, &control, coarse) {
        for row in attack
            .rows
            .iter()
            .filter(|row| !row.label.starts_with("hidden"))
        {
            let n = row.members.people as f64;
            assert!(row.members.share() * n < 9.0, "{}: {row:?}", attack.id);
        }
    }
}

/// Blocks of four cells and spans of six hours hide little: everybody still keeps to few blocks. A post is a
/// point, and needs spans of an hour to lead to somebody.
#[test]
fn coarser_records_are_linked_too() {
    let town = Town::new(8, 14);
    let (members, control) = (town.people(150, 6, 1), town.people(60, 6, 2));
    let coarse = |hours| coarse(&town, &members, hours);
    let found = play(&town, &members, &control, coarse(6));
    for (id, label) in [
        ("top_places", "top 3, cell,"),
        ("co_occurrence", "whole period, top 1"),
        ("pois", "all matched"),
        ("histograms", "divergence, top 1"),
        ("rotation", "divergence, all matched"),
    ] {
        let row = row(&found, id, label);
        assert!(row.members.low > 5.0 * row.random_guess, "{id}: {row:?}");
    }
    let found = play(&town, &members, &control, coarse(1));
    let post = row(&found, "public_post", "alone within 5 minutes");
    assert!(post.members.low > 5.0 * post.random_guess, "{post:?}");
}

fn coarse(town: &Town, members: &EventTable, hours: i64) -> Release {
    let block = |cell: u32| cell / 16 * 4 + cell % 8 / 2;
    let places = (0..16u32).map(|place| {
        let cells = (0..town.cells.len() as u32).filter(|&cell| block(cell) == place);
        cells.map(CellIx).collect()
    });
    let start = town.calendar.start_utc_ms();
    let rows = members.histories().map(|history| {
        let samples = history.events.iter().map(|event| {
            let from_s = ((event.time_utc_ms - start) / (3_600_000 * hours) * 3600 * hours) as u32;
            Sample {
                from_s,
                until_s: from_s + 3600 * hours as u32,
                place: block(event.cell.0),
            }
        });
        (history.subscriber, samples.collect())
    });
    let coarse = Disclosed::new(places.collect(), rows.collect()).unwrap();
    Release::disclosed("coarse", coarse, &town.public()).unwrap()
}
