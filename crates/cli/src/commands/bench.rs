//! `erewhon ingest` as a whole process beside DuckDB on the same file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use erewhon_types::{Error, Kind, Result, Window};
use serde::Serialize;

use crate::{
    args::{BenchCommand, BenchIngestArgs},
    inputs::{public, readable},
    ui::Ui,
};

const DUCKDB: &str = include_str!("bench/ingest_duckdb.py");
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

#[derive(Clone, Copy, Serialize)]
struct Cost {
    wall_s: f64,
    /// User and system, of all cores.
    cpu_s: f64,
    peak_mib: f64,
}

pub(crate) fn run(command: BenchCommand, ui: &Ui) -> Result<()> {
    let BenchCommand::Ingest(args) = command;
    let outcome = ingest(&args, ui)?;
    ui.result("erewhon.bench_ingest.v1", &outcome, &table(&outcome))
}

fn ingest(args: &BenchIngestArgs, ui: &Ui) -> Result<Outcome> {
    let (_, _, window) = public(&args.public)?;
    readable(&args.events)?;
    let place = Place::make()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let peer = duckdb_version(args);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut rows_read, mut kept, mut copied) = (0, 0, 0);
    place.open_budget()?;
    for run in 1..=args.runs {
        let note = format!("run {run} of {}", args.runs);
        let out = place.path("out");
        let (cost, said) =
            place.timed(&place.ingest(args, &window, &out)?, "erewhon", &note, ui)?;
        let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let rows = |name: &str| said["result"][name].as_u64().unwrap_or_default();
        (rows_read, kept) = (rows("rows_read"), rows("rows_kept"));
        ours.push(cost);
        remove(&out)?;
        if peer.is_ok() {
            let job = duckdb(args, &window, cores, &out);
            let (cost, said) = place.timed(&job, "DuckDB", &note, ui)?;
            copied = said.trim().parse().unwrap_or_default();
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
    job.args(["-c", DUCKDB]).arg(&args.events);
    job.arg(&args.public.cells)
        .arg(window.first_day.to_string());
    job.args([&window.days.to_string(), &window.time_zone]);
    job.arg(cores.to_string()).arg(out);
    job
}

/// A directory with a vault of its own, for this account alone; it goes when this is dropped.
struct Place(PathBuf);

impl Place {
    fn make() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("erewhon-bench-{}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&dir)
            .map_err(|error| Error::io("make", &dir, &error))?;
        Ok(Self(dir))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// This program, with vault and anchors in this place.
    fn erewhon(&self) -> Result<Command> {
        let own = std::env::current_exe()
            .map_err(|error| Error::io("find", Path::new("erewhon"), &error))?;
        let mut command = Command::new(own);
        command.env("XDG_STATE_HOME", self.path("state"));
        command.env("EREWHON_VAULT", self.path("vault"));
        Ok(command)
    }

    fn open_budget(&self) -> Result<()> {
        let mut open = self.erewhon()?;
        open.args(["budget", "open", "--population", "bench", "--epsilon", "1"]);
        said(&mut open, "erewhon budget open").map(drop)
    }

    fn ingest(&self, args: &BenchIngestArgs, window: &Window, out: &Path) -> Result<Command> {
        let mut job = self.erewhon()?;
        job.args(["ingest", "--json", "--format", &args.public.format]);
        job.arg("--events").arg(&args.events);
        job.arg("--cells").arg(&args.public.cells);
        job.args(["--first-day", &window.first_day.to_string()]);
        job.args(["--days", &window.days.to_string()]);
        job.args(["--time-zone", &window.time_zone]);
        job.arg("--out").arg(out);
        Ok(job)
    }

    /// Runs a job under `time`; gives its cost and what it wrote to standard output.
    fn timed(
        &self,
        job: &Command,
        name: &'static str,
        note: &str,
        ui: &Ui,
    ) -> Result<(Cost, String)> {
        let times = self.path("times");
        let mut timed = Command::new(time_program());
        timed.args(["-f", "%e %U %S %M", "-o"]).arg(&times);
        timed.arg(job.get_program()).args(job.get_args());
        for (name, value) in job.get_envs() {
            timed.env(name, value.unwrap_or_default());
        }
        let mut stage = ui.stage(name);
        stage.note(note);
        let out = said(&mut timed, name)?;
        stage.finish();
        let text = fs::read_to_string(&times).unwrap_or_default();
        let cost = Cost::parse(&text).ok_or_else(no_time)?;
        Ok((cost, out))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What can't be removed is in the system's temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn time_program() -> &'static str {
    let usual = "/usr/bin/time";
    if Path::new(usual).is_file() {
        usual
    } else {
        "time"
    }
}

fn no_time() -> Error {
    Error::new(
        Kind::Resource,
        "`time -f` measures the runs and is not there",
    )
    .with_hint("install GNU time: the package `time`, on macOS `gnu-time`, as `time` on the path")
}

/// Standard output of a command that succeeds.
fn said(command: &mut Command, name: &str) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_time(),
        _ => Error::io("run", Path::new(name), &error),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    // What a program says of its input may hold a row, so it is not passed on.
    Err(Error::input(format!("`{name}` failed ({})", output.status))
        .with_hint("`erewhon ingest` with the same files says why; DuckDB needs clean rows"))
}

fn remove(dir: &Path) -> Result<()> {
    fs::remove_dir_all(dir).map_err(|error| Error::io("remove", dir, &error))
}

impl Cost {
    /// Wall, user and system seconds and peak KiB, as `time` wrote them.
    fn parse(text: &str) -> Option<Self> {
        let words = text.split_whitespace().map(|word| word.parse::<f64>().ok());
        let [wall_s, user_s, system_s, peak_kib] =
            words.collect::<Option<Vec<_>>>()?.try_into().ok()?;
        Some(Self {
            wall_s,
            cpu_s: user_s + system_s,
            peak_mib: peak_kib / 1024.0,
        })
    }

    fn over(self, other: Self) -> Self {
        Self {
            wall_s: self.wall_s / other.wall_s,
            cpu_s: self.cpu_s / other.cpu_s,
            peak_mib: self.peak_mib / other.peak_mib,
        }
    }
}

fn medians(costs: &[Cost]) -> Cost {
    let median = |of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or_default();
        f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2))
    };
    Cost {
        wall_s: median(|cost| cost.wall_s),
        cpu_s: median(|cost| cost.cpu_s),
        peak_mib: median(|cost| cost.peak_mib),
    }
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
