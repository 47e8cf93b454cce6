use std::sync::{Mutex, PoisonError};

use erewhon_types::{Error, Kind, Result, Subscriber};
use rayon::prelude::*;

use crate::{Cleaner, Event, EventTable, Example, Intake, Load, QualityReport, Quarantine, Tally};

/// A finished load in memory.
pub struct Loaded {
    /// The events, sorted, each once.
    pub events: EventTable,
    /// What was read, kept and set aside; internal.
    pub quality: QualityReport,
    /// Up to five places per rule where a row was set aside.
    pub examples: Vec<Example>,
}

/// Reads files into sorted, pseudonymous events without duplicates, and says what it set aside.
///
/// The result does not depend on the order of files or rows. Events of a subscriber that are equal in
/// every field are kept once. All rows are sorted in memory, about 120 bytes each at the peak: what
/// may be large goes from an [`Intake`] to a store instead.
///
/// # Privacy
/// As for [`Intake::read`]; duplicates are sought within a subscriber. The events are pseudonymous,
/// which is not anonymous, and the report's exact counts are internal.
///
/// # Errors
/// As [`Intake::read`] and [`Intake::finish`].
pub fn ingest(
    load: Load<'_>,
    quarantine: Option<&mut Quarantine>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded> {
    ingest_at_most(usize::MAX, load, quarantine, progress)
}

/// The same, and refuses what has more rows than memory is to hold.
///
/// # Errors
/// As [`ingest`]; resource, as soon as there are more rows.
pub fn ingest_at_most(
    rows_at_most: usize,
    load: Load<'_>,
    quarantine: Option<&mut Quarantine>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded> {
    let cleaner = Cleaner::new(load.rules, load.cells, load.calendar)?;
    let rows = Mutex::new(Rows::new());
    let held = || rows.lock().unwrap_or_else(PoisonError::into_inner);
    let intake = Intake::read(load, quarantine, progress, &|batch| {
        let mut rows = held();
        if rows.len() + batch.len() > rows_at_most {
            return Err(Error::new(
                Kind::Resource,
                format!("there are more rows than the {rows_at_most} that memory has room for"),
            ));
        }
        rows.extend_from_slice(batch);
        Ok(())
    })?;
    let mut rows = std::mem::take(&mut *held());
    let duplicates = sort_and_deduplicate(&mut rows);
    let tally = clean(&cleaner, &mut rows);
    let (quality, examples) = intake.finish(load, &cleaner, &tally, duplicates)?;
    Ok(Loaded {
        events: EventTable::from_rows(rows),
        quality,
        examples,
    })
}

type Rows = Vec<(Subscriber, Event)>;

/// A total order, so that the result does not depend on the order of rows or files; gives the number
/// of duplicates.
fn sort_and_deduplicate(rows: &mut Rows) -> u64 {
    rows.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.order(&b.1)));
    let before = rows.len();
    rows.dedup();
    (before - rows.len()) as u64
}

/// Has each subscriber's sorted rows cleaned, in place, and counted.
fn clean(cleaner: &Cleaner<'_>, rows: &mut Rows) -> Tally {
    let mut tally = cleaner.tally();
    let mut events = Vec::new();
    let (mut from, mut kept) = (0, 0);
    while let Some(&(subscriber, _)) = rows.get(from) {
        let history = rows[from..].iter().take_while(|row| row.0 == subscriber);
        events.clear();
        events.extend(history.map(|(_, event)| *event));
        from += events.len();
        cleaner.clean(&mut events, &mut tally);
        for &event in &events {
            rows[kept] = (subscriber, event);
            kept += 1;
        }
    }
    rows.truncate(kept);
    tally
}

#[cfg(test)]
mod tests;
