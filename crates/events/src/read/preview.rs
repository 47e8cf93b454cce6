use std::path::Path;

use erewhon_geo::CellTable;
use erewhon_types::{Error, Kind, Result, Subscriber};
use serde::Serialize;

use super::{
    Found, RowReader,
    fields::{BYTE_ORDER_MARK, Fields, Spans, check_text},
    layout::Layout,
    lines::first_line,
    rules::Scratch,
    source::{Block, Source as File},
};
use crate::{
    Event, Mapping, Rule, digits::push_time_s, mapping::presets, time::TimeCodec, write::Source,
};

/// The first rows of a file as a mapping understands them, for the eyes of the operator's own staff.
///
/// # Privacy
/// Holds rows, and is internal: of ids the last characters are there, of machines the type.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The first rows.
    pub rows: Vec<PreviewRow>,
}

/// One row.
#[derive(Debug, Serialize)]
pub struct PreviewRow {
    /// The line, from 1; in a Parquet file the row.
    pub line: u64,
    /// Its fields, as far as it has any.
    pub fields: Vec<PreviewField>,
    /// The name of the rule that it breaks first, and the column.
    pub breaks: Option<(&'static str, Option<String>)>,
}

/// One field.
#[derive(Debug, Serialize)]
pub struct PreviewField {
    /// The column's name.
    pub column: String,
    /// What the column is read as.
    pub meaning: &'static str,
    /// What stands there; ids but for their end.
    pub written: String,
    /// What it is read as, in a row that breaks no rule.
    pub understood: Option<String>,
}

impl RowReader<'_> {
    /// Shows the first rows of a file.
    ///
    /// # Errors
    /// As [`RowReader::read`]; the hint names a preset that fits, where there is one.
    pub fn preview(&self, path: &Path, rows: usize) -> Result<Preview> {
        let (source, layout) = self.open(path).map_err(|error| with_preset(error, path))?;
        let block = first_block(source, path)?;
        let mut scratch = Scratch::new(&|_| Some(Subscriber::new(1)));
        let mut shown = Vec::new();
        match block {
            None => {}
            Some(Block::Rows(block)) => {
                let layout = layout.ok_or_else(|| super::layout::no_header(path))?;
                for (row, line) in (0..block.rows.min(rows)).zip(1..) {
                    let width = layout.fields;
                    let fields = Fields {
                        bytes: &block.bytes,
                        spans: &block.spans[row * width..(row + 1) * width],
                    };
                    let found =
                        self.rules
                            .event_of_fields(&layout, b"file", fields, false, &mut scratch);
                    shown.push(self.row(&layout, line, fields, found));
                }
            }
            Some(Block::Lines(text)) => {
                let mut text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
                let mut line = 1;
                let layout = match layout {
                    Some(layout) => layout,
                    None => {
                        let (header, rest) = first_line(text);
                        (text, line) = (rest, 2);
                        let layout = self.layout(header, path);
                        layout.map_err(|error| with_preset(error, path))?
                    }
                };
                while !text.is_empty() && shown.len() < rows {
                    let (row, rest) = first_line(text);
                    text = rest;
                    if !row.is_empty() {
                        shown.push(self.line(&layout, line, row, &mut scratch));
                    }
                    line += 1;
                }
            }
        }
        Ok(Preview { rows: shown })
    }

    /// Adds the presets that fit to an error about a file that does not have this mapping's columns.
    pub(crate) fn with_preset(&self, error: Error, path: &Path) -> Error {
        let own = [("", self.mapping.clone())];
        match error.kind() {
            Kind::Input if fitting(path, &own).is_empty() => with_preset(error, path),
            _ => error,
        }
    }

    fn line(
        &self,
        layout: &Layout,
        line: u64,
        row: &[u8],
        scratch: &mut Scratch<'_>,
    ) -> PreviewRow {
        let delimiter = self.mapping.delimiter as u8;
        let (mut unquoted, mut spans) = (Vec::new(), Spans::new());
        let Some(fields) = Fields::split(row, delimiter, &mut unquoted, &mut spans) else {
            let none = Fields {
                bytes: &[],
                spans: &[],
            };
            return self.row(layout, line, none, Err((Rule::UnclosedQuote, None)));
        };
        let Scratch { ids, joined, .. } = scratch;
        let names = ids.of(layout, b"file", fields);
        let found = check_text(row, delimiter);
        let found = found.and_then(|()| self.rules.event(layout, fields, &names, ids, joined));
        self.row(layout, line, fields, found)
    }

    fn row(
        &self,
        layout: &Layout,
        line: u64,
        fields: Fields<'_>,
        found: Found<(Subscriber, Event)>,
    ) -> PreviewRow {
        let event = found.as_ref().ok().map(|(_, event)| event);
        let shown = (0..fields.len().min(layout.names.len())).map(|column| {
            let name = &layout.names[column];
            let source = Source::of(self.mapping, name);
            let understood = event.filter(|_| !source.is_passed_over());
            PreviewField {
                column: name.clone(),
                meaning: source.meaning(),
                written: source.shown(fields.get(column)),
                understood: understood.and_then(|event| understood_as(&source, event, self.cells)),
            }
        });
        let fields = shown.collect();
        PreviewRow {
            line,
            fields,
            breaks: found.err().map(|(rule, column)| {
                let column = column.and_then(|column| layout.names.get(column).cloned());
                (rule.name(), column)
            }),
        }
    }
}

fn first_block(source: File, path: &Path) -> Result<Option<Block>> {
    let (send, blocks) = std::sync::mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            source.cut(
                path,
                super::BLOCK_BYTES,
                &super::source::Spent::default(),
                &send,
            )
        });
        let block = blocks.recv().ok().map(|(block, _)| block);
        drop(blocks);
        let read = reading
            .join()
            .unwrap_or_else(|_| Err(super::source::damaged(path)));
        // What is behind the first rows is not looked at, so what is wrong there is no matter.
        block.map_or_else(|| read.map(|_| None), |block| Ok(Some(block)))
    })
}

/// What a source is read as in an event; `None` for ids, which become pseudonyms.
fn understood_as(source: &Source, event: &Event, cells: &CellTable) -> Option<String> {
    Some(match source {
        Source::Time => {
            let mut text = Vec::new();
            push_time_s(event.time_utc_ms.div_euclid(1_000), &mut text);
            String::from_utf8(text).ok()?
        }
        Source::End | Source::DurationS(_) => format!("{} s", event.duration_s),
        Source::Cell
        | Source::CellPart { .. }
        | Source::CellRow
        | Source::Lat(_)
        | Source::Lon(_) => cells.cell(event.cell).id.clone(),
        Source::Kind(_) => event.kind.name().to_owned(),
        Source::AmountMinor(_) if event.amount_minor == 0 => "none".to_owned(),
        Source::AmountMinor(_) => format!("{} minor units", event.amount_minor),
        Source::BytesUp(_) => format!("{} bytes", event.bytes_up),
        Source::BytesDown(_) => format!("{} bytes", event.bytes_down),
        Source::HomeNetwork(_) => event.home_network?.to_string(),
        Source::Device | Source::Machine => event.device.name().to_owned(),
        Source::Subscriber | Source::Peer | Source::Imsi => return None,
        Source::Constant(_) => "wanted".to_owned(),
        Source::Nothing => return None,
    })
}

/// Adds the presets that fit to an error about a file's columns.
fn with_preset(error: Error, path: &Path) -> Error {
    let fitting = fitting(path, presets::all());
    if fitting.is_empty() {
        return error;
    }
    let named: Vec<String> = fitting.iter().map(|name| format!("`{name}`")).collect();
    let hint = error.hint().unwrap_or_default();
    let hint = format!("did you mean the preset {}? {hint}", named.join(" or "));
    error.with_hint(hint.trim().to_owned())
}

/// Those of some mappings that a file could be of, which is looked into once.
fn fitting(path: &Path, mappings: &[(&'static str, Mapping)]) -> Vec<&'static str> {
    if super::parquet::is_parquet(path) {
        return super::parquet::fitting(path, mappings);
    }
    let Ok(input) = crate::input::Input::open(path) else {
        return Vec::new();
    };
    let Ok(Some(Block::Lines(text))) = first_block(File::Text(Box::new(input)), path) else {
        return Vec::new();
    };
    let (line, _) = first_line(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text));
    let fitting = mappings
        .iter()
        .filter(|(_, mapping)| fits(mapping, line, path));
    fitting.map(|(name, _)| *name).collect()
}

/// Whether a file's header, or without one the time in its first line, is a mapping's.
fn fits(mapping: &Mapping, line: &[u8], path: &Path) -> bool {
    let (mut unquoted, mut spans) = (Vec::new(), Spans::new());
    let fields = Fields::split(line, mapping.delimiter as u8, &mut unquoted, &mut spans);
    fields.is_some_and(|fields| {
        if mapping.header {
            return Layout::from_header(mapping, fields, path).is_ok();
        }
        let layout = Layout::by_position(mapping);
        let time = TimeCodec::new(&mapping.time.in_zone("UTC"), None);
        fields.len() == layout.fields
            && time.is_ok_and(|time| time.read(fields.get(layout.time)).is_ok())
    })
}
