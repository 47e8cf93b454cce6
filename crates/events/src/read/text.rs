use std::{
    hash::{BuildHasher as _, Hasher as _},
    ops::Range,
};

use foldhash::quality::RandomState;

use crate::digits::read_short_number;

/// A text and what lies around it.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t> {
    bytes: &'t [u8],
    from: usize,
    length: usize,
}

/// The longest text that fits into two words.
const SHORT: usize = 16;

/// By the length of a text, the bits of two words that are its own.
const OWN: [[u64; 2]; SHORT + 1] = {
    let mut own = [[u64::MAX; 2]; SHORT + 1];
    let mut length = 0;
    while length < SHORT {
        let bits = (1_u128 << (8 * length)) - 1;
        own[length] = [bits as u64, (bits >> 64) as u64];
        length += 1;
    }
    own
};

impl<'t> Text<'t> {
    /// What stands in a range, without the white space around it; nothing for a range that is not there.
    #[inline]
    pub(crate) fn within(bytes: &'t [u8], range: Range<usize>) -> Self {
        let Range { start, end } = range;
        let text = bytes.get(start..end).unwrap_or_default();
        if let (Some(first), Some(last)) = (text.first(), text.last())
            && *first > b' '
            && *last > b' '
        {
            let (from, length) = (start, text.len());
            return Self {
                bytes,
                from,
                length,
            };
        }
        let trimmed = text.trim_ascii_start();
        Self {
            bytes,
            from: start + (text.len() - trimmed.len()),
            length: trimmed.trim_ascii_end().len(),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &'t [u8] {
        let range = self.from..self.from + self.length;
        self.bytes.get(range).unwrap_or_default()
    }

    /// Two words of up to sixteen bytes, zeros behind them; `None` for a longer text.
    ///
    /// The bytes behind a text are read with it and cut away: lengths are hard to foresee, and a branch on
    /// them costs more than all the rest.
    #[inline]
    fn words(&self) -> Option<[u64; 2]> {
        let own = OWN.get(self.length)?;
        let behind = self.bytes.get(self.from..).unwrap_or_default();
        let [low, high] = match behind.as_chunks().0 {
            [low, high, ..] => [low, high].map(|word| u64::from_le_bytes(*word)),
            _ => padded(behind),
        };
        Some([low & own[0], high & own[1]])
    }

    /// A number of up to eight digits, 0 for an empty text; `None` for whatever else.
    #[inline]
    pub(crate) fn short_number(&self) -> Option<u64> {
        match self.words() {
            Some([word, _]) => read_short_number(word, self.length),
            None => None,
        }
    }
}

impl<'t> From<&'t [u8]> for Text<'t> {
    fn from(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            from: 0,
            length: bytes.len(),
        }
    }
}

#[cold]
fn padded(bytes: &[u8]) -> [u64; 2] {
    let mut words = [[0; 8]; 2];
    for (to, byte) in words.as_flattened_mut().iter_mut().zip(bytes) {
        *to = *byte;
    }
    words.map(u64::from_le_bytes)
}

/// Knows texts again by 64 bits of a hash whose keys are drawn anew for each.
///
/// It is the hash of `foldhash`, which longer texts are given to, for texts of two words.
pub(crate) struct Prints {
    keys: [u64; 4],
    long: RandomState,
}

impl Default for Prints {
    fn default() -> Self {
        let long = RandomState::default();
        Self {
            keys: [0_u64, 1, 2, 3].map(|key| long.hash_one(key)),
            long,
        }
    }
}

impl Prints {
    /// The print of a text, or of several in their order; never 0.
    #[inline]
    pub(crate) fn of<'t>(&self, texts: impl IntoIterator<Item = Text<'t>>) -> u64 {
        let [first, second, length, last] = self.keys;
        let all = texts.into_iter().fold(first, |print, text| {
            let folded = match text.words() {
                Some([low, high]) => fold(print ^ low, second ^ high),
                None => self.of_long(print, text.bytes()),
            };
            folded.wrapping_add(length.wrapping_mul(text.length as u64))
        });
        fold(all, last).max(1)
    }

    #[inline(never)]
    fn of_long(&self, print: u64, text: &[u8]) -> u64 {
        let mut hasher = self.long.build_hasher();
        hasher.write_u64(print);
        hasher.write(text);
        hasher.finish()
    }
}

/// Both halves of a product, one upon the other.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_what_stands_there_trimmed(
            before in "[a0 ]{0,20}", text in "[a0\t ]{0,20}", after in "[a0 ]{0,20}",
        ) {
            let all = format!("{before}{text}{after}");
            let range = before.len()..before.len() + text.len();
            let read = Text::within(all.as_bytes(), range);
            prop_assert_eq!(read.bytes(), text.trim_ascii().as_bytes());
            prop_assert_eq!(read.is_empty(), text.trim_ascii().is_empty());
            prop_assert!(Text::within(text.as_bytes(), text.len() + 1..text.len() + 9).is_empty());
            let padded: Vec<u8> = read.bytes().iter().copied().chain([0; 16]).take(16).collect();
            let words = read.words().map(|words| words.map(u64::to_le_bytes).concat());
            prop_assert_eq!(words, (read.bytes().len() <= 16).then_some(padded));
        }

        #[test]
        fn numbers_of_eight_digits_are_as_the_standard_library_has_them(
            text in "[0-9]{1,10}|[0-9a:/+ \0]{0,9}",
        ) {
            let read = Text::from(text.as_bytes()).short_number();
            let digits = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse::<u64>().unwrap_or(0));
            prop_assert_eq!(read, number);
        }
    }

    /// Texts of which many differ by little: in what follows them, in their length, in where one ends.
    #[test]
    fn other_texts_have_other_prints() {
        let prints = Prints::default();
        let mut seen = HashMap::new();
        let texts: Vec<Vec<u8>> = (0..80)
            .map(|at| [b"\0", b"a"][at % 2].repeat(at / 2 + at % 2))
            .collect();
        for one in &texts {
            let alone = prints.of([Text::from(one.as_slice())]);
            assert!(seen.insert(alone, (one, None)).is_none());
            let among = [one.as_slice(), b"around"].concat();
            assert_eq!(prints.of([Text::within(&among, 0..one.len())]), alone);
            for two in &texts {
                let both = prints.of([one, two].map(|text| Text::from(text.as_slice())));
                assert!(seen.insert(both, (one, Some(two))).is_none());
            }
        }
        let others = Prints::default();
        let same = seen.iter().filter(|(print, (one, two))| {
            let texts = [Some(*one), *two].into_iter().flatten();
            others.of(texts.map(|text| Text::from(text.as_slice()))) == **print
        });
        assert_eq!(same.count(), 0);
    }
}
