use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// A made-up country of one week, made once.
pub(crate) struct World {
    dir: TempDir,
    ids: HashSet<String>,
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let size = ["--subscribers", "300", "--days", "7", "--cells", "30"];
        let made = Command::new(env!("CARGO_BIN_EXE_erewhon"))
            .args(["world", "make"])
            .args(size)
            .arg("--out")
            .arg(dir.path().join("world"))
            .stderr(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success());
        let mut world = World {
            dir,
            ids: HashSet::new(),
        };
        let lines = world.lines();
        let ids = lines.iter().skip(1).map(|line| id_of(line).to_owned());
        world.ids = ids.filter(|id| is_id(id)).collect();
        assert!(world.ids.len() > 200);
        world
    })
}

fn id_of(line: &str) -> &str {
    line.split(',').next().unwrap_or_default()
}

fn is_id(text: &str) -> bool {
    text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl World {
    pub(crate) fn cdr(&self) -> PathBuf {
        self.dir.path().join("world/cdr.csv")
    }

    pub(crate) fn cells(&self) -> PathBuf {
        self.dir.path().join("world/cells.csv")
    }

    /// Header and rows; bytes that are no text are replaced.
    pub(crate) fn lines(&self) -> Vec<String> {
        let bytes = fs::read(self.cdr()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(str::to_owned).collect()
    }

    /// The rows with every line but the header changed.
    pub(crate) fn changed(&self, change: impl Fn(&str) -> String) -> String {
        let lines = self.lines();
        let rows = lines.iter().skip(1).map(|line| change(line));
        let mut text = lines[0].clone();
        rows.for_each(|row| {
            text.push('\n');
            text.push_str(&row);
        });
        text + "\n"
    }
}

/// A directory in which the program finds nothing of this machine: home, vault and anchors are here.
pub(crate) struct Place {
    pub(crate) root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// The program, or another one, in this place.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root.path())
            .env("HOME", self.root.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env_remove("EREWHON_VAULT")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn erewhon(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_erewhon"))
    }

    /// Runs one command line, words divided by spaces.
    pub(crate) fn run(&self, line: &str) -> Said {
        Said::of(line, self.erewhon().args(line.split_whitespace()))
    }

    /// Opens a budget of epsilon 1.
    pub(crate) fn open_budget(&self) {
        self.run("budget open --population test --epsilon 1").done();
    }

    /// `ingest` or `run` with its inputs; more words follow.
    pub(crate) fn reads(&self, verb: &str, events: &Path, cells: &Path, more: &str) -> Said {
        let mut command = self.erewhon();
        command.arg(verb).arg("--events").arg(events);
        command.arg("--cells").arg(cells).args(WINDOW);
        let line = format!("{verb} {} {more}", events.display());
        Said::of(&line, command.args(more.split_whitespace()))
    }

    /// The whole job on the made-up country into `out`.
    pub(crate) fn whole_run(&self, more: &str) -> Said {
        let line = format!("--out out --epsilon 1 --yes {more}");
        self.reads("run", &world().cdr(), &world().cells(), &line)
    }

    /// Approves the release of `out` with a key of another person.
    pub(crate) fn approve(&self) -> Said {
        if !self.path("second.key").exists() {
            self.run("key new --out second.key").done();
        }
        self.run("release approve out/release --key second.key --yes")
    }

    pub(crate) fn spent_micros(&self) -> u64 {
        let budget = self.run("budget show --json").json("erewhon.budget.v1");
        budget["spent_micros"].as_u64().unwrap()
    }
}

/// The layout and the window of the made-up country.
pub(crate) const WINDOW: [&str; 8] = [
    "--format",
    "cdr",
    "--first-day",
    "2026-03-02",
    "--days",
    "7",
    "--time-zone",
    "Europe/Berlin",
];

/// What a command said.
pub(crate) struct Said {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(line: &str, command: &mut Command) -> Self {
        Self::output(line, command.output().unwrap())
    }

    pub(crate) fn output(line: &str, output: std::process::Output) -> Self {
        let said = Self {
            line: line.to_owned(),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        said.names_nobody();
        said
    }

    /// Neither a subscriber's id nor anything that a test planted into a row.
    fn names_nobody(&self) {
        for text in [&self.out, &self.err] {
            assert!(!text.contains("planted"), "{}: {text}", self.line);
            let words = text.split(|c: char| !c.is_ascii_digit());
            for id in words.filter(|word| is_id(word)) {
                assert!(!world().ids.contains(id), "{} names {id}", self.line);
            }
        }
    }

    /// It succeeded.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}: {}", self.line, self.err);
        self
    }

    /// It failed with this exit code and one clear line that holds `words`, and a hint.
    pub(crate) fn failed(self, code: i32, words: &str) -> Self {
        let begin = |with: &str| self.err.lines().filter(|l| l.starts_with(with)).count();
        let all = format!("{} ended with {:?}: {}", self.line, self.code, self.err);
        assert_eq!(self.code, Some(code), "{all}");
        assert_eq!((begin("error: "), begin("hint: ")), (1, 1), "{all}");
        assert!(self.err.contains(words), "no `{words}` where {all}");
        self
    }

    /// The result of a successful command with `--json`.
    pub(crate) fn json(self, schema: &str) -> Value {
        let said = self.done();
        let mut object: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(object["schema"], schema, "{}", said.line);
        object["result"].take()
    }
}
