//! Processor time of each family and of all together, in ns per event on one core: `families EVENTS
//! CELLS`, on the files of `erewhon bench mobility`. Linux.

use std::{fs, path::Path, sync::Arc};

use erewhon_events::{EventSource as _, Gathered, read_places};
use erewhon_geo::read_cells;
use erewhon_mobility::{AnyReducer, Definitions, Family, Ground, Public, Zoning, families, run};
use erewhon_types::{Calendar, Error, Result, Window};

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<()> {
    let [events, cells] = [1, 2].map(|at| std::env::args().nth(at).unwrap_or_default());
    let (cells, _) = read_cells(Path::new(&cells))?;
    let calendar = Calendar::new(&Window::parse("2024-01-01", 30, "UTC")?)?;
    let events = read_places(
        Path::new(&events),
        ["user", "ts", "cell"],
        calendar.start_utc_ms(),
        cells.len(),
    )?;
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let ground = Ground::from(Arc::new(Zoning::cells(&cells)));
    let mut count = 0.0;
    for part in events.parts() {
        part.visit(&mut |history| {
            count += history.events.len() as f64;
            Ok(())
        })?;
    }
    let time = |families: &[Family]| -> Result<f64> {
        let reducers: Vec<_> = families
            .iter()
            .map(|family| family.reducer(&ground))
            .collect();
        Ok(took_ns(&events, &public, &reducers)? / count)
    };
    let track = time(&[])?;
    println!("{:<24} {track:>6.1}", "track");
    for family in families() {
        println!("{:<24} {:>6.1}", family.name, time(&[*family])? - track);
    }
    println!("{:<24} {:>6.1}", "all", time(families())?);
    Ok(())
}

fn took_ns(
    events: &Gathered,
    public: &Public<'_>,
    reducers: &[Box<dyn AnyReducer>],
) -> Result<f64> {
    let before = cpu_ns()?;
    run(
        &events.parts(),
        public,
        &Definitions::DEFAULT,
        reducers,
        &mut |_, _| Ok(()),
    )?;
    Ok(cpu_ns()? - before)
}

/// Processor time of this process, in ticks of 10 ms.
fn cpu_ns() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .split_whitespace()
        .filter_map(|f| f.parse().ok())
        .collect();
    // User and system time are the 14th and 15th; the second is a name and the third a letter.
    match (fields.get(11), fields.get(12)) {
        (Some(user), Some(system)) => Ok((user + system) * 1e7),
        _ => Err(Error::internal("there is no /proc/self/stat")),
    }
}
