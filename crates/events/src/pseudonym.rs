use std::{fmt, path::Path, sync::Arc};

use erewhon_types::{Error, Result, Subscriber};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{Numbering, Persons, Subjects, mapping::hex, numbers::Identifier, secret};

/// The secret that turns phone numbers and IMSIs into pseudonyms.
///
/// # Privacy
/// There is no pseudonym without a key: the numbers of a country are few, and whoever has plain
/// digests of them gets all of them back by trying each (`examples/enumerate.rs` measures how long
/// that takes). Who holds the key can do the same: keep it apart from the store. `Debug` hides it.
/// Pseudonyms are personal data all the same; they are no anonymisation.
///
/// Two different identifiers share a pseudonym by chance: among *n* subscribers some two do with
/// probability of about n²/2⁶⁵ (1 million: 3 in 10⁸; 100 million: 3 in 10⁴; 1 billion: 3 in 100).
/// They are then one subscriber.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; 32],
    mac: Hmac<Sha256>,
    numbering: Option<Numbering>,
    persons: Option<Arc<Persons>>,
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
            numbering: None,
            persons: None,
        }
    }

    /// Draws a new key from the operating system and writes it to a new file of mode 600.
    ///
    /// # Errors
    /// Input, when the file exists (a key is never overwritten); resource, when it can't be written.
    pub fn create_new(path: &Path) -> Result<Self> {
        let bytes = secret::draw()?;
        secret::create_new(path, &hex(&bytes))?;
        Ok(Self::from_bytes(bytes))
    }

    /// Loads a key file: 64 hexadecimal digits, readable by its owner only.
    ///
    /// # Errors
    /// Input, when the file is missing or is no key; refused, when others may read it.
    pub fn load(path: &Path) -> Result<Self> {
        let text = secret::read(path)?;
        let digits = text.as_bytes();
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

    /// The key for identifiers of which national ones are written so.
    #[must_use]
    pub fn with_numbering(mut self, numbering: Option<Numbering>) -> Self {
        self.numbering = numbering;
        self
    }

    /// How national numbers are written, where it was declared.
    pub const fn numbering(&self) -> Option<&Numbering> {
        self.numbering.as_ref()
    }

    /// The key for records of which some numbers are one person's, by a table that was read for this key.
    #[must_use]
    pub fn with_persons(mut self, persons: Option<Arc<Persons>>) -> Self {
        self.persons = persons;
        self
    }

    /// The digest of the table of persons, where there is one.
    pub fn persons_digest(&self) -> Option<&str> {
        self.persons.as_deref().map(Persons::digest)
    }

    /// The key's public name: the first 8 hexadecimal digits of a digest of it.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"erewhon key id")
            .chain_update(self.bytes);
        hex(&digest.finalize()[..4])
    }

    /// The pseudonym of an identifier: HMAC-SHA-256 of its one spelling, cut to 64 bits, or that of the
    /// person whom the table of persons gives it to.
    ///
    /// Numbers, IMSIs, short codes and names are families that never meet, and a number is the same
    /// however it is written (docs/formats.md has the rules). Never 0, so that a peer always fits
    /// [`crate::Event::peer`].
    pub fn pseudonym(&self, id: &[u8]) -> Subscriber {
        self.of(&Identifier::read(id, self.numbering.as_ref()))
    }

    /// Whether an identifier is a number of a country that nobody declared.
    pub(crate) fn lacks_country(&self, id: &[u8]) -> bool {
        self.numbering.is_none() && matches!(Identifier::read(id, None), Identifier::National(_))
    }

    pub(crate) fn of(&self, id: &Identifier<'_>) -> Subscriber {
        let alone = self.alone(id);
        match &self.persons {
            Some(persons) => persons.identity(alone),
            None => alone,
        }
    }

    /// The pseudonym without a table of persons.
    pub(crate) fn alone(&self, id: &Identifier<'_>) -> Subscriber {
        let mut mac = self.mac();
        let (family, rest) = id.parts();
        mac.update(family);
        mac.update(rest);
        let digest = mac.finalize().into_bytes();
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        Subscriber::new(u64::from_be_bytes(head).max(1))
    }

    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.mac.clone()
    }
}

/// Whom an identifier means, once consent is known.
#[derive(Clone, Copy)]
pub struct Identifying<'a> {
    /// The key of the pseudonyms.
    pub key: &'a Key,
    /// Who has opted out, or in; `None` admits everybody.
    pub subjects: Option<&'a Subjects>,
    /// The pseudonyms of who has withdrawn from the store, ascending.
    pub withdrawn: &'a [u64],
}

/// Why somebody gets no pseudonym.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// By the list of subjects.
    Listed,
    /// By a withdrawal from the store.
    Withdrawn,
}

impl Identifying<'_> {
    /// The pseudonym of an identifier, for one keyed digest, or why it gets none.
    pub(crate) fn judge(&self, id: &[u8]) -> std::result::Result<Subscriber, LeftOut> {
        let subscriber = self.key.pseudonym(id);
        if self.subjects.is_some_and(|list| !list.admits(subscriber)) {
            return Err(LeftOut::Listed);
        }
        match self.withdrawn.binary_search(&subscriber.bits()) {
            Ok(_) => Err(LeftOut::Withdrawn),
            Err(_) => Ok(subscriber),
        }
    }

    /// The pseudonym of an identifier; `None` for who has opted out or withdrawn, or not in.
    pub fn identify(&self, id: &[u8]) -> Option<Subscriber> {
        self.judge(id).ok()
    }

    /// Whether everybody is admitted.
    pub fn is_open(&self) -> bool {
        self.subjects.is_none() && self.withdrawn.is_empty()
    }
}

fn padded(bytes: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(bytes);
    block
}

#[cfg(test)]
mod tests;
