//! How long the unicity of a made-up nation takes, beside a plain pass over its records.
//!
//! `cargo run --release -p erewhon-risk --example time_unicity -- 1000000 30 10000`
//!
//! People, days, cells. Records are made as they are read, 3 to 10 a day for each subscriber, so that
//! neither a disk nor a store is measured. The attack reads them twice.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for a person at a terminal, on made-up data"
)]

use std::{fs, hint::black_box, time::Instant};

use erewhon_events::{Event, EventKind, EventSource, History};
use erewhon_geo::CellTable;
use erewhon_mobility::Public;
use erewhon_risk::unicity;
use erewhon_types::{Calendar, CellIx, Result, Subscriber, Window};

/// Subscribers whose records depend on their number alone.
struct Nation {
    people: u64,
    days: u64,
    cells: u64,
    start_utc_ms: i64,
}

impl EventSource for Nation {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let mut events = Vec::new();
        for person in 0..self.people {
            self.live(person, &mut events);
            each(History {
                subscriber: Subscriber::new(person),
                events: &events,
            })?;
        }
        Ok(())
    }
}

impl Nation {
    /// Nights at home, days at work, one event in eight on an errand; low cells are crowded.
    fn live(&self, person: u64, events: &mut Vec<Event>) {
        let mut draw = Draw(person);
        let cell = |draw: u64| {
            let u = (draw >> 11) as f64 / (1u64 << 53) as f64;
            CellIx((u * u * self.cells as f64) as u32)
        };
        let (home, work) = (cell(draw.next()), cell(draw.next()));
        let per_day = 3 + draw.next() % 8;
        events.clear();
        for day in 0..self.days {
            for slot in 0..per_day {
                // One event in each of equal parts of the day keeps them ascending.
                let bits = draw.next();
                let part_s = 86_400 / per_day;
                let second = slot * part_s + (bits & 0xFFFF_FFFF) * part_s / (1 << 32);
                let place = match second / 3600 {
                    _ if bits >> 61 == 0 => cell(draw.next()),
                    8..18 => work,
                    _ => home,
                };
                let time_utc_ms = self.start_utc_ms + (day * 86_400 + second) as i64 * 1000;
                events.push(Event::at(time_utc_ms, place, EventKind::Data));
            }
        }
    }
}

/// SplitMix64.
struct Draw(u64);

impl Draw {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ bits >> 31
    }
}

/// Seconds of all cores that this process has used; of Linux only.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// Most memory so far, in MiB; of Linux only.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

fn main() {
    let asked: Vec<u64> = std::env::args()
        .skip(1)
        .map(|n| n.parse().unwrap())
        .collect();
    let of = |place: usize, usual| asked.get(place).copied().unwrap_or(usual);
    let (people, days, cells) = (of(0, 1_000_000), of(1, 30), of(2, 10_000));
    let window = Window::parse("2026-03-02", days as u16, "Europe/Berlin").unwrap();
    let calendar = Calendar::new(&window).unwrap();
    let table = CellTable::schematic((0..cells).map(|i| i.to_string()).collect()).unwrap();
    let public = Public {
        cells: &table,
        calendar: &calendar,
    };
    let nation = Nation {
        people,
        days,
        cells,
        start_utc_ms: calendar.start_utc_ms(),
    };
    let timed = |what: &str, run: &mut dyn FnMut() -> String| {
        let (wall, cpu) = (Instant::now(), cpu_s());
        let said = run();
        println!(
            "{what:<22} {:6.1} s, CPU {:6.1} s, peak {:4.0} MiB  {said}",
            wall.elapsed().as_secs_f64(),
            cpu_s() - cpu,
            peak_mib()
        );
    };
    timed("a plain pass", &mut || {
        let mut sum = 0u64;
        let mut count = |history: History<'_>| {
            black_box(history.events);
            sum += history.events.len() as u64;
            Ok(())
        };
        nation.visit(&mut count).unwrap();
        format!("{sum} records of {people} people")
    });
    for points in [1, 2, 4] {
        timed(&format!("unicity, {points} points"), &mut || {
            let rate = unicity(&nation, &public, points, 1, 5, 1).unwrap().unwrap();
            let (share, low, high) = (rate.share(), rate.low, rate.high);
            format!(
                "{:.4} unique ({low:.4} to {high:.4}), {} people drawn",
                share, rate.people
            )
        });
    }
}
