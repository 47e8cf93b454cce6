use std::{fs, path::Path, sync::Arc};

use erewhon_dp::Exact;
use erewhon_govern::INTERNAL_MARK;
use erewhon_ledger::Digest;
use erewhon_sql::{Answer, Part, Records, Tables, Wanted};
use erewhon_store::{Fields, StoreSource};
use erewhon_types::{Error, Result};

use crate::{Asker, Session, Vault, write_atomically};

/// All records of a store, to be read by queries.
struct Store(StoreSource);

impl Records for Store {
    fn parts(&self, wanted: &Wanted) -> Vec<Part> {
        let fields = if wanted.places_only {
            Fields::Places
        } else {
            Fields::All
        };
        let source = self
            .0
            .clone()
            .with_fields(fields)
            .within(&wanted.span_utc_ms);
        source
            .ranges()
            .into_iter()
            .map(|part| Arc::new(part) as Part)
            .collect()
    }
}

impl Session {
    /// Answers an SQL query over all records into an internal file, CSV or Parquet by its ending, whose
    /// every row says INTERNAL. The query goes beside it, under the same name ending in `.sql`.
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
    /// value; data, when a file of the store is not what was committed; as [`Session::export`]; resource, when memory or disk don't suffice.
    pub fn sql(&self, vault: &Vault, asker: &Asker, query: &str, file: &Path) -> Result<()> {
        let dir = file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(dir).map_err(|error| Error::io("make", dir, &error))?;
        let scratch = tempfile::tempdir_in(dir);
        let scratch = scratch.map_err(|error| Error::io("write to", dir, &error))?;
        let tables = Tables {
            records: Arc::new(Store(self.records()?)),
            cells: self.cells(),
            calendar: self.calendar(),
        };
        let answer = Exact::new(Answer::plan(query, file, &tables, scratch.path())?);
        let text = format!("-- {INTERNAL_MARK}\n{query}\n");
        let digest = Digest::of(text.as_bytes());
        let what = format!("answer to the SQL query of SHA-256 {digest}");
        let answer = self.export(vault, asker, &what, answer)?;
        write_atomically(&file.with_extension("sql"), text.as_bytes())?;
        answer.write(INTERNAL_MARK)
    }
}
