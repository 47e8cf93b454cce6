use std::{collections::HashMap, fmt, path::Path};

use erewhon_types::{Result, Subscriber};
use foldhash::fast::FixedState;
use hmac::Mac;

use crate::{Key, list::List, mapping::hex, numbers::Identifier};

/// Which numbers are one person's, so that they are one subscriber: 20 to 40 bytes a number, 60 while
/// it is read.
///
/// # Privacy
/// It is held in memory and never written; what a store keeps of it is [`Persons::digest`]. `Debug`
/// tells nobody in it.
pub struct Persons {
    /// From the pseudonym that a number would have alone to its person's.
    person_of: HashMap<u64, u64, FixedState>,
    digest: String,
}

impl fmt::Debug for Persons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Persons")
    }
}

impl Persons {
    /// Reads a table, for the pseudonyms of a key: a CSV with the columns `person`, whatever name or
    /// token tells one from another, and `subscriber`, one number or other identifier a row.
    ///
    /// # Errors
    /// Input, when a number is given to two persons; else as [`crate::read_subjects`].
    pub fn read(path: &Path, key: &Key) -> Result<Self> {
        let list = List {
            name: "table of persons",
            path,
        };
        let mut person_of = HashMap::default();
        list.read(["person", "subscriber"], &mut |line, [person, id]| {
            let number = key.alone(&list.identifier(line, id, key)?).bits();
            let person = key.alone(&Identifier::Person(person)).bits();
            match person_of.insert(number, person) {
                Some(other) if other != person => {
                    Err(list.refuse(&format!("gives the number of line {line} to two persons")))
                }
                _ => Ok(()),
            }
        })?;
        Ok(Self::new(person_of, key))
    }

    fn new(person_of: HashMap<u64, u64, FixedState>, key: &Key) -> Self {
        let mut pairs: Vec<_> = person_of.iter().collect();
        pairs.sort_unstable();
        // What the mac of a pseudonym begins with never begins so.
        let mut mac = key.mac();
        mac.update(b"persons:");
        for (number, person) in pairs {
            mac.update(&number.to_be_bytes());
            mac.update(&person.to_be_bytes());
        }
        let digest = hex(&mac.finalize().into_bytes());
        Self { person_of, digest }
    }

    /// A keyed digest of what it says, however its rows are ordered and its numbers written.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The pseudonym of whom a number belongs to; of one that it lacks, the number's own.
    pub(crate) fn identity(&self, alone: Subscriber) -> Subscriber {
        let person = self.person_of.get(&alone.bits());
        person.map_or(alone, |&person| Subscriber::new(person))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{Consent, Identifying, Subjects};

    fn key() -> Key {
        Key::from_bytes([5; 32])
    }

    fn table(text: &str) -> Result<Persons> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("persons.csv");
        std::fs::write(&path, text).unwrap();
        Persons::read(&path, &key())
    }

    fn joined(text: &str) -> Key {
        key().with_persons(Some(Arc::new(table(text).unwrap())))
    }

    const ADA: &str = "since,person,subscriber\n1,ada,+49 170 1234567\n2,ada,262-01-1234567890\n\
                       3,491701234568,+49 170 1234568\n";

    #[test]
    fn numbers_of_one_person_are_one_subscriber() {
        let key = joined(ADA);
        let ada = key.pseudonym(b"0049 170 1234567");
        assert_eq!(key.pseudonym(b"262011234567890"), ada);
        // A person is no number and no name, whatever they are called.
        for other in ["ada", "+491701234568", "person:ada", "491701234569"] {
            assert_ne!(key.pseudonym(other.as_bytes()), ada, "{other}");
        }
        let alone = tests::key();
        assert_ne!(
            key.pseudonym(b"+491701234568"),
            alone.pseudonym(b"+491701234568")
        );
        for other in ["ada", "491701234569", "112"] {
            assert_eq!(
                key.pseudonym(other.as_bytes()),
                alone.pseudonym(other.as_bytes())
            );
        }
        assert_eq!(format!("{:?}", table(ADA).unwrap()), "Persons");
    }

    #[test]
    fn who_opts_out_with_one_number_does_with_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.csv");
        std::fs::write(&path, "subscriber\n+491701234567\n").unwrap();
        let key = joined(ADA);
        let list = Subjects::read(&path, Consent::OptOut, &key).unwrap();
        let identifying = Identifying {
            key: &key,
            subjects: Some(&list),
            withdrawn: &[],
        };
        assert!(identifying.identify(b"262011234567890").is_none());
        assert!(identifying.identify(b"491701234568").is_some());
    }

    #[test]
    fn a_digest_is_of_what_a_table_says_under_its_key() {
        let digest = |text: &str| table(text).unwrap().digest().to_owned();
        let two = digest("person,subscriber\na,+491701234567\na,+491701234568\n");
        let turned = "subscriber,person\n0049 170 1234568,a\n0049 170 1234567,a\n";
        assert_eq!(digest(turned), two);
        for other in [
            "person,subscriber\na,+491701234567\n",
            "person,subscriber\na,+491701234567\nb,+491701234568\n",
            "person,subscriber\na,+491701234567\na,+491701234568\nb,112\n",
        ] {
            assert_ne!(digest(other), two, "{other}");
        }
        let none = |key: Key| Persons::new(HashMap::default(), &key).digest;
        assert_ne!(none(key()), none(Key::from_bytes([6; 32])));
    }

    #[test]
    fn a_table_that_cant_be_right_is_refused_whole() {
        for (said, text) in [
            (
                "line 3 to two persons",
                "person,subscriber\na,+491701234567\nb,0049 170 1234567\n",
            ),
            ("one column named `person`", "subscriber\n+491701234567\n"),
            (
                "one column named `subscriber`",
                "person,number\na,+491701234567\n",
            ),
            (
                "no identifier in line 2",
                "person,subscriber\n ,+491701234567\n",
            ),
            ("names nobody", "person,subscriber\n"),
            ("is cut short", "person,subscriber\na,+491701234567"),
            (
                "a national number in line 2",
                "person,subscriber\na,01701234567\n",
            ),
        ] {
            let error = table(text).expect_err(said);
            assert!(error.message().contains(said), "{said}: {error}");
            assert_eq!(error.kind().exit_code(), 1);
            assert!(!error.to_string().contains("1701234"), "{error}");
        }
        let mend = table("persons,subscriber\na,110\n").unwrap_err();
        assert_eq!(mend.hint(), Some("is it `persons`? call it `person`"));
        // The same said twice is no contradiction.
        table("person,subscriber\na,110\na,110\n").unwrap();
    }

    proptest! {
        /// Whoever a table does not name stays who they are; an empty one names nobody.
        #[test]
        fn a_number_that_a_table_lacks_stands_for_itself(
            id in "[+]?[0-9]{1,16}|[a-z]{1,8}",
            listed in prop::collection::hash_map("[+]?[1-9][0-9]{0,15}", "[a-c]", 0..4),
        ) {
            let key = key();
            let id = id.as_bytes();
            let alone = key.pseudonym(id);
            let person_of: HashMap<_, _, FixedState> = (listed.iter())
                .map(|(number, person)| {
                    let person = key.alone(&Identifier::Person(person.as_bytes()));
                    (key.pseudonym(number.as_bytes()).bits(), person.bits())
                })
                .collect();
            let named = person_of.contains_key(&alone.bits());
            let table = Persons::new(person_of, &key);
            let key = key.with_persons(Some(Arc::new(table)));
            prop_assert_eq!(key.pseudonym(id) != alone, named);
        }
    }
}
