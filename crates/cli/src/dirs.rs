use std::{
    fs,
    path::{Path, PathBuf},
};

use erewhon_session::{Asker, Mapping, Vault, write_atomically, write_internal};
use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::args::VaultArgs;

/// A run directory: `internal/` compares with real data and stays, `release/` may leave.
pub(crate) struct RunDir {
    root: PathBuf,
}

/// What later stages need to know of the ones before.
#[derive(Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// The layout of the input, which is also that of the synthetic records.
    pub(crate) mapping: Mapping,
    /// The layout's name for people.
    pub(crate) format: String,
    /// Name of the release in the ledger, once there is one.
    pub(crate) release: Option<String>,
    /// Commands so far.
    pub(crate) commands: Vec<String>,
    /// Stages so far with their wall seconds.
    pub(crate) stages: Vec<(String, f64)>,
}

/// A stamped file as it is read back.
#[derive(Deserialize)]
struct Stamped<T> {
    content: T,
}

const MARKER: &str = ".erewhon-run";
const DEMO_MARKER: &str = ".erewhon-demo";

impl RunDir {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// A directory that is new, empty, or a run directory already.
    pub(crate) fn claim(root: &Path) -> Result<Self> {
        let run = Self::new(root);
        if root.exists() && !run.is_ours() && !is_empty(root)? {
            return Err(Error::usage(format!(
                "`{}` holds files that Erewhon did not make",
                root.display()
            ))
            .with_hint("name a new or empty directory"));
        }
        write_atomically(&root.join(MARKER), b"A run directory of Erewhon.\n")?;
        Ok(run)
    }

    /// A directory for a demo: new, empty, or a demo that was made before, which is removed.
    pub(crate) fn claim_for_demo(root: &Path) -> Result<Self> {
        let marker = root.join(DEMO_MARKER);
        if marker.is_file() {
            fs::remove_dir_all(root).map_err(|error| Error::io("remove", root, &error))?;
        }
        let run = Self::claim(root)?;
        write_atomically(&marker, b"A demo of Erewhon: the next demo replaces it.\n")?;
        Ok(run)
    }

    fn is_ours(&self) -> bool {
        self.root.join(MARKER).is_file()
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.internal("store")
    }

    pub(crate) fn internal(&self, name: &str) -> PathBuf {
        self.root.join("internal").join(name)
    }

    pub(crate) fn release(&self) -> PathBuf {
        self.root.join("release")
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.release().join("model.json")
    }

    pub(crate) fn synthetic(&self) -> PathBuf {
        self.release().join("synthetic.csv")
    }

    /// Reads a stamped internal file.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str, maker: &str) -> Result<T> {
        let path = self.internal(name);
        let bytes = fs::read(&path).map_err(|error| {
            Error::io("read", &path, &error).with_hint(format!("make it with `{maker}`"))
        })?;
        let stamped: Stamped<T> = serde_json::from_slice(&bytes).map_err(|error| {
            Error::input(format!(
                "`{}` is not what this version wrote: {error}",
                path.display()
            ))
            .with_hint(format!("make it anew with `{maker}`"))
        })?;
        Ok(stamped.content)
    }

    pub(crate) fn write<T: Serialize>(&self, name: &str, schema: &str, value: &T) -> Result<()> {
        write_internal(&self.internal(name), schema, value)
    }

    pub(crate) fn run_file(&self) -> Result<RunFile> {
        self.read("run.json", "erewhon ingest")
    }

    pub(crate) fn write_run_file(&self, run: &RunFile) -> Result<()> {
        self.write("run.json", "erewhon.run.v1", run)
    }

    /// Adds a command and its stages to the record of how the run was made.
    pub(crate) fn log(&self, command: String, stages: Vec<(String, f64)>) -> Result<()> {
        let mut run = self.run_file()?;
        run.commands.push(command);
        run.stages.extend(stages);
        self.write_run_file(&run)
    }
}

pub(crate) fn is_empty(dir: &Path) -> Result<bool> {
    let mut entries = fs::read_dir(dir).map_err(|error| Error::io("read", dir, &error))?;
    Ok(entries.next().is_none())
}

impl VaultArgs {
    /// The vault, made where it is missing.
    pub(crate) fn open(&self) -> Result<Vault> {
        let dir = match &self.vault {
            Some(dir) => dir.clone(),
            None => home_dir("XDG_DATA_HOME", ".local/share")?.join("erewhon/vault"),
        };
        // Not beside the ledger: whoever restores the vault must not restore its anchor with it.
        let anchors = home_dir("XDG_STATE_HOME", ".local/state")?.join("erewhon/anchors");
        Vault::open(&dir, &anchors)
    }

    /// Who asks.
    pub(crate) fn who(&self) -> String {
        let account = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
        self.who
            .clone()
            .or_else(|| account().ok())
            .unwrap_or_else(|| "operator".to_owned())
    }

    /// Who asks, and why.
    pub(crate) fn asker(&self, why: &str) -> Asker {
        Asker {
            who: self.who(),
            why: why.to_owned(),
        }
    }
}

fn home_dir(variable: &str, below_home: &str) -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set(variable)
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(below_home)))
        .ok_or_else(|| {
            Error::usage(format!("neither `{variable}` nor `HOME` is set"))
                .with_hint("set one of them, or name the vault with --vault")
        })
}
