use std::ops::Range;

use erewhon_events::{Event, EventKind, EventSource, EventTable, History, in_order};
use erewhon_geo::CellTable;
use erewhon_model::Model;
use erewhon_types::{Calendar, Error, Result, Subscriber};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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

/// Synthetic subscribers, numbered from 1, whose events are drawn when they are asked for: each time
/// anew, and each time the same.
///
/// However many there are, only some [parts](Self::parts) of them are in memory at once.
pub struct Synthetic<'a> {
    generator: Generator<'a>,
    subscribers: u64,
    seed: u64,
    part_subscribers: u64,
}

/// So many events make a part, about: 8 MB.
const PART_EVENTS: f64 = 131_072.0;
const PART_SUBSCRIBERS: f64 = 4096.0;

/// Draws synthetic subscribers and their events over the calendar's window, which need not be the
/// model's own.
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
pub fn generate<'a>(
    model: &'a Model,
    cells: &'a CellTable,
    calendar: &'a Calendar,
    spec: &GenerateSpec,
) -> Result<Synthetic<'a>> {
    let generator = Generator::new(model, cells, calendar, spec.variant)?;
    let each = generator.times.expected().max(1.0);
    Ok(Synthetic {
        generator,
        subscribers: spec.subscribers.map_or(model.subscribers, u64::from),
        seed: spec.seed,
        part_subscribers: (PART_EVENTS / each).clamp(1.0, PART_SUBSCRIBERS) as u64,
    })
}

impl Synthetic<'_> {
    /// Number of subscribers; each has an event at least.
    pub const fn subscribers(&self) -> u64 {
        self.subscribers
    }

    /// Some subscribers after another, about as many events in each part. Any core may draw any part;
    /// how they are cut depends on the model and the calendar alone.
    pub fn parts(&self) -> impl Iterator<Item = impl EventSource + Send> {
        let each = self.part_subscribers;
        (0..self.subscribers.div_ceil(each)).map(move |part| Part {
            all: self,
            numbers: part * each..((part + 1) * each).min(self.subscribers),
        })
    }
}

impl EventSource for Synthetic<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let draw = |part| EventTable::read(&part);
        in_order(self.parts(), draw, |part: EventTable| part.visit(each))
    }
}

/// Some of the subscribers, drawn one after another.
struct Part<'a> {
    all: &'a Synthetic<'a>,
    numbers: Range<u64>,
}

impl EventSource for Part<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let seeded = ChaCha8Rng::seed_from_u64(self.all.seed);
        let mut events = Vec::new();
        for number in self.numbers.clone() {
            let mut rng = seeded.clone();
            rng.set_stream(number);
            events.clear();
            self.all.generator.history(&mut rng, &mut events);
            each(History {
                subscriber: Subscriber::new(number + 1),
                events: &events,
            })?;
        }
        Ok(())
    }
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

    /// Appends the events of one new subscriber.
    fn history(&self, rng: &mut impl Rng, events: &mut Vec<Event>) {
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
        for (moment, cell) in moments.iter().zip(cells) {
            let kind = self.kind_of[self.kinds.draw(rng)];
            let cell = self.cells.serving(cell, moment.time_utc_ms);
            let mut event = Event::at(moment.time_utc_ms, cell, kind);
            self.traffic.dress(&mut event, rng);
            events.push(event);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
