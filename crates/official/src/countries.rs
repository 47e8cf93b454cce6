use std::collections::HashMap;

use erewhon_events::{HomeNetwork, country_of};
use erewhon_types::{Error, Result};
use jiff::tz::TimeZone;

use crate::Mcc;

mod read;

pub use read::read_countries;

/// What a country is called where its code is in no table.
pub const UNKNOWN_COUNTRY: &str = "XX";

/// Two letters and perhaps a time zone for each mobile country code. Public.
#[derive(Clone, Debug, Default)]
pub struct CountryNames {
    known: HashMap<Mcc, (String, Option<TimeZone>)>,
}

impl CountryNames {
    /// The countries of ITU-T E.212 without time zones, those by which the report of quality tells who roams.
    pub fn of_e212() -> Self {
        let named = (100..=999_u16).filter_map(|code| {
            let network = HomeNetwork::from_digits(code.to_string().as_bytes(), b"01")?;
            let iso2 = country_of(network)?.to_owned();
            Some((Mcc::new(code.into()).ok()?, (iso2, None)))
        });
        Self {
            known: named.collect(),
        }
    }

    /// Adds a code with its two letters (ISO 3166-1 alpha-2) and time zone (IANA). A code of several territories has
    /// theirs with a stroke between, such as `GP/MQ`, as multimno's own table writes it.
    ///
    /// # Errors
    /// Input, when the letters are none, the zone is unknown, or the code was there with another name.
    pub fn add(&mut self, code: Mcc, iso2: &str, time_zone: &str) -> Result<()> {
        let letters = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase());
        if !iso2.split('/').all(letters) {
            return Err(
                Error::input(format!("`{iso2}` is no country of code {code}")).with_hint(
                    "allowed: two capital letters of ISO 3166-1, or several such as `GP/MQ`",
                ),
            );
        }
        let zone = TimeZone::get(time_zone).map_err(|_| {
            Error::input(format!("`{time_zone}` is no time zone of code {code}"))
                .with_hint("allowed: an IANA name such as `Europe/Madrid`")
        })?;
        let before = self.known.insert(code, (iso2.to_owned(), Some(zone)));
        if before.is_some_and(|before| before.0 != iso2) {
            return Err(Error::input(format!("code {code} is of two countries"))
                .with_hint("give each code once"));
        }
        Ok(())
    }

    /// Whether a code is in the table.
    pub fn knows(&self, code: Mcc) -> bool {
        self.known.contains_key(&code)
    }

    /// The two letters of a code; `XX` where it is in no table.
    pub fn iso2(&self, code: Mcc) -> &str {
        self.known
            .get(&code)
            .map_or(UNKNOWN_COUNTRY, |known| &known.0)
    }

    /// The time zone of a code; UTC where no table says it.
    pub fn time_zone(&self, code: Mcc) -> TimeZone {
        let known = self.known.get(&code).and_then(|known| known.1.clone());
        known.unwrap_or(TimeZone::UTC)
    }
}
