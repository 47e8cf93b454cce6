use std::io::Write;

use erewhon_geo::{CellTable, Frame};
use erewhon_types::{Error, Kind, Result, Subscriber};

use crate::{Event, EventTable, History, Mapping, time::TimeCodec};

/// Writes events in a mapping's own layout: same columns, same order, same formats.
///
/// So synthetic records drop into tools made for the source. Ignored columns stay empty; where the
/// layout has positions, a row gets those of its cell. What the layout has no column for (a byte
/// count, a peer) is left out, and a time format coarser than a millisecond rounds down.
/// `name_of` gives the id to write for a subscriber or peer.
///
/// # Errors
/// Input, when the layout can't express a kind that occurs, has positions while the cell table has
/// none, or holds one subscriber per file; resource, when writing fails.
pub fn write_events(
    mapping: &Mapping,
    cells: &CellTable,
    events: &EventTable,
    out: impl Write,
    name_of: &dyn Fn(Subscriber) -> String,
) -> Result<()> {
    if mapping.subscriber_from_file_name && events.subscribers() > 1 {
        return Err(Error::input(
            "the layout has no column for the subscriber: it holds one subscriber per file",
        )
        .with_hint("choose a layout with a subscriber column, for example `cdr`"));
    }
    if mapping.position.is_some() && cells.frame() != Frame::Geographic {
        return Err(Error::input(
            "the layout has latitudes and longitudes, the cell table has none",
        )
        .with_hint("choose a layout with a cell column, for example `cdr`"));
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(mapping.delimiter as u8)
        .from_writer(out);
    if mapping.header {
        writer.write_record(&mapping.columns).map_err(failed)?;
    }
    let encoder = Encoder::new(mapping, cells)?;
    for History { subscriber, events } in events.histories() {
        let name = name_of(subscriber);
        for event in events {
            for source in &encoder.fields {
                let field = encoder.field(source, &name, event, name_of)?;
                writer.write_field(field).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    writer.flush().map_err(|error| failed(error.into()))
}

fn failed(error: csv::Error) -> Error {
    Error::new(Kind::Resource, format!("can't write the records: {error}"))
        .with_hint("check the disk's free space and run the same command again")
}

/// What one column is made of.
enum Source {
    Subscriber,
    Time,
    Cell,
    Lat,
    Lon,
    /// The n-th word of the kind's value.
    Kind(usize),
    DurationS,
    BytesUp,
    BytesDown,
    Peer,
    Nothing,
}

struct Encoder<'a> {
    mapping: &'a Mapping,
    cells: &'a CellTable,
    time: TimeCodec,
    fields: Vec<Source>,
}

impl<'a> Encoder<'a> {
    fn new(mapping: &'a Mapping, cells: &'a CellTable) -> Result<Self> {
        let source = |column: &String| {
            let is = |name: &Option<String>| name.as_ref() == Some(column);
            let position = mapping.position.as_ref();
            if let Some(word) = mapping.kind.columns.iter().position(|c| c == column) {
                Source::Kind(word)
            } else if *column == mapping.time.column {
                Source::Time
            } else if is(&mapping.subscriber) {
                Source::Subscriber
            } else if is(&mapping.cell) {
                Source::Cell
            } else if position.is_some_and(|p| p.lat == *column) {
                Source::Lat
            } else if position.is_some_and(|p| p.lon == *column) {
                Source::Lon
            } else if is(&mapping.duration_s) {
                Source::DurationS
            } else if is(&mapping.bytes_up) {
                Source::BytesUp
            } else if is(&mapping.bytes_down) {
                Source::BytesDown
            } else if is(&mapping.peer) {
                Source::Peer
            } else {
                Source::Nothing
            }
        };
        Ok(Self {
            mapping,
            cells,
            time: TimeCodec::new(&mapping.time)?,
            fields: mapping.columns.iter().map(source).collect(),
        })
    }

    fn field(
        &self,
        source: &Source,
        name: &str,
        event: &Event,
        name_of: &dyn Fn(Subscriber) -> String,
    ) -> Result<String> {
        let kind = event.kind;
        if let Some(only) = self.mapping.kind.constant.filter(|only| *only != kind) {
            return Err(Error::input(format!(
                "the layout holds only `{only}` events and can't express `{kind}`"
            )));
        }
        Ok(match source {
            Source::Subscriber => name.to_owned(),
            Source::Time => self.time.write(event.time_utc_ms)?,
            Source::Cell => self.cells.cell(event.cell).id.clone(),
            Source::Lat => self.cells.cell(event.cell).y.to_string(),
            Source::Lon => self.cells.cell(event.cell).x.to_string(),
            Source::Kind(word) => {
                let value = self.mapping.value_of(kind).ok_or_else(|| {
                    Error::input(format!("the layout has no value for the kind `{kind}`"))
                        .with_hint("add one to `kind.values` in the mapping")
                })?;
                // The last column takes what is left, so a single column may hold spaces.
                let words = self.mapping.kind.columns.len();
                value
                    .splitn(words, ' ')
                    .nth(*word)
                    .unwrap_or_default()
                    .to_owned()
            }
            Source::DurationS => event.duration_s.to_string(),
            Source::BytesUp => event.bytes_up.to_string(),
            Source::BytesDown => event.bytes_down.to_string(),
            Source::Peer => event
                .peer
                .map_or_else(String::new, |peer| name_of(Subscriber::new(peer.get()))),
            Source::Nothing => String::new(),
        })
    }
}

#[cfg(test)]
mod tests;
