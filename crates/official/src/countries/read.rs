use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use arrow_array::Array as _;
use erewhon_types::{Error, Result};

use super::CountryNames;
use crate::{Mcc, multimno::Table};

/// Columns of a table of countries; multimno writes the last one as one word.
const COLUMNS: [&str; 3] = ["mcc", "iso2", "time_zone"];
const MULTIMNO: [&str; 3] = ["mcc", "iso2", "timezone"];

/// Reads a table of countries: a CSV with the columns `mcc`, `iso2` and `time_zone`, or multimno's own `mcc_iso_tz` as
/// Parquet; other columns are passed over.
///
/// # Errors
/// Input, when it can't be read, lacks a column or a value, names no country, or a row is not a code, two capital
/// letters and a time zone: one that is passed over would make a country of another.
pub fn read_countries(path: &Path) -> Result<CountryNames> {
    let names = if path.is_dir() || starts_as_parquet(path)? {
        of_parquet(path)?
    } else {
        of_csv(path)?
    };
    if names.known.is_empty() {
        return Err(of_file(path, "no country is listed").with_hint(HINT));
    }
    Ok(names)
}

const HINT: &str = "a line for each code, such as `208,FR,Europe/Paris` under `mcc,iso2,time_zone`";

fn of_file(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::input(format!("`{}`: {what}", path.display()))
}

fn starts_as_parquet(path: &Path) -> Result<bool> {
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let mut head = Vec::new();
    let read = BufReader::new(file).take(4).read_to_end(&mut head);
    read.map_err(|error| Error::io("read", path, &error))?;
    Ok(head == b"PAR1")
}

fn of_parquet(path: &Path) -> Result<CountryNames> {
    let mut names = CountryNames::default();
    Table::open(path)?.each(&MULTIMNO, &mut |file, columns| {
        let codes = columns.whole(MULTIMNO[0])?;
        let (letters, zones) = (columns.texts(MULTIMNO[1])?, columns.texts(MULTIMNO[2])?);
        for row in 0..columns.rows() {
            let code = columns.there(MULTIMNO[0], codes(row))?;
            let iso2 = letters.is_valid(row).then(|| letters.value(row));
            let zone = zones.is_valid(row).then(|| zones.value(row));
            let (iso2, zone) = (
                columns.there(MULTIMNO[1], iso2)?,
                columns.there(MULTIMNO[2], zone)?,
            );
            let added = Mcc::new(code).and_then(|code| names.add(code, iso2, zone));
            added.map_err(|error| at_row(file, row as u64 + 1, &error))?;
        }
        Ok(())
    })?;
    Ok(names)
}

fn of_csv(path: &Path) -> Result<CountryNames> {
    let unreadable = |error: csv::Error| of_file(path, error).with_hint(HINT);
    let mut rows = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(unreadable)?;
    let header = rows.headers().map_err(unreadable)?;
    let mut at = [0; COLUMNS.len()];
    for (at, name) in at.iter_mut().zip(COLUMNS) {
        let named = |column: &str| column.trim_start_matches('\u{feff}') == name;
        *at = header.iter().position(named).ok_or_else(|| {
            of_file(path, format_args!("it has no column `{name}`")).with_hint(HINT)
        })?;
    }
    let mut names = CountryNames::default();
    for row in rows.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, csv::Position::line);
        let [code, iso2, zone] = at.map(|column| row.get(column).unwrap_or_default());
        let number = code.parse().map_err(|_| {
            Error::input(format!("`{code}` is no mobile country code"))
                .with_hint("allowed: 100 to 999, three digits")
        });
        let added = number
            .and_then(Mcc::new)
            .and_then(|code| names.add(code, iso2, zone));
        added.map_err(|error| at_row(path, line, &error))?;
    }
    Ok(names)
}

/// An error with the line, or row, that it is about.
fn at_row(path: &Path, row: u64, error: &Error) -> Error {
    let located = of_file(path, format_args!("line {row}: {}", error.message()));
    match error.hint() {
        Some(hint) => located.with_hint(hint),
        None => located,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<CountryNames> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("countries.csv");
        fs::write(&path, text).unwrap();
        read_countries(&path)
    }

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns() {
        let names = read("time_zone,name,iso2,mcc\nEurope/Paris,France,FR,208\n").unwrap();
        let code = |code| Mcc::new(code).unwrap();
        assert_eq!(names.iso2(code(208)), "FR");
        assert_eq!(names.time_zone(code(208)).iana_name(), Some("Europe/Paris"));
        assert_eq!(names.iso2(code(262)), "XX");
        let several = read("mcc,iso2,time_zone\n340,GP/MQ,America/Guadeloupe\n").unwrap();
        assert_eq!(several.iso2(code(340)), "GP/MQ");
        assert!(read("mcc,iso2,time_zone\n340,GP/,America/Guadeloupe\n").is_err());
        assert!(!names.knows(code(262)));
        let e212 = CountryNames::of_e212();
        assert_eq!((e212.iso2(code(262)), e212.iso2(code(901))), ("DE", "XX"));
    }

    #[test]
    fn a_malformed_table_is_refused_with_its_line_and_what_is_allowed() {
        for (text, what) in [
            ("mcc,iso2\n208,FR\n", "no column `time_zone`"),
            ("mcc,iso2,time_zone\n", "no country is listed"),
            (
                "mcc,iso2,time_zone\n208,FR,Europe/Paris\n20,DE,UTC\n",
                "line 3: `20` is no",
            ),
            (
                "mcc,iso2,time_zone\nfrance,FR,UTC\n",
                "line 2: `france` is no",
            ),
            (
                "mcc,iso2,time_zone\n208,fr,UTC\n",
                "line 2: `fr` is no country",
            ),
            (
                "mcc,iso2,time_zone\n208,FR,Paris\n",
                "line 2: `Paris` is no time zone",
            ),
            (
                "mcc,iso2,time_zone\n208,FR,UTC\n208,DE,UTC\n",
                "line 3: code 208 is of two",
            ),
            ("mcc,iso2,time_zone\n208,FR\n", "record"),
            ("PAR1 and no more", "can't be read as Parquet"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message().contains(what), "{what}: {error}");
            assert!(error.hint().is_some(), "{what}");
        }
    }
}
