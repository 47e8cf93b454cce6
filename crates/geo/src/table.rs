use std::{collections::HashMap, ops::Range};

use erewhon_types::{CellIx, Error, Result};
use foldhash::fast::RandomState;

use crate::{Cell, Frame, cell::EARTH_RADIUS_M, cell_id};

/// The public list of cells, in file order; a [`CellIx`] is a row number in it.
///
/// A cell that moved, or that paused, has a row for each of its periods; these do not overlap.
#[derive(Clone, Debug)]
pub struct CellTable {
    frame: Frame,
    cells: Vec<Cell>,
    /// Metres east and north of the table's centre.
    plane_m: Vec<(f64, f64)>,
    /// The centre, in the frame's own coordinates.
    centre: (f64, f64),
    /// Metres per unit of `x` and `y` at the centre.
    scale_m: (f64, f64),
    /// Rows by id, as it is written and in its canonical form.
    by_id: HashMap<Box<[u8]>, Rows, RandomState>,
    /// The rows of cells with more than one, in the order of time, cell after cell.
    in_time: Vec<CellIx>,
    /// Periods by row; empty when every row is valid for good.
    periods_utc_ms: Vec<Range<i64>>,
}

/// The rows of one id: its only row, or a stretch of [`CellTable::in_time`].
#[derive(Clone, Copy, Debug)]
enum Rows {
    One(CellIx),
    Many { from: u32, to: u32 },
}

impl CellTable {
    /// Builds a table; positions are projected to a plane that touches the table's centre.
    ///
    /// The projection is equirectangular at the mean latitude: over a metropolitan region of 200 km
    /// its distances are within half a per cent of the great circle.
    ///
    /// # Errors
    /// Input, when the table is empty, an id appears twice or a position is not finite.
    pub fn new(frame: Frame, cells: Vec<Cell>) -> Result<Self> {
        if cells.is_empty() {
            return Err(Error::input("the cell table has no usable cell"));
        }
        for cell in &cells {
            if !(cell.x.is_finite() && cell.y.is_finite()) {
                return Err(Error::input(format!(
                    "cell `{}` has no finite position",
                    cell.id
                )));
            }
        }
        let (by_id, in_time) = index(&cells)?;
        let timed = (cells.iter()).any(|c| c.valid_from_utc.is_some() || c.valid_to_utc.is_some());
        let periods_utc_ms = match timed {
            true => cells.iter().map(Cell::period_utc_ms).collect(),
            false => Vec::new(),
        };
        let n = cells.len() as f64;
        let centre_x = cells.iter().map(|c| c.x).sum::<f64>() / n;
        let centre_y = cells.iter().map(|c| c.y).sum::<f64>() / n;
        let (east_m, north_m) = match frame {
            Frame::Geographic => {
                let m_per_degree = EARTH_RADIUS_M.to_radians();
                (m_per_degree * centre_y.to_radians().cos(), m_per_degree)
            }
            Frame::Planar | Frame::Schematic => (1.0, 1.0),
        };
        let plane_m = cells
            .iter()
            .map(|c| ((c.x - centre_x) * east_m, (c.y - centre_y) * north_m))
            .collect();
        Ok(Self {
            frame,
            cells,
            plane_m,
            centre: (centre_x, centre_y),
            scale_m: (east_m, north_m),
            by_id,
            in_time,
            periods_utc_ms,
        })
    }

    /// Builds a table of cells whose positions are unknown.
    ///
    /// # Errors
    /// Input, when the list is empty or an id appears twice.
    pub fn schematic(ids: Vec<String>) -> Result<Self> {
        let side = (ids.len() as f64).sqrt().ceil().max(1.0) as usize;
        let place = |(row, id): (usize, String)| {
            Cell::planar(
                id,
                (row % side) as f64 * 1000.0,
                (row / side) as f64 * 1000.0,
            )
        };
        Self::new(
            Frame::Schematic,
            ids.into_iter().enumerate().map(place).collect(),
        )
    }

    /// How positions are to be read.
    pub const fn frame(&self) -> Frame {
        self.frame
    }

    /// Number of cells.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Never true: a table has at least one cell.
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells in row order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a row. The index must come from this table.
    pub fn cell(&self, ix: CellIx) -> &Cell {
        &self.cells[ix.index()]
    }

    /// The row of a cell id, whatever the time; the latest, where the cell has several.
    ///
    /// An id in the style of `MCC-MNC-LAC-CI` is found in whatever way it is written
    /// ([`canonical_cell_id`](crate::canonical_cell_id)).
    #[inline]
    pub fn find(&self, id: impl AsRef<[u8]>) -> Option<CellIx> {
        match self.rows(id.as_ref())? {
            Rows::One(row) => Some(row),
            Rows::Many { from, to } => self.in_time[from as usize..to as usize].last().copied(),
        }
    }

    /// The row of a cell id that is valid at a time, in milliseconds since 1970 UTC.
    #[inline]
    pub fn find_at(&self, id: impl AsRef<[u8]>, time_utc_ms: i64) -> Option<CellIx> {
        match self.rows(id.as_ref())? {
            Rows::One(row) => self.serves(row, time_utc_ms).then_some(row),
            Rows::Many { from, to } => self.in_time[from as usize..to as usize]
                .iter()
                .copied()
                .find(|&row| self.serves(row, time_utc_ms)),
        }
    }

    /// Whether a row is valid at a time, in milliseconds since 1970 UTC.
    #[inline]
    pub fn serves(&self, row: CellIx, time_utc_ms: i64) -> bool {
        self.periods_utc_ms.is_empty() || self.periods_utc_ms[row.index()].contains(&time_utc_ms)
    }

    /// The row itself where it serves at the time, else the nearest that does; itself where none does.
    pub fn serving(&self, row: CellIx, time_utc_ms: i64) -> CellIx {
        if self.serves(row, time_utc_ms) {
            return row;
        }
        let rows = (0..self.cells.len() as u32).map(CellIx);
        rows.filter(|&other| self.serves(other, time_utc_ms))
            .min_by(|&a, &b| self.distance_m(row, a).total_cmp(&self.distance_m(row, b)))
            .unwrap_or(row)
    }

    #[inline]
    fn rows(&self, id: &[u8]) -> Option<Rows> {
        self.by_id.get(id).copied().or_else(|| {
            let canonical = cell_id::canonical(id)?;
            self.by_id.get(canonical.as_bytes()).copied()
        })
    }

    /// Metres east and north of the table's centre, by row.
    pub fn plane_m(&self) -> &[(f64, f64)] {
        &self.plane_m
    }

    /// Metres east and north of the table's centre of any position in the table's frame.
    pub fn project_m(&self, x: f64, y: f64) -> (f64, f64) {
        (
            (x - self.centre.0) * self.scale_m.0,
            (y - self.centre.1) * self.scale_m.1,
        )
    }

    /// Metres between two cells on the local plane.
    #[inline]
    pub fn distance_m(&self, a: CellIx, b: CellIx) -> f64 {
        let (ax, ay) = self.plane_m[a.index()];
        let (bx, by) = self.plane_m[b.index()];
        (ax - bx).hypot(ay - by)
    }

    /// Diagonal of the cells' bounding box in metres: the longest distance that can occur.
    pub fn extent_m(&self) -> f64 {
        let range = |pick: fn(&(f64, f64)) -> f64| {
            let (low, high) = self
                .plane_m
                .iter()
                .map(pick)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                    (l.min(v), h.max(v))
                });
            high - low
        };
        range(|p| p.0).hypot(range(|p| p.1))
    }
}

type ById = HashMap<Box<[u8]>, Rows, RandomState>;

/// Finds the rows of each id, in the order of time.
fn index(cells: &[Cell]) -> Result<(ById, Vec<CellIx>)> {
    let mut by_id = ById::with_capacity_and_hasher(cells.len(), RandomState::default());
    let mut several: HashMap<Box<[u8]>, Vec<CellIx>> = HashMap::new();
    for (row, cell) in (0..).map(CellIx).zip(cells) {
        let key = cell_id::key(&cell.id);
        match by_id.insert(key.as_bytes().into(), Rows::One(row)) {
            Some(Rows::One(first)) => {
                several
                    .entry(key.as_bytes().into())
                    .or_insert_with(|| vec![first])
                    .push(row);
            }
            _ => continue,
        }
    }
    let mut in_time = Vec::new();
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
        let from = in_time.len() as u32;
        in_time.append(&mut rows);
        by_id.insert(
            key,
            Rows::Many {
                from,
                to: in_time.len() as u32,
            },
        );
    }
    for cell in cells {
        if let Some(&rows) = by_id.get(cell_id::key(&cell.id).as_bytes()) {
            by_id.insert(cell.id.as_bytes().into(), rows);
        }
    }
    Ok((by_id, in_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let table = CellTable::new(
            Frame::Geographic,
            vec![
                Cell::geographic("s", 51.5, 10.0),
                Cell::geographic("n", 52.5, 10.0),
            ],
        )
        .unwrap();
        let km = table.distance_m(CellIx(0), CellIx(1)) / 1000.0;
        assert!((km - 111.195).abs() < 0.01, "{km}");
    }

    #[test]
    fn refuses_twins_and_emptiness() {
        let twin = vec![Cell::planar("a", 0.0, 0.0), Cell::planar("a", 1.0, 0.0)];
        assert!(CellTable::new(Frame::Planar, twin).is_err());
        assert!(CellTable::new(Frame::Planar, vec![]).is_err());
    }

    #[test]
    fn a_table_without_positions_is_a_lattice() {
        let ids = (0..5).map(|i| i.to_string()).collect();
        let table = CellTable::schematic(ids).unwrap();
        assert_eq!(table.frame(), Frame::Schematic);
        assert_eq!(table.distance_m(CellIx(0), CellIx(1)), 1000.0);
    }

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
