use erewhon_types::{Epsilon, Error, Result};

/// A receipt for a charge that is already on disk.
///
/// # Safety
/// Not memory but privacy hangs on it: whoever implements this promises that the charge of
/// [`DurableReceipt::loss`] for the query of [`DurableReceipt::query_digest`] was committed to
/// the durable ledger before the value existed, and that all receipts of one committed charge add up
/// to no more than it. The ledger implements it; the workspace lints deny `unsafe` to every other
/// product crate.
#[expect(
    unsafe_code,
    reason = "the promise that a record is durable can't be checked by the compiler"
)]
pub unsafe trait DurableReceipt {
    /// What losses are charged in: [`Epsilon`], [`erewhon_types::Rho`] or
    /// [`erewhon_types::Approximate`].
    type Loss: Copy;
    /// Digest of the query that the charge pays for ([`crate::Query::digest`],
    /// [`crate::KeyQuery::digest`]).
    fn query_digest(&self) -> [u8; 32];
    /// What was charged.
    fn loss(&self) -> Self::Loss;
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

/// The right to draw noise once, for one query, at one loss. It can't be copied or made up.
///
/// What it was charged in says which noise it pays for: discrete Laplace in [`Epsilon`], discrete
/// Gaussian in [`erewhon_types::Rho`], unknown keys in [`erewhon_types::Approximate`].
#[must_use]
pub struct Charge<L = Epsilon> {
    query: [u8; 32],
    loss: L,
}

impl<L: Copy> Charge<L> {
    /// Mints a charge from a durable receipt, which it consumes.
    pub fn mint<R: DurableReceipt<Loss = L>>(receipt: R) -> Self {
        Self {
            query: receipt.query_digest(),
            loss: receipt.loss(),
        }
    }

    /// What was charged.
    pub const fn loss(&self) -> L {
        self.loss
    }

    /// The loss, for the query that was paid for.
    pub(crate) fn pay_for(self, name: &str, digest: &[u8; 32]) -> Result<L> {
        if self.query == *digest {
            Ok(self.loss)
        } else {
            Err(Error::internal(format!(
                "the charge does not pay for query `{name}`"
            )))
        }
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
