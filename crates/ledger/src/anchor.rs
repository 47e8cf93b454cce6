use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

use crate::{Digest, Head, chain::Chain};

const SCHEMA: &str = "erewhon.ledger-anchor.v1";

/// The witness of a ledger's newest entry, in a directory of its own.
///
/// A ledger that was restored from a backup or copied back is older than its anchor; one that was
/// charged at two places has forked from it.
#[derive(Debug)]
pub(crate) struct Anchor {
    directory: PathBuf,
    ledger: Digest,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    schema: String,
    ledger: Digest,
    head: Head,
}

/// How a ledger stands to its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The anchor names an entry of the ledger; `behind` is true when entries follow it.
    Holds { behind: bool },
    /// There is no anchor.
    Missing,
    /// The anchor names an entry that the ledger does not have yet.
    Older,
    /// The anchor names another entry at that place, or can't be read.
    Forked,
}

impl Anchor {
    pub(crate) fn new(directory: &Path, ledger: Digest) -> Self {
        Self {
            directory: directory.to_owned(),
            ledger,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.join(format!("{}.json", self.ledger))
    }

    /// Waits for the only right to move this anchor; dropping the file gives it back.
    ///
    /// Two copies of a ledger have two SQLite locks but one anchor, so this lock is what keeps
    /// both from spending. The kernel frees it when a process dies.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.directory.join(format!("{}.lock", self.ledger));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => missing(),
                _ => Error::io("open", &path, &error),
            })?;
        file.lock()
            .map_err(|error| Error::io("lock", &path, &error))?;
        Ok(file)
    }

    /// Compares the anchor with a ledger that was read after this call began or under its lock.
    pub(crate) fn load(&self) -> Result<Option<Head>> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => {
                let unreadable = Head {
                    seq: 0,
                    hash: Digest::new([0; 32]),
                };
                Ok(Some(match serde_json::from_slice::<Stored>(&bytes) {
                    Ok(stored) if stored.schema == SCHEMA && stored.ledger == self.ledger => {
                        stored.head
                    }
                    _ => unreadable,
                }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path, &error)),
        }
    }

    /// Writes the anchor: a temporary file, synced, renamed over the old one, directory synced.
    pub(crate) fn store(&self, head: Head) -> Result<()> {
        let stored = Stored {
            schema: SCHEMA.to_owned(),
            ledger: self.ledger,
            head,
        };
        let text = serde_json::to_string(&stored)
            .map_err(|error| Error::internal(format!("can't write an anchor: {error}")))?;
        let path = self.file();
        let temporary = self.directory.join(format!("{}.json.new", self.ledger));
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            sync_directory(&self.directory)
        };
        write().map_err(|error| Error::io("write", &path, &error))
    }

    /// Removes the anchor of a ledger that never came to be.
    pub(crate) fn discard(&self) {
        // Without its ledger an anchor means nothing, so a failure here harms nobody.
        let _ = fs::remove_file(self.file());
    }
}

impl Standing {
    /// How `chain` stands to the anchored `head`.
    pub(crate) fn of(anchored: Option<Head>, chain: &Chain) -> Self {
        let Some(anchored) = anchored else {
            return Self::Missing;
        };
        let entries = chain.entries();
        match usize::try_from(anchored.seq)
            .ok()
            .and_then(|seq| entries.get(seq))
        {
            None => Self::Older,
            Some(entry) if entry.hash != anchored.hash => Self::Forked,
            Some(_) => Self::Holds {
                behind: anchored.seq + 1 < entries.len() as u64,
            },
        }
    }

    /// Refuses every standing but a holding one; tells whether the anchor is behind.
    pub(crate) fn require(self) -> Result<bool> {
        let hint = "bring back the newest ledger file; if it is lost for good, adopt this one \
                    (`erewhon budget adopt`): that is recorded, and what is left of its budget is \
                    written off";
        match self {
            Self::Holds { behind } => Ok(behind),
            Self::Missing => Err(missing()),
            Self::Older => Err(Error::new(
                Kind::Budget,
                "the ledger is older than its anchor: it was restored or copied back",
            )
            .with_hint(hint)),
            Self::Forked => Err(Error::new(
                Kind::Budget,
                "the ledger and its anchor have parted: another copy was charged, or one of the \
                 two was changed",
            )
            .with_hint(hint)),
        }
    }
}

fn missing() -> Error {
    Error::new(
        Kind::Budget,
        "the ledger has no anchor: it was copied here, or the anchor was removed",
    )
    .with_hint(
        "bring back the directory that holds its anchor; if it is lost for good, adopt the ledger \
         (`erewhon budget adopt`): that is recorded, and what is left of its budget is written off",
    )
}

/// Makes renames and links in a directory survive a power cut.
pub(crate) fn sync_directory(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}
