use jiff::{ToSpan, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{DayType, Error, Holidays, Result};

/// Minutes in a local day; days with a clock change still use these bins.
pub const MINUTES_PER_DAY: u16 = 1440;

/// The public observation window: whole local days in one IANA time zone.
///
/// It is declared, never read from the records, so it may be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First local day, inclusive.
    pub first_day: civil::Date,
    /// Number of local days, 1 to 400.
    pub days: u16,
    /// IANA time zone name, for example `Europe/Berlin`.
    pub time_zone: String,
}

impl Window {
    /// Checks and builds a window.
    ///
    /// # Errors
    /// Usage, when the date, the number of days (1 to 400) or the zone name is not valid.
    pub fn parse(first_day: &str, days: u16, time_zone: &str) -> Result<Self> {
        let first_day: civil::Date = first_day.parse().map_err(|_| {
            Error::usage(format!("`{first_day}` is not a date"))
                .with_hint("write the first day of the window as YYYY-MM-DD")
        })?;
        let window = Self {
            first_day,
            days,
            time_zone: time_zone.to_owned(),
        };
        Calendar::new(&window).map(|_| window)
    }
}

/// A local moment inside a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Days since the window's first day.
    pub day: u16,
    /// Minute of the local clock, 0 to 1439.
    pub minute: u16,
}

impl Local {
    /// Hour of the local clock, 0 to 23.
    pub const fn hour(self) -> u8 {
        (self.minute / 60) as u8
    }
}

/// A window ready for use: turns UTC instants into local days and minutes without a search.
#[derive(Clone, Debug)]
pub struct Calendar {
    window: Window,
    /// Start of each local day in UTC milliseconds, and the end of the last one.
    day_starts_utc_ms: Vec<i64>,
    /// (from UTC millisecond, offset of the local clock in milliseconds), ascending.
    offsets: Vec<(i64, i64)>,
    first_weekday: u8,
}

const MS_PER_DAY: i64 = 86_400_000;
const MS_PER_MINUTE: i64 = 60_000;

impl Calendar {
    /// Works out the day borders and clock changes of a window.
    ///
    /// # Errors
    /// Usage, when the window has no days, more than 400, or an unknown time zone.
    pub fn new(window: &Window) -> Result<Self> {
        if !(1..=400).contains(&window.days) {
            return Err(Error::usage(format!(
                "a window of {} days is outside the allowed range 1 to 400",
                window.days
            )));
        }
        let zone = TimeZone::get(&window.time_zone).map_err(|_| {
            Error::usage(format!("`{}` is not an IANA time zone", window.time_zone))
                .with_hint("use a name such as `Europe/Berlin`, `Africa/Accra` or `UTC`")
        })?;
        let start_of = |day: u16| -> Result<i64> {
            window
                .first_day
                .checked_add(i32::from(day).days())
                .and_then(|date| date.to_zoned(zone.clone()))
                .map(|zoned| zoned.timestamp().as_millisecond())
                .map_err(|_| Error::usage("the window ends outside the calendar's range"))
        };
        let day_starts_utc_ms = (0..=window.days)
            .map(start_of)
            .collect::<Result<Vec<i64>>>()?;
        let (first, last) = (
            day_starts_utc_ms[0],
            day_starts_utc_ms[usize::from(window.days)],
        );
        let offset_at = |utc_ms: i64| -> Result<i64> {
            let instant = jiff::Timestamp::from_millisecond(utc_ms)
                .map_err(|_| Error::usage("the window ends outside the calendar's range"))?;
            Ok(i64::from(zone.to_offset(instant).seconds()) * 1000)
        };
        let mut offsets = vec![(first, offset_at(first)?)];
        let begin = jiff::Timestamp::from_millisecond(first)
            .map_err(|_| Error::usage("the window starts outside the calendar's range"))?;
        for change in zone.following(begin) {
            let utc_ms = change.timestamp().as_millisecond();
            if utc_ms >= last {
                break;
            }
            offsets.push((utc_ms, i64::from(change.offset().seconds()) * 1000));
        }
        let first_weekday = window.first_day.weekday().to_monday_zero_offset() as u8;
        Ok(Self {
            window: window.clone(),
            day_starts_utc_ms,
            offsets,
            first_weekday,
        })
    }

    /// The window this calendar was made of.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Number of local days.
    pub const fn days(&self) -> u16 {
        self.window.days
    }

    /// First UTC millisecond of the window.
    pub fn start_utc_ms(&self) -> i64 {
        self.day_starts_utc_ms[0]
    }

    /// UTC millisecond just past the window.
    pub fn end_utc_ms(&self) -> i64 {
        self.day_starts_utc_ms[usize::from(self.window.days)]
    }

    /// UTC millisecond just past a local day of the window.
    ///
    /// `day` must lie inside the window.
    pub fn day_end_utc_ms(&self, day: u16) -> i64 {
        self.day_starts_utc_ms[usize::from(day) + 1]
    }

    /// The local day and minute of a UTC instant; `None` outside the window.
    #[inline]
    pub fn local(&self, utc_ms: i64) -> Option<Local> {
        if utc_ms < self.start_utc_ms() || utc_ms >= self.end_utc_ms() {
            return None;
        }
        // Local days are 23 to 25 hours long, so the guess is off by one at the most.
        let guess = ((utc_ms - self.start_utc_ms()) / MS_PER_DAY) as usize;
        let mut day = guess.min(usize::from(self.window.days) - 1);
        while utc_ms < self.day_starts_utc_ms[day] {
            day -= 1;
        }
        while utc_ms >= self.day_starts_utc_ms[day + 1] {
            day += 1;
        }
        let offset = self.offset_ms(utc_ms);
        let minute = (utc_ms + offset).rem_euclid(MS_PER_DAY) / 60_000;
        Some(Local {
            day: day as u16,
            minute: minute as u16,
        })
    }

    /// The local times of ascending UTC instants, all of them inside the window.
    ///
    /// The same as [`local`](Self::local) for each, and quicker: a day's border and the clock's offset
    /// are looked up once for all the instants that they hold for.
    pub fn locals(
        &self,
        ascending_utc_ms: impl Iterator<Item = i64>,
    ) -> impl Iterator<Item = Local> {
        // From when on what is known holds, until when, and when the clock was at midnight or would
        // have been.
        let (mut day, mut from, mut until, mut midnight) = (0, 0, i64::MIN, 0);
        ascending_utc_ms.map(move |utc_ms| {
            if utc_ms >= until || utc_ms < from {
                // The next day, as a rule.
                let starts = &self.day_starts_utc_ms;
                let next = starts.get(day + 1..).and_then(<[i64]>::first_chunk);
                day = match next {
                    Some(&[next, then]) if (next..then).contains(&utc_ms) => day + 1,
                    _ => {
                        let later = starts.partition_point(|&start| start <= utc_ms);
                        later.saturating_sub(1).min(usize::from(self.days()) - 1)
                    }
                };
                let change = self.offsets.iter().find(|&&(change, _)| change > utc_ms);
                from = utc_ms;
                until = self.day_starts_utc_ms[day + 1];
                until = change.map_or(until, |&(change, _)| until.min(change));
                midnight = utc_ms - (utc_ms + self.offset_ms(utc_ms)).rem_euclid(MS_PER_DAY);
                until = until.min(midnight + MS_PER_DAY);
            }
            Local {
                day: day as u16,
                // Less than a day, which 32 bits of milliseconds hold.
                minute: ((utc_ms - midnight) as u32 / 60_000) as u16,
            }
        })
    }

    /// UTC milliseconds of a local day and minute (the clock as it stood at that day's start).
    ///
    /// A minute that the clock leaves out is another one of the same day. `day` must lie inside the
    /// window.
    pub fn utc_ms(&self, local: Local) -> i64 {
        let start = self.day_starts_utc_ms[usize::from(local.day)];
        let end = self.day_end_utc_ms(local.day);
        let since_midnight = i64::from(local.minute) * MS_PER_MINUTE;
        // Where the clock jumps at midnight, the day starts later than that by the clock.
        let clock = (start + self.offset_ms(start)).rem_euclid(MS_PER_DAY);
        let left_out = since_midnight < clock;
        let guess = start + since_midnight - if left_out { 0 } else { clock };
        let utc_ms = guess + self.offset_ms(start) - self.offset_ms(guess);
        // A day that a zone left out altogether has no minute: the last one of the day before.
        utc_ms.max(start).min(end - MS_PER_MINUTE)
    }

    #[inline]
    fn offset_ms(&self, utc_ms: i64) -> i64 {
        // A clock changes twice a year: looking from the end is quicker than halving.
        let mut offsets = self.offsets.iter().rev();
        let now = offsets.find(|&&(from, _)| from <= utc_ms);
        now.unwrap_or(&self.offsets[0]).1
    }

    /// Weekday of a day of the window: 0 is Monday, 6 is Sunday.
    pub const fn weekday(&self, day: u16) -> u8 {
        ((self.first_weekday as u16 + day) % 7) as u8
    }

    /// Whether a day of the window falls on Monday to Friday.
    pub const fn is_workday(&self, day: u16) -> bool {
        self.weekday(day) < 5
    }

    /// What kind of day a day of the window is by a table of holidays; `None` past the window.
    pub fn day_type(&self, day: u16, holidays: &Holidays) -> Option<DayType> {
        if day >= self.days() {
            return None;
        }
        let date = self.window.first_day.checked_add(i32::from(day).days());
        date.ok().map(|date| holidays.day_type(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(first: &str, days: u16, zone: &str) -> Calendar {
        Calendar::new(&Window::parse(first, days, zone).unwrap()).unwrap()
    }

    #[test]
    fn local_time_follows_a_clock_change() {
        // On 2026-03-29 Berlin jumps from 02:00 to 03:00, at 01:00 UTC.
        let calendar = calendar("2026-03-28", 3, "Europe/Berlin");
        let at = |text: &str| {
            calendar
                .local(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
                .unwrap()
        };
        assert_eq!(at("2026-03-27T23:00:00Z"), Local { day: 0, minute: 0 });
        assert_eq!(
            at("2026-03-29T00:59:00Z"),
            Local {
                day: 1,
                minute: 119
            }
        );
        assert_eq!(
            at("2026-03-29T01:00:00Z"),
            Local {
                day: 1,
                minute: 180
            }
        );
        assert_eq!(
            at("2026-03-30T21:59:00Z"),
            Local {
                day: 2,
                minute: 1439
            }
        );
        assert_eq!(calendar.local(calendar.end_utc_ms()), None);
    }

    #[test]
    fn local_and_utc_are_inverse() {
        let calendar = calendar("2026-03-28", 3, "Europe/Berlin");
        for day in 0..3 {
            for minute in (0..MINUTES_PER_DAY).step_by(7) {
                let local = Local { day, minute };
                let skipped = day == 1 && (120..180).contains(&minute);
                if !skipped {
                    assert_eq!(calendar.local(calendar.utc_ms(local)), Some(local));
                }
            }
        }
    }

    #[test]
    fn every_minute_lies_in_its_day_where_the_clock_jumps_at_midnight() {
        for (zone, first, days) in [
            ("Africa/Cairo", "2026-04-20", 14),
            ("Africa/Cairo", "2026-04-20", 5),
            ("Africa/Cairo", "2026-10-26", 7),
            ("Asia/Beirut", "2026-03-27", 3),
            ("America/Santiago", "2026-09-01", 6),
            ("America/Havana", "2026-03-07", 2),
            ("Europe/Berlin", "2026-03-28", 3),
        ] {
            let calendar = calendar(first, days, zone);
            for day in 0..days {
                let at = |minute| calendar.utc_ms(Local { day, minute });
                let start = calendar.day_starts_utc_ms[usize::from(day)];
                let first_minute = calendar.local(start).unwrap().minute;
                for minute in 0..MINUTES_PER_DAY {
                    let back = calendar.local(at(minute)).unwrap();
                    assert_eq!(back.day, day, "{zone} {minute}");
                    if first_minute > 0 && minute >= first_minute {
                        assert_eq!(back.minute, minute, "{zone}");
                    }
                }
            }
        }
        // Samoa had no 30 December 2011.
        let calendar = calendar("2011-12-29", 2, "Pacific/Apia");
        let nowhere = calendar.utc_ms(Local {
            day: 1,
            minute: 720,
        });
        assert!(calendar.local(nowhere).is_some());
    }

    #[test]
    fn refuses_bad_windows() {
        assert!(Window::parse("2026-13-01", 7, "UTC").is_err());
        assert!(Window::parse("2026-03-01", 0, "UTC").is_err());
        assert!(Window::parse("2026-03-01", 7, "Mars/Olympus").is_err());
    }

    /// The slow twin: every minute of a year asked of the zone itself, over both clock changes, in
    /// both hemispheres and where the clock moves by half an hour.
    #[test]
    fn local_time_is_that_of_the_zone() {
        for name in [
            "Europe/Berlin",
            "America/Santiago",
            "Australia/Lord_Howe",
            "Africa/Cairo",
            "UTC",
        ] {
            let (calendar, zone) = (
                calendar("2026-01-01", 365, name),
                TimeZone::get(name).unwrap(),
            );
            let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
            for utc_ms in (start..end).step_by(61_000 * 7) {
                let instant = jiff::Timestamp::from_millisecond(utc_ms).unwrap();
                let there = zone.to_datetime(instant);
                let local = calendar.local(utc_ms).unwrap();
                let day = there.date().day_of_year() as u16 - 1;
                let minute = there.hour() as u16 * 60 + there.minute() as u16;
                assert_eq!(local, Local { day, minute }, "{name} {there}");
            }
        }
    }

    #[test]
    fn many_local_times_are_those_of_each() {
        // Clocks that change at midnight and at other hours, and a day that a zone left out.
        for (name, first_day, days) in [
            ("Africa/Cairo", "2026-04-01", 220),
            ("Europe/Berlin", "2026-03-02", 28),
            ("Pacific/Apia", "2011-12-20", 20),
            ("UTC", "2026-03-02", 1),
        ] {
            let calendar = calendar(first_day, days, name);
            let window = calendar.start_utc_ms()..calendar.end_utc_ms();
            for step_ms in [61_000, 3_599_000, 26 * 3_600_000, 9 * MS_PER_DAY] {
                let times = || window.clone().step_by(step_ms as usize);
                let each = times().map(|utc_ms| calendar.local(utc_ms).unwrap());
                assert!(calendar.locals(times()).eq(each), "{name} {step_ms}");
            }
        }
    }

    #[test]
    fn days_have_types() {
        let calendar = calendar("2026-05-01", 4, "Europe/Berlin");
        let holidays = Holidays::parse("date,name\n2026-05-01,Labour Day").unwrap();
        let types: Vec<_> = (0..5)
            .map(|day| calendar.day_type(day, &holidays))
            .collect();
        use DayType::{Holiday, Weekday, Weekend};
        assert_eq!(
            types,
            [
                Some(Holiday),
                Some(Weekend),
                Some(Weekend),
                Some(Weekday),
                None
            ]
        );
    }

    #[test]
    fn weekdays_count_from_monday() {
        let calendar = calendar("2026-03-02", 14, "UTC");
        assert_eq!(calendar.weekday(0), 0);
        assert_eq!(calendar.weekday(13), 6);
        assert!(!calendar.is_workday(5));
    }
}
