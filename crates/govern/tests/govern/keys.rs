use std::fs;

use erewhon_govern::{PrivateKey, PublicKey};
use erewhon_types::Kind;

#[test]
fn a_key_is_read_back_and_never_overwritten() {
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("a.key");
    let key = PrivateKey::create(&path).unwrap();
    assert_eq!(PrivateKey::load(&path).unwrap().public(), key.public());
    let public = PublicKey::load(&there.path().join("a.key.pub")).unwrap();
    assert_eq!(public, key.public());
    assert_eq!(public.fingerprint().len(), 16);
    assert_eq!(PrivateKey::create(&path).unwrap_err().kind(), Kind::Input);
    let secret = fs::read_to_string(&path).unwrap();
    assert!(!format!("{key:?}").contains(secret.trim_end()));
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("a.key");
    drop(PrivateKey::create(&path).unwrap());
    let secret = fs::read_to_string(&path).unwrap();
    for bad in [
        &secret[1..],
        &secret.to_uppercase().replace(['0', '1'], "G"),
        "",
    ] {
        fs::write(&path, bad).unwrap();
        let error = PrivateKey::load(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::Input);
        assert!(bad.is_empty() || !error.message().contains(bad.trim_end()));
    }
}

#[cfg(unix)]
#[test]
fn a_private_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("a.key");
    drop(PrivateKey::create(&path).unwrap());
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for mode in [0o640, 0o604, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(PrivateKey::load(&path).unwrap_err().kind(), Kind::Refused);
    }
}
