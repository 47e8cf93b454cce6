use std::collections::HashMap;

use erewhon_geo::CellTable;
use erewhon_types::CellIx;

/// The names of cells, each with the number that products know it by.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: HashMap<String, CellIx>,
    rows: usize,
}

impl Names {
    /// The rows of a cell table. Of a cell that moved the name is that of its first row, which footprints
    /// of one day do not tell apart.
    pub fn of(cells: &CellTable) -> Self {
        let mut names = Self::default();
        for (cell, row) in (0..).map(CellIx).zip(cells.cells()) {
            names.known.entry(row.id.clone()).or_insert(cell);
        }
        names.rows = cells.len();
        names
    }

    /// The number of a name, which it gets now where it has none.
    pub fn add(&mut self, name: &str) -> CellIx {
        if let Some(cell) = self.known.get(name) {
            return *cell;
        }
        let cell = CellIx(self.rows as u32);
        self.known.insert(name.to_owned(), cell);
        self.rows += 1;
        cell
    }

    /// The number of a name.
    pub fn get(&self, name: &str) -> Option<CellIx> {
        self.known.get(name).copied()
    }

    /// How many numbers there are.
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The names in the order of their numbers; a row whose name is that of another is empty.
    pub fn all(&self) -> Vec<&str> {
        let mut all = vec![""; self.rows];
        for (name, cell) in &self.known {
            all[cell.index()] = name;
        }
        all
    }
}
