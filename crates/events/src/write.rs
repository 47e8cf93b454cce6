use std::{io, io::Write};

use erewhon_geo::{CellTable, Frame};
use erewhon_types::{Error, Kind, Result, Subscriber};

use crate::{
    Event, EventKind, EventSource, History, Mapping, digits::push_number, in_order, time::TimeCodec,
};

mod columns;
mod parquet;
mod source;

use columns::end_utc_ms;
pub use parquet::write_parquet;
pub(crate) use source::Source;
use source::push_scaled;

/// What gives the id to write for a subscriber or peer.
pub type NameOf<'a> = &'a (dyn Fn(Subscriber) -> String + Sync);

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Number of subscribers.
    pub subscribers: u64,
    /// Number of events.
    pub events: u64,
}

/// Writes events in a mapping's own layout: same columns, same order, same formats.
///
/// So synthetic records drop into tools made for the source. Ignored columns stay empty; where the
/// layout has positions, a row gets those of its cell. What the layout has no column for (a byte
/// count, a peer) is left out, as are IMSIs and TACs, which a record does not hold; a time format
/// coarser than a millisecond rounds down.
///
/// `parts` come one after another, and each is read and formatted by one core ([`in_order`]).
/// `name_of` gives the id to write for a subscriber or peer.
///
/// # Errors
/// Input, when the layout can't express a kind that occurs, has positions while the cell table has
/// none, or holds one subscriber per file; resource, when writing fails; what reading a part fails
/// with.
pub fn write_text(
    mapping: &Mapping,
    cells: &CellTable,
    parts: impl Iterator<Item = impl EventSource + Send>,
    mut out: impl Write,
    name_of: NameOf<'_>,
) -> Result<Written> {
    let encoder = Encoder::new(mapping, cells)?;
    let format = |part| {
        let (mut text, mut made) = (Vec::new(), Written::default());
        EventSource::visit(&part, &mut |history| {
            made.add(mapping, Written::of(&history))?;
            encoder.history(history, name_of, &mut text)
        })?;
        Ok((text, made))
    };
    out.write_all(&encoder.header())
        .map_err(|error| failed(&error))?;
    let mut written = Written::default();
    in_order(parts, format, |(text, made)| {
        written.add(mapping, made)?;
        out.write_all(&text).map_err(|error| failed(&error))
    })?;
    out.flush().map_err(|error| failed(&error))?;
    Ok(written)
}

impl Written {
    fn add(&mut self, mapping: &Mapping, more: Self) -> Result<()> {
        self.subscribers += more.subscribers;
        self.events += more.events;
        if mapping.subscriber_from_file_name && self.subscribers > 1 {
            return Err(Error::input(
                "the layout has no column for the subscriber: it holds one subscriber per file",
            )
            .with_hint("choose a layout with a subscriber column, for example `cdr`"));
        }
        Ok(())
    }

    const fn of(history: &History<'_>) -> Self {
        Self {
            subscribers: 1,
            events: history.events.len() as u64,
        }
    }
}

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
        if mapping.cell.is_none() && cells.frame() != Frame::Geographic {
            return Err(Error::input(
                "the layout has latitudes and longitudes, the cell table has none",
            )
            .with_hint("choose a layout with a cell column, for example `cdr`"));
        }
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

    /// The line that names the columns, where the layout has one.
    fn header(&self) -> Vec<u8> {
        let mut text = Vec::new();
        if self.mapping.header {
            for (at, column) in self.mapping.columns.iter().enumerate() {
                self.separate(at, &mut text);
                let from = text.len();
                text.extend_from_slice(column.as_bytes());
                self.quote(from, &mut text);
            }
            text.push(b'\n');
        }
        text
    }

    fn history(&self, history: History<'_>, name_of: NameOf<'_>, text: &mut Vec<u8>) -> Result<()> {
        let name = name_of(history.subscriber);
        for event in history.events {
            self.check_kind(event)?;
            for (at, source) in self.fields.iter().enumerate() {
                self.separate(at, text);
                let from = text.len();
                self.field(source, &name, event, name_of, text)?;
                self.quote(from, text);
            }
            text.push(b'\n');
        }
        Ok(())
    }

    fn check_kind(&self, event: &Event) -> Result<()> {
        match self.mapping.kind.constant {
            Some(only) if only != event.kind => Err(Error::input(format!(
                "the layout holds only `{only}` events and can't express `{}`",
                event.kind
            ))),
            _ => Ok(()),
        }
    }

    fn separate(&self, at: usize, text: &mut Vec<u8>) {
        if at > 0 {
            text.push(self.delimiter);
        }
    }

    /// Appends what a column says of an event.
    fn field(
        &self,
        source: &Source,
        name: &str,
        event: &Event,
        name_of: NameOf<'_>,
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let cell = || self.cells.cell(event.cell);
        match source {
            Source::Subscriber => text.extend_from_slice(name.as_bytes()),
            Source::Time => self.time.write(event.time_utc_ms, text)?,
            Source::End => self.time.write(end_utc_ms(event), text)?,
            Source::Cell => text.extend_from_slice(cell().id.as_bytes()),
            Source::CellPart { part, of } => {
                let part = cell().id.splitn(*of, '-').nth(*part);
                text.extend_from_slice(part.unwrap_or_default().as_bytes());
            }
            Source::CellRow => push_number(event.cell.0.into(), text),
            Source::Lat(decimal) if self.positions => push_degrees(cell().y, *decimal, text),
            Source::Lon(decimal) if self.positions => push_degrees(cell().x, *decimal, text),
            Source::Kind(word) => {
                text.extend_from_slice(self.kind_word(event.kind, *word)?.as_bytes());
            }
            Source::DurationS(ratio) => push_scaled(event.duration_s.into(), *ratio, text),
            Source::AmountMinor(ratio) if event.amount_minor > 0 => {
                push_scaled(event.amount_minor.into(), *ratio, text);
            }
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
            Source::Lat(_)
            | Source::Lon(_)
            | Source::AmountMinor(_)
            | Source::Machine
            | Source::Imsi
            | Source::Nothing => {}
        }
        Ok(())
    }

    fn kind_word(&self, kind: EventKind, word: usize) -> Result<&str> {
        let value = self.mapping.value_of(kind).ok_or_else(|| {
            Error::input(format!("the layout has no value for the kind `{kind}`"))
                .with_hint("add one to `kind.values` in the mapping")
        })?;
        // The last column takes what is left, so a single column may hold spaces.
        let words = self.mapping.kind.columns.len();
        Ok(value.splitn(words, ' ').nth(word).unwrap_or_default())
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
