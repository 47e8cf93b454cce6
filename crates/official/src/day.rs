use erewhon_types::{Calendar, Error, Local, MINUTES_PER_DAY, Result};
use jiff::civil;

/// Quarters of an hour in a day, the shortest slots.
const QUARTERS: usize = 96;

/// A local day, ready to be cut into slots.
///
/// Slots are those of the local clock: one that a clock change skips is empty, one that it repeats is
/// twice as long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    date: civil::Date,
    /// Where the quarters begin in milliseconds of UTC, and the end of the last.
    quarters_ms: Vec<i64>,
}

impl Day {
    /// A day of a window; `day` must lie inside.
    ///
    /// # Errors
    /// Usage, when the date lies outside the calendar's range.
    pub fn of(calendar: &Calendar, day: u16) -> Result<Self> {
        let date = date_of(calendar, day)?;
        let minute = |quarter: usize| quarter as u16 * (MINUTES_PER_DAY / QUARTERS as u16);
        let at = |quarter| {
            calendar.utc_ms(Local {
                day,
                minute: minute(quarter),
            })
        };
        let mut quarters_ms: Vec<i64> = (0..QUARTERS).map(at).collect();
        quarters_ms.push(calendar.day_end_utc_ms(day));
        // A skipped minute is named by the next one there is; slots must not run backwards.
        for quarter in (0..QUARTERS).rev() {
            quarters_ms[quarter] = quarters_ms[quarter].min(quarters_ms[quarter + 1]);
        }
        Ok(Self { date, quarters_ms })
    }

    /// The date.
    pub const fn date(&self) -> civil::Date {
        self.date
    }

    /// Its first millisecond.
    pub fn start_ms(&self) -> i64 {
        self.quarters_ms[0]
    }

    /// The millisecond just past it.
    pub fn end_ms(&self) -> i64 {
        self.quarters_ms[QUARTERS]
    }

    /// When an hour of its clock begins, 0 to 24.
    pub fn hour_ms(&self, hour: u8) -> i64 {
        self.quarter_ms(u16::from(hour) * 4)
    }

    /// When a quarter of an hour of its clock begins, 0 to 96.
    pub fn quarter_ms(&self, quarter: u16) -> i64 {
        self.quarters_ms[usize::from(quarter).min(QUARTERS)]
    }

    /// Where its slots begin, and the end of the last.
    pub fn slots_ms(&self, slots: Slots) -> impl Iterator<Item = i64> {
        let quarters = QUARTERS / slots.count();
        self.quarters_ms.iter().copied().step_by(quarters)
    }
}

/// The date of a day of a window.
fn date_of(calendar: &Calendar, day: u16) -> Result<civil::Date> {
    let days = jiff::Span::new().days(i64::from(day));
    let first = calendar.window().first_day;
    first
        .checked_add(days)
        .map_err(|_| Error::usage("the window ends outside the calendar's range"))
}

/// Into how many slots a day is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slots {
    /// 24 hours.
    Hours,
    /// 48 half hours.
    HalfHours,
    /// 96 quarters of an hour.
    Quarters,
}

impl Slots {
    /// Those of a number.
    ///
    /// # Errors
    /// Usage, unless it is 24, 48 or 96.
    pub fn new(count: u32) -> Result<Self> {
        match count {
            24 => Ok(Self::Hours),
            48 => Ok(Self::HalfHours),
            96 => Ok(Self::Quarters),
            _ => Err(Error::usage(format!("a day of {count} slots can't be had"))
                .with_hint("allowed: 24, 48, 96")),
        }
    }

    /// How many.
    pub const fn count(self) -> usize {
        match self {
            Self::Hours => 24,
            Self::HalfHours => 48,
            Self::Quarters => 96,
        }
    }

    /// Minutes of the local clock in a slot.
    pub const fn minutes(self) -> u16 {
        MINUTES_PER_DAY / self.count() as u16
    }
}

#[cfg(test)]
mod tests {
    use erewhon_types::Window;

    use super::*;

    fn day(first: &str, zone: &str) -> Day {
        Day::of(
            &Calendar::new(&Window::parse(first, 1, zone).unwrap()).unwrap(),
            0,
        )
        .unwrap()
    }

    #[test]
    fn slots_cover_a_day_without_a_gap() {
        for (first, zone, hours) in [
            ("2023-01-08", "UTC", 24),
            ("2026-03-29", "Europe/Berlin", 23),
            ("2026-10-25", "Europe/Berlin", 25),
        ] {
            let day = day(first, zone);
            assert_eq!(day.end_ms() - day.start_ms(), hours * 3_600_000);
            for slots in [Slots::Hours, Slots::HalfHours, Slots::Quarters] {
                let borders: Vec<i64> = day.slots_ms(slots).collect();
                assert_eq!(borders.len(), slots.count() + 1);
                assert!(borders.is_sorted(), "{zone} {first}");
                assert_eq!(
                    (borders[0], *borders.last().unwrap()),
                    (day.start_ms(), day.end_ms())
                );
            }
        }
        assert_eq!(day("2023-01-08", "UTC").hour_ms(9), 1_673_168_400_000);
        assert!(Slots::new(25).is_err());
    }
}
