//! One subscriber with ten million events over 2,000 cells, as a machine might make: processor time of
//! each family, and peak memory. Linux.
//!
//! `one_subscriber [EVENTS] [CELLS]`

use std::{fs, sync::Arc, time::Instant};

use erewhon_events::{Event, EventKind, EventSource, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{AnyReducer, Definitions, Ground, Public, Zoning, families, run};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber, Window};

/// The events of one subscriber, ascending in time.
struct One(Vec<Event>);

impl EventSource for One {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        each(History {
            subscriber: Subscriber::new(1),
            events: &self.0,
        })
    }
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<()> {
    let number = |at: usize, usual: u32| {
        let word = std::env::args().nth(at);
        word.map_or(Ok(usual), |word| word.parse())
            .map_err(|_| Error::usage("the numbers of events and of cells are whole"))
    };
    let (events, cells) = (number(1, 10_000_000)?, number(2, 2_000)?.max(1));
    // Steps of a linear congruence (Knuth, The Art of Computer Programming 2, 3.3.4).
    let mut state = 1_u64;
    let mut below = |n: u32| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((u64::from(n) * (state >> 32)) >> 32) as u32
    };
    let mut place_m = || f64::from(below(200_000));
    let cell = |row: u32| Cell::planar(row.to_string(), place_m(), place_m());
    let table = CellTable::new(Frame::Planar, (0..cells).map(cell).collect())?;
    let calendar = Calendar::new(&Window::parse("2024-01-01", 30, "UTC")?)?;
    let span_ms = calendar.end_utc_ms() - calendar.start_utc_ms();
    let event = |i: u32| {
        let since_ms = span_ms * i64::from(i) / i64::from(events);
        let cell = CellIx(below(cells));
        Event::at(calendar.start_utc_ms() + since_ms, cell, EventKind::Data)
    };
    let one = [One((0..events).map(event).collect())];
    let public = Public {
        cells: &table,
        calendar: &calendar,
    };
    let ground = Ground::from(Arc::new(Zoning::cells(&table)));
    let took_s = |reducers: &[Box<dyn AnyReducer>]| -> Result<f64> {
        let start = Instant::now();
        let all = &Definitions::DEFAULT;
        run(&one, &public, all, reducers, &mut |_, _| Ok(()))?;
        Ok(start.elapsed().as_secs_f64())
    };
    for family in families() {
        println!(
            "{:<24} {:>6.2} s",
            family.name,
            took_s(&[family.reducer(&ground)])?
        );
    }
    let all: Vec<_> = families().iter().map(|f| f.reducer(&ground)).collect();
    println!("{:<24} {:>6.2} s", "all", took_s(&all)?);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("{}", peak.unwrap_or("the peak of memory is not known"));
    Ok(())
}
