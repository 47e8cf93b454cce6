use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use erewhon_session::{
    Asker, GenerateSpec, Mapping, Variant, Vault, write_atomically, write_internal,
};
use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{args::VaultArgs, out::check_directory};

/// A run directory: `internal/` compares with real data and stays, `release/` may leave.
///
/// Its state is what files are there: each is written under another name and renamed when whole,
/// and `release/model.json` and `release/release.sig` come last in their stages.
pub(crate) struct RunDir {
    root: PathBuf,
    /// What was not there before this process: itself and directories above it, the lowest first.
    made: Vec<PathBuf>,
    /// Held while this process may write here; the kernel frees it when the process dies.
    lock: Option<File>,
}

/// What later stages need to know of the ones before.
#[derive(Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// The layout of the input, which is also that of the synthetic records.
    pub(crate) mapping: Mapping,
    /// The layout's name for people.
    pub(crate) format: String,
    /// Name of the release in the ledger, written before it is charged.
    pub(crate) release: Option<String>,
    /// What the release was charged for.
    #[serde(default)]
    pub(crate) purpose: Option<String>,
    /// How the synthetic records were drawn from the model.
    #[serde(default)]
    pub(crate) drawn: Option<Drawn>,
    /// Commands so far.
    pub(crate) commands: Vec<String>,
    /// Stages so far with their wall seconds.
    pub(crate) stages: Vec<(String, f64)>,
}

/// With this the same model gives the same synthetic records again.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Drawn {
    pub(crate) subscribers: Option<u32>,
    pub(crate) seed: u64,
}

impl Drawn {
    pub(crate) fn spec(self) -> GenerateSpec {
        GenerateSpec {
            subscribers: self.subscribers,
            seed: self.seed,
            variant: Variant::default(),
        }
    }
}

/// A stamped file as it is read back.
#[derive(Deserialize)]
struct Stamped<T> {
    content: T,
}

/// Where anchors lie in the user's state directory.
pub(crate) const ANCHORS: &str = "erewhon/anchors";

pub(crate) const MARKER: &str = ".erewhon-run";
/// What a demo makes in its directory; anything else there is the user's.
const DEMO_MAKES: [&str; 6] = ["raw", "internal", "release", "vault", "anchors", "approver"];
const DEMO_MARKER: &str = ".erewhon-demo";

/// More than the files of a fit ever need but for what grows with the cells: its pairs are up to 128 × 128
/// numbers, some 700 KB in the model and 800 KB in its tables, and beside them are moves, hours and the
/// statement.
const FIT_BYTES: usize = 3 << 20;
const FIT_CELL_BYTES: usize = 2048;

/// Room on the disk, held until this is dropped.
pub(crate) struct Room(PathBuf);

impl Drop for Room {
    fn drop(&mut self) {
        // What stays is swept up by the next command.
        let _ = fs::remove_file(&self.0);
    }
}

/// Gives room back right before a fit is charged, which may need it: at the first word that is not
/// `summaries`, which is said while records are read.
pub(crate) fn give_back(room: &mut Option<Room>, what: &str) {
    if what != "summaries" {
        *room = None;
    }
}

impl RunDir {
    /// A run directory to read from.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            made: Vec::new(),
            lock: None,
        }
    }

    /// A run directory to work in; other processes stay out meanwhile.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        check_run(root)?;
        Self::locked(root)
    }

    /// A run directory to look at: one where nothing may be written, as of an archive, will do.
    ///
    /// What is said of a run goes to `internal/`, so a closed `release/` keeps nobody from writing it.
    pub(crate) fn open_to_read(root: &Path) -> Result<Self> {
        check_run(root)?;
        let run = Self::new(root);
        if may_not_write(root) || may_not_write(&run.internal("")) {
            return Ok(run);
        }
        Self::locked(root)
    }

    /// Whether files may be written here; else the results of a command are printed alone.
    pub(crate) const fn can_write(&self) -> bool {
        self.lock.is_some()
    }

    /// Why the page of the release stays as it is, where it does.
    pub(crate) fn keeps_release(&self) -> Option<&'static str> {
        if self.is_requested() {
            return Some("signed");
        }
        may_not_write(&self.release()).then_some("closed to you")
    }

    /// What of its path was not there before this process, the lowest first.
    pub(crate) fn made(&self) -> &[PathBuf] {
        &self.made
    }

    /// Refuses a directory that is neither new nor empty nor a run directory already.
    pub(crate) fn check_ours(root: &Path) -> Result<()> {
        let hint = "name a new or empty directory";
        check_directory(root)?;
        if root.join(DEMO_MARKER).is_file() {
            return Err(Error::usage(format!(
                "`{}` belongs to a demo, and the next demo erases it",
                root.display()
            ))
            .with_hint(hint));
        }
        if root.exists() && !root.join(MARKER).is_file() && !is_empty(root)? {
            return Err(Error::usage(format!(
                "`{}` holds files that Erewhon did not make",
                root.display()
            ))
            .with_hint(hint));
        }
        Ok(())
    }

    /// A directory that is new, empty, or a run directory already.
    pub(crate) fn claim(root: &Path) -> Result<Self> {
        Self::check_ours(root)?;
        Self::locked(root)
    }

    /// A directory for a demo: new, empty, or a demo that was made before, which is removed.
    pub(crate) fn claim_for_demo(root: &Path) -> Result<Self> {
        check_directory(root)?;
        let marker = root.join(DEMO_MARKER);
        if !marker.is_file() {
            if root.exists() && !is_empty(root)? {
                return Err(Error::usage(format!("`{}` holds no demo", root.display()))
                    .with_hint("name a new or empty directory"));
            }
            write_atomically(&marker, b"A demo of Erewhon: the next demo replaces it.\n")?;
        }
        let run = Self::locked(root)?;
        // Only what a demo makes; the markers stay, so that one killed here is a demo still.
        for made in DEMO_MAKES {
            let path = root.join(made);
            if path.exists() {
                remove(&path)?;
            }
        }
        Ok(run)
    }

    fn locked(root: &Path) -> Result<Self> {
        let marker = root.join(MARKER);
        let new = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
        let made = root.ancestors().take_while(new).map(Path::to_owned);
        let made = made.collect();
        fs::create_dir_all(root).map_err(|error| Error::io("make", root, &error))?;
        let failed = |error| Error::io("write", &marker, &error);
        let options = File::options().create(true).append(true).open(&marker);
        let mut lock = options.map_err(failed)?;
        lock.try_lock().map_err(|_| {
            Error::new(
                erewhon_types::Kind::Resource,
                format!("another process works in `{}`", root.display()),
            )
            .with_hint("wait until it has finished")
        })?;
        if lock.metadata().map_err(failed)?.len() == 0 {
            lock.write_all(b"A run directory of Erewhon.\n")
                .map_err(failed)?;
        }
        let run = Self {
            root: root.to_owned(),
            made,
            lock: Some(lock),
        };
        run.sweep()?;
        Ok(run)
    }

    /// Removes what a process that was killed had not renamed yet: a release must not hold it.
    ///
    /// Where people name the files, as [`is_free_name`] lets them, only what nobody can name goes. A
    /// closed `release/` is left as it is: nothing gets out of it here either.
    fn sweep(&self) -> Result<()> {
        let dirs = [
            (self.root.join("internal"), false),
            (self.internal("sql"), true),
            (self.internal("mobility"), true),
            (self.internal("anonymised"), true),
            (self.release(), false),
        ];
        for (dir, named_by_people) in dirs {
            if !dir.is_dir() || dir == self.release() && may_not_write(&dir) {
                continue;
            }
            for entry in entries(&dir)? {
                let name = entry.file_name().to_string_lossy().into_owned();
                let ours = name.ends_with(".partial") || name.ends_with(".new");
                if name.starts_with(TEMPORARY) || (ours && !named_by_people) {
                    remove(&entry.path())?;
                }
            }
        }
        let manifest = self.release().join("release.json");
        if manifest.exists() && self.keeps_release().is_none() {
            remove(&manifest)?;
        }
        Ok(())
    }

    /// Whether there is a model: the fit is complete, and paid for.
    pub(crate) fn has_model(&self) -> bool {
        self.model().is_file()
    }

    /// Refuses to go on without a model.
    pub(crate) fn check_model(&self) -> Result<()> {
        if self.has_model() {
            Ok(())
        } else {
            Err(self.missing("fitted model", "erewhon fit"))
        }
    }

    /// What the run has not made yet, and the command that makes it.
    pub(crate) fn missing(&self, what: &str, maker: &str) -> Error {
        let root = self.root.display();
        Error::input(format!("`{root}` has no {what} yet"))
            .with_hint(format!("make it: `{maker} {root}`"))
    }

    /// Whether the release was signed by its requester, the last step of a run.
    pub(crate) fn is_requested(&self) -> bool {
        self.release().join("release.sig").is_file()
    }

    /// Refuses to touch files that somebody signed.
    pub(crate) fn refuse_signed(&self) -> Result<()> {
        if !self.is_requested() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the files of `{}` are signed for a release",
            self.release().display()
        ))
        .with_hint("remove `release.json` and the `.sig` files there to withdraw the request"))
    }

    /// Takes room on the disk for the files of a fit, to be given back before they are written: a
    /// disk that is full then would cost a model that was paid for.
    pub(crate) fn take_room(&self, cells: usize) -> Result<Room> {
        let path = self.release().join("room.partial");
        let failed = |error: &std::io::Error| Error::io("write", &path, error);
        fs::create_dir_all(self.release()).map_err(|error| failed(&error))?;
        let room = Room(path.clone());
        let mut file = File::create(&path).map_err(|error| failed(&error))?;
        // No two words alike: a file system that compresses must not store them in less room.
        let words = (FIT_BYTES + cells * FIT_CELL_BYTES) as u64 / 8;
        let bytes = (1..=words).flat_map(|word| word.wrapping_pow(7).to_le_bytes());
        file.write_all(&bytes.collect::<Vec<u8>>())
            .and_then(|()| file.sync_all())
            .map_err(|error| failed(&error))?;
        Ok(room)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.internal("store")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.internal("quarantine")
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
    pub(crate) fn log(&self, words: &[String], stages: Vec<(String, f64)>) -> Result<()> {
        if !self.can_write() {
            return Ok(());
        }
        let mut run = self.run_file()?;
        run.commands.push(words.join(" "));
        run.stages.extend(stages);
        self.write_run_file(&run)
    }
}

/// What the names of files and directories begin with until they are whole.
const TEMPORARY: &str = ".tmp";

/// Whether people may call a file or directory so: one part of a path, and nothing hidden, as what is
/// swept away is.
pub(crate) fn is_free_name(name: &Path) -> bool {
    let hidden = name.to_string_lossy().starts_with('.');
    !hidden && name.file_name() == Some(name.as_os_str())
}

fn check_run(root: &Path) -> Result<()> {
    if root.join(MARKER).is_file() {
        return Ok(());
    }
    Err(
        Error::input(format!("`{}` is no run directory", root.display()))
            .with_hint("make one with `erewhon run` or `erewhon ingest`"),
    )
}

/// Whether a directory is there and closed to this account, or on a medium that is.
fn may_not_write(dir: &Path) -> bool {
    let tried = tempfile::tempfile_in(dir).map_err(|error| error.kind());
    let closed = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
    tried.is_err_and(|kind| closed.contains(&kind))
}

pub(crate) fn is_empty(dir: &Path) -> Result<bool> {
    Ok(entries(dir)?.is_empty())
}

fn entries(dir: &Path) -> Result<Vec<fs::DirEntry>> {
    fs::read_dir(dir)
        .and_then(Iterator::collect)
        .map_err(|error| Error::io("read", dir, &error))
}

fn remove(path: &Path) -> Result<()> {
    let is_dir = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    if is_dir {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
    .map_err(|error| Error::io("remove", path, &error))
}

/// Where anchors lie.
fn anchors() -> Result<PathBuf> {
    Ok(home_dir("XDG_STATE_HOME", ".local/state")?.join(ANCHORS))
}

impl VaultArgs {
    fn dir(&self) -> Result<PathBuf> {
        self.vault.clone().map_or_else(
            || Ok(home_dir("XDG_DATA_HOME", ".local/share")?.join("erewhon/vault")),
            Ok,
        )
    }

    /// The vault where there is one; nothing is made.
    pub(crate) fn open_existing(&self) -> Result<Option<Vault>> {
        let dir = self.dir()?;
        let there = dir.join("ledger").is_dir() || dir.join("pseudonym.key").is_file();
        there.then(|| self.make()).transpose()
    }

    /// The vault, which must be there; nothing is made.
    pub(crate) fn open(&self) -> Result<Vault> {
        let dir = self.dir()?;
        self.open_existing()?.ok_or_else(|| {
            Error::input(format!("`{}` holds no budget: it is no vault", dir.display())).with_hint(
                "name the right one with --vault, or open a budget there with `erewhon budget open`",
            )
        })
    }

    /// The vault, made where it is missing.
    pub(crate) fn make(&self) -> Result<Vault> {
        let dir = self.dir()?;
        if let Some(vault) = self.of_demo(&dir)? {
            return Ok(vault);
        }
        // Not beside the ledger: whoever restores the vault must not restore its anchor with it.
        Vault::open(&dir, &anchors()?)
    }

    fn of_demo(&self, dir: &Path) -> Result<Option<Vault>> {
        let marked = dir.parent().map(|root| root.join(DEMO_MARKER));
        if !marked.is_some_and(|marker| marker.is_file()) {
            return Ok(None);
        }
        Vault::find_demo(dir, &anchors()?)
    }

    /// Refuses the vault of a demo, whose anchors lie beside it, for anybody's records.
    pub(crate) fn refuse_demo(&self) -> Result<()> {
        let dir = self.dir()?;
        if self.of_demo(&dir)?.is_none() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "`{}` is the vault of a demo, and holds the budget of made-up people alone",
            dir.display()
        ))
        .with_hint("name another vault with --vault"))
    }

    /// Who asks.
    pub(crate) fn who(&self) -> String {
        let account = |name: &str| std::env::var(name).ok().filter(|who| !who.is_empty());
        self.who
            .clone()
            .or_else(|| account("USER"))
            .or_else(|| account("LOGNAME"))
            .unwrap_or_else(account_number)
    }

    /// Who asks, and why.
    pub(crate) fn asker(&self, why: &str) -> Asker {
        Asker {
            who: self.who(),
            why: why.to_owned(),
        }
    }
}

/// The account where nothing names it, as in a container: whoever owns this process.
fn account_number() -> String {
    #[cfg(unix)]
    if let Ok(process) = fs::metadata("/proc/self") {
        return format!("uid {}", std::os::unix::fs::MetadataExt::uid(&process));
    }
    "unknown account".to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `/sys` is closed to every account.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_closed_release_keeps_nobody_from_writing_what_is_internal() {
        let there = tempfile::tempdir().unwrap();
        drop(RunDir::claim(there.path()).unwrap());
        let run = RunDir::new(there.path());
        fs::create_dir(run.internal("")).unwrap();
        std::os::unix::fs::symlink("/sys", run.release()).unwrap();
        let run = RunDir::open_to_read(there.path()).unwrap();
        assert!(run.can_write());
        assert_eq!(run.keeps_release(), Some("closed to you"));
        drop(run);
        fs::remove_dir(there.path().join("internal")).unwrap();
        std::os::unix::fs::symlink("/sys", there.path().join("internal")).unwrap();
        let run = RunDir::open_to_read(there.path()).unwrap();
        assert!(!run.can_write());
    }

    #[test]
    fn room_is_held_while_records_are_read() {
        let there = tempfile::tempdir().unwrap();
        let run = RunDir::new(there.path());
        let mut room = Some(run.take_room(1).unwrap());
        let held = || run.release().join("room.partial").exists();
        give_back(&mut room, "summaries");
        assert!(held());
        give_back(&mut room, "subscribers");
        assert!(!held());
    }
}
