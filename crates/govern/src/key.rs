use std::{
    ffi::OsString,
    fmt,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use erewhon_ledger::Digest;
use erewhon_types::{Error, Kind, Result};

use crate::hex;

/// A private Ed25519 key (RFC 8032): what a requester or an approver signs with.
///
/// The two roles are two different keys, held by two different people.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Draws a key and writes it to `path` (mode 600), its public half to `path` with `.pub` added.
    ///
    /// # Errors
    /// Input, when one of the files is already there: a key is never overwritten; resource, when
    /// the disk refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::internal(format!("no randomness for a key: {error}")))?;
        let key = Self(SigningKey::from_bytes(&seed));
        // Before the private half, so that a taken name leaves no half of a pair behind.
        if public_path(path).symlink_metadata().is_ok() {
            return Err(exists(&public_path(path)));
        }
        write_new(path, format!("{}\n", hex::encode(&seed)), 0o600)?;
        key.write_public(path)?;
        Ok(key)
    }

    /// Writes the public half beside the private one where it is missing, as after a crash.
    ///
    /// # Errors
    /// Resource, when the disk refuses.
    pub fn write_public(&self, path: &Path) -> Result<()> {
        let public = public_path(path);
        if public.exists() {
            return Ok(());
        }
        write_new(&public, format!("{}\n", self.public()), 0o644)
    }

    /// Reads a private key.
    ///
    /// # Errors
    /// Input, when the file is missing or no key; refused, when others than its owner may read it.
    pub fn load(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).map_err(|error| Error::io("read", path, &error))?;
        check_mode(path, &metadata)?;
        let text = read_key(path)?;
        hex::decode(text.trim_end())
            .map(|seed| Self(SigningKey::from_bytes(&seed)))
            .ok_or_else(|| no_key(path))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public().fingerprint())
    }
}

/// A public Ed25519 key, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a `.pub` file.
    ///
    /// # Errors
    /// Input, when the file is missing or no key.
    pub fn load(path: &Path) -> Result<Self> {
        read_key(path)?.trim_end().parse().map_err(|_| no_key(path))
    }

    /// The first 16 hexadecimal digits of the key's SHA-256, for people to compare.
    pub fn fingerprint(&self) -> String {
        let mut text = Digest::of(self.0.as_bytes()).to_string();
        text.truncate(16);
        text
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        // Strict: no second signature for a message, no weak keys.
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    /// # Errors
    /// Input, unless `text` is a key of 64 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self> {
        hex::decode(text)
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .map(Self)
            .ok_or_else(|| Error::input(format!("`{text}` is not a public key")))
    }
}

/// Where the public half of the key at `path` lies.
fn public_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".pub");
    name.into()
}

fn no_key(path: &Path) -> Error {
    Error::input(format!("`{}` is not a key file", path.display()))
        .with_hint("a key file holds one line of 64 hexadecimal digits")
}

fn read_key(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => no_key(path),
        _ => Error::io("read", path, &error),
    })
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!(
            "the private key `{}` has mode `{mode:03o}`: others than its owner may use it",
            path.display()
        ),
    )
    .with_hint("make it `600`; if others had access, make a new key"))
}

#[cfg(not(unix))]
fn check_mode(_path: &Path, _metadata: &fs::Metadata) -> Result<()> {
    Ok(())
}

fn exists(path: &Path) -> Error {
    Error::input(format!("`{}` already exists", path.display()))
        .with_hint("it is never overwritten; choose another path or remove it yourself")
}

/// Writes a file that must not exist yet, synced to the disk: killed anywhere, it is whole or not
/// there.
pub(crate) fn write_new(path: &Path, content: impl AsRef<[u8]>, mode: u32) -> Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(content.as_ref())?;
        file.sync_all()?;
        // A link never replaces what is there.
        fs::hard_link(&temporary, path)
    });
    // What can't be removed is only a second name.
    let _ = fs::remove_file(&temporary);
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Error::io("write", path, &error),
    })
}
