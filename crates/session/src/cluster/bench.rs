use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use erewhon_cluster::WorkerSpec;
use erewhon_mobility::{Ground, pack};
use erewhon_store::Fields;
use erewhon_types::{Error, Kind, Result};

use super::{
    order::Order,
    partial::{self, PartialWriter},
};
use crate::Session;

/// Reduces ranges of stores for whoever sends a job to the scheduler, until Ctrl-C or a request to end; `say`
/// is told where the worker listens, and when the scheduler stops answering.
///
/// # Privacy
/// It opens stores and writes exact partial results beside the job's file, on the word of that file alone:
/// whoever may write a directory that this account reads may have ranges reduced into it. It opens no
/// vault and no ledger, and draws no noise.
///
/// # Errors
/// As [`erewhon_cluster::serve_worker`].
pub fn serve_worker(spec: &WorkerSpec, say: &mut dyn FnMut(&str)) -> Result<()> {
    let workshop = Workshop::default();
    let work =
        move |job: &str, unit: u32, stop: &AtomicBool| workshop.reduce(Path::new(job), unit, stop);
    erewhon_cluster::serve_worker(spec, Arc::new(work), say)
}

/// The job that a worker is at.
#[derive(Default)]
pub(super) struct Workshop {
    bench: Mutex<Option<Arc<Bench>>>,
}

/// What is worked out once for all units of a job.
struct Bench {
    order: Order,
    session: Session,
    ground: Ground,
    /// The files of the store that are what was committed.
    checked: Mutex<BTreeSet<String>>,
}

impl Workshop {
    /// Reduces the ranges of a unit to the file of its partial results, unless that is there; says which it
    /// is.
    ///
    /// # Errors
    /// As [`Order::read`]; data, when the store is not that of the job or a file of it is not what was
    /// committed; resource, when the result can't be written, or when it is time to stop.
    pub(super) fn reduce(&self, job: &Path, unit: u32, stop: &AtomicBool) -> Result<String> {
        let bench = self.bench(job)?;
        let file = bench.order.units().file(job, unit);
        if let Some(committed) = partial::committed(&file) {
            return Ok(committed);
        }
        bench.reduce(&file, unit, stop)
    }

    fn bench(&self, job: &Path) -> Result<Arc<Bench>> {
        // Read each time: a job's directory goes when the job is done.
        let order = Order::read(job)?;
        let mut bench = self.bench.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bench) = bench
            .as_ref()
            .filter(|bench| bench.order.text() == order.text())
        {
            return Ok(Arc::clone(bench));
        }
        let session = Session::open(order.store())?;
        order.check_store(&session)?;
        let new = Arc::new(Bench {
            ground: order.ground(session.cells())?,
            order,
            session,
            checked: Mutex::default(),
        });
        *bench = Some(Arc::clone(&new));
        Ok(new)
    }
}

impl Bench {
    fn reduce(&self, file: &Path, unit: u32, stop: &AtomicBool) -> Result<String> {
        let reducers = self.order.reducers(&self.ground)?;
        let places_alone = reducers.iter().all(|reducer| reducer.places_alone());
        let fields = if places_alone {
            Fields::Places
        } else {
            Fields::All
        };
        let source = self.session.unchecked()?.with_fields(fields);
        let parts = source.ranges();
        let parts = parts
            .get(self.order.units().parts(unit))
            .filter(|parts| !parts.is_empty());
        let parts = parts.ok_or_else(|| Error::internal("a unit that the job does not have"))?;
        {
            let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            source.check_parts(parts, self.session.cells().len(), &mut checked)?;
        }
        let mut partial = PartialWriter::new(file)?;
        let parts = parts.iter().map(|part| {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::new(Kind::Resource, "it was asked to end"));
            }
            Ok(part.clone())
        });
        let (public, rules) = (self.session.public(), self.order.definitions());
        pack(parts, &public, rules, &reducers, &mut |family, batch| {
            partial.add(family, &batch)
        })?;
        partial.commit()
    }
}
