use erewhon_geo::CellTable;
use erewhon_model::{Commutes, Habit, Model, Moves, PLACES, Routine, day_part, pause};
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

/// Draws for a place that is none of some others; who finds none stays.
const TRIES: usize = 8;

/// People with places of their own, who move between them as a [`Routine`] says.
pub(crate) struct Routines<'a> {
    cells: &'a CellTable,
    calendar: &'a Calendar,
    model: &'a Model,
    routine: &'a Routine,
    commutes: Commutes<'a>,
    home: Sampler,
    with_work: Habits,
    without_work: Habits,
    near: Sampler,
    own: Sampler,
    reach: Sampler,
    spread: Sampler,
    around: Vec<Vec<CellIx>>,
}

/// What kinds of people there are, of those with or without a place of work.
struct Habits {
    which: Sampler,
    chains: Vec<Chains>,
}

struct Chains {
    first: Vec<Sampler>,
    next: Vec<Vec<Vec<Sampler>>>,
}

/// One synthetic subscriber.
struct Person<'a> {
    chains: &'a Chains,
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
        Ok(Self {
            cells,
            calendar,
            model,
            routine,
            commutes: Commutes::new(cells, home, work, commute, Some(&routine.pairs)),
            home: Sampler::new(home.share.iter().copied()).ok_or_else(|| empty("home"))?,
            with_work: Habits::new(&routine.with_work).ok_or_else(|| empty("with_work"))?,
            without_work: Habits::new(&routine.without_work)
                .ok_or_else(|| empty("without_work"))?,
            near: Sampler::new(routine.near_share.iter().copied()).ok_or_else(|| empty("near"))?,
            reach: Sampler::new(routine.reach.share.iter().copied())
                .ok_or_else(|| empty("reach"))?,
            spread: Sampler::new(routine.spread.share.iter().copied())
                .ok_or_else(|| empty("spread"))?,
            own: Sampler::new(OWN_PLACES).ok_or_else(|| empty("own places"))?,
            around: all.map(|cell| cells.nearest(cell, near)).collect(),
        })
    }

    /// The cells of one new person's events.
    pub(crate) fn walk(&self, moments: &[Moment], rng: &mut impl Rng) -> Vec<CellIx> {
        let person = self.person(rng);
        let mut cells = Vec::with_capacity(moments.len());
        let mut before: Option<(&Moment, usize, CellIx)> = None;
        for moment in moments {
            let part = day_part(moment.hour, self.calendar.is_workday(moment.day));
            let (place, cell) = match before {
                Some((last, from, cell)) if last.day == moment.day => {
                    let pause = pause(moment.time_utc_ms - last.time_utc_ms);
                    match person.chains.next[part][pause][from].draw(rng) {
                        ELSEWHERE if from == ELSEWHERE => (from, cell),
                        to => (to.min(ELSEWHERE), self.cell(&person, to, Some(cell), rng)),
                    }
                }
                _ => {
                    let place = person.chains.first[part].draw(rng);
                    (place, self.cell(&person, place, None, rng))
                }
            };
            before = Some((moment, place, cell));
            cells.push(cell);
        }
        cells
    }

    /// A cell of a place; after another one elsewhere, not that.
    fn cell(
        &self,
        person: &Person<'_>,
        place: usize,
        last: Option<CellIx>,
        rng: &mut impl Rng,
    ) -> CellIx {
        match (place, person.work) {
            (HOME, _) | (WORK | NEAR_WORK, None) => person.home,
            (WORK, Some(work)) => work,
            (NEAR_HOME, _) => self.beside(person.home, person, rng),
            (NEAR_WORK, Some(work)) => self.beside(work, person, rng),
            _ => {
                let other = |cell: &CellIx| place == ELSEWHERE || Some(*cell) != last;
                let drawn = (0..TRIES).map(|_| person.own[self.own.draw(rng)]);
                drawn
                    .into_iter()
                    .find(other)
                    .or(last)
                    .unwrap_or(person.home)
            }
        }
    }

    fn person(&self, rng: &mut impl Rng) -> Person<'_> {
        let home = CellIx(self.home.draw(rng) as u32);
        let mut weights = Vec::new();
        let work = if rng.random::<f64>() < self.commutes.working_share(home) {
            self.commutes.weights(home, &mut weights);
            Sampler::new(weights.iter().copied()).map(|works| CellIx(works.draw(rng) as u32))
        } else {
            None
        };
        let work = work.filter(|work| *work != home);
        let habits = match work {
            Some(_) => &self.with_work,
            None => &self.without_work,
        };
        let habit = habits.which.draw(rng);
        let usual_m = log_uniform(&self.routine.reach.upper_edges_m, self.reach.draw(rng), rng);
        let rings = self.rings(home, work);
        let own = OWN_PLACES.map(|_| {
            let ratio = log_uniform(&self.routine.spread.upper_edges, self.spread.draw(rng), rng);
            rings.draw(usual_m * ratio, rng).unwrap_or(home)
        });
        Person {
            chains: &habits.chains[habit],
            home,
            work,
            own,
        }
    }

    /// Cells by distance from home, weighted by how many live and work there; none of the places that
    /// are not elsewhere.
    fn rings(&self, home: CellIx, work: Option<CellIx>) -> Rings {
        let edges = &self.routine.reach.upper_edges_m;
        let taken = |cell: CellIx| {
            let near = |anchor: CellIx| self.around[anchor.index()].contains(&cell);
            cell == home || Some(cell) == work || near(home) || work.is_some_and(near)
        };
        let mut rings = vec![Vec::new(); edges.len()];
        for cell in (0..self.cells.len() as u32).map(CellIx) {
            let people = self.model.home.share[cell.index()] + self.model.work.share[cell.index()];
            if people > 0.0 && !taken(cell) {
                let metres = self.cells.distance_m(home, cell);
                let ring = edges.partition_point(|edge| *edge < metres);
                rings[ring.min(edges.len() - 1)].push((cell, people));
            }
        }
        Rings {
            edges_m: edges.clone(),
            rings,
        }
    }

    /// A cell near an anchor that is neither home nor work.
    fn beside(&self, anchor: CellIx, person: &Person<'_>, rng: &mut impl Rng) -> CellIx {
        let near = &self.around[anchor.index()];
        let drawn = (0..TRIES).filter_map(|_| near.get(self.near.draw(rng)).copied());
        let mut free = drawn.filter(|cell| *cell != person.home && Some(*cell) != person.work);
        free.next().unwrap_or(anchor)
    }
}

/// Cells with weights, by distance from one home.
struct Rings {
    edges_m: Vec<f64>,
    rings: Vec<Vec<(CellIx, f64)>>,
}

impl Rings {
    /// A cell about so far away; `None` where there is none at all.
    fn draw(&self, metres: f64, rng: &mut impl Rng) -> Option<CellIx> {
        let wanted = self.edges_m.partition_point(|edge| *edge < metres);
        let there = (0..self.rings.len()).filter(|ring| !self.rings[*ring].is_empty());
        let ring = &self.rings[there.min_by_key(|ring| ring.abs_diff(wanted))?];
        let draw = Sampler::new(ring.iter().map(|(_, people)| *people))?.draw(rng);
        Some(ring[draw].0)
    }
}

/// A value inside a bin; the first bin starts at half of its edge.
fn log_uniform(upper_edges: &[f64], bin: usize, rng: &mut impl Rng) -> f64 {
    let high = upper_edges[bin];
    let low = if bin == 0 {
        0.5 * high
    } else {
        upper_edges[bin - 1]
    };
    low * (high / low).powf(rng.random::<f64>())
}

impl Habits {
    fn new(habits: &[Habit]) -> Option<Self> {
        Some(Self {
            which: Sampler::new(habits.iter().map(|habit| habit.share))?,
            chains: habits
                .iter()
                .map(|habit| Chains::new(&habit.moves))
                .collect::<Option<_>>()?,
        })
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
