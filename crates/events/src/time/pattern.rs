use crate::digits::{moment, two};

/// A pattern of `strptime`, with a quick way for times whose every part has its full width.
pub(crate) struct Pattern {
    text: String,
    /// `None` where the pattern asks for more than date and time in digits.
    places: Option<Places>,
}

/// Where the parts of a time stand.
struct Places {
    length: usize,
    literals: Vec<(usize, u8)>,
    /// Year, month, day and hour.
    whole: [usize; 4],
    minute: Option<usize>,
    second: Option<usize>,
}

impl Pattern {
    pub(crate) fn new(text: String) -> Self {
        let places = Places::of(&text);
        Self { text, places }
    }

    /// The pattern as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Day since 1970 and second of the day; `None` for any other way to write a time.
    #[inline]
    pub(crate) fn read(&self, text: &[u8]) -> Option<(i64, i64)> {
        let places = self.places.as_ref()?;
        let as_written = |(at, byte): &(usize, u8)| text.get(*at) == Some(byte);
        if text.len() != places.length || !places.literals.iter().all(as_written) {
            return None;
        }
        let [year, month, day, hour] = places.whole;
        let number = |at| two(text, at);
        let or_zero = |at: Option<usize>| at.map_or(Some(0), number);
        moment(
            100 * number(year)? + number(year + 2)?,
            number(month)?,
            number(day)?,
            [
                number(hour)?,
                or_zero(places.minute)?,
                or_zero(places.second)?,
            ],
        )
    }
}

impl Places {
    fn of(pattern: &str) -> Option<Self> {
        let pattern = pattern.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
        let pattern = pattern.replace("%R", "%H:%M");
        let (mut length, mut literals, mut found) = (0, Vec::new(), [None; 6]);
        let mut bytes = pattern.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let letter = bytes.next()?;
                let part = b"YmdHMS".iter().position(|&part| part == letter)?;
                // A part that is there twice is left to the slow way and its answer.
                if found[part].replace(length).is_some() {
                    return None;
                }
                length += if part == 0 { 4 } else { 2 };
            } else if byte.is_ascii() {
                literals.push((length, byte));
                length += 1;
            } else {
                return None;
            }
        }
        let [year, month, day, hour, minute, second] = found;
        if second.is_some() && minute.is_none() {
            return None;
        }
        Some(Self {
            length,
            literals,
            whole: [year?, month?, day?, hour?],
            minute,
            second,
        })
    }
}
