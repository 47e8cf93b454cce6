use erewhon_geo::{CellTable, Partition};
use erewhon_types::CellIx;

/// Bins of the distance from home: the home cell itself, `BINS` log-spaced bins, no such place.
///
/// The edges are fractions of the region's public extent, so they follow from the cell list alone.
pub(crate) struct DistanceBins {
    pub(crate) upper_edges_m: Vec<f64>,
}

const DISTANCE_BINS: usize = 10;
/// The first bin ends at a hundredth of the extent: about one cell spacing of a metropolitan network.
const SMALLEST_FRACTION: f64 = 0.01;

impl DistanceBins {
    pub(crate) fn new(cells: &CellTable) -> Self {
        let extent_m = cells.extent_m().max(1.0);
        let step = SMALLEST_FRACTION.powf(-1.0 / (DISTANCE_BINS - 1) as f64);
        let upper_edges_m = (0..DISTANCE_BINS)
            .map(|bin| extent_m * SMALLEST_FRACTION * step.powi(bin as i32))
            .collect();
        Self { upper_edges_m }
    }

    /// Entries of one row: same place, the bins, none.
    pub(crate) fn entries(&self) -> usize {
        self.upper_edges_m.len() + 2
    }

    /// The entry of a place, given home.
    pub(crate) fn entry(&self, cells: &CellTable, home: CellIx, place: Option<CellIx>) -> usize {
        match place {
            None => self.entries() - 1,
            Some(place) if place == home => 0,
            Some(place) => 1 + self.bin(cells.distance_m(home, place)),
        }
    }

    /// The bin of a distance.
    pub(crate) fn bin(&self, metres: f64) -> usize {
        let bin = self.upper_edges_m.partition_point(|edge| *edge < metres);
        bin.min(self.upper_edges_m.len() - 1)
    }

    /// The table entry of (coarse home zone, distance).
    pub(crate) fn table_entry(
        &self,
        cells: &CellTable,
        zones: &Partition,
        home: CellIx,
        place: Option<CellIx>,
    ) -> u32 {
        let row = zones.zone_of(home).index();
        (row * self.entries() + self.entry(cells, home, place)) as u32
    }
}

/// Public log-spaced bins of (mean events a day, dispersion), on a grid that can be coarsened.
pub(crate) struct ActivityBins {
    pub(crate) mean_edges: Vec<f64>,
    pub(crate) dispersion_edges: Vec<f64>,
}

/// Events a day: one event in a month is 1/30, a busy phone makes hundreds.
const MEAN_RANGE: (f64, f64) = (1.0 / 32.0, 512.0);
const MEAN_BINS: usize = 28;
/// Variance over mean: 1 is Poisson; bursty phones go far above.
const DISPERSION_RANGE: (f64, f64) = (0.25, 64.0);
const DISPERSION_BINS: usize = 8;

impl ActivityBins {
    /// Number of coarsenings, 0 being the finest grid.
    pub(crate) const LEVELS: u8 = 4;

    pub(crate) fn new(coarsening: u8) -> Self {
        let coarser = |bins: usize| (bins >> coarsening).max(1);
        Self {
            mean_edges: log_edges(MEAN_RANGE, coarser(MEAN_BINS)),
            dispersion_edges: log_edges(DISPERSION_RANGE, coarser(DISPERSION_BINS)),
        }
    }

    pub(crate) fn entries(&self) -> usize {
        (self.mean_edges.len() - 1) * (self.dispersion_edges.len() - 1)
    }

    pub(crate) fn entry(&self, mean: f64, dispersion: f64) -> u32 {
        let row = bin_of(&self.mean_edges, mean);
        (row * (self.dispersion_edges.len() - 1) + bin_of(&self.dispersion_edges, dispersion))
            as u32
    }
}

fn log_edges((low, high): (f64, f64), bins: usize) -> Vec<f64> {
    let step = (high / low).ln() / bins as f64;
    (0..=bins).map(|i| low * (step * i as f64).exp()).collect()
}

/// The bin of a value; what lies outside belongs to the bin at that end.
fn bin_of(edges: &[f64], value: f64) -> usize {
    let inner = &edges[1..edges.len() - 1];
    inner.partition_point(|edge| *edge <= value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, Frame};

    #[test]
    fn every_value_has_a_bin() {
        for coarsening in 0..ActivityBins::LEVELS {
            let bins = ActivityBins::new(coarsening);
            for mean in [0.0, 0.01, 1.0, 511.9, 1e9] {
                for dispersion in [0.0, 1.0, 63.9, 1e9] {
                    assert!((bins.entry(mean, dispersion) as usize) < bins.entries());
                }
            }
            assert_eq!(bins.entry(1e9, 1e9) as usize, bins.entries() - 1);
        }
    }

    #[test]
    fn distances_fall_between_their_edges() {
        let line = (0..50).map(|i| Cell::planar(i.to_string(), f64::from(i * i) * 40.0, 0.0));
        let cells = CellTable::new(Frame::Planar, line.collect()).unwrap();
        let bins = DistanceBins::new(&cells);
        assert_eq!(bins.entry(&cells, CellIx(3), Some(CellIx(3))), 0);
        assert_eq!(bins.entry(&cells, CellIx(3), None), bins.entries() - 1);
        for to in 1..50 {
            let entry = bins.entry(&cells, CellIx(0), Some(CellIx(to)));
            let distance_m = cells.distance_m(CellIx(0), CellIx(to));
            assert!(distance_m <= bins.upper_edges_m[entry - 1] * (1.0 + 1e-9));
            assert!(entry == 1 || distance_m > bins.upper_edges_m[entry - 2]);
        }
    }
}
