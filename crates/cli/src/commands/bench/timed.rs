//! A process under `time`, in a place of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use erewhon_session::{Asker, Vault};
use erewhon_types::{Delta, Epsilon, Error, Kind, Result};
use serde::Serialize;
use tempfile::TempDir;

use super::spread::Spread;
use crate::{args::PublicArgs, dirs::ANCHORS, ui::Ui};

/// Who goes on record in a vault that lives no longer than its bench.
const WHO: &str = "bench";

#[derive(Clone, Copy, Serialize)]
pub(super) struct Cost {
    pub(super) wall_s: f64,
    /// User and system, of all cores.
    pub(super) cpu_s: f64,
    pub(super) peak_mib: f64,
}

/// A directory with a vault of its own, for this account alone; it goes when this is dropped.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn make() -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let made = builder.prefix("erewhon-bench-").tempdir();
        made.map(Self)
            .map_err(|error| Error::io("make a directory in", &std::env::temp_dir(), &error))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// This program, with vault and anchors in this place.
    pub(super) fn erewhon(&self) -> Result<Command> {
        let own = std::env::current_exe()
            .map_err(|error| Error::io("find", Path::new("erewhon"), &error))?;
        let mut command = Command::new(own);
        command.env("XDG_STATE_HOME", self.path("state"));
        command.env("EREWHON_VAULT", self.path("vault"));
        Ok(command)
    }

    /// `ingest` of one file into the run directory `out`.
    pub(super) fn ingest(&self, events: &Path, public: &PublicArgs, out: &Path) -> Result<Command> {
        let mut job = self.erewhon()?;
        job.args(["ingest", "--format", &public.format]);
        job.arg("--events").arg(events);
        job.arg("--cells").arg(&public.cells);
        job.args(["--first-day", &public.first_day]);
        job.args(["--days", &public.days.to_string()]);
        if let Some(zone) = &public.time_zone {
            job.args(["--time-zone", zone]);
        }
        job.arg("--out").arg(out);
        Ok(job)
    }

    pub(super) fn vault(&self) -> Result<Vault> {
        Vault::open(&self.path("vault"), &self.path("state").join(ANCHORS))
    }

    pub(super) fn open_budget(&self, delta: Option<Delta>) -> Result<()> {
        let vault = self.vault()?;
        vault.open_ledger(WHO, ("1".parse()?, delta), WHO).map(drop)
    }

    /// Lets one more fit spend so much.
    pub(super) fn grant(&self, epsilon: Epsilon) -> Result<()> {
        self.vault()?.ledger()?.grant(epsilon, WHO, "the next fit")
    }

    pub(super) fn asker(&self, why: &str) -> Asker {
        Asker {
            who: WHO.to_owned(),
            why: why.to_owned(),
        }
    }

    /// Runs a job under `time`; gives its cost and what it wrote to standard output.
    pub(super) fn timed(
        &self,
        job: &Command,
        name: &'static str,
        note: &str,
        ui: &Ui,
    ) -> Result<(Cost, String)> {
        let times = self.path("times");
        let mut timed = Command::new("time");
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

fn no_time() -> Error {
    Error::new(
        Kind::Resource,
        "`time -f` measures the runs and is not there",
    )
    .with_hint("install GNU time: the package `time`, on macOS `gnu-time`, as `time` on the path")
}

/// Standard output of a command that succeeds.
pub(super) fn said(command: &mut Command, name: &str) -> Result<String> {
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
        .with_hint("the same command outside the bench says why; the peers need clean rows"))
}

pub(super) fn remove(dir: &Path) -> Result<()> {
    fs::remove_dir_all(dir).map_err(|error| Error::io("remove", dir, &error))
}

impl Cost {
    /// Wall, user and system seconds and peak KiB, as `time` wrote them.
    fn parse(text: &str) -> Option<Self> {
        let words = text.split_whitespace().map(|word| word.parse::<f64>().ok());
        let words: Vec<f64> = words.collect::<Option<_>>()?;
        let [wall_s, user_s, system_s, peak_kib] = *words.as_slice() else {
            return None;
        };
        Some(Self {
            wall_s,
            cpu_s: user_s + system_s,
            peak_mib: peak_kib / 1024.0,
        })
    }

    pub(super) fn over(self, other: Self) -> Self {
        Self {
            wall_s: self.wall_s / other.wall_s,
            cpu_s: self.cpu_s / other.cpu_s,
            peak_mib: self.peak_mib / other.peak_mib,
        }
    }
}

pub(super) fn medians(costs: &[Cost]) -> Cost {
    let median =
        |of: fn(&Cost) -> f64| Spread::of(costs.iter().map(of)).map_or(0.0, |spread| spread.median);
    Cost {
        wall_s: median(|cost| cost.wall_s),
        cpu_s: median(|cost| cost.cpu_s),
        peak_mib: median(|cost| cost.peak_mib),
    }
}
