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

/// Appends seconds of UTC since 1970 as RFC 3339, such as `2026-03-02T07:15:04Z`; for the years
/// 0 to 9999, which four digits can tell.
pub fn push_time_s(time_utc_s: i64, text: &mut Vec<u8>) {
    let (year, month, day) = civil(time_utc_s.div_euclid(86_400));
    let second = time_utc_s.rem_euclid(86_400) as u32;
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

/// Reads what [`push_time_s`] writes; `None` for any other text, which may be a time all the same.
pub(crate) fn read_time_s(text: &str) -> Option<i64> {
    const MARKS: [(usize, u8); 6] = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let marked = MARKS.iter().all(|&(at, mark)| text[at] == mark);
    let digit = |at: usize| Some(text[at].wrapping_sub(b'0')).filter(|&digit| digit < 10);
    let two = |at: usize| Some(i64::from(10 * digit(at)? + digit(at + 1)?));
    let (year, month, day) = (100 * two(0)? + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    // Days 29 to 31 depend on the month, and a leap second on the table: rare, or left to others.
    let plain = marked && (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 60;
    let days = days(year, month, day);
    (plain && day >= 1 && civil(days) == (year as u32, month as u32, day as u32))
        .then_some(days * 86_400 + hour * 3_600 + minute * 60 + second)
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

/// The inverse of [`civil`]; a day that the month lacks comes out in the next.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - (month <= 2) as i64;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
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
        fn times_are_as_the_calendar_has_them(seconds in -62_167_219_200..253_402_207_200_i64) {
            let written = text(|t| push_time_s(seconds, t));
            prop_assert_eq!(&written, &Timestamp::from_second(seconds).unwrap().to_string());
            prop_assert_eq!(read_time_s(&written), Some(seconds));
        }

        #[test]
        fn no_time_is_read_that_the_calendar_lacks(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9][Zz]",
        ) {
            if let Some(seconds) = read_time_s(&text) {
                prop_assert_eq!(text.parse::<Timestamp>().unwrap().as_second(), seconds);
            } else if let Ok(time) = text.parse::<Timestamp>() {
                // Left to others: a leap second, or another way to write a time.
                prop_assert!(text.contains(":60") || !text.ends_with('Z') || text.contains(' '), "{}", time);
            }
        }
    }
}
