use std::{path::Path, sync::Arc};

use erewhon_events::{Listed, Persons, read_subjects, remove_quarantined};
use erewhon_store::Store;
use erewhon_types::{Error, Result, Window};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{Asker, Vault};

/// Writes the loads of each period as one and erases who withdrew; on record in the ledger.
///
/// Gives the windows of the periods that were written anew.
///
/// # Errors
/// Input, when there is no store; refused, when the vault is not that of the records; data, when a
/// segment was changed; resource, when the disk is full or another process is writing.
pub fn compact(vault: &Vault, store: &Path, asker: &Asker) -> Result<Vec<Window>> {
    let mut store = open(vault, store)?;
    record(vault, asker, "compaction of the store")?;
    let done = store.compact(|| (), |(), _, _| Ok(()))?;
    Ok(done.into_iter().map(|(window, _)| window).collect())
}

/// Deletes the periods whose window ended before a day, and what `quarantine`, a directory, holds of
/// their loads; on record in the ledger and the manifest.
///
/// # Errors
/// As [`compact`].
pub fn expire(
    vault: &Vault,
    store: &Path,
    quarantine: &Path,
    asker: &Asker,
    older_than: Date,
) -> Result<Vec<Window>> {
    let mut store = open(vault, store)?;
    record(
        vault,
        asker,
        &format!("expiry of what ended before {older_than}"),
    )?;
    let zone = store.manifest().map(|manifest| manifest.time_zone.clone());
    let zone = TimeZone::get(&zone.unwrap_or_default()).unwrap_or(TimeZone::UTC);
    let gone = store.expire(older_than, Timestamp::now().to_zoned(zone).date())?;
    let loads = gone.iter().flat_map(|period| &period.loads);
    let held: Vec<&str> = loads
        .filter_map(|load| load.quality.quarantine.as_deref())
        .collect();
    remove_quarantined(quarantine, &held)?;
    Ok(gone.into_iter().map(|period| period.window).collect())
}

/// Hides the subscribers of a list of numbers, one a line, from everything that reads the store;
/// the next compaction erases them.
///
/// `persons` is the table of the store's loads, where they had one: whoever withdraws with one number
/// does with all of theirs.
///
/// Gives what the list holds. Whether the store holds any of it is not told.
///
/// # Privacy
/// The numbers pass through the vault's key; the store keeps pseudonyms, the ledger the count.
///
/// # Errors
/// As [`compact`]; input, when `persons` is not the table of the store's loads; what [`read_subjects`]
/// refuses a list for.
pub fn withdraw(
    vault: &Vault,
    dir: &Path,
    asker: &Asker,
    subjects: &Path,
    persons: Option<&Path>,
) -> Result<Listed> {
    let mut store = open(vault, dir)?;
    // The store's own key, be it a former one.
    let key = vault.key_of_store(dir)?;
    let persons = persons.map(|path| Persons::read(path, &key)).transpose()?;
    let key = key.with_persons(persons.map(Arc::new));
    if let Some(manifest) = store.manifest() {
        manifest.check_persons(key.persons_digest())?;
    }
    let (subscribers, listed) = read_subjects(subjects, &key)?;
    record(
        vault,
        asker,
        &match listed.entries {
            1 => "withdrawal of 1 number".to_owned(),
            entries => format!("withdrawal of {entries} numbers"),
        },
    )?;
    store.withdraw(&subscribers)?;
    Ok(listed)
}

/// The store, when it holds records of the vault's people.
fn open(vault: &Vault, dir: &Path) -> Result<Store> {
    let none = || {
        Error::input(format!("`{}` holds no records", dir.display()))
            .with_hint("fill it with `erewhon ingest`")
    };
    if !dir.is_dir() {
        return Err(none());
    }
    let store = Store::create_or_open(dir)?;
    let key_id = &store.manifest().ok_or_else(none)?.key_id;
    vault.check_key(key_id)?;
    vault.bind_key(&vault.ledger()?, key_id)?;
    Ok(store)
}

/// Who changes the store and why, before it is changed.
fn record(vault: &Vault, asker: &Asker, what: &str) -> Result<()> {
    vault.ledger()?.record_change(&asker.who, &asker.why, what)
}
