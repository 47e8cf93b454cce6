use std::{fs, io::ErrorKind, path::Path};

use erewhon_ledger::Digest;
use erewhon_types::{Error, Result};

use crate::{
    PrivateKey, PublicKey, hex,
    inventory::{APPROVAL_SIGNATURE, CHANGED, REQUEST_SIGNATURE, refused},
    key::write_new,
};

/// In which of the two roles a key signs.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Requester,
    Approver,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Approver => "approver",
        }
    }

    /// Where the signature comes from.
    const fn maker(self) -> &'static str {
        match self {
            Self::Requester => "`erewhon release make` signs it, as the last step of `erewhon run`",
            Self::Approver => {
                "a second person makes it with `erewhon release approve`; from a copy of the \
                 release, put it into this directory"
            }
        }
    }

    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Requester => REQUEST_SIGNATURE,
            Self::Approver => APPROVAL_SIGNATURE,
        }
    }
}

/// A signature file: one line, `role key signature`.
pub(crate) struct Signed {
    pub(crate) key: PublicKey,
    pub(crate) text: String,
    signature: [u8; 64],
}

impl Signed {
    /// Signs a message and writes the file of the role.
    pub(crate) fn create(
        directory: &Path,
        role: Role,
        key: &PrivateKey,
        message: &[u8],
    ) -> Result<Self> {
        let signature = key.sign(message);
        let key = key.public();
        let text = line(role, key, &signature);
        write_new(&directory.join(role.file()), &text, 0o644)?;
        Ok(Self {
            key,
            text,
            signature,
        })
    }

    /// Reads the file of a role and checks its signature.
    pub(crate) fn load(directory: &Path, role: Role) -> Result<Self> {
        let path = directory.join(role.file());
        let bad = || {
            refused(format!(
                "`{}` is not the {}'s signature",
                role.file(),
                role.word()
            ))
            .with_hint(CHANGED)
        };
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => refused(format!(
                "the release lacks the {}'s signature: `{}` is missing",
                role.word(),
                role.file()
            ))
            .with_hint(role.maker()),
            ErrorKind::InvalidData => bad(),
            _ => Error::io("read", &path, &error),
        })?;
        let mut words = text.split_whitespace().skip(1);
        let key: PublicKey = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(bad)?;
        let signature = words.next().and_then(hex::decode).ok_or_else(bad)?;
        // One spelling only: nothing can hide in the file.
        if text != line(role, key, &signature) {
            return Err(bad());
        }
        Ok(Self {
            key,
            text,
            signature,
        })
    }

    pub(crate) fn check(&self, role: Role, message: &[u8]) -> Result<()> {
        if self.key.verifies(message, &self.signature) {
            return Ok(());
        }
        Err(refused(format!(
            "the signature in `{}` does not fit: the release or the signature was changed",
            role.file()
        ))
        .with_hint(CHANGED))
    }
}

fn line(role: Role, key: PublicKey, signature: &[u8; 64]) -> String {
    format!("{} {key} {}\n", role.word(), hex::encode(signature))
}

/// What the requester signs: the manifest.
pub(crate) fn request_message(manifest: &[u8]) -> Vec<u8> {
    [b"erewhon.release.request.v1\0", manifest].concat()
}

/// What the approver signs: the manifest and who requested it.
pub(crate) fn approval_message(manifest: &[u8], request: &Signed) -> Vec<u8> {
    [
        b"erewhon.release.approval.v1\0",
        Digest::of(manifest).bytes().as_slice(),
        request.text.as_bytes(),
    ]
    .concat()
}
