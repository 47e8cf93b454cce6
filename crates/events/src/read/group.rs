use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use super::{
    Found,
    fields::{Fields, MAX_ROW_BYTES, Spans, check_text, unquote},
    marks::Marks,
};
use crate::Rule;

/// Bytes of lines that are split before the first of them is looked at further, so that they stay near
/// to the processor and the places of their ids are fetched together.
const GROUP_BYTES: usize = 4 << 10;

/// The first lines of a block, one at least, and the lines after them.
pub(crate) fn group(block: &[u8]) -> (&[u8], &[u8]) {
    let some = &block[..block.len().min(GROUP_BYTES)];
    let end = memrchr(b'\n', some).or_else(|| memchr(b'\n', block));
    block.split_at(end.map_or(block.len(), |end| end + 1))
}

/// A line that is split.
pub(crate) struct Line<'b> {
    /// Its number in its group, from 0.
    pub(crate) number: u64,
    /// Without its line break.
    pub(crate) raw: &'b [u8],
    /// Where it begins in its group, and where the line feed after it stands.
    range: Range<usize>,
    /// Where its fields' spans are.
    pub(crate) spans: Range<usize>,
    /// Quotation marks that stand around whole fields.
    quotes: usize,
    /// Where its text without quotation marks is, if it had to be copied.
    unquoted: Option<Range<usize>>,
    /// Why it can't be split.
    pub(crate) broken: Option<Rule>,
}

/// Where the lines of a group are split.
#[derive(Default)]
pub(crate) struct Splits {
    marks: Marks,
    spans: Spans,
    /// The text of lines that had to be copied.
    unquoted: Vec<u8>,
}

impl Splits {
    /// Splits the lines of a group, but for empty ones; how many there are with these.
    pub(crate) fn split<'b>(
        &mut self,
        group: &'b [u8],
        delimiter: u8,
        lines: &mut Vec<Line<'b>>,
    ) -> u64 {
        let Self {
            marks,
            spans,
            unquoted,
        } = self;
        lines.clear();
        spans.clear();
        unquoted.clear();
        let mut marks = marks.find(group, delimiter).iter();
        let mut quotes = memchr_iter(b'"', group).count();
        let quoted = quotes > 0;
        let (mut number, mut from) = (0, 0);
        while from < group.len() {
            let line = Line::split(number, group, from, quoted, &mut marks, spans);
            number += 1;
            from = line.range.end + 1;
            if line.raw.is_empty() {
                spans.truncate(line.spans.start);
            } else {
                quotes -= line.quotes;
                lines.push(line);
            }
        }
        if quotes > 0 || from > group.len() || group.len() > MAX_ROW_BYTES {
            for line in lines {
                line.split_slowly(group, delimiter, unquoted, spans);
            }
        }
        number
    }

    /// The fields of a line of the group that was split last.
    #[inline]
    pub(crate) fn fields<'a>(&'a self, group: &'a [u8], line: &Line<'_>) -> Fields<'a> {
        Fields {
            bytes: match &line.unquoted {
                Some(at) => &self.unquoted[at.clone()],
                None => group,
            },
            spans: &self.spans[line.spans.clone()],
        }
    }
}

impl<'b> Line<'b> {
    /// Splits a line of a group at its marks.
    ///
    /// It is split right where all its quotation marks stand around whole fields and a line feed ends it.
    #[inline]
    fn split(
        number: u64,
        group: &'b [u8],
        from: usize,
        quoted: bool,
        marks: &mut std::slice::Iter<'_, u32>,
        spans: &mut Spans,
    ) -> Self {
        let first = spans.len();
        let (mut field, mut end, mut quotes) = (from, group.len(), 0);
        for &mark in marks {
            let at = mark as usize;
            let is_end = group[at] == b'\n';
            let mut span = (field, at);
            if quoted && group[field] == b'"' {
                let returned = is_end && group[at - 1] == b'\r';
                let close = at - usize::from(returned) - 1;
                if close > field && group[close] == b'"' {
                    span = (field + 1, close);
                    quotes += 2;
                } else if !is_end {
                    // A delimiter that belongs to the field.
                    continue;
                }
            }
            spans.push((span.0 as u32, span.1 as u32));
            field = at + 1;
            if is_end {
                end = at;
                break;
            }
        }
        let raw = &group[from..end];
        Self {
            number,
            raw: raw.strip_suffix(b"\r").unwrap_or(raw),
            range: from..end,
            spans: first..spans.len(),
            quotes,
            unquoted: None,
            broken: None,
        }
    }

    /// Splits a line with a copy of its text, if it was not split right.
    #[cold]
    fn split_slowly(
        &mut self,
        group: &[u8],
        delimiter: u8,
        unquoted: &mut Vec<u8>,
        spans: &mut Spans,
    ) {
        let (first, start) = (spans.len(), unquoted.len());
        if self.raw.len() > MAX_ROW_BYTES {
            self.broken = Some(Rule::RowTooLong);
        } else if self.range.end < group.len() && memchr_iter(b'"', self.raw).count() == self.quotes
        {
            return;
        } else if unquote(self.raw, delimiter, unquoted, spans).is_some() {
            self.unquoted = Some(start..unquoted.len());
        } else {
            spans.truncate(first);
            self.broken = Some(Rule::UnclosedQuote);
        }
        self.spans = first..spans.len();
    }

    /// Whether its fields can be looked at; `utf8` where it is known that they are text.
    #[inline]
    pub(crate) fn check(&self, delimiter: u8, utf8: bool) -> Found<()> {
        match self.broken {
            Some(rule) => Err((rule, None)),
            None if utf8 => Ok(()),
            None => check_text(self.raw, delimiter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_split_in_place_as_they_are_when_copied(
            block in prop::collection::vec(
                "((\"[ab,]{0,9}\"|[ab]{0,9}),){0,3}(\"[ab,]{0,9}\"|[ab\"]{0,9})\r?\n|[ab,\"\r]{0,9}\n?",
                0..9,
            ),
        ) {
            let block = block.concat();
            let (mut splits, mut lines) = (Splits::default(), Vec::new());
            let (mut unquoted, mut spans) = (Vec::new(), Spans::new());
            let count = splits.split(block.as_bytes(), b',', &mut lines);
            let all: Vec<&str> = block.split_inclusive('\n').collect();
            prop_assert_eq!(count, all.len() as u64);
            let mut lines = lines.iter();
            for (number, text) in (0..).zip(all) {
                let text = text.strip_suffix('\n').unwrap_or(text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                if text.is_empty() {
                    continue;
                }
                let line = lines.next().unwrap();
                prop_assert_eq!((line.number, line.raw), (number, text.as_bytes()));
                let copied = Fields::split(text.as_bytes(), b',', &mut unquoted, &mut spans);
                let all = |fields: Fields<'_>| {
                    let field = |column| fields.get(column).to_vec();
                    (0..fields.len()).map(field).collect::<Vec<_>>()
                };
                let split = line.broken.is_none().then(|| splits.fields(block.as_bytes(), line));
                prop_assert_eq!(split.map(all), copied.map(all), "{}", text);
            }
            prop_assert!(lines.next().is_none());
        }
    }

    #[test]
    fn quotation_marks_around_whole_fields_need_no_copy() {
        for (group, copied) in [
            (&b"\"a\",\"b,c\",\"\"\r\n"[..], false),
            (b"a,b\r\n", false),
            (b"a\"b,c\n", true),
            (b"\"a\"b\n", true),
            (b"\"a\"\"b\"\n", true),
            (b"a,b", true),
        ] {
            let (mut splits, mut lines) = (Splits::default(), Vec::new());
            splits.split(group, b',', &mut lines);
            assert_eq!(lines[0].unquoted.is_some(), copied);
        }
    }
}
