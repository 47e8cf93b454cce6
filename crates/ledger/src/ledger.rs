use std::{
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use erewhon_dp::price;
use erewhon_types::{Delta, Epsilon, Error, Result};
use rusqlite::{Connection, TransactionBehavior};

use crate::{
    ChargeRequest, Concentrated, Digest, Entry, EntryKind, ExportReceipt, FitRecord, Head,
    LedgerSummary, Purse, Record,
    anchor::{Anchor, Standing, sync_directory},
    chain::{Chain, untrusted},
    disk,
    request::check_text,
};

/// The durable privacy budget of one declared population.
///
/// # Privacy
/// Charges add up over releases, periods and rotated keys (sequential composition): windows that do
/// not overlap are added too, because they hold the same people. What is spent bounds the privacy
/// loss of each subscriber over everything this ledger ever paid for. A population that was opened with
/// a delta is kept in rho, any other in pure epsilon; that is never changed.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    id: Digest,
    anchor: Anchor,
}

impl Ledger {
    /// Makes a ledger with a first budget, and its anchor in the directory `anchors`.
    ///
    /// Without a delta losses are counted in pure epsilon; with one, in rho: `total` is then what all of
    /// them together may come to at that delta.
    ///
    /// # Errors
    /// Input, when a file is already there or the directory of `path` is not; usage, when a word is
    /// empty, `total` at `delta` is too little to count, or `anchors` lies in the ledger's own directory;
    /// resource, when the disk refuses.
    pub fn create(
        path: &Path,
        anchors: &Path,
        population: &str,
        (total, delta): (Epsilon, Option<Delta>),
        who: &str,
    ) -> Result<Self> {
        check_text("population", population)?;
        check_text("who", who)?;
        let rho_nanos = price(total, delta)?.units();
        for suffix in ["", "-wal", "-journal"] {
            let taken = with_suffix(path, suffix);
            if taken.symlink_metadata().is_ok() {
                return Err(exists(&taken));
            }
        }
        fs::create_dir_all(anchors).map_err(|error| Error::io("create", anchors, &error))?;
        check_apart(path, anchors)?;

        let mut chain = Chain::default();
        let opened = chain
            .push(Record {
                what: population.to_owned(),
                digest: Some(nonce()?),
                epsilon_micros: total.micros(),
                concentrated: delta.map(|delta| Concentrated { delta, rho_nanos }),
                ..Record::new(EntryKind::Opened, who, "")
            })?
            .clone();

        // Complete under a temporary name, anchored, then linked into place: killed anywhere, there
        // is a whole ledger with its anchor or none.
        let temporary = with_suffix(path, &format!(".{}.new", opened.hash));
        let anchor = Anchor::new(anchors, opened.hash);
        let made = disk::create(&temporary, delta.is_some())
            .and_then(|connection| disk::insert(&connection, &temporary, &opened))
            .and_then(|()| {
                anchor.store(Head {
                    seq: opened.seq,
                    hash: opened.hash,
                })
            })
            .and_then(|()| {
                fs::hard_link(&temporary, path).map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => exists(path),
                    _ => Error::io("create", path, &error),
                })
            });
        // Left behind, the temporary file would be a second name of the ledger.
        let removed = fs::remove_file(&temporary);
        if let Err(error) = made {
            anchor.discard();
            return Err(error);
        }
        removed
            .and_then(|()| sync_directory(parent(path)))
            .map_err(|error| Error::io("create", path, &error))?;
        Self::open(path, anchors)
    }

    /// What a ledger says that its people are, read from its opening alone: nothing is held against its
    /// anchor.
    ///
    /// # Errors
    /// Input, when there is no ledger at `path`; budget, when its opening was changed; resource, when the
    /// disk refuses.
    pub fn population(path: &Path) -> Result<String> {
        fs::metadata(path).map_err(|error| Error::io("open", path, &error))?;
        let chain = disk::read_opening(&disk::connect(path)?, path)?;
        let opening = chain.into_entries().into_iter().next();
        opening
            .map(|opening| opening.record.what)
            .ok_or_else(|| Error::internal("a checked ledger has no entries"))
    }

    /// Opens a ledger, checks all of it, and rolls its anchor forward after a crash.
    ///
    /// # Errors
    /// Budget, when the ledger was changed, is older than its anchor or has none; input, when there
    /// is no ledger at `path`; resource, when the disk refuses.
    pub fn open(path: &Path, anchors: &Path) -> Result<Self> {
        let mut ledger = Self::connect(path, anchors)?;
        ledger.append(|_| Ok(Vec::new()))?;
        Ok(ledger)
    }

    /// Takes into use a ledger whose anchor is lost or parted from it, and records who did so.
    ///
    /// What is left of its budget is written off: without the anchor nobody can say whether this is
    /// the newest copy, and what a newer one charged. A steward who knows grants anew, on record.
    ///
    /// # Errors
    /// As [`Ledger::open`], but for the anchor; usage, when there is nothing to adopt.
    pub fn adopt(path: &Path, anchors: &Path, who: &str, why: &str) -> Result<Self> {
        check_text("who", who)?;
        check_text("why", why)?;
        fs::create_dir_all(anchors).map_err(|error| Error::io("create", anchors, &error))?;
        let mut ledger = Self::connect(path, anchors)?;
        ledger.append_when(|standing, chain| {
            if matches!(standing, Standing::Holds { .. }) {
                return Err(Error::usage("the ledger agrees with its anchor")
                    .with_hint("open it as usual; there is nothing to adopt"));
            }
            Ok(vec![Record {
                epsilon_micros: chain.left_micros()?,
                concentrated: chain.concentrated(chain.left()),
                ..Record::new(EntryKind::Adopted, who, why)
            }])
        })?;
        Ok(ledger)
    }

    fn connect(path: &Path, anchors: &Path) -> Result<Self> {
        fs::metadata(path).map_err(|error| Error::io("open", path, &error))?;
        check_apart(path, anchors)?;
        let connection = disk::connect(path)?;
        // The rest is checked under the locks, by whatever is done first.
        let id = identity(&disk::read_opening(&connection, path)?)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            id,
            anchor: Anchor::new(anchors, id),
        })
    }

    /// Pays for one request; the charge is on disk and anchored before this returns.
    ///
    /// # Errors
    /// Budget, when it exceeds what is left or the ledger can't be trusted; usage, when a word is
    /// empty; resource, when the disk refuses.
    pub fn charge(&mut self, request: &ChargeRequest) -> Result<Purse> {
        self.charge_all(std::slice::from_ref(request))?
            .pop()
            .ok_or_else(|| Error::internal("a charge gave no purse"))
    }

    /// Pays for a whole plan or for nothing of it, so that no release stops half-way.
    ///
    /// Proof: ledger.proof.md
    ///
    /// The purses are in the order of the requests.
    ///
    /// # Errors
    /// As [`Ledger::charge`].
    pub fn charge_all(&mut self, requests: &[ChargeRequest]) -> Result<Vec<Purse>> {
        let entries = self.append(|chain| {
            requests
                .iter()
                .map(|request| request.record(chain))
                .collect()
        })?;
        entries.iter().map(Purse::of).collect()
    }

    /// Adds to the budget. In rho that is what its epsilon grows by: the rho of the new total.
    ///
    /// # Errors
    /// As [`Ledger::open`]; usage, when a word is empty, or epsilon would be over 100 in a population that
    /// is kept in rho.
    pub fn grant(&mut self, epsilon: Epsilon, who: &str, why: &str) -> Result<()> {
        check_text("who", who)?;
        check_text("why", why)?;
        self.append(|chain| {
            Ok(vec![Record {
                epsilon_micros: epsilon.micros(),
                concentrated: chain.more(epsilon)?,
                ..Record::new(EntryKind::Granted, who, why)
            }])
        })
        .map(|_| ())
    }

    /// Records what a fit made, so that a release can be held against it later.
    ///
    /// # Errors
    /// As [`Ledger::open`]; usage, when a word is empty or the release was not charged, or has its
    /// fit already.
    pub fn record_fit(&mut self, fit: &FitRecord) -> Result<()> {
        self.append(|chain| Ok(vec![fit.record(chain)?])).map(drop)
    }

    /// Records that exact values are opened into an internal file, or something else that costs
    /// nothing: who, why and what.
    ///
    /// # Privacy
    /// The entry holds random bytes. Whoever is given its hash and not the entry can't try the times of
    /// entries against it, which tell how long work on records took.
    ///
    /// # Errors
    /// As [`Ledger::open`]; usage, when a word is empty.
    pub fn record_export(&mut self, who: &str, why: &str, what: &str) -> Result<ExportReceipt> {
        let entries = self.record(EntryKind::Exported, who, why, what)?;
        entries
            .first()
            .map(ExportReceipt::new)
            .ok_or_else(|| Error::internal("an export left no entry"))
    }

    /// Records that a store or a key is changed: who, why and what. It opens nothing.
    ///
    /// # Privacy
    /// As [`Ledger::record_export`].
    ///
    /// # Errors
    /// As [`Ledger::record_export`].
    pub fn record_change(&mut self, who: &str, why: &str, what: &str) -> Result<()> {
        self.record(EntryKind::Changed, who, why, what).map(drop)
    }

    fn record(&mut self, kind: EntryKind, who: &str, why: &str, what: &str) -> Result<Vec<Entry>> {
        check_text("who", who)?;
        check_text("why", why)?;
        check_text("what", what)?;
        let nonce = nonce()?;
        self.append(|_| {
            Ok(vec![Record {
                what: what.to_owned(),
                digest: Some(nonce),
                ..Record::new(kind, who, why)
            }])
        })
    }

    /// Where the budget stands, after a full check.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn summary(&self) -> Result<LedgerSummary> {
        let chain = self.checked()?;
        LedgerSummary::of(&chain, self.id, head(&chain)?)
    }

    /// Refuses what a purse for a release would be refused for now, and charges nothing.
    ///
    /// # Errors
    /// As [`Ledger::fill_purse`].
    pub fn check_affords(&self, release: &str, epsilon: Epsilon) -> Result<()> {
        let chain = self.checked()?;
        chain.refuse_again(release)?;
        chain.afford(epsilon, price(epsilon, chain.delta())?.units())
    }

    /// The delta of a population that is kept in rho; `None` for pure epsilon.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn delta(&self) -> Result<Option<Delta>> {
        self.checked().map(|chain| chain.delta())
    }

    /// Every entry in order, after a full check.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn entries(&self) -> Result<Vec<Entry>> {
        self.checked().map(Chain::into_entries)
    }

    /// Checks every entry and the anchor.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn verify(&self) -> Result<()> {
        self.checked().map(|_| ())
    }

    fn checked(&self) -> Result<Chain> {
        // The anchor first: whoever charges meanwhile then makes the ledger newer, never older.
        let anchored = self.anchor.load()?;
        let chain = disk::read(&self.connection, &self.path)?;
        Standing::of(anchored, &chain).require()?;
        Ok(chain)
    }

    pub(crate) fn append(
        &mut self,
        draft: impl FnOnce(&Chain) -> Result<Vec<Record>>,
    ) -> Result<Vec<Entry>> {
        self.append_when(|standing, chain| standing.require().and_then(|_| draft(chain)))
    }

    /// Appends what `draft` makes of the checked ledger: all of it, durably and anchored, or none.
    ///
    /// Everything is read and checked again under both locks, so nothing depends on what this
    /// process saw before; a ledger has thousands of entries at most.
    fn append_when(
        &mut self,
        draft: impl FnOnce(Standing, &Chain) -> Result<Vec<Record>>,
    ) -> Result<Vec<Entry>> {
        let Self {
            connection,
            path,
            id,
            anchor,
        } = self;
        let _lock = anchor.lock()?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| disk::failure(path, &error))?;
        let mut chain = disk::read(&transaction, path)?;
        if identity(&chain)? != *id {
            return Err(untrusted(format!(
                "another ledger was put at `{}`",
                path.display()
            )));
        }
        let anchored = anchor.load()?;
        let records = draft(Standing::of(anchored, &chain), &chain)?;
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            let entry = chain.push(record)?;
            disk::insert(&transaction, path, entry)?;
            entries.push(entry.clone());
        }
        transaction
            .commit()
            .map_err(|error| disk::failure(path, &error))?;
        let head = head(&chain)?;
        if anchored != Some(head) {
            anchor.store(head).map_err(|error| {
                error.with_hint(
                    "mend the directory of the anchors; what was just recorded counts as spent",
                )
            })?;
        }
        Ok(entries)
    }
}

fn head(chain: &Chain) -> Result<Head> {
    chain
        .head()
        .ok_or_else(|| Error::internal("a checked ledger has no entries"))
}

fn identity(chain: &Chain) -> Result<Digest> {
    chain
        .id()
        .ok_or_else(|| Error::internal("a checked ledger has no entries"))
}

/// 32 random bytes in the place of a digest.
fn nonce() -> Result<Digest> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::internal(format!("no randomness for the ledger: {error}")))?;
    Ok(Digest::new(bytes))
}

fn exists(path: &Path) -> Error {
    Error::input(format!("`{}` already exists", path.display()))
        .with_hint("a ledger is never overwritten; open it, or choose another path")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An anchor beside its ledger would be restored together with it and witness nothing.
fn check_apart(path: &Path, anchors: &Path) -> Result<()> {
    let home = parent(path);
    let home = home
        .canonicalize()
        .map_err(|error| Error::io("open", home, &error))?;
    // A directory that is not there holds no anchor, which is said later.
    if anchors
        .canonicalize()
        .is_ok_and(|anchors| anchors.starts_with(&home))
    {
        return Err(Error::usage(format!(
            "the anchors `{}` lie in the directory of the ledger",
            anchors.display()
        ))
        .with_hint(
            "keep them elsewhere, best on another disk: what restores one must not restore both",
        ));
    }
    Ok(())
}
