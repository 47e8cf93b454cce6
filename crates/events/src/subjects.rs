use std::{fs::File, io::Read as _, path::Path};

use erewhon_types::{Error, Result, Subscriber};
use sha2::{Digest, Sha256};

use crate::{
    Key,
    mapping::{hex, near},
    numbers::Identifier,
};

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
    let refuse = |what: String| {
        Error::input(format!("the list of subjects `{}` {what}", path.display()))
            .with_hint("nothing was taken in: mend the list and give it whole")
    };
    refuse_cut_off(path, &refuse)?;
    let mut rows = csv::ReaderBuilder::new()
        .from_path(path)
        .map_err(|error| refuse(format!("can't be read: {}", reason(&error))))?;
    let wrong = |error: csv::Error| refuse(reason(&error));
    let header = rows.byte_headers().map_err(wrong)?;
    let named = |name: &[u8]| {
        let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
        name.trim_ascii() == b"subscriber"
    };
    let columns: Vec<usize> = (0..header.len()).filter(|&i| named(&header[i])).collect();
    let &[column] = columns.as_slice() else {
        let refused = refuse("needs one column named `subscriber` in its first line".to_owned());
        // Of a list without a header the first line is somebody: only the like of that name is shown.
        let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
        let near = near::name("subscriber", names.iter().map(|name| name.trim()));
        return Err(match near.filter(|_| columns.is_empty()) {
            Some(name) => refused.with_hint(format!("is it `{name}`? call it `subscriber`")),
            None => refused,
        });
    };
    let mut subscribers = Vec::new();
    let mut numbers = 0;
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(wrong)? {
        let line = row.position().map_or(0, csv::Position::line);
        // A quote that was never meant to open a field takes whole rows into it.
        if row.iter().any(|field| field.contains(&b'\n')) {
            return Err(refuse(format!(
                "has a field of several lines in line {line}"
            )));
        }
        let id = row.get(column).unwrap_or_default().trim_ascii();
        let written = !id.is_empty() && id.len() <= MAX_ID_BYTES;
        let text = std::str::from_utf8(id).is_ok_and(|id| !id.contains(char::is_control));
        if !written || !text {
            return Err(refuse(format!("has no identifier in line {line}")));
        }
        let id = Identifier::read(id, key.numbering());
        if let Identifier::National(_) = id {
            return Err(refuse(format!(
                "has a national number in line {line}, and no country is declared"
            ))
            .with_hint("declare it with `--country-code`, or write numbers with `+` or `00`"));
        }
        numbers += usize::from(matches!(id, Identifier::Number(_) | Identifier::Imsi(_)));
        subscribers.push(key.of(&id));
    }
    if subscribers.is_empty() {
        return Err(refuse("names nobody".to_owned()));
    }
    let listed = Listed {
        entries: subscribers.len(),
        numbers,
    };
    Ok((subscribers, listed))
}

const MAX_ID_BYTES: usize = 64;

/// A copy that was cut short mostly ends inside a line.
fn refuse_cut_off(path: &Path, refuse: &dyn Fn(String) -> Error) -> Result<()> {
    let failed = |error| Error::io("read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut last, mut buffer) = (None, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            read => last = buffer.get(read - 1).copied(),
        }
    }
    match last {
        Some(b'\n') => Ok(()),
        Some(_) => Err(refuse(
            "is cut short: its last line has no line break".to_owned(),
        )),
        None => Err(refuse("is empty".to_owned())),
    }
}

/// What is wrong with a row, without what stands in it.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos, expected_len, ..
        } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("has not the {expected_len} fields of its header in line {line}")
        }
        csv::ErrorKind::Io(error) => format!("can't be read: {error}"),
        _ => "is no CSV text".to_owned(),
    }
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
