//! How fast a file is read, checked and pseudonymised: megabytes a second of processor time.
//!
//! `cargo run --release -p erewhon-events --example read_speed -- FILE MAPPING CELLS FIRST_DAY DAYS`

use std::{io::Write as _, path::PathBuf, time::Instant};

use erewhon_events::{Key, Mapping, RowReader};
use erewhon_geo::read_cells;
use erewhon_types::{Calendar, Error, Result, Window};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, mapping, cells, first_day, days] = arguments.as_slice() else {
        return Err(Error::usage("FILE MAPPING CELLS FIRST_DAY DAYS"));
    };
    let mapping = Mapping::load(mapping)?;
    let (cells, issues) = read_cells(&PathBuf::from(cells))?;
    let days = days.parse().map_err(|_| Error::usage("DAYS is a number"))?;
    let calendar = Calendar::new(&Window::parse(first_day, days, "UTC")?)?;
    let key = Key::from_bytes([7; 32]);
    let reader = RowReader::new(&mapping, &cells, &issues, &calendar)?;
    let (cpu, wall) = (cpu_s(), Instant::now());
    let (mut good, mut aside) = (0, 0);
    let read = reader.read(
        &PathBuf::from(file),
        &|id| Some(key.pseudonym(id)),
        &mut |_| {},
        &|_| Ok(()),
        &mut |batch| {
            good += batch.rows_good;
            aside += batch.faults.len();
            Ok(())
        },
    )?;
    let (cpu, wall) = (cpu_s() - cpu, wall.elapsed().as_secs_f64());
    let megabytes = read.size_bytes as f64 / 1e6;
    let line = format!(
        "{good} rows good, {aside} set aside, {megabytes:.0} MB: {cpu:.2} s of processor, \
         {wall:.2} s of clock, {:.0} MB/s of processor, {:.0} ns a row\n",
        megabytes / cpu,
        cpu * 1e9 / read.rows as f64,
    );
    std::io::stdout()
        .write_all(line.as_bytes())
        .map_err(|error| Error::io("write", &PathBuf::from("stdout"), &error))
}

/// Processor seconds of this process, of Linux alone.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
