use erewhon_types::{Error, Kind, Result};

use crate::{Digest, Entry, EntryKind, Head, Record, summary::epsilon_text};

/// All entries of a ledger, checked: the hash chain holds and the budget was never overdrawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    entries: Vec<Entry>,
    granted_micros: u64,
    spent_micros: u64,
}

impl Chain {
    /// Checks entries in the order of their `seq`.
    ///
    /// # Errors
    /// Budget, when an entry was changed, removed or added, or more was charged than granted.
    pub(crate) fn check(entries: Vec<Entry>) -> Result<Self> {
        let mut chain = Self::default();
        for entry in entries {
            let expected = chain.entries.len() as u64;
            let previous = chain
                .entries
                .last()
                .map_or(Digest::new([0; 32]), |last| last.hash);
            if entry.seq != expected
                || entry.previous != previous
                || entry.hash != entry.compute_hash()
            {
                return Err(untrusted(format!(
                    "entry {expected} of the ledger does not match its hash or its place"
                )));
            }
            chain.account(&entry.record)?;
            chain.entries.push(entry);
        }
        if chain.entries.is_empty() {
            return Err(untrusted("the ledger has no entries".to_owned()));
        }
        Ok(chain)
    }

    /// Appends a record and returns its entry; the caller writes it to disk.
    ///
    /// # Errors
    /// Budget, when a charge exceeds what is left.
    pub(crate) fn push(&mut self, record: Record) -> Result<&Entry> {
        self.account(&record)?;
        let at = self.entries.len();
        let entry = Entry::after(self.entries.last(), record);
        self.entries.push(entry);
        Ok(&self.entries[at])
    }

    fn account(&mut self, record: &Record) -> Result<()> {
        if (record.kind == EntryKind::Opened) != self.entries.is_empty() {
            return Err(untrusted(
                "the ledger must start with its opening and hold only one".to_owned(),
            ));
        }
        match record.kind {
            EntryKind::Opened | EntryKind::Granted => {
                self.granted_micros = self.granted_micros.saturating_add(record.epsilon_micros);
            }
            EntryKind::Charged | EntryKind::Adopted => {
                self.afford(record.epsilon_micros)?;
                self.spent_micros += record.epsilon_micros;
            }
            EntryKind::Fitted if !self.awaits_fit(&record.release) => {
                return Err(untrusted(
                    "the ledger holds a fit of a release that was not charged, or a second one"
                        .to_owned(),
                ));
            }
            EntryKind::Fitted | EntryKind::Exported | EntryKind::Changed => {}
        }
        Ok(())
    }

    /// Refuses a charge of `asked_micros` that would overdraw the budget.
    pub(crate) fn afford(&self, asked_micros: u64) -> Result<()> {
        let left = self.left_micros();
        if asked_micros <= left {
            return Ok(());
        }
        let hint = if left == 0 {
            "nothing is left: the steward may grant more, which is recorded with a reason"
                .to_owned()
        } else {
            format!(
                "ask for `{}` at most, or let the steward grant more, which is recorded with a reason",
                epsilon_text(left)
            )
        };
        Err(Error::new(
            Kind::Budget,
            format!(
                "a charge of epsilon `{}` would exceed the budget: `{}` of `{}` is spent, `{}` is left",
                epsilon_text(asked_micros),
                epsilon_text(self.spent_micros),
                epsilon_text(self.granted_micros),
                epsilon_text(left)
            ),
        )
        .with_hint(hint))
    }

    /// Refuses a release for which anything was charged.
    pub(crate) fn refuse_again(&self, release: &str) -> Result<()> {
        let mut records = self.entries.iter().map(|entry| &entry.record);
        if records.any(|record| record.kind == EntryKind::Charged && record.release == release) {
            return Err(
                Error::usage(format!("release `{release}` was charged before"))
                    .with_hint("give each release a name of its own"),
            );
        }
        Ok(())
    }

    /// Whether a release was charged and has no fit yet.
    pub(crate) fn awaits_fit(&self, release: &str) -> bool {
        let has = |kind: EntryKind| {
            let mut records = self.entries.iter().map(|entry| &entry.record);
            records.any(|record| record.kind == kind && record.release == release)
        };
        has(EntryKind::Charged) && !has(EntryKind::Fitted)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    pub(crate) fn head(&self) -> Option<Head> {
        self.entries.last().map(|entry| Head {
            seq: entry.seq,
            hash: entry.hash,
        })
    }

    /// The ledger's identity: the hash of its opening, which holds a random nonce.
    pub(crate) fn id(&self) -> Option<Digest> {
        self.entries.first().map(|entry| entry.hash)
    }

    pub(crate) fn granted_micros(&self) -> u64 {
        self.granted_micros
    }

    pub(crate) fn spent_micros(&self) -> u64 {
        self.spent_micros
    }

    pub(crate) fn left_micros(&self) -> u64 {
        self.granted_micros - self.spent_micros
    }
}

/// The error for a ledger whose content can't be believed.
pub(crate) fn untrusted(message: String) -> Error {
    Error::new(Kind::Budget, message).with_hint(
        "the file was changed outside this program; nothing can be charged to it: \
         bring back the untouched file and tell the privacy officer",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries whose hashes and places are right, whatever they say.
    fn chained(kinds: &[(EntryKind, &str)]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for &(kind, release) in kinds {
            let record = Record {
                release: release.to_owned(),
                epsilon_micros: 1,
                ..Record::new(kind, "steward", "test")
            };
            entries.push(Entry::after(entries.last(), record));
        }
        entries
    }

    #[test]
    fn a_chain_holds_one_fit_a_release_and_after_its_charge() {
        use EntryKind::{Charged, Fitted, Opened};
        let good = [(Opened, ""), (Charged, "spring"), (Fitted, "spring")];
        assert!(Chain::check(chained(&good)).is_ok());
        for more in [(Fitted, "spring"), (Fitted, "autumn")] {
            let forged = [good.as_slice(), &[more]].concat();
            let refused = Chain::check(chained(&forged)).unwrap_err();
            assert_eq!(refused.kind(), Kind::Budget);
        }
        let early = [(Opened, ""), (Fitted, "spring")];
        assert!(Chain::check(chained(&early)).is_err());
    }
}
