use std::ops::Range;

use memchr::memchr;

use erewhon_types::Subscriber;

use super::{
    Batch, Fault, Found,
    fields::{Fields, MAX_ROW_BYTES, Spans, split_first_line, unquote},
    ids::Pair,
    layout::Layout,
    parquet::Rows,
    rules::{Rules, Scratch},
};
use crate::{Event, Mapping, Rule};

/// What a block came to; lines are counted from 0 at its beginning.
pub(crate) struct Parsed {
    pub(crate) batch: Batch,
    pub(crate) lines: u64,
    /// The last line, when the file ends in it before it has all its fields.
    pub(crate) cut_line: Option<u64>,
}

/// The first line of a block without its break, and the lines after it.
pub(crate) fn first_line(block: &[u8]) -> (&[u8], &[u8]) {
    line_to(block, memchr(b'\n', block).unwrap_or(block.len()))
}

/// The first line of a block, of which it is known where it ends.
#[inline]
fn line_to(block: &[u8], end: usize) -> (&[u8], &[u8]) {
    let line = &block[..end];
    let rest = block.get(end + 1..).unwrap_or_default();
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// Lines that are split before the first of them is looked at further, so that the places of their
/// ids are fetched together.
const GROUP: usize = 32;

/// A line that is split.
struct Line<'b> {
    number: u64,
    raw: &'b [u8],
    /// Where its fields' spans are.
    spans: Range<usize>,
    /// Where its text without quotation marks is, if it had to be copied.
    unquoted: Option<Range<usize>>,
    broken: Option<Rule>,
}

/// Turns whole lines into events, which go to the rows of `scratch`.
pub(crate) fn parse(
    rules: &Rules<'_>,
    layout: &Layout,
    stem: &str,
    mapping: &Mapping,
    mut block: &[u8],
    scratch: &mut Scratch<'_>,
) -> Parsed {
    let mut batch = Batch::default();
    let ends_with_newline = block.last().is_none_or(|byte| *byte == b'\n');
    // No character has a line break in it, so whole lines are UTF-8 where the block is.
    let utf8 = block.is_ascii() || std::str::from_utf8(block).is_ok();
    let delimiter = mapping.delimiter as u8;
    let (mut number, mut cut_line) = (0, None);
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(GROUP);
    let Scratch {
        ids,
        spans,
        unquoted,
        joined,
        rows,
    } = scratch;
    while !block.is_empty() {
        lines.clear();
        spans.clear();
        unquoted.clear();
        while lines.len() < GROUP && !block.is_empty() {
            let (line, rest) = Line::split(number, block, delimiter, unquoted, spans);
            lines.extend(line);
            block = rest;
            number += 1;
        }
        let pairs: Vec<Pair<'_>> = lines
            .iter()
            .map(|line| ids.of(layout, stem.as_bytes(), line.fields(unquoted, spans)))
            .collect();
        ids.fetch(&pairs);
        for (line, &pair) in lines.iter().zip(&pairs) {
            let found = match line.broken {
                Some(rule) => Err((rule, None)),
                None => {
                    let fields = line.fields(unquoted, spans);
                    rules.event_of_text(layout, fields, pair, utf8, ids, joined)
                }
            };
            let raw = || line.raw[..line.raw.len().min(MAX_ROW_BYTES)].to_vec();
            batch.take(found, rows, line.number, raw);
        }
        if let Some(last) = lines.last()
            && block.is_empty()
            && !ends_with_newline
            && last.number == number - 1
            && last.broken != Some(Rule::RowTooLong)
            && last.spans.len() < layout.fields
        {
            cut_line = Some(last.number);
        }
    }
    Parsed {
        batch,
        lines: number,
        cut_line,
    }
}

impl<'b> Line<'b> {
    /// Splits the first line of a block, unless it is empty; gives the lines after it, too.
    #[inline]
    fn split(
        number: u64,
        block: &'b [u8],
        delimiter: u8,
        unquoted: &mut Vec<u8>,
        spans: &mut Spans,
    ) -> (Option<Self>, &'b [u8]) {
        let (first, start) = (spans.len(), unquoted.len());
        let end = split_first_line(block, delimiter, spans);
        let (raw, rest) = match end {
            Some(end) => line_to(block, end),
            None => first_line(block),
        };
        if raw.is_empty() {
            spans.truncate(first);
            return (None, rest);
        }
        let mut line = Self {
            number,
            raw,
            spans: first..spans.len(),
            unquoted: None,
            broken: None,
        };
        if raw.len() > MAX_ROW_BYTES {
            spans.truncate(first);
            line.broken = Some(Rule::RowTooLong);
        } else if end.is_none() {
            spans.truncate(first);
            match unquote(raw, delimiter, unquoted, spans) {
                Some(()) => line.unquoted = Some(start..unquoted.len()),
                None => {
                    spans.truncate(first);
                    line.broken = Some(Rule::UnclosedQuote);
                }
            }
        }
        line.spans.end = spans.len();
        (Some(line), rest)
    }

    #[inline]
    fn fields<'a>(&'a self, unquoted: &'a [u8], spans: &'a Spans) -> Fields<'a> {
        Fields {
            bytes: match &self.unquoted {
                Some(at) => &unquoted[at.clone()],
                None => self.raw,
            },
            spans: &spans[self.spans.clone()],
        }
    }
}

/// Turns rows of a Parquet file into events, which go to the rows of `scratch`.
pub(crate) fn parse_rows(
    rules: &Rules<'_>,
    layout: &Layout,
    stem: &str,
    mapping: &Mapping,
    rows: &Rows,
    scratch: &mut Scratch<'_>,
) -> Parsed {
    let mut batch = Batch::default();
    // Values lie one behind the other, so that two broken ones may join to text: only what is ASCII as a
    // whole is text value by value.
    let utf8 = rows.bytes.is_ascii();
    let spans = rows.spans.chunks_exact(layout.fields.max(1));
    for (at, (spans, row_bytes)) in spans.zip(&rows.row_bytes).enumerate() {
        let fields = Fields {
            bytes: &rows.bytes,
            spans,
        };
        let found = if *row_bytes > MAX_ROW_BYTES {
            Err((Rule::RowTooLong, None))
        } else {
            rules.event_of_fields(layout, stem.as_bytes(), fields, utf8, scratch)
        };
        batch.take(found, &mut scratch.rows, at as u64, || {
            let all: Vec<&[u8]> = (0..fields.len()).map(|column| fields.get(column)).collect();
            all.join(&(mapping.delimiter as u8))
        });
    }
    Parsed {
        batch,
        lines: rows.rows as u64,
        cut_line: None,
    }
}

impl Batch {
    /// Takes what a row came to; `raw` gives its bytes where it is set aside.
    #[inline]
    fn take(
        &mut self,
        found: Found<(Subscriber, Event)>,
        rows: &mut Vec<(Subscriber, Event)>,
        line: u64,
        raw: impl FnOnce() -> Vec<u8>,
    ) {
        match found {
            Ok(row) => {
                let at = row.1.time_utc_ms;
                let (first, last) = self.span_utc_ms.unwrap_or((at, at));
                self.span_utc_ms = Some((first.min(at), last.max(at)));
                self.rows_good += 1;
                rows.push(row);
            }
            Err((Rule::OptedOut, _)) => self.opted_out += 1,
            Err((Rule::NotWanted, _)) => self.not_wanted += 1,
            Err((rule, column)) => {
                let column = column.map(|column| column + 1);
                self.faults.push((Fault { rule, line, column }, raw()));
            }
        }
    }
}
