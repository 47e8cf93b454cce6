use erewhon_types::Calendar;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::{Rule, digits::DAY_S};

/// A zone, and for each local day of a window without a clock change when it began.
pub(crate) struct Clock {
    zone: TimeZone,
    /// The first day of `day_starts_utc_s`, since 1970.
    first_day: i64,
    /// `None` where clocks change.
    day_starts_utc_s: Vec<Option<i64>>,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone, window: Option<&Calendar>) -> Self {
        let days = window.map_or(0..0, |window| {
            let day = |utc_ms: i64| utc_ms.div_euclid(DAY_S * 1_000);
            // A zone may be a day ahead of the window's own, or behind it.
            day(window.start_utc_ms()) - 1..day(window.end_utc_ms()) + 2
        });
        Self {
            first_day: days.start,
            day_starts_utc_s: days.map(|day| start_utc_s(&zone, day)).collect(),
            zone,
        }
    }

    pub(crate) const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// UTC milliseconds of a second of a local day.
    #[inline]
    pub(crate) fn utc_ms(&self, day: i64, second: i64) -> Result<i64, Rule> {
        let known = usize::try_from(day - self.first_day);
        let known = known.ok().and_then(|row| self.day_starts_utc_s.get(row));
        match known {
            Some(Some(start_s)) => Ok((start_s + second) * 1_000),
            _ => self.local_utc_ms(local(day, second).ok_or(Rule::BadTime)?),
        }
    }

    /// UTC milliseconds of a local time; of two passages the first.
    pub(crate) fn local_utc_ms(&self, local: civil::DateTime) -> Result<i64, Rule> {
        let instant = self.zone.to_timestamp(local);
        instant
            .map(Timestamp::as_millisecond)
            .map_err(|_| Rule::BadTime)
    }
}

fn local(day: i64, second: i64) -> Option<civil::DateTime> {
    let since = SignedDuration::from_secs(day * DAY_S + second);
    civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
        .checked_add(since)
        .ok()
}

/// When a local day began, if it has one beginning and no clock changes before its end.
fn start_utc_s(zone: &TimeZone, day: i64) -> Option<i64> {
    let start = zone.to_ambiguous_timestamp(local(day, 0)?);
    let start = start.unambiguous().ok()?;
    let end = start.checked_add(SignedDuration::from_secs(DAY_S)).ok()?;
    let next = zone.following(start).next();
    next.is_none_or(|change| change.timestamp() >= end)
        .then(|| start.as_second())
}
