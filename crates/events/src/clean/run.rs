use erewhon_types::CellIx;

use crate::Event;

/// Events of one cell that follow each other, once what lies between them is passed over.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) cell: CellIx,
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) from_utc_ms: i64,
    pub(super) to_utc_ms: i64,
}

impl Run {
    pub(super) const fn at(row: usize, event: &Event) -> Self {
        Self {
            cell: event.cell,
            first: row,
            last: row,
            from_utc_ms: event.time_utc_ms,
            to_utc_ms: event.time_utc_ms,
        }
    }

    pub(super) const fn extend(&mut self, row: usize, event: &Event) {
        self.last = row;
        self.to_utc_ms = event.time_utc_ms;
    }
}

/// The square of the metres between two cells.
pub(super) fn square_m(plane_m: &[(f64, f64)], a: CellIx, b: CellIx) -> f64 {
    let ((ax, ay), (bx, by)) = (plane_m[a.index()], plane_m[b.index()]);
    (ax - bx).powi(2) + (ay - by).powi(2)
}
