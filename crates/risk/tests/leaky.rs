//! Three planted leaky models, each broken by an attack named beforehand, and a clean one that is not.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use erewhon_events::{Event, EventTable};
use erewhon_risk::{GAMES, Release, RiskReport, RiskSpec, Scene, run};
use erewhon_types::{CellIx, Subscriber};
use population::Town;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod population;

/// What breaks each model, said before it is tried: (model, attack, start of the row's name).
const BREAKS: [(Leak, &str, &str); 3] = [
    // Four points of a copied life are in one synthetic subscriber, who tells the fifth.
    (Leak::MemorisesATenth, "unicity", "4 points"),
    // Exact pairs hold the rare ones, which a table with noise, or of other people, would hardly have.
    (Leak::ForgetsANoise, "home_work", "same pair, cell"),
    // A trip copied with its times shares hours in cells that the person is seldom in; strangers share
    // hours at home and at work only.
    (
        Leak::CopiesRareTrips,
        "synthetic_membership",
        "hours in rare cells, against",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Leak {
    None,
    /// One subscriber in ten is a member, copied.
    MemorisesATenth,
    /// Times and errands are clean, homes and works are the members' own pairs.
    ForgetsANoise,
    /// Lives are clean, but trips to cells that few visit are the members' own.
    CopiesRareTrips,
}

const PEOPLE: u64 = 500;

/// A generator with a leak; without one it draws other people of the same town.
fn generate(town: &Town, members: &EventTable, leak: Leak, seed: u64) -> EventTable {
    let clean = town.people(PEOPLE, 6, seed);
    let mut dice = ChaCha8Rng::seed_from_u64(8);
    let mut rows: Vec<(Subscriber, Event)> = Vec::new();
    for (row, (real, other)) in members.histories().zip(clean.histories()).enumerate() {
        let mut life = other.events.to_vec();
        match leak {
            Leak::None => {}
            Leak::MemorisesATenth => {
                if row % 10 == 0 {
                    life = real.events.to_vec();
                }
            }
            Leak::ForgetsANoise => {
                let (from, to) = (anchors(town, &life), anchors(town, real.events));
                for event in &mut life {
                    if let Some(at) = from.iter().position(|cell| *cell == event.cell) {
                        event.cell = to[at];
                    }
                }
            }
            Leak::CopiesRareTrips => {
                for trip in real.events.windows(2) {
                    let rare = |event: &Event| event.cell.index() > town.cells.len() * 2 / 3;
                    let away = |event: &Event| !anchors(town, real.events).contains(&event.cell);
                    let told = |event: &Event| rare(event) && away(event);
                    if trip[0].cell != trip[1].cell && trip.iter().any(told) {
                        life.extend_from_slice(trip);
                        // Makes room, so that nobody is known by how much they travel.
                        for _ in 0..2 {
                            life.remove(dice.random_range(0..life.len() - 2));
                        }
                    }
                }
            }
        }
        let name = Subscriber::new(other.subscriber.bits() + 70_000);
        rows.extend(life.into_iter().map(|event| (name, event)));
    }
    EventTable::from_rows(rows)
}

/// Home and work: the cell with most events at night, and by day.
fn anchors(town: &Town, events: &[Event]) -> [CellIx; 2] {
    [22..30u8, 9..17].map(|hours| {
        let mut counts = vec![0; town.cells.len()];
        for event in events {
            let hour = town.calendar.local(event.time_utc_ms).unwrap().hour();
            if hours.contains(&hour) || hours.contains(&(hour + 24)) {
                counts[event.cell.index()] += 1;
            }
        }
        let most = (0..counts.len()).max_by_key(|&cell| counts[cell]).unwrap();
        CellIx(most as u32)
    })
}

fn report(leak: Leak, seed: u64) -> RiskReport {
    let town = Town::new(14, 14);
    let (members, control) = (town.people(PEOPLE, 6, 1), town.people(400, 6, 2));
    let public = town.public();
    let scene = Scene::read(public, &members, &control, RiskSpec::default()).unwrap();
    let made = generate(&town, &members, leak, seed);
    let release = Release::synthetic(format!("{leak:?}"), &made, &public).unwrap();
    let games: Vec<_> = GAMES.iter().collect();
    run(&scene, &[release], &games, &mut |_| {}).unwrap()
}

#[test]
fn each_leaky_model_is_broken_by_the_attack_named_beforehand() {
    for (leak, id, label) in BREAKS {
        let report = report(leak, 3);
        let attack = report
            .attacks
            .iter()
            .find(|attack| attack.id == id)
            .unwrap();
        let row = attack.rows.iter().find(|row| row.label.starts_with(label));
        let row = row.unwrap();
        assert_eq!(row.above_zero, Some(true), "{leak:?}: {row:?}");
        assert!(row.excess.unwrap().low > 0.03, "{leak:?}: {row:?}");
    }
}

/// A report accuses a clean model with odds of at most .05: two of three with .007.
#[test]
fn a_clean_model_is_not_accused() {
    let accused = [3, 4, 5].map(|seed| {
        let report = report(Leak::None, seed);
        let mut rows = report.attacks.iter().flat_map(|attack| &attack.rows);
        u32::from(rows.any(|row| row.above_zero == Some(true)))
    });
    assert!(accused.iter().sum::<u32>() < 2, "{accused:?}");
}
