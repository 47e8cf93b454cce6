use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What kind of day a local day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayType {
    /// Monday to Friday, and no holiday.
    Weekday,
    /// Saturday or Sunday, and no holiday.
    Weekend,
    /// In the table of holidays, whatever its weekday.
    Holiday,
}

/// A user's table of public holidays: local dates with their names. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holidays(BTreeMap<Date, String>);

impl Holidays {
    /// Reads a table of lines `YYYY-MM-DD,name` under the header `date,name`.
    ///
    /// A name may stand in quotation marks and hold commas; the same date and name twice counts once.
    ///
    /// # Errors
    /// Input, when the header is another, a date is none, a name is empty, or a date has two names.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().zip(1..);
        let header = lines.next().map(|(line, _)| line.trim());
        if header != Some("date,name") {
            return Err(
                Error::input("a table of holidays has no header `date,name`").with_hint(
                    "its first line must be `date,name`, the others like `2026-01-01,New Year`",
                ),
            );
        }
        let mut names = BTreeMap::new();
        for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
            let wrong = |what: &str| {
                Error::input(format!("line {number} of the table of holidays {what}"))
                    .with_hint("write `YYYY-MM-DD,name`, for example `2026-01-01,New Year`")
            };
            let (date, name) = line.split_once(',').ok_or_else(|| wrong("has no comma"))?;
            let date: Date = date
                .trim()
                .parse()
                .map_err(|_| wrong(&format!("has `{}` for a date", date.trim())))?;
            let name = name.trim();
            let quoted = name
                .strip_prefix('"')
                .and_then(|name| name.strip_suffix('"'));
            let name = quoted.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""));
            if name.is_empty() {
                return Err(wrong("has no name"));
            }
            if let Some(other) = names.insert(date, name.clone())
                && other != name
            {
                return Err(wrong(&format!(
                    "names {date} `{name}`, which is `{other}` above"
                )));
            }
        }
        Ok(Self(names))
    }

    /// The name of a date's holiday.
    pub fn name(&self, date: Date) -> Option<&str> {
        self.0.get(&date).map(String::as_str)
    }

    /// Number of holidays.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What kind of day a local date is: a holiday before a weekend, a weekend before a weekday.
    pub fn day_type(&self, date: Date) -> DayType {
        if self.0.contains_key(&date) {
            return DayType::Holiday;
        }
        match date.weekday() {
            Weekday::Saturday | Weekday::Sunday => DayType::Weekend,
            _ => DayType::Weekday,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_holiday_comes_before_a_weekend() {
        let text =
            "\u{feff}date,name\n2026-01-01,New Year\n\n2026-05-03, \"Third, of \"\"May\"\"\" \r\n";
        let holidays = Holidays::parse(text).unwrap();
        assert_eq!(holidays.len(), 2);
        // A Thursday, a Friday, a Saturday and two Sundays.
        assert_eq!(holidays.day_type(date(2026, 1, 1)), DayType::Holiday);
        assert_eq!(holidays.day_type(date(2026, 1, 2)), DayType::Weekday);
        assert_eq!(holidays.day_type(date(2026, 1, 3)), DayType::Weekend);
        assert_eq!(holidays.day_type(date(2026, 1, 4)), DayType::Weekend);
        assert_eq!(holidays.day_type(date(2026, 5, 3)), DayType::Holiday);
        assert_eq!(holidays.name(date(2026, 5, 3)), Some("Third, of \"May\""));
        assert!(Holidays::parse("date,name\n").unwrap().is_empty());
    }

    #[test]
    fn bad_tables_say_which_line() {
        for (text, said) in [
            ("", "header"),
            ("day,name\n2026-01-01,a", "header"),
            ("date,name\n2026-01-01", "line 2"),
            ("date,name\n2026-01-01,a\n01.05.2026,b", "line 3"),
            ("date,name\n2026-02-29,a", "`2026-02-29`"),
            ("date,name\n2026-01-01,", "no name"),
            ("date,name\n2026-01-01,a\n2026-01-01,b", "`a` above"),
        ] {
            let error = Holidays::parse(text).unwrap_err();
            assert!(error.message().contains(said), "{error}");
            assert!(error.hint().is_some());
        }
        let twice = Holidays::parse("date,name\n2026-01-01,a\n2026-01-01,a").unwrap();
        assert_eq!(twice.len(), 1);
    }
}
