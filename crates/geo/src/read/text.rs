use std::{
    borrow::Cow,
    io::{BufRead, Cursor, Read},
    path::Path,
};

use csv::{ByteRecord, StringRecord, Trim};
use erewhon_types::{Error, Result};

use super::{columns::Columns, sheet::Sheet, source::Source};
use crate::Radio;

/// The columns of OpenCelliD's files, which come with this header or without.
const OPENCELLID: [&str; 14] = [
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averageSignal",
];

/// Reads delimited text with a header.
pub(super) fn read(mut source: Source, path: &Path, sheet: &mut Sheet) -> Result<()> {
    let notes = source.notes;
    let mut head = Vec::new();
    while head.trim_ascii().is_empty() {
        let read = source.input.read_until(b'\n', &mut head);
        if read.map_err(|error| notes.explain(path, 1, &error))? == 0 {
            break;
        }
    }
    let delimiter = sniff_delimiter(&head);
    let mut columns = match is_opencellid(&head) {
        true => Some(Columns::find(OPENCELLID.map(str::to_owned).to_vec(), path)?),
        false => None,
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(Cursor::new(head).chain(source.input));
    let mut record = ByteRecord::new();
    loop {
        let line = reader.position().line();
        let more =
            reader
                .read_byte_record(&mut record)
                .map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => notes.explain(path, line, &error),
                    other => Error::input(format!("can't read `{}`: {other:?}", path.display())),
                })?;
        if !more {
            return Ok(());
        }
        notes.row_done();
        let line = record.position().map_or(line, csv::Position::line);
        let fields = StringRecord::from_byte_record(record.clone()).map_err(|error| {
            let field = error.utf8_error().field() + 1;
            let file = path.display();
            Error::input(format!(
                "the cell list `{file}` is not UTF-8 text: line {line}, field {field}"
            ))
            .with_hint("save it as UTF-8")
        })?;
        let Some(columns) = &columns else {
            columns = Some(Columns::find(
                fields.iter().map(str::to_owned).collect(),
                path,
            )?);
            continue;
        };
        let get = |column: usize| Cow::Borrowed(fields.get(column).unwrap_or_default());
        sheet.push(columns, columns.judge(&get), line, path)?;
    }
}

fn sniff_delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    let mut best = b',';
    for delimiter in *b";\t|" {
        if count(delimiter) > count(best) {
            best = delimiter;
        }
    }
    best
}

/// Whether the first line is a row of OpenCelliD and no header.
fn is_opencellid(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let fields: Vec<&str> = line.trim().split(',').collect();
    fields.len() == OPENCELLID.len()
        && fields[0].parse::<Radio>().is_ok()
        && fields[1..5]
            .iter()
            .all(|number| number.parse::<u64>().is_ok())
}
