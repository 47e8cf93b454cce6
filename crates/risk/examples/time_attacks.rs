//! How long the attacks take on 20,000 made-up subscribers with 175 events each.
//!
//! `cargo run --release -p erewhon-risk --example time_attacks`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for a person at a terminal, on made-up data"
)]

use std::time::Instant;

use erewhon_risk::{GAMES, Release, RiskSpec, Scene, run};
use population::Town;

#[path = "../tests/population/mod.rs"]
mod population;

fn main() {
    let town = Town::new(40, 28);
    let [members, control, synthetic] =
        [(18_000, 1), (2_000, 2), (20_000, 3)].map(|(people, seed)| town.people(people, 7, seed));
    let start = Instant::now();
    let mut say = |step: &str| println!("{:6.2} s  {step}", start.elapsed().as_secs_f64());
    let public = town.public();
    say("reading");
    let scene = Scene::read(public, &members, &control, RiskSpec::default()).unwrap();
    let releases = [
        Release::records("records", &members, &public).unwrap(),
        Release::synthetic("synthetic", &synthetic, &public).unwrap(),
    ];
    let games: Vec<_> = GAMES.iter().collect();
    let report = run(&scene, &releases, &games, &mut say).unwrap();
    say("done");
    for attack in &report.attacks {
        println!("{}: {}", attack.id, attack.verdict);
    }
}
