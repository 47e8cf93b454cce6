use std::{io, io::Write};

use erewhon_geo::{CellTable, Frame};
use erewhon_types::{Error, Kind, Result, Subscriber};
use rayon::prelude::*;

use crate::{Event, EventTable, History, Mapping, digits::push_number, time::TimeCodec};

mod source;

pub(crate) use source::Source;
use source::push_scaled;

/// What gives the id to write for a subscriber or peer.
pub type NameOf<'a> = &'a (dyn Fn(Subscriber) -> String + Sync);

/// Writes events in a mapping's own layout: same columns, same order, same formats.
///
/// So synthetic records drop into tools made for the source. Ignored columns stay empty; where the
/// layout has positions, a row gets those of its cell. What the layout has no column for (a byte
/// count, a peer) is left out, as are IMSIs and TACs, which a record does not hold; a time format
/// coarser than a millisecond rounds down.
/// `name_of` gives the id to write for a subscriber or peer.
///
/// # Errors
/// Input, when the layout can't express a kind that occurs, has positions while the cell table has
/// none, or holds one subscriber per file; resource, when writing fails.
pub fn write_events(
    mapping: &Mapping,
    cells: &CellTable,
    events: &EventTable,
    mut out: impl Write,
    name_of: NameOf<'_>,
) -> Result<()> {
    if mapping.subscriber_from_file_name && events.subscribers() > 1 {
        return Err(Error::input(
            "the layout has no column for the subscriber: it holds one subscriber per file",
        )
        .with_hint("choose a layout with a subscriber column, for example `cdr`"));
    }
    if mapping.cell.is_none() && cells.frame() != Frame::Geographic {
        return Err(Error::input(
            "the layout has latitudes and longitudes, the cell table has none",
        )
        .with_hint("choose a layout with a cell column, for example `cdr`"));
    }
    let encoder = Encoder::new(mapping, cells)?;
    let mut text = Vec::new();
    if mapping.header {
        for (at, column) in mapping.columns.iter().enumerate() {
            encoder.separate(at, &mut text);
            encoder.push(column, &mut text);
        }
        text.push(b'\n');
    }
    out.write_all(&text).map_err(|error| failed(&error))?;
    let histories: Vec<History<'_>> = events.histories().collect();
    for group in histories.chunks(GROUP * BLOCK) {
        let blocks: Vec<Result<Vec<u8>>> = group
            .par_chunks(BLOCK)
            .map(|block| {
                let mut text = Vec::new();
                for history in block {
                    encoder.history(*history, name_of, &mut text)?;
                }
                Ok(text)
            })
            .collect();
        for block in blocks {
            out.write_all(&block?).map_err(|error| failed(&error))?;
        }
    }
    out.flush().map_err(|error| failed(&error))
}

/// Histories that are formatted by one thread, and blocks that wait in memory to be written.
const BLOCK: usize = 32;
const GROUP: usize = 32;

fn failed(error: &io::Error) -> Error {
    Error::new(Kind::Resource, format!("can't write the records: {error}"))
        .with_hint("check the disk's free space and run the same command again")
}

struct Encoder<'a> {
    mapping: &'a Mapping,
    cells: &'a CellTable,
    time: TimeCodec,
    fields: Vec<Source>,
    /// Whether the cells have latitudes and longitudes.
    positions: bool,
    delimiter: u8,
}

impl<'a> Encoder<'a> {
    fn new(mapping: &'a Mapping, cells: &'a CellTable) -> Result<Self> {
        Ok(Self {
            mapping,
            cells,
            time: TimeCodec::new(&mapping.time, None)?,
            fields: mapping
                .columns
                .iter()
                .map(|c| Source::of(mapping, c))
                .collect(),
            positions: cells.frame() == Frame::Geographic,
            delimiter: mapping.delimiter as u8,
        })
    }

    fn history(&self, history: History<'_>, name_of: NameOf<'_>, text: &mut Vec<u8>) -> Result<()> {
        let name = name_of(history.subscriber);
        for event in history.events {
            let only = self.mapping.kind.constant;
            if let Some(only) = only.filter(|only| *only != event.kind) {
                return Err(Error::input(format!(
                    "the layout holds only `{only}` events and can't express `{}`",
                    event.kind
                )));
            }
            for (at, source) in self.fields.iter().enumerate() {
                self.separate(at, text);
                self.field(source, &name, event, name_of, text)?;
            }
            text.push(b'\n');
        }
        Ok(())
    }

    fn separate(&self, at: usize, text: &mut Vec<u8>) {
        if at > 0 {
            text.push(self.delimiter);
        }
    }

    fn field(
        &self,
        source: &Source,
        name: &str,
        event: &Event,
        name_of: NameOf<'_>,
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let cell = || self.cells.cell(event.cell);
        let from = text.len();
        match source {
            Source::Subscriber => text.extend_from_slice(name.as_bytes()),
            Source::Time => self.time.write(event.time_utc_ms, text)?,
            Source::End => {
                let spent_ms = i64::from(event.duration_s) * 1_000;
                self.time
                    .write(event.time_utc_ms.saturating_add(spent_ms), text)?;
            }
            Source::Cell => text.extend_from_slice(cell().id.as_bytes()),
            Source::CellPart { part, of } => {
                let part = cell().id.splitn(*of, '-').nth(*part);
                text.extend_from_slice(part.unwrap_or_default().as_bytes());
            }
            Source::CellRow => push_number(event.cell.0.into(), text),
            Source::Lat(decimal) if self.positions => push_degrees(cell().y, *decimal, text),
            Source::Lon(decimal) if self.positions => push_degrees(cell().x, *decimal, text),
            Source::Kind(word) => {
                let value = self.mapping.value_of(event.kind).ok_or_else(|| {
                    let kind = event.kind;
                    Error::input(format!("the layout has no value for the kind `{kind}`"))
                        .with_hint("add one to `kind.values` in the mapping")
                })?;
                // The last column takes what is left, so a single column may hold spaces.
                let words = self.mapping.kind.columns.len();
                let word = value.splitn(words, ' ').nth(*word).unwrap_or_default();
                text.extend_from_slice(word.as_bytes());
            }
            Source::DurationS(ratio) => push_scaled(event.duration_s.into(), *ratio, text),
            Source::BytesUp(ratio) => push_scaled(event.bytes_up, *ratio, text),
            Source::BytesDown(ratio) => push_scaled(event.bytes_down, *ratio, text),
            Source::Peer => {
                if let Some(peer) = event.peer {
                    text.extend_from_slice(name_of(Subscriber::new(peer.get())).as_bytes());
                }
            }
            Source::HomeNetwork(part) => {
                if let Some(network) = event.home_network {
                    part.push(network, text);
                }
            }
            Source::Device => text.extend_from_slice(event.device.name().as_bytes()),
            Source::Constant(value) => text.extend_from_slice(value.as_bytes()),
            Source::Lat(_) | Source::Lon(_) | Source::Machine | Source::Imsi | Source::Nothing => {}
        }
        self.quote(from, text);
        Ok(())
    }

    fn push(&self, value: &str, text: &mut Vec<u8>) {
        let from = text.len();
        text.extend_from_slice(value.as_bytes());
        self.quote(from, text);
    }

    /// Puts what was appended in quotation marks, where it could be taken for more than one field.
    fn quote(&self, from: usize, text: &mut Vec<u8>) {
        let special = |&b: &u8| b == self.delimiter || matches!(b, b'"' | b'\n' | b'\r');
        if text[from..].iter().any(special) {
            let plain = text.split_off(from);
            text.push(b'"');
            for byte in plain {
                if byte == b'"' {
                    text.push(b'"');
                }
                text.push(byte);
            }
            text.push(b'"');
        }
    }
}

fn push_degrees(degrees: f64, decimal: char, text: &mut Vec<u8>) {
    let from = text.len();
    text.extend_from_slice(degrees.to_string().as_bytes());
    if let Some(point) = text[from..].iter_mut().find(|byte| **byte == b'.') {
        *point = decimal as u8;
    }
}

#[cfg(test)]
mod tests;
