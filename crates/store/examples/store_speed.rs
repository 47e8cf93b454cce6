//! Loads made-up events, reads them back, and says what it cost.
//!
//! `cargo run --release -p erewhon-store --example store_speed -- ROWS DIR [load|read|compact]`; the
//! rows are like those of 20,000 subscribers over 30 days, in order of time.
#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::{fs, path::Path, time::Instant};

use erewhon_events::{Event, EventKind, EventSource, QualityReport};
use erewhon_geo::CellTable;
use erewhon_store::{Fields, LoadSpec, Store};
use erewhon_types::{CellIx, Error, Result, Subscriber, Window};
use std::num::NonZeroU64;

const CELLS: u64 = 2_000;
const FIRST_UTC_MS: i64 = 1_704_067_200_000;
const DAYS: u16 = 30;
const EVENTS_PER_SUBSCRIBER: u64 = 422;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [rows, dir, verbs @ ..] = words.as_slice() else {
        return Err(Error::usage("ROWS and DIR are needed"));
    };
    let rows: u64 = rows
        .parse()
        .map_err(|_| Error::usage("ROWS is no number"))?;
    let dir = Path::new(dir);
    let all = ["load", "read"].map(str::to_owned);
    for verb in if verbs.is_empty() { &all } else { verbs } {
        match verb.as_str() {
            "load" => load(rows, dir)?,
            "read" => {
                read(dir, Fields::Places)?;
                read(dir, Fields::All)?;
            }
            "compact" => {
                let clock = Clock::start();
                Store::create_or_open(dir)?.compact(|| (), |(), _, _| Ok(()))?;
                clock.stop("compact");
            }
            other => return Err(Error::usage(format!("`{other}` is no verb"))),
        }
    }
    Ok(())
}

fn load(rows: u64, dir: &Path) -> Result<()> {
    let names = (0..CELLS).map(|cell| format!("c{cell}")).collect();
    let mut store = Store::create_or_open(dir)?;
    let loader = store.loader(LoadSpec {
        window: &Window::parse("2024-01-01", DAYS, "UTC")?,
        cells: &CellTable::schematic(names)?,
        key_id: "0badcafe",
        persons_digest: None,
        mapping_sha256: "",
    })?;
    let batches = || {
        let starts = (0..rows).step_by(1 << 14);
        starts.map(|start| batch(start..(start + (1 << 14)).min(rows), rows))
    };
    let clock = Clock::start();
    let sum: u64 = batches().map(|batch| batch.len() as u64).sum();
    clock.stop("make rows alone");
    let clock = Clock::start();
    for batch in batches() {
        loader.push(&batch)?;
    }
    clock.stop("make rows and push");
    let clock = Clock::start();
    let (landed, _) = loader.land(|| (), |(), _, _| Ok(()))?;
    clock.stop("land");
    println!("{sum} rows, {} events", landed.counts().events);
    store.commit(landed, &QualityReport::default())?;
    let bytes: u64 = store
        .manifest()
        .iter()
        .flat_map(|manifest| &manifest.periods)
        .flat_map(|period| &period.segments)
        .map(|segment| segment.size_bytes)
        .sum();
    println!("{:.2} bytes a row", bytes as f64 / rows as f64);
    Ok(())
}

fn read(dir: &Path, fields: Fields) -> Result<()> {
    let store = Store::create_or_open(dir)?;
    let source = store.source()?.with_fields(fields);
    let clock = Clock::start();
    let (mut events, mut sum) = (0_u64, 0_u64);
    source.visit(&mut |history| {
        events += history.events.len() as u64;
        for event in history.events {
            sum = sum.wrapping_add(event.time_utc_ms as u64 ^ u64::from(event.cell.0));
        }
        Ok(())
    })?;
    clock.stop(&format!("read {fields:?}: {events} events, digest {sum:x}"));
    Ok(())
}

/// Rows in order of time, each of a subscriber at random, mostly at a place of three.
fn batch(rows: std::ops::Range<u64>, of: u64) -> Vec<(Subscriber, Event)> {
    let step_ms = (i64::from(DAYS) * 86_400_000) as f64 / of as f64;
    rows.map(|row| {
        let random = mix(row);
        let who = mix(row ^ 0xabcd) % (of / EVENTS_PER_SUBSCRIBER).max(1);
        let place = match random % 100 {
            0..60 => 0,
            60..80 => 1,
            rest => rest,
        };
        let cell = CellIx((mix(who * 128 + place) % CELLS) as u32);
        let at_utc_ms = FIRST_UTC_MS + (row as f64 * step_ms) as i64 / 1000 * 1000;
        let kind = match (random >> 8) % 20 {
            0..4 => EventKind::CallOut,
            4..7 => EventKind::CallIn,
            7..9 => EventKind::SmsOut,
            9 => EventKind::SmsIn,
            _ => EventKind::Data,
        };
        let mut event = Event::at(at_utc_ms, cell, kind);
        if kind == EventKind::Data {
            event.duration_s = (random >> 16) as u32 % 900;
        } else {
            let peer =
                mix(who * 64 + (random >> 16) % 25) % (5 * of / EVENTS_PER_SUBSCRIBER).max(1);
            event.peer = NonZeroU64::new(mix(peer));
            event.duration_s = (random >> 32) as u32 % 200;
        }
        (Subscriber::new(mix(who + 1)), event)
    })
    .collect()
}

const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Wall and processor seconds, and the largest memory so far.
struct Clock {
    wall: Instant,
    cpu_s: f64,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu_s: cpu_s(),
        }
    }

    fn stop(&self, what: &str) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        println!(
            "{what}: {:.2} s wall, {:.2} s cpu, peak {}",
            self.wall.elapsed().as_secs_f64(),
            cpu_s() - self.cpu_s,
            peak.unwrap_or_default().trim()
        );
    }
}

/// Seconds of all threads, from the kernel's ticks of 10 ms.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
