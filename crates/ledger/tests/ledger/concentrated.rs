//! A population that is kept in rho: releases compose by rho, and everything else is as in pure epsilon.

use erewhon_dp::{DurableReceipt as _, price};
use erewhon_ledger::{ChargeRequest, Ledger};
use erewhon_types::{Epsilon, Kind, Loss};
use proptest::prelude::*;

use crate::{Place, request};

fn nanos(micros: u64) -> u64 {
    let epsilon = Epsilon::from_micros(micros).unwrap();
    price(epsilon, Some("1e-6".parse().unwrap()))
        .unwrap()
        .units()
}

fn named(release: &str, micros: u64) -> ChargeRequest {
    ChargeRequest {
        release: release.to_owned(),
        ..request(micros)
    }
}

fn rhos(ledger: &Ledger) -> [u64; 3] {
    let rho = ledger.summary().unwrap().concentrated.unwrap();
    [rho.total_rho_nanos, rho.spent_rho_nanos, rho.left_rho_nanos]
}

/// In pure epsilon twelve releases have .083333 each; the largest that fits twelve times in rho is over
/// three times that.
#[test]
fn twelve_releases_fit_and_the_thirteenth_is_refused() {
    let place = Place::new();
    let mut ledger = place.create_in_rho("1");
    let each = 265_000;
    assert!(12 * nanos(each) <= nanos(1_000_000) && 13 * nanos(each) > nanos(1_000_000));
    for month in 1..=12 {
        let purse = ledger.fill_purse(&named(&format!("month {month}"), each));
        assert_eq!(purse.unwrap().charged().units(), nanos(each));
    }
    let spent = 12 * nanos(each);
    assert_eq!(
        rhos(&ledger),
        [nanos(1_000_000), spent, nanos(1_000_000) - spent]
    );
    let refused = ledger.fill_purse(&named("month 13", each)).unwrap_err();
    assert_eq!(refused.kind().exit_code(), 4);
    assert!(refused.message().contains("at delta 1e-6"), "{refused}");
    let summary = place.open().unwrap().summary().unwrap();
    assert_eq!((summary.total_micros, summary.entries), (1_000_000, 13));
    assert!(summary.spent_micros <= 1_000_000 && summary.spent_micros > 990_000);
    assert_eq!(summary.charged_for("month 7").unwrap().micros(), each);
    // What is said to be left can be spent, to the last micro-epsilon, and nothing more.
    let left = summary.left_micros;
    let more = ledger.fill_purse(&named("more", left + 1));
    assert_eq!(more.unwrap_err().kind(), Kind::Budget);
    let _ = ledger.fill_purse(&named("more", left)).unwrap();

    // The same twelve are refused in pure epsilon, at the fourth.
    let pure = Place::new();
    let mut ledger = pure.create("1");
    for month in 1..=4 {
        let paid = ledger.fill_purse(&named(&format!("month {month}"), each));
        assert_eq!(paid.is_ok(), month < 4);
    }
}

#[test]
fn a_grant_makes_the_total_what_its_epsilon_says() {
    let place = Place::new();
    let mut ledger = place.create_in_rho("1");
    ledger
        .grant("0.5".parse().unwrap(), "steward", "more")
        .unwrap();
    assert_eq!(rhos(&ledger), [nanos(1_500_000), 0, nanos(1_500_000)]);
    let summary = ledger.summary().unwrap();
    let named = [
        summary.total_micros,
        summary.spent_micros,
        summary.left_micros,
    ];
    assert_eq!(named, [1_500_000, 0, 1_500_000]);
    let beyond = ledger.grant("99".parse().unwrap(), "steward", "much more");
    assert_eq!(beyond.unwrap_err().kind(), Kind::Usage);
}

#[test]
fn a_purse_in_one_measure_pays_in_no_other() {
    let place = Place::new();
    let mut ledger = place.create_in_rho("1");
    let mut purse = ledger.fill_purse(&request(500_000)).unwrap();
    let Loss::Rho(all) = purse.charged() else {
        panic!("{:?}", purse.charged());
    };
    let epsilon = Epsilon::from_micros(1).unwrap();
    assert_eq!(
        purse.pay([1; 32], epsilon).unwrap_err().kind(),
        Kind::Budget
    );
    let receipt = purse.pay([2; 32], all).unwrap();
    assert_eq!((receipt.query_digest(), receipt.loss()), ([2; 32], all));
    assert_eq!(purse.pay([3; 32], all).unwrap_err().kind(), Kind::Budget);

    let pure = Place::new();
    let mut purse = pure.create("1").fill_purse(&request(500_000)).unwrap();
    assert_eq!(purse.pay([1; 32], all).unwrap_err().kind(), Kind::Budget);
    let _ = purse.pay([1; 32], epsilon).unwrap();
}

#[test]
fn adopting_writes_off_all_rho() {
    let place = Place::new();
    let mut ledger = place.create_in_rho("1");
    let _ = ledger.charge(&request(600_000)).unwrap();
    drop(ledger);
    let copy = place.copy_to("backup");
    let _ = place.open().unwrap().charge(&request(100_000)).unwrap();
    // A backup put back is refused, and gives nothing when it is adopted.
    std::fs::copy(copy, place.file()).unwrap();
    let refused = place.open().unwrap_err();
    assert!(refused.message().contains("copied back"), "{refused}");
    std::fs::remove_file(place.anchor_file()).unwrap();
    let adopted = Ledger::adopt(&place.file(), &place.anchors(), "steward", "moved");
    let mut adopted = adopted.unwrap();
    let total = nanos(1_000_000);
    assert_eq!(rhos(&adopted), [total, total, 0]);
    assert_eq!(adopted.summary().unwrap().left_micros, 0);
    let refused = adopted.charge(&request(1_000)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Budget);
    let written_off = adopted.entries().unwrap().pop().unwrap().record;
    let rho = written_off.concentrated.unwrap().rho_nanos;
    assert_eq!(rho, total - nanos(600_000));
}

/// Its hash was computed elsewhere, from what the ledgers before the second measure say of themselves.
#[test]
fn a_ledger_in_pure_epsilon_is_as_it_always_was() {
    let place = Place::new();
    let mut ledger = place.create("1");
    let _ = ledger.charge(&request(250_000)).unwrap();
    let mut entry = ledger.entries().unwrap().pop().unwrap();
    entry.time_utc_ms = 1_700_000_000_000;
    entry.previous = erewhon_ledger::Digest::of(b"before");
    assert_eq!(entry.compute_hash().to_string(), PURE_HASH);
    let connection = rusqlite::Connection::open(place.file()).unwrap();
    let version = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    assert_eq!(version("user_version").unwrap(), 1);
    let columns = connection
        .prepare("SELECT * FROM entry")
        .unwrap()
        .column_count();
    assert_eq!(columns, 14);
}

const PURE_HASH: &str = "d4f7a835c7b81c896f5122443f33d371326bdb07c1b815d80e941b6f95c88884";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Against a plain sum of nano-rhos: never overdrawn, sums exact, refusals change nothing.
    #[test]
    fn the_ledger_keeps_the_books_in_rho(asked in prop::collection::vec(1_000..600_000_u64, 1..10)) {
        let place = Place::new();
        let mut ledger = place.create_in_rho("1");
        let (total, mut spent) = (nanos(1_000_000), 0);
        for micros in asked {
            let paid = ledger.charge(&request(micros));
            prop_assert_eq!(paid.is_ok(), spent + nanos(micros) <= total);
            if paid.is_ok() {
                spent += nanos(micros);
            }
            prop_assert_eq!(rhos(&ledger), [total, spent, total - spent]);
        }
    }
}
