//! `erewhon cluster`: the parts that reduce ranges on several machines.

use erewhon_types::Result;

use crate::{args::ClusterCommand, ui::Ui};

#[cfg(feature = "cluster")]
pub(crate) fn run(command: &ClusterCommand, ui: &Ui) -> Result<()> {
    match command {
        ClusterCommand::Scheduler(args) => parts::scheduler(args, ui),
        ClusterCommand::Worker(args) => parts::worker(args, ui),
    }
}

#[cfg(not(feature = "cluster"))]
pub(crate) fn run(_command: &ClusterCommand, _ui: &Ui) -> Result<()> {
    Err(without())
}

/// The error of a build that has no cluster.
#[cfg(not(feature = "cluster"))]
pub(super) fn without() -> erewhon_types::Error {
    erewhon_types::Error::usage("this build knows no cluster")
        .with_hint("build it in: `cargo install --path crates/cli --features cluster`")
}

#[cfg(feature = "cluster")]
mod parts {
    use std::{num::NonZeroUsize, thread};

    use erewhon_session::{Listen, WorkerSpec, serve_scheduler, serve_worker};
    use erewhon_types::Result;

    use crate::{
        args::{SchedulerArgs, WorkerArgs},
        ui::Ui,
    };

    pub(super) fn scheduler(args: &SchedulerArgs, ui: &Ui) -> Result<()> {
        let listen = Listen::at(args.listen, args.network.private_network)?;
        let mut said = Ok(());
        serve_scheduler(listen, &mut |address| {
            let address = format!("http://{address}");
            said = ui.result("erewhon.scheduler.v1", &address, &address);
        })?;
        said
    }

    pub(super) fn worker(args: &WorkerArgs, ui: &Ui) -> Result<()> {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let spec = WorkerSpec {
            scheduler: args.scheduler.parse()?,
            listen: Listen::at(args.listen, args.network.private_network)?,
            cores: args.cores.unwrap_or(cores),
        };
        serve_worker(&spec, &mut |words| ui.say(words))
    }
}
