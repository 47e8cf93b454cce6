use std::collections::HashMap;

use erewhon_geo::CellTable;
use erewhon_types::CellIx;

/// Finds the nearest cell of a position: cells in square buckets, searched ring by ring.
pub(crate) struct Snap<'a> {
    cells: &'a CellTable,
    side_m: f64,
    max_m: f64,
    buckets: HashMap<(i64, i64), Vec<CellIx>>,
}

impl<'a> Snap<'a> {
    pub(crate) fn new(cells: &'a CellTable, max_m: f64) -> Self {
        // About two cells a bucket, but never so fine that an empty region means long searches.
        let even_m = cells.extent_m() / (cells.len() as f64 / 2.0).sqrt();
        let side_m = even_m.clamp(max_m / 8.0, max_m);
        let mut buckets: HashMap<_, Vec<CellIx>> = HashMap::new();
        for (row, &at) in cells.plane_m().iter().enumerate() {
            buckets
                .entry(bucket(at, side_m))
                .or_default()
                .push(CellIx(row as u32));
        }
        Self {
            cells,
            side_m,
            max_m,
            buckets,
        }
    }

    /// The nearest cell in service within the limit; of equally near ones the first in the table.
    pub(crate) fn nearest(&self, lat: f64, lon: f64, time_utc_ms: i64) -> Option<CellIx> {
        let at = self.cells.project_m(lon, lat);
        let (column, row) = bucket(at, self.side_m);
        let mut best: Option<(f64, CellIx)> = None;
        let last_ring = (self.max_m / self.side_m).ceil() as i64;
        for ring in 0..=last_ring {
            // Every cell of this ring and beyond is at least this far away.
            let reached_m = (ring - 1).max(0) as f64 * self.side_m;
            if best.is_some_and(|(metres, _)| metres < reached_m) {
                break;
            }
            for (dx, dy) in ring_of(ring) {
                for &cell in self
                    .buckets
                    .get(&(column + dx, row + dy))
                    .into_iter()
                    .flatten()
                    .filter(|cell| self.cells.serves(**cell, time_utc_ms))
                {
                    let (x, y) = self.cells.plane_m()[cell.index()];
                    let metres = (x - at.0).hypot(y - at.1);
                    if best.is_none_or(|held| (metres, cell) < held) {
                        best = Some((metres, cell));
                    }
                }
            }
        }
        best.filter(|(metres, _)| *metres <= self.max_m)
            .map(|(_, cell)| cell)
    }
}

fn bucket((x, y): (f64, f64), side_m: f64) -> (i64, i64) {
    ((x / side_m).floor() as i64, (y / side_m).floor() as i64)
}

/// The offsets of the buckets exactly `ring` steps away.
fn ring_of(ring: i64) -> impl Iterator<Item = (i64, i64)> {
    (-ring..=ring).flat_map(move |dx| {
        let step = if dx.abs() == ring {
            1
        } else {
            (2 * ring).max(1)
        };
        (-ring..=ring)
            .step_by(step as usize)
            .map(move |dy| (dx, dy))
    })
}

#[cfg(test)]
mod tests {
    use erewhon_geo::{Cell, Frame};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_cell(
            cells in prop::collection::vec((51.0..51.2_f64, 9.9..10.1_f64), 1..60),
            at in (50.9..51.3_f64, 9.8..10.2_f64),
            max_m in 1.0..9000.0_f64,
        ) {
            let named = cells.iter().enumerate();
            let cells = named.map(|(i, c)| Cell::geographic(i.to_string(), c.0, c.1)).collect();
            let table = CellTable::new(Frame::Geographic, cells).unwrap();
            let (x, y) = table.project_m(at.1, at.0);
            let expected = table.plane_m().iter().enumerate()
                .map(|(i, p)| ((p.0 - x).hypot(p.1 - y), CellIx(i as u32)))
                .filter(|(metres, _)| *metres <= max_m)
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, cell)| cell);
            prop_assert_eq!(Snap::new(&table, max_m).nearest(at.0, at.1, 0), expected);
        }
    }

    #[test]
    fn only_cells_in_service_are_near() {
        let noon: jiff::Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
        let until = |id: &str, lat| Cell {
            valid_to_utc: Some(noon),
            ..Cell::geographic(id, lat, 10.0)
        };
        let since = Cell {
            valid_from_utc: Some(noon),
            ..Cell::geographic("a", 51.8, 10.0)
        };
        let cells = vec![until("a", 51.0), until("b", 51.7), since];
        let cells = CellTable::new(Frame::Geographic, cells).unwrap();
        let snap = Snap::new(&cells, 20_000.0);
        let nearest = |ms| snap.nearest(51.71, 10.0, ms).map(|cell| cell.0);
        assert_eq!(nearest(noon.as_millisecond() - 1), Some(1));
        assert_eq!(nearest(noon.as_millisecond()), Some(2));
    }
}
