use erewhon_dp::DurableReceipt as _;
use erewhon_types::{Epsilon, Kind};
use proptest::prelude::*;

use crate::{Place, request};

#[test]
fn a_purse_dies_spent() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let mut purse = ledger.fill_purse(&request(600_000)).unwrap();
    let epsilon = Epsilon::from_micros(200_000).unwrap();
    let receipt = purse.pay([3; 32], epsilon).unwrap();
    assert_eq!(receipt.query_digest(), [3; 32]);
    assert_eq!((receipt.seq(), receipt.loss()), (1, epsilon));
    drop((purse, receipt));
    assert_eq!(
        place.open().unwrap().summary().unwrap().spent_micros,
        600_000
    );
    let mut other = request(600_000);
    other.release = "summer".into();
    let dear = ledger.fill_purse(&other).unwrap_err();
    assert_eq!(dear.kind(), Kind::Budget);
}

#[test]
fn a_release_has_one_purse() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let _ = ledger.fill_purse(&request(100_000)).unwrap();
    let again = place.open().unwrap().fill_purse(&request(100_000));
    assert_eq!(again.unwrap_err().kind(), Kind::Usage);
    assert_eq!(ledger.summary().unwrap().spent_micros, 100_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Against a plain sum: what a purse pays never exceeds its charge, and what fits is paid.
    #[test]
    fn a_purse_never_pays_more_than_its_charge(
        charge in 1..1_000_000_u64,
        asked in prop::collection::vec(1..400_000_u64, 1..12),
    ) {
        let place = Place::new();
        let mut ledger = place.create("1");
        let mut purse = ledger.fill_purse(&request(charge)).unwrap();
        let mut paid = 0;
        for micros in asked {
            let epsilon = Epsilon::from_micros(micros).unwrap();
            let answer = purse.pay([0; 32], epsilon);
            prop_assert_eq!(answer.is_ok(), paid + micros <= charge);
            match answer {
                Ok(receipt) => paid += receipt.loss().micros(),
                Err(error) => prop_assert_eq!(error.kind(), Kind::Budget),
            }
        }
        prop_assert!(paid <= charge);
        prop_assert_eq!(ledger.summary().unwrap().spent_micros, charge);
    }
}
