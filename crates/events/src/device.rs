use std::{collections::HashMap, path::Path};

use erewhon_types::{Error, Result};

use crate::DeviceClass;

/// Which class of device a type allocation code means: a list that the operator gives.
///
/// # Privacy
/// An IMEI names one machine, and mostly one person. Only its first eight digits, the type, are
/// looked at; neither they nor the rest reach an event.
#[derive(Clone, Debug, Default)]
pub struct DeviceTable {
    classes: HashMap<u32, DeviceClass>,
}

/// Digits of an IMEI that tell the type of machine (3GPP TS 23.003).
const TAC_DIGITS: usize = 8;

impl DeviceTable {
    /// Reads a CSV with the columns `tac` and `class`, one type a row.
    ///
    /// # Errors
    /// Input, when the file is missing, a column is missing, a code has not eight digits, a class is
    /// unknown, or a code has two classes.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |line: u64, what: &str| {
            let names = DeviceClass::ALL.map(DeviceClass::name).join(", ");
            Error::input(format!("line {line} of `{}` {what}", path.display())).with_hint(format!(
                "write the columns `tac` (eight digits) and `class`, one of {names}"
            ))
        };
        let wrong = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            refuse(line, "can't be read as CSV text")
        };
        let file = std::fs::File::open(path).map_err(|error| Error::io("read", path, &error))?;
        let mut rows = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(file);
        let header = rows.headers().map_err(wrong)?;
        let column = |name: &str| {
            header
                .iter()
                .position(|n| n.trim_start_matches('\u{feff}') == name)
        };
        let (tac, class) = column("tac")
            .zip(column("class"))
            .ok_or_else(|| refuse(1, "lacks a column"))?;
        let mut classes = HashMap::new();
        for row in rows.records() {
            let row = row.map_err(wrong)?;
            let line = row.position().map_or(0, csv::Position::line);
            let field = |column: usize| row.get(column).unwrap_or_default();
            let tac = Some(field(tac).as_bytes())
                .filter(|tac| tac.len() == TAC_DIGITS)
                .and_then(tac_of)
                .ok_or_else(|| refuse(line, "has no type allocation code"))?;
            let name = field(class);
            let class = DeviceClass::ALL
                .into_iter()
                .find(|class| class.name() == name);
            let class = class.ok_or_else(|| refuse(line, "has an unknown class"))?;
            if classes
                .insert(tac, class)
                .is_some_and(|before| before != class)
            {
                return Err(refuse(line, "gives a code another class than before"));
            }
        }
        Ok(Self { classes })
    }

    /// The class of an IMEI or IMEISV of 14 to 16 digits, with or without dashes; unknown where the
    /// list lacks its type, or it is no IMEI.
    pub fn class_of(&self, imei: &[u8]) -> DeviceClass {
        let imei = imei.trim_ascii();
        let digits = imei.iter().filter(|b| b.is_ascii_digit()).count();
        let written = imei
            .iter()
            .all(|b| b.is_ascii_digit() || b"- /".contains(b));
        let tac = (written && (14..=16).contains(&digits))
            .then(|| tac_of(imei))
            .flatten();
        tac.and_then(|tac| self.classes.get(&tac).copied())
            .unwrap_or_default()
    }
}

/// The first eight digits.
fn tac_of(text: &[u8]) -> Option<u32> {
    let mut digits = text.iter().filter(|b| b.is_ascii_digit());
    (0..TAC_DIGITS).try_fold(0, |tac, _| {
        Some(tac * 10 + u32::from(digits.next()? - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DeviceTable> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tac.csv");
        std::fs::write(&path, text).unwrap();
        DeviceTable::read(&path)
    }

    #[test]
    fn a_machine_has_the_class_of_its_type() {
        let table = read("class,tac,name\nphone,35209900,x\nmachine, 01234567,y\n").unwrap();
        for (imei, class) in [
            ("352099001761481", DeviceClass::Phone),
            ("35209900176148", DeviceClass::Phone),
            ("35-209900-176148-23", DeviceClass::Phone),
            (" 012345670000000 ", DeviceClass::Machine),
            ("352099011761481", DeviceClass::Unknown),
            ("35209900", DeviceClass::Unknown),
            ("35209900176148123", DeviceClass::Unknown),
            ("35209900a176148", DeviceClass::Unknown),
            ("", DeviceClass::Unknown),
        ] {
            assert_eq!(table.class_of(imei.as_bytes()), class, "{imei}");
        }
    }

    #[test]
    fn a_wrong_list_is_refused_by_line() {
        for (text, line) in [
            ("tac\n35209900\n", 1),
            ("tac,class\n3520990,phone\n", 2),
            ("tac,class\n352099001,phone\n", 2),
            ("tac,class\n3520990a,phone\n", 2),
            ("tac,class\n35209900,fridge\n", 2),
            ("tac,class\n35209900,phone\n35209900,modem\n", 3),
            ("tac,class\n35209900\n", 2),
        ] {
            let error = read(text).expect_err(text);
            assert!(
                error.message().contains(&format!("line {line} ")),
                "{text}: {error}"
            );
        }
        assert!(read("tac,class\n35209900,phone\n35209900,phone\n").is_ok());
    }
}
