use erewhon_dp::{Charge, DurableExport, DurableReceipt, Permit, Query};
use erewhon_types::Epsilon;

struct Free {
    query: [u8; 32],
    epsilon: Epsilon,
}

#[expect(
    unsafe_code,
    reason = "tests of mechanisms on made-up data spend nobody's budget"
)]
// SAFETY: no person stands behind the data of a test, so there is nothing to make durable.
unsafe impl DurableReceipt for Free {
    fn query_digest(&self) -> [u8; 32] {
        self.query
    }

    fn epsilon(&self) -> Epsilon {
        self.epsilon
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
pub fn free_charge(query: &Query, epsilon: Epsilon) -> Charge {
    Charge::mint(Free {
        query: query.digest(),
        epsilon,
    })
}

/// A permit that no audit log has seen.
pub fn free_permit() -> Permit {
    Permit::mint(FreeExport)
}
