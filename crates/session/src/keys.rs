use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use erewhon_events::{Key, Numbering, QuarantineKey};
use erewhon_store::Store;
use erewhon_types::{Error, Kind, Result};

use crate::{
    Asker, Vault,
    vault::{is_key_id, other_vault},
    write_atomically,
};

/// The pseudonym keys of a vault: one for new stores, and former ones for the stores that they made.
///
/// All of them are keys to the same people, whom one ledger counts for.
impl Vault {
    /// The key for new stores; made on first use.
    ///
    /// # Errors
    /// Refused, when others may read the key file; resource, when it can't be written.
    pub fn pseudonym_key(&self) -> Result<Key> {
        let path = self.key_path();
        if !path.exists() {
            let lock = self.key_lock()?;
            lock.lock()
                .map_err(|error| Error::io("lock", &path, &error))?;
            // Another process may have made it meanwhile.
            if !path.exists() {
                Key::create_new(&path)?;
            }
        }
        Ok(Key::load(&path)?.with_numbering(self.numbering()?.flatten()))
    }

    /// The key of the store at `store`: its own, where it holds records, else that for new stores.
    ///
    /// # Errors
    /// Refused, when the records were made with another vault's key, or with one that was destroyed.
    pub fn key_of_store(&self, store: &Path) -> Result<Key> {
        if !store.is_dir() {
            return self.pseudonym_key();
        }
        let store = Store::create_or_open(store)?;
        let Some(manifest) = store.manifest() else {
            return self.pseudonym_key();
        };
        match self.find_key(&manifest.key_id)? {
            Some(key) => Ok(key),
            None if self.counts_for(&manifest.key_id)? => Err(Error::new(
                Kind::Refused,
                "the key of these records was destroyed: nobody can be added or looked up by number",
            )
            .with_hint("take the records into a new store; this one can still be read")),
            None => Err(other_vault()),
        }
    }

    /// A key of this vault by its id.
    pub(crate) fn find_key(&self, key_id: &str) -> Result<Option<Key>> {
        if !is_key_id(key_id) {
            return Ok(None);
        }
        for path in [self.key_path(), self.former_path(key_id)] {
            if !path.exists() {
                continue;
            }
            let key = Key::load(&path)?;
            if key.id() == key_id {
                return Ok(Some(key.with_numbering(self.numbering()?.flatten())));
            }
        }
        Ok(None)
    }

    /// How this vault reads national numbers: as its first load declared it, or as this one does.
    ///
    /// Two ways to read one number would make one person two, so a vault has one for ever.
    ///
    /// # Errors
    /// Input, when the first load declared it otherwise.
    pub(crate) fn agree_numbering(
        &self,
        declared: Option<&Numbering>,
    ) -> Result<Option<Numbering>> {
        match self.numbering()? {
            None => Ok(declared.cloned()),
            Some(known) if declared.is_none() || known.as_ref() == declared => Ok(known),
            Some(_) => Err(Error::input(
                "this vault reads national numbers in another way, and a number read in two ways \
                 would be two subscribers",
            )
            .with_hint("give the country code of the first load (none, where it had none)")),
        }
    }

    /// Keeps how national numbers are read for all loads to come.
    pub(crate) fn keep_numbering(&self, numbering: Option<&Numbering>) -> Result<()> {
        match self.numbering()? {
            None => {}
            Some(known) if known.as_ref() == numbering => return Ok(()),
            Some(_) => {
                return Err(Error::new(
                    Kind::Resource,
                    "another load has declared another country code meanwhile",
                )
                .with_hint("repeat the load with the country code of the first one"));
            }
        }
        let text = numbering.map(toml::to_string).transpose();
        let text = text.map_err(|_| Error::internal("a country code is no TOML"))?;
        write_atomically(&self.numbering_path(), text.unwrap_or_default().as_bytes())
    }

    /// What was declared with the first load; `None` before it.
    fn numbering(&self) -> Result<Option<Option<Numbering>>> {
        let path = self.numbering_path();
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))?;
        if text.is_empty() {
            return Ok(Some(None));
        }
        let numbering = toml::from_str(&text).map_err(|_| {
            Error::input(format!("`{}` was changed", path.display()))
                .with_hint("restore it from a copy: it says how numbers were read")
        })?;
        Ok(Some(Some(numbering)))
    }

    /// Makes a new key for new stores and keeps the former one for its own; on record in the ledger.
    /// Gives the ids of the former and of the new key.
    ///
    /// # Privacy
    /// The people stay the same, and so do their ledger and what was spent.
    ///
    /// # Errors
    /// Input, when there is no budget yet; budget, when the ledger can't be trusted; resource, when
    /// the disk refuses or another process changes the keys. Until it returns the former key may still
    /// be in use.
    pub fn rotate_key(&self, asker: &Asker) -> Result<(String, String)> {
        let mut ledger = self.ledger()?;
        let _lock = self.change_keys()?;
        let former = self.pseudonym_key()?.id();
        let next_path = self.dir.join("pseudonym.next");
        let next = if next_path.exists() {
            Key::load(&next_path)?
        } else {
            Key::create_new(&next_path)?
        };
        // Before the key is used: no store must ever have people without a ledger.
        self.bind_key(&ledger, &next.id())?;
        let what = format!("rotation of pseudonym key {former} to {}", next.id());
        ledger.record_change(&asker.who, &asker.why, &what)?;
        let (path, kept) = (self.key_path(), self.former_path(&former));
        let failed = |error| Error::io("write the key file", &kept, &error);
        if !kept.exists() {
            fs::hard_link(&path, &kept).map_err(failed)?;
        }
        fs::rename(&next_path, &path).map_err(failed)?;
        self.sync()?;
        Ok((former, next.id()))
    }

    /// Destroys a former key; on record in the ledger.
    ///
    /// # Privacy
    /// Its stores stay, with pseudonyms that nobody can make again from numbers; their events still
    /// tell people by what they do. Copies, backups and the disk itself may still hold the key.
    ///
    /// # Errors
    /// Refused, when it is the key in use; input, when the vault has no such key; else as
    /// [`Vault::rotate_key`].
    pub fn destroy_key(&self, key_id: &str, asker: &Asker) -> Result<()> {
        let _lock = self.change_keys()?;
        if self.pseudonym_key()?.id() == key_id {
            return Err(
                Error::new(Kind::Refused, format!("`{key_id}` is the key in use"))
                    .with_hint("make another one first with `erewhon key rotate`"),
            );
        }
        if self.find_key(key_id)?.is_none() {
            return Err(
                Error::input(format!("this vault has no former key `{key_id}`")).with_hint(
                    "`erewhon key rotate` named it, and `erewhon budget show --entries` tells again",
                ),
            );
        }
        let mut ledger = self.ledger()?;
        self.bind_key(&ledger, key_id)?;
        let what = format!("destruction of pseudonym key {key_id}");
        ledger.record_change(&asker.who, &asker.why, &what)?;
        let path = self.former_path(key_id);
        fs::remove_file(&path).map_err(|error| Error::io("remove", &path, &error))?;
        self.sync()
    }

    /// The key to rows in quarantine; made on first use.
    ///
    /// # Errors
    /// As [`Vault::pseudonym_key`].
    pub(crate) fn quarantine_key(&self) -> Result<QuarantineKey> {
        let path = self.dir.join("quarantine.key");
        if path.exists() {
            QuarantineKey::load(&path)
        } else {
            QuarantineKey::create_new(&path)
        }
    }

    /// Keeps others from changing the keys, and removes the copies that a crash left of them.
    fn change_keys(&self) -> Result<File> {
        // A key that is there is made under no lock.
        self.pseudonym_key()?;
        let lock = self.key_lock()?;
        lock.try_lock().map_err(|_| {
            Error::new(
                Kind::Resource,
                format!(
                    "another process changes the keys of `{}`",
                    self.dir.display()
                ),
            )
            .with_hint("wait until it has finished")
        })?;
        let failed = |error| Error::io("read", &self.dir, &error);
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("pseudonym.") && name.ends_with(".partial") {
                let path = entry.path();
                fs::remove_file(&path).map_err(|error| Error::io("remove", &path, &error))?;
            }
        }
        Ok(lock)
    }

    fn key_lock(&self) -> Result<File> {
        let path = self.dir.join("keys.lock");
        let lock = File::options().create(true).append(true).open(&path);
        lock.map_err(|error| Error::io("write", &path, &error))
    }

    fn key_path(&self) -> PathBuf {
        self.dir.join("pseudonym.key")
    }

    fn former_path(&self, key_id: &str) -> PathBuf {
        self.dir.join(format!("pseudonym-{key_id}.key"))
    }

    fn numbering_path(&self) -> PathBuf {
        self.dir.join("numbers.toml")
    }

    /// Makes what was renamed or removed outlive a power cut.
    fn sync(&self) -> Result<()> {
        #[cfg(unix)]
        File::open(&self.dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|error| Error::io("write", &self.dir, &error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
