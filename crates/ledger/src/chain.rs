use erewhon_dp::{epsilon_left, epsilon_of, price};
use erewhon_types::{Delta, Epsilon, Error, Kind, Result, Rho};

use crate::{Concentrated, Digest, Entry, EntryKind, Head, Record, summary::epsilon_text};

/// All entries of a ledger, checked: the hash chain holds and the budget was never overdrawn.
///
/// It is counted in micro-epsilons, or in nano-rhos where the opening named a delta.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    entries: Vec<Entry>,
    granted: u64,
    spent: u64,
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
        let counts = record.counts();
        if record.kind != EntryKind::Opened
            && record.concentrated.map(|c| c.delta) != self.delta().filter(|_| counts)
        {
            return Err(untrusted(
                "an entry of the ledger is in another measure than its opening".to_owned(),
            ));
        }
        match record.kind {
            EntryKind::Opened | EntryKind::Granted => {
                self.granted = self.granted.saturating_add(record.units());
            }
            EntryKind::Charged | EntryKind::Adopted => {
                self.spent = self
                    .spent
                    .checked_add(record.units())
                    .filter(|spent| *spent <= self.granted)
                    .ok_or_else(|| {
                        Error::new(Kind::Budget, "together these charges exceed the budget")
                            .with_hint("ask for less, or let the steward grant more")
                    })?;
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

    /// Refuses a charge of an epsilon that counts `asked` and would overdraw the budget.
    pub(crate) fn afford(&self, epsilon: Epsilon, asked: u64) -> Result<()> {
        if asked <= self.left() {
            return Ok(());
        }
        let left = epsilon_text(self.left_micros()?);
        let hint = if self.left_micros()? == 0 {
            "nothing is left: the steward may grant more, which is recorded with a reason"
                .to_owned()
        } else {
            format!(
                "ask for `{left}` at most, or let the steward grant more, which is recorded with a reason",
            )
        };
        let at = self.delta().map_or_else(String::new, |delta| {
            format!(" at delta {delta}, where rhos add up")
        });
        Err(Error::new(
            Kind::Budget,
            format!(
                "a charge of epsilon `{epsilon}` would exceed the budget: `{}` of `{}` is spent, `{left}` is left{at}",
                epsilon_text(self.spent_micros()?),
                epsilon_text(self.granted_micros()),
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

    /// The delta of a population that is kept in rho.
    pub(crate) fn delta(&self) -> Option<Delta> {
        let opening = self.entries.first()?;
        opening.record.concentrated.map(|c| c.delta)
    }

    /// So many nano-rhos, where they are what counts.
    pub(crate) fn concentrated(&self, rho_nanos: u64) -> Option<Concentrated> {
        self.delta().map(|delta| Concentrated { delta, rho_nanos })
    }

    /// What a grant adds to the rho of all grants, which is that of their epsilon.
    pub(crate) fn more(&self, epsilon: Epsilon) -> Result<Option<Concentrated>> {
        let Some(delta) = self.delta() else {
            return Ok(None);
        };
        let total = self.granted_micros().saturating_add(epsilon.micros());
        let total = price(Epsilon::from_micros(total)?, Some(delta))?.units();
        Ok(self.concentrated(total.saturating_sub(self.granted)))
    }

    pub(crate) const fn granted(&self) -> u64 {
        self.granted
    }

    pub(crate) const fn spent(&self) -> u64 {
        self.spent
    }

    pub(crate) const fn left(&self) -> u64 {
        self.granted - self.spent
    }

    /// First budget and all grants, as they were named.
    pub(crate) fn granted_micros(&self) -> u64 {
        let records = self.entries.iter().map(|entry| &entry.record);
        records
            .filter(|record| matches!(record.kind, EntryKind::Opened | EntryKind::Granted))
            .fold(0, |sum, record| sum.saturating_add(record.epsilon_micros))
    }

    /// What all charges come to, in micro-epsilons, never less.
    pub(crate) fn spent_micros(&self) -> Result<u64> {
        self.micros(self.spent, |rho, delta| epsilon_of(rho, delta).map(Some))
    }

    /// The largest charge that could be made, in micro-epsilons.
    pub(crate) fn left_micros(&self) -> Result<u64> {
        self.micros(self.left(), epsilon_left)
    }

    pub(crate) fn micros(
        &self,
        units: u64,
        of_rho: impl FnOnce(Rho, Delta) -> Result<Option<Epsilon>>,
    ) -> Result<u64> {
        match self.delta().filter(|_| units > 0) {
            None => Ok(units),
            Some(delta) => Ok(of_rho(Rho::from_nanos(units)?, delta)?.map_or(0, Epsilon::micros)),
        }
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
                epsilon_micros: u64::from(kind != EntryKind::Fitted),
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

    /// Else a charge of few micro-epsilons would count for few nano-rhos, which are far less.
    #[test]
    fn a_chain_has_one_measure() {
        use EntryKind::{Charged, Exported, Opened};
        let rho = |delta: &str| {
            let delta = delta.parse().unwrap();
            Some(Concentrated {
                delta,
                rho_nanos: 5,
            })
        };
        let refused = |records: [(EntryKind, Option<Concentrated>); 2]| {
            let mut entries: Vec<Entry> = Vec::new();
            for (kind, concentrated) in records {
                let record = Record {
                    release: "spring".to_owned(),
                    epsilon_micros: 1,
                    concentrated,
                    ..Record::new(kind, "steward", "test")
                };
                entries.push(Entry::after(entries.last(), record));
            }
            Chain::check(entries).is_err()
        };
        let (here, other) = (rho("1e-6"), rho("1e-5"));
        assert!(!refused([(Opened, here), (Charged, here)]));
        assert!(!refused([(Opened, here), (Exported, None)]));
        assert!(!refused([(Opened, None), (Charged, None)]));
        assert!(refused([(Opened, here), (Charged, None)]));
        assert!(refused([(Opened, here), (Charged, other)]));
        assert!(refused([(Opened, here), (Exported, here)]));
        assert!(refused([(Opened, None), (Charged, here)]));
    }
}
