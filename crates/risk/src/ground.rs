use erewhon_geo::Nearness;
use erewhon_mobility::Public;
use erewhon_types::CellIx;

/// Cells that count as near: those a blur may have moved an event to, or a bad clock or ear names.
const NEAR: usize = 8;

/// The public cells, as attacks that forgive a small shift see them.
pub(crate) struct Ground {
    near: Nearness,
    /// By day of the window.
    workday: Vec<bool>,
    /// By cell: metres east and north.
    at: Vec<(f32, f32)>,
    /// By cell: metres to the farthest of the near ones, at least 1.
    reach_m: Vec<f32>,
    /// The middle one of these.
    pub(crate) usual_reach_m: f32,
}

impl Ground {
    /// Time by the square of the number of cells.
    pub(crate) fn of(public: &Public<'_>) -> Self {
        let cells = public.cells;
        let near = Nearness::new(cells, Nearness::ranks(cells.len()), NEAR);
        let reach = |cell: u32| {
            let around = near.around(CellIx(cell));
            let farthest = around.last();
            farthest.map_or(1.0, |&far| cells.distance_m(CellIx(cell), far).max(1.0)) as f32
        };
        let reach_m: Vec<f32> = (0..cells.len() as u32).map(reach).collect();
        let mut sorted = reach_m.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let days = 0..public.calendar.days();
        Self {
            near,
            workday: days.map(|day| public.calendar.is_workday(day)).collect(),
            at: cells
                .plane_m()
                .iter()
                .map(|&(x, y)| (x as f32, y as f32))
                .collect(),
            usual_reach_m: sorted.get(sorted.len() / 2).copied().unwrap_or(1.0),
            reach_m,
        }
    }

    /// Whether an hour of the window is in a working day.
    pub(crate) fn is_workday(&self, hour: u32) -> bool {
        self.workday
            .get(hour as usize / 24)
            .copied()
            .unwrap_or(false)
    }

    /// Number of cells.
    pub(crate) const fn cells(&self) -> usize {
        self.at.len()
    }

    /// Where a cell stands, in metres.
    pub(crate) fn at(&self, cell: CellIx) -> (f32, f32) {
        self.at[cell.index()]
    }

    /// The near cells of a cell, without itself.
    pub(crate) fn around(&self, cell: CellIx) -> &[CellIx] {
        self.near.around(cell)
    }

    /// How far apart, 0 the same place to 1: twice as far as the near cells of `a`, or farther.
    pub(crate) fn apart(&self, a: CellIx, b: CellIx) -> f32 {
        let ((ax, ay), (bx, by)) = (self.at(a), self.at(b));
        (metres(ax - bx, ay - by) / (2.0 * self.reach_m[a.index()])).min(1.0)
    }
}

/// Length of a step east and north; quicker than `hypot`, and no distance here is near its limits.
pub(crate) fn metres(east: f32, north: f32) -> f32 {
    (east * east + north * north).sqrt()
}
