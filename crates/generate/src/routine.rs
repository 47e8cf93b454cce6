use erewhon_geo::CellTable;
use erewhon_model::{Commutes, Model, Moves, PLACES, Routine, day_part};
use erewhon_types::{Calendar, CellIx, Error, Result};
use rand::{Rng, RngExt};

use crate::{
    homes::Homes,
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
    calendar: &'a Calendar,
    routine: &'a Routine,
    homes: Homes<'a>,
    home: Sampler,
    with_work: Chains,
    without_work: Chains,
    near: Sampler,
    own: Sampler,
}

struct Chains {
    first: Vec<Sampler>,
    next: Vec<Vec<Sampler>>,
}

/// One synthetic subscriber.
struct Person {
    home: CellIx,
    work: Option<CellIx>,
    own: [CellIx; OWN_PLACES.len()],
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
        let people = home.share.iter().zip(&work.share);
        Ok(Self {
            calendar,
            routine,
            homes: Homes::new(
                cells,
                Commutes::new(cells, home, work, commute, Some(&routine.pairs)),
                &routine.elsewhere.upper_edges_m,
                people.map(|(home, work)| home + work).collect(),
                all.map(|cell| cells.nearest(cell, near)).collect(),
            ),
            home: Sampler::new(home.share.iter().copied()).ok_or_else(|| empty("home"))?,
            with_work: Chains::new(&routine.with_work).ok_or_else(|| empty("with_work"))?,
            without_work: Chains::new(&routine.without_work)
                .ok_or_else(|| empty("without_work"))?,
            near: Sampler::new(routine.near_share.iter().copied()).ok_or_else(|| empty("near"))?,
            own: Sampler::new(OWN_PLACES).ok_or_else(|| empty("own places"))?,
        })
    }

    /// The cells of one new person's events.
    pub(crate) fn walk(&self, moments: &[Moment], rng: &mut impl Rng) -> Vec<CellIx> {
        let person = self.person(rng);
        let chains = match person.work {
            Some(_) => &self.with_work,
            None => &self.without_work,
        };
        let mut own = person.home;
        let mut before: Option<(u16, usize)> = None;
        let mut step = |moment: &Moment| {
            let part = day_part(moment.hour, self.calendar.is_workday(moment.day));
            let (place, again) = match before {
                Some((day, from)) if day == moment.day => {
                    let to = chains.next[part][from].draw(rng);
                    (to.min(ELSEWHERE), from == ELSEWHERE && to == ELSEWHERE)
                }
                _ => (chains.first[part].draw(rng), false),
            };
            if place == ELSEWHERE && !again {
                own = person.own[self.own.draw(rng)];
            }
            before = Some((moment.day, place));
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
        let has_work = rng.random::<f64>() < self.homes.working_share(home);
        let elsewhere = &self.routine.elsewhere;
        let row = &elsewhere.rows[elsewhere.zone_of_cell[home.index()] as usize];
        self.homes.with(home, |there| {
            let work = has_work.then(|| there.work(rng)).flatten();
            let work = work.filter(|work| *work != home);
            let own = self
                .homes
                .elsewhere(home, there, work, &row.bin_share, rng)
                .unwrap_or([home; OWN_PLACES.len()]);
            Person { home, work, own }
        })
    }

    fn beside(&self, anchor: CellIx, rng: &mut impl Rng) -> CellIx {
        let near = self.homes.around(anchor);
        near.get(self.near.draw(rng)).copied().unwrap_or(anchor)
    }
}

impl Chains {
    fn new(moves: &Moves) -> Option<Self> {
        let sampler = |row: &Vec<f64>| Sampler::new(row.iter().copied());
        let rows = |rows: &Vec<Vec<f64>>| rows.iter().map(sampler).collect::<Option<Vec<_>>>();
        Some(Self {
            first: rows(&moves.first)?,
            next: moves.next.iter().map(rows).collect::<Option<_>>()?,
        })
    }
}
