use std::{fmt, str::FromStr};

use erewhon_types::{Calendar, Error, Result};
use serde::Serialize;

/// How finely moments are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Grain {
    /// To the second, as they are.
    Second,
    /// In bins of so many hours of the local clock, the first from midnight; they divide a day.
    Hours(u8),
    /// By part of the local day: night 0 to 6, morning to 10, midday to 14, afternoon to 18, evening.
    Daypart,
}

const HOURS: [u8; 8] = [1, 2, 3, 4, 6, 8, 12, 24];
/// Local hours at which a part of the day begins.
const DAYPARTS: [u8; 5] = [0, 6, 10, 14, 18];

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Second => f.write_str("second"),
            Self::Hours(hours) => write!(f, "hours-{hours}"),
            Self::Daypart => f.write_str("daypart"),
        }
    }
}

impl From<Grain> for String {
    fn from(grain: Grain) -> Self {
        grain.to_string()
    }
}

impl FromStr for Grain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let hours = text.strip_prefix("hours-").and_then(|n| n.parse().ok());
        match (text, hours) {
            ("second", _) => Ok(Self::Second),
            ("daypart", _) => Ok(Self::Daypart),
            (_, Some(hours)) if HOURS.contains(&hours) => Ok(Self::Hours(hours)),
            _ => Err(Error::usage(format!("`{text}` is no way to tell the time"))
                .with_hint("allowed: second, daypart, hours-1, and 2, 3, 4, 6, 8, 12 or 24 for 1")),
        }
    }
}

/// The bins of a window, one after the other without a gap: a moment is in exactly one.
///
/// They follow the local clock, so that a bin may be an hour longer or shorter where that is put on.
pub(crate) struct Bins {
    /// Where each begins, in seconds since the start of the window; none where moments stay.
    starts_s: Vec<u32>,
    end_s: u32,
}

impl Bins {
    pub(crate) fn new(grain: Grain, calendar: &Calendar) -> Self {
        let first_hour = |hour: u8| match grain {
            Grain::Second => hour,
            Grain::Hours(hours) => hour - hour % hours,
            Grain::Daypart => DAYPARTS
                .into_iter()
                .rfind(|&start| start <= hour)
                .unwrap_or(0),
        };
        let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
        let mut starts_s = Vec::new();
        if grain != Grain::Second {
            let minutes = || (start..end).step_by(60_000);
            let mut before = None;
            for (utc_ms, local) in minutes().zip(calendar.locals(minutes())) {
                let bin = Some((local.day, first_hour(local.hour())));
                if bin != before {
                    starts_s.push(((utc_ms - start) / 1000) as u32);
                    before = bin;
                }
            }
        }
        Self {
            starts_s,
            end_s: ((end - start) / 1000) as u32,
        }
    }

    /// The bin of a moment, from its start to before its end.
    pub(crate) fn span_s(&self, at_s: u32) -> (u32, u32) {
        match self.starts_s.partition_point(|&start| start <= at_s) {
            0 => (at_s, at_s + 1),
            next => {
                let end_s = self.starts_s.get(next).copied().unwrap_or(self.end_s);
                (self.starts_s[next - 1], end_s)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_types::Window;

    fn bins(grain: &str, first: &str, days: u16) -> Bins {
        let window = Window::parse(first, days, "Europe/Berlin").unwrap();
        Bins::new(grain.parse().unwrap(), &Calendar::new(&window).unwrap())
    }

    #[test]
    fn bins_follow_the_local_clock_over_its_changes() {
        let h = 3600;
        // On 2026-03-29 Berlin has no hour from 2 to 3, on 2026-10-25 it has that hour twice.
        let spring = bins("hours-6", "2026-03-29", 1);
        assert_eq!(spring.span_s(0), (0, 5 * h));
        assert_eq!(spring.span_s(5 * h), (5 * h, 11 * h));
        assert_eq!(spring.span_s(23 * h - 1), (17 * h, 23 * h));
        let autumn = bins("hours-1", "2026-10-25", 1);
        assert_eq!(autumn.span_s(3 * h), (2 * h, 4 * h));
        assert_eq!(autumn.span_s(4 * h), (4 * h, 5 * h));
        let parts = bins("daypart", "2026-03-02", 2);
        assert_eq!(parts.span_s(9 * h), (6 * h, 10 * h));
        assert_eq!(parts.span_s(23 * h), (18 * h, 24 * h));
        assert_eq!(parts.span_s(24 * h), (24 * h, 30 * h));
        assert_eq!(bins("second", "2026-03-02", 2).span_s(77), (77, 78));
    }

    #[test]
    fn grains_keep_their_names() {
        for text in ["second", "daypart", "hours-1", "hours-24"] {
            assert_eq!(text.parse::<Grain>().unwrap().to_string(), text);
        }
        for text in ["hours-5", "hours-0", "hours-", "hour", "hours-48"] {
            assert!(text.parse::<Grain>().is_err(), "{text}");
        }
    }
}
