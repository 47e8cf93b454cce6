use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
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
/// the end. Memory: what the reducers hold, for each core the history of one subscriber, and the rows
/// of twice as many parts as there are cores: no part is begun before those so far ahead of it were
/// handed on.
///
/// # Errors
/// Usage, when a definition's threshold is out of range; what reading the source or `each` fails
/// with: the first one ends the run, and `each` is not called again.
pub fn run<S: EventSource>(
    parts: &[S],
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    run_on(cores, parts, public, definitions, reducers, each)
}

pub(super) fn run_on<S: EventSource>(
    cores: usize,
    parts: &[S],
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
) -> Result<()> {
    definitions.check()?;
    let cores = cores.min(parts.len()).max(1);
    let out = InOrder {
        parts: parts.len(),
        ahead: 2 * cores,
        moved: Condvar::new(),
        state: Mutex::new(State {
            begun: 0,
            next: 0,
            ended: false,
            waiting: BTreeMap::new(),
            each,
        }),
    };
    let work = || -> Result<Vec<AnyPartial>> {
        let mut partials: Vec<_> = reducers.iter().map(|r| r.start_any(public)).collect();
        let _worker = Worker(&out);
        while let Some(part) = out.begin() {
            let source = &parts[part];
            let rows = one_part(source, public, definitions, reducers, &mut partials);
            out.hand_on(part, rows)?;
        }
        Ok(partials)
    };
    let mut workers = thread::scope(|scope| {
        let spawn = |_| scope.spawn(work);
        let workers: Vec<_> = (0..cores).map(spawn).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<Vec<AnyPartial>>>| {
            let stopped = |_| Err(Error::internal("a worker stopped"));
            worker.join().unwrap_or_else(stopped)
        };
        workers.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;

    let state = out.state.into_inner();
    let each = state.unwrap_or_else(PoisonError::into_inner).each;
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
) -> Result<Batches> {
    see(source, public, definitions, reducers, partials)?;
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

/// Shows every subscriber of a part to every reducer.
pub(super) fn see<S: EventSource>(
    source: &S,
    public: &Public<'_>,
    definitions: &Definitions,
    reducers: &[Box<dyn AnyReducer + '_>],
    partials: &mut [AnyPartial],
) -> Result<()> {
    source.visit(&mut |history| {
        let track = Track::by(*public, definitions, history);
        let mut pairs = reducers.iter().zip(&mut *partials);
        pairs.try_for_each(|(reducer, partial)| reducer.subscriber_any(&track, partial))
    })
}

type Batches = Vec<(usize, RecordBatch)>;

/// Gives parts out and hands on their rows, in the order of the parts.
struct InOrder<'a> {
    parts: usize,
    /// How many parts may be begun and not handed on.
    ahead: usize,
    /// Told whenever a part was handed on, or nothing more will be.
    moved: Condvar,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    /// The next part to begin.
    begun: usize,
    /// The next part to hand on; whoever works on it waits for nobody.
    next: usize,
    /// After an error nothing more is begun or handed on.
    ended: bool,
    waiting: BTreeMap<usize, Batches>,
    each: &'a mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
}

impl<'a> InOrder<'a> {
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next part, once it is not too far ahead; `None` at the end.
    fn begin(&self) -> Option<usize> {
        let too_far = |state: &mut State<'a>| {
            !state.ended && state.begun < self.parts && state.begun >= state.next + self.ahead
        };
        let state = self.moved.wait_while(self.lock(), too_far);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let part = state.begun;
        state.begun += 1;
        (!state.ended && part < self.parts).then_some(part)
    }

    /// Hands on what is next; rows of later parts wait.
    fn hand_on(&self, part: usize, rows: Result<Batches>) -> Result<()> {
        let mut state = self.lock();
        if state.ended {
            return Ok(());
        }
        let handed = rows.and_then(|rows| state.push(part, rows));
        state.ended = handed.is_err();
        self.moved.notify_all();
        handed
    }
}

impl State<'_> {
    fn push(&mut self, part: usize, rows: Batches) -> Result<()> {
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

/// Ends the run when its thread panics: others may wait for its part.
struct Worker<'w, 'a>(&'w InOrder<'a>);

impl Drop for Worker<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().ended = true;
            self.0.moved.notify_all();
        }
    }
}
