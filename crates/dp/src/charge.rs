use erewhon_types::Epsilon;

/// A receipt for a charge that is already on disk.
///
/// # Safety
/// Not memory but privacy hangs on it: whoever implements this promises that the charge of
/// [`DurableReceipt::epsilon`] for the query of [`DurableReceipt::query_digest`] was committed to
/// the durable ledger before the value existed, and that all receipts of one committed charge add up
/// to no more than it. The ledger implements it; the workspace lints deny `unsafe` to every other
/// product crate.
#[expect(
    unsafe_code,
    reason = "the promise that a record is durable can't be checked by the compiler"
)]
pub unsafe trait DurableReceipt {
    /// Digest of the query that the charge pays for ([`crate::Query::digest`]).
    fn query_digest(&self) -> [u8; 32];
    /// What was charged.
    fn epsilon(&self) -> Epsilon;
}

/// A receipt for an internal export that the audit log already holds.
///
/// # Safety
/// As for [`DurableReceipt`]: the record of who exports what and why is on disk before the value
/// exists.
#[expect(
    unsafe_code,
    reason = "the promise that a record is durable can't be checked by the compiler"
)]
pub unsafe trait DurableExport {}

/// The right to draw noise once, for one query, at one epsilon. It can't be copied or made up.
#[must_use]
pub struct Charge {
    query: [u8; 32],
    epsilon: Epsilon,
}

impl Charge {
    /// Mints a charge from a durable receipt, which it consumes.
    pub fn mint<R: DurableReceipt>(receipt: R) -> Self {
        Self {
            query: receipt.query_digest(),
            epsilon: receipt.epsilon(),
        }
    }

    /// What was charged.
    pub const fn epsilon(&self) -> Epsilon {
        self.epsilon
    }

    pub(crate) fn pays_for(&self, digest: &[u8; 32]) -> bool {
        self.query == *digest
    }
}

/// The right to open one exact value into an internal file.
#[must_use]
pub struct Permit {
    _private: (),
}

impl Permit {
    /// Mints a permit from the record of an export, which it consumes.
    pub fn mint<R: DurableExport>(_receipt: R) -> Self {
        Self { _private: () }
    }
}
