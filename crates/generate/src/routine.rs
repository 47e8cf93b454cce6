use erewhon_geo::CellTable;
use erewhon_model::{Commutes, Model, Moves, PLACES, Routine, day_part, pause};
use erewhon_types::{Calendar, CellIx, Error, Result};
use rand::{Rng, RngExt};

use crate::{
    sampler::Sampler,
    times::{Moment, empty},
};

const HOME: usize = 0;
const WORK: usize = 1;
const NEAR_HOME: usize = 2;
const NEAR_WORK: usize = 3;
const ELSEWHERE: usize = PLACES.len() - 1;

/// How often each of somebody's own places elsewhere is chosen: a declared prior, after the ranks of
/// visited places in call records (González and others, Nature 2008; shares near one over the rank).
const OWN_PLACES: [f64; 6] = [0.34, 0.22, 0.16, 0.12, 0.09, 0.07];

/// People with places of their own, who move between them as a [`Routine`] says.
pub(crate) struct Routines<'a> {
    cells: &'a CellTable,
    calendar: &'a Calendar,
    model: &'a Model,
    routine: &'a Routine,
    commutes: Commutes<'a>,
    home: Sampler,
    with_work: Chains,
    without_work: Chains,
    near: Sampler,
    own: Sampler,
    around: Vec<Vec<CellIx>>,
}

struct Chains {
    first: Vec<Sampler>,
    next: Vec<Vec<Vec<Sampler>>>,
}

/// One synthetic subscriber.
struct Person {
    home: CellIx,
    work: Option<CellIx>,
    own: Vec<CellIx>,
}

impl<'a> Routines<'a> {
    pub(crate) fn new(
        cells: &'a CellTable,
        calendar: &'a Calendar,
        model: &'a Model,
    ) -> Result<Self> {
        let routine = model.routine.as_ref().ok_or_else(|| {
            Error::input("the model has no routines").with_hint("fit it with this program")
        })?;
        let Model {
            home,
            work,
            commute,
            ..
        } = model;
        let near = routine.near_share.len();
        let all = (0..cells.len() as u32).map(CellIx);
        Ok(Self {
            cells,
            calendar,
            model,
            routine,
            commutes: Commutes::new(cells, home, work, commute, Some(&routine.pairs)),
            home: Sampler::new(home.share.iter().copied()).ok_or_else(|| empty("home"))?,
            with_work: Chains::new(&routine.with_work).ok_or_else(|| empty("with_work"))?,
            without_work: Chains::new(&routine.without_work)
                .ok_or_else(|| empty("without_work"))?,
            near: Sampler::new(routine.near_share.iter().copied()).ok_or_else(|| empty("near"))?,
            own: Sampler::new(OWN_PLACES).ok_or_else(|| empty("own places"))?,
            around: all.map(|cell| cells.nearest(cell, near)).collect(),
        })
    }

    /// The cells of one new person's events.
    pub(crate) fn walk<'m>(&self, moments: &'m [Moment], rng: &mut impl Rng) -> Vec<CellIx> {
        let person = self.person(rng);
        let chains = match person.work {
            Some(_) => &self.with_work,
            None => &self.without_work,
        };
        let mut own = person.home;
        let mut before: Option<(&Moment, usize)> = None;
        let mut step = |moment: &'m Moment| {
            let part = day_part(moment.hour, self.calendar.is_workday(moment.day));
            let (place, again) = match before {
                Some((last, from)) if last.day == moment.day => {
                    let pause = pause(moment.time_utc_ms - last.time_utc_ms);
                    let to = chains.next[part][pause][from].draw(rng);
                    (to.min(ELSEWHERE), from == ELSEWHERE && to == ELSEWHERE)
                }
                _ => (chains.first[part].draw(rng), false),
            };
            if place == ELSEWHERE && !again {
                own = person.own[self.own.draw(rng)];
            }
            before = Some((moment, place));
            match (place, person.work) {
                (HOME, _) | (WORK | NEAR_WORK, None) => person.home,
                (WORK, Some(work)) => work,
                (NEAR_HOME, _) => self.beside(person.home, rng),
                (NEAR_WORK, Some(work)) => self.beside(work, rng),
                _ => own,
            }
        };
        moments.iter().map(&mut step).collect()
    }

    fn person(&self, rng: &mut impl Rng) -> Person {
        let home = CellIx(self.home.draw(rng) as u32);
        let mut weights = Vec::new();
        let work = if rng.random::<f64>() < self.commutes.working_share(home) {
            self.commutes.weights(home, &mut weights);
            Sampler::new(weights.iter().copied()).map(|works| CellIx(works.draw(rng) as u32))
        } else {
            None
        };
        let work = work.filter(|work| *work != home);
        self.elsewhere(home, work, &mut weights);
        let own = match Sampler::new(weights.iter().copied()) {
            Some(places) => OWN_PLACES.map(|_| CellIx(places.draw(rng) as u32)).to_vec(),
            None => vec![home; OWN_PLACES.len()],
        };
        Person { home, work, own }
    }

    /// Weights of cells as a place elsewhere: the share of their distance from home, over its cells by
    /// how many live and work there.
    fn elsewhere(&self, home: CellIx, work: Option<CellIx>, weights: &mut Vec<f64>) {
        let table = &self.routine.elsewhere;
        let row = &table.rows[table.zone_of_cell[home.index()] as usize];
        let edges = &table.upper_edges_m;
        let taken = |cell: CellIx| {
            let near = |anchor: CellIx| self.around[anchor.index()].contains(&cell);
            cell == home || Some(cell) == work || near(home) || work.is_some_and(near)
        };
        let mut in_bin = vec![0.0; edges.len()];
        let mut bins = Vec::with_capacity(self.cells.len());
        weights.clear();
        for cell in (0..self.cells.len() as u32).map(CellIx) {
            let people = self.model.home.share[cell.index()] + self.model.work.share[cell.index()];
            let weight = if taken(cell) { 0.0 } else { people };
            let metres = self.cells.distance_m(home, cell);
            let bin = edges
                .partition_point(|edge| *edge < metres)
                .min(edges.len() - 1);
            in_bin[bin] += weight;
            bins.push(bin);
            weights.push(weight);
        }
        for (weight, bin) in weights.iter_mut().zip(bins) {
            if in_bin[bin] > 0.0 {
                *weight *= row.bin_share[bin] / in_bin[bin];
            }
        }
    }

    fn beside(&self, anchor: CellIx, rng: &mut impl Rng) -> CellIx {
        let near = &self.around[anchor.index()];
        near.get(self.near.draw(rng)).copied().unwrap_or(anchor)
    }
}

impl Chains {
    fn new(moves: &Moves) -> Option<Self> {
        let sampler = |row: &Vec<f64>| Sampler::new(row.iter().copied());
        let rows = |rows: &Vec<Vec<f64>>| rows.iter().map(sampler).collect::<Option<Vec<_>>>();
        Some(Self {
            first: rows(&moves.first)?,
            next: (moves.next.iter())
                .map(|pauses| pauses.iter().map(rows).collect::<Option<_>>())
                .collect::<Option<_>>()?,
        })
    }
}
