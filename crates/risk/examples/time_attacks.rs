//! How long the attacks take on a made-up population: 9,000 members unless told otherwise, a ninth as many in
//! the control group, 168 events each; of releases whose name holds a word, where one is given.
//!
//! `cargo run --release -p erewhon-risk --example time_attacks -- [members] [word] [quiet]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for a person at a terminal, on made-up data"
)]

use std::time::Instant;

use erewhon_anonymise::{Coarseness, KAnonymity, Swap, Technique, anonymise};
use erewhon_risk::{GAMES, Release, RiskSpec, Scene, run};
use population::Town;

#[path = "../tests/population/mod.rs"]
mod population;

/// Seconds of all cores that this process has used; of Linux only.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let people: u64 = asked
        .first()
        .map_or(9_000, |people| people.parse().unwrap());
    let word = asked.get(1).map_or("", String::as_str);
    let town = Town::new(40, 28);
    let [members, control, synthetic] = [(people, 1), (people / 9, 2), (people, 3)]
        .map(|(people, seed)| town.people(people, 6, seed));
    let start = Instant::now();
    let mut say = |step: &str| {
        println!(
            "{:6.2} s, CPU {:6.2} s  {step}",
            start.elapsed().as_secs_f64(),
            cpu_s()
        );
    };
    let public = town.public();
    say("reading");
    let scene = Scene::read(public, &members, &control, RiskSpec::default()).unwrap();
    let made = |technique: Technique| {
        let name = technique.name();
        let made = anonymise(&technique, &members, &town.cells, &town.calendar, [0; 32]);
        Release::disclosed(name, made.unwrap().disclosed, &public).unwrap()
    };
    let coarse = Coarseness {
        place: "zones-100".parse().unwrap(),
        time: "hours-6".parse().unwrap(),
    };
    let mut releases = Vec::new();
    if "records".contains(word) {
        releases.push(Release::records("records", &members, &public).unwrap());
    }
    for technique in [
        Technique::Generalise(coarse),
        Technique::Swap(Swap::default()),
        Technique::KAnonymity(KAnonymity::default()),
    ] {
        if technique.name().contains(word) {
            releases.push(made(technique));
        }
    }
    if "synthetic".contains(word) {
        releases.push(Release::synthetic("synthetic", &synthetic, &public).unwrap());
    }
    say("releases made");
    let games: Vec<_> = GAMES.iter().collect();
    let report = run(&scene, &releases, &games, &mut say).unwrap();
    say("done");
    for attack in &report.attacks {
        let (id, release, cost_s) = (&attack.id, &attack.release, attack.cost_s);
        println!("{cost_s:6.2} s  {id} against {release}: {}", attack.verdict);
        if asked.get(2).is_some() {
            continue;
        }
        for row in &attack.rows {
            let control = row.control.map_or(f64::NAN, |control| control.share());
            let (members, guess) = (row.members.share(), row.random_guess);
            println!(
                "            {:<40} {members:.4} {control:.4} {guess:.4}",
                row.label
            );
        }
        for figure in &attack.figures {
            println!("            {} = {:.4}", figure.label, figure.value);
        }
    }
}
