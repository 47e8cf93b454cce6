//! The family `bandicoot` beside bandicoot itself, on the same files: records per second of processor
//! time, and for each column the largest difference. Linux.
//!
//! `bandicoot DIR ANTENNAS [PYTHON [SECONDS]]`: a file of bandicoot's format for each subscriber, with top-ups in
//! `DIR/recharges` if there are any, and one of antennas; a Python that has bandicoot, and for how long it may
//! run. A top-up has no antenna, and the first stands for it: bandicoot looks at none.

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroU64,
    path::{Path, PathBuf},
    process::Command,
};

use arrow_array::{
    Array as _, RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type, UInt64Type},
};
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{AnyReducer, Bandicoot, Definitions, Public, Rows, run};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber, Window};

const PEER: &str = include_str!("bandicoot_peer.py");

/// Rounds of ours, since one is over before the clock ticks.
const ROUNDS: u32 = 25;

/// By column, what is said of subscribers.
type Said = BTreeMap<String, BTreeMap<u64, Option<f64>>>;

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [dir, antennas, rest @ ..] = words.as_slice() else {
        return Err(Error::usage("say where the records and the antennas are"));
    };
    let cells = antennas_of(Path::new(antennas))?;
    let (names, table, first_day) = records_of(Path::new(dir), &cells)?;
    let window = Window::parse(&first_day, 400, "UTC")?;
    let calendar = Calendar::new(&window)?;
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let parts = [table];
    let reducers: [Box<dyn AnyReducer>; 1] = [Box::new(Rows(Bandicoot))];
    let mut batches = Vec::new();
    let before = cpu_s()?;
    for _ in 0..ROUNDS {
        batches.clear();
        run(
            &parts,
            &public,
            &Definitions::DEFAULT,
            &reducers,
            &mut |_, batch| {
                batches.push(batch);
                Ok(())
            },
        )?;
    }
    let took_s = (cpu_s()? - before) / f64::from(ROUNDS);
    let ours = parts[0].events() as f64 / took_s;
    println!(
        "ours   {} records, {took_s:.3} s: {ours:.0} a second",
        parts[0].events()
    );
    if let [python, rest @ ..] = rest {
        let seconds = rest.first().map_or("60", String::as_str);
        let (theirs, said) = bandicoot(python, &[dir, antennas, seconds], &names)?;
        for (what, rate) in ["once records are read", "with reading"].iter().zip(theirs) {
            println!("theirs {rate:.0} a second {what}: {:.0} times", ours / rate);
        }
        for (column, theirs) in &said {
            let ours = batches.iter().find_map(|batch| column_of(batch, column));
            let differs = ours.map_or_else(
                || "not here".to_owned(),
                |ours| format!("{:.1e}", largest(&ours, theirs)),
            );
            println!("{column:<64} {differs}");
        }
    }
    Ok(())
}

/// The largest difference, relative above 1; infinite where only one of them says something.
fn largest(ours: &BTreeMap<u64, Option<f64>>, theirs: &BTreeMap<u64, Option<f64>>) -> f64 {
    let difference = |(of, theirs): (&u64, &Option<f64>)| match (ours.get(of), theirs) {
        (Some(Some(ours)), Some(theirs)) => (ours - theirs).abs() / theirs.abs().max(1.0),
        (Some(None), None) => 0.0,
        _ => f64::INFINITY,
    };
    theirs.iter().map(difference).fold(0.0, f64::max)
}

fn column_of(batch: &RecordBatch, name: &str) -> Option<BTreeMap<u64, Option<f64>>> {
    let column = batch.column_by_name(name)?;
    let value = |row: usize| {
        let real = column.as_primitive_opt::<Float64Type>();
        let whole = || {
            Some(f64::from(
                column.as_primitive_opt::<UInt32Type>()?.value(row),
            ))
        };
        let value = real.map(|values| values.value(row)).or_else(whole);
        value.filter(|_| column.is_valid(row))
    };
    let subscribers = batch.column(0).as_primitive::<UInt64Type>().values();
    Some(
        (0..)
            .zip(subscribers)
            .map(|(row, &of)| (of, value(row)))
            .collect(),
    )
}

/// Of the files that bandicoot came through, records a second without and with reading, and what is said.
fn bandicoot(python: &str, words: &[&str], names: &[String]) -> Result<([f64; 2], Said)> {
    let done = Command::new(python)
        .args(["-c", PEER, "run"])
        .args(words)
        .output();
    let done = done.map_err(|error| Error::io("run", Path::new(python), &error))?;
    let text = String::from_utf8_lossy(&done.stdout);
    let (mut rates, mut said) = ([f64::NAN; 2], Said::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["rate", alone, with] => {
                rates = [alone, with].map(|rate| rate.parse().unwrap_or(f64::NAN));
            }
            [name, column, value] => {
                let of = names.iter().position(|known| known == name).unwrap_or(0);
                let values = said.entry((*column).to_owned()).or_default();
                values.insert(of as u64, value.parse().ok());
            }
            _ => {}
        }
    }
    if rates[0].is_nan() {
        let why = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(Error::input(format!("bandicoot did not run: {why}")));
    }
    Ok((rates, said))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Error::io("read", path, &error))
}

fn antennas_of(path: &Path) -> Result<CellTable> {
    let text = read(path)?;
    let cell = |line: &str| {
        let mut fields = line.split(',').map(str::trim);
        let id = fields.next()?;
        let [lat, lon] = [fields.next()?, fields.next()?].map(|word| word.parse().ok());
        Some(Cell::geographic(id, lat?, lon?))
    };
    CellTable::new(
        Frame::Geographic,
        text.lines().skip(1).filter_map(cell).collect(),
    )
}

/// The names of the files, their records, and the day before the first of them.
fn records_of(dir: &Path, cells: &CellTable) -> Result<(Vec<String>, EventTable, String)> {
    let entries = fs::read_dir(dir).map_err(|error| Error::io("read", dir, &error))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    paths.sort();
    let mut peers = BTreeMap::new();
    let (mut rows, mut names) = (Vec::new(), Vec::new());
    for (subscriber, path) in (0..).zip(&paths) {
        let name = path.file_stem().unwrap_or_default();
        names.push(name.to_string_lossy().into_owned());
        for line in read(path)?.lines().skip(1) {
            if let Some(event) = event(line, cells, &mut peers) {
                rows.push((Subscriber::new(subscriber), event));
            }
        }
        let recharges = dir
            .join("recharges")
            .join(path.file_name().unwrap_or_default());
        if recharges.exists() {
            let read = read(&recharges)?;
            let topups = read.lines().skip(1).filter_map(topup);
            rows.extend(topups.map(|event| (Subscriber::new(subscriber), event)));
        }
    }
    let first_ms = rows.iter().map(|row| row.1.time_utc_ms).min().unwrap_or(0);
    let first = jiff::Timestamp::from_millisecond(first_ms - 86_400_000);
    let first = first.map_err(|_| Error::input("there are no records"))?;
    let day = first.to_string().chars().take(10).collect();
    Ok((names, EventTable::from_rows(rows), day))
}

/// A line of interaction, direction, correspondent, time, duration and antenna.
fn event(line: &str, cells: &CellTable, peers: &mut BTreeMap<String, u64>) -> Option<Event> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[interaction, direction, peer, time, duration, antenna] = fields.as_slice() else {
        return None;
    };
    let kind = match (interaction, direction) {
        ("call", "out") => EventKind::CallOut,
        ("call", _) => EventKind::CallIn,
        ("text", "out") => EventKind::SmsOut,
        ("text", _) => EventKind::SmsIn,
        _ => EventKind::Data,
    };
    let known = peers.len() as u64 + 1;
    let peer = (!peer.is_empty()).then(|| *peers.entry(peer.to_owned()).or_insert(known));
    Some(Event {
        peer: peer.and_then(NonZeroU64::new),
        duration_s: duration.parse().unwrap_or(0),
        ..Event::at(utc_ms(time)?, cells.find(antenna)?, kind)
    })
}

/// A line of time, amount and retailer.
fn topup(line: &str) -> Option<Event> {
    let mut fields = line.split(',');
    let (time, amount) = (fields.next()?, fields.next()?);
    Some(Event {
        amount_minor: amount.parse().ok()?,
        ..Event::at(utc_ms(time)?, CellIx(0), EventKind::Topup)
    })
}

fn utc_ms(time: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = time.replace(' ', "T").parse().ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond())
}

/// Processor time of this process, in ticks of 10 ms.
fn cpu_s() -> Result<f64> {
    let stat = read(Path::new("/proc/self/stat"))?;
    let fields: Vec<f64> = stat
        .split_whitespace()
        .filter_map(|f| f.parse().ok())
        .collect();
    // User and system time are the 14th and 15th; the second is a name and the third a letter.
    match (fields.get(11), fields.get(12)) {
        (Some(user), Some(system)) => Ok((user + system) / 100.0),
        _ => Err(Error::internal("there is no /proc/self/stat")),
    }
}
