//! How long it takes to link 20,000 made-up subscribers to 20,000 rows, 175 events each.
//!
//! `cargo run --release -p erewhon-risk --example time_linkage -- [people] [events a day] [cells a side]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for a person at a terminal, on made-up data"
)]

use std::time::Instant;

use erewhon_risk::{Release, RiskSpec, Scene, games, run};
use population::Town;

#[path = "../tests/population/mod.rs"]
mod population;

fn main() {
    let mut asked = std::env::args().skip(1).map(|text| text.parse().unwrap());
    let people: u32 = asked.next().unwrap_or(20_000);
    let per_day = asked.next().unwrap_or(6);
    let town = Town::new(asked.next().unwrap_or(40), 28);
    let members = town.people(u64::from(people), per_day, 1);
    let control = town.people(u64::from(people / 10), per_day, 2);
    let spec = RiskSpec {
        targets: people,
        ..RiskSpec::default()
    };
    let start = Instant::now();
    let mut say = |step: &str| println!("{:6.2} s  {step}", start.elapsed().as_secs_f64());
    let public = town.public();
    let scene = Scene::read(public, &members, &control, spec).unwrap();
    let release = [Release::records("records", &members, &public).unwrap()];
    say("read");
    let links = ["co_occurrence", "pois", "histograms", "rotation", "trips"];
    let report = run(&scene, &release, &games(&links).unwrap(), &mut say).unwrap();
    say("done");
    for attack in &report.attacks {
        println!(
            "{} in {:.2} s: {}",
            attack.id, attack.cost_s, attack.verdict
        );
        for row in &attack.rows {
            let control = row.control.map(|control| format!("{:.4}", control.share()));
            let control = control.unwrap_or_default();
            println!(
                "  {:40} {:.4}  control {control:6}  guess {:.5}",
                row.label,
                row.members.share(),
                row.random_guess
            );
        }
        for figure in &attack.figures {
            println!("  {}: {:.4}", figure.label, figure.value);
        }
    }
}
