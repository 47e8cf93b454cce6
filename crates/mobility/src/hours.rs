use erewhon_types::{Calendar, Error, Local};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Hours of the local clock, on every day or on Monday to Friday only.
///
/// On the day of a clock change the hour that comes twice counts both times, and the one that is
/// skipped does not come. Written as `hours = [[9, 12], [14, 17]]`, each from the first up to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct HourSet {
    /// Bit `h` stands for `h:00` to `h + 1:00`.
    pub hours: u32,
    /// Whether Saturdays and Sundays are left out. Public holidays are ordinary days.
    pub workdays_only: bool,
}

/// Hours as people write them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    hours: Vec<[u8; 2]>,
    workdays_only: bool,
}

/// Hours of a rule of which some is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partly {
    hours: Option<Vec<[u8; 2]>>,
    workdays_only: Option<bool>,
}

/// Reads hours; what is left out is as in `usual`.
pub(crate) fn over<'de, D: Deserializer<'de>>(
    usual: HourSet,
    deserializer: D,
) -> Result<HourSet, D::Error> {
    let (partly, usual) = (Partly::deserialize(deserializer)?, Written::from(usual));
    let written = Written {
        hours: partly.hours.unwrap_or(usual.hours),
        workdays_only: partly.workdays_only.unwrap_or(usual.workdays_only),
    };
    written.try_into().map_err(D::Error::custom)
}

impl From<HourSet> for Written {
    fn from(set: HourSet) -> Self {
        let has = |hour: u8| hour < 24 && set.hours >> hour & 1 == 1;
        let starts = (0..24).filter(|&hour| has(hour) && (hour == 0 || !has(hour - 1)));
        let ends = (1..=24).filter(|&hour| has(hour - 1) && !has(hour));
        Self {
            hours: starts.zip(ends).map(|(start, end)| [start, end]).collect(),
            workdays_only: set.workdays_only,
        }
    }
}

impl TryFrom<Written> for HourSet {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        for [start, end] in &written.hours {
            if start >= end || *end > 24 {
                return Err(Error::input(format!(
                    "hours from `{start}` up to `{end}`: allowed is 0 to 24, the first below the second; \
                     a night is two of them, [19, 24] and [0, 7]"
                )));
            }
        }
        let pairs = written.hours.iter();
        Ok(Self {
            hours: pairs.fold(0, |hours, &[start, end]| {
                hours | ((1 << end) - (1 << start))
            }),
            workdays_only: written.workdays_only,
        })
    }
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
