use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// The longest row in bytes, and the most fields, that is held in memory.
pub(crate) const MAX_ROW_BYTES: usize = 64 * 1024;
const MAX_FIELDS: usize = 1024;

/// Delimited rows with bounded memory: a longer row is passed over to the next line break.
pub(crate) struct Rows<R> {
    input: R,
    parser: Reader,
    delimiter: u8,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    line: u64,
    ends_with_newline: bool,
}

/// What [`Rows::next`] met.
pub(crate) enum Next<'a> {
    Row(Row<'a>),
    /// A row beyond the bounds that began on `line` and reached over `lines` lines.
    TooLong {
        line: u64,
        lines: u64,
    },
    End,
}

/// The fields of one row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The line the row begins on, from 1.
    pub(crate) line: u64,
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where a field's bytes lie.
    pub(crate) fn span(&self, column: usize) -> std::ops::Range<usize> {
        let start = match column.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(self.bytes.len()),
            None => 0,
        };
        start..self.ends.get(column).copied().unwrap_or(start)
    }
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            parser: parser(delimiter),
            delimiter,
            bytes: vec![0; MAX_ROW_BYTES],
            ends: vec![0; MAX_FIELDS],
            line: 1,
            ends_with_newline: true,
        }
    }

    /// Whether the last byte read was a line break.
    pub(crate) const fn ends_with_newline(&self) -> bool {
        self.ends_with_newline
    }

    /// The next row, without blank lines.
    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        self.skip_line_breaks()?;
        let line = self.line;
        let (mut len, mut fields) = (0, 0);
        loop {
            let input = self.input.fill_buf()?;
            let (result, read, wrote, ended) =
                self.parser
                    .read_record(input, &mut self.bytes[len..], &mut self.ends[fields..]);
            if let Some(&last) = input[..read].last() {
                self.line += count_newlines(&input[..read]);
                self.ends_with_newline = last == b'\n' || last == b'\r';
            }
            self.input.consume(read);
            len += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.skip_to_next_line()?;
                    let lines = (self.line - line).max(1);
                    return Ok(Next::TooLong { line, lines });
                }
                ReadRecordResult::Record => {
                    return Ok(Next::Row(Row {
                        line,
                        bytes: &self.bytes[..len],
                        ends: &self.ends[..fields],
                    }));
                }
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    fn skip_line_breaks(&mut self) -> io::Result<()> {
        loop {
            let input = self.input.fill_buf()?;
            let breaks = input
                .iter()
                .take_while(|&&b| b == b'\n' || b == b'\r')
                .count();
            if breaks == 0 {
                return Ok(());
            }
            self.line += count_newlines(&input[..breaks]);
            self.ends_with_newline = true;
            self.input.consume(breaks);
        }
    }

    /// A quotation mark that is never closed swallows all that follows, so after an overlong row
    /// the parser starts afresh on the next line instead of reading on inside the quotation.
    fn skip_to_next_line(&mut self) -> io::Result<()> {
        self.parser = parser(self.delimiter);
        // The parser eats a byte order mark only where it starts, and this is not the start.
        let _ = self
            .parser
            .read_record(b"\n", &mut self.bytes, &mut self.ends);
        loop {
            let input = self.input.fill_buf()?;
            if input.is_empty() {
                return Ok(());
            }
            self.ends_with_newline = false;
            let (skipped, found) = match input.iter().position(|&b| b == b'\n') {
                Some(at) => (at + 1, true),
                None => (input.len(), false),
            };
            self.input.consume(skipped);
            if found {
                self.line += 1;
                self.ends_with_newline = true;
                return Ok(());
            }
        }
    }
}

/// A cloned parser forgets its tables, so each is built.
fn parser(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).build()
}

fn count_newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&b| b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    /// The fields of a row, or the lines that an overlong one reached over.
    type Fields = Result<Vec<Vec<u8>>, u64>;

    fn all(text: &[u8], buffer: usize) -> Vec<(u64, Fields)> {
        let mut rows = Rows::new(BufReader::with_capacity(buffer, text), b',');
        let mut seen = Vec::new();
        loop {
            match rows.next().unwrap() {
                Next::End => return seen,
                Next::TooLong { line, lines } => seen.push((line, Err(lines))),
                Next::Row(row) => {
                    let field = |column| row.bytes()[row.span(column)].to_vec();
                    seen.push((row.line, Ok((0..row.len()).map(field).collect())));
                }
            }
        }
    }

    #[test]
    fn lines_are_counted_over_blank_lines_and_carriage_returns() {
        let rows = all(b"a,b\r\n\r\n\"c\nd\",e\r\nf,\"g,h\"", 3);
        let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 3, 5]);
        assert_eq!(rows[1].1, Ok(vec![b"c\nd".to_vec(), b"e".to_vec()]));
        assert_eq!(rows[2].1, Ok(vec![b"f".to_vec(), b"g,h".to_vec()]));
    }

    #[test]
    fn an_unclosed_quotation_costs_64_kib_and_not_the_file() {
        let mut text = b"1,\"open\n".to_vec();
        text.extend(b"2,x\n".repeat(20_000));
        text.extend(b"last,row\n");
        let rows = all(&text, 8192);
        let Err(lost) = rows[0].1 else {
            panic!("the first row must be too long")
        };
        assert!((16_000..17_000).contains(&lost), "{lost}");
        assert_eq!(rows.len() as u64, 1 + 20_000 + 1 - (lost - 1));
        assert_eq!(rows.last().unwrap().0, 20_002);
    }

    proptest! {
        #[test]
        fn agrees_with_the_csv_crate(text in "[ab,\"\n\r]{0,60}", buffer in 1_usize..9) {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            let seen: Vec<Vec<Vec<u8>>> =
                all(text.as_bytes(), buffer).into_iter().map(|(_, row)| row.unwrap()).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
