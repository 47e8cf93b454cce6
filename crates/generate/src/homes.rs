use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use erewhon_model::Commutes;
use erewhon_types::CellIx;
use rand::Rng;

use crate::{
    rings::Rings,
    sampler::{Sums, draw_by},
};

/// What is worked out of homes and kept, at the most; more homes are worked out each time.
const KEPT_BYTES: usize = 64 << 20;

/// Where the people of each home cell work and go, worked out when a home is first lived in.
pub(crate) struct Homes<'a> {
    rings: Rings<'a>,
    commutes: Commutes<'a>,
    /// How many live and work in each cell.
    people: Vec<f64>,
    /// How many cells are near one.
    near: usize,
    kept: Vec<OnceLock<Home>>,
    /// How many more are kept.
    room: AtomicUsize,
}

/// One home cell.
pub(crate) struct Home {
    works: Option<Sums>,
    /// The other cells with anybody in them, the nearest bin first.
    far: Vec<CellIx>,
    /// The people of `far`, summed up for each bin anew.
    sums: Vec<f64>,
    /// Where each bin ends in `far`.
    ends: Vec<usize>,
}

impl<'a> Homes<'a> {
    pub(crate) fn new(
        rings: Rings<'a>,
        commutes: Commutes<'a>,
        people: Vec<f64>,
        near: usize,
    ) -> Self {
        let row_bytes = people.len() * (2 * size_of::<f64>() + size_of::<CellIx>());
        Self {
            kept: people.iter().map(|_| OnceLock::new()).collect(),
            room: AtomicUsize::new(KEPT_BYTES / row_bytes.max(1)),
            rings,
            commutes,
            people,
            near,
        }
    }

    /// The cells near one, the nearest first.
    pub(crate) fn around(&self, cell: CellIx) -> &[CellIx] {
        self.rings.around(cell, self.near)
    }

    /// How open the surroundings of a home are.
    pub(crate) fn openness(&self, home: CellIx) -> usize {
        self.rings.openness(home)
    }

    /// The bin of a cell, seen from another.
    pub(crate) fn bin(&self, from: CellIx, to: CellIx) -> usize {
        self.rings.bin(from, to)
    }

    /// A cell of a bin seen from another one, by how many live and work there; `None` where the only ones
    /// are taken, or too far to be known.
    pub(crate) fn beyond(
        &self,
        from: CellIx,
        bin: usize,
        taken: impl Fn(CellIx) -> bool,
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        self.rings.draw(from, bin, &self.people, taken, rng)
    }

    /// The share of people of a home who have a place of work.
    pub(crate) fn working_share(&self, home: CellIx) -> f64 {
        self.commutes.working_share(home)
    }

    /// Calls `with` with what is known of a home: the same, kept or not.
    pub(crate) fn with<T>(&self, home: CellIx, with: impl FnOnce(&Home) -> T) -> T {
        let kept = &self.kept[home.index()];
        if let Some(home) = kept.get() {
            return with(home);
        }
        let take = |room: usize| room.checked_sub(1);
        let took = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        match took {
            Ok(_) => with(kept.get_or_init(|| self.home(home))),
            Err(_) => with(&self.home(home)),
        }
    }

    fn home(&self, home: CellIx) -> Home {
        let mut weights = Vec::new();
        self.commutes.weights(home, &mut weights);
        let mut by_bin = vec![Vec::new(); self.rings.bins()];
        for cell in (0..self.people.len() as u32).map(CellIx) {
            let is_near = cell == home || self.around(home).contains(&cell);
            if !is_near && self.people[cell.index()] > 0.0 {
                by_bin[self.bin(home, cell)].push(cell);
            }
        }
        let mut sums = Vec::new();
        for cells in &by_bin {
            let mut sum = 0.0;
            sums.extend(cells.iter().map(|cell| {
                sum += self.people[cell.index()];
                sum
            }));
        }
        let mut end = 0;
        let ends = by_bin.iter().map(|cells| {
            end += cells.len();
            end
        });
        Home {
            works: Sums::new(weights),
            ends: ends.collect(),
            far: by_bin.concat(),
            sums,
        }
    }

    /// Draws places elsewhere about so near to home, each among the cells of its bin by how many live and
    /// work there. Home, work and what is near them are no such place; `None` where nothing else is.
    /// `home` is what is known of the cell `at`.
    pub(crate) fn elsewhere<const N: usize>(
        &self,
        at: CellIx,
        home: &Home,
        work: Option<CellIx>,
        wanted: [usize; N],
        rng: &mut impl Rng,
    ) -> Option<[CellIx; N]> {
        let near_work = work.map_or(&[][..], |work| self.around(work));
        let taken = |cell: &CellIx| Some(*cell) == work || near_work.contains(cell);
        let mut lost = vec![0; home.ends.len()];
        for cell in work.iter().chain(near_work) {
            let is_far = *cell != at && !self.around(at).contains(cell);
            if is_far && self.people[cell.index()] > 0.0 {
                lost[self.bin(at, *cell)] += 1;
            }
        }
        let bins = 0..home.ends.len();
        let left: Vec<usize> = bins
            .filter(|bin| home.cells(*bin).0.len() > lost[*bin])
            .collect();
        let mut own = [at; N];
        for (own, wanted) in own.iter_mut().zip(wanted) {
            let bin = left.iter().min_by_key(|bin| bin.abs_diff(wanted))?;
            *own = home.place(*bin, taken, &self.people, rng);
        }
        Some(own)
    }
}

/// A place is drawn so often in the hope that it is not taken.
const TRIES: usize = 16;

impl Home {
    /// A place of work.
    pub(crate) fn work(&self, rng: &mut impl Rng) -> Option<CellIx> {
        let works = self.works.as_ref()?;
        Some(CellIx(works.draw(rng) as u32))
    }

    /// The cells of a bin, and their people summed up.
    fn cells(&self, bin: usize) -> (&[CellIx], &[f64]) {
        let start = bin.checked_sub(1).map_or(0, |before| self.ends[before]);
        let at = start..self.ends[bin];
        (&self.far[at.clone()], &self.sums[at])
    }

    /// A cell of a bin, in proportion to its people, that is not taken; there must be one.
    fn place(
        &self,
        bin: usize,
        taken: impl Fn(&CellIx) -> bool,
        people: &[f64],
        rng: &mut impl Rng,
    ) -> CellIx {
        let (cells, sums) = self.cells(bin);
        for _ in 0..TRIES {
            let cell = cells[draw_by(sums, rng)];
            if !taken(&cell) {
                return cell;
            }
        }
        // Most of the people there are at places that are taken.
        let free: Vec<CellIx> = cells.iter().copied().filter(|cell| !taken(cell)).collect();
        let drawn = Sums::new(free.iter().map(|cell| people[cell.index()]));
        drawn.map_or(cells[0], |drawn| free[drawn.draw(rng)])
    }
}

#[cfg(test)]
mod tests;
