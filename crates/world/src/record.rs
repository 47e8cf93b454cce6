use erewhon_events::EventKind;
use erewhon_types::CellIx;

/// One raw record, as an operator's switch would write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// When, in seconds of UTC since 1970.
    pub time_utc_s: i64,
    /// The served subscriber's number.
    pub subscriber: u64,
    /// Which kind: calls, messages or data.
    pub kind: EventKind,
    /// Row of the serving cell in [`crate::World::cells`].
    pub cell: CellIx,
    /// Length of a call or a data session in seconds; 0 for a message.
    pub duration_s: u32,
    /// The other party's number; `None` for data. Numbers abroad start with 998.
    pub peer: Option<u64>,
    /// Bytes sent; 0 but for data.
    pub bytes_up: u64,
    /// Bytes received; 0 but for data.
    pub bytes_down: u64,
}

/// Formats seconds since 1970 as RFC 3339 in UTC, such as `2026-03-02T07:15:04Z`.
pub(crate) fn write_time(time_utc_s: i64, line: &mut Vec<u8>) {
    let (year, month, day) = civil(time_utc_s.div_euclid(86_400));
    let second = time_utc_s.rem_euclid(86_400) as u32;
    digits(year, 4, line);
    line.push(b'-');
    digits(month, 2, line);
    line.push(b'-');
    digits(day, 2, line);
    line.push(b'T');
    digits(second / 3_600, 2, line);
    line.push(b':');
    digits(second / 60 % 60, 2, line);
    line.push(b':');
    digits(second % 60, 2, line);
    line.push(b'Z');
}

/// Formats a whole number.
pub(crate) fn write_number(value: u64, line: &mut Vec<u8>) {
    let count = value.checked_ilog10().map_or(1, |log| log as usize + 1);
    let from = line.len();
    line.resize(from + count, b'0');
    let mut left = value;
    for place in line[from..].iter_mut().rev() {
        *place = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

fn digits(mut value: u32, count: usize, line: &mut Vec<u8>) {
    let from = line.len();
    line.resize(from + count, b'0');
    for place in line[from..].iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a number of days since 1970 in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day comes last.
fn civil(days: i64) -> (u32, u32, u32) {
    const ERA: i64 = 146_097;
    let from_era = days + 719_468;
    let (era, day) = (from_era.div_euclid(ERA), from_era.rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / (ERA - 1)) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let january = month >= 10;
    let year = year + 400 * era + i64::from(january);
    let month = if january { month - 9 } else { month + 3 };
    (year as u32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_types::{Calendar, Window};

    #[test]
    fn numbers_are_written_as_the_standard_library_has_them() {
        for value in [0, 1, 9, 10, 99, 100, 999_123_456_789, u64::MAX] {
            let mut line = Vec::new();
            write_number(value, &mut line);
            assert_eq!(String::from_utf8(line).unwrap(), value.to_string());
        }
    }

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        let text = |s: i64| {
            let mut line = Vec::new();
            write_time(s, &mut line);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        for day in [
            "1970-03-01",
            "1999-12-31",
            "2024-02-29",
            "2026-03-29",
            "2100-02-28",
        ] {
            let window = Window::parse(day, 1, "UTC").unwrap();
            let start_s = Calendar::new(&window).unwrap().start_utc_ms() / 1_000;
            assert_eq!(text(start_s + 26_104), format!("{day}T07:15:04Z"));
        }
    }
}
