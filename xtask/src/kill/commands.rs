//! The command lines of the program under test: the one place that knows its flags and its JSON.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::tally::Budget;
use crate::Outcome;

/// The exit code of a refused charge.
pub(super) const EXIT_BUDGET: i32 = 4;

/// What each run asks for; small, so that hundreds of runs fit into one budget.
pub(super) const EPSILON_MICROS: u64 = 1_000;
const EPSILON: &str = "0.001";

/// Runs the program in a directory of its own.
pub(super) struct Commands {
    binary: PathBuf,
    dir: PathBuf,
}

impl Commands {
    pub(super) fn new(binary: &Path, dir: &Path) -> Outcome<Self> {
        let binary = binary.canonicalize().map_err(|error| {
            format!(
                "no program at `{}`: {error}; build it or say --binary",
                binary.display()
            )
        })?;
        Ok(Self {
            binary,
            dir: dir.to_path_buf(),
        })
    }

    /// A small country with its raw records, and a budget.
    pub(super) fn prepare(&self) -> Outcome<()> {
        let mut world = self.program(&["world", "make", "--subscribers", "2000", "--days", "7"]);
        world.args(["--cells", "60", "--out"]).arg(self.world());
        finished(&mut world)?;
        let mut budget = self.program(&["budget", "open", "--population", "kill"]);
        budget.args(["--epsilon", "1", "--vault"]).arg(self.vault());
        finished(&mut budget).map(drop)
    }

    /// Starts the run number `round`; all runs share one vault.
    pub(super) fn start_run(&self, round: u32) -> Outcome<Child> {
        let mut command = self.program(&["run", "--format", "cdr", "--purpose", "demo", "--yes"]);
        command.arg("--events").arg(self.world().join("cdr.csv"));
        command.arg("--cells").arg(self.world().join("cells.csv"));
        // The window of every made-up country of seven days.
        command.args(["--first-day", "2026-03-02", "--days", "7"]);
        command.args(["--time-zone", "Europe/Berlin", "--epsilon", EPSILON]);
        command.arg("--vault").arg(self.vault());
        command.arg("--out").arg(self.out(round));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
            .spawn()
            .map_err(|error| format!("can't start {command:?}: {error}"))
    }

    /// What the ledger says. The program checks the whole chain before it answers.
    pub(super) fn budget(&self) -> Outcome<Budget> {
        let mut command = self.program(&["budget", "show", "--json", "--vault"]);
        command.arg(self.vault());
        let json = finished(&mut command)?;
        budget_from(&json).ok_or_else(|| format!("{command:?} printed no budget: {json}"))
    }

    /// Whether the store of a round opens and agrees with every digest; `None` when the round came
    /// to no store.
    pub(super) fn store(&self, round: u32) -> Outcome<Option<()>> {
        let out = self.out(round);
        if !out.join("internal/store/manifest.json").exists() {
            return Ok(None);
        }
        let mut command = self.program(&["store", "show", "--json"]);
        finished(command.arg(out)).map(|_| Some(()))
    }

    /// Whether a round came to a model, after which nothing more is spent.
    pub(super) fn has_model(&self, round: u32) -> bool {
        self.out(round).join("release/model.json").exists()
    }

    /// Whether a round came to its end, a signed request.
    pub(super) fn has_request(&self, round: u32) -> bool {
        self.out(round).join("release/release.sig").exists()
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        // The anchors of the ledger lie there.
        command
            .args(words)
            .env("XDG_STATE_HOME", self.dir.join("state"));
        command
    }

    fn world(&self) -> PathBuf {
        self.dir.join("world")
    }

    fn out(&self, round: u32) -> PathBuf {
        self.dir.join(format!("run-{round}"))
    }

    fn vault(&self) -> PathBuf {
        self.dir.join("vault")
    }
}

/// Runs a command to its end and reads the JSON it prints.
fn finished(command: &mut Command) -> Outcome<Value> {
    let output = command
        .output()
        .map_err(|error| format!("can't run {command:?}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "{command:?} ended with {}: {}",
            output.status,
            text.trim()
        ));
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// `spent_micros` and `total_micros`, in whole micro-epsilons.
fn budget_from(json: &Value) -> Option<Budget> {
    let result = json.get("result")?;
    let micros = |key: &str| result.get(key).and_then(Value::as_u64);
    Some(Budget {
        spent_micros: micros("spent_micros")?,
        total_micros: micros("total_micros")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_a_budget_and_nothing_else() {
        let budget = budget_from(&json!({"schema": "erewhon.budget.v1", "result":
                {"spent_micros": 30_000, "total_micros": 10_000_000}}))
        .unwrap();
        assert_eq!(
            (budget.spent_micros, budget.total_micros),
            (30_000, 10_000_000)
        );
        assert!(budget_from(&json!({"result": {"spent_micros": 30_000}})).is_none());
        assert!(budget_from(&Value::Null).is_none());
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Commands::new(Path::new("no/such/erewhon"), Path::new("."))
            .err()
            .unwrap();
        assert!(error.contains("no/such/erewhon"), "{error}");
    }
}
