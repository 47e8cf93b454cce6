//! The settings under which the engine survives the loss of its parts, and not its defaults:
//! docs/adr/0021-cluster.md.

use std::{future::Future, sync::Arc};

use ballista_core::{
    config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, extension::SessionConfigExt as _,
};
use datafusion::prelude::SessionConfig;
use erewhon_types::{Error, Result};

/// Seconds without a word from a worker, after which it counts as dead; it speaks every 5.
pub(crate) const WORKER_DEAD_S: u64 = 20;

/// Seconds between looks for workers that are dead.
pub(crate) const LOOK_FOR_DEAD_S: u64 = 5;

/// Seconds after which the words about a finished job are deleted, on all parts.
pub(crate) const CLEAN_UP_S: u64 = 60;

/// Threads of a part have deep stacks: plans are trees, walked by recursion.
const STACK_BYTES: usize = 16 << 20;

/// What client, scheduler and workers agree on: plans that nobody changes while they run, a task for each
/// unit.
pub(crate) fn session_config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_adaptive_query_planner(false)
        .with_target_partitions(1)
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
}

/// Runs a part to its end, on threads of its own.
pub(crate) fn block_on<T>(part: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("no threads for the cluster: {error}")))?;
    let ended = runtime.block_on(part);
    // What still waits for the network is not waited for.
    runtime.shutdown_background();
    ended
}

/// Waits for Ctrl-C or a request to end.
pub(crate) async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The configuration as the engine's parts ask for it.
pub(crate) fn config_producer() -> Arc<dyn Fn() -> SessionConfig + Send + Sync> {
    Arc::new(session_config)
}
