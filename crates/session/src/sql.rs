use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use erewhon_dp::Exact;
use erewhon_govern::INTERNAL_MARK;
use erewhon_ledger::Digest;
use erewhon_sql::{Answer, Part, Records, Tables, Wanted};
use erewhon_store::{Fields, StoreSource};
use erewhon_types::{Error, Result};

use crate::{Asker, Session, Vault, export::directory, write_atomically};

/// All records of a store, to be read by queries.
struct Store {
    source: StoreSource,
    cells: usize,
    /// The files that are what was committed: a query may ask for the same records twice.
    checked: Mutex<BTreeSet<String>>,
}

impl Records for Store {
    /// Checks the files that hold what is wanted, and no others: a question about one day of a year must
    /// not cost the reading of a year.
    fn parts(&self, wanted: &Wanted) -> Result<Vec<Part>> {
        let fields = if wanted.places_only {
            Fields::Places
        } else {
            Fields::All
        };
        let source = self.source.clone().with_fields(fields);
        let source = source.within(&wanted.span_utc_ms);
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        source.check(self.cells, &mut checked)?;
        let parts = source.ranges().into_iter();
        Ok(parts.map(|part| Arc::new(part) as Part).collect())
    }
}

impl Session {
    /// Answers an SQL query over all records into an internal file, CSV or Parquet by its ending, whose
    /// every row says INTERNAL. The query goes beside it, under the file's whole name and `.sql`; stopped
    /// anywhere, an answer has its own query beside it or none.
    ///
    /// A query that can't be answered is refused before it is on record. The ledger gets the SHA-256
    /// of the file with the query and not its text, which may name people.
    ///
    /// # Privacy
    /// The file holds exact values. Work that does not fit into memory lies beside the file until the
    /// end, in a directory whose name begins with `.tmp`.
    ///
    /// # Errors
    /// Usage, when the text is no query or the ending is another; input, when the query fails on a
    /// value; data, when a file that the query reads is not what was committed; as [`Session::export`]; resource, when memory or disk don't suffice.
    pub fn sql(&self, vault: &Vault, asker: &Asker, query: &str, file: &Path) -> Result<()> {
        let dir = directory(file);
        fs::create_dir_all(dir).map_err(|error| Error::io("make", dir, &error))?;
        let scratch = tempfile::tempdir_in(dir);
        let scratch = scratch.map_err(|error| Error::io("write to", dir, &error))?;
        let tables = Tables {
            records: Arc::new(Store {
                source: self.unchecked()?,
                cells: self.cells().len(),
                checked: Mutex::default(),
            }),
            cells: self.cells(),
            calendar: self.calendar(),
        };
        let answer = Exact::new(Answer::plan(query, file, &tables, scratch.path())?);
        let text = format!("-- {INTERNAL_MARK}\n{query}\n");
        let digest = Digest::of(text.as_bytes());
        let what = format!("answer to the SQL query of SHA-256 {digest}");
        let answer = self.export(vault, asker, &what, answer)?;
        let answer = answer.write(INTERNAL_MARK)?;
        let beside = file.with_added_extension("sql");
        remove(&beside, dir)?;
        answer.put()?;
        write_atomically(&beside, text.as_bytes())
    }
}

/// Removes a file, if it is there, before anything else happens in its directory, be it a power cut.
fn remove(file: &Path, dir: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        removed => removed.map_err(|error| Error::io("remove", file, &error))?,
    }
    #[cfg(unix)]
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| Error::io("sync", dir, &error))?;
    Ok(())
}
