use erewhon_dp::{DurableExport, DurableReceipt};
use erewhon_types::{Epsilon, Error, Result, Window};

use crate::{Digest, Entry, EntryKind, Head, Record};

/// A request to pay for one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The release that the query belongs to.
    pub release: String,
    /// The query's name, for people.
    pub query_name: String,
    /// The query's digest: only a query of this digest can be answered with the receipt.
    pub query_digest: [u8; 32],
    /// What the answer costs one subscriber.
    pub epsilon: Epsilon,
    /// Who asks.
    pub who: String,
    /// What for.
    pub purpose: String,
    /// The public window of the records.
    pub window: Window,
}

impl ChargeRequest {
    pub(crate) fn record(&self) -> Result<Record> {
        check_text("release", &self.release)?;
        check_text("query name", &self.query_name)?;
        check_text("who", &self.who)?;
        check_text("purpose", &self.purpose)?;
        Ok(Record {
            release: self.release.clone(),
            what: self.query_name.clone(),
            digest: Some(Digest::new(self.query_digest)),
            epsilon_micros: self.epsilon.micros(),
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

/// Proof that one charge is on disk and anchored: the only thing that pays for noise.
///
/// It can't be copied, stored or made up; those of a [`crate::Purse`] add up to its one charge.
///
/// ```compile_fail,E0451
/// use erewhon_ledger::Receipt;
/// let epsilon = "100".parse().unwrap();
/// let _ = Receipt { seq: 1, query_digest: [0; 32], epsilon };
/// ```
///
/// ```compile_fail,E0599
/// fn twice(receipt: erewhon_ledger::Receipt) -> [erewhon_ledger::Receipt; 2] {
///     [receipt.clone(), receipt]
/// }
/// ```
#[derive(Debug)]
#[must_use = "the charge is spent whether or not its receipt is used"]
pub struct Receipt {
    seq: u64,
    query_digest: [u8; 32],
    epsilon: Epsilon,
}

impl Receipt {
    pub(crate) fn new(entry: &Entry, request: &ChargeRequest) -> Self {
        Self {
            seq: entry.seq,
            query_digest: request.query_digest,
            epsilon: request.epsilon,
        }
    }

    pub(crate) const fn from_purse(seq: u64, query_digest: [u8; 32], epsilon: Epsilon) -> Self {
        Self {
            seq,
            query_digest,
            epsilon,
        }
    }

    /// The ledger entry that this is the receipt of.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// What was charged.
    pub const fn epsilon(&self) -> Epsilon {
        self.epsilon
    }
}

#[expect(
    unsafe_code,
    reason = "the promise of the trait: only `Ledger::charge_all` and `Purse::pay` make receipts, \
              after their charge was committed and anchored, and never for more than it"
)]
// SAFETY: see the reason above; the fields are private and the type is not `Clone`.
unsafe impl DurableReceipt for Receipt {
    type Loss = Epsilon;

    fn query_digest(&self) -> [u8; 32] {
        self.query_digest
    }

    fn loss(&self) -> Epsilon {
        self.epsilon
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
