use erewhon_types::{Calendar, Error, Result};
use jiff::{Timestamp, civil, fmt::strtime::BrokenDownTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Rule,
    digits::{DAY_S, push_time_s, read_moment, two},
};

mod clock;
mod pattern;

use clock::Clock;
use pattern::Pattern;

/// The column of the time and how it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeColumn {
    /// The column.
    pub column: String,
    /// The column of the end, written alike; then the duration is the end less the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// How times are written.
    pub format: TimeFormat,
    /// For `strptime`: the pattern, for example `%Y%m%d %H%M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The IANA zone of times that carry none, or `window` for the zone of the declared window.
    /// Where clocks go back, the first passage is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// For `minutes`: minute 0, RFC 3339 with `Z` or an offset, or without one when `zone` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl TimeColumn {
    /// The same column, where `window` stands for a zone.
    pub(crate) fn in_zone(&self, zone: &str) -> Self {
        let mut column = self.clone();
        if column.zone.as_deref() == Some("window") {
            column.zone = Some(zone.to_owned());
        }
        column
    }
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2026-03-02T09:15:00Z`, or any offset.
    Rfc3339,
    /// A pattern of `strptime`.
    Strptime,
    /// Seconds since 1970 UTC.
    EpochS,
    /// Milliseconds since 1970 UTC.
    EpochMs,
    /// Whole minutes since a declared origin.
    Minutes,
}

/// A checked [`TimeColumn`], ready to read and write times.
pub(crate) enum TimeCodec {
    Rfc3339(Option<Clock>),
    /// A pattern that carries an offset.
    Offset(String),
    /// A pattern of local times in a declared zone.
    Local(Pattern, Clock),
    /// Whole units of so many milliseconds since an origin in UTC milliseconds.
    Count {
        unit_ms: i64,
        origin_utc_ms: i64,
    },
}

impl TimeCodec {
    /// Times of a window are read the quicker for knowing it.
    pub(crate) fn new(column: &TimeColumn, window: Option<&Calendar>) -> Result<Self> {
        let zone = column.zone.as_deref().map(find_zone).transpose()?;
        Ok(match column.format {
            TimeFormat::Rfc3339 => Self::Rfc3339(zone.map(|zone| Clock::new(zone, window))),
            TimeFormat::EpochS => Self::Count {
                unit_ms: 1000,
                origin_utc_ms: 0,
            },
            TimeFormat::EpochMs => Self::Count {
                unit_ms: 1,
                origin_utc_ms: 0,
            },
            TimeFormat::Minutes => Self::Count {
                unit_ms: 60_000,
                origin_utc_ms: origin_utc_ms(column.origin.as_deref(), zone)?,
            },
            TimeFormat::Strptime => {
                let pattern = column.pattern.clone().ok_or_else(|| {
                    Error::input("the time format `strptime` needs a `pattern`")
                        .with_hint("for example `pattern = \"%Y-%m-%d %H:%M:%S\"`")
                })?;
                match zone {
                    Some(zone) => Self::Local(Pattern::new(pattern), Clock::new(zone, window)),
                    None if pattern.contains("%z") || pattern.contains("%:z") => {
                        Self::Offset(pattern)
                    }
                    None => return Err(without_zone(&format!("the pattern `{pattern}`"))),
                }
            }
        })
    }

    /// UTC milliseconds of a written time.
    pub(crate) fn read(&self, text: &[u8]) -> std::result::Result<i64, Rule> {
        match self {
            Self::Rfc3339(clock) => read_rfc3339(text, clock.as_ref()),
            Self::Offset(pattern) => BrokenDownTime::parse(pattern, text)
                .and_then(|parts| parts.to_timestamp())
                .map(Timestamp::as_millisecond)
                .map_err(|_| Rule::BadTime),
            Self::Local(pattern, clock) => {
                if let Some((day, second)) = pattern.read(text) {
                    return clock.utc_ms(day, second);
                }
                let parts =
                    BrokenDownTime::parse(pattern.text(), text).map_err(|_| Rule::BadTime)?;
                clock.local_utc_ms(parts.to_datetime().map_err(|_| Rule::BadTime)?)
            }
            Self::Count {
                unit_ms,
                origin_utc_ms,
            } => std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
                .and_then(|count| count.checked_mul(*unit_ms)?.checked_add(*origin_utc_ms))
                .ok_or(Rule::BadTime),
        }
    }

    /// Appends a time; a format coarser than a millisecond rounds down.
    pub(crate) fn write(&self, utc_ms: i64, text: &mut Vec<u8>) -> Result<()> {
        let beyond = || Error::internal("an event's time is outside the calendar's range");
        let instant = || Timestamp::from_millisecond(utc_ms).map_err(|_| beyond());
        let local = |pattern: &str, zone: &TimeZone| {
            BrokenDownTime::from(&instant()?.to_zoned(zone.clone()))
                .to_string(pattern)
                .map_err(|_| beyond())
        };
        let written = match self {
            Self::Rfc3339(_) if utc_ms % 1_000 == 0 && YEARS_MS.contains(&utc_ms) => {
                push_time_s(utc_ms / 1_000, text);
                return Ok(());
            }
            Self::Rfc3339(_) => instant()?.to_string(),
            Self::Offset(pattern) => local(pattern, &TimeZone::UTC)?,
            Self::Local(pattern, clock) => local(pattern.text(), clock.zone())?,
            Self::Count {
                unit_ms,
                origin_utc_ms,
            } => (utc_ms - origin_utc_ms).div_euclid(*unit_ms).to_string(),
        };
        text.extend_from_slice(written.as_bytes());
        Ok(())
    }
}

/// The years 0 to 9999.
const YEARS_MS: std::ops::Range<i64> = -62_167_219_200_000..253_402_207_200_000;

#[inline]
fn read_rfc3339(text: &[u8], clock: Option<&Clock>) -> std::result::Result<i64, Rule> {
    if let Some((day, second)) = read_moment(text)
        && let Some((ms, zone)) = read_fraction(&text[19..], day)
    {
        let utc_ms = (day * DAY_S + second) * 1_000 + ms;
        match (zone, clock) {
            (b"Z", _) => return Ok(utc_ms),
            ([sign @ (b'+' | b'-'), offset @ ..], _) if offset.len() == 5 && offset[2] == b':' => {
                if let Some((hours, minutes)) = two(offset, 0).zip(two(offset, 3))
                    && hours < 24
                    && minutes < 60
                {
                    let offset_ms = (hours * 3_600 + minutes * 60) * 1_000;
                    return Ok(utc_ms + if *sign == b'-' { offset_ms } else { -offset_ms });
                }
            }
            (b"", Some(clock)) => return clock.utc_ms(day, second).map(|utc_ms| utc_ms + ms),
            (b"", None) => return Err(Rule::TimeWithoutZone),
            _ => {}
        }
    }
    let text = std::str::from_utf8(text).map_err(|_| Rule::BadTime)?;
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    let local: civil::DateTime = text.parse().map_err(|_| Rule::BadTime)?;
    clock.ok_or(Rule::TimeWithoutZone)?.local_utc_ms(local)
}

/// Reads a point and one to nine digits behind a second, if they are there: whole milliseconds, and what
/// follows. `None` for another way to write a fraction, and before 1971, where rounding down is another thing.
#[inline]
fn read_fraction(text: &[u8], day: i64) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=9).contains(&length) || day < 365 {
        return None;
    }
    let (digits, rest) = digits.split_at(length);
    let three = digits.iter().chain(b"00").take(3);
    Some((
        three.fold(0, |ms, byte| ms * 10 + i64::from(byte - b'0')),
        rest,
    ))
}

fn origin_utc_ms(origin: Option<&str>, zone: Option<TimeZone>) -> Result<i64> {
    let origin = origin.ok_or_else(|| {
        Error::input("the time format `minutes` needs an `origin`")
            .with_hint("for example `origin = \"2026-03-02T00:00:00Z\"`")
    })?;
    let clock = zone.map(|zone| Clock::new(zone, None));
    read_rfc3339(origin.as_bytes(), clock.as_ref()).map_err(|rule| match rule {
        Rule::TimeWithoutZone => without_zone(&format!("the origin `{origin}`")),
        _ => Error::input(format!("the origin `{origin}` is not a time"))
            .with_hint("write it as `2026-03-02T00:00:00Z`"),
    })
}

fn find_zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| {
        Error::input(format!("`{name}` is not an IANA time zone")).with_hint(
            "use a name such as `Europe/Berlin`, `Africa/Accra` or `UTC`, or `window` for the \
             declared window's own zone",
        )
    })
}

/// The error for times that could mean any instant of a day.
fn without_zone(what: &str) -> Error {
    Error::input(format!(
        "{what} gives times without a zone, and the mapping declares none"
    ))
    .with_hint("add `zone = \"Europe/Berlin\"` (or the right one) to `time` in the mapping")
}

#[cfg(test)]
mod tests;
