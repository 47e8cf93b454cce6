//! CSVs about people. One that is read by half would miss whoever stands on its other half, so each is
//! read whole or refused, in words that name a line and never what stands on it.

use std::{fs::File, io::Read as _, path::Path};

use erewhon_types::{Error, Result};

use crate::{Key, mapping::near, numbers::Identifier};

const MAX_ID_BYTES: usize = 64;

/// Fields of the columns that were asked for, in that order.
pub(crate) type Ids<'a, const N: usize> = [&'a [u8]; N];

/// A file, and what errors call it.
pub(crate) struct List<'a> {
    pub(crate) name: &'static str,
    pub(crate) path: &'a Path,
}

impl List<'_> {
    pub(crate) fn refuse(&self, what: &str) -> Error {
        Error::input(format!(
            "the {} `{}` {what}",
            self.name,
            self.path.display()
        ))
        .with_hint("nothing was taken in: mend the list and give it whole")
    }

    /// Hands on each row's line and its fields of the columns of these names, which are identifiers.
    pub(crate) fn read<const N: usize>(
        &self,
        names: [&str; N],
        take: &mut dyn FnMut(u64, Ids<'_, N>) -> Result<()>,
    ) -> Result<()> {
        self.refuse_cut_off()?;
        let wrong = |error: csv::Error| self.refuse(&reason(&error));
        let mut rows = csv::ReaderBuilder::new()
            .from_path(self.path)
            .map_err(|error| self.refuse(&format!("can't be read: {}", reason(&error))))?;
        let header = rows.byte_headers().map_err(wrong)?;
        let mut columns = [0; N];
        for (column, name) in columns.iter_mut().zip(names) {
            *column = self.column(header, name)?;
        }
        let mut row = csv::ByteRecord::new();
        let mut nobody = true;
        while rows.read_byte_record(&mut row).map_err(wrong)? {
            let line = row.position().map_or(0, csv::Position::line);
            // A quote that was never meant to open a field takes whole rows into it.
            if row.iter().any(|field| field.contains(&b'\n')) {
                return Err(self.refuse(&format!("has a field of several lines in line {line}")));
            }
            let ids = columns.map(|column| row.get(column).unwrap_or_default().trim_ascii());
            if !ids.iter().all(|id| is_identifier(id)) {
                return Err(self.refuse(&format!("has no identifier in line {line}")));
            }
            take(line, ids)?;
            nobody = false;
        }
        if nobody {
            return Err(self.refuse("names nobody"));
        }
        Ok(())
    }

    /// Refuses a national number while no country is declared.
    pub(crate) fn identifier<'a>(
        &self,
        line: u64,
        id: &'a [u8],
        key: &Key,
    ) -> Result<Identifier<'a>> {
        match Identifier::read(id, key.numbering()) {
            Identifier::National(_) => Err(self
                .refuse(&format!(
                    "has a national number in line {line}, and no country is declared"
                ))
                .with_hint("declare it with `--country-code`, or write numbers with `+` or `00`")),
            id => Ok(id),
        }
    }

    fn column(&self, header: &csv::ByteRecord, wanted: &str) -> Result<usize> {
        let named = |name: &[u8]| {
            let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
            name.trim_ascii() == wanted.as_bytes()
        };
        let columns: Vec<usize> = (0..header.len()).filter(|&i| named(&header[i])).collect();
        if let &[column] = columns.as_slice() {
            return Ok(column);
        }
        let refused = self.refuse(&format!(
            "needs one column named `{wanted}` in its first line"
        ));
        // Of a list without a header the first line is somebody: only the like of that name is shown.
        let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
        let near = near::name(wanted, names.iter().map(|name| name.trim()));
        Err(match near.filter(|_| columns.is_empty()) {
            Some(name) => refused.with_hint(format!("is it `{name}`? call it `{wanted}`")),
            None => refused,
        })
    }

    /// A copy that was cut short mostly ends inside a line.
    fn refuse_cut_off(&self) -> Result<()> {
        let failed = |error| Error::io("read", self.path, &error);
        let mut file = File::open(self.path).map_err(failed)?;
        let (mut last, mut buffer) = (None, vec![0; 1 << 16]);
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                read => last = buffer.get(read - 1).copied(),
            }
        }
        match last {
            Some(b'\n') => Ok(()),
            Some(_) => Err(self.refuse("is cut short: its last line has no line break")),
            None => Err(self.refuse("is empty")),
        }
    }
}

fn is_identifier(id: &[u8]) -> bool {
    let text = std::str::from_utf8(id).is_ok_and(|id| !id.contains(char::is_control));
    text && (1..=MAX_ID_BYTES).contains(&id.len())
}

/// What is wrong with a row, without what stands in it.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos, expected_len, ..
        } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("has not the {expected_len} fields of its header in line {line}")
        }
        csv::ErrorKind::Io(error) => format!("can't be read: {error}"),
        _ => "is no CSV text".to_owned(),
    }
}
