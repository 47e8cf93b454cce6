use erewhon_types::{Error, Kind, Loss, Result};

use crate::{ChargeRequest, Entry, Ledger, Receipt};

/// What was charged at once, to be paid out query by query: of a release, all of it.
///
/// The shape of a later query may depend on the noisy answer to an earlier one, so its digest can't
/// stand in the ledger beforehand; what the release costs can. Whatever a purse still holds when it
/// is dropped, or when the program dies, stays spent.
#[derive(Debug)]
#[must_use = "the charge is spent whether or not it is paid out"]
pub struct Purse {
    seq: u64,
    charged: Loss,
    left_units: u64,
}

impl Ledger {
    /// Pays for a whole release, once; the charge is on disk and anchored before this returns.
    ///
    /// # Errors
    /// As [`Ledger::charge`]; usage, when the release was charged before.
    pub fn fill_purse(&mut self, request: &ChargeRequest) -> Result<Purse> {
        let entries = self.append(|chain| {
            chain.refuse_again(&request.release)?;
            Ok(vec![request.record(chain)?])
        })?;
        let charged = entries.first();
        charged.map_or_else(|| Err(Error::internal("a charge left no entry")), Purse::of)
    }
}

impl Purse {
    pub(crate) fn of(charge: &Entry) -> Result<Self> {
        let charged = charge.record.loss()?;
        Ok(Self {
            seq: charge.seq,
            charged,
            left_units: charged.units(),
        })
    }

    /// The ledger entry of the charge.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// What was charged, in the measure of the population.
    pub const fn charged(&self) -> Loss {
        self.charged
    }

    /// Takes out the price of one query.
    ///
    /// # Errors
    /// Budget, when the purse holds less, or a loss of another measure.
    pub fn pay<L: Copy + Into<Loss>>(
        &mut self,
        query_digest: [u8; 32],
        price: L,
    ) -> Result<Receipt<L>> {
        let asked: Loss = price.into();
        let left = match (self.charged, asked) {
            (Loss::Epsilon(_), Loss::Epsilon(_)) | (Loss::Rho(_), Loss::Rho(_)) => {
                self.left_units.checked_sub(asked.units())
            }
            _ => None,
        };
        self.left_units = left.ok_or_else(|| {
            Error::new(
                Kind::Budget,
                format!("a query asks for {asked}, more than its release has left"),
            )
        })?;
        Ok(Receipt::new(self.seq, query_digest, price))
    }
}
