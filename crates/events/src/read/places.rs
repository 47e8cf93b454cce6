use std::collections::HashSet;

use erewhon_geo::{CellIssues, CellTable, Frame};
use erewhon_types::{CellIx, Error, Result};
use foldhash::fast::FixedState;

use super::{Found, fields::Fields, kinds::join, layout::Layout, snap::Snap};
use crate::{
    Mapping, Rule,
    digits::{read_degrees, read_number},
    mapping::CellColumns,
};

/// Finds the cell of a row: by its id, or nearest to its position.
pub(crate) struct Places<'a> {
    cells: &'a CellTable,
    /// Ids that the cell list's own rules set aside.
    set_aside: HashSet<&'a [u8], FixedState>,
    by_row: bool,
    constant: Option<CellIx>,
    snap: Option<Snap<'a>>,
    decimal: u8,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        mapping: &Mapping,
        cells: &'a CellTable,
        issues: &'a CellIssues,
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
        let constant = match &mapping.cell {
            Some(CellColumns::Constant { constant }) => Some(cells.find(constant).ok_or_else(|| {
                Error::input(format!(
                    "the mapping puts all rows into the cell `{constant}`, which the cell list lacks"
                ))
                .with_hint("add that cell to the list")
            })?),
            _ => None,
        };
        Ok(Self {
            cells,
            set_aside: issues.quarantined().map(str::as_bytes).collect(),
            by_row: mapping.numbers_cells(),
            constant,
            snap,
            decimal: mapping.position.as_ref().map_or(b'.', |p| p.decimal as u8),
        })
    }

    /// Whether a cell that a row's columns name is theirs at this time, too.
    #[inline]
    pub(crate) fn serves(&self, cell: CellIx, time_utc_ms: i64) -> bool {
        self.by_row || self.cells.serves(cell, time_utc_ms)
    }

    /// The cell of a row; `joined` is for use inside.
    #[inline]
    pub(crate) fn find(
        &self,
        fields: Fields<'_>,
        layout: &Layout,
        time_utc_ms: i64,
        joined: &mut Vec<u8>,
    ) -> Found<CellIx> {
        let empty = |column: &usize| fields.get(*column).is_empty();
        if self.snap.is_some() && layout.cell.iter().all(empty) {
            return self.without_id(fields, layout, time_utc_ms);
        }
        let id = match layout.cell.as_slice() {
            [] => return self.without_id(fields, layout, time_utc_ms),
            [column] => fields.get(*column),
            columns => {
                join(fields, columns, b'-', joined);
                joined
            }
        };
        let column = layout.cell.first().copied();
        let found = if self.by_row {
            let row = read_number(id).filter(|row| *row < self.cells.len() as u64);
            row.map(|row| CellIx(row as u32))
        } else {
            self.cells.find_at(id, time_utc_ms)
        };
        found.ok_or_else(|| {
            let rule = if !self.by_row && self.cells.find(id).is_some() {
                Rule::CellOutOfService
            } else if self.set_aside.contains(id) {
                Rule::CellQuarantined
            } else {
                Rule::UnknownCell
            };
            (rule, column)
        })
    }

    fn without_id(&self, fields: Fields<'_>, layout: &Layout, time_utc_ms: i64) -> Found<CellIx> {
        let (Some(snap), Some((lat, lon))) = (&self.snap, layout.position) else {
            return self.constant.ok_or((Rule::UnknownCell, None));
        };
        let degrees = |column: usize, limit: f64| {
            read_degrees(fields.get(column), self.decimal)
                .filter(|value| value.abs() <= limit)
                .ok_or((Rule::PositionFarFromCells, Some(column)))
        };
        let (lat_deg, lon_deg) = (degrees(lat, 90.0)?, degrees(lon, 180.0)?);
        let nearest = snap.nearest(lat_deg, lon_deg, time_utc_ms);
        nearest.ok_or((Rule::PositionFarFromCells, Some(lat)))
    }
}
