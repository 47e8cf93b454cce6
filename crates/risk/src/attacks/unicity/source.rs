use erewhon_events::{EventSource, History};
use erewhon_mobility::Public;
use erewhon_types::{Error, Result, Subscriber};
use rand::{RngExt, seq::index::sample};
use rand_chacha::ChaCha8Rng;

use crate::{Rate, draw, points::Point, sieve::Sieve};

/// Most people drawn from; an interval of that many is at most two points wide.
const MOST_TARGETS: usize = 10_000;

/// Share of draws of `points` distinct (cell, time bin) points of a subscriber that no other
/// subscriber of the source has all of (de Montjoye et al. 2013, "Unique in the Crowd").
///
/// Drawn from are all subscribers with enough points, or 10,000 of them at random, `draws` times each;
/// bins are `bin_h` hours of the local clock, 1 to 24. `None` where nobody has enough points. Exact,
/// therefore internal.
///
/// The source is read twice: who has enough points, then who else has those that were drawn. Memory
/// goes with the draws and not with the source; time is a sort of each history and a look-up of each
/// of its points.
///
/// # Errors
/// Usage, when `points` is 0 or `bin_h` is not in 1 to 24; and what reading the source fails with.
pub fn unicity(
    source: &dyn EventSource,
    public: &Public<'_>,
    points: u32,
    bin_h: u16,
    draws: u32,
    seed: u64,
) -> Result<Option<Rate>> {
    if points == 0 {
        return Err(Error::usage(
            "`0` known points are outside the allowed range, 1 and more",
        ));
    }
    if !(1..=24).contains(&bin_h) {
        return Err(Error::usage(format!(
            "a time bin of `{bin_h}` hours is outside the allowed range 1 to 24"
        )));
    }
    let trace = Reader { public, bin_h };
    let known = points as usize;
    let mut rng = draw::draws(seed, "unicity of a source", 0);
    let targets = targets(source, &trace, known, draws, &mut rng)?;
    let mut sieve = Sieve::default();
    for (subscriber, drawn) in &targets {
        for set in drawn.chunks_exact(known) {
            sieve.add(set, None, Some(*subscriber));
        }
    }
    let mut sieve = sieve.closed();
    let mut all = Vec::new();
    source.visit(&mut |history| {
        trace.read(history, &mut all);
        sieve.hold(&[(history.subscriber, 0)], &all);
        Ok(())
    })?;
    let hits = sieve.met().iter().filter(|met| met.is_one()).count();
    let tries = sieve.met().len();
    Ok(Rate::of_targets(
        hits as u64,
        tries as u64,
        targets.len() as u64,
    ))
}

/// Subscribers drawn from all who have enough points, each with the sets of points drawn from them.
///
/// A reservoir (Vitter 1985, algorithm R): each who is able replaces one drawn before with the odds
/// that keep the draw fair.
fn targets(
    source: &dyn EventSource,
    trace: &Reader<'_>,
    known: usize,
    draws: u32,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<(Subscriber, Vec<Point>)>> {
    let (mut able, mut all) = (0usize, Vec::new());
    let mut targets = Vec::new();
    source.visit(&mut |history| {
        if !trace.has(history, known, &mut all) {
            return Ok(());
        }
        able += 1;
        let place = if able <= MOST_TARGETS {
            able - 1
        } else {
            rng.random_range(0..able)
        };
        if place >= MOST_TARGETS {
            return Ok(());
        }
        trace.read(history, &mut all);
        let mut drawn = Vec::with_capacity(known * draws as usize);
        for _ in 0..draws {
            drawn.extend(sample(rng, all.len(), known).into_iter().map(|at| all[at]));
        }
        let target = (history.subscriber, drawn);
        match targets.get_mut(place) {
            Some(taken) => *taken = target,
            None => targets.push(target),
        }
        Ok(())
    })?;
    Ok(targets)
}

/// Turns histories into points.
struct Reader<'a> {
    public: &'a Public<'a>,
    bin_h: u16,
}

impl Reader<'_> {
    fn points(&self, history: History<'_>) -> impl Iterator<Item = Point> {
        let calendar = self.public.calendar;
        let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
        let events = history.events;
        let first = events.partition_point(|event| event.time_utc_ms < start);
        let inside = &events[first..events.partition_point(|event| event.time_utc_ms < end)];
        let locals = calendar.locals(inside.iter().map(|event| event.time_utc_ms));
        locals.zip(inside).map(|(local, event)| {
            let hour = u32::from(local.day) * 24 + u32::from(local.hour());
            Point::at(hour, self.bin_h, event.cell)
        })
    }

    /// The distinct points of a history, ascending, written over `all`.
    fn read(&self, history: History<'_>, all: &mut Vec<Point>) {
        all.clear();
        all.extend(self.points(history));
        all.sort_unstable();
        all.dedup();
    }

    /// Whether a history has so many distinct points; reads no more of it than it must.
    fn has(&self, history: History<'_>, known: usize, some: &mut Vec<Point>) -> bool {
        some.clear();
        self.points(history).any(|point| {
            if !some.contains(&point) {
                some.push(point);
            }
            some.len() == known
        })
    }
}
