use std::{
    collections::BTreeMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use ballista::prelude::SessionContextExt as _;
use datafusion::{
    arrow::{array::AsArray as _, datatypes::UInt32Type, record_batch::RecordBatch},
    error::{DataFusionError, Result as Answer},
    execution::SessionStateBuilder,
    logical_expr::{LogicalPlan, LogicalPlanBuilder, ScalarUDF, Union, lit},
    prelude::SessionContext,
};
use erewhon_types::{Error, Kind, Result};
use tokio::time::sleep;

use crate::{
    Address,
    function::unit_function,
    settings::{block_on, session_config},
    word,
};

/// Work to be done by a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Who gives the units to workers.
    pub scheduler: &'a Address,
    /// What a worker is told beside the number of a unit.
    pub text: &'a str,
    /// How long what may take.
    pub limits: Limits,
}

/// How long is waited, by the clock: a cluster that hangs says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the whole job.
    pub whole: Duration,
    /// For the next result, before what is missing is asked for again: longer than a unit takes.
    pub quiet: Duration,
    /// For a cluster that fails each time it is asked, and has no new result.
    pub failing: Duration,
    /// For a result that a worker says it committed to be seen from here.
    pub shared: Duration,
}

impl Limits {
    /// For jobs of so many minutes by the clock.
    pub const fn minutes(whole: u32) -> Self {
        Self {
            whole: Duration::from_secs(60 * whole as u64),
            quiet: Duration::from_secs(20 * 60),
            failing: Duration::from_secs(2 * 60),
            // Network file systems remember for up to a minute that a file is not there.
            shared: Duration::from_secs(75),
        }
    }
}

/// How often it is looked for new results.
const LOOK: Duration = Duration::from_millis(250);

/// How long after a failure the cluster is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// Asks a cluster for units until all are committed, whatever of it dies and comes back meanwhile.
///
/// A unit is done when `is_committed` says so and not when the cluster does: an answer that was lost costs
/// nothing, a result that was seen is never asked for again, and neither is one of an earlier job. What
/// the cluster says is used to say what is wrong.
///
/// # Errors
/// Resource, when no scheduler answers, when the cluster failed for too long or when the time is over: what
/// was committed stays, and the same job goes on from there. What a worker refuses a unit for, unless it is
/// for want of some resource, which another worker may have. What `is_committed` fails with.
pub fn run_job(
    job: &Job<'_>,
    units: &[u32],
    is_committed: &dyn Fn(u32) -> Result<bool>,
) -> Result<()> {
    let mut run = Run {
        job,
        is_committed,
        missing: units.to_vec(),
        began: Instant::now(),
        failing: None,
    };
    if run.is_over()? {
        return Ok(());
    }
    job.scheduler.check_answers()?;
    block_on(async {
        while !run.is_over()? {
            let failure = match run.round().await? {
                Round::Answered(words) => run.heed(words).await?,
                Round::Quiet => None,
                Round::Broken(error) => Some(Error::new(
                    Kind::Resource,
                    format!("the cluster at {} failed: {error}", job.scheduler),
                )),
            };
            if run.is_over()? {
                break;
            }
            run.check_time()?;
            if let Some(error) = failure {
                run.bear(error)?;
            }
            sleep(AGAIN).await;
        }
        Ok(())
    })
}

struct Run<'a> {
    job: &'a Job<'a>,
    is_committed: &'a dyn Fn(u32) -> Result<bool>,
    missing: Vec<u32>,
    began: Instant,
    /// Since when the cluster has failed each time, with no result in between.
    failing: Option<Instant>,
}

/// How asking for what is missing ended.
enum Round {
    /// A word for each unit; or every result was seen before that.
    Answered(BTreeMap<u32, String>),
    /// No result for long.
    Quiet,
    /// The cluster failed.
    Broken(String),
}

impl Run<'_> {
    /// Looks for results; whether all are there.
    fn is_over(&mut self) -> Result<bool> {
        let mut missing = Vec::new();
        for &unit in &self.missing {
            if !(self.is_committed)(unit)? {
                missing.push(unit);
            }
        }
        if missing.len() < self.missing.len() {
            self.failing = None;
        }
        self.missing = missing;
        Ok(self.missing.is_empty())
    }

    /// Passes over a failure, unless there was nothing else for too long.
    fn bear(&mut self, error: Error) -> Result<()> {
        let since = *self.failing.get_or_insert_with(Instant::now);
        if since.elapsed() < self.job.limits.failing {
            return Ok(());
        }
        Err(error)
    }

    fn check_time(&self) -> Result<()> {
        if self.began.elapsed() < self.job.limits.whole {
            return Ok(());
        }
        let minutes = self.job.limits.whole.as_secs().div_ceil(60);
        let at = self.job.scheduler;
        Err(Error::new(
            Kind::Resource,
            format!("the workers of {at} did not do the job within {minutes} min"),
        )
        .with_hint("run the same command again: it goes on from the results that are there"))
    }

    /// Asks for what is missing, once.
    async fn round(&mut self) -> Result<Round> {
        let asked = ask(self.job, &self.missing);
        tokio::pin!(asked);
        let mut began = Instant::now();
        loop {
            tokio::select! {
                answer = &mut asked => return Ok(match answer {
                    Ok(words) => Round::Answered(words),
                    Err(error) => Round::Broken(short(&error)),
                }),
                () = sleep(LOOK) => {
                    let before = self.missing.len();
                    if self.is_over()? {
                        return Ok(Round::Answered(BTreeMap::new()));
                    }
                    if self.missing.len() < before {
                        began = Instant::now();
                    }
                    if began.elapsed() > self.job.limits.quiet
                        || self.began.elapsed() > self.job.limits.whole
                    {
                        return Ok(Round::Quiet);
                    }
                }
            }
        }
    }

    /// What the workers' words say is wrong, if anything is; an error that another try can't mend.
    async fn heed(&mut self, words: BTreeMap<u32, String>) -> Result<Option<Error>> {
        let mut failure = None;
        let mut claimed = false;
        for (unit, word) in &words {
            match word::hear(word) {
                Ok(_) => claimed |= self.missing.contains(unit),
                Err(error) if error.kind() == Kind::Resource => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        let since = Instant::now();
        let claims = |missing: &[u32]| {
            let is_claimed = |unit| words.get(unit).is_some_and(|word| word::hear(word).is_ok());
            missing.iter().any(is_claimed)
        };
        while claimed && !self.is_over()? && claims(&self.missing) {
            if since.elapsed() > self.job.limits.shared {
                return Err(Error::new(
                    Kind::Resource,
                    "a worker says that it wrote a result which is not seen from here",
                )
                .with_hint("the run directory must be one and the same on all machines"));
            }
            sleep(LOOK).await;
        }
        Ok(failure)
    }
}

/// Sends one query: a row a unit, each a partition, so that each is a task of its own.
fn ask(
    job: &Job<'_>,
    units: &[u32],
) -> impl Future<Output = Answer<BTreeMap<u32, String>>> + use<> {
    let (text, units) = (job.text.to_owned(), units.to_vec());
    let scheduler = job.scheduler.to_string();
    async move {
        let state = SessionStateBuilder::new()
            .with_config(session_config())
            .with_default_features()
            .build();
        // Functions that are known before this are forgotten by it.
        let context = SessionContext::remote_with_state(&scheduler, state).await?;
        let function = unit_function(None);
        context.register_udf(function.clone());
        let answer = context.execute_logical_plan(plan(&function, &text, &units)?);
        let batches = answer.await?.collect().await?;
        Ok(batches.iter().flat_map(words).collect())
    }
}

fn plan(function: &ScalarUDF, text: &str, units: &[u32]) -> Answer<LogicalPlan> {
    let one = |&unit: &u32| {
        let word = function.call(vec![lit(text), lit(unit)]);
        LogicalPlanBuilder::empty(true)
            .project([lit(unit).alias("unit"), word.alias("word")])?
            .build()
            .map(Arc::new)
    };
    let mut units = units.iter().map(one).collect::<Answer<Vec<_>>>()?;
    if units.len() == 1 {
        return Ok(units.remove(0).as_ref().clone());
    }
    Union::try_new(units).map(LogicalPlan::Union)
}

fn words(batch: &RecordBatch) -> Vec<(u32, String)> {
    let (Some(units), Some(words)) = (batch.columns().first(), batch.columns().get(1)) else {
        return Vec::new();
    };
    let units = units.as_primitive_opt::<UInt32Type>().into_iter().flatten();
    let words = words.as_string_opt::<i32>().into_iter().flatten();
    let pairs = units.zip(words);
    pairs
        .filter_map(|(unit, word)| Some((unit?, word?.to_owned())))
        .collect()
}

/// The first line of what the engine says.
fn short(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(300).collect()
}
