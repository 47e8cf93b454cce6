use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use arrow_array::RecordBatch;
use erewhon_events::EventSource;
use erewhon_types::{Error, Result};

use super::reducer::{AnyPartial, AnyReducer};
use crate::{Definitions, Public, Track};

/// Runs any set of reducers in one pass over the parts of a source, on all cores.
///
/// `each` is called with the place of a reducer in the list and a batch of its result: batches of
/// rows while the pass goes on, in the order of the parts, whichever part is done first; tables at
/// the end. Memory: what the reducers hold, and for each core the history of one subscriber and the
/// rows of one part.
///
/// # Errors
/// Usage, when a definition's threshold is out of range; what reading the source or `each` fails
/// with: the first one ends the run.
pub fn run<S: EventSource>(
    parts: &[S],
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
) -> Result<()> {
    definitions.check()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let out = Mutex::new(InOrder {
        next: 0,
        ended: false,
        waiting: BTreeMap::new(),
        each,
    });
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<AnyPartial>> {
        let mut partials: Vec<_> = reducers.iter().map(|r| r.start_any(public)).collect();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = parts.get(part) else {
                return Ok(partials);
            };
            let rows = one_part(source, public, definitions, reducers, &mut partials);
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            let pushed = rows.and_then(|rows| out.push(part, rows));
            if pushed.is_err() {
                out.ended = true;
                next.store(parts.len(), Ordering::Relaxed);
            }
            pushed?;
        }
    };
    let mut workers = thread::scope(|scope| {
        let spawn = |_| scope.spawn(work);
        let workers: Vec<_> = (0..cores.min(parts.len()).max(1)).map(spawn).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<Vec<AnyPartial>>>| {
            let stopped = |_| Err(Error::internal("a worker stopped"));
            worker.join().unwrap_or_else(stopped)
        };
        workers.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;

    let each = out
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .each;
    // From the last reducer to the first, so that each partial result is freed once it is written.
    for (place, reducer) in reducers.iter().enumerate().rev() {
        let mut partials = workers.iter_mut().filter_map(Vec::pop);
        let Some(mut whole) = partials.next() else {
            continue;
        };
        for partial in partials {
            reducer.merge_any(&mut whole, partial)?;
        }
        if let Some(table) = reducer.finish_any(public, whole)? {
            each(place, table)?;
        }
    }
    Ok(())
}

fn one_part<S: EventSource>(
    source: &S,
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    partials: &mut [AnyPartial],
) -> Result<Vec<(usize, RecordBatch)>> {
    source.visit(&mut |history| {
        let track = Track::by(*public, definitions, history);
        let mut pairs = reducers.iter().zip(&mut *partials);
        pairs.try_for_each(|(reducer, partial)| reducer.subscriber_any(&track, partial))
    })?;
    let mut rows = Vec::new();
    for (place, (reducer, partial)) in reducers.iter().zip(partials).enumerate() {
        rows.extend(
            reducer
                .rows_any(public, partial)?
                .map(|batch| (place, batch)),
        );
    }
    Ok(rows)
}

/// Hands on the rows of parts in the order of the parts.
struct InOrder<'a> {
    next: usize,
    /// After an error nothing more is handed on.
    ended: bool,
    waiting: BTreeMap<usize, Vec<(usize, RecordBatch)>>,
    each: &'a mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
}

impl InOrder<'_> {
    fn push(&mut self, part: usize, rows: Vec<(usize, RecordBatch)>) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        self.waiting.insert(part, rows);
        while let Some(rows) = self.waiting.remove(&self.next) {
            self.next += 1;
            for (place, batch) in rows {
                (self.each)(place, batch)?;
            }
        }
        Ok(())
    }
}
