use std::{collections::HashMap, fs};

use super::*;

#[test]
fn is_hmac_sha_256() {
    // Python: hmac.new(bytes(range(32)), b"491701234567", "sha256").hexdigest()[:16]
    let key = Key::from_bytes(std::array::from_fn(|i| i as u8));
    let hex = |id: &[u8]| format!("{:016x}", key.pseudonym(id).bits());
    assert_eq!(hex(b"491701234567"), "b33ac970142296d8");
    // The same of b"imsi:262011234567890".
    assert_eq!(hex(b"262-01-1234567890"), "9faa58fca45f5a94");
    assert_eq!(key.id(), "e1ba92c4");
}

#[test]
fn one_number_written_three_ways_is_one_subscriber() {
    let key = Key::from_bytes([7; 32]);
    let plain = key.pseudonym(b"491701234567");
    assert_eq!(key.pseudonym(b"+491701234567"), plain);
    assert_eq!(key.pseudonym(b" 00491701234567 "), plain);
    assert_ne!(key.pseudonym(b"491701234568"), plain);
    assert_ne!(key.pseudonym(b"00ab"), key.pseudonym(b"ab"));
    assert_ne!(key.pseudonym(b"00"), key.pseudonym(b""));
    assert_ne!(key.pseudonym(b"01701234567"), plain);
    let german = key.with_numbering(Some(Numbering::new("49", "0").unwrap()));
    assert_eq!(german.pseudonym(b"01701234567"), plain);
}

/// Two periods under two keys have no pseudonym in common, though all of the people are the same.
#[test]
fn periods_under_different_keys_do_not_join() {
    let people: Vec<String> = (0..20_000).map(|i| format!("+4917{i:08}")).collect();
    let under = |key: [u8; 32]| {
        let key = Key::from_bytes(key);
        let bits = people.iter().map(|id| key.pseudonym(id.as_bytes()).bits());
        bits.collect::<Vec<u64>>()
    };
    let (march, april) = (under([1; 32]), under([2; 32]));
    let known: HashMap<u64, usize> = march.iter().copied().zip(0..).collect();
    assert_eq!(known.len(), people.len());
    assert!(april.iter().all(|bits| !known.contains_key(bits)));
    // Nor does the order of the one tell that of the other: half of neighbours are swapped.
    let mut order: Vec<usize> = (0..people.len()).collect();
    order.sort_by_key(|&i| march[i]);
    let rising = order
        .windows(2)
        .filter(|w| april[w[0]] < april[w[1]])
        .count();
    // 12 standard deviations (of at most 71, half of the square root of the pairs) about the half.
    assert!(rising.abs_diff(people.len() / 2) < 12 * 71, "{rising}");
}

/// The first attack there is (A0): try every number of a prefix.
#[test]
fn a_plain_digest_falls_to_trying_and_a_keyed_one_does_not() {
    let numbers = || (0..1_000_000).map(|i| format!("49170{i:07}"));
    let plain = |id: &str| {
        let digest = Sha256::digest(id.as_bytes());
        u64::from_be_bytes(digest[..8].try_into().unwrap())
    };
    let targets: Vec<String> = (0..200).map(|i| format!("49170{:07}", i * 4_999)).collect();
    let key = Key::from_bytes([3; 32]);
    let keyed = |id: &str| key.pseudonym(id.as_bytes()).bits();

    // The outsider knows numbers, digest and code, and not the key.
    let guess = Key::from_bytes([0; 32]);
    let reversed = |tokens: Vec<u64>| {
        let tokens: std::collections::HashSet<u64> = tokens.into_iter().collect();
        let tried = numbers().filter(|id| {
            tokens.contains(&plain(id)) || tokens.contains(&guess.pseudonym(id.as_bytes()).bits())
        });
        tried.collect::<Vec<String>>()
    };
    assert_eq!(
        reversed(targets.iter().map(|id| plain(id)).collect()),
        targets
    );
    // A token is met by chance in one of 10^13 tries.
    assert!(reversed(targets.iter().map(|id| keyed(id)).collect()).is_empty());
}

#[test]
fn a_key_file_is_written_once_and_kept_to_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let key = Key::create_new(&path).unwrap();
    assert_eq!(Key::load(&path).unwrap().bytes, key.bytes);
    assert!(!format!("{key:?}").contains(&hex(&key.bytes)));
    assert_eq!(Key::create_new(&path).unwrap_err().kind().exit_code(), 1);
    fs::write(&path, "beef").unwrap();
    assert!(Key::load(&path).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Key::load(&path).unwrap_err().kind().exit_code(), 3);
    }
}
