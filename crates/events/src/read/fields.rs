use std::ops::Range;

/// The longest row in bytes, without its line break.
pub(crate) const MAX_ROW_BYTES: usize = 64 * 1024;
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where the fields of a row lie in its bytes.
pub(crate) type Spans = Vec<(u32, u32)>;

/// The fields of one row.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) spans: &'a [(u32, u32)],
}

impl<'a> Fields<'a> {
    /// Splits a line into the columns of a row; `None` when a quotation mark stays open.
    ///
    /// RFC 4180, and as in the `csv` crate what follows a closing mark belongs to the field. A quoted
    /// field may hold delimiters and doubled quotation marks, but no line break: if it could, a mark
    /// that is never closed would swallow the rows of other people.
    pub(crate) fn split(
        line: &[u8],
        delimiter: u8,
        unquoted: &'a mut Vec<u8>,
        spans: &'a mut Spans,
    ) -> Option<Self> {
        spans.clear();
        unquoted.clear();
        unquote(line, delimiter, unquoted, spans)?;
        Some(Self {
            bytes: unquoted,
            spans,
        })
    }

    pub(crate) const fn len(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn span(&self, column: usize) -> Range<usize> {
        let (start, end) = self.spans.get(column).copied().unwrap_or_default();
        start as usize..end as usize
    }

    /// A field without the white space around it.
    #[inline]
    pub(crate) fn get(&self, column: usize) -> &'a [u8] {
        let field = self.bytes.get(self.span(column)).unwrap_or_default();
        match field {
            [first, .., last] if *first > b' ' && *last > b' ' => field,
            _ => field.trim_ascii(),
        }
    }
}

/// Appends the fields of the first line of a block and gives where its line feed stands; `None` for a
/// line whose marks do not stand around whole fields, or that no line feed ends.
#[inline]
pub(crate) fn split_first_line(block: &[u8], delimiter: u8, spans: &mut Spans) -> Option<usize> {
    let mut start = 0;
    loop {
        if block.get(start) == Some(&b'"') {
            start += 1;
            let end = start + find_either(b'"', b'\n', &block[start..])?;
            spans.push((start as u32, end as u32));
            match block[end..] {
                [b'"', b'\n', ..] => return Some(end + 1),
                [b'"', b'\r', b'\n', ..] => return Some(end + 2),
                [b'"', byte, ..] if byte == delimiter => start = end + 2,
                _ => return None,
            }
        } else {
            let end = start + find_either(delimiter, b'\n', &block[start..])?;
            let field = &block[start..end];
            if block[end] == b'\n' {
                let field = field.strip_suffix(b"\r").unwrap_or(field);
                spans.push((start as u32, (start + field.len()) as u32));
                return Some(end);
            }
            spans.push((start as u32, end as u32));
            start = end + 1;
        }
    }
}

/// Where one of two bytes first stands.
///
/// Fields are short: eight bytes at a time, in place, are quicker than a call of `memchr`.
#[inline]
fn find_either(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks::<8>();
    let (a8, b8) = (u64::from_ne_bytes([a; 8]), u64::from_ne_bytes([b; 8]));
    // The lowest bit that is set is that of the first byte which is 0; higher ones may be wrong.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    for (word, at) in words.iter().zip((0..).step_by(8)) {
        let word = u64::from_le_bytes(*word);
        let met = zeros(word ^ a8) | zeros(word ^ b8);
        if met != 0 {
            return Some(at + met.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|&byte| byte == a || byte == b)?;
    Some(text.len() - rest.len() + at)
}

/// Copies a line without its quotation marks and finds its fields.
pub(crate) fn unquote(
    line: &[u8],
    delimiter: u8,
    text: &mut Vec<u8>,
    spans: &mut Spans,
) -> Option<()> {
    let before = text.len();
    let mut rest = line.iter().copied().peekable();
    loop {
        let start = text.len() - before;
        if rest.next_if_eq(&b'"').is_some() {
            loop {
                match rest.next()? {
                    // Of a doubled mark the guard takes the second, and the first is kept below.
                    b'"' if rest.next_if_eq(&b'"').is_none() => break,
                    byte => text.push(byte),
                }
            }
        }
        text.extend(std::iter::from_fn(|| rest.next_if(|&b| b != delimiter)));
        spans.push((start as u32, (text.len() - before) as u32));
        match rest.next() {
            Some(_) => text.push(delimiter),
            None => return Some(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (mut unquoted, mut spans) = (Vec::new(), Spans::new());
        let row = Fields::split(line, b',', &mut unquoted, &mut spans)?;
        let field = |column| row.bytes[row.span(column)].to_vec();
        Some((0..row.len()).map(field).collect())
    }

    /// What the `csv` crate makes of one line; it swallows the line after an open quotation.
    fn by_csv(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let text = [line, b"\nend\n"].concat();
        let records: Vec<Vec<Vec<u8>>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(text.as_slice())
            .byte_records()
            .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        match records.as_slice() {
            [fields, end] if end == &[b"end"] => Some(fields.clone()),
            _ => None,
        }
    }

    #[test]
    fn lines_whose_marks_stand_around_whole_fields_need_no_copy() {
        for (block, end) in [
            (&b"\n"[..], Some(0)),
            (b"a,\"b,c\",\r\nx\n", Some(9)),
            (b"\"a\"\r\n", Some(4)),
            (b"a\"b,c\n", Some(5)),
            (b"\"a\"b\n", None),
            (b"\"a\"\"b\"\n", None),
            (b"\"a\n\"b\n", None),
            (b"a,b", None),
        ] {
            assert_eq!(split_first_line(block, b',', &mut Spans::new()), end);
        }
    }

    #[test]
    fn marks_and_delimiters() {
        let of = |fields: &[&[u8]]| Some(fields.iter().map(|f| f.to_vec()).collect::<Vec<_>>());
        assert_eq!(fields(b"\"c,d\",e"), of(&[b"c,d", b"e"]));
        assert_eq!(fields(b"\"c\"d,"), of(&[b"cd", b""]));
        assert_eq!(fields(b"\xef,\"g,\"\"h\""), of(&[b"\xef", b"g,\"h"]));
        assert_eq!(fields(b"\0,\"\""), of(&[b"\0", b""]));
        assert_eq!(fields(b"a,\"b"), None);
    }

    proptest! {
        #[test]
        fn each_line_is_what_the_csv_crate_makes_of_it_alone(line in "[ab,\"\r\0]{1,40}") {
            prop_assert_eq!(fields(line.as_bytes()), by_csv(line.as_bytes()));
        }

        #[test]
        fn quoted_fields_are_what_the_csv_crate_makes_of_them(
            line in "(\"?[a,\"]{0,6}\"?,?){1,8}x",
        ) {
            prop_assert_eq!(fields(line.as_bytes()), by_csv(line.as_bytes()));
        }

        #[test]
        fn a_line_is_split_in_place_as_it_is_when_copied(
            line in "((\"[ab,]{0,9}\"|[ab]{0,9}),){0,3}(\"[ab,]{0,9}\"|[ab\"]{1,9})",
            end in prop::sample::select(vec!["\n", "\r\n"]), rest in "[ab,\"\n]{0,20}",
        ) {
            let block = [line.as_bytes(), end.as_bytes(), rest.as_bytes()].concat();
            let mut spans = Spans::new();
            let split = split_first_line(&block, b',', &mut spans);
            let of = |&(start, end): &(u32, u32)| block[start as usize..end as usize].to_vec();
            match split {
                Some(at) => {
                    prop_assert_eq!(at, line.len() + end.len() - 1);
                    let split = spans.iter().map(of).collect::<Vec<_>>();
                    prop_assert_eq!(Some(split), fields(line.as_bytes()));
                }
                None => prop_assert!(line.ends_with(['a', 'b', '"']) && line.contains('"')),
            }
            prop_assert_eq!(split_first_line(line.as_bytes(), b',', &mut spans), None);
        }

        #[test]
        fn of_two_bytes_the_first_is_found(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let first = text.iter().position(|byte| matches!(byte, 0x80 | 0x01));
            prop_assert_eq!(find_either(0x80, 0x01, &text), first);
        }
    }
}
