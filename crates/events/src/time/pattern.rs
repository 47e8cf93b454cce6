use crate::digits::{moment, two};

/// A pattern of `strptime`, with a quick way for times whose every part has its full width.
pub(crate) struct Pattern {
    text: String,
    /// `None` where the pattern asks for more than date and time in digits.
    parts: Option<Vec<Part>>,
}

#[derive(Clone, Copy)]
enum Part {
    Literal(u8),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Pattern {
    pub(crate) fn new(text: String) -> Self {
        let parts = parts(&text);
        Self { text, parts }
    }

    /// The pattern as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Day since 1970 and second of the day; `None` for any other way to write a time.
    #[inline]
    pub(crate) fn read(&self, text: &[u8]) -> Option<(i64, i64)> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut clock = [0; 3];
        let mut at = 0;
        for part in self.parts.as_ref()? {
            let place = match part {
                Part::Literal(byte) => {
                    if text.get(at) != Some(byte) {
                        return None;
                    }
                    at += 1;
                    continue;
                }
                Part::Year => {
                    year = 100 * two(text, at)? + two(text, at + 2)?;
                    at += 4;
                    continue;
                }
                Part::Month => &mut month,
                Part::Day => &mut day,
                Part::Hour => &mut clock[0],
                Part::Minute => &mut clock[1],
                Part::Second => &mut clock[2],
            };
            *place = two(text, at)?;
            at += 2;
        }
        (at == text.len()).then(|| moment(year, month, day, clock))?
    }
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let text = text.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
    let text = text.replace("%R", "%H:%M");
    let mut parts = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        parts.push(match byte {
            b'%' => match bytes.next()? {
                b'Y' => Part::Year,
                b'm' => Part::Month,
                b'd' => Part::Day,
                b'H' => Part::Hour,
                b'M' => Part::Minute,
                b'S' => Part::Second,
                _ => return None,
            },
            byte if byte.is_ascii() => Part::Literal(byte),
            _ => return None,
        });
    }
    // Each part once, and a whole date: anything else is left to the slow way and its answer.
    let count = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
    let date = [
        count(|part| matches!(part, Part::Year)),
        count(|part| matches!(part, Part::Month)),
        count(|part| matches!(part, Part::Day)),
        count(|part| matches!(part, Part::Hour)),
    ];
    let minutes = count(|part| matches!(part, Part::Minute));
    let seconds = count(|part| matches!(part, Part::Second));
    (date == [1; 4] && minutes <= 1 && seconds <= minutes).then_some(parts)
}
