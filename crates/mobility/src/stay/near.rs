use std::collections::HashMap;

use erewhon_geo::CellTable;
use erewhon_types::CellIx;

use super::Run;
use crate::track::cell;

/// Runs that are looked at one by one before the index is asked; in tests few, so that small cases
/// ask it.
const LOOK_AHEAD: usize = if cfg!(test) { 1 } else { 64 };

/// Finds the next run within the radius of a cell.
pub(super) struct Near<'a> {
    cells: &'a CellTable,
    runs: &'a [Run],
    radius_m: f64,
    index: Option<Index>,
}

/// Where the runs at each cell are. Only somebody with many events elsewhere within an excursion needs
/// it, such as a machine.
struct Index {
    /// Cell and run in one word, ascending.
    by_cell: Vec<u64>,
    /// The cells that have runs, ascending.
    seen: Vec<CellIx>,
    /// Those of them within the radius, for cells that were asked for.
    near: HashMap<CellIx, Vec<CellIx>>,
}

impl<'a> Near<'a> {
    pub(super) const fn new(cells: &'a CellTable, runs: &'a [Run], radius_m: f64) -> Self {
        Self {
            cells,
            runs,
            radius_m,
            index: None,
        }
    }

    /// The first run after one that is within the radius of the lead; `None` too where a run before it
    /// is late after that one.
    pub(super) fn next(
        &mut self,
        lead: CellIx,
        after: usize,
        late: impl Fn(usize, usize) -> bool,
    ) -> Option<usize> {
        let ahead = self.runs.iter().enumerate().skip(after + 1);
        for (next, run) in ahead.take(LOOK_AHEAD) {
            if run.cell == lead || self.cells.are_within_m(lead, run.cell, self.radius_m) {
                return Some(next);
            }
            if late(after, next) {
                return None;
            }
        }
        let from = after + 1 + LOOK_AHEAD;
        if from >= self.runs.len() {
            return None;
        }
        let index = self.index.get_or_insert_with(|| Index::of(self.runs));
        let next = index.next(self.cells, self.radius_m, lead, from);
        next.filter(|&next| !late(after, next))
    }
}

impl Index {
    fn of(runs: &[Run]) -> Self {
        let key = |(run, of): (u64, &Run)| u64::from(of.cell.0) << 32 | run;
        let mut by_cell: Vec<u64> = (0..).zip(runs).map(key).collect();
        // Stable, so that runs stay ascending.
        radsort::sort_by_key(&mut by_cell, |&key| cell(key).0);
        let of_one = by_cell.chunk_by(|a, b| a >> 32 == b >> 32);
        Self {
            seen: of_one.map(|of_cell| cell(of_cell[0])).collect(),
            near: HashMap::new(),
            by_cell,
        }
    }

    /// The first run from one on that is within the radius of a cell.
    fn next(
        &mut self,
        cells: &CellTable,
        radius_m: f64,
        lead: CellIx,
        from: usize,
    ) -> Option<usize> {
        let is_near = |&&other: &&CellIx| cells.are_within_m(lead, other, radius_m);
        let seen = &self.seen;
        let near = self
            .near
            .entry(lead)
            .or_insert_with(|| seen.iter().filter(is_near).copied().collect());
        let next = |&near: &CellIx| {
            let least = u64::from(near.0) << 32 | from as u64;
            let at = self.by_cell.partition_point(|&key| key < least);
            let &key = self.by_cell.get(at)?;
            (cell(key) == near).then_some(key as u32 as usize)
        };
        near.iter().filter_map(next).min()
    }
}
