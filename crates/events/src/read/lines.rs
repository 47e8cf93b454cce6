use memchr::memchr;

use super::{
    Batch, Fault,
    fields::MAX_ROW_BYTES,
    layout::Layout,
    rules::{Rules, Scratch},
};
use crate::{Mapping, Rule};

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
        match found {
            Ok(row) => batch.rows.push(row),
            Err((Rule::OptedOut, _)) => batch.opted_out += 1,
            Err((Rule::NotWanted, _)) => batch.not_wanted += 1,
            Err((rule, column)) => {
                let fault = Fault {
                    rule,
                    line: number - 1,
                    column: column.map(|column| column + 1),
                };
                let held = line.len().min(MAX_ROW_BYTES);
                batch.faults.push((fault, line[..held].to_vec()));
            }
        }
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
