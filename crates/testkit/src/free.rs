use erewhon_dp::{Charge, DurableExport, DurableReceipt, KeyQuery, Permit, Query};
use erewhon_types::Approximate;

struct Free<L> {
    query: [u8; 32],
    loss: L,
}

#[expect(
    unsafe_code,
    reason = "tests of mechanisms on made-up data spend nobody's budget"
)]
// SAFETY: no person stands behind the data of a test, so there is nothing to make durable.
unsafe impl<L: Copy> DurableReceipt for Free<L> {
    type Loss = L;

    fn query_digest(&self) -> [u8; 32] {
        self.query
    }

    fn loss(&self) -> L {
        self.loss
    }
}

struct FreeExport;

#[expect(
    unsafe_code,
    reason = "tests of mechanisms on made-up data need no audit log"
)]
// SAFETY: as above.
unsafe impl DurableExport for FreeExport {}

/// A charge that no ledger has seen.
pub fn free_charge<L: Copy>(query: &Query, loss: L) -> Charge<L> {
    Charge::mint(Free {
        query: query.digest(),
        loss,
    })
}

/// A charge for a count by keys that no ledger has seen.
pub fn free_key_charge(query: &KeyQuery, loss: Approximate) -> Charge<Approximate> {
    Charge::mint(Free {
        query: query.digest(),
        loss,
    })
}

/// A permit that no audit log has seen.
pub fn free_permit() -> Permit {
    Permit::mint(FreeExport)
}
