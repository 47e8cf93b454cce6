//! What a plain digest of phone numbers is worth, and what a keyed one costs:
//! `cargo run --release -p erewhon-events --example enumerate -- 2000000`
//!
//! Tries so many numbers on one core and says how long a billion would take: all mobile numbers of a
//! country. It also measures what a load pays for each number that it has not met before.
#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::{hint::black_box, time::Instant};

use erewhon_events::Key;
use sha2::{Digest, Sha256};

const COUNTRY: f64 = 1e9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tries = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |n| n.parse::<u32>())?;
    let key = Key::from_bytes([7; 32]);
    let numbers: Vec<String> = (0..tries).map(|i| format!("4917{i:08}")).collect();
    for (what, each) in [
        (
            "plain SHA-256",
            (&|id: &[u8]| Sha256::digest(id)[0]) as &dyn Fn(&[u8]) -> u8,
        ),
        ("keyed pseudonym", &|id: &[u8]| {
            key.pseudonym(id).bits() as u8
        }),
    ] {
        let started = Instant::now();
        for number in &numbers {
            black_box(each(black_box(number.as_bytes())));
        }
        let each_s = started.elapsed().as_secs_f64() / f64::from(tries);
        println!(
            "{what:<16} {:6.0} ns each, {:6.0} s for {COUNTRY:e} on one core",
            each_s * 1e9,
            each_s * COUNTRY
        );
    }
    Ok(())
}
