use std::io::{self, BufRead, Read as _};

use crate::Rule;

/// The longest row in bytes, without its line break.
pub(crate) const MAX_ROW_BYTES: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Delimited rows, each one line, in bounded memory.
///
/// A quoted field may hold delimiters and doubled quotation marks, but no line break: if it could,
/// a quotation mark that is never closed would swallow the rows of other people.
pub(crate) struct Rows<R> {
    input: R,
    delimiter: u8,
    held: Vec<u8>,
    unquoted: Vec<u8>,
    fields: Vec<(usize, usize)>,
    line: u64,
    ends_with_newline: bool,
}

/// What [`Rows::next`] met.
pub(crate) enum Next<'a> {
    Row(Row<'a>),
    /// A line that is no row, the rule it breaks, and its bytes (of one that is too long, the first).
    Bad(u64, Rule, &'a [u8]),
    End,
}

/// The fields of one row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The line, from 1.
    pub(crate) line: u64,
    /// The line as it stands in the file.
    pub(crate) raw: &'a [u8],
    bytes: &'a [u8],
    fields: &'a [(usize, usize)],
}

impl<'a> Row<'a> {
    pub(crate) const fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where a field's bytes lie.
    pub(crate) fn span(&self, column: usize) -> std::ops::Range<usize> {
        let (start, end) = self.fields.get(column).copied().unwrap_or_default();
        start..end
    }
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            held: Vec::new(),
            unquoted: Vec::new(),
            fields: Vec::new(),
            line: 0,
            ends_with_newline: true,
        }
    }

    /// Whether the last row that was read ended in a line break.
    pub(crate) const fn ends_with_newline(&self) -> bool {
        self.ends_with_newline
    }

    /// The next line that is not blank.
    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        loop {
            match self.read_line()? {
                None => return Ok(Next::End),
                Some(Held::TooLong) => {
                    return Ok(Next::Bad(self.line, Rule::RowTooLong, &self.held));
                }
                Some(Held::Whole) if !self.held.is_empty() => break,
                // Blank, so whatever came before it was ended.
                Some(Held::Whole) => self.ends_with_newline = true,
            }
        }
        self.fields.clear();
        let bytes = if !self.held.contains(&b'"') {
            split(&self.held, self.delimiter, &mut self.fields);
            &self.held
        } else if unquote(
            &self.held,
            self.delimiter,
            &mut self.unquoted,
            &mut self.fields,
        ) {
            &self.unquoted
        } else {
            return Ok(Next::Bad(self.line, Rule::UnclosedQuote, &self.held));
        };
        Ok(Next::Row(Row {
            line: self.line,
            raw: &self.held,
            bytes,
            fields: &self.fields,
        }))
    }

    /// Reads one line without its break; `None` at the end.
    fn read_line(&mut self) -> io::Result<Option<Held>> {
        // The longest row, its line break, and at the file's start the mark.
        let most = MAX_ROW_BYTES + 2 + BYTE_ORDER_MARK.len();
        self.held.clear();
        let mut input = self.input.by_ref().take(most as u64);
        if input.read_until(b'\n', &mut self.held)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.ends_with_newline = self.held.last() == Some(&b'\n');
        if self.ends_with_newline {
            self.held.pop();
        } else if self.held.len() == most {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Held::TooLong));
        }
        if self.held.last() == Some(&b'\r') {
            self.held.pop();
        }
        if self.line == 1 && self.held.starts_with(BYTE_ORDER_MARK) {
            self.held.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(Some(if self.held.len() > MAX_ROW_BYTES {
            Held::TooLong
        } else {
            Held::Whole
        }))
    }
}

/// How much of a line is in memory.
enum Held {
    Whole,
    TooLong,
}

/// Finds the fields of a line without quotation marks.
fn split(line: &[u8], delimiter: u8, fields: &mut Vec<(usize, usize)>) {
    let mut start = 0;
    for (at, _) in line.iter().enumerate().filter(|(_, b)| **b == delimiter) {
        fields.push((start, at));
        start = at + 1;
    }
    fields.push((start, line.len()));
}

/// Copies a line without its quotation marks and finds its fields; false when a mark stays open.
///
/// RFC 4180, and as in the `csv` crate what follows a closing mark belongs to the field.
fn unquote(
    line: &[u8],
    delimiter: u8,
    text: &mut Vec<u8>,
    fields: &mut Vec<(usize, usize)>,
) -> bool {
    text.clear();
    let mut rest = line.iter().copied().peekable();
    loop {
        let start = text.len();
        if rest.next_if_eq(&b'"').is_some() {
            loop {
                match rest.next() {
                    None => return false,
                    // Of a doubled mark the guard takes the second, and the first is kept below.
                    Some(b'"') if rest.next_if_eq(&b'"').is_none() => break,
                    Some(byte) => text.push(byte),
                }
            }
        }
        text.extend(std::iter::from_fn(|| rest.next_if(|&b| b != delimiter)));
        fields.push((start, text.len()));
        match rest.next() {
            Some(_) => text.push(delimiter),
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    type Fields = Result<Vec<Vec<u8>>, Rule>;

    fn all(text: &[u8], buffer: usize) -> Vec<(u64, Fields)> {
        let mut rows = Rows::new(BufReader::with_capacity(buffer, text), b',');
        let mut seen = Vec::new();
        loop {
            match rows.next().unwrap() {
                Next::End => return seen,
                Next::Bad(line, rule, _) => seen.push((line, Err(rule))),
                Next::Row(row) => {
                    let field = |column| row.bytes()[row.span(column)].to_vec();
                    seen.push((row.line, Ok((0..row.len()).map(field).collect())));
                }
            }
        }
    }

    fn fields<const N: usize>(of: [&str; N]) -> Fields {
        Ok(of.map(|field| field.as_bytes().to_vec()).to_vec())
    }

    #[test]
    fn each_line_is_a_row() {
        let rows = all(
            b"\xef\xbb\xbfa,b\r\n\r\n\"c\nd\",e\r\n\xef,\"g,\"\"h\"\n\0,\"\"\n",
            3,
        );
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0], (1, fields(["a", "b"])));
        assert_eq!(rows[1], (3, Err(Rule::UnclosedQuote)));
        assert_eq!(rows[2], (4, fields(["d\"", "e"])));
        assert_eq!(rows[3], (5, Ok(vec![vec![0xef], b"g,\"h".to_vec()])));
        assert_eq!(rows[4], (6, fields(["\0", ""])));
    }

    #[test]
    fn the_longest_row_is_held_and_a_longer_one_is_not() {
        for (mark, end) in [("", "\n"), ("\u{feff}", "\r\n"), ("", "")] {
            for (bytes, held) in [(MAX_ROW_BYTES, true), (MAX_ROW_BYTES + 1, false)] {
                let text = format!("{mark}{}{end}", "x".repeat(bytes));
                let rows = all(text.as_bytes(), 8192);
                assert_eq!(rows.len(), 1);
                assert_eq!(rows[0].1.is_ok(), held, "{bytes} and {end:?}");
            }
        }
        let rows = all(
            &[b"\"".repeat(1_000_001), b"\nlast,row".to_vec()].concat(),
            8192,
        );
        assert_eq!(rows[0], (1, Err(Rule::RowTooLong)));
        assert_eq!(rows[1], (2, fields(["last", "row"])));
    }

    /// What the `csv` crate makes of one line; it swallows the line after an open quotation.
    fn by_csv(line: &[u8]) -> Fields {
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
            [fields, end] if end == &[b"end"] => Ok(fields.clone()),
            _ => Err(Rule::UnclosedQuote),
        }
    }

    proptest! {
        #[test]
        fn each_line_is_what_the_csv_crate_makes_of_it_alone(
            text in "[ab,\"\n\r]{0,60}", buffer in 1_usize..9,
        ) {
            let expected: Vec<(u64, Fields)> = text
                .split('\n')
                .map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes())
                .zip(1..)
                .filter(|(line, _)| !line.is_empty())
                .map(|(line, number)| (number, by_csv(line)))
                .collect();
            prop_assert_eq!(all(text.as_bytes(), buffer), expected);
        }
    }
}
