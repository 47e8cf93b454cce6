use memchr::memchr;

use erewhon_types::Subscriber;

use super::{
    Batch, Fault, Found,
    fields::{Fields, MAX_ROW_BYTES},
    group::{Line, group},
    ids::Names,
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
    let end = memchr(b'\n', block).unwrap_or(block.len());
    let line = &block[..end];
    let rest = block.get(end + 1..).unwrap_or_default();
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
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
    let delimiter = mapping.delimiter as u8;
    let (mut number, mut cut_line) = (0, None);
    let mut lines: Vec<Line<'_>> = Vec::new();
    let Scratch {
        ids,
        splits,
        joined,
        rows,
    } = scratch;
    while !block.is_empty() {
        let (group, rest) = group(block);
        block = rest;
        let first = number;
        number += splits.split(group, delimiter, &mut lines);
        // No character has a line break in it, so whole lines are UTF-8 where all of them together are.
        let utf8 = group.is_ascii() || std::str::from_utf8(group).is_ok();
        let names: Vec<Names<'_>> = lines
            .iter()
            .map(|line| ids.of(layout, stem.as_bytes(), splits.fields(group, line)))
            .collect();
        ids.fetch(&names);
        for (line, names) in lines.iter().zip(&names) {
            let fields = splits.fields(group, line);
            let found = line.check(delimiter, utf8);
            let found = found.and_then(|()| rules.event(layout, fields, names, ids, joined));
            let raw = || line.raw[..line.raw.len().min(MAX_ROW_BYTES)].to_vec();
            batch.take(found, rows, first + line.number, raw);
        }
        if let Some(last) = lines.last()
            && block.is_empty()
            && !ends_with_newline
            && first + last.number == number - 1
            && last.broken != Some(Rule::RowTooLong)
            && last.spans.len() < layout.fields
        {
            cut_line = Some(first + last.number);
        }
    }
    Parsed {
        batch,
        lines: number,
        cut_line,
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
