use erewhon_geo::{CellTable, Nearness};
use erewhon_model::{
    Commutes, Habit, Model, Moves, SPREAD, day_part, pause,
    place::{ELSEWHERE, HOME, NEAR_HOME, NEAR_WORK, WORK},
};
use erewhon_types::{Calendar, CellIx, Error, Result};
use rand::{Rng, RngExt};

use crate::{
    homes::Homes,
    rings::Rings,
    sampler::Sampler,
    times::{Moment, empty},
};

/// How often each of somebody's own places elsewhere is chosen: a declared prior, after the ranks of
/// visited places in call records (González and others, Nature 2008; shares near one over the rank).
const OWN_PLACES: [f64; 6] = [0.34, 0.22, 0.16, 0.12, 0.09, 0.07];

/// Whoever has a place of their own this many bins from where people go, at the most, goes there: a
/// declared prior, for people return more than they explore.
const RETURN_BINS: usize = 3;

/// Draws for a place that is none of some others; who finds none stays.
const TRIES: usize = 8;

/// People with places of their own, who move between them as a [`Routine`](erewhon_model::Routine) says.
pub(crate) struct Routines<'a> {
    calendar: &'a Calendar,
    homes: Homes<'a>,
    home: Sampler,
    with_work: Habits,
    without_work: Habits,
    near: Sampler,
    own: Sampler,
    usual: Sampler,
    spread: Sampler,
    /// By whether somebody comes from elsewhere and by pause.
    jumps: Vec<Vec<Sampler>>,
}

/// What kinds of people there are, of those with or without a place of work.
struct Habits {
    /// By openness of home.
    which: Vec<Sampler>,
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
        let elsewhere = &routine.elsewhere;
        let pauses = |pauses: &Vec<Vec<f64>>| pauses.iter().map(|row| sampler(row)).collect();
        let jumps: Option<Vec<Vec<Sampler>>> = elsewhere.jumps.iter().map(pauses).collect();
        let people = home.share.iter().zip(&work.share);
        let people = people.map(|(home, work)| home + work).collect();
        Ok(Self {
            calendar,
            homes: Homes::new(
                Rings::new(cells, elsewhere.upper_ranks.clone(), people),
                Commutes::new(cells, home, work, commute, Some(&routine.pairs)),
                cells.len(),
                routine.near_share.len(),
            ),
            home: Sampler::new(home.share.iter().copied()).ok_or_else(|| empty("home"))?,
            with_work: Habits::new(&routine.with_work).ok_or_else(|| empty("with_work"))?,
            without_work: Habits::new(&routine.without_work)
                .ok_or_else(|| empty("without_work"))?,
            near: Sampler::new(routine.near_share.iter().copied()).ok_or_else(|| empty("near"))?,
            usual: sampler(&elsewhere.usual).ok_or_else(|| empty("usual"))?,
            spread: sampler(&elsewhere.spread).ok_or_else(|| empty("spread"))?,
            jumps: jumps.ok_or_else(|| empty("jumps"))?,
            own: Sampler::new(OWN_PLACES).ok_or_else(|| empty("own places"))?,
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
                        to if to >= ELSEWHERE => {
                            let jumps = &self.jumps[usize::from(from == ELSEWHERE)][pause];
                            (ELSEWHERE, self.jump(&person, cell, jumps, rng))
                        }
                        to => (to, self.cell(&person, to, rng)),
                    }
                }
                _ => {
                    let place = person.chains.first[part].draw(rng);
                    (place, self.cell(&person, place, rng))
                }
            };
            before = Some((moment, place, cell));
            cells.push(cell);
        }
        cells
    }

    /// A cell of a place; elsewhere, one of their own.
    fn cell(&self, person: &Person<'_>, place: usize, rng: &mut impl Rng) -> CellIx {
        match (place, person.work) {
            (HOME, _) | (WORK | NEAR_WORK, None) => person.home,
            (WORK, Some(work)) => work,
            (NEAR_HOME, _) => self.beside(person.home, person, rng),
            (NEAR_WORK, Some(work)) => self.beside(work, person, rng),
            _ => person.own[self.own.draw(rng)],
        }
    }

    /// Another place elsewhere: of their own the nearest to the bin where people go, if it is within
    /// [`RETURN_BINS`] of that; else any there.
    fn jump(
        &self,
        person: &Person<'_>,
        from: CellIx,
        jumps: &Sampler,
        rng: &mut impl Rng,
    ) -> CellIx {
        let bin = jumps.draw(rng);
        let off = person.own.map(|own| match own == from {
            true => usize::MAX,
            false => self.homes.bin(from, own).abs_diff(bin),
        });
        let least = off.into_iter().min().unwrap_or(usize::MAX);
        if least > RETURN_BINS {
            let anchors = (person.home, person.work);
            if let Some(cell) = self.homes.beyond(from, bin, anchors, rng) {
                return cell;
            }
        }
        if least == usize::MAX {
            return from;
        }
        let weight = |place: usize| match off[place] == least {
            true => OWN_PLACES[place],
            false => 0.0,
        };
        let total: f64 = (0..off.len()).map(weight).sum();
        let mut left = rng.random::<f64>() * total;
        let drawn = (0..off.len())
            .filter(|place| weight(*place) > 0.0)
            .find(|place| {
                left -= weight(*place);
                left < 0.0
            });
        drawn
            .or_else(|| off.iter().position(|off| *off == least))
            .map_or(from, |place| person.own[place])
    }

    fn person(&self, rng: &mut impl Rng) -> Person<'_> {
        let home = CellIx(self.home.draw(rng) as u32);
        let has_work = rng.random::<f64>() < self.homes.working_share(home);
        let work = has_work
            .then(|| self.homes.work(home, rng))
            .flatten()
            .filter(|work| *work != home);
        let habits = match work {
            Some(_) => &self.with_work,
            None => &self.without_work,
        };
        let usual = self.usual.draw(rng);
        let wanted = OWN_PLACES.map(|_| (usual + self.spread.draw(rng)).saturating_sub(SPREAD));
        let own = self.homes.elsewhere((home, work), wanted, rng);
        Person {
            chains: &habits.chains[habits.which[self.homes.openness(home)].draw(rng)],
            home,
            work,
            own: own.unwrap_or([home; OWN_PLACES.len()]),
        }
    }

    /// A cell near an anchor that is neither home nor work.
    fn beside(&self, anchor: CellIx, person: &Person<'_>, rng: &mut impl Rng) -> CellIx {
        let near = self.homes.around(anchor);
        let drawn = (0..TRIES).filter_map(|_| near.get(self.near.draw(rng)).copied());
        let mut free = drawn.filter(|cell| *cell != person.home && Some(*cell) != person.work);
        free.next().unwrap_or(anchor)
    }
}

fn sampler(shares: &[f64]) -> Option<Sampler> {
    Sampler::new(shares.iter().copied())
}

impl Habits {
    fn new(habits: &[Habit]) -> Option<Self> {
        Some(Self {
            which: (0..Nearness::OPEN)
                .map(|open| Sampler::new(habits.iter().map(|habit| habit.share[open])))
                .collect::<Option<_>>()?,
            chains: habits
                .iter()
                .map(|habit| Chains::new(&habit.moves))
                .collect::<Option<_>>()?,
        })
    }
}

impl Chains {
    fn new(moves: &Moves) -> Option<Self> {
        let rows = |rows: &Vec<Vec<f64>>| {
            rows.iter()
                .map(|row| sampler(row))
                .collect::<Option<Vec<_>>>()
        };
        Some(Self {
            first: rows(&moves.first)?,
            next: (moves.next.iter())
                .map(|pauses| pauses.iter().map(rows).collect::<Option<_>>())
                .collect::<Option<_>>()?,
        })
    }
}
