//! Mistakes that real code makes, planted so that the audits can be seen to catch them.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_dp::{Accumulator, KeyAccumulator, KeyQuery, Private, Query, key_threshold};
use erewhon_events::{EventSource, History};
use erewhon_fit::{FitSpec, Measure, fit};
use erewhon_geo::ZoneTree;
use erewhon_mobility::{Cap, Public};
use erewhon_model::{Model, Provenance};
use erewhon_types::{Approximate, Epsilon, Loss, Result, Rho, Subscriber};

use crate::{free_charge, free_key_charge};

/// The honest way, for comparison: one vector per subscriber, the charge that was claimed.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>>> {
    let mut sums = Accumulator::new(query.clone());
    people.iter().for_each(|vector| sums.add(vector));
    sums.finish().release(free_charge(query, epsilon))
}

/// The honest way with the noise of either measure.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest_in(
    query: &Query,
    loss: Loss,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>, Loss>> {
    match loss {
        Loss::Epsilon(epsilon) => honest(query, epsilon, people).map(Private::into),
        Loss::Rho(rho) => honest_gaussian(query, rho, people).map(Private::into),
    }
}

/// The bound is off: every event is added as if it were a subscriber of its own, so that nothing
/// clips a heavy caller.
///
/// # Errors
/// What the mechanism fails with.
pub fn bound_is_off(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>>> {
    let mut sums = Accumulator::new(query.clone());
    for &pair in people.iter().flatten() {
        sums.add(&[pair]);
    }
    sums.finish().release(free_charge(query, epsilon))
}

/// The sensitivity is wrong: noise is drawn as if one subscriber could add only half of what the
/// accumulator lets through.
///
/// # Errors
/// What the mechanism fails with.
pub fn wrong_sensitivity(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>>> {
    let doubled = Epsilon::from_micros(epsilon.micros() * 2)?;
    honest(query, doubled, people)
}

/// The honest way with Gaussian noise.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest_gaussian(
    query: &Query,
    rho: Rho,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>, Rho>> {
    let mut sums = Accumulator::new(query.clone());
    people.iter().for_each(|vector| sums.add(vector));
    sums.finish().release_gaussian(free_charge(query, rho))
}

/// Each pair is measured against the bound by itself, so pairs that share an entry add up past it.
///
/// # Errors
/// What the mechanism fails with.
pub fn pairs_not_merged(
    query: &Query,
    rho: Rho,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>, Rho>> {
    let pairs: Vec<_> = people.iter().flatten().map(|&pair| vec![pair]).collect();
    honest_gaussian(query, rho, &pairs)
}

/// Gaussian noise as for half the sensitivity, which is four times the rho.
///
/// # Errors
/// What the mechanism fails with.
pub fn half_the_length(
    query: &Query,
    rho: Rho,
    people: &[Vec<(u32, u32)>],
) -> Result<Private<Vec<i64>, Rho>> {
    honest_gaussian(query, Rho::from_nanos(rho.nanos() * 4)?, people)
}

/// The honest way to count by keys.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest_keys(
    query: &KeyQuery,
    loss: Approximate,
    people: &[Vec<u64>],
) -> Result<BTreeMap<u64, i64>> {
    let mut counts = KeyAccumulator::new(query.clone());
    people.iter().for_each(|keys| counts.add(keys));
    let noisy = counts.finish().release(free_key_charge(query, loss))?;
    Ok(noisy.into_value())
}

/// A key is shown with one subscriber fewer than delta asks for.
///
/// # Errors
/// What the mechanism fails with.
pub fn threshold_one_too_low(
    query: &KeyQuery,
    loss: Approximate,
    people: &[Vec<u64>],
) -> Result<BTreeMap<u64, i64>> {
    let mut exact: BTreeMap<u64, u32> = BTreeMap::new();
    for keys in people {
        let kept: BTreeSet<_> = keys.iter().take(query.max_keys() as usize).collect();
        kept.into_iter()
            .for_each(|key| *exact.entry(*key).or_default() += 1);
    }
    // Noise of the right scale, and every key's count as if each came from subscribers of its own.
    let table = Query::new(query.name(), exact.len(), 1, query.max_keys())?;
    let mut sums = Accumulator::new(table.clone());
    for (entry, count) in (0..).zip(exact.values()) {
        (0..*count).for_each(|_| sums.add(&[(entry, 1)]));
    }
    let noisy = sums.finish().release(free_charge(&table, loss.epsilon))?;
    let threshold = key_threshold(query, loss) - 1;
    let shown = exact.into_keys().zip(noisy.into_value());
    Ok(shown.filter(|&(_, count)| count >= threshold).collect())
}

/// A subscriber counts under every key that they have.
///
/// # Errors
/// What the mechanism fails with.
pub fn keys_without_bound(
    query: &KeyQuery,
    loss: Approximate,
    people: &[Vec<u64>],
) -> Result<BTreeMap<u64, i64>> {
    let alone: Vec<_> = people.iter().flatten().map(|&key| vec![key]).collect();
    honest_keys(query, loss, &alone)
}

/// One entry goes out without noise.
///
/// # Errors
/// What the mechanism fails with.
pub fn first_entry_bare(
    query: &Query,
    epsilon: Epsilon,
    people: &[Vec<(u32, u32)>],
) -> Result<Vec<i64>> {
    let mut noisy = honest(query, epsilon, people)?.into_value();
    let bare = people.iter().flatten().filter(|(entry, _)| *entry == 0);
    noisy[0] = bare.map(|&(_, units)| i64::from(units)).sum();
    Ok(noisy)
}

/// A way to fit a model, honest or not.
pub type Fit = fn(&Public<'_>, &dyn EventSource, &FitSpec, &mut dyn Measure) -> Result<Model>;

/// The honest way to fit, for comparison.
///
/// # Errors
/// What the fit fails with.
pub fn honest_fit(
    public: &Public<'_>,
    source: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
) -> Result<Model> {
    let tree = ZoneTree::build(public.cells);
    fit(public, &tree, source, spec, measure, &mut |_| {})
}

/// Every event is taken for a subscriber of its own, so a heavy caller adds many vectors.
///
/// # Errors
/// What the fit fails with.
pub fn each_event_alone(
    public: &Public<'_>,
    source: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
) -> Result<Model> {
    struct Alone<'a>(&'a dyn EventSource);
    impl EventSource for Alone<'_> {
        fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
            let mut number = 0;
            self.0.visit(&mut |history| {
                history.events.chunks(1).try_for_each(|events| {
                    number += 1;
                    let subscriber = Subscriber::new(number);
                    each(History { subscriber, events })
                })
            })
        }
    }
    honest_fit(public, &Alone(source), spec, measure)
}

/// Zones and bins are chosen by the exact number of subscribers: noise is drawn anew until it shows.
///
/// # Errors
/// What the fit fails with.
pub fn levels_from_the_exact_count(
    public: &Public<'_>,
    source: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
) -> Result<Model> {
    struct Counted<'a>(&'a mut dyn Measure);
    impl Measure for Counted<'_> {
        fn measure(
            &mut self,
            query: &Query,
            loss: Loss,
            contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
        ) -> Result<Private<Vec<i64>, Loss>> {
            let people: Vec<_> = contributions.collect();
            let noisy = self.0.measure(query, loss, &mut people.iter().cloned())?;
            if query.name() != "subscribers" {
                return Ok(noisy);
            }
            loop {
                let again = honest_in(query, loss, &people)?;
                if *again.value() == [people.len() as i64] {
                    return Ok(again);
                }
            }
        }
    }
    honest_fit(public, source, spec, &mut Counted(measure))
}

/// The statement tells how many events were read, which nobody paid for.
///
/// # Errors
/// What the fit fails with.
pub fn events_in_the_statement(
    public: &Public<'_>,
    source: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
) -> Result<Model> {
    let mut events = 0;
    source.visit(&mut |history| {
        events += history.events.len();
        Ok(())
    })?;
    let mut model = honest_fit(public, source, spec, measure)?;
    if let Provenance::Private(statement) = &mut model.provenance {
        statement
            .resolution
            .push(format!("{events} events were read"));
    }
    Ok(model)
}

/// A subscriber and their vector over a table, `(number of the entry, amount)`.
pub type Person = (Subscriber, Vec<(u64, u32)>);

/// The honest way to release a number of a family: what counts of each subscriber is added once.
///
/// # Errors
/// What the mechanism fails with.
pub fn honest_capped(
    query: &Query,
    epsilon: Epsilon,
    cap: &Cap,
    people: &[Person],
) -> Result<Vec<i64>> {
    let counts = |(subscriber, vector): &Person| in_entries(&cap.units(*subscriber, vector));
    let vectors: Vec<_> = people.iter().map(counts).collect();
    honest(query, epsilon, &vectors).map(Private::into_value)
}

/// The cap is forgotten, and each entry is added by itself, so that nothing clips their sum.
///
/// # Errors
/// What the mechanism fails with.
pub fn cap_is_forgotten(
    query: &Query,
    epsilon: Epsilon,
    _cap: &Cap,
    people: &[Person],
) -> Result<Vec<i64>> {
    let vectors: Vec<_> = people
        .iter()
        .map(|(_, vector)| in_entries(vector))
        .collect();
    bound_is_off(query, epsilon, &vectors).map(Private::into_value)
}

/// A subscriber is capped a day at a time, as if each were a subscriber's own.
///
/// # Errors
/// What the mechanism fails with.
pub fn capped_by_day(
    query: &Query,
    epsilon: Epsilon,
    cap: &Cap,
    people: &[Person],
) -> Result<Vec<i64>> {
    let mut vectors = Vec::new();
    for (subscriber, vector) in people {
        for day in vector.chunk_by(|a, b| a.0 / ENTRIES_A_DAY == b.0 / ENTRIES_A_DAY) {
            vectors.push(in_entries(&cap.units(*subscriber, day)));
        }
    }
    honest(query, epsilon, &vectors).map(Private::into_value)
}

/// Entries of a table that one day has, for [`capped_by_day`].
pub const ENTRIES_A_DAY: u64 = 5;

fn in_entries(vector: &[(u64, u32)]) -> Vec<(u32, u32)> {
    let entry = |&(entry, units): &(u64, u32)| (entry as u32, units);
    vector.iter().map(entry).collect()
}
