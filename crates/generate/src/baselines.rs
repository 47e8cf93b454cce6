use erewhon_geo::CellTable;
use erewhon_model::Model;
use erewhon_types::CellIx;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::{places::density, sampler::Sampler, times::Moment};

/// The named movement models of the field. All take times, kinds and traffic from the same model,
/// so they differ in movement alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// RWP: straight lines between points drawn evenly from the region (Johnson, Maltz 1996).
    RandomWaypoint,
    /// WRWP: straight lines between cells drawn by the all-hours density. It and the next two need a
    /// model with presence by hour.
    WeightedRandomWaypoint,
    /// WHERE2: home and work.
    WhereTwo,
    /// WHERE3: home, work and a third place; needs a model fitted with three places.
    WhereThree,
    /// Home, work, what is near them, and elsewhere, with moves between them by pause and part of the
    /// day; needs a model of routines.
    #[default]
    Routine,
}

impl Variant {
    /// All variants, in the order in which tables show them.
    pub const ALL: [Self; 5] = [
        Self::RandomWaypoint,
        Self::WeightedRandomWaypoint,
        Self::WhereTwo,
        Self::WhereThree,
        Self::Routine,
    ];

    pub(crate) const fn needs_presence(self) -> bool {
        matches!(
            self,
            Self::WeightedRandomWaypoint | Self::WhereTwo | Self::WhereThree
        )
    }

    /// The variant's short name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RandomWaypoint => "RWP",
            Self::WeightedRandomWaypoint => "WRWP",
            Self::WhereTwo => "WHERE2",
            Self::WhereThree => "WHERE3",
            Self::Routine => "routine",
        }
    }
}

/// From a walk to a fast car.
const SPEED_MPS: std::ops::Range<f64> = 1.0..20.0;
/// How long somebody stays at a waypoint.
const PAUSE_S: std::ops::Range<f64> = 0.0..7200.0;
/// Pixels on each side of the lookup from points to cells.
const RASTER: usize = 128;

/// Waypoint walks over the region's bounding box.
pub(crate) struct Waypoints<'a> {
    cells: &'a CellTable,
    /// Cells by density; without it waypoints are uniform.
    weighted: Option<Sampler>,
    low_m: (f64, f64),
    side_m: (f64, f64),
    /// Nearest cell of each pixel's centre, row-major.
    nearest: Vec<CellIx>,
}

impl<'a> Waypoints<'a> {
    pub(crate) fn new(cells: &'a CellTable, model: &Model, weighted: bool) -> Self {
        let bound = |better: fn(f64, f64) -> f64, start: f64| {
            let each = cells.plane_m().iter();
            each.fold((start, start), |b, p| (better(b.0, p.0), better(b.1, p.1)))
        };
        let low_m = bound(f64::min, f64::INFINITY);
        let high_m = bound(f64::max, f64::NEG_INFINITY);
        let side_m = (high_m.0 - low_m.0, high_m.1 - low_m.1);
        let centre =
            |pixel: usize, low: f64, side: f64| low + side * (pixel as f64 + 0.5) / RASTER as f64;
        let nearest = (0..RASTER * RASTER).map(|pixel| {
            let x = centre(pixel % RASTER, low_m.0, side_m.0);
            let y = centre(pixel / RASTER, low_m.1, side_m.1);
            nearest_cell(cells, (x, y))
        });
        Self {
            cells,
            weighted: weighted.then(|| Sampler::new(density(model))).flatten(),
            low_m,
            side_m,
            nearest: nearest.collect(),
        }
    }

    /// The cells of one walk at the given moments, ascending.
    pub(crate) fn walk(&self, moments: &[Moment], rng: &mut impl Rng) -> Vec<CellIx> {
        let (mut from, mut to) = (self.waypoint(rng), self.waypoint(rng));
        let Some(first) = moments.first() else {
            return Vec::new();
        };
        let seconds = |ms: i64| (ms - first.time_utc_ms) as f64 / 1000.0;
        let mut leave_s = 0.0;
        let mut trip_s = trip_length_s(from, to, rng);
        let mut next_s = trip_s + rng.random_range(PAUSE_S);
        let mut cells = Vec::with_capacity(moments.len());
        for moment in moments {
            let now_s = seconds(moment.time_utc_ms);
            while now_s >= next_s {
                from = to;
                to = self.waypoint(rng);
                leave_s = next_s;
                trip_s = trip_length_s(from, to, rng);
                // A second at least, or a region of one point would stand still for ever.
                next_s = leave_s + (trip_s + rng.random_range(PAUSE_S)).max(1.0);
            }
            let done = ((now_s - leave_s) / trip_s.max(1e-9)).clamp(0.0, 1.0);
            let x = from.0 + done * (to.0 - from.0);
            let y = from.1 + done * (to.1 - from.1);
            cells.push(self.cell_at((x, y)));
        }
        cells
    }

    fn waypoint(&self, rng: &mut impl Rng) -> (f64, f64) {
        match &self.weighted {
            Some(cells) => self.cells.plane_m()[cells.draw(rng)],
            None => (
                self.low_m.0 + self.side_m.0 * rng.random::<f64>(),
                self.low_m.1 + self.side_m.1 * rng.random::<f64>(),
            ),
        }
    }

    fn cell_at(&self, point: (f64, f64)) -> CellIx {
        let pixel = |value: f64, low: f64, side: f64| {
            let share = if side > 0.0 {
                (value - low) / side
            } else {
                0.0
            };
            ((share * RASTER as f64) as usize).min(RASTER - 1)
        };
        let column = pixel(point.0, self.low_m.0, self.side_m.0);
        let row = pixel(point.1, self.low_m.1, self.side_m.1);
        self.nearest[row * RASTER + column]
    }
}

fn trip_length_s(from: (f64, f64), to: (f64, f64), rng: &mut impl Rng) -> f64 {
    (from.0 - to.0).hypot(from.1 - to.1) / rng.random_range(SPEED_MPS)
}

fn nearest_cell(cells: &CellTable, point: (f64, f64)) -> CellIx {
    let square = |p: &(f64, f64)| (p.0 - point.0).powi(2) + (p.1 - point.1).powi(2);
    let nearest = (0..)
        .zip(cells.plane_m())
        .min_by(|a, b| square(a.1).total_cmp(&square(b.1)));
    CellIx(nearest.map_or(0, |(row, _)| row))
}
