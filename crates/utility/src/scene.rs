use std::sync::Arc;

use erewhon_geo::{Partition, ZoneTree};
use erewhon_mobility::Public;
use erewhon_types::{CellIx, ZoneIx};

use crate::{emd::Ground, motifs::Motifs};

/// What all comparisons share: public knowledge, bins and zones, none of it from the records.
pub(crate) struct Scene<'a> {
    pub(crate) public: Public<'a>,
    pub(crate) bins: Bins,
    /// At most 32 zones for home × work flows.
    pub(crate) zones: Partition,
    pub(crate) ground: Ground,
    pub(crate) motifs: Motifs,
    /// Flow zone of each place of the ground.
    pub(crate) zone_of_place: Vec<usize>,
}

/// Level of the zone tree for home × work flows: at most 2^5 zones.
const FLOW_LEVEL: u8 = 5;

/// Shared bin edges; `docs/measures.md` lists them.
pub(crate) struct Bins {
    pub(crate) distance_km: Arc<[f64]>,
    pub(crate) fine_km: Arc<[f64]>,
    pub(crate) count: Arc<[f64]>,
    pub(crate) gap_s: Arc<[f64]>,
    pub(crate) hour_of_week: Arc<[f64]>,
    pub(crate) bit: Arc<[f64]>,
    pub(crate) burstiness: Arc<[f64]>,
}

impl Bins {
    fn new(extent_km: f64) -> Self {
        // 0, 0.1, then two steps for each doubling, until past the longest possible distance.
        let mut distance_km = vec![0.0];
        for step in 0.. {
            let edge = 0.1 * 2f64.powf(f64::from(step) / 2.0);
            distance_km.push(edge);
            if edge > extent_km {
                break;
            }
        }
        let width_km = (extent_km / FINE_BINS).max(0.01);
        let fine = (extent_km / width_km).ceil() as u32 + 2;
        let counts = [
            0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 26, 51, 101, 201, 501, 1001, 10_001,
        ];
        Self {
            distance_km: distance_km.into(),
            fine_km: (0..fine).map(|i| f64::from(i) * width_km).collect(),
            count: counts.into_iter().map(f64::from).collect(),
            gap_s: std::iter::once(0.0)
                .chain((0..=26).map(|power| f64::from(1u32 << power)))
                .collect(),
            hour_of_week: (0..=168).map(f64::from).collect(),
            bit: (0..=64).map(|i| f64::from(i) / 4.0).collect(),
            burstiness: (-20..=20).map(|i| f64::from(i) / 20.0).collect(),
        }
    }
}

/// Most fine bins, which are 10 m wide up to an extent of 655 km and wider beyond.
const FINE_BINS: f64 = 65_536.0;

impl<'a> Scene<'a> {
    /// Lays out bins and zones over public knowledge.
    pub(crate) fn new(public: Public<'a>) -> Self {
        let tree = ZoneTree::build(public.cells);
        let (zones, ground) = (tree.partition(FLOW_LEVEL), Ground::new(public.cells, &tree));
        // Places are cells, or zones that lie within the flow zones.
        let mut zone_of_place = vec![0; ground.places()];
        for cell in (0..public.cells.len() as u32).map(CellIx) {
            zone_of_place[ground.place_of(cell)] = zones.zone_of(cell).index();
        }
        Self {
            public,
            bins: Bins::new(public.cells.extent_m() / 1000.0),
            zones,
            ground,
            motifs: Motifs::new(),
            zone_of_place,
        }
    }

    /// Centres of the flow zones in metres on the local plane.
    pub(crate) fn zone_centres_m(&self) -> Vec<(f64, f64)> {
        let plane_m = self.public.cells.plane_m();
        (0..self.zones.zones())
            .map(|zone| {
                let of = self.zones.cells_of(ZoneIx(zone as u32));
                let places = of.iter().map(|cell| plane_m[cell.index()]);
                let (x, y) = places.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                (x / of.len() as f64, y / of.len() as f64)
            })
            .collect()
    }
}

pub(crate) fn quartile_errors_km(
    a: &crate::histogram::Spread,
    b: &crate::histogram::Spread,
) -> Option<[f64; 3]> {
    let quartiles = |spread: &crate::histogram::Spread| -> Option<[f64; 3]> {
        let at = |share| spread.fine.quantile(share);
        Some([at(0.25)?, at(0.5)?, at(0.75)?])
    };
    let (a, b) = (quartiles(a)?, quartiles(b)?);
    Some(std::array::from_fn(|i| (a[i] - b[i]).abs()))
}
