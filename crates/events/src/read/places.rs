use std::collections::HashMap;

use erewhon_geo::{CellIssues, CellTable, Frame};
use erewhon_types::{CellIx, Error, Result};
use foldhash::fast::RandomState;

use super::{Found, fields::Fields, kinds::join, layout::Layout, snap::Snap};
use crate::{
    Mapping, Rule,
    digits::{read_degrees, read_number},
    mapping::CellColumns,
};

/// Finds the cell of a row: by its id, or nearest to its position.
pub(crate) struct Places<'a> {
    /// Cells by id; `None` for those that the cell list's own rules set aside.
    by_id: HashMap<&'a [u8], Option<CellIx>, RandomState>,
    cells: u64,
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
        let aside = issues.quarantined().map(|id| (id.as_bytes(), None));
        let rows = cells.cells().iter().zip(0..);
        let known = rows.map(|(cell, row)| (cell.id.as_bytes(), Some(CellIx(row))));
        Ok(Self {
            by_id: aside.chain(known).collect(),
            cells: cells.len() as u64,
            by_row: matches!(mapping.cell, Some(CellColumns::Row { .. })),
            constant,
            snap,
            decimal: mapping.position.as_ref().map_or(b'.', |p| p.decimal as u8),
        })
    }

    /// The cell of a row; `joined` is for use inside.
    #[inline]
    pub(crate) fn find(
        &self,
        fields: Fields<'_>,
        layout: &Layout,
        joined: &mut Vec<u8>,
    ) -> Found<CellIx> {
        let empty = |column: &usize| fields.get(*column).is_empty();
        if self.snap.is_some() && layout.cell.iter().all(empty) {
            return self.without_id(fields, layout);
        }
        let id = match layout.cell.as_slice() {
            [] => return self.without_id(fields, layout),
            [column] => fields.get(*column),
            columns => {
                join(fields, columns, b'-', joined);
                joined
            }
        };
        let column = layout.cell.first().copied();
        if self.by_row {
            let row = read_number(id).filter(|row| *row < self.cells);
            return row
                .map(|row| CellIx(row as u32))
                .ok_or((Rule::UnknownCell, column));
        }
        match self.by_id.get(id) {
            Some(Some(cell)) => Ok(*cell),
            Some(None) => Err((Rule::CellQuarantined, column)),
            None => Err((Rule::UnknownCell, column)),
        }
    }

    fn without_id(&self, fields: Fields<'_>, layout: &Layout) -> Found<CellIx> {
        let (Some(snap), Some((lat, lon))) = (&self.snap, layout.position) else {
            return self.constant.ok_or((Rule::UnknownCell, None));
        };
        let degrees = |column: usize, limit: f64| {
            read_degrees(fields.get(column), self.decimal)
                .filter(|value| value.abs() <= limit)
                .ok_or((Rule::PositionFarFromCells, Some(column)))
        };
        let nearest = snap.nearest(degrees(lat, 90.0)?, degrees(lon, 180.0)?);
        nearest.ok_or((Rule::PositionFarFromCells, Some(lat)))
    }
}
