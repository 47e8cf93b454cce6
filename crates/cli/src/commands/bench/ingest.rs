//! `erewhon ingest` as a whole process beside DuckDB on the same file.

use std::{path::Path, process::Command};

use erewhon_types::{Error, Result, Window};
use serde::{Deserialize, Serialize};

use super::timed::{Cost, Place, medians, remove};
use crate::{
    args::BenchIngestArgs,
    inputs::{public, readable},
    ui::Ui,
};

const DUCKDB: &str = include_str!("ingest_duckdb.py");
/// The one layout that the DuckDB script reads.
const DUCKDB_FORMAT: &str = "gen_cdr";

#[derive(Serialize)]
struct Outcome {
    rows_read: u64,
    runs: u16,
    cores: usize,
    erewhon: Figures,
    duckdb: Option<Figures>,
    /// DuckDB's version, or why it did not run.
    peer: String,
    /// Erewhon's figures over DuckDB's, where that ran.
    ratio: Option<Cost>,
}

/// What one program took: medians of its runs.
#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    cost: Cost,
    rows_written: u64,
}

/// What `ingest --json` prints.
#[derive(Deserialize)]
struct Said {
    result: Rows,
}

#[derive(Deserialize)]
struct Rows {
    rows_read: u64,
    rows_kept: u64,
}

pub(super) fn run(args: &BenchIngestArgs, ui: &Ui) -> Result<()> {
    let outcome = compare(args, ui)?;
    ui.result("erewhon.bench_ingest.v1", &outcome, &table(&outcome))
}

fn compare(args: &BenchIngestArgs, ui: &Ui) -> Result<Outcome> {
    let (_, _, window) = public(&args.public)?;
    readable(&args.events)?;
    let place = Place::make()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let peer = duckdb_version(args);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut rows_read, mut kept, mut copied) = (0, 0, 0);
    place.open_budget(None)?;
    for run in 1..=args.runs {
        let note = format!("run {run} of {}", args.runs);
        let out = place.path("out");
        let mut job = place.ingest(&args.events, &args.public, &out)?;
        let (cost, said) = place.timed(job.arg("--json"), "erewhon", &note, ui)?;
        let Said { result } = serde_json::from_str(&said)
            .map_err(|_| Error::internal("`ingest --json` said something else"))?;
        (rows_read, kept) = (result.rows_read, result.rows_kept);
        ours.push(cost);
        remove(&out)?;
        if peer.is_ok() {
            let job = duckdb(args, &window, cores, &out);
            let (cost, said) = place.timed(&job, "DuckDB", &note, ui)?;
            copied = said
                .trim()
                .parse::<u64>()
                .map_err(|_| Error::internal("the DuckDB script said something else"))?;
            theirs.push(cost);
            remove(&out)?;
        }
    }
    let erewhon = Figures {
        cost: medians(&ours),
        rows_written: kept,
    };
    let duckdb = peer.is_ok().then(|| Figures {
        cost: medians(&theirs),
        rows_written: copied,
    });
    Ok(Outcome {
        rows_read,
        runs: args.runs,
        cores,
        ratio: duckdb.as_ref().map(|peer| erewhon.cost.over(peer.cost)),
        erewhon,
        duckdb,
        peer: peer.unwrap_or_else(|why| why),
    })
}

/// DuckDB's version, or why it can't be compared with.
fn duckdb_version(args: &BenchIngestArgs) -> std::result::Result<String, String> {
    if args.public.format != DUCKDB_FORMAT {
        return Err(format!("DuckDB left out: it reads `{DUCKDB_FORMAT}` alone"));
    }
    let script = "import duckdb; print(duckdb.__version__)";
    let asked = Command::new(&args.python).args(["-c", script]).output();
    match asked {
        Ok(said) if said.status.success() => {
            Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
        }
        _ => Err(format!(
            "DuckDB left out: `{}` has none; install it with `pip install duckdb`",
            args.python.display()
        )),
    }
}

fn duckdb(args: &BenchIngestArgs, window: &Window, cores: usize, out: &Path) -> Command {
    let mut job = Command::new(&args.python);
    job.args(["-c", DUCKDB]);
    job.arg(&args.events).arg(&args.public.cells);
    job.arg(window.first_day.to_string());
    job.args([&window.days.to_string(), &window.time_zone]);
    job.arg(cores.to_string()).arg(out);
    job
}

fn table(outcome: &Outcome) -> String {
    let line = |name: &str, cost: Cost, decimals: usize, rows: &str| {
        format!(
            "{name:<16} {:>9.decimals$} {:>9.decimals$} {:>9.decimals$} {rows:>13}\n",
            cost.wall_s, cost.cpu_s, cost.peak_mib
        )
    };
    let program = |name: &str, figures: &Figures| {
        line(name, figures.cost, 1, &figures.rows_written.to_string())
    };
    let Outcome {
        rows_read,
        runs,
        cores,
        ..
    } = outcome;
    let mut text = format!("{rows_read} rows, {cores} cores, medians of {runs} runs\n");
    text += "                    wall s     CPU s  peak MiB  rows written\n";
    text += &program("erewhon", &outcome.erewhon);
    match (&outcome.duckdb, outcome.ratio) {
        (Some(duckdb), Some(ratio)) => {
            text += &program(&format!("DuckDB {}", outcome.peer), duckdb);
            text += &line("erewhon / DuckDB", ratio, 2, "");
        }
        _ => text += &outcome.peer,
    }
    text
}
