use erewhon_types::Calendar;
use jiff::{ToSpan as _, civil::Date};

/// Parts of the window that follow the calendar. Where the window begins or ends within one, that one is
/// shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Local days.
    Day,
    /// Weeks from Monday on.
    Week,
    /// Months.
    Month,
    /// The window as a whole.
    Window,
}

impl Period {
    /// Which period of the window a local day falls into, the first is 0.
    pub fn of(self, calendar: &Calendar, day: u16) -> u32 {
        match self {
            Self::Day => u32::from(day),
            Self::Week => u32::from((day + u16::from(calendar.weekday(0))) / 7),
            Self::Month => {
                let since_year_0 =
                    |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
                let first = since_year_0(calendar.window().first_day);
                (since_year_0(date(calendar, i32::from(day))) - first) as u32
            }
            Self::Window => 0,
        }
    }

    /// How many of them the window touches.
    pub fn number(self, calendar: &Calendar) -> u32 {
        self.of(calendar, calendar.days() - 1) + 1
    }

    /// The date on which a period begins, be it before the window.
    pub(super) fn begins(self, calendar: &Calendar, period: u32) -> Date {
        let first = calendar.window().first_day;
        match self {
            Self::Day => date(calendar, period as i32),
            Self::Week => date(calendar, 7 * period as i32 - i32::from(calendar.weekday(0))),
            Self::Month => {
                let months = first.first_of_month().checked_add((period as i32).months());
                months.unwrap_or(first)
            }
            Self::Window => first,
        }
    }
}

/// The date so many days after the window's first.
fn date(calendar: &Calendar, days: i32) -> Date {
    let first = calendar.window().first_day;
    first.checked_add(days.days()).unwrap_or(first)
}
