use std::{
    fmt,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use datafusion::{
    arrow::{
        array::{AsArray as _, StringArray},
        datatypes::{DataType, UInt32Type},
    },
    common::exec_datafusion_err,
    error::Result as Answer,
    logical_expr::{
        ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    },
};
use erewhon_types::Error;

use crate::{Work, word};

/// The name by which client, scheduler and workers know the function.
pub(crate) const NAME: &str = "erewhon_unit";

/// How long a worker rests after a unit that failed: one whose disk is full must not take all units from
/// those that can do them.
const REST: Duration = Duration::from_millis(500);

/// What a worker does for a unit.
#[derive(Clone)]
pub(crate) struct Hands {
    pub(crate) work: Work,
    /// The worker's name in errors.
    pub(crate) worker: String,
    /// Set when the worker is to end.
    pub(crate) stop: Arc<AtomicBool>,
}

/// `erewhon_unit(job, unit)`: does the unit, and says in a line what came of it. Client and scheduler know it
/// by its name alone and have no hands.
pub(crate) fn unit_function(hands: Option<Hands>) -> ScalarUDF {
    // Volatile, or a plan with constants would be worked out by whoever plans it.
    let signature = Signature::exact(vec![DataType::Utf8, DataType::UInt32], Volatility::Volatile);
    ScalarUDF::from(UnitFunction { signature, hands })
}

struct UnitFunction {
    signature: Signature,
    hands: Option<Hands>,
}

impl fmt::Debug for UnitFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

impl PartialEq for UnitFunction {
    fn eq(&self, other: &Self) -> bool {
        self.hands.is_some() == other.hands.is_some()
    }
}

impl Eq for UnitFunction {}

impl Hash for UnitFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        NAME.hash(state);
    }
}

impl ScalarUDFImpl for UnitFunction {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Answer<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Answer<ColumnarValue> {
        let hands = self.hands.as_ref();
        let hands = hands.ok_or_else(|| exec_datafusion_err!("units are done by workers alone"))?;
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let [jobs, units] = columns.as_slice() else {
            return Err(exec_datafusion_err!("a unit has a job and a number"));
        };
        let units = units.as_primitive::<UInt32Type>().iter();
        let said = jobs
            .as_string::<i32>()
            .iter()
            .zip(units)
            .map(|pair| match pair {
                (Some(job), Some(unit)) => Some(hands.do_unit(job, unit)),
                _ => None,
            });
        Ok(ColumnarValue::Array(Arc::new(
            said.collect::<StringArray>(),
        )))
    }
}

impl Hands {
    fn do_unit(&self, job: &str, unit: u32) -> String {
        let work = || (self.work)(job, unit, &self.stop);
        let outcome = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Error::internal("the work on a unit fell over")));
        if outcome.is_err() && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(REST);
        }
        word::say(&self.worker, &outcome)
    }
}
