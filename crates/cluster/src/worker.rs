use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ballista_core::{
    config::TaskSchedulingPolicy, error::BallistaError, registry::BallistaFunctionRegistry,
};
use ballista_executor::{
    execution_engine::DefaultExecutionEngine,
    executor_process::{ExecutorProcessConfig, start_executor_process},
    health::ExecutorHealth,
};
use erewhon_types::{Error, Kind, Result};

use crate::{
    Address, Listen, Work,
    engine::UnitsAlone,
    function::{Hands, NAME, unit_function},
    settings::{CLEAN_UP_S, asked_to_stop, block_on, config_producer},
};

/// What a worker is.
#[derive(Clone, Debug)]
pub struct WorkerSpec {
    /// Who gives it units.
    pub scheduler: Address,
    /// Where it hands over its words; port 0 is any free one.
    pub listen: Listen,
    /// Units that it does at once.
    pub cores: NonZeroUsize,
}

/// How often it is looked whether the scheduler answers.
const LOOK: Duration = Duration::from_secs(5);

/// Does units until Ctrl-C or a request to end; `say` is told where it listens, and when the scheduler stops
/// answering or answers again.
///
/// Units that it is at when it is asked to end are given back, not finished. What it keeps while it runs, a
/// word for each unit, lies in a directory for this account alone, below that for temporary files.
///
/// # Errors
/// Resource, when no scheduler answers, or a port or a directory can't be had.
pub fn serve_worker(spec: &WorkerSpec, work: Work, say: &mut dyn FnMut(&str)) -> Result<()> {
    spec.scheduler.check_answers()?;
    let at = spec.listen.address();
    let at = if at.port() == 0 { free(at)? } else { at };
    let scratch = scratch()?;
    let stop = Arc::new(AtomicBool::new(false));
    let health = ExecutorHealth::new();
    let hands = Hands {
        work,
        worker: at.to_string(),
        stop: Arc::clone(&stop),
    };
    let config = Arc::new(config(spec, at, scratch.path(), hands, &health));
    block_on(async {
        say(&format!("a worker at {at}, for {}", spec.scheduler));
        // The engine hears of the signal too, says good-bye to the scheduler, and waits for the units.
        let asked = async {
            asked_to_stop().await;
            stop.store(true, Ordering::Relaxed);
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = start_executor_process(config) => ended,
            ended = watch(&health, &spec.scheduler, say) => ended,
            () = asked => Ok(()),
        };
        let failed = |error| Error::new(Kind::Resource, format!("the worker ended: {error}"));
        ended.map_err(failed)
    })
}

/// Tells when the scheduler stops answering and when it answers again; never ends.
async fn watch(
    health: &ExecutorHealth,
    scheduler: &Address,
    say: &mut dyn FnMut(&str),
) -> std::result::Result<(), BallistaError> {
    let mut answered = true;
    loop {
        tokio::time::sleep(LOOK).await;
        let answers = health.is_ready();
        if answers != answered {
            let how = if answers {
                "answers again"
            } else {
                "does not answer"
            };
            say(&format!("the scheduler at {scheduler} {how}"));
        }
        answered = answers;
    }
}

fn config(
    spec: &WorkerSpec,
    at: SocketAddr,
    scratch: &Path,
    hands: Hands,
    health: &ExecutorHealth,
) -> ExecutorProcessConfig {
    let mut functions = BallistaFunctionRegistry::default();
    let function = Arc::new(unit_function(Some(hands)));
    functions.scalar_functions.clear();
    functions.scalar_functions.insert(NAME.to_owned(), function);
    ExecutorProcessConfig {
        bind_host: spec.listen.ip().to_string(),
        port: at.port(),
        scheduler_host: spec.scheduler.host().to_owned(),
        scheduler_port: spec.scheduler.port(),
        vcores: spec.cores.get(),
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(scratch.display().to_string()),
        job_data_ttl_seconds: CLEAN_UP_S,
        job_data_clean_up_interval_seconds: CLEAN_UP_S,
        executor_heartbeat_interval_seconds: 5,
        // Units are not the engine's to measure.
        memory_pool_size: Some(0),
        override_execution_engine: Some(Arc::new(UnitsAlone(DefaultExecutionEngine::new()))),
        override_function_registry: Some(Arc::new(functions)),
        override_config_producer: Some(config_producer()),
        health: health.clone(),
        ..ExecutorProcessConfig::default()
    }
}

/// A port that nobody listens at.
fn free(at: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind(at).and_then(|listener| listener.local_addr());
    listener.map_err(|error| {
        Error::new(Kind::Resource, format!("can't listen at {at}: {error}"))
            .with_hint("name another address with --listen")
    })
}

/// A directory for this account alone.
fn scratch() -> Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("erewhon-worker-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().map_err(|error| {
        let dir = std::env::temp_dir();
        Error::new(
            Kind::Resource,
            format!("can't make a directory in `{}`: {error}", dir.display()),
        )
        .with_hint("free some space there, or name another directory in TMPDIR")
    })
}
