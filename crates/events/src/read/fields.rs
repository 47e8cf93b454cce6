use std::ops::Range;

use super::{Found, text::Text};
use crate::Rule;

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
    pub(crate) fn text(&self, column: usize) -> Text<'a> {
        Text::within(self.bytes, self.span(column))
    }

    /// The bytes of a field without the white space around it.
    #[inline]
    pub(crate) fn get(&self, column: usize) -> &'a [u8] {
        self.text(column).bytes()
    }
}

/// Whether a line is UTF-8, and if not, in which field it breaks.
///
/// It is looked at as it stands: without its quotation marks, what stands on both sides of one could join
/// to a character.
pub(crate) fn check_text(line: &[u8], delimiter: u8) -> Found<()> {
    let Err(error) = str::from_utf8(line) else {
        return Ok(());
    };
    let (mut text, mut spans) = (Vec::new(), Spans::new());
    let before = line.get(..error.valid_up_to()).unwrap_or_default();
    let ended = unquote(before, delimiter, &mut text, &mut spans).is_some();
    Err((Rule::NotUtf8, Some(spans.len() - usize::from(ended))))
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
    fn marks_and_delimiters() {
        let of = |fields: &[&[u8]]| Some(fields.iter().map(|f| f.to_vec()).collect::<Vec<_>>());
        assert_eq!(fields(b"\"c,d\",e"), of(&[b"c,d", b"e"]));
        assert_eq!(fields(b"\"c\"d,"), of(&[b"cd", b""]));
        assert_eq!(fields(b"\xef,\"g,\"\"h\""), of(&[b"\xef", b"g,\"h"]));
        assert_eq!(fields(b"\0,\"\""), of(&[b"\0", b""]));
        assert_eq!(fields(b"a,\"b"), None);
    }

    #[test]
    fn a_line_is_text_as_it_stands() {
        for (line, column) in [
            (&b"a,\xc3\xa9"[..], None),
            (b"a,\"\xc3\xa9\",b", None),
            (b"a,\xff", Some(1)),
            (b"\xff,a", Some(0)),
            (b"a,b\xff,", Some(1)),
            (b"\"a,\"\"\xff\",b", Some(0)),
            (b"a,\"b\",\"\xc3\"\xa9", Some(2)),
            (b"a,\"\xc3\"\"\xa9\"", Some(1)),
            (b"a\xc3,\xa9", Some(0)),
        ] {
            let due = column.map_or(Ok(()), |column| Err((Rule::NotUtf8, Some(column))));
            assert_eq!(check_text(line, b','), due, "{line:?}");
        }
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
    }
}
