use std::path::Path;

use erewhon_types::{Result, Subscriber};
use sha2::{Digest, Sha256};

use crate::{Key, list::List, mapping::hex, numbers::Identifier};

/// What a list of subjects means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The records of those on the list are left out.
    OptOut,
    /// Only the records of those on the list are taken.
    OptIn,
}

/// Whose records may be taken: a list of pseudonyms, 8 bytes each.
///
/// # Privacy
/// It is held in memory and never written. `Debug` tells nobody on it.
#[derive(Clone)]
pub struct Subjects {
    consent: Consent,
    /// Ascending, each once.
    listed: Box<[u64]>,
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subjects({:?})", self.consent)
    }
}

impl Subjects {
    /// Reads a list, for the pseudonyms of a key; see [`read_subjects`].
    ///
    /// # Errors
    /// As [`read_subjects`].
    pub fn read(path: &Path, consent: Consent, key: &Key) -> Result<Self> {
        let (listed, _) = read_subjects(path, key)?;
        let mut listed: Vec<u64> = listed.iter().map(|subscriber| subscriber.bits()).collect();
        listed.sort_unstable();
        listed.dedup();
        Ok(Self {
            consent,
            listed: listed.into_boxed_slice(),
        })
    }

    /// What the list means.
    pub const fn consent(&self) -> Consent {
        self.consent
    }

    /// Whether the records of a subscriber may be taken.
    pub fn admits(&self, subscriber: Subscriber) -> bool {
        let listed = self.listed.binary_search(&subscriber.bits()).is_ok();
        listed == (self.consent == Consent::OptIn)
    }

    /// One digest over a mapping's and the list with its meaning: loads of the same files under
    /// different lists are different loads.
    pub fn sha256_with(&self, mapping_sha256: &str) -> String {
        let mut digest = Sha256::new_with_prefix(mapping_sha256);
        digest.update([u8::from(self.consent == Consent::OptIn)]);
        for bits in &self.listed {
            digest.update(bits.to_be_bytes());
        }
        hex(&digest.finalize())
    }
}

/// How a list of subjects is written, which says whether it can be the one that was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its entries.
    pub entries: usize,
    /// Those that are a phone number or an IMSI; the others are names, tokens or short codes.
    pub numbers: usize,
}

/// Reads a list of subjects: a CSV with one identifier a row in a column named `subscriber`.
///
/// # Privacy
/// A list that is read by half would take the records of whoever stands on its other half, so it is
/// read whole or refused. Errors name a line and never what stands on it.
///
/// # Errors
/// Input, when the file is missing, is no text, has no column `subscriber`, no subject or no line
/// break at its end, a row has more or fewer fields than the header, a field is several lines, an identifier is empty,
/// holds a control character or is longer than 64 bytes, or is a national number while no country is declared.
pub fn read_subjects(path: &Path, key: &Key) -> Result<(Vec<Subscriber>, Listed)> {
    let list = List {
        name: "list of subjects",
        path,
    };
    let mut subscribers = Vec::new();
    let mut numbers = 0;
    list.read(["subscriber"], &mut |line, [id]| {
        let id = list.identifier(line, id, key)?;
        numbers += usize::from(matches!(id, Identifier::Number(_) | Identifier::Imsi(_)));
        subscribers.push(key.of(&id));
        Ok(())
    })?;
    let listed = Listed {
        entries: subscribers.len(),
        numbers,
    };
    Ok((subscribers, listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<Subscriber>> {
        read_as(text, &key())
    }

    fn read_as(text: &str, key: &Key) -> Result<Vec<Subscriber>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        read_subjects(&path, key).map(|(subscribers, _)| subscribers)
    }

    fn key() -> Key {
        Key::from_bytes([5; 32])
    }

    #[test]
    fn a_list_that_was_not_meant_can_be_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        let written = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_subjects(&path, &key()).map(|(_, listed)| (listed.entries, listed.numbers))
        };
        let numbers = "subscriber\n+49 170 1234567\n262-01-1234567890\n";
        assert_eq!(written(numbers).unwrap(), (2, 2));
        assert_eq!(
            written("subscriber\nAda\n110\n+49 170 1234567\n").unwrap(),
            (3, 1)
        );
        let said = |text: &str| written(text).unwrap_err().hint().unwrap().to_owned();
        assert!(said("Subscribers,since\n1,2\n").starts_with("is it `Subscribers`?"));
        // A first line that is somebody's is not shown.
        assert!(!said("491701234567,since\n1,2\n").contains("491701"));
        assert!(!said("subscriber,subscriber\n1,2\n").contains("is it"));
    }

    #[test]
    fn a_list_is_read_whole() {
        let two = list("since,subscriber\n2026,+49 170 1234567\n2025,\"262-01-1234567890\"\n");
        let known = [
            key().pseudonym(b"491701234567"),
            key().pseudonym(b"262011234567890"),
        ];
        assert_eq!(two.unwrap(), known);
        // Excel's mark and line ends.
        assert_eq!(
            list("\u{feff}subscriber\r\na1\r\n").unwrap(),
            [key().pseudonym(b"a1")]
        );
        let german = key().with_numbering(Some(crate::Numbering::new("49", "0").unwrap()));
        assert_eq!(
            read_as("subscriber\n0170 1234567\n", &german).unwrap(),
            [known[0]]
        );
    }

    #[test]
    fn a_malformed_list_is_refused_whole() {
        for (what, text) in [
            ("empty", ""),
            ("no header", "+491701234567\n"),
            ("two columns of the name", "subscriber,subscriber\na,b\n"),
            ("nobody", "subscriber\n"),
            ("cut inside a number", "subscriber\n+491701234567\n+49170"),
            (
                "a row with more fields",
                "subscriber\n+491701234567\n+491701234568,x\n",
            ),
            (
                "a row with fewer fields",
                "subscriber,since\n+491701234567,1\n+491701234568\n",
            ),
            ("an empty field", "subscriber,since\n+491701234567,1\n,2\n"),
            (
                "an open quote swallows the rest",
                "subscriber\n\"+491701234567\n+491701234568\n",
            ),
            (
                "a quote around two rows",
                "since,subscriber\n\"2026,a1\n2025\",a2\n",
            ),
            (
                "a national number of no country",
                "subscriber\n01701234567\n",
            ),
            ("a control character", "subscriber\na\u{1}\n"),
        ] {
            let error = list(text).expect_err(what);
            assert_eq!(error.kind().exit_code(), 1, "{what}");
            assert!(!error.to_string().contains("1701234"), "{what}: {error}");
        }
    }

    #[test]
    fn consent_decides_who_is_admitted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        std::fs::write(&path, "subscriber\n+491701234567\n0049 170 1234567\na1\n").unwrap();
        let key = key();
        let out = Subjects::read(&path, Consent::OptOut, &key).unwrap();
        let r#in = Subjects::read(&path, Consent::OptIn, &key).unwrap();
        assert_ne!(out.sha256_with("m"), r#in.sha256_with("m"));
        assert_ne!(out.sha256_with("m"), out.sha256_with("n"));
        assert_eq!(out.listed.len(), 2, "a number written twice is held once");
        for (id, listed) in [("491701234567", true), ("a1", true), ("a2", false)] {
            let identify = |list| {
                let subjects = Some(list);
                crate::Identifying {
                    key: &key,
                    subjects,
                    withdrawn: &[],
                }
                .identify(id.as_bytes())
            };
            assert_eq!(identify(&out).is_none(), listed, "{id}");
            assert_eq!(identify(&r#in).is_some(), listed, "{id}");
        }
        assert!(!format!("{out:?}").contains(&format!("{}", out.listed[0])));
    }
}
