use std::collections::HashMap;

use erewhon_types::{Error, Result};
use jiff::tz::TimeZone;

use crate::Mcc;

/// What a country is called where its code is in no table.
pub const UNKNOWN_COUNTRY: &str = "XX";

/// Two letters and a time zone for each mobile country code. Public.
#[derive(Clone, Debug, Default)]
pub struct CountryNames {
    known: HashMap<Mcc, (String, TimeZone)>,
}

impl CountryNames {
    /// Adds a code with its two letters (ISO 3166-1 alpha-2) and time zone (IANA).
    ///
    /// # Errors
    /// Input, when the letters are none, the zone is unknown, or the code was there with another name.
    pub fn add(&mut self, code: Mcc, iso2: &str, time_zone: &str) -> Result<()> {
        let letters = iso2.len() == 2 && iso2.bytes().all(|b| b.is_ascii_uppercase());
        if !letters {
            return Err(
                Error::input(format!("`{iso2}` is no country of code {code}"))
                    .with_hint("allowed: two capital letters of ISO 3166-1"),
            );
        }
        let zone = TimeZone::get(time_zone).map_err(|_| {
            Error::input(format!("`{time_zone}` is no time zone of code {code}"))
                .with_hint("allowed: an IANA name such as `Europe/Madrid`")
        })?;
        let before = self.known.insert(code, (iso2.to_owned(), zone));
        if before.is_some_and(|before| before.0 != iso2) {
            return Err(Error::input(format!("code {code} is of two countries"))
                .with_hint("give each code once"));
        }
        Ok(())
    }

    /// The two letters of a code; `XX` where it is in no table.
    pub fn iso2(&self, code: Mcc) -> &str {
        self.known
            .get(&code)
            .map_or(UNKNOWN_COUNTRY, |known| &known.0)
    }

    /// The time zone of a code; UTC where it is in no table.
    pub fn time_zone(&self, code: Mcc) -> TimeZone {
        self.known
            .get(&code)
            .map_or(TimeZone::UTC, |known| known.1.clone())
    }
}
