use std::path::Path;

use erewhon_types::{Error, Result};

use super::{
    columns::{Columns, Judged},
    issues::{CellIssues, Rule, SetAside},
};
use crate::{Cell, Frame};

/// The most rows that a cell list may have.
const MAX_ROWS: usize = 1 << 24;

/// The rows of all files of a list, each judged on its own.
#[derive(Default)]
pub(super) struct Sheet {
    frame: Option<Frame>,
    file: Option<String>,
    rows: Vec<Sighting>,
    issues: CellIssues,
}

/// A cell and where it was read.
pub(super) struct Sighting {
    pub(super) cell: Cell,
    file: Option<String>,
    line: u64,
}

impl Sighting {
    pub(super) fn aside(&self) -> SetAside {
        SetAside {
            id: self.cell.id.clone(),
            file: self.file.clone(),
            line: self.line,
            column: None,
        }
    }
}

impl Sheet {
    /// Starts a file; it has a name where the list has several.
    pub(super) fn begin(&mut self, name: Option<String>) {
        self.file = name;
    }

    /// Takes a row of the file.
    pub(super) fn push(
        &mut self,
        columns: &Columns,
        judged: Judged,
        line: u64,
        path: &Path,
    ) -> Result<()> {
        let frame = *self.frame.get_or_insert(columns.frame());
        if frame != columns.frame() {
            return Err(Error::input(format!(
                "`{}` gives positions in another way than the files before it",
                path.display()
            ))
            .with_hint("give all files of a list the same columns"));
        }
        self.issues.read += 1;
        if self.issues.read > MAX_ROWS {
            return Err(Error::input(format!(
                "the cell list `{}` has over {MAX_ROWS} rows",
                path.display()
            ))
            .with_hint("a national list has fewer; give the network's own cells alone"));
        }
        let file = self.file.clone();
        match judged {
            Ok(cell) => self.rows.push(Sighting { cell, file, line }),
            Err((rule, id, column)) => {
                let column = column.map(|column| columns.name(column).to_owned());
                self.issues.set_aside(
                    rule,
                    SetAside {
                        id,
                        file,
                        line,
                        column,
                    },
                );
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> (Frame, Vec<Sighting>, CellIssues) {
        (
            self.frame.unwrap_or(Frame::Schematic),
            self.rows,
            self.issues,
        )
    }
}

/// A rule as the columns use it: which, of which cell, in which column.
pub(super) type Broken = (Rule, String, Option<usize>);
