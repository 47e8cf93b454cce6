//! Nanoseconds an event of the rules of one history: `cargo run --release -p erewhon-events --example
//! clean_speed`.

#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::time::Instant;

use erewhon_events::{Cleaner, Event, EventKind, Rules};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{Calendar, CellIx, Error, Window};

const SUBSCRIBERS: u64 = 10_000;
const EVENTS: u64 = 500;
const SIDE: u32 = 100;

fn main() -> Result<(), Error> {
    let place = |i: u32| {
        let (east, north) = (i % SIDE, i / SIDE);
        Cell::planar(
            i.to_string(),
            f64::from(east) * 900.0,
            f64::from(north) * 900.0,
        )
    };
    let cells = CellTable::new(Frame::Planar, (0..SIDE * SIDE).map(place).collect())?;
    let calendar = Calendar::new(&Window::parse("2026-03-02", 28, "Europe/Berlin")?)?;
    let histories: Vec<Vec<Event>> = (0..SUBSCRIBERS)
        .map(|subscriber| history(subscriber, calendar.start_utc_ms()))
        .collect();
    let mut all = Rules::default();
    all.near_duplicate.apply = true;
    all.ping_pong.apply = true;
    all.spatial_deviation.apply = true;
    let mut alone = Rules::off();
    alone.spatial_deviation.on = true;
    for (name, rules) in [
        ("counts alone", Rules::off()),
        ("deviation", alone),
        ("the defaults", Rules::default()),
        ("all applied", all),
    ] {
        let cleaner = Cleaner::new(&rules, &cells, &calendar)?;
        let mut tally = cleaner.tally();
        let mut events = Vec::new();
        let (mut copying, mut cleaning) = (0.0, 0.0);
        for history in &histories {
            let start = Instant::now();
            events.clear();
            events.extend_from_slice(history);
            copying += start.elapsed().as_secs_f64();
            let start = Instant::now();
            cleaner.clean(&mut events, &mut tally);
            cleaning += start.elapsed().as_secs_f64();
        }
        let each = 1e9 / (SUBSCRIBERS * EVENTS) as f64;
        println!(
            "{name:<14} {:>6.1} ns an event (and {:.1} to copy it)",
            cleaning * each,
            copying * each
        );
    }
    Ok(())
}

/// A walk among neighbouring cells with doubles, swings and bad fixes, the same on every run.
fn history(subscriber: u64, start_utc_ms: i64) -> Vec<Event> {
    let mut state = subscriber.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    let last = u64::from(SIDE * SIDE - 1);
    let (mut at, mut cell) = (start_utc_ms, draw(last));
    let event = |_| {
        at += match draw(10) {
            0 => 2_000,
            _ => 60_000 + draw(9_000_000) as i64,
        };
        cell = match draw(10) {
            0..6 => cell,
            6..9 => (cell + draw(3)).saturating_sub(1).min(last),
            _ => draw(last),
        };
        let kind = EventKind::ALL[draw(5) as usize];
        Event::at(at, CellIx(cell as u32), kind)
    };
    (0..EVENTS).map(event).collect()
}
