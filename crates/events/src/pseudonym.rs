use std::{fmt, fs, io::Write, path::Path};

use erewhon_types::{Error, Result, Subscriber};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::mapping::hex;

/// The secret that turns phone numbers and IMSIs into pseudonyms.
///
/// # Privacy
/// Who holds the key can find any number's pseudonym by trying: keep it apart from the store.
/// `Debug` hides it. Pseudonyms are personal data all the same; they are no anonymisation.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; 32],
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

impl Key {
    /// A key from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self {
            bytes,
            // One HMAC block holds 64 bytes, so the padding below is all there is to key set-up.
            mac: <Hmac<Sha256> as KeyInit>::new(&padded(&bytes).into()),
        }
    }

    /// Draws a new key from the operating system and writes it to a new file of mode 600.
    ///
    /// # Errors
    /// Input, when the file exists (a key is never overwritten); resource, when it can't be written.
    pub fn create_new(path: &Path) -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::internal("the operating system gave no random bytes"))?;
        // Written under another name and then linked: a crash leaves no half a key behind, and a
        // link, unlike a rename, never replaces what is there.
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::input(format!(
                "the key file `{}` exists and is never overwritten",
                path.display()
            ))
            .with_hint("without the old key its store can't be added to; choose another name"),
            _ => Error::io("write the key file", path, &error),
        };
        let mut file = options.open(&partial).map_err(failed)?;
        let written = file
            .write_all(format!("{}\n", hex(&bytes)).as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::hard_link(&partial, path));
        let removed = fs::remove_file(&partial);
        written.and(removed).map_err(failed)?;
        Ok(Self::from_bytes(bytes))
    }

    /// Loads a key file: 64 hexadecimal digits, readable by its owner only.
    ///
    /// # Errors
    /// Input, when the file is missing or is no key; refused, when others may read it.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| Error::io("read the key file", path, &error))?;
        refuse_open_mode(path)?;
        let digits = text.trim().as_bytes();
        let no_key = || {
            Error::input(format!("`{}` is not a key file", path.display()))
                .with_hint("a key file holds 64 hexadecimal digits")
        };
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(no_key());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| char::from(d).to_digit(16);
            let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or_else(no_key)?;
            *byte = (high * 16 + low) as u8;
        }
        Ok(Self::from_bytes(bytes))
    }

    /// The key's public name: the first 8 hexadecimal digits of a digest of it.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"erewhon key id")
            .chain_update(self.bytes);
        hex(&digest.finalize()[..4])
    }

    /// The pseudonym of a subscriber id: HMAC-SHA-256 of the normalised id, cut to 64 bits.
    ///
    /// Ids are trimmed; digits lose a leading `+` or `00`, so that two ways to write one phone
    /// number meet. Never 0, so that a peer always fits [`crate::Event::peer`].
    pub fn pseudonym(&self, id: &[u8]) -> Subscriber {
        let mut mac = self.mac.clone();
        mac.update(normalised(id));
        let digest = mac.finalize().into_bytes();
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        Subscriber::new(u64::from_be_bytes(head).max(1))
    }
}

fn padded(bytes: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(bytes);
    block
}

fn normalised(id: &[u8]) -> &[u8] {
    let id = id.trim_ascii();
    let number = id.strip_prefix(b"+").or_else(|| id.strip_prefix(b"00"));
    match number {
        Some(digits) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => id,
    }
}

#[cfg(unix)]
fn refuse_open_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|error| Error::io("read the key file", path, &error))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::new(
        erewhon_types::Kind::Refused,
        format!(
            "others may read the key file `{path}` (mode {:o}; allowed: 600)",
            mode & 0o777
        ),
    )
    .with_hint(format!(
        "run `chmod 600 {path}`; if others had access, make a new key"
    )))
}

#[cfg(not(unix))]
fn refuse_open_mode(_path: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_hmac_sha_256() {
        // Python: hmac.new(bytes(range(32)), b"491701234567", "sha256").hexdigest()[:16]
        let key = Key::from_bytes(std::array::from_fn(|i| i as u8));
        assert_eq!(
            format!("{:016x}", key.pseudonym(b"491701234567").bits()),
            "b33ac970142296d8"
        );
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
        assert_ne!(Key::from_bytes([8; 32]).pseudonym(b"491701234567"), plain);
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
}
