//! Draws subscribers from a model, writes them, and says what it cost.
//!
//! `cargo run --release -p erewhon-generate --example draw_speed -- MODEL.json SUBSCRIBERS DIR [RUNS]`;
//! a model is, for example, `release/model.json` of `erewhon demo`. Medians of the runs; what writing
//! costs is what drawing and writing cost together, less drawing. The files stay in DIR, for others
//! to be timed on.
#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::{
    fs::{self, File},
    io::BufWriter,
    path::Path,
    time::Instant,
};

use erewhon_events::{EventSource as _, Mapping, in_order, write_parquet, write_text};
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_model::Model;
use erewhon_types::{Error, Result};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [model, subscribers, dir, runs @ ..] = words.as_slice() else {
        return Err(Error::usage("MODEL.json, SUBSCRIBERS and DIR are needed"));
    };
    let number = |text: &String| {
        let number = text.parse::<u32>();
        number.map_err(|_| Error::usage(format!("`{text}` is no number")))
    };
    let spec = GenerateSpec {
        subscribers: Some(number(subscribers)?),
        seed: 1,
        variant: Variant::default(),
    };
    let runs = runs.first().map_or(Ok(1), number)?;
    let model = Model::read(Path::new(model))?;
    let (cells, calendar) = (model.cell_table()?, model.calendar()?);
    let mapping = Mapping::load("cdr")?;
    let create = |name: &str| {
        let path = Path::new(dir).join(name);
        File::create(&path).map_err(|error| Error::io("write", &path, &error))
    };

    let before_s = cpu_s();
    let synthetic = generate(&model, &cells, &calendar, &spec)?;
    let begun_s = cpu_s() - before_s;
    let mut events = 0;
    let draw = || {
        let count = |part| {
            let mut events = 0;
            erewhon_events::EventSource::visit(&part, &mut |history| {
                events += history.events.len();
                Ok(())
            })?;
            Ok(events)
        };
        events = 0;
        in_order(synthetic.parts(), count, |part| {
            events += part;
            Ok(())
        })
    };
    let drawn = median(runs, draw)?;
    println!(
        "{subscribers} subscribers, {events} events, {} cells; {begun_s:.2} CPU s to begin with",
        cells.len()
    );
    let say = |what: &str, cost: Cost| {
        println!(
            "{what}: {:.2} s wall, {:.2} CPU s, {:.1} ns an event, {:.1} million a CPU s; peak {}",
            cost.wall_s,
            cost.cpu_s,
            cost.cpu_s * 1e9 / events as f64,
            events as f64 / cost.cpu_s / 1e6,
            peak()
        );
    };
    say("draw", drawn);
    let visited = median(runs, || synthetic.visit(&mut |_| Ok(())))?;
    say("draw and hand over one by one", visited);
    let parquet = median(runs, || {
        let out = create("drawn.parquet")?;
        write_parquet(&mapping, &cells, synthetic.parts(), out).map(drop)
    })?;
    say("draw and write Parquet", parquet);
    say("  of it writing", parquet.less(drawn));
    let text = median(runs, || {
        let out = BufWriter::with_capacity(1 << 20, create("drawn.csv")?);
        let name = |subscriber: erewhon_types::Subscriber| subscriber.bits().to_string();
        write_text(&mapping, &cells, synthetic.parts(), out, &name).map(drop)
    })?;
    say("draw and write CSV", text);
    say("  of it writing", text.less(drawn));
    Ok(())
}

#[derive(Clone, Copy)]
struct Cost {
    wall_s: f64,
    cpu_s: f64,
}

impl Cost {
    fn less(self, other: Self) -> Self {
        Self {
            wall_s: self.wall_s - other.wall_s,
            cpu_s: self.cpu_s - other.cpu_s,
        }
    }
}

/// The run of the median CPU time.
fn median(runs: u32, mut run: impl FnMut() -> Result<()>) -> Result<Cost> {
    let mut costs = Vec::new();
    for _ in 0..runs.max(1) {
        let (wall, before_s) = (Instant::now(), cpu_s());
        run()?;
        costs.push(Cost {
            wall_s: wall.elapsed().as_secs_f64(),
            cpu_s: cpu_s() - before_s,
        });
    }
    costs.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    Ok(costs[costs.len() / 2])
}

/// The largest memory so far.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap_or_default().trim().to_owned()
}

/// Seconds of all threads, from the kernel's ticks of 10 ms.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
