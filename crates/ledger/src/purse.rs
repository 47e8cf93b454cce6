use erewhon_types::{Epsilon, Error, Kind, Result};

use crate::{ChargeRequest, Ledger, Receipt};

/// A release's whole budget, charged at once and paid out query by query.
///
/// The shape of a later query may depend on the noisy answer to an earlier one, so its digest can't
/// stand in the ledger beforehand; what the release costs can. Whatever a purse still holds when it
/// is dropped, or when the program dies, stays spent.
#[derive(Debug)]
#[must_use = "the charge is spent whether or not it is paid out"]
pub struct Purse {
    seq: u64,
    left_micros: u64,
}

impl Ledger {
    /// Pays for a whole release, once; the charge is on disk and anchored before this returns.
    ///
    /// # Errors
    /// As [`Ledger::charge`]; usage, when the release was charged before.
    pub fn fill_purse(&mut self, request: &ChargeRequest) -> Result<Purse> {
        let record = request.record()?;
        let entries = self.append(|chain| {
            chain.refuse_again(&request.release)?;
            Ok(vec![record])
        })?;
        let charged = entries.first();
        charged
            .map(|entry| Purse {
                seq: entry.seq,
                left_micros: entry.record.epsilon_micros,
            })
            .ok_or_else(|| Error::internal("a charge left no entry"))
    }
}

impl Purse {
    /// Takes out the price of one query.
    ///
    /// # Errors
    /// Budget, when the purse holds less.
    pub fn pay(&mut self, query_digest: [u8; 32], epsilon: Epsilon) -> Result<Receipt> {
        let left = self
            .left_micros
            .checked_sub(epsilon.micros())
            .ok_or_else(|| {
                Error::new(
                    Kind::Budget,
                    format!("a query asks for epsilon `{epsilon}`, more than its release has left"),
                )
            })?;
        self.left_micros = left;
        Ok(Receipt::from_purse(self.seq, query_digest, epsilon))
    }
}
