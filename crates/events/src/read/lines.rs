use memchr::memchr;

use erewhon_types::Subscriber;

use super::{
    Batch, Fault, Found,
    fields::{Fields, MAX_ROW_BYTES},
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
    let (line, rest) = match memchr(b'\n', block) {
        Some(end) => (&block[..end], &block[end + 1..]),
        None => (block, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// Turns whole lines into events.
pub(crate) fn parse(
    rules: &Rules<'_>,
    layout: &Layout,
    stem: &str,
    mapping: &Mapping,
    mut block: &[u8],
    scratch: &mut Scratch<'_>,
) -> Parsed {
    let mut batch = Batch::default();
    batch.rows.reserve(block.len() / 64);
    let ends_with_newline = block.last().is_none_or(|byte| *byte == b'\n');
    // No character has a line break in it, so whole lines are UTF-8 where the block is.
    let utf8 = std::str::from_utf8(block).is_ok();
    let delimiter = mapping.delimiter as u8;
    let (mut number, mut cut_line) = (0, None);
    while !block.is_empty() {
        let (line, rest) = first_line(block);
        block = rest;
        number += 1;
        if line.is_empty() {
            continue;
        }
        let (found, fields) = if line.len() > MAX_ROW_BYTES {
            (Err((Rule::RowTooLong, None)), layout.fields)
        } else {
            rules.event_of_line(layout, stem.as_bytes(), line, delimiter, utf8, scratch)
        };
        batch.take(found, number - 1, || {
            line[..line.len().min(MAX_ROW_BYTES)].to_vec()
        });
        if rest.is_empty() && !ends_with_newline && fields < layout.fields {
            cut_line = Some(number - 1);
        }
    }
    Parsed {
        batch,
        lines: number,
        cut_line,
    }
}

/// Turns rows of a Parquet file into events.
pub(crate) fn parse_rows(
    rules: &Rules<'_>,
    layout: &Layout,
    stem: &str,
    mapping: &Mapping,
    rows: &Rows,
    scratch: &mut Scratch<'_>,
) -> Parsed {
    let mut batch = Batch::default();
    batch.rows.reserve(rows.rows);
    let utf8 = std::str::from_utf8(&rows.bytes).is_ok();
    let spans = rows.spans.chunks_exact(layout.fields.max(1));
    for (at, (spans, row_bytes)) in spans.zip(&rows.row_bytes).enumerate() {
        let fields = Fields {
            bytes: &rows.bytes,
            spans,
        };
        let is_broken = |column: &usize| std::str::from_utf8(fields.get(*column)).is_err();
        let broken = if utf8 {
            None
        } else {
            (0..fields.len()).find(is_broken)
        };
        let found = match broken {
            _ if *row_bytes > MAX_ROW_BYTES => Err((Rule::RowTooLong, None)),
            Some(column) => Err((Rule::NotUtf8, Some(column))),
            None => rules.event_of_fields(layout, stem.as_bytes(), fields, scratch),
        };
        batch.take(found, at as u64, || {
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
    fn take(
        &mut self,
        found: Found<(Subscriber, Event)>,
        line: u64,
        raw: impl FnOnce() -> Vec<u8>,
    ) {
        match found {
            Ok(row) => self.rows.push(row),
            Err((Rule::OptedOut, _)) => self.opted_out += 1,
            Err((Rule::NotWanted, _)) => self.not_wanted += 1,
            Err((rule, column)) => {
                let column = column.map(|column| column + 1);
                self.faults.push((Fault { rule, line, column }, raw()));
            }
        }
    }
}
