use std::{net::SocketAddr, sync::Arc};

use ballista_core::{config::TaskSchedulingPolicy, utils::default_session_builder};
use ballista_scheduler::{
    cluster::BallistaCluster,
    config::SchedulerConfig,
    scheduler_process::{create_scheduler, start_grpc_service_with_listener},
};
use datafusion::{
    error::Result as Answer,
    execution::{FunctionRegistry as _, SessionState},
    prelude::SessionConfig,
};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use erewhon_types::{Error, Kind, Result};
use tokio::net::TcpListener;

use crate::{
    Listen,
    function::unit_function,
    settings::{
        CLEAN_UP_S, LOOK_FOR_DEAD_S, WORKER_DEAD_S, asked_to_stop, block_on, config_producer,
    },
};

/// Gives units to workers, until Ctrl-C or a request to end; `listening` is told where.
///
/// It holds its jobs in memory alone: what is lost with it are words about units, which whoever asked for
/// the job asks for again.
///
/// # Errors
/// Resource, when it can't listen there.
pub fn serve_scheduler(listen: Listen, listening: &mut dyn FnMut(SocketAddr)) -> Result<()> {
    block_on(async {
        let taken = |error: std::io::Error| {
            let at = listen.address();
            Error::new(Kind::Resource, format!("can't listen at {at}: {error}"))
                .with_hint("name another port with --listen; port 0 is any free one")
        };
        let listener = TcpListener::bind(listen.address()).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let config = Arc::new(config(address));
        let failed = |error| Error::internal(format!("the scheduler does not start: {error}"));
        let cluster = BallistaCluster::new_from_config(&config)
            .await
            .map_err(failed)?;
        let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config);
        let server = server.await.map_err(failed)?;
        listening(address);
        tokio::select! {
            served = start_grpc_service_with_listener(listener, server) => {
                let error = |error| {
                    Error::new(Kind::Resource, format!("the scheduler ended: {error}"))
                };
                served.map_err(error)
            }
            () = asked_to_stop() => Ok(()),
        }
    })
}

fn config(address: SocketAddr) -> SchedulerConfig {
    let builder = |config: SessionConfig| -> Answer<SessionState> {
        let mut state = default_session_builder(config)?;
        state.register_udf(Arc::new(unit_function(None)))?;
        Ok(state)
    };
    SchedulerConfig {
        external_host: address.ip().to_string(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: WORKER_DEAD_S,
        expire_dead_executor_interval_seconds: LOOK_FOR_DEAD_S,
        finished_job_data_clean_up_interval_seconds: CLEAN_UP_S,
        finished_job_state_clean_up_interval_seconds: 10 * CLEAN_UP_S,
        override_session_builder: Some(Arc::new(builder)),
        override_config_producer: Some(config_producer()),
        ..SchedulerConfig::default()
    }
}
