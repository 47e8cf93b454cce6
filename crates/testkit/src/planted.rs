//! The fit as a subject of `erewhon_audit`, whole or with one planted fault.

use std::collections::BTreeMap;

use erewhon_audit::{Check, NoisyVector, Subject};
use erewhon_dp::{Norm, Private, Query, gaussian_scale_units, noise_scale_units};
use erewhon_events::{Event, EventSource, EventTable, History};
use erewhon_fit::{FitSpec, Measure, PlannedQuery, plan};
use erewhon_geo::ZoneTree;
use erewhon_mobility::Public;
use erewhon_model::{Model, Provenance};
use erewhon_types::{Epsilon, Loss, Result, Rho, Subscriber};

use crate::{Replay, faults};

/// A mistake that real code makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The sum lets a subscriber add one unit more than the bound.
    BoundOffByOne,
    /// Noise as for half the sensitivity.
    WrongSensitivity,
    /// Noise as for twice the sensitivity: nobody loses by it but the figures.
    TwiceTheNoise,
    /// Gaussian noise where epsilon was charged, Laplace noise where rho was, of the same scale.
    NoiseOfTheOtherMeasure,
    /// One table goes out as it is.
    TableWithoutNoise,
    /// All tables do.
    NoNoise,
    /// Noise from a seed that follows from the query's name.
    SeededNoise,
    /// The distance bins end at the farthest pair of cells that somebody was seen in.
    BinsFromTheRecords,
    /// A finer or coarser layout by the exact number of subscribers.
    LayoutFromTheRecords,
    /// Prices of the tables by the exact number of subscribers.
    SharesFromTheRecords,
    /// The statement tells how many events were read.
    UnpaidCount,
    /// The busiest cell is taken for a machine and cleaned out of everybody's records.
    CleaningAcrossSubscribers,
    /// Each event counts as a subscriber.
    EachEventAlone,
}

impl Fault {
    /// All of them, each with the check that names it.
    pub const ALL: [(Self, Check); 13] = [
        (Self::BoundOffByOne, Check::Clip),
        (Self::WrongSensitivity, Check::Noise),
        (Self::TwiceTheNoise, Check::Noise),
        (Self::NoiseOfTheOtherMeasure, Check::Noise),
        (Self::TableWithoutNoise, Check::Noise),
        (Self::NoNoise, Check::Canaries),
        (Self::SeededNoise, Check::Repeat),
        (Self::BinsFromTheRecords, Check::Support),
        (Self::LayoutFromTheRecords, Check::Support),
        (Self::SharesFromTheRecords, Check::Support),
        (Self::UnpaidCount, Check::Support),
        (Self::CleaningAcrossSubscribers, Check::Sensitivity),
        (Self::EachEventAlone, Check::Sensitivity),
    ];
}

/// The honest fit, or one with a fault.
#[derive(Clone, Copy, Debug)]
pub struct Planted(pub Option<Fault>);

impl NoisyVector for Planted {
    fn release(
        &self,
        query: &Query,
        loss: Loss,
        people: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let mut draw = |query: &Query, loss: Loss| {
            let people: Vec<_> = (&mut *people).collect();
            faults::honest_in(query, loss, &people).map(Private::into_value)
        };
        let (units, bound) = (query.units_per_person(), query.bound_units());
        match self.0 {
            Some(Fault::BoundOffByOne) => {
                let more = Query::new(query.name(), query.entries(), units, bound + 1)?;
                draw(&more.bounded_in(query.norm()), loss)
            }
            Some(Fault::WrongSensitivity) => draw(query, louder(loss, 2.0)?),
            Some(Fault::TwiceTheNoise) => draw(query, louder(loss, 0.5)?),
            Some(Fault::NoiseOfTheOtherMeasure) => {
                let (query, other) = other_noise(query, loss)?;
                draw(&query, other)
            }
            Some(Fault::TableWithoutNoise) if query.name() == "home" => Ok(sums(query, people)),
            Some(Fault::NoNoise) => Ok(sums(query, people)),
            Some(Fault::SeededNoise) => {
                let scale = match loss {
                    Loss::Epsilon(epsilon) => noise_scale_units(query, epsilon),
                    Loss::Rho(rho) => gaussian_scale_units(query, rho),
                };
                let mut seed = query.name().len() as u64;
                let exact = sums(query, people).into_iter();
                Ok(exact.map(|sum| sum + laplace(&mut seed, scale)).collect())
            }
            _ => draw(query, loss),
        }
    }
}

/// The loss at which noise is so many times smaller.
fn louder(loss: Loss, times: f64) -> Result<Loss> {
    let (times, most) = match loss {
        Loss::Epsilon(_) => (times, 100_000_000),
        Loss::Rho(_) => (times * times, Rho::MAX.nanos()),
    };
    loss.of_units(((loss.units() as f64 * times) as u64).min(most))
}

/// Noise of the same scale that is charged in the other measure.
fn other_noise(query: &Query, loss: Loss) -> Result<(Query, Loss)> {
    Ok(match loss {
        Loss::Epsilon(epsilon) => (query.clone(), Rho::from_pure(epsilon).into()),
        Loss::Rho(rho) => {
            let in_l1 = query.clone().bounded_in(Norm::L1);
            (in_l1, Epsilon::try_from((2.0 * rho.value()).sqrt())?.into())
        }
    })
}

fn sums(query: &Query, people: &mut dyn Iterator<Item = Vec<(u32, u32)>>) -> Vec<i64> {
    let mut sums = vec![0; query.entries()];
    people.for_each(|vector| {
        let bound = query.bound_units();
        for (entry, units) in vector {
            if let Some(sum) = sums.get_mut(entry as usize) {
                *sum += i64::from(units.min(bound));
            }
        }
    });
    sums
}

/// Two geometric numbers apart, of a generator that anybody can run again.
fn laplace(seed: &mut u64, scale: f64) -> i64 {
    let mut geometric = || {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = ((*seed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        (-scale * share.ln()).floor() as i64
    };
    geometric() - geometric()
}

impl Subject for Planted {
    fn measure(&self, _spec: &FitSpec) -> Result<Box<dyn Measure + '_>> {
        Ok(Box::new(Replay::record()))
    }

    fn leave(
        &self,
        public: &Public<'_>,
        source: &dyn EventSource,
        spec: &FitSpec,
        measure: &mut dyn Measure,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let source = &Members {
            all: source,
            control_one_in: spec.control_one_in,
        };
        let mut model = match self.0 {
            Some(Fault::UnpaidCount) => {
                faults::events_in_the_statement(public, source, spec, measure)?
            }
            Some(Fault::EachEventAlone) => faults::each_event_alone(public, source, spec, measure)?,
            Some(Fault::CleaningAcrossSubscribers) => {
                faults::honest_fit(public, &cleaned(source)?, spec, measure)?
            }
            _ => faults::honest_fit(public, source, spec, measure)?,
        };
        let by_number: Option<fn(&PlannedQuery) -> String> = match self.0 {
            Some(Fault::LayoutFromTheRecords) => {
                Some(|planned| planned.query.entries().to_string())
            }
            Some(Fault::SharesFromTheRecords) => Some(|planned| planned.loss.to_string()),
            _ => None,
        };
        if let Some(tell) = by_number {
            plan_from_the_records(&mut model, public, source, spec, tell)?;
        }
        if self.0 == Some(Fault::BinsFromTheRecords) {
            bins_from_the_records(&mut model, public, source)?;
        }
        let statement = match &model.provenance {
            Provenance::Private(statement) => format!("{statement:?}"),
            Provenance::Internal => String::new(),
        };
        Ok(BTreeMap::from([
            ("model.json".to_owned(), model.to_json()?.into_bytes()),
            ("statement".to_owned(), statement.into_bytes()),
        ]))
    }
}

/// The subscribers who enter a fit, by the rule that ships.
struct Members<'a> {
    all: &'a dyn EventSource,
    control_one_in: Option<u64>,
}

impl EventSource for Members<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        self.all.visit(&mut |history| {
            let bits = history.subscriber.bits();
            let control = self.control_one_in.is_some_and(|n| bits.is_multiple_of(n));
            if control { Ok(()) } else { each(history) }
        })
    }
}

fn events(source: &dyn EventSource) -> Result<Vec<(Subscriber, Event)>> {
    let mut rows = Vec::new();
    source.visit(&mut |history: History<'_>| {
        rows.extend(
            history
                .events
                .iter()
                .map(|event| (history.subscriber, *event)),
        );
        Ok(())
    })?;
    Ok(rows)
}

fn cleaned(source: &dyn EventSource) -> Result<EventTable> {
    let rows = events(source)?;
    let mut busy: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, event) in &rows {
        *busy.entry(event.cell.0).or_default() += 1;
    }
    let most = busy.iter().max_by_key(|(_, events)| **events);
    let most = most.map(|(cell, _)| *cell);
    let kept = rows.into_iter().filter(|(_, e)| Some(e.cell.0) != most);
    Ok(EventTable::from_rows(kept.collect()))
}

/// Tells of each table what it would be by the exact number of members.
fn plan_from_the_records(
    model: &mut Model,
    public: &Public<'_>,
    source: &dyn EventSource,
    spec: &FitSpec,
    tell: fn(&PlannedQuery) -> String,
) -> Result<()> {
    let mut members = 0;
    source.visit(&mut |_| {
        members += 1;
        Ok(())
    })?;
    let all_enter = FitSpec {
        control_one_in: None,
        ..spec.clone()
    };
    let planned = plan(public, &ZoneTree::build(public.cells), &all_enter, members)?;
    if let Provenance::Private(statement) = &mut model.provenance {
        statement.resolution.extend(planned.iter().map(tell));
    }
    Ok(())
}

fn bins_from_the_records(
    model: &mut Model,
    public: &Public<'_>,
    source: &dyn EventSource,
) -> Result<()> {
    let rows = events(source)?;
    let mut seen: Vec<_> = rows.iter().map(|(_, event)| event.cell).collect();
    seen.sort_unstable();
    seen.dedup();
    let pairs = seen.iter().flat_map(|a| seen.iter().map(move |b| (*a, *b)));
    let far = pairs.map(|(a, b)| public.cells.distance_m(a, b));
    let far = far.fold(1.0, f64::max);
    let last = model.commute.upper_edges_m.last().copied().unwrap_or(1.0);
    for edge in &mut model.commute.upper_edges_m {
        *edge *= far / last;
    }
    Ok(())
}
