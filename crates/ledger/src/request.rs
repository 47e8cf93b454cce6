use erewhon_dp::{DurableExport, DurableReceipt, price};
use erewhon_types::{Epsilon, Error, Result, Window};

use crate::{Digest, Entry, EntryKind, Head, Record, chain::Chain};

/// A request to pay for a release, or for a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The release that the query belongs to.
    pub release: String,
    /// The query's name, for people.
    pub query_name: String,
    /// The query's digest, for the record; what is paid out of the purse names its own.
    pub query_digest: [u8; 32],
    /// What it costs one subscriber, at the delta of the population where that has one.
    pub epsilon: Epsilon,
    /// Who asks.
    pub who: String,
    /// What for.
    pub purpose: String,
    /// The public window of the records.
    pub window: Window,
}

impl ChargeRequest {
    /// The charge that this population's ledger would hold, where it can afford it.
    pub(crate) fn record(&self, chain: &Chain) -> Result<Record> {
        check_text("release", &self.release)?;
        check_text("query name", &self.query_name)?;
        check_text("who", &self.who)?;
        check_text("purpose", &self.purpose)?;
        let asked = price(self.epsilon, chain.delta())?;
        chain.afford(self.epsilon, asked.units())?;
        Ok(Record {
            release: self.release.clone(),
            what: self.query_name.clone(),
            digest: Some(Digest::new(self.query_digest)),
            epsilon_micros: self.epsilon.micros(),
            concentrated: chain.concentrated(asked.units()),
            window: Some(self.window.clone()),
            ..Record::new(EntryKind::Charged, &self.who, &self.purpose)
        })
    }
}

/// Refuses an empty, endless or unprintable word: the ledger is read by people for years.
pub(crate) fn check_text(name: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() || text.len() > 400 || text.chars().any(char::is_control) {
        return Err(Error::usage(format!(
            "`{name}` must be 1 to 400 bytes of printable text on one line"
        )));
    }
    Ok(())
}

/// Proof that a charge is on disk and anchored: the only thing that pays for noise.
///
/// It can't be copied, stored or made up; those of a [`crate::Purse`] add up to its one charge. What it
/// was charged in says which noise it pays for.
///
/// ```compile_fail,E0451
/// use erewhon_ledger::Receipt;
/// let loss: erewhon_types::Epsilon = "100".parse().unwrap();
/// let _ = Receipt { seq: 1, query_digest: [0; 32], loss };
/// ```
///
/// ```compile_fail,E0599
/// fn twice(receipt: erewhon_ledger::Receipt) -> [erewhon_ledger::Receipt; 2] {
///     [receipt.clone(), receipt]
/// }
/// ```
#[derive(Debug)]
#[must_use = "the charge is spent whether or not its receipt is used"]
pub struct Receipt<L = Epsilon> {
    seq: u64,
    query_digest: [u8; 32],
    loss: L,
}

impl<L: Copy> Receipt<L> {
    pub(crate) const fn new(seq: u64, query_digest: [u8; 32], loss: L) -> Self {
        Self {
            seq,
            query_digest,
            loss,
        }
    }

    /// The ledger entry that this is the receipt of.
    pub const fn seq(&self) -> u64 {
        self.seq
    }
}

#[expect(
    unsafe_code,
    reason = "the promise of the trait: only `Purse::pay` makes receipts, after the purse's charge \
              was committed and anchored, and never for more than it"
)]
// SAFETY: see the reason above; the fields are private and the type is not `Clone`.
unsafe impl<L: Copy> DurableReceipt for Receipt<L> {
    type Loss = L;

    fn query_digest(&self) -> [u8; 32] {
        self.query_digest
    }

    fn loss(&self) -> L {
        self.loss
    }
}

/// Proof that an internal export is on record: who, why and what.
#[derive(Debug)]
#[must_use = "the export is on record whether or not its receipt is used"]
pub struct ExportReceipt {
    entry: Head,
}

impl ExportReceipt {
    pub(crate) const fn new(entry: &Entry) -> Self {
        Self {
            entry: Head {
                seq: entry.seq,
                hash: entry.hash,
            },
        }
    }

    /// The ledger entry that this is the receipt of; others may have followed.
    pub const fn entry(&self) -> Head {
        self.entry
    }
}

#[expect(
    unsafe_code,
    reason = "the promise of the trait: `Ledger::record_export` alone makes these, after its \
              transaction was committed and anchored"
)]
// SAFETY: see the reason above; the field is private and the type is not `Clone`.
unsafe impl DurableExport for ExportReceipt {}
