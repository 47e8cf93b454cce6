//! One pass over places beside DuckDB and Polars: the five products of the bench, row for row equal.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use erewhon_events::read_places;
use erewhon_session::{
    AnyReducer, CellTable, Definitions, Family, Ground, MobilityRun, Public, Session, TableFormat,
    TableSet, Zoning, families, read_cells, zones_to_toml,
};
use erewhon_types::{Calendar, Error, Result, Window};
use serde::Serialize;

use super::timed::{Cost, Place, medians, said};
use crate::{
    args::{BenchMobilityArgs, BenchPassArgs, PublicArgs},
    inputs::readable,
    ui::Ui,
};

const PEERS: &str = include_str!("mobility_peers.py");
/// What each program computes, by family name.
const PRODUCTS: [&str; 5] = [
    "home_nights",
    "work_days",
    "presence_hourly",
    "flows_daily",
    "space",
];
/// The window of gen_cdr's records.
const FIRST_DAY: &str = "2024-01-01";

#[derive(Serialize)]
struct Outcome {
    runs: u16,
    rows: Vec<Row>,
    agreement: Vec<Agreement>,
}

/// What a program took; medians of its runs.
#[derive(Serialize)]
struct Row {
    program: String,
    from: &'static str,
    #[serde(flatten)]
    cost: Cost,
}

/// In how many of its rows a product differs from a peer's.
#[derive(Serialize)]
struct Agreement {
    peer: &'static str,
    product: String,
    rows: u64,
    differ: u64,
}

pub(super) fn run(args: &BenchMobilityArgs, ui: &Ui) -> Result<()> {
    let outcome = compare(args, ui)?;
    ui.result("erewhon.bench_mobility.v1", &outcome, &table(&outcome))
}

fn compare(args: &BenchMobilityArgs, ui: &Ui) -> Result<Outcome> {
    let bench = Bench::new(args, ui)?;
    let sorted = bench.place.path("sorted.parquet");
    let engines = bench.engines();
    if !engines.is_empty() {
        let mut sort = bench.python(&["sort"]);
        said(
            sort.arg(&bench.unsorted).arg(&sorted),
            "the sort for the peers",
        )?;
    }
    let mut rows = vec![
        bench.ours(
            "from unsorted Parquet",
            "five",
            &["--events"],
            &bench.unsorted,
        )?,
        bench.ours("from the store", "five", &["--store"], &bench.store)?,
        bench.ours(
            "from the store",
            "all families",
            &["--all", "--store"],
            &bench.store,
        )?,
    ];
    for &engine in &engines {
        rows.push(bench.peer(engine, "from unsorted Parquet", &bench.unsorted)?);
        rows.push(bench.peer(engine, "from sorted Parquet", &sorted)?);
    }
    let mut agreement = Vec::new();
    if !engines.is_empty() {
        let ours = bench.write_ours()?;
        for engine in engines {
            agreement.extend(bench.agree(engine, &ours)?);
        }
    }
    Ok(Outcome {
        runs: args.runs,
        rows,
        agreement,
    })
}

/// The files and programs of one comparison.
struct Bench<'a> {
    args: &'a BenchMobilityArgs,
    ui: &'a Ui,
    place: Place,
    cells: PathBuf,
    unsorted: PathBuf,
    store: PathBuf,
}

impl<'a> Bench<'a> {
    /// Makes a store of the records, with no rule that drops any.
    fn new(args: &'a BenchMobilityArgs, ui: &'a Ui) -> Result<Self> {
        let [events, cells, unsorted] =
            ["cdr.csv", "cells.csv", "cdr_int.parquet"].map(|name| args.data.join(name));
        for file in [&events, &cells, &unsorted] {
            readable(file)?;
        }
        let place = Place::make()?;
        place.open_budget(None)?;
        let rules = place.path("rules.toml");
        std::fs::write(&rules, "[impossible_speed]\non = false\n")
            .map_err(|error| Error::io("write", &rules, &error))?;
        let store = place.path("store");
        let stage = ui.stage("ingest");
        let public = PublicArgs {
            format: "gen_cdr".to_owned(),
            cells: cells.clone(),
            first_day: FIRST_DAY.to_owned(),
            days: args.days,
            time_zone: Some("UTC".to_owned()),
        };
        let mut ingest = place.ingest(&events, &public, &store)?;
        ingest.arg("--rules").arg(&rules);
        said(&mut ingest, "erewhon ingest")?;
        stage.finish();
        Ok(Self {
            args,
            ui,
            place,
            cells,
            unsorted,
            store,
        })
    }

    /// Our products, in the bench's own place: nothing else keeps what a pass over such events says.
    fn write_ours(&self) -> Result<PathBuf> {
        let dir = self.place.path("ours");
        let set = TableSet {
            dir: &dir,
            format: TableFormat::Parquet,
            overwrite: false,
            definitions: Definitions::TOML,
            zones: &zones_to_toml("cells", "")?,
        };
        over_events(&self.unsorted, &self.cells, self.args.days, |pass| {
            pass.write(&set).map(drop)
        })?;
        Ok(dir)
    }

    /// This program's hidden command that runs one pass.
    fn pass(&self) -> Result<Command> {
        let mut pass = self.place.erewhon()?;
        pass.args([
            "bench",
            "pass",
            "--days",
            &self.args.days.to_string(),
            "--cells",
        ]);
        pass.arg(&self.cells);
        Ok(pass)
    }

    fn ours(&self, from: &'static str, what: &str, flags: &[&str], input: &Path) -> Result<Row> {
        let mut pass = self.pass()?;
        pass.args(flags).arg(input);
        let mut costs = Vec::new();
        for run in 1..=self.args.runs {
            let note = format!("{what} {from}, run {run} of {}", self.args.runs);
            costs.push(self.place.timed(&pass, "erewhon", &note, self.ui)?.0);
        }
        Ok(Row {
            program: format!("erewhon, {what}"),
            from,
            cost: medians(&costs),
        })
    }

    /// A peer's seconds are its own account: they leave out Python and its imports.
    fn peer(&self, engine: &'static str, from: &'static str, input: &Path) -> Result<Row> {
        let mut job = self.python(&["run", engine]);
        job.arg(input).arg(self.args.data.join("cells.parquet"));
        job.arg(cores()).arg("-");
        let mut costs = Vec::new();
        for run in 1..=self.args.runs {
            let note = format!("{from}, run {run} of {}", self.args.runs);
            let (cost, said) = self.place.timed(&job, engine, &note, self.ui)?;
            let words: Vec<f64> = said
                .split_whitespace()
                .filter_map(|w| w.parse().ok())
                .collect();
            let [wall_s, cpu_s] = *words.as_slice() else {
                return Err(Error::internal("the peers' script said something else"));
            };
            costs.push(Cost {
                wall_s,
                cpu_s,
                ..cost
            });
        }
        Ok(Row {
            program: engine.to_owned(),
            from,
            cost: medians(&costs),
        })
    }

    fn agree(&self, engine: &'static str, ours: &Path) -> Result<Vec<Agreement>> {
        let theirs = self.place.path(engine);
        let mut job = self.python(&["run", engine]);
        job.arg(&self.unsorted)
            .arg(self.args.data.join("cells.parquet"));
        said(job.arg(cores()).arg(&theirs), engine)?;
        let mut agree = self.python(&["agree"]);
        let text = said(agree.arg(ours).arg(&theirs), "the comparison")?;
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let product = words.next()?.to_owned();
            let rows = words.next()?.parse().ok()?;
            let differ = words.next()?.parse().ok()?;
            Some(Agreement {
                peer: engine,
                product,
                rows,
                differ,
            })
        };
        let found: Vec<Agreement> = text.lines().filter_map(line).collect();
        if found.len() != PRODUCTS.len() {
            return Err(Error::internal("the comparison said something else"));
        }
        Ok(found)
    }

    fn python(&self, words: &[&str]) -> Command {
        let mut job = Command::new(&self.args.python);
        job.args(["-c", PEERS]).args(words);
        job
    }

    /// The peers that this Python has.
    fn engines(&self) -> Vec<&'static str> {
        let has = |engine: &&str| {
            let import = format!("import {engine}, polars, pyarrow");
            let asked = Command::new(&self.args.python)
                .args(["-c", &import])
                .output();
            asked.is_ok_and(|said| said.status.success())
        };
        ["duckdb", "polars"]
            .into_iter()
            .filter(|engine| has(engine))
            .collect()
    }
}

fn cores() -> String {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string()
}

/// One pass whose result is forgotten: what `bench mobility` times.
pub(super) fn pass(args: &BenchPassArgs) -> Result<()> {
    if let Some(store) = &args.store {
        let session = Session::open(&store.join("internal").join("store"))?;
        let reducers = reducers(session.cells(), args.all);
        return session.time_mobility(reducers);
    }
    let events = args.events.as_deref().unwrap_or_else(|| Path::new(""));
    over_events(events, &args.cells, args.days, |pass| {
        pass.each(&mut |_, _| Ok(()))
    })
}

/// The products, or all families.
fn reducers(cells: &CellTable, all: bool) -> Vec<Box<dyn AnyReducer>> {
    let ground = Ground::from(Arc::new(Zoning::cells(cells)));
    let is_wanted = |family: &&Family| all || PRODUCTS.contains(&family.name);
    let wanted = families().iter().filter(is_wanted);
    wanted.map(|family| family.reducer(&ground)).collect()
}

/// Has `job` do something with a pass for the products over the events of a Parquet file.
fn over_events(
    events: &Path,
    cells: &Path,
    days: u16,
    job: impl FnOnce(&MobilityRun<'_>) -> Result<()>,
) -> Result<()> {
    let (cells, _) = read_cells(cells)?;
    let window = Window::parse(FIRST_DAY, days, "UTC")?;
    let calendar = Calendar::new(&window)?;
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let gathered = read_places(
        events,
        ["user", "ts", "cell"],
        calendar.start_utc_ms(),
        cells.len(),
    )?;
    let products = reducers(&cells, false);
    job(&MobilityRun::gathered(&gathered, public, products))
}

fn table(outcome: &Outcome) -> String {
    let mut text = format!("medians of {} runs\n", outcome.runs);
    text += "                                                   wall s   CPU s  peak MiB\n";
    for Row {
        program,
        from,
        cost,
    } in &outcome.rows
    {
        let Cost {
            wall_s,
            cpu_s,
            peak_mib,
        } = cost;
        text += &format!("{program:<24} {from:<24} {wall_s:>8.2} {cpu_s:>7.2} {peak_mib:>9.0}\n");
    }
    for Agreement {
        peer,
        product,
        rows,
        differ,
    } in &outcome.agreement
    {
        text += &format!("{product:<24} {rows:>9} rows, {differ} differ from {peer}\n");
    }
    if outcome.agreement.is_empty() {
        text += "peers left out: Python has no duckdb, polars and pyarrow (--python)\n";
    }
    text
}
