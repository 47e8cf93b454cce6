use erewhon_types::{Calendar, Local};
use serde::{Deserialize, Serialize};

/// Hours of the local clock, on every day or on Monday to Friday only.
///
/// On the day of a clock change the hour that comes twice counts both times, and the one that is
/// skipped does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourSet {
    /// Bit `h` stands for `h:00` to `h + 1:00`.
    pub hours: u32,
    /// Whether Saturdays and Sundays are left out. Public holidays are ordinary days.
    pub workdays_only: bool,
}

impl HourSet {
    /// Every hour of every day.
    pub const ALL: Self = Self::of(&[(0, 24)], false);

    /// No hour.
    pub const NONE: Self = Self::of(&[], false);

    /// The hours from `start` up to `end` of each pair.
    pub const fn of(ranges: &[(u8, u8)], workdays_only: bool) -> Self {
        let (mut hours, mut i) = (0, 0);
        while i < ranges.len() {
            let (start, end) = ranges[i];
            hours |= (1 << end) - (1 << start);
            i += 1;
        }
        Self {
            hours,
            workdays_only,
        }
    }

    pub(crate) fn contains(self, calendar: &Calendar, local: Local) -> bool {
        self.on(calendar, local.day) >> local.hour() & 1 == 1
    }

    /// The hours of a day, as bits.
    pub(crate) fn on(self, calendar: &Calendar, day: u16) -> u32 {
        if self.workdays_only && !calendar.is_workday(day) {
            0
        } else {
            self.hours
        }
    }
}
