use std::io::Write as _;

use erewhon_session::{expire_quarantine, show_quarantine};
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
                let mut text = Vec::new();
                show_quarantine(&vault, &asker, &path, &mut text)?;
                return ui.result("erewhon.quarantine.v1", &rows(&text), "");
            }
            // Rows as they stood in their files, which may be no text.
            let mut out = std::io::stdout().lock();
            show_quarantine(&vault, &asker, &path, &mut out)?;
            written(out.flush())
        }
        QuarantineCommand::Expire { dir } => {
            let run = RunDir::open(&dir)?;
            expire_quarantine(&run.quarantine())?;
            let value = serde_json::json!({ "expired": true });
            let text = "rows that have had their days are gone";
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
    /// A line of a quarantine's table; `None` for the header, which each file has.
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

fn rows(table: &[u8]) -> Vec<Row> {
    let lines = table.split(|byte| *byte == b'\n');
    lines.filter_map(Row::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_byte_for_byte() {
        let table = b"file\tline\tcolumn\trule\trow\na.csv\t7\t2\tbad_time\tx\ty\n\
                      file\tline\tcolumn\trule\trow\nb.csv\t8\t\tnot_utf8\t\xff\n";
        let told = serde_json::to_value(rows(table)).unwrap();
        let wanted = serde_json::json!([
            {"file": "a.csv", "line": 7, "column": 2, "rule": "bad_time", "row": "x\ty"},
            {"file": "b.csv", "line": 8, "column": null, "rule": "not_utf8", "row_hex": "ff"},
        ]);
        assert_eq!(told, wanted);
    }
}
