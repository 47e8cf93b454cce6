use std::io::{self, BufWriter, Write};

use erewhon_session::{QUARANTINE_HEADER, expire_quarantine, show_quarantine};
use erewhon_types::Result;
use serde::Serialize;

use crate::{
    args::QuarantineCommand,
    dirs::RunDir,
    ui::{Ui, written},
};

pub(crate) fn run(command: QuarantineCommand, ui: &Ui) -> Result<()> {
    match command {
        QuarantineCommand::Show { path, why, vault } => {
            let path = if path.is_dir() {
                RunDir::new(&path).quarantine()
            } else {
                path
            };
            let (vault, asker) = (vault.open()?, vault.asker(&why));
            if ui.is_json() {
                let mut rows = Told::new(BufWriter::new(io::stdout().lock()));
                let shown = show_quarantine(&vault, &asker, &path, &mut rows);
                if shown.is_ok() || rows.has_begun() {
                    ui.tells();
                    written(rows.end(shown.is_ok()))?;
                }
                return shown;
            }
            // Rows as they stood in their files, which may be no text.
            let mut out = io::stdout().lock();
            show_quarantine(&vault, &asker, &path, &mut out)?;
            written(out.flush())
        }
        QuarantineCommand::Expire { dir } => {
            let run = RunDir::open(&dir)?;
            expire_quarantine(&run.quarantine())?;
            let value = serde_json::json!({ "expired": true });
            let text = "removed: rows whose days in quarantine are over, if there were any";
            ui.result("erewhon.quarantine_expire.v1", &value, text)
        }
    }
}

/// A row that was set aside.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    file: String,
    line: u64,
    column: Option<u64>,
    rule: String,
    /// The row, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    /// Its bytes, where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    row_hex: Option<String>,
}

impl Row {
    /// A line of a quarantine's table; `None` where it is none.
    fn of(line: &[u8]) -> Option<Self> {
        let mut fields = line.splitn(5, |byte| *byte == b'\t');
        let mut text = || std::str::from_utf8(fields.next()?).ok();
        let (file, line, column, rule) = (text()?, text()?, text()?, text()?);
        let mut row = Self {
            file: file.to_owned(),
            line: line.parse().ok()?,
            column: column.parse().ok(),
            rule: rule.to_owned(),
            row: None,
            row_hex: None,
        };
        let bytes = fields.next()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => row.row = Some(text.to_owned()),
            Err(_) => row.row_hex = Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        }
        Some(row)
    }
}

/// Takes a quarantine's tables and writes one JSON object, row by row.
struct Told<W> {
    out: W,
    /// The begin of a line whose end has not come yet.
    line: Vec<u8>,
    rows: u64,
    not_understood: u64,
    has_begun: bool,
}

impl<W: Write> Told<W> {
    const fn new(out: W) -> Self {
        Self {
            out,
            line: Vec::new(),
            rows: 0,
            not_understood: 0,
            has_begun: false,
        }
    }

    const fn has_begun(&self) -> bool {
        self.has_begun
    }

    fn begin(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let head = r#"{"schema": "erewhon.quarantine.v2", "result": {"rows": ["#;
            self.out.write_all(head.as_bytes())?;
        }
        Ok(())
    }

    fn row(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        if line == QUARANTINE_HEADER.as_bytes() {
            return Ok(());
        }
        let Some(row) = Row::of(&line) else {
            self.not_understood += 1;
            return Ok(());
        };
        let comma = if self.rows == 0 { "" } else { "," };
        self.rows += 1;
        writeln!(self.out, "{comma}")?;
        serde_json::to_writer(&mut self.out, &row).map_err(io::Error::from)
    }

    /// Ends the object; `whole` where all rows were there.
    fn end(mut self, whole: bool) -> io::Result<()> {
        self.begin()?;
        if !self.line.is_empty() {
            self.not_understood += 1;
        }
        let lines = self.not_understood;
        writeln!(
            self.out,
            "\n], \"whole\": {whole}, \"lines_not_understood\": {lines}}}}}"
        )?;
        self.out.flush()
    }
}

impl<W: Write> Write for Told<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(end) => {
                    self.line.extend_from_slice(end);
                    self.row()?;
                }
                None => self.line.extend_from_slice(line),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_byte_for_byte() {
        let table = b"file\tline\tcolumn\trule\trow\na.csv\t7\t2\tbad_time\tx\ty\n\
                      file\tline\tcolumn\trule\trow\nb.csv\t8\t\tnot_utf8\t\xff\nb.csv\tnine\n";
        let wanted = serde_json::json!([
            {"file": "a.csv", "line": 7, "column": 2, "rule": "bad_time", "row": "x\ty"},
            {"file": "b.csv", "line": 8, "column": null, "rule": "not_utf8", "row_hex": "ff"},
        ]);
        // However its pieces are cut.
        for size in [1, 7, table.len()] {
            let mut out = Vec::new();
            let mut told = Told::new(&mut out);
            table
                .chunks(size)
                .for_each(|piece| told.write_all(piece).unwrap());
            told.end(true).unwrap();
            let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(object["schema"], "erewhon.quarantine.v2");
            let result = &object["result"];
            assert_eq!(result["rows"], wanted);
            assert_eq!(
                (&result["whole"], &result["lines_not_understood"]),
                (&true.into(), &1.into())
            );
        }
    }
}
