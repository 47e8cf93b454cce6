use erewhon_types::{Error, Result, Window};

use crate::{Digest, EntryKind, Record, chain::Chain, request::check_text};

/// What a fit made out of a release's charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitRecord {
    /// The release that paid for it.
    pub release: String,
    /// Who asked.
    pub who: String,
    /// What for.
    pub purpose: String,
    /// The queries that were asked and what each cost, in one line.
    pub queries: String,
    /// [`fit_digest`] of the files that the fit wrote.
    pub digest: Digest,
    /// The public window of the records.
    pub window: Window,
}

impl FitRecord {
    /// The record, where the release was charged and has no fit yet.
    pub(crate) fn record(&self, chain: &Chain) -> Result<Record> {
        check_text("who", &self.who)?;
        check_text("purpose", &self.purpose)?;
        check_text("queries", &self.queries)?;
        if !chain.awaits_fit(&self.release) {
            return Err(Error::usage(format!(
                "release `{}` was not charged, or has its fit already",
                self.release
            ))
            .with_hint("charge a release, then fit it once"));
        }
        Ok(Record {
            release: self.release.clone(),
            what: self.queries.clone(),
            digest: Some(self.digest),
            window: Some(self.window.clone()),
            ..Record::new(EntryKind::Fitted, &self.who, &self.purpose)
        })
    }
}

/// One digest for the two files of a fit: SHA-256 over the 32 bytes of the model file's SHA-256, or of
/// that of tables of families, and then the 32 bytes of the privacy statement's.
pub fn fit_digest(model: &Digest, statement: &Digest) -> Digest {
    Digest::of(&[model.bytes().as_slice(), statement.bytes()].concat())
}
