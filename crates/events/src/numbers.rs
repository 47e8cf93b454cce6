//! How an identifier is written, and when two spellings are one. docs/formats.md has the rules.

use std::ops::RangeInclusive;

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::country::country;

/// How a country's own numbers are written: what stands before them, and which country that means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Numbering {
    country_code: String,
    trunk_prefix: String,
}

#[derive(Deserialize)]
struct Written {
    country_code: String,
    trunk_prefix: String,
}

impl TryFrom<Written> for Numbering {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        Self::new(&written.country_code, &written.trunk_prefix)
    }
}

impl Numbering {
    /// National numbers begin with `trunk_prefix` (often `0`) and belong to `country_code`.
    ///
    /// With an empty trunk prefix every number without `+` or `00` is national.
    ///
    /// # Errors
    /// Usage, when the code is not one to three digits without a leading 0 (ITU-T E.164), or the
    /// prefix not at most three digits.
    pub fn new(country_code: &str, trunk_prefix: &str) -> Result<Self> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let code = (1..=3).contains(&country_code.len()) && !country_code.starts_with('0');
        if !code || !digits(country_code) {
            return Err(
                Error::usage(format!("`{country_code}` is not a country code"))
                    .with_hint("write one to three digits without `+`, for example 49"),
            );
        }
        if trunk_prefix.len() > 3 || !digits(trunk_prefix) {
            return Err(
                Error::usage(format!("`{trunk_prefix}` is not a trunk prefix"))
                    .with_hint("write what stands before national numbers: 0, or nothing"),
            );
        }
        Ok(Self {
            country_code: country_code.to_owned(),
            trunk_prefix: trunk_prefix.to_owned(),
        })
    }
}

const E164_DIGITS: RangeInclusive<usize> = 7..=15;
const IMSI_DIGITS: RangeInclusive<usize> = 14..=15;
const SHORT_DIGITS: RangeInclusive<usize> = 1..=6;
/// `00`, and the longest number with its country code and a trunk prefix.
const MAX_DIGITS: usize = 24;
/// Shared networks and private ones; all other codes belong to countries.
const OTHER_MCC: [u32; 2] = [901, 999];

/// An identifier by its family and what tells it from others of the family: equal values are one
/// subscriber, and no two families meet.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug, Hash))]
pub(crate) enum Identifier<'a> {
    /// A number with its country code.
    Number(Digits),
    /// A number of a country that nobody declared.
    National(Digits),
    Imsi(Digits),
    /// Up to six digits: an emergency number, a service.
    Short(&'a [u8]),
    /// An alphanumeric sender, a token, or whatever else.
    Name(&'a [u8]),
    /// Whom a table of persons names; no field of a record reads as one.
    Person(&'a [u8]),
}

impl<'a> Identifier<'a> {
    /// Reads an identifier as it is written in a field.
    pub(crate) fn read(text: &'a [u8], numbering: Option<&Numbering>) -> Self {
        let text = text.trim_ascii();
        if SHORT_DIGITS.contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
            return Self::Short(text);
        }
        Self::dialled(text, numbering).unwrap_or(Self::Name(text))
    }

    /// What is written as a number is: digits with spaces, dashes, brackets and perhaps a `+`.
    fn dialled(text: &[u8], numbering: Option<&Numbering>) -> Option<Self> {
        let (plus, written) = match text.strip_prefix(b"+") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let digits = Digits::read(written, plus)?;
        let international = if plus {
            Some(digits)
        } else {
            digits.after(b"00")
        };
        if let Some(number) = international.filter(|number| number.is_e164()) {
            return Some(Self::Number(number));
        }
        if plus {
            return None;
        }
        let mcc = digits.mcc();
        let assigned = mcc.is_some_and(|mcc| country(mcc).is_some() || OTHER_MCC.contains(&mcc));
        if assigned && IMSI_DIGITS.contains(&digits.length) {
            return Some(Self::Imsi(digits));
        }
        let national = numbering.and_then(
            |Numbering {
                 country_code,
                 trunk_prefix,
             }| {
                digits
                    .after(trunk_prefix.as_bytes())?
                    .behind(country_code.as_bytes())
            },
        );
        if let Some(number) = national.filter(|number| number.is_e164()) {
            return Some(Self::Number(number));
        }
        match digits.bytes() {
            [b'0', ..] if E164_DIGITS.contains(&digits.length) => Some(Self::National(digits)),
            _ if digits.is_e164() => Some(Self::Number(digits)),
            _ => None,
        }
    }

    /// Two parts whose joined bytes differ wherever two identifiers do.
    pub(crate) fn parts(&self) -> (&'static [u8], &[u8]) {
        match self {
            // No tag: what begins with a digit is a number, and nothing else does.
            Self::Number(digits) => (b"", digits.bytes()),
            Self::National(digits) => (b"national:", digits.bytes()),
            Self::Imsi(digits) => (b"imsi:", digits.bytes()),
            Self::Short(digits) => (b"short:", digits),
            Self::Name(name) => (b"name:", name),
            Self::Person(name) => (b"person:", name),
        }
    }
}

/// Up to [`MAX_DIGITS`] ASCII digits, without an allocation: this runs once for each new number.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug, Hash))]
pub(crate) struct Digits {
    digits: [u8; MAX_DIGITS],
    length: usize,
}

impl Digits {
    fn from(parts: [&[u8]; 2]) -> Option<Self> {
        let mut all = Self {
            digits: [0; MAX_DIGITS],
            length: 0,
        };
        for digit in parts.into_iter().flatten() {
            *all.digits.get_mut(all.length)? = *digit;
            all.length += 1;
        }
        Some(all)
    }

    /// The digits of a text of digits, spaces, dashes and brackets. `(0)` in an international number
    /// is a trunk prefix that is not dialled from abroad, and left out.
    fn read(mut text: &[u8], plus: bool) -> Option<Self> {
        let mut all = Self::from([b"", b""])?;
        while let Some((&byte, rest)) = text.split_first() {
            let abroad = plus && all.length > 0 || all.bytes().starts_with(b"00");
            if abroad && let Some(rest) = text.strip_prefix(b"(0)") {
                text = rest;
                continue;
            }
            match byte {
                b'0'..=b'9' => {
                    *all.digits.get_mut(all.length)? = byte;
                    all.length += 1;
                }
                b' ' | b'-' | b'(' | b')' => {}
                _ => return None,
            }
            text = rest;
        }
        Some(all)
    }

    fn bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    fn after(&self, prefix: &[u8]) -> Option<Self> {
        Self::from([self.bytes().strip_prefix(prefix)?, b""])
    }

    fn behind(&self, prefix: &[u8]) -> Option<Self> {
        Self::from([prefix, self.bytes()])
    }

    fn is_e164(&self) -> bool {
        E164_DIGITS.contains(&self.length) && !self.bytes().starts_with(b"0")
    }

    fn mcc(&self) -> Option<u32> {
        let code = self.bytes().get(..3)?;
        Some(code.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
    }
}

#[cfg(test)]
mod tests;
