use std::{
    io::Write,
    path::{Path, PathBuf},
};

use erewhon_events::{Quarantine, expire_quarantine as expire, quarantined_files};
use erewhon_types::{Error, Result};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use crate::{Asker, Vault};

/// Where a load's rows go that are set aside, and for how long.
#[derive(Clone, Debug)]
pub struct QuarantineSpec {
    /// The directory, which only loads write to.
    pub dir: PathBuf,
    /// Days until they go.
    pub days: u16,
}

impl QuarantineSpec {
    /// Removes what has had its days, and opens the quarantine for one load.
    pub(crate) fn open(&self, vault: &Vault) -> Result<Quarantine> {
        expire(&self.dir, today())?;
        let until = today().checked_add(i64::from(self.days).days());
        let until = until.map_err(|_| {
            Error::usage(format!("`{}` days are too many", self.days))
                .with_hint("30 is the default")
        })?;
        Quarantine::open(&self.dir, vault.quarantine_key()?, until)
    }
}

/// Decrypts rows in quarantine, a file or all of a directory, after who asks and why is on record.
///
/// # Privacy
/// The rows are raw records: they are for the operator's own eyes.
///
/// # Errors
/// Input, when there are none, or a file is none of a quarantine; refused, when it was made with
/// another vault; data, when it was changed; budget, when the ledger can't be trusted.
pub fn show_quarantine(
    vault: &Vault,
    asker: &Asker,
    path: &Path,
    out: &mut dyn Write,
) -> Result<()> {
    // Before it is known how many files there are: the ledger's length must not tell.
    let what = format!("rows in quarantine: {}", path.display());
    let _receipt = vault
        .ledger()?
        .record_export(&asker.who, &asker.why, &what)?;
    let files = if path.is_dir() {
        quarantined_files(path)?
    } else {
        vec![path.to_owned()]
    };
    if files.is_empty() {
        return Err(
            Error::input(format!("`{}` holds no rows in quarantine", path.display()))
                .with_hint("no row was set aside, or the rows have had their days"),
        );
    }
    let key = vault.quarantine_key()?;
    for file in files {
        erewhon_events::show_quarantine(&file, &key, out)?;
    }
    Ok(())
}

/// Removes the rows of a directory that have had their days; how many there were is not told.
///
/// # Errors
/// Resource, when one can't be removed.
pub fn expire_quarantine(dir: &Path) -> Result<()> {
    expire(dir, today()).map(|_| ())
}

/// Of all clocks UTC is the one that every machine of an operator shares.
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
