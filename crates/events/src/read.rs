use std::{collections::HashSet, path::Path, str::FromStr};

use erewhon_geo::{CellIssues, CellTable, Frame};
use erewhon_types::{Calendar, CellIx, Error, Result};

use crate::{
    Event, EventKind, InputFile, Mapping, Rule,
    input::Input,
    rows::{Next, Row, Rows},
    snap::Snap,
    time::TimeCodec,
};

mod layout;

use layout::Layout;

/// One good row, before pseudonyms: `event.peer` is still empty.
///
/// # Privacy
/// Holds raw identifiers; there is no `Debug`.
#[derive(Clone, Copy)]
pub struct RawEvent<'a> {
    /// The served subscriber's id as it stands in the file.
    pub subscriber: &'a str,
    /// What happened.
    pub event: Event,
    /// The other party's id, where there is one.
    pub peer: Option<&'a str>,
}

/// Where a row broke a rule; says nothing of what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The line, from 1.
    pub line: u64,
    /// The field, from 1, where the rule concerns one.
    pub column: Option<usize>,
}

/// What a [`RowReader`] hands over for each row.
#[derive(Clone, Copy)]
pub enum Outcome<'a> {
    /// A row that obeys all rules.
    Good(RawEvent<'a>),
    /// A row set aside, with its subscriber where it names one, and its bytes.
    Bad(Fault, Option<&'a str>, &'a [u8]),
}

/// Reads files of one layout row by row, a row being one line, in memory that does not grow with file or row.
pub struct RowReader<'a> {
    mapping: &'a Mapping,
    cells: &'a CellTable,
    set_aside: HashSet<&'a str>,
    calendar: &'a Calendar,
    time: TimeCodec,
    snap: Option<Snap<'a>>,
}

impl<'a> RowReader<'a> {
    /// A reader of rows in a mapping's layout, over a cell table and a window.
    ///
    /// # Errors
    /// Input, when the rows have positions and the cell table has no latitudes and longitudes.
    pub fn new(
        mapping: &'a Mapping,
        cells: &'a CellTable,
        issues: &'a CellIssues,
        calendar: &'a Calendar,
    ) -> Result<Self> {
        let snap = match &mapping.position {
            Some(_) if cells.frame() != Frame::Geographic => {
                return Err(Error::input(
                    "the rows have latitudes and longitudes, the cell list has none",
                )
                .with_hint("give a cell list with `lat` and `lon` columns"));
            }
            Some(position) => Some(Snap::new(cells, position.snap_max_m)),
            None => None,
        };
        Ok(Self {
            mapping,
            cells,
            set_aside: issues.quarantined().collect(),
            calendar,
            time: TimeCodec::new(&mapping.time)?,
            snap,
        })
    }

    /// Reads one file, plain or gzip; `each` gets every row, `on_bytes` the stored bytes read.
    ///
    /// # Errors
    /// Input, when the file as a whole can't be right: missing, empty, cut short, another
    /// delimiter, a column missing or unmapped. What `each` fails with.
    pub fn read(
        &self,
        path: &Path,
        on_bytes: &mut dyn FnMut(u64),
        each: &mut dyn FnMut(Outcome<'_>) -> Result<()>,
    ) -> Result<InputFile> {
        let stem = path
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        let mut input = Input::open(path, on_bytes)?;
        let mut rows = Rows::new(&mut input, self.mapping.delimiter as u8);
        let read = self.read_rows(path, stem, &mut rows, each);
        let count = match read {
            Ok(count) => count,
            Err(Stop::Io(error)) => return Err(input.explain(path, &error)),
            Err(Stop::Said(error)) => return Err(error),
        };
        let (sha256, size_bytes) = input.finish();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(InputFile {
            // A file named after its subscriber must not carry that name into a report.
            name: if self.mapping.subscriber_from_file_name {
                format!("file {}", &sha256[..8])
            } else {
                file_name.into_owned()
            },
            sha256,
            size_bytes,
            rows: count,
        })
    }

    fn read_rows(
        &self,
        path: &Path,
        stem: &str,
        rows: &mut Rows<&mut Input<'_>>,
        each: &mut dyn FnMut(Outcome<'_>) -> Result<()>,
    ) -> std::result::Result<u64, Stop> {
        let layout = if self.mapping.header {
            match rows.next()? {
                Next::Row(row) if row.line == 1 => Layout::from_header(self.mapping, row, path)?,
                _ => return Err(layout::no_header(path).into()),
            }
        } else {
            Layout::by_position(self.mapping)
        };
        let mut count = 0;
        // The last row may be cut off; that is known only once the file has ended.
        let mut last_short = None;
        loop {
            let (outcome, short, line) = match rows.next()? {
                Next::End => break,
                Next::Bad(line, rule, raw) => {
                    let column = None;
                    let bad = Outcome::Bad(Fault { rule, line, column }, None, raw);
                    (bad, rule == Rule::UnclosedQuote, line)
                }
                Next::Row(row) => {
                    let bad = |(rule, column): (Rule, Option<usize>)| {
                        let fault = Fault {
                            rule,
                            line: row.line,
                            column: column.map(|c| c + 1),
                        };
                        Outcome::Bad(fault, named(&layout, stem, row), row.raw)
                    };
                    let outcome = self.event(&layout, stem, row);
                    let outcome = outcome.map_or_else(bad, Outcome::Good);
                    (outcome, row.len() < layout.fields, row.line)
                }
            };
            each(outcome)?;
            count += 1;
            last_short = short.then_some(line);
        }
        match last_short {
            Some(line) if !rows.ends_with_newline() => Err(Error::input(format!(
                "`{}` is cut short: it ends inside line {line}",
                path.display()
            ))
            .with_hint("copy it again from its source; nothing of it was kept")
            .into()),
            _ => Ok(count),
        }
    }

    /// Applies the rules of one row in their order.
    fn event<'r>(
        &self,
        layout: &Layout,
        stem: &'r str,
        row: Row<'r>,
    ) -> std::result::Result<RawEvent<'r>, (Rule, Option<usize>)> {
        let text = std::str::from_utf8(row.bytes()).map_err(|error| {
            let at = error.valid_up_to();
            (
                Rule::NotUtf8,
                (0..row.len()).find(|&column| row.span(column).end > at),
            )
        })?;
        if row.len() != layout.fields {
            return Err((Rule::WrongFieldCount, None));
        }
        let field = |column: usize| {
            let field = text.get(row.span(column)).map(str::trim_ascii);
            field.ok_or((Rule::NotUtf8, Some(column)))
        };
        let subscriber = layout.subscriber.map_or(Ok(stem), field)?;
        if subscriber.is_empty() {
            return Err((Rule::MissingSubscriber, layout.subscriber));
        }
        let time_utc_ms = self
            .time
            .read(field(layout.time)?)
            .map_err(|rule| (rule, Some(layout.time)))?;
        if !(self.calendar.start_utc_ms()..self.calendar.end_utc_ms()).contains(&time_utc_ms) {
            return Err((Rule::TimeOutsideWindow, Some(layout.time)));
        }
        let kind = self.kind(layout, &field)?;
        let cell = self.cell(layout, time_utc_ms, &field)?;
        let mut event = Event::at(time_utc_ms, cell, kind);
        event.duration_s = number(layout.duration_s, &field)?;
        event.bytes_up = number(layout.bytes_up, &field)?;
        event.bytes_down = number(layout.bytes_down, &field)?;
        let peer = layout
            .peer
            .map(field)
            .transpose()?
            .filter(|id| !id.is_empty());
        Ok(RawEvent {
            subscriber,
            event,
            peer,
        })
    }

    fn kind<'r>(&self, layout: &Layout, field: Field<'_, 'r>) -> Found<EventKind> {
        if let Some(kind) = self.mapping.kind.constant {
            return Ok(kind);
        }
        let found = match layout.kind.as_slice() {
            [column] => self.mapping.kind_of(field(*column)?),
            columns => {
                let words = columns
                    .iter()
                    .map(|&c| field(c))
                    .collect::<Found<Vec<&str>>>()?;
                self.mapping.kind_of(&words.join(" "))
            }
        };
        found.ok_or((Rule::UnknownKind, layout.kind.first().copied()))
    }

    fn cell<'r>(&self, layout: &Layout, time_utc_ms: i64, field: Field<'_, 'r>) -> Found<CellIx> {
        if let (Some(snap), Some((lat, lon))) = (&self.snap, layout.position) {
            let degrees = |column: usize, limit: f64| -> Found<f64> {
                let value = f64::from_str(field(column)?).ok();
                value
                    .filter(|v| v.abs() <= limit)
                    .ok_or((Rule::PositionFarFromCells, Some(column)))
            };
            let (lat_deg, lon_deg) = (degrees(lat, 90.0)?, degrees(lon, 180.0)?);
            let nearest = snap.nearest(lat_deg, lon_deg, time_utc_ms);
            return nearest.ok_or((Rule::PositionFarFromCells, Some(lat)));
        }
        let column = layout.cell.ok_or((Rule::UnknownCell, None))?;
        let id = field(column)?;
        self.cells.find_at(id, time_utc_ms).ok_or_else(|| {
            let rule = if self.cells.find(id).is_some() {
                Rule::CellOutOfService
            } else if self.set_aside.contains(id) {
                Rule::CellQuarantined
            } else {
                Rule::UnknownCell
            };
            (rule, Some(column))
        })
    }
}

/// Whom a row names, in spite of what may be wrong with its other fields.
fn named<'r>(layout: &Layout, stem: &'r str, row: Row<'r>) -> Option<&'r str> {
    let Some(column) = layout.subscriber else {
        return Some(stem);
    };
    let bytes = row.bytes().get(row.span(column))?;
    let id = std::str::from_utf8(bytes).ok()?.trim_ascii();
    (row.len() == layout.fields && !id.is_empty()).then_some(id)
}

type Found<T> = std::result::Result<T, (Rule, Option<usize>)>;
type Field<'f, 'r> = &'f dyn Fn(usize) -> Found<&'r str>;

/// A whole number, 0 where the layout has no such column or the field is empty.
fn number<'r, N: FromStr + Default>(column: Option<usize>, field: Field<'_, 'r>) -> Found<N> {
    let Some(column) = column else {
        return Ok(N::default());
    };
    match field(column)? {
        "" => Ok(N::default()),
        text => text.parse().map_err(|_| (Rule::BadNumber, Some(column))),
    }
}

/// Why reading stopped: the input failed, or something was said already.
enum Stop {
    Io(std::io::Error),
    Said(Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}
