use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{CellTable, Frame, Radio};

/// A cell table at a glance. All of it is public.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellSummary {
    /// How positions are to be read.
    pub frame: Frame,
    /// Rows: one a cell and period.
    pub rows: usize,
    /// Distinct cells.
    pub cells: usize,
    /// Distinct sites: by name where one is given, else by position.
    pub sites: usize,
    /// West, south, east, north of the cells: degrees, or metres in a planar frame.
    pub bounds: [f64; 4],
    /// Diagonal of the bounds in metres.
    pub extent_m: f64,
    /// Median over positions of the distance to the nearest other, in metres; `None` for one alone.
    pub median_spacing_m: Option<f64>,
    /// Rows by radio.
    pub by_radio: BTreeMap<Radio, usize>,
    /// Rows that say which way they point.
    pub with_azimuth: usize,
    /// Rows with a start or an end.
    pub with_period: usize,
}

impl CellTable {
    /// Sums the table up.
    pub fn summary(&self) -> CellSummary {
        let cells = self.cells();
        let fold = |pick: fn(f64, f64) -> f64, of: fn(&crate::Cell) -> f64| {
            cells.iter().map(of).reduce(pick).unwrap_or_default()
        };
        let mut by_radio = BTreeMap::new();
        for radio in cells.iter().filter_map(|cell| cell.radio) {
            *by_radio.entry(radio).or_insert(0) += 1;
        }
        let place = |cell: &crate::Cell| match &cell.site {
            Some(site) => (site.clone(), [0; 2]),
            None => (String::new(), [cell.x.to_bits(), cell.y.to_bits()]),
        };
        let ids: BTreeSet<_> = cells
            .iter()
            .filter_map(|cell| self.find(&cell.id))
            .collect();
        CellSummary {
            frame: self.frame(),
            rows: cells.len(),
            cells: ids.len(),
            sites: cells.iter().map(place).collect::<BTreeSet<_>>().len(),
            bounds: [
                fold(f64::min, |c| c.x),
                fold(f64::min, |c| c.y),
                fold(f64::max, |c| c.x),
                fold(f64::max, |c| c.y),
            ],
            extent_m: self.extent_m(),
            median_spacing_m: median_spacing_m(self.plane_m()),
            by_radio,
            with_azimuth: cells
                .iter()
                .filter(|cell| cell.azimuth_deg.is_some())
                .count(),
            with_period: cells
                .iter()
                .filter(|cell| cell.valid_from_utc.is_some() || cell.valid_to_utc.is_some())
                .count(),
        }
    }
}

fn median_spacing_m(plane_m: &[(f64, f64)]) -> Option<f64> {
    let mut points = plane_m.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let mut nearest: Vec<f64> = (0..points.len())
        .map(|at| {
            let (x, y) = points[at];
            // Outwards on both sides until the next point is too far off in `x` alone.
            let look = |best: f64, side: &mut dyn Iterator<Item = &(f64, f64)>| {
                let mut best = best;
                for other in side {
                    if (other.0 - x).abs() >= best {
                        break;
                    }
                    best = best.min((other.0 - x).hypot(other.1 - y));
                }
                best
            };
            let left = look(f64::INFINITY, &mut points[..at].iter().rev());
            look(left, &mut points[at + 1..].iter())
        })
        .filter(|distance_m| distance_m.is_finite())
        .collect();
    nearest.sort_by(f64::total_cmp);
    nearest.get(nearest.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use crate::{Cell, CellTable, Frame};

    #[test]
    fn sums_up_sites_and_spacing() {
        let mut cells: Vec<Cell> = [(0.0, 0.0), (0.0, 0.0), (300.0, 400.0), (1000.0, 400.0)]
            .iter()
            .enumerate()
            .map(|(i, &(x, y))| Cell::planar(i.to_string(), x, y))
            .collect();
        cells[0].azimuth_deg = Some(120.0);
        let summary = CellTable::new(Frame::Planar, cells.clone())
            .unwrap()
            .summary();
        assert_eq!(
            (
                summary.rows,
                summary.cells,
                summary.sites,
                summary.with_azimuth
            ),
            (4, 4, 3, 1)
        );
        assert_eq!(summary.bounds, [0.0, 0.0, 1000.0, 400.0]);
        assert_eq!(summary.median_spacing_m, Some(500.0));
        let alone = CellTable::new(Frame::Planar, cells[..2].to_vec())
            .unwrap()
            .summary();
        assert_eq!((alone.sites, alone.median_spacing_m), (1, None));
    }
}
