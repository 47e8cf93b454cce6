use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hasher as _},
    ops::Range,
};

use erewhon_types::{CellIx, Error, Result};
use foldhash::{fast::FixedState, quality::RandomState};

use crate::{Cell, cell_id};

/// Finds the row of a cell by its id and a time.
///
/// Looked up for every record, so an id is known by 64 bits of a hash whose seed is drawn anew for each
/// table: among a million ids some two meet with a probability of 3 in 10⁸.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// Rows by id, as it is written and in its canonical form.
    by_id: HashMap<u64, Rows, FixedState>,
    hash: RandomState,
    /// The rows of cells with more than one, in the order of time, cell after cell.
    in_time: Vec<CellIx>,
    /// Periods by row; empty when every row is valid for good.
    periods_utc_ms: Vec<Range<i64>>,
}

/// The rows of one id: its only row, or a stretch of [`Index::in_time`].
#[derive(Clone, Copy, Debug)]
enum Rows {
    One(CellIx),
    Many { from: u32, to: u32 },
}

impl Index {
    /// Indexes rows; fails when two rows of a cell are valid at one time.
    pub(crate) fn new(cells: &[Cell]) -> Result<Self> {
        let timed = |cell: &Cell| cell.valid_from_utc.is_some() || cell.valid_to_utc.is_some();
        let mut index = Self {
            by_id: HashMap::default(),
            hash: RandomState::default(),
            in_time: Vec::new(),
            periods_utc_ms: match cells.iter().any(timed) {
                true => cells.iter().map(Cell::period_utc_ms).collect(),
                false => Vec::new(),
            },
        };
        index.add(cells)?;
        Ok(index)
    }

    /// Finds the rows of each id, in the order of time.
    fn add(&mut self, cells: &[Cell]) -> Result<()> {
        let mut several: HashMap<u64, Vec<CellIx>> = HashMap::new();
        for (row, cell) in (0..).map(CellIx).zip(cells) {
            let key = self.print(cell_id::key(&cell.id).as_bytes());
            match self.by_id.insert(key, Rows::One(row)) {
                Some(Rows::One(first)) => {
                    several.entry(key).or_insert_with(|| vec![first]).push(row);
                }
                _ => continue,
            }
        }
        for (key, mut rows) in several {
            let period = |row: &CellIx| cells[row.index()].period_utc_ms();
            rows.sort_by_key(|row| period(row).start);
            if let Some(pair) = rows
                .windows(2)
                .find(|pair| period(&pair[0]).end > period(&pair[1]).start)
            {
                return Err(Error::input(format!(
                    "cell `{}` appears twice",
                    cells[pair[0].index()].id
                ))
                .with_hint("a cell may have several rows when their periods do not overlap"));
            }
            let from = self.in_time.len() as u32;
            self.in_time.append(&mut rows);
            let to = self.in_time.len() as u32;
            self.by_id.insert(key, Rows::Many { from, to });
        }
        for cell in cells {
            let Some(rows) = self.get(cell_id::key(&cell.id).as_bytes()) else {
                continue;
            };
            self.by_id.insert(self.print(cell.id.as_bytes()), rows);
            for other in &cell.also {
                self.by_id
                    .insert(self.print(cell_id::key(other).as_bytes()), rows);
                self.by_id.insert(self.print(other.as_bytes()), rows);
            }
        }
        Ok(())
    }

    #[inline]
    fn print(&self, id: &[u8]) -> u64 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(id);
        hasher.finish()
    }

    #[inline]
    fn get(&self, id: &[u8]) -> Option<Rows> {
        self.by_id.get(&self.print(id)).copied()
    }

    #[inline]
    pub(crate) fn find(&self, id: &[u8]) -> Option<CellIx> {
        match self.rows(id)? {
            Rows::One(row) => Some(row),
            Rows::Many { from, to } => self.in_time[from as usize..to as usize].last().copied(),
        }
    }

    #[inline]
    pub(crate) fn find_at(&self, id: &[u8], time_utc_ms: i64) -> Option<CellIx> {
        match self.rows(id)? {
            Rows::One(row) => self.serves(row, time_utc_ms).then_some(row),
            Rows::Many { from, to } => self.in_time[from as usize..to as usize]
                .iter()
                .copied()
                .find(|&row| self.serves(row, time_utc_ms)),
        }
    }

    #[inline]
    pub(crate) fn serves(&self, row: CellIx, time_utc_ms: i64) -> bool {
        self.periods_utc_ms.is_empty() || self.periods_utc_ms[row.index()].contains(&time_utc_ms)
    }

    /// Whether any row has a start or an end.
    pub(crate) const fn is_timed(&self) -> bool {
        !self.periods_utc_ms.is_empty()
    }

    #[inline]
    fn rows(&self, id: &[u8]) -> Option<Rows> {
        self.get(id)
            .or_else(|| self.get(cell_id::canonical(id)?.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellTable, Frame};

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn from_to(id: &str, east_m: f64, from: &str, to: &str) -> Cell {
        Cell {
            valid_from_utc: from.parse().ok(),
            valid_to_utc: to.parse().ok(),
            ..Cell::planar(id, east_m, 0.0)
        }
    }

    #[test]
    fn a_cell_that_moved_is_found_where_it_stood() {
        let (march, april) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        let cells = vec![
            from_to("a", 900.0, april, ""),
            from_to("b", 0.0, march, april),
            from_to("a", 0.0, "", march),
            Cell::planar("c", 5.0, 0.0),
        ];
        let table = CellTable::new(Frame::Planar, cells).unwrap();
        assert_eq!(table.find_at("a", ms(march) - 1), Some(CellIx(2)));
        assert_eq!(table.find_at("a", ms(march)), None);
        assert_eq!(table.find_at("a", ms(april)), Some(CellIx(0)));
        assert_eq!(table.find_at(b"b", ms(april)), None);
        assert_eq!(table.find_at("c", i64::MIN), Some(CellIx(3)));
        assert_eq!(table.find("a"), Some(CellIx(0)));
        assert_eq!(table.serving(CellIx(0), ms(march)), CellIx(3));
        assert_eq!(table.serving(CellIx(1), ms(march)), CellIx(1));
    }

    #[test]
    fn the_row_that_serves_is_the_nearest_that_a_search_of_all_finds() {
        let noon: jiff::Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let cell = |i: u64| {
            let (x, y) = (i * 7_919 % 1_009, i * 104_729 % 1_013);
            Cell {
                valid_from_utc: i.is_multiple_of(3).then_some(noon),
                valid_to_utc: (i % 3 == 1).then_some(noon),
                ..Cell::planar(i.to_string(), x as f64, y as f64)
            }
        };
        let table = CellTable::new(Frame::Planar, (0..300).map(cell).collect()).unwrap();
        for time in [noon.as_millisecond() - 1, noon.as_millisecond()] {
            for row in (0..300).map(CellIx) {
                let serving = (0..300)
                    .map(CellIx)
                    .filter(|&other| table.serves(other, time));
                let metres = |other: &CellIx| table.distance_m(row, *other);
                let nearest = serving
                    .min_by(|a, b| metres(a).total_cmp(&metres(b)))
                    .unwrap();
                assert_eq!(table.serving(row, time), nearest);
            }
        }
    }

    #[test]
    fn refuses_periods_that_overlap() {
        let (march, april) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        let cells = vec![from_to("a", 0.0, "", april), from_to("a", 9.0, march, "")];
        let error = CellTable::new(Frame::Planar, cells).unwrap_err();
        assert!(error.message().contains("`a` appears twice"), "{error}");
    }

    #[test]
    fn finds_an_id_however_it_is_written() {
        let id = "248-01-00007-196901";
        let table = CellTable::new(Frame::Planar, vec![Cell::planar(id, 0.0, 0.0)]).unwrap();
        for written in [
            id,
            "248-1-7-196901",
            "248:01:7:0196901",
            "248_001_007_196901",
        ] {
            assert_eq!(table.find(written), Some(CellIx(0)), "{written}");
        }
        assert_eq!(table.find("248-2-7-196901"), None);
    }
}
