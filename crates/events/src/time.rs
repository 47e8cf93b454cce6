use erewhon_types::{Error, Result};
use jiff::{Timestamp, civil, fmt::strtime::BrokenDownTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Rule,
    digits::{push_time_s, read_time_s},
};

/// The column of the time and how it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeColumn {
    /// The column.
    pub column: String,
    /// How times are written.
    pub format: TimeFormat,
    /// For `strptime`: the pattern, for example `%Y%m%d %H%M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The IANA zone of times that carry none. Where clocks go back, the first passage is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// For `minutes`: minute 0, RFC 3339 with `Z` or an offset, or without one when `zone` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
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
    Rfc3339(Option<TimeZone>),
    /// A pattern that carries an offset.
    Offset(String),
    /// A pattern of local times in a declared zone.
    Local(String, TimeZone),
    /// Whole units of so many milliseconds since an origin in UTC milliseconds.
    Count {
        unit_ms: i64,
        origin_utc_ms: i64,
    },
}

impl TimeCodec {
    pub(crate) fn new(column: &TimeColumn) -> Result<Self> {
        let zone = column.zone.as_deref().map(find_zone).transpose()?;
        Ok(match column.format {
            TimeFormat::Rfc3339 => Self::Rfc3339(zone),
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
                    Some(zone) => Self::Local(pattern, zone),
                    None if pattern.contains("%z") || pattern.contains("%:z") => {
                        Self::Offset(pattern)
                    }
                    None => return Err(without_zone(&format!("the pattern `{pattern}`"))),
                }
            }
        })
    }

    /// UTC milliseconds of a written time.
    pub(crate) fn read(&self, text: &str) -> std::result::Result<i64, Rule> {
        match self {
            Self::Rfc3339(zone) => {
                if let Some(time_s) = read_time_s(text) {
                    return Ok(time_s * 1_000);
                }
                if let Ok(instant) = text.parse::<Timestamp>() {
                    return Ok(instant.as_millisecond());
                }
                let local: civil::DateTime = text.parse().map_err(|_| Rule::BadTime)?;
                let zone = zone.as_ref().ok_or(Rule::TimeWithoutZone)?;
                local_utc_ms(local, zone)
            }
            Self::Offset(pattern) => BrokenDownTime::parse(pattern, text)
                .and_then(|parts| parts.to_timestamp())
                .map(Timestamp::as_millisecond)
                .map_err(|_| Rule::BadTime),
            Self::Local(pattern, zone) => {
                let parts = BrokenDownTime::parse(pattern, text).map_err(|_| Rule::BadTime)?;
                local_utc_ms(parts.to_datetime().map_err(|_| Rule::BadTime)?, zone)
            }
            Self::Count {
                unit_ms,
                origin_utc_ms,
            } => text
                .parse::<i64>()
                .ok()
                .and_then(|count| count.checked_mul(*unit_ms)?.checked_add(*origin_utc_ms))
                .ok_or(Rule::BadTime),
        }
    }

    /// Appends a time; a format coarser than a millisecond rounds down.
    pub(crate) fn write(&self, utc_ms: i64, text: &mut Vec<u8>) -> Result<()> {
        let beyond = || Error::internal("an event's time is outside the calendar's range");
        let instant = || Timestamp::from_millisecond(utc_ms).map_err(|_| beyond());
        let written = match self {
            Self::Rfc3339(_) if utc_ms % 1_000 == 0 && YEARS_MS.contains(&utc_ms) => {
                push_time_s(utc_ms / 1_000, text);
                return Ok(());
            }
            Self::Rfc3339(_) => instant()?.to_string(),
            Self::Offset(pattern) => BrokenDownTime::from(&instant()?.to_zoned(TimeZone::UTC))
                .to_string(pattern)
                .map_err(|_| beyond())?,
            Self::Local(pattern, zone) => BrokenDownTime::from(&instant()?.to_zoned(zone.clone()))
                .to_string(pattern)
                .map_err(|_| beyond())?,
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

fn local_utc_ms(local: civil::DateTime, zone: &TimeZone) -> std::result::Result<i64, Rule> {
    zone.to_timestamp(local)
        .map(Timestamp::as_millisecond)
        .map_err(|_| Rule::BadTime)
}

fn origin_utc_ms(origin: Option<&str>, zone: Option<TimeZone>) -> Result<i64> {
    let origin = origin.ok_or_else(|| {
        Error::input("the time format `minutes` needs an `origin`")
            .with_hint("for example `origin = \"2026-03-02T00:00:00Z\"`")
    })?;
    TimeCodec::Rfc3339(zone)
        .read(origin)
        .map_err(|rule| match rule {
            Rule::TimeWithoutZone => without_zone(&format!("the origin `{origin}`")),
            _ => Error::input(format!("the origin `{origin}` is not a time"))
                .with_hint("write it as `2026-03-02T00:00:00Z`"),
        })
}

fn find_zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| {
        Error::input(format!("`{name}` is not an IANA time zone"))
            .with_hint("use a name such as `Europe/Berlin`, `Africa/Accra` or `UTC`")
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
mod tests {
    use super::*;

    fn codec(format: TimeFormat, pattern: Option<&str>, zone: Option<&str>) -> TimeCodec {
        TimeCodec::new(&TimeColumn {
            column: "t".to_owned(),
            format,
            pattern: pattern.map(str::to_owned),
            zone: zone.map(str::to_owned),
            origin: Some("2026-03-02T00:00:00Z".to_owned()),
        })
        .unwrap()
    }

    #[test]
    fn formats_agree_on_one_instant() {
        use TimeFormat as F;
        let berlin = Some("Europe/Berlin");
        for (codec, text) in [
            (codec(F::Rfc3339, None, None), "2026-07-01T10:30:00Z"),
            (codec(F::Rfc3339, None, None), "2026-07-01T12:30:00+02:00"),
            (codec(F::Rfc3339, None, berlin), "2026-07-01 12:30:00"),
            (
                codec(F::Strptime, Some("%Y%m%d %H%M"), berlin),
                "20260701 1230",
            ),
            (
                codec(F::Strptime, Some("%d.%m.%Y %H:%M %z"), None),
                "01.07.2026 12:30 +0200",
            ),
            (codec(F::EpochS, None, None), "1782901800"),
            (codec(F::EpochMs, None, None), "1782901800000"),
            (codec(F::Minutes, None, None), "174870"),
        ] {
            assert_eq!(codec.read(text), Ok(1_782_901_800_000), "{text}");
            let mut written = Vec::new();
            codec.write(1_782_901_800_000, &mut written).unwrap();
            let written = String::from_utf8(written).unwrap();
            assert_eq!(codec.read(&written), Ok(1_782_901_800_000), "{written}");
        }
    }

    #[test]
    fn bad_times_name_their_rule() {
        let rfc = codec(TimeFormat::Rfc3339, None, None);
        assert_eq!(rfc.read("2026-07-01T10:30:00"), Err(Rule::TimeWithoutZone));
        for text in ["", "2026-13-01T00:00:00Z", "noon"] {
            assert_eq!(rfc.read(text), Err(Rule::BadTime), "{text}");
        }
        let minutes = codec(TimeFormat::Minutes, None, None);
        for text in ["", "1.5", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(minutes.read(text), Err(Rule::BadTime), "{text}");
        }
    }
}
