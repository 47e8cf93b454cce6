use erewhon_events::{Event, EventKind, EventTable, History};
use erewhon_geo::CellTable;
use erewhon_model::Model;
use erewhon_types::{Calendar, Error, Result, Subscriber};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{
    Variant,
    baselines::Waypoints,
    places::Places,
    routine::Routines,
    sampler::Sampler,
    times::{Times, empty},
    traffic::Traffic,
};

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateSpec {
    /// Number of synthetic subscribers; by default the model's own (noisy) number.
    pub subscribers: Option<u32>,
    /// The same seed, model and spec give the same records on any machine and number of cores.
    pub seed: u64,
    /// How people move.
    pub variant: Variant,
}

/// How one variant answers "where".
enum Mover<'a> {
    Where(Places<'a>),
    Waypoint(Waypoints<'a>),
    Routine(Box<Routines<'a>>),
}

/// Everything that is drawn from, shared by all subscribers.
struct Generator<'a> {
    cells: &'a CellTable,
    times: Times<'a>,
    mover: Mover<'a>,
    kinds: Sampler,
    kind_of: Vec<EventKind>,
    traffic: Traffic,
}

/// Draws synthetic subscribers, numbered from 1, and their events over the calendar's window.
///
/// A person gets a home; with it a distance and zone of work, and a place there; activity and call-time
/// class; a habit, which says how often they are elsewhere; and six places of their own about a usual
/// distance from home. For each day a number of events is drawn and for these their moments, in bursts;
/// each event's place follows from that of the one before, the pause and the part of the day. The
/// other variants differ in the last step: WHERE (Isaacman et al., MobiSys 2012, section 4, as far as it
/// is published) takes home or work in proportion to presence there at that hour.
///
/// # Privacy
/// Post-processing of the model: no charge, however often and however many.
///
/// # Errors
/// Input, when the model is broken, was not made of these cells, or lacks what the variant needs:
/// routines, presence by hour, or a third place.
pub fn generate(
    model: &Model,
    cells: &CellTable,
    calendar: &Calendar,
    spec: &GenerateSpec,
) -> Result<EventTable> {
    let generator = Generator::new(model, cells, calendar, spec.variant)?;
    let subscribers = spec.subscribers.map_or(model.subscribers, u64::from);
    let histories: Vec<Vec<Event>> = (0..subscribers)
        .into_par_iter()
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
            rng.set_stream(number);
            generator.history(&mut rng)
        })
        .collect();
    let numbered = (1..).zip(&histories).map(|(number, events)| History {
        subscriber: Subscriber::new(number),
        events,
    });
    Ok(EventTable::from_histories(numbered))
}

impl<'a> Generator<'a> {
    fn new(
        model: &'a Model,
        cells: &'a CellTable,
        calendar: &'a Calendar,
        variant: Variant,
    ) -> Result<Self> {
        model.validate()?;
        let same = |(a, b): (&erewhon_geo::Cell, &erewhon_geo::Cell)| a.id == b.id;
        let theirs = &model.frame.cells;
        if theirs.len() != cells.len() || !theirs.iter().zip(cells.cells()).all(same) {
            return Err(Error::input("the model was made of another cell list")
                .with_hint("give the cell list that the model was fitted with"));
        }
        if variant.needs_presence() && model.presence.is_empty() {
            return Err(Error::input(format!(
                "the model has no presence by hour, which `{}` needs",
                variant.name()
            ))
            .with_hint("generate with `routine`"));
        }
        if variant == Variant::WhereThree && model.other.is_none() {
            return Err(
                Error::input("the model has no third place, which `WHERE3` needs")
                    .with_hint("fit it with three places, or generate with `routine`"),
            );
        }
        let mover = match variant {
            Variant::WhereTwo => Mover::Where(Places::new(cells, model, false)?),
            Variant::WhereThree => Mover::Where(Places::new(cells, model, true)?),
            Variant::Routine => Mover::Routine(Box::new(Routines::new(cells, calendar, model)?)),
            Variant::RandomWaypoint => Mover::Waypoint(Waypoints::new(cells, model, false)),
            Variant::WeightedRandomWaypoint => Mover::Waypoint(Waypoints::new(cells, model, true)),
        };
        let kind_of = model.kinds.iter().map(|k| k.kind.parse::<EventKind>());
        Ok(Self {
            cells,
            times: Times::new(model, calendar)?,
            mover,
            kinds: Sampler::new(model.kinds.iter().map(|k| k.share))
                .ok_or_else(|| empty("kinds"))?,
            kind_of: kind_of.collect::<Result<_>>()?,
            traffic: Traffic::declared()
                .ok_or_else(|| Error::internal("a declared traffic prior is not valid"))?,
        })
    }

    fn history(&self, rng: &mut impl Rng) -> Vec<Event> {
        let moments = self.times.draw(rng);
        let cells = match &self.mover {
            Mover::Waypoint(waypoints) => waypoints.walk(&moments, rng),
            Mover::Routine(routines) => routines.walk(&moments, rng),
            Mover::Where(places) => {
                let important = places.draw(rng);
                let place = |at: &_| places.place(&important, *at, rng);
                moments.iter().map(place).collect()
            }
        };
        let mut events = Vec::with_capacity(moments.len());
        for (moment, cell) in moments.iter().zip(cells) {
            let kind = self.kind_of[self.kinds.draw(rng)];
            let cell = self.cells.serving(cell, moment.time_utc_ms);
            let mut event = Event::at(moment.time_utc_ms, cell, kind);
            self.traffic.dress(&mut event, rng);
            events.push(event);
        }
        events
    }
}

#[cfg(test)]
pub(crate) mod tests;
