use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use erewhon_model::Commutes;
use erewhon_types::CellIx;
use rand::Rng;

use crate::{rings::Rings, sampler::Sums};

/// What is kept of homes at the most; of more homes it is worked out each time.
const KEPT_BYTES: usize = 64 << 20;

/// Where the people of each home cell work, worked out when it is first lived in, and where they go.
pub(crate) struct Homes<'a> {
    rings: Rings<'a>,
    commutes: Commutes<'a>,
    /// How many cells are near one.
    near: usize,
    /// By home: weights of the cells to work in.
    kept: Vec<OnceLock<Option<Sums>>>,
    /// How many more are kept.
    room: AtomicUsize,
}

impl<'a> Homes<'a> {
    pub(crate) fn new(rings: Rings<'a>, commutes: Commutes<'a>, cells: usize, near: usize) -> Self {
        Self {
            kept: (0..cells).map(|_| OnceLock::new()).collect(),
            room: AtomicUsize::new(KEPT_BYTES / (cells * size_of::<f64>()).max(1)),
            rings,
            commutes,
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

    /// A cell of a bin seen from another one, by how many live and work there, that is neither home nor
    /// work nor near them; `None` where there is none.
    pub(crate) fn beyond(
        &self,
        from: CellIx,
        bin: usize,
        (home, work): (CellIx, Option<CellIx>),
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let near = |anchor, cell| anchor == cell || self.around(anchor).contains(&cell);
        let taken = |cell| near(home, cell) || work.is_some_and(|work| near(work, cell));
        let past = if from == home { self.near } else { 0 };
        self.rings.draw((from, past), bin, taken, rng)
    }

    /// The share of people of a home who have a place of work.
    pub(crate) fn working_share(&self, home: CellIx) -> f64 {
        self.commutes.working_share(home)
    }

    /// The place of work of somebody who lives there and has one: drawn alike, kept or not.
    pub(crate) fn work(&self, home: CellIx, rng: &mut impl Rng) -> Option<CellIx> {
        let mut draw = |works: &Option<Sums>| Some(CellIx(works.as_ref()?.draw(rng) as u32));
        let kept = &self.kept[home.index()];
        if let Some(works) = kept.get() {
            return draw(works);
        }
        let take = |room: usize| room.checked_sub(1);
        let took = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        match took {
            Ok(_) => draw(kept.get_or_init(|| self.works(home))),
            Err(_) => draw(&self.works(home)),
        }
    }

    fn works(&self, home: CellIx) -> Option<Sums> {
        let mut weights = Vec::new();
        self.commutes.weights(home, &mut weights);
        Sums::new(weights)
    }

    /// Draws places elsewhere about so near to home, each of the bin nearest to what is wanted that has
    /// any; `None` where there is none at all.
    pub(crate) fn elsewhere<const N: usize>(
        &self,
        (home, work): (CellIx, Option<CellIx>),
        wanted: [usize; N],
        rng: &mut impl Rng,
    ) -> Option<[CellIx; N]> {
        let mut own = [home; N];
        for (own, wanted) in own.iter_mut().zip(wanted) {
            let bins = self.rings.bins();
            let wanted = wanted.min(bins - 1);
            let nearest = (0..bins).flat_map(|off| {
                let farther = Some(wanted + off).filter(|bin| off > 0 && *bin < bins);
                wanted.checked_sub(off).into_iter().chain(farther)
            });
            *own = { nearest }.find_map(|bin| self.beyond(home, bin, (home, work), rng))?;
        }
        Some(own)
    }
}

#[cfg(test)]
mod tests;
