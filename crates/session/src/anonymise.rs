mod read;
mod write;

use std::path::Path;

use erewhon_anonymise::{Technique, anonymise};
use erewhon_dp::Exact;
use erewhon_ledger::Digest;
use erewhon_types::{Error, Result, Window};
use serde::{Deserialize, Serialize};

pub use read::ReadAnonymised;

use crate::{Asker, Session, Vault, digest_of, split::Side};

/// What `anonymise.json` is.
const SCHEMA: &str = "erewhon.anonymised.v2";
const RECORDS: &str = "records.parquet";
const PLACES: &str = "places.csv";
const SAID: &str = "anonymise.json";

/// What a reader asks of `anonymise.json`; it says more for people.
#[derive(Serialize, Deserialize)]
struct Facts {
    /// Whether the records claim to be nobody's.
    claims_synthetic: bool,
    window: Window,
    /// The records that it was made of.
    origin_sha256: Digest,
    records_sha256: Digest,
    places_sha256: Digest,
}

impl Session {
    /// Applies a classical technique to the members' records and writes the result as a directory for
    /// internal files, after who asks and why is on record.
    ///
    /// The control group stays out, as it does of every release that is attacked. What is drawn at
    /// random has a seed of the system's that is not kept: whoever had it could undo the technique.
    ///
    /// # Privacy
    /// What is written is real people's records, changed. It is internal, no release, and says so.
    ///
    /// # Errors
    /// Usage, when a parameter is out of range, the directory is there, or there are too few people;
    /// refused, when the vault is not that of the records; data, when a file of the store is not what
    /// was committed; resource, when the ledger or a file can't be written.
    pub fn export_anonymised(
        &self,
        (vault, asker): (&Vault, &Asker),
        technique: &Technique,
        dir: &Path,
    ) -> Result<()> {
        technique.check()?;
        if dir.exists() {
            return Err(
                Error::usage(format!("`{}` is there already", dir.display()))
                    .with_hint("name another directory with --out, or remove that one"),
            );
        }
        let words = serde_json::to_string(technique)
            .map_err(|_| Error::internal("a technique can't be written as JSON"))?;
        let what = format!(
            "records anonymised by {}, {}",
            technique.name(),
            digest_of("parameters", &words)
        );
        self.admit(vault)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::internal(format!("no randomness for a technique: {error}")))?;
        let records = self.records()?;
        // On record before it is computed: that there are too few people for it tells something too.
        let members = self.export(vault, asker, &what, Exact::new(Side::members(&records)))?;
        let (cells, calendar) = (self.cells(), self.calendar());
        let made = anonymise(technique, &members, cells, calendar, seed)?;
        write::write(dir, technique, &made, self)
    }
}
