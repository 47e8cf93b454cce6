use std::{
    fs,
    path::{Path, PathBuf},
};

use erewhon_govern::PrivateKey;
use erewhon_ledger::Ledger;
use erewhon_types::{Delta, Epsilon, Error, Kind, Result};

use crate::export::write_once;

/// What the people of a demo are called in its ledger.
const DEMO: &str = "a made-up country";

/// The operator's own directory outside every store: pseudonym keys, the keys to the quarantine and of
/// the requester, budget ledger.
///
/// The ledger belongs to the population, not to a store: every store that holds these people is
/// charged here. Its anchor lies elsewhere, so that copying the vault back is noticed.
#[derive(Clone, Debug)]
pub struct Vault {
    pub(crate) dir: PathBuf,
    anchors: PathBuf,
}

impl Vault {
    /// Opens the vault at `dir`, making the directory (mode 700) where it is missing.
    ///
    /// # Errors
    /// Resource, when the directory can't be made.
    pub fn open(dir: &Path, anchors: &Path) -> Result<Self> {
        make_private_dir(dir)?;
        make_private_dir(&dir.join("ledger"))?;
        Ok(Self {
            dir: dir.to_owned(),
            anchors: anchors.to_owned(),
        })
    }

    /// Opens the vault of a demo, whose anchors lie beside it: its people are made up, so both may live and
    /// die with its directory.
    ///
    /// # Errors
    /// Resource, when the directory can't be made.
    pub fn of_demo(root: &Path) -> Result<Self> {
        Self::open(&root.join("vault"), &root.join("anchors"))
    }

    /// The vault at `dir`, where it is that of a demo: what its people are called, which no other ledger may
    /// say, is in its first entry and in its identity. None where the usual anchors know its key.
    ///
    /// # Errors
    /// Resource, when the disk refuses.
    pub fn find_demo(dir: &Path, anchors: &Path) -> Result<Option<Self>> {
        let Some(root) = dir.parent().filter(|root| dir == root.join("vault")) else {
            return Ok(None);
        };
        let ledger = dir.join("ledger").join("budget.sqlite");
        if !root.join("anchors").is_dir()
            || !ledger.exists()
            || Ledger::population(&ledger)? != DEMO
        {
            return Ok(None);
        }
        let vault = Self::of_demo(root)?;
        let mark = format!("key-{}.ledger", vault.pseudonym_key()?.id());
        Ok(Some(vault).filter(|_| !anchors.join(mark).exists()))
    }

    /// Opens the budget of a demo.
    ///
    /// # Errors
    /// As [`Vault::open_ledger`].
    pub fn open_demo_ledger(&self, epsilon: Epsilon) -> Result<Ledger> {
        self.create_ledger(DEMO, (epsilon, None), "demo")
    }

    /// Where the vault is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn ledger_path(&self) -> PathBuf {
        self.dir.join("ledger").join("budget.sqlite")
    }

    /// Whether a budget was opened here.
    pub fn has_ledger(&self) -> bool {
        self.ledger_path().exists()
    }

    /// Opens the budget ledger and checks all of it.
    ///
    /// # Errors
    /// Budget, when the ledger was changed or restored; input, when there is none.
    pub fn ledger(&self) -> Result<Ledger> {
        if !self.has_ledger() {
            return Err(
                Error::input(format!("`{}` holds no budget yet", self.dir.display())).with_hint(
                    "open one with `erewhon budget open --population NAME --epsilon TOTAL`",
                ),
            );
        }
        let ledger = Ledger::open(&self.ledger_path(), &self.anchors)?;
        self.bind(&ledger)?;
        Ok(ledger)
    }

    /// Declares the population, whose pseudonyms come from this vault's key, and its whole budget, with the
    /// delta of one that is kept in rho; `who` goes on record.
    ///
    /// # Errors
    /// Budget, when these people had a budget before; input, when one is open here; usage, when they are
    /// called as those of a demo are.
    pub fn open_ledger(
        &self,
        population: &str,
        budget: (Epsilon, Option<Delta>),
        who: &str,
    ) -> Result<Ledger> {
        if population == DEMO {
            return Err(
                Error::usage(format!("`{DEMO}` is what a demo calls its people"))
                    .with_hint("say whose budget it is"),
            );
        }
        self.create_ledger(population, budget, who)
    }

    fn create_ledger(
        &self,
        population: &str,
        budget: (Epsilon, Option<Delta>),
        who: &str,
    ) -> Result<Ledger> {
        let mark = self.mark(&self.pseudonym_key()?.id());
        if mark.exists() && !self.has_ledger() {
            return Err(Error::new(
                Kind::Budget,
                "the people of this vault's key had a budget before, and its ledger is gone",
            )
            .with_hint(
                "put the ledger back, then `erewhon budget adopt`; a fresh budget would hide what \
                 was spent",
            ));
        }
        let ledger = Ledger::create(&self.ledger_path(), &self.anchors, population, budget, who)?;
        self.bind(&ledger)?;
        Ok(ledger)
    }

    /// Notes beside the anchors which ledger counts for the key's people, or compares.
    fn bind(&self, ledger: &Ledger) -> Result<()> {
        self.bind_key(ledger, &self.pseudonym_key()?.id())
    }

    /// Of vaults that do this at once with one key, the first has the key's people.
    pub(crate) fn bind_key(&self, ledger: &Ledger, key_id: &str) -> Result<()> {
        let mark = self.mark(key_id);
        let id = ledger.summary()?.ledger.to_string();
        if !mark.exists() {
            write_once(&mark, format!("{id}\n").as_bytes())?;
        }
        // Also what was just written: another vault may have come first.
        let known = fs::read_to_string(&mark).map_err(|error| Error::io("read", &mark, &error))?;
        if known.trim() == id {
            return Ok(());
        }
        Err(Error::new(
            Kind::Budget,
            "another ledger counts for the people of this vault's key",
        )
        .with_hint("put back the ledger that was opened first"))
    }

    fn mark(&self, key_id: &str) -> PathBuf {
        self.anchors.join(format!("key-{key_id}.ledger"))
    }

    /// Refuses records of another key: their people are another population with another budget.
    ///
    /// # Errors
    /// Refused, when the store's pseudonyms were made with no key of this vault, nor with one that was
    /// destroyed and whose people this vault's ledger counts for.
    pub(crate) fn check_key(&self, key_id: &str) -> Result<()> {
        if self.find_key(key_id)?.is_some() || self.counts_for(key_id)? {
            return Ok(());
        }
        Err(other_vault())
    }

    /// Whether the mark beside the anchors names this vault's ledger for the people of a key.
    pub(crate) fn counts_for(&self, key_id: &str) -> Result<bool> {
        let mark = self.mark(key_id);
        if !is_key_id(key_id) || !mark.exists() || !self.has_ledger() {
            return Ok(false);
        }
        let known = fs::read_to_string(&mark).map_err(|error| Error::io("read", &mark, &error))?;
        Ok(known.trim() == self.ledger()?.summary()?.ledger.to_string())
    }

    /// Takes the ledger into use again after its anchor was lost; see [`Ledger::adopt`].
    ///
    /// # Errors
    /// As [`Ledger::adopt`].
    pub fn adopt_ledger(&self, who: &str, why: &str) -> Result<Ledger> {
        Ledger::adopt(&self.ledger_path(), &self.anchors, who, why)
    }

    /// Where the requester's key lies.
    pub fn requester_key_path(&self) -> PathBuf {
        self.dir.join("requester.key")
    }

    /// The key that requests are signed with; made on first use.
    ///
    /// The approver's is never made or kept here: it belongs to another person.
    ///
    /// # Errors
    /// As [`Vault::pseudonym_key`].
    pub fn requester_key(&self) -> Result<PrivateKey> {
        let path = self.requester_key_path();
        if path.exists() {
            let key = PrivateKey::load(&path)?;
            key.write_public(&path)?;
            return Ok(key);
        }
        PrivateKey::create(&path)
    }
}

/// What [`erewhon_events::Key::id`] gives: 8 hexadecimal digits. A manifest could say anything.
pub(crate) fn is_key_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(crate) fn other_vault() -> Error {
    Error::new(
        Kind::Refused,
        "the records were made with another vault's key",
    )
    .with_hint(
        "name the vault that they were ingested with, with --vault: its ledger counts for them",
    )
}

fn make_private_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(dir)
        .map_err(|error| Error::io("make", dir, &error))
}
