/// Appends a whole number.
pub fn push_number(mut value: u64, text: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[from..]);
}

/// Reads what `u64::from_str` reads: digits, perhaps after a plus.
#[inline]
pub(crate) fn read_number(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    // Nineteen digits always fit, and most numbers have fewer.
    if digits.is_empty() || digits.len() > 19 {
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    digits.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| value * 10 + u64::from(digit))
    })
}

/// Reads a number of up to eight digits, the first of them the lowest byte of a word, and 0 for none.
#[inline]
pub(crate) fn read_short_number(word: u64, digits: usize) -> Option<u64> {
    if digits > 8 {
        return None;
    }
    // Zeros before it fill the eight digits up.
    let digits = (word ^ u64::from_ne_bytes([b'0'; 8])).checked_shl(64 - 8 * digits as u32);
    let values = digits.unwrap_or(0);
    if !are_values(values) {
        return None;
    }
    // Each two digits become one number, then each two of these, then the last two.
    let pairs = (values * 10 + (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// Whether each byte is a digit's value.
#[inline]
const fn are_values(word: u64) -> bool {
    // What is more than 9 reaches the highest bit of its byte.
    let beyond = word.wrapping_add(u64::from_ne_bytes([0x76; 8])) | word;
    beyond & u64::from_ne_bytes([0x80; 8]) == 0
}

/// Whether a text is of ASCII digits alone.
#[inline]
pub(crate) fn are_digits(text: &[u8]) -> bool {
    let eight =
        |word: &[u8; 8]| are_values(u64::from_le_bytes(*word) ^ u64::from_ne_bytes([b'0'; 8]));
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) if text.len() <= 16 => eight(first) && eight(last),
        _ => text.iter().all(u8::is_ascii_digit),
    }
}

/// A decimal number as its digits and how many of them stand behind the point: `1.25` is (125, 2).
///
/// No sign, no exponent, at most 18 digits, and at least one before the point.
pub(crate) fn read_decimal(text: &[u8], point: u8) -> Option<(u64, u32)> {
    let (whole, part) = match text.iter().position(|&byte| byte == point) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let plain = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    if whole.is_empty() || whole.len() + part.len() > 18 || !plain(whole) || !plain(part) {
        return None;
    }
    let value = whole.iter().chain(part);
    let value = value.fold(0, |value, &byte| value * 10 + u64::from(byte - b'0'));
    Some((value, part.len() as u32))
}

/// Degrees, as `f64::from_str` reads them; a comma where a point is due, when `point` says so.
pub(crate) fn read_degrees(text: &[u8], point: u8) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    // Both are exact in a double, so their quotient is rounded once: the nearest there is.
    if let Some((value, places)) = read_decimal(digits, point)
        && value < 1 << 53
    {
        let degrees = value as f64 / 10_f64.powi(places as i32);
        return Some(if negative { -degrees } else { degrees });
    }
    let text = std::str::from_utf8(text).ok()?;
    if point == b'.' {
        return text.parse().ok();
    }
    (!text.contains('.'))
        .then(|| text.replace(char::from(point), "."))?
        .parse()
        .ok()
}

/// Appends seconds of UTC since 1970 as RFC 3339, such as `2026-03-02T07:15:04Z`; for the years
/// 0 to 9999, which four digits can tell.
pub fn push_time_s(time_utc_s: i64, text: &mut Vec<u8>) {
    let (year, month, day) = civil(time_utc_s.div_euclid(DAY_S));
    let second = time_utc_s.rem_euclid(DAY_S) as u32;
    let mut written = *b"0000-00-00T00:00:00Z";
    for (at, value) in [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, second / 3_600),
        (14, second / 60 % 60),
        (17, second % 60),
    ] {
        written[at] = b'0' + (value / 10 % 10) as u8;
        written[at + 1] = b'0' + (value % 10) as u8;
    }
    text.extend_from_slice(&written);
}

/// Seconds of a day without a clock change.
pub(crate) const DAY_S: i64 = 86_400;

/// Two digits at a place.
#[inline]
pub(crate) fn two(text: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (
        text.get(at)?.wrapping_sub(b'0'),
        text.get(at + 1)?.wrapping_sub(b'0'),
    );
    (tens < 10 && ones < 10).then(|| i64::from(10 * tens + ones))
}

/// The day since 1970 and the second of it; `None` for what is no date or no time of day.
#[inline]
pub(crate) fn moment(year: i64, month: i64, day: i64, second: [i64; 3]) -> Option<(i64, i64)> {
    let [hour, minute, second] = second;
    let clock = hour < 24 && minute < 60 && second < 60;
    if !clock || !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    if day > 28 && day > month_days(year, month) {
        return None;
    }
    let days = days(year as u32, month as u32, day as u32);
    Some((days, hour * 3_600 + minute * 60 + second))
}

/// Reads `YYYY-MM-DDTHH:MM:SS` at the start of a text, with a `T` or a space.
#[inline]
pub(crate) fn read_moment(text: &[u8]) -> Option<(i64, i64)> {
    if !matches!(text.get(10), Some(b'T' | b' ')) {
        return None;
    }
    let [year, month, day] = three(text.get(2..)?, b'-')?;
    let second = three(text.get(11..)?, b':')?;
    moment(100 * two(text, 0)? + year, month, day, second)
}

/// Reads three numbers of two digits with a mark between them, such as `07:15:04`, at the start of a
/// text: its eight bytes at once, in one word.
#[inline]
fn three(text: &[u8], mark: u8) -> Option<[i64; 3]> {
    let eight = u64::from_le_bytes(*text.first_chunk()?);
    // Digits become their values, marks 0.
    let values = eight ^ u64::from_le_bytes([b'0', b'0', mark, b'0', b'0', mark, b'0', b'0']);
    // What is more than 9, or than 0 for a mark, reaches the highest bit of its byte.
    let beyond = values.wrapping_add(0x7676_7f76_767f_7676) | values;
    if beyond & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    // Each byte: ten times itself, and the one behind it.
    let pairs = (values * 10).wrapping_add(values >> 8).to_le_bytes();
    Some([pairs[0], pairs[3], pairs[6]].map(i64::from))
}

/// Year, month and day of a number of days since 1970 in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day comes last.
const fn civil(days: i64) -> (u32, u32, u32) {
    let from_era = days + 719_468;
    let (era, day) = (from_era.div_euclid(ERA_DAYS), from_era.rem_euclid(ERA_DAYS));
    let year = (day - day / 1_460 + day / 36_524 - day / (ERA_DAYS - 1)) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let january = month >= 10;
    let year = year + 400 * era + january as i64;
    let month = if january { month - 9 } else { month + 3 };
    (year as u32, month as u32, day as u32)
}

/// Days of a month.
#[inline]
const fn month_days(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + leap as i64,
        _ => 30 + ((month + month / 8) & 1),
    }
}

/// The inverse of [`civil`], from year 0 on.
#[inline]
const fn days(year: u32, month: u32, day: u32) -> i64 {
    // An era is added, so that the year before year 0 is none below 0.
    let year = year + 400 - (month <= 2) as u32;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let all = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    all as i64 - ERA_DAYS - 719_468
}

/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::DateTime};
    use proptest::prelude::*;

    use super::*;

    fn text(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut text = Vec::new();
        push(&mut text);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_has_them(value: u64, shift in 0..64_u32) {
            let value = value >> shift;
            prop_assert_eq!(text(|t| push_number(value, t)), value.to_string());
        }

        #[test]
        fn numbers_are_read_as_by_the_standard_library(text in "[+-]?[0-9 a]{0,21}") {
            prop_assert_eq!(read_number(text.as_bytes()), text.parse::<u64>().ok());
        }

        #[test]
        fn digits_are_what_the_standard_library_calls_so(text in "[0-9]{0,18}[0-9/:\u{e9}]?[0-9]{0,9}") {
            let slowly = text.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(are_digits(text.as_bytes()), slowly);
        }

        #[test]
        fn degrees_are_read_as_by_the_standard_library(text in "[+-]?[0-9]{0,17}[.,e]?[0-9]{0,17}") {
            let dot = text.parse::<f64>().ok();
            prop_assert_eq!(read_degrees(text.as_bytes(), b'.'), dot);
            let comma = (!text.contains('.')).then(|| text.replace(',', ".").parse::<f64>().ok());
            prop_assert_eq!(read_degrees(text.as_bytes(), b','), comma.flatten());
        }

        #[test]
        fn times_are_as_the_calendar_has_them(seconds in -62_167_219_200..253_402_207_200_i64) {
            let written = text(|t| push_time_s(seconds, t));
            prop_assert_eq!(&written, &Timestamp::from_second(seconds).unwrap().to_string());
            let (day, second) = read_moment(written.as_bytes()).unwrap();
            prop_assert_eq!(day * DAY_S + second, seconds);
        }

        #[test]
        fn moments_are_as_the_calendar_has_them(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]",
        ) {
            let twin = text.parse::<DateTime>().ok().filter(|_| !text.ends_with(":60"));
            let twin = twin.map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).unwrap());
            let read = read_moment(text.as_bytes()).map(|(day, second)| day * DAY_S + second);
            prop_assert_eq!(read, twin.map(|time| time.timestamp().as_second()));
        }

        #[test]
        fn a_moment_with_a_wrong_byte_is_none(at in 0..19_usize, byte: u8) {
            let mut text = *b"2024-02-29T07:15:04";
            text[at] = byte;
            let fits = match at {
                4 | 7 => byte == b'-',
                10 => matches!(byte, b'T' | b' '),
                13 | 16 => byte == b':',
                _ => byte.is_ascii_digit(),
            };
            let digits = |range: std::ops::Range<usize>| {
                std::str::from_utf8(&text[range]).ok()?.parse::<i64>().ok()
            };
            let slow = || moment(
                digits(0..4)?, digits(5..7)?, digits(8..10)?,
                [digits(11..13)?, digits(14..16)?, digits(17..19)?],
            );
            prop_assert_eq!(read_moment(&text), if fits { slow() } else { None });
        }
    }
}
